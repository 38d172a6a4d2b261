//! Which of several documents of one unit and year counts (contract: Versions). The rules are pure;
//! the few lines of SQL that read and write them stand below.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use unicode_normalization::UnicodeNormalization;

use super::rows::{FileId, ReportId, Sha256, UnitId};
use crate::check::{Finding, Verdict};
use crate::document::Source;
use crate::form::Severity;
use crate::report::{CellValue, Report};

/// A document read from an image replaces one with text only when it is a day newer.
const OCR_LEAD_NS: i64 = 24 * 60 * 60 * 1_000_000_000;

/// The reports among which one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) unit: UnitId,
    pub(super) year: Option<i16>,
    pub(super) kind: String,
}

impl Series {
    /// That of a row with `unit_id`, `year` and `kind`.
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { unit: row.get("unit_id")?, year: row.get("year")?, kind: row.get("kind")? })
    }
}

/// One version as far as its place among the others goes. The order of the fields is the order of
/// versions: modification time, first sight, path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    order_ns: i64,
    first_seen_at: i64,
    order_path: Vec<u8>,
    id: ReportId,
    is_ocr: bool,
    is_overtaken: bool,
}

/// The version that counts, as far as a newcomer is compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Current {
    pub(super) id: ReportId,
    pub(super) file: FileId,
    pub(super) member: String,
    pub(super) verdict: Verdict,
    pub(super) content_hash: String,
    pub(super) errors_hash: String,
    /// The same for what it shows by itself.
    pub(super) own_errors_hash: String,
    /// It was compared with the report of the year before.
    pub(super) beside: bool,
}

/// The version that counts, of versions in order.
fn choose(versions: &[Version]) -> Option<ReportId> {
    let mut chosen: Option<&Version> = None;
    for next in versions.iter().filter(|version| !version.is_overtaken) {
        let yields = chosen.is_some_and(|chosen| {
            let lead = next.order_ns.saturating_sub(chosen.order_ns);
            next.is_ocr && !chosen.is_ocr && lead < OCR_LEAD_NS
        });
        if !yields {
            chosen = Some(next);
        }
    }
    chosen.map(|version| version.id)
}

/// Hash of what makes a document say the same as another: year, cells and the figures of the text.
/// A blank and a placeholder say the same.
pub(super) fn content_hash(report: &Report) -> String {
    let cells = report.cells.iter().filter_map(|(id, cell)| match &cell.value {
        CellValue::Number(value) => Some(format!("{id}={}", value.normalize())),
        CellValue::Text(text) => Some(format!("{id}={}", squeeze(text))),
        CellValue::Blank | CellValue::Placeholder => None,
    });
    let mut content = format!("{:?}\n", report.year);
    for line in cells.chain(["--".to_owned()]).chain(figures(report)) {
        content.push_str(&line);
        content.push('\n');
    }
    Sha256::of(content.as_bytes()).to_string()
}

/// The figures of the text: numbers before a word, in any order. Dates, numbered headings, phone
/// numbers and page numbers are none; they come and go between Word and PDF.
fn figures(report: &Report) -> Vec<String> {
    static FIGURE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"([0-9][0-9,.]*|[〇零一二两三四五六七八九十百千万亿]+)([\p{Han}%])").ok()
    });
    let text: String = if report.sections.is_empty() {
        report.text.concat()
    } else {
        report.sections.iter().map(|section| section.text.as_str()).collect()
    };
    let text = squeeze(&text);
    let found = FIGURE.iter().flat_map(|figure| figure.captures_iter(&text));
    let mut figures: Vec<String> = found
        .filter_map(|capture| Some((capture.get(1)?.as_str(), capture.get(2)?.as_str())))
        .filter(|(_, word)| !"年月日号".contains(word))
        .map(|(number, word)| format!("{}{word}", number.replace(',', "")))
        .collect();
    figures.sort();
    figures
}

fn squeeze(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).collect()
}

/// Hash of the error-level findings: what is wrong, not how it is worded.
pub(super) fn errors_hash<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    let mut lines: Vec<String> = errors
        .map(|e| format!("{} {} {:?} {:?} {:?}", e.rule, e.place, e.left, e.right, e.quote))
        .collect();
    lines.sort();
    Sha256::of(lines.join("\n").as_bytes()).to_string()
}

/// The version that counts.
pub(super) fn current(tx: &Connection, series: &Series) -> rusqlite::Result<Option<Current>> {
    tx.prepare_cached(include_str!("sql/current_version.sql"))?
        .query_row(
            named_params! { ":unit": series.unit, ":year": series.year, ":kind": series.kind },
            |row| {
                Ok(Current {
                    id: row.get("id")?,
                    file: row.get("file_id")?,
                    member: row.get("member")?,
                    verdict: row.get("verdict")?,
                    content_hash: row.get("content_hash")?,
                    errors_hash: row.get("errors_hash")?,
                    own_errors_hash: row.get("own_errors_hash")?,
                    beside: row.get("beside")?,
                })
            },
        )
        .optional()
}

/// Numbers the versions and marks the one that counts.
pub(super) fn arrange(tx: &Connection, series: &Series) -> rusqlite::Result<()> {
    let mut versions = load(tx, series)?;
    versions.sort();
    let chosen = choose(&versions);
    let mut dismiss =
        tx.prepare_cached("UPDATE reports SET current = 0 WHERE id = :id AND current = 1")?;
    for version in versions.iter().filter(|version| Some(version.id) != chosen) {
        dismiss.execute(named_params! { ":id": version.id })?;
    }
    let mut number = tx.prepare_cached(include_str!("sql/number_version.sql"))?;
    for (n, version) in (1_i64..).zip(&versions) {
        number.execute(named_params! {
            ":id": version.id, ":version": n, ":current": Some(version.id) == chosen,
        })?;
    }
    Ok(())
}

fn load(tx: &Connection, series: &Series) -> rusqlite::Result<Vec<Version>> {
    let read = |row: &Row<'_>| {
        Ok(Version {
            order_ns: row.get("order_ns")?,
            first_seen_at: row.get("first_seen_at")?,
            order_path: row.get("order_path")?,
            id: row.get("id")?,
            is_ocr: row.get::<_, Source>("source")? == Source::Ocr,
            is_overtaken: row.get("overtaken")?,
        })
    };
    let mut query = tx.prepare_cached(include_str!("sql/versions.sql"))?;
    let rows = query.query_map(
        named_params! { ":unit": series.unit, ":year": series.year, ":kind": series.kind },
        read,
    )?;
    rows.collect()
}

/// The key that orders a document among the versions: its path, and which part of the file it is.
pub(super) fn order_path(path: &[u8], number: i64, member: &str) -> Vec<u8> {
    let mut key = path.to_vec();
    let mut part = String::new();
    if number > 1 || !member.is_empty() {
        let written = write!(part, "!{number:06}!{member}");
        debug_assert!(written.is_ok(), "a String takes everything");
    }
    key.extend(part.into_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: i64, hours: i64, seen: i64, path: &str, is_ocr: bool) -> Version {
        Version {
            order_ns: hours * 3_600_000_000_000,
            first_seen_at: seen,
            order_path: path.into(),
            id: ReportId(id),
            is_ocr,
            is_overtaken: false,
        }
    }

    fn order(mut versions: Vec<Version>) -> (Vec<i64>, Option<i64>) {
        versions.sort();
        (versions.iter().map(|v| v.id.0).collect(), choose(&versions).map(|id| id.0))
    }

    #[test]
    fn versions_are_ordered_by_modification_then_first_sight_then_path() {
        let text = |id, hours, seen, path| version(id, hours, seen, path, false);
        assert_eq!(order(vec![text(1, 9, 0, "a"), text(2, 8, 5, "b")]), (vec![2, 1], Some(1)));
        assert_eq!(order(vec![text(1, 9, 5, "a"), text(2, 9, 4, "b")]), (vec![2, 1], Some(1)));
        assert_eq!(order(vec![text(1, 9, 5, "b"), text(2, 9, 5, "a")]), (vec![2, 1], Some(1)));
        assert_eq!(order(vec![]), (vec![], None));
    }

    #[test]
    fn a_scan_replaces_text_only_when_a_day_newer() {
        let text = version(1, 10, 0, "a", false);
        let scan = |hours| version(2, hours, 1, "b", true);
        assert_eq!(order(vec![text.clone(), scan(33)]).1, Some(1));
        assert_eq!(order(vec![text.clone(), scan(34)]).1, Some(2));
        assert_eq!(order(vec![scan(0), text.clone()]).1, Some(1), "text replaces a scan at once");
        assert_eq!(order(vec![scan(0), version(3, 1, 0, "c", true)]).1, Some(3), "a scan a scan");
    }
}
