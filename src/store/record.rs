//! Recording what became of one file: its documents, the versions they are, the notices they owe.

use std::os::unix::ffi::OsStrExt;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::rows::{
    FileId, FileSeen, Inspected, NoticeKind, NoticePolicy, Recorded, RecordedReport,
};
use super::rows::{ReportId, UnitId};
use super::versions::{Current, Series};
use super::{
    Rules, copies, files, names, offices, overdue, owed, reports, summary, versions, years,
};
use crate::check::{Finding, UNITS, Verdict};
use crate::inspect::{Checked, Inspection};
use crate::watch::names::file_name;

/// Everything that is the same for all documents of one file.
pub(super) struct Recorder<'a> {
    tx: &'a Connection,
    rules: &'a Rules,
    file: &'a FileSeen,
    id: FileId,
    /// The content this one took the place of.
    replaced: Option<FileId>,
    policy: &'a NoticePolicy,
    now: Timestamp,
    /// Among whose units the units of its reports are looked for; `None`: among all.
    units_of: Option<String>,
}

/// A document of this file as an earlier reading left it.
struct Earlier {
    report: ReportId,
    series: Series,
    is_copy: bool,
    is_unrecognised: bool,
}

/// The numbers of a document that later steps need.
struct Part<'a> {
    number: i64,
    member: &'a str,
}

/// Records one file with all its documents.
pub(super) fn record(
    tx: &Connection,
    rules: &Rules,
    read: &Inspected<'_>,
    policy: &NoticePolicy,
    now: Timestamp,
) -> rusqlite::Result<Vec<Recorded>> {
    let id = files::content(tx, read.file, now)?;
    let replaced = files::place(tx, read.file, id, now)?;
    let units_of = units_of(tx, read.file)?;
    let recorder = Recorder { tx, rules, file: read.file, id, replaced, policy, now, units_of };
    let mut recorded = Vec::new();
    for (number, inspection) in (1_i64..).zip(read.inspections) {
        recorded.push(recorder.document(number, inspection)?);
    }
    recorder.conclude(read.inspections, &recorded)?;
    Ok(recorded)
}

fn units_of(tx: &Connection, file: &FileSeen) -> rusqlite::Result<Option<String>> {
    offices::charge(tx, &file.path).map(|charge| charge.map(|charge| charge.units_of))
}

/// A content that is known came to a path. Where it took the place of a later version of the same
/// report, it is the newest version again.
pub(super) fn remember_path(
    tx: &Connection,
    rules: &Rules,
    file: &FileSeen,
    policy: &NoticePolicy,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let id = files::content(tx, file, now)?;
    let Some(replaced) = files::place(tx, file, id, now)? else { return Ok(()) };
    let (before, units_of) = (Some(replaced), units_of(tx, file)?);
    let recorder = Recorder { tx, rules, file, id, replaced: before, policy, now, units_of };
    recorder.restore(replaced)
}

impl Recorder<'_> {
    fn document(&self, number: i64, inspection: &Inspection) -> rusqlite::Result<Recorded> {
        let part = Part { number, member: &inspection.member };
        match &inspection.checked {
            Some(checked) => self.report(&part, inspection, checked),
            None => self.refusal(&part, inspection),
        }
    }

    fn report(
        &self,
        part: &Part<'_>,
        inspection: &Inspection,
        checked: &Checked,
    ) -> rusqlite::Result<Recorded> {
        let earlier = self.earlier(part)?;
        let (unit, extra) = self.unit(part, checked, earlier.as_ref())?;
        let report = &checked.report;
        let series = Series { unit, year: report.year, kind: report.kind.clone() };
        let own = checked.findings.iter().cloned().chain(extra).collect();
        let judgement =
            reports::Judgement::of(&self.rules.policy, own, Vec::new(), checked.causes.clone());
        let form = report.form.as_ref().and_then(|form| self.rules.forms.get(form));
        let content_hash = versions::content_hash(report);
        let new = reports::NewReport {
            series: &series,
            file: self.id,
            number: part.number,
            member: part.member,
            format: inspection.format,
            report,
            judgement: &judgement,
            form_sha256: form.map(|form| form.hash.as_str()),
            content_hash: &content_hash,
        };
        let before = versions::current(self.tx, &series)?;
        let left = earlier.as_ref().map(|earlier| earlier.series.clone());
        let (id, is_copy) = self.version(&new, earlier, before.as_ref())?;
        self.overtake(&series)?;
        overdue::supersede(self.tx, &series)?;
        versions::arrange(self.tx, &series)?;
        self.set_document(part, inspection, judgement.verdict, Some((id, is_copy)))?;
        if let Some(left) = left.filter(|left| *left != series) {
            self.review(&left)?;
        }
        self.review(&series)?;
        let notice = self.owe(part, &series, before.as_ref())?;
        let verdict = self.verdict(id)?;
        self.recorded(part, verdict, Some((id, is_copy)), notice)
    }

    /// Compares what counts now of a series with its neighbours, and those with it: the year after, the
    /// summary that counts it, and copies of its text. They are told of here, this one by whoever changed it.
    fn review(&self, series: &Series) -> rusqlite::Result<()> {
        let (tx, rules) = (self.tx, self.rules);
        let mut copies = Vec::new();
        if let Some(standing) = years::Standing::of(tx, series)? {
            copies = copies::to_review(tx, rules, series, standing.id(), standing.alike())?;
            years::review(tx, rules, standing, self.now)?;
        }
        let neighbours = [series.next(), summary::above(tx, series)?].into_iter().flatten();
        for neighbour in neighbours.chain(copies) {
            let Some(standing) = years::Standing::of(tx, &neighbour)? else { continue };
            if let Some(change) = years::review(tx, rules, standing, self.now)? {
                owed::about_neighbour(tx, &neighbour, &change, self.policy, self.now)?;
            }
        }
        Ok(())
    }

    /// The verdict of a report beside its neighbours.
    fn verdict(&self, id: ReportId) -> rusqlite::Result<Verdict> {
        self.tx
            .prepare_cached("SELECT verdict FROM reports WHERE id = :id")?
            .query_row(named_params! { ":id": id }, |row| row.get("verdict"))
    }

    /// Writes the document as a version, or finds that it is a copy of the current one.
    fn version(
        &self,
        new: &reports::NewReport<'_>,
        earlier: Option<Earlier>,
        before: Option<&Current>,
    ) -> rusqlite::Result<(ReportId, bool)> {
        match earlier {
            Some(earlier) if earlier.series == *new.series && earlier.is_copy => {
                return Ok((earlier.report, true));
            }
            Some(earlier) if earlier.series == *new.series => {
                reports::replace(self.tx, earlier.report, new, self.now)?;
                return Ok((earlier.report, false));
            }
            Some(earlier) if !earlier.is_copy => {
                reports::delete(self.tx, earlier.report)?;
                versions::arrange(self.tx, &earlier.series)?;
            }
            _ => {}
        }
        if let Some(current) = before.filter(|current| self.says_the_same(new, current)) {
            return Ok((current.id, true));
        }
        let order = reports::Order {
            ns: self.order_ns(new.series)?,
            path: versions::order_path(
                self.file.path.as_os_str().as_bytes(),
                new.number,
                new.member,
            ),
        };
        reports::insert(self.tx, new, &order, self.now).map(|id| (id, false))
    }

    /// Same year, cells and figures of the text. Content that took the place of the current version
    /// is no copy of it when it mends or breaks something else (a missing section, say): nobody
    /// lays a copy over the original.
    fn says_the_same(&self, new: &reports::NewReport<'_>, current: &Current) -> bool {
        let is_in_its_place = self.replaced == Some(current.file);
        current.content_hash == new.content_hash
            && !(is_in_its_place && current.own_errors_hash != new.judgement.own_errors_hash)
    }

    /// The modification time that orders a new version: its file's at first sight, or a moment after
    /// what it replaced at its path.
    fn order_ns(&self, series: &Series) -> rusqlite::Result<i64> {
        let mut query = self.tx.prepare_cached(include_str!("sql/order_of_new.sql"))?;
        query.query_row(
            named_params! {
                ":file": self.id, ":replaced": self.replaced,
                ":unit": series.unit, ":year": series.year, ":kind": series.kind,
            },
            |row| row.get("order_ns"),
        )
    }

    /// What an earlier reading made of this document.
    fn earlier(&self, part: &Part<'_>) -> rusqlite::Result<Option<Earlier>> {
        self.tx
            .prepare_cached(include_str!("sql/earlier_document.sql"))?
            .query_row(named_params! { ":file": self.id, ":number": part.number }, |row| {
                Ok(Earlier {
                    report: row.get("report_id")?,
                    series: Series::read(row)?,
                    is_copy: row.get("is_copy")?,
                    is_unrecognised: row.get("is_unrecognised")?,
                })
            })
            .optional()
    }

    /// The unit of a report. One without a name keeps the unit made for it, or for what it replaced.
    fn unit(
        &self,
        part: &Part<'_>,
        checked: &Checked,
        earlier: Option<&Earlier>,
    ) -> rusqlite::Result<(UnitId, Option<Finding>)> {
        if let Some(printed) = checked.report.unit.as_ref().filter(|unit| !unit.trim().is_empty()) {
            let placed = names::place(
                self.tx,
                self.units_of.as_deref(),
                printed,
                &checked.report,
                self.now,
            )?;
            let finding = placed.candidates.and_then(|units| about_candidates(checked, &units));
            return Ok((placed.unit, finding));
        }
        if let Some(earlier) = earlier.filter(|earlier| earlier.is_unrecognised) {
            return Ok((earlier.series.unit, None));
        }
        let replaced: Option<UnitId> = self
            .tx
            .prepare_cached(include_str!("sql/unrecognised_unit.sql"))?
            .query_row(named_params! { ":file": self.replaced, ":member": part.member }, |row| {
                row.get("unit_id")
            })
            .optional()?;
        let office = self.units_of.as_deref().unwrap_or_default();
        let unit = match replaced {
            Some(unit) => unit,
            None => names::unrecognised(self.tx, office, &self.name(part), self.now)?,
        };
        Ok((unit, None))
    }

    fn name(&self, part: &Part<'_>) -> String {
        let name = file_name(&self.file.path);
        if part.member.is_empty() { name } else { format!("{name}!{}", part.member) }
    }

    /// A report without a unit or a year that was replaced at its path by one that has them is no
    /// report of anybody any more.
    fn overtake(&self, series: &Series) -> rusqlite::Result<()> {
        let mut query = self.tx.prepare_cached(include_str!("sql/overtake.sql"))?;
        let overtaken = query
            .query_map(
                named_params! {
                    ":replaced": self.replaced, ":unit": series.unit, ":year": series.year,
                },
                Series::read,
            )?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for series in overtaken {
            versions::arrange(self.tx, &series)?;
            owed::supersede_series(self.tx, &series)?;
        }
        Ok(())
    }

    fn owe(
        &self,
        part: &Part<'_>,
        series: &Series,
        before: Option<&Current>,
    ) -> rusqlite::Result<Option<NoticeKind>> {
        let subject = owed::Subject { file: self.id, member: part.member, path: &self.file.path };
        owed::supersede_unread(self.tx, &subject, self.replaced)?;
        if self.policy.quiet {
            return Ok(None);
        }
        let answers = owed::unanswered(self.tx, &subject, self.replaced)?;
        owed::about_report(self.tx, &subject, series, before, answers, self.policy, self.now)
    }

    /// A document that could not be read or is no report. What an earlier reading had found in it
    /// stays: a reader that fails today takes nothing back.
    fn refusal(&self, part: &Part<'_>, inspection: &Inspection) -> rusqlite::Result<Recorded> {
        if let Some(earlier) = self.earlier(part)? {
            let found = Some((earlier.report, earlier.is_copy));
            return self.recorded(part, inspection.verdict, found, None);
        }
        self.set_document(part, inspection, inspection.verdict, None)?;
        let subject = owed::Subject { file: self.id, member: part.member, path: &self.file.path };
        owed::supersede_unread(self.tx, &subject, self.replaced)?;
        let notice = match inspection.verdict {
            _ if self.policy.quiet => None,
            Verdict::Unreadable => Some(NoticeKind::Unreadable),
            Verdict::Unrecognised => Some(NoticeKind::Unrecognised),
            Verdict::Passed | Verdict::Failed | Verdict::Ignored => None,
        };
        if let Some(kind) = notice {
            let why = (inspection.reason.as_deref(), inspection.detail.as_deref());
            owed::about_file(self.tx, kind, &subject, why, self.policy, self.now)?;
        }
        self.recorded(part, inspection.verdict, None, notice)
    }

    fn set_document(
        &self,
        part: &Part<'_>,
        inspection: &Inspection,
        verdict: Verdict,
        found: Option<(ReportId, bool)>,
    ) -> rusqlite::Result<()> {
        let standing = found.map(|(_, is_copy)| if is_copy { "copy" } else { "version" });
        self.tx
            .prepare_cached(include_str!("sql/set_document.sql"))?
            .execute(named_params! {
                ":file": self.id, ":number": part.number, ":member": part.member,
                ":verdict": verdict, ":reason": inspection.reason,
                ":detail": inspection.detail, ":report": found.map(|(id, _)| id),
                ":standing": standing,
            })
            .map(drop)
    }

    fn recorded(
        &self,
        part: &Part<'_>,
        verdict: Verdict,
        found: Option<(ReportId, bool)>,
        notice: Option<NoticeKind>,
    ) -> rusqlite::Result<Recorded> {
        let report = match found {
            None => None,
            Some((id, copy)) => {
                Some(self.tx.prepare_cached(include_str!("sql/recorded_report.sql"))?.query_row(
                    named_params! { ":id": id },
                    |row| {
                        Ok(RecordedReport {
                            id,
                            unit: row.get("unit")?,
                            year: row.get("year")?,
                            version: row.get("version")?,
                            current: row.get("current")?,
                            copy,
                        })
                    },
                )?)
            }
        };
        Ok(Recorded { member: part.member.to_owned(), verdict, report, notice })
    }

    /// The verdict of the whole file, from those of its documents.
    fn conclude(&self, inspections: &[Inspection], recorded: &[Recorded]) -> rusqlite::Result<()> {
        let verdicts = recorded.iter().map(|one| one.verdict);
        let gravest = verdicts.zip(inspections).max_by_key(|(verdict, _)| gravity(*verdict));
        let verdict = gravest.map_or(Verdict::Ignored, |(verdict, _)| verdict);
        let reason = gravest.and_then(|(_, inspection)| inspection.reason.as_deref());
        let detail = gravest.and_then(|(_, inspection)| inspection.detail.as_deref());
        let lacked_program = inspections.iter().any(|inspection| inspection.lacks_program);
        files::conclude(self.tx, self.id, verdict, (reason, detail), lacked_program, self.now)
    }

    fn restore(&self, replaced: FileId) -> rusqlite::Result<()> {
        let mut query = self.tx.prepare_cached(include_str!("sql/restorable.sql"))?;
        let restorable = query
            .query_map(named_params! { ":file": self.id, ":replaced": replaced }, |row| {
                Ok((
                    row.get::<_, ReportId>("id")?,
                    row.get::<_, String>("member")?,
                    Series::read(row)?,
                ))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for (id, member, series) in restorable {
            let before = versions::current(self.tx, &series)?;
            reports::repeat(self.tx, id, self.order_ns(&series)?, self.now)?;
            versions::arrange(self.tx, &series)?;
            self.review(&series)?;
            self.owe(&Part { number: 1, member: &member }, &series, before.as_ref())?;
        }
        Ok(())
    }
}

/// What is to be said about a name that fits these units.
fn about_candidates(checked: &Checked, units: &str) -> Option<Finding> {
    let finding = checked.if_ambiguous.clone()?;
    Some(Finding { message: finding.message.replace(UNITS, units), ..finding })
}

/// The same of a report recorded already, whose unit stays the one it is.
pub(super) fn ambiguous_unit(
    tx: &Connection,
    checked: &Checked,
    unit: UnitId,
) -> rusqlite::Result<Option<Finding>> {
    let Some(printed) = &checked.report.unit else { return Ok(None) };
    let candidates = names::candidates(tx, unit, printed)?;
    Ok(candidates.and_then(|units| about_candidates(checked, &units)))
}

/// Which verdict stands for a file of several documents: what someone must act on comes first.
fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Failed => 4,
        Verdict::Unreadable => 3,
        Verdict::Passed => 2,
        Verdict::Unrecognised => 1,
        Verdict::Ignored => 0,
    }
}
