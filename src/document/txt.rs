//! Plain text: paragraphs, and tables in the shapes that programs and people leave in text files.
//!
//! The grammars, each in a file of its own, none of which knows what a table is about:
//! [`cells`] one cell a line, as Word's text dump has it; [`tabs`] one row a line, cells parted by
//! tabs; [`commas`] the same with commas, as spreadsheets export it; [`pipes`] cells parted by `|`,
//! on one line or several; [`aligned`] columns made of blanks; [`stacked`] one cell a line with
//! nothing to mark it.
//! What none of them takes is [`prose`], where lines broken by a PDF are joined again. No character
//! is lost: what is not a table is a paragraph. Only the web site's lines after the end are left
//! out, see `furniture`.
//!
//! Inside a line U+2028 stands for a line break (Markdown uses it for `<br>`); it becomes `\n`.

mod aligned;
mod cells;
mod commas;
mod pipes;
mod prose;
mod stacked;
mod tabs;

use super::assembly::Assembly;
use super::characters::NUMERALS;
use super::{Block, Document, Format, Grid, Limits, Meta, Refusal, encoding, furniture};
use prose::Prose;

/// Most lines of a text. A report with one cell a line has about 500.
const LINES: usize = 100_000;

/// Reads a text file in any encoding [`encoding::text`] knows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let text = decoded(bytes, limits)?;
    let mut assembly = Assembly::new(limits);
    let lines: Vec<&str> = text.split('\n').collect();
    let parted = commas::with_tabs(&lines);
    let lines = parted.as_ref().map_or(lines, |parted| parted.iter().map(String::as_str).collect());
    read_lines(&lines, &mut assembly)?;
    furniture::drop_trailing(assembly.blocks());
    Ok(assembly.finish(Format::Txt, Meta::default()))
}

/// The text of a file with plain line ends.
pub(super) fn decoded(bytes: &[u8], limits: &Limits) -> Result<String, Refusal> {
    // No encoding makes text of more than three times the bytes, none of less than half.
    if bytes.len() / 2 > limits.text_bytes {
        return Err(Refusal::TooLarge(format!("a text of {} bytes", bytes.len())));
    }
    with_plain_line_ends(&encoding::text(bytes)?, limits)
}

/// CRLF, CR, form feed, vertical tab and next line all become `\n`. Refuses what is too large
/// before anything is built from it.
pub(super) fn with_plain_line_ends(text: &str, limits: &Limits) -> Result<String, Refusal> {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}', '\u{85}'], "\n");
    let lines = text.matches('\n').count();
    if text.len() > limits.text_bytes || lines > LINES {
        return Err(Refusal::TooLarge(format!("a text of {} bytes in {lines} lines", text.len())));
    }
    Ok(text)
}

/// What a grammar makes of the lines from a given one on.
#[derive(Debug)]
enum Found {
    /// A table, and how many lines it takes.
    Table(Table, usize),
    /// So many lines, at least one, that are no table of this grammar and need not be tried again.
    NoTable(usize),
}

/// The rows of a table in text.
#[derive(Debug, Default)]
struct Table {
    grid: Grid,
    /// Rows of one cell only: sub-headings between rows.
    headings: Vec<String>,
}

/// Reads lines into paragraphs and tables.
pub(super) fn read_lines(lines: &[&str], assembly: &mut Assembly<'_>) -> Result<(), Refusal> {
    let mut prose = Prose::new(lines);
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let rest = lines.get(at..).unwrap_or_default();
        match table_at(line, rest, prose.section()) {
            Found::Table(table, taken) => {
                let heading = prose.take_heading_like(&table.headings);
                prose.flush(assembly)?;
                assembly.grid(under_heading(heading, table.grid))?;
                at += taken.max(1);
            }
            Found::NoTable(taken) => {
                for line in rest.iter().take(taken.max(1)) {
                    prose.push(line);
                }
                at += taken.max(1);
            }
        }
    }
    prose.flush(assembly)
}

/// Finds the tables of a document that has none by its format: their cells became paragraphs (a page
/// made of `div`s), or their rows did (columns set with tabs).
pub(super) fn find_tables(blocks: &mut Vec<Block>) {
    if blocks.iter().any(|block| matches!(block, Block::Grid(_))) {
        return;
    }
    let texts: Vec<String> = blocks.iter().map(line_of).collect();
    let lines: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut left = std::mem::take(blocks).into_iter();
    let mut rest = lines.as_slice();
    let mut section = None;
    while let [line, ..] = rest {
        section = section_number(line).or(section);
        let table =
            if tabs::is_row(line) { Some(tabs::take(rest, section)) } else { stacked::take(rest) };
        let taken = match table {
            Some(Found::Table(table, taken)) => {
                let taken = taken.max(1);
                blocks.push(Block::Grid(table.grid));
                left.by_ref().take(taken).for_each(drop);
                taken
            }
            _ => {
                blocks.extend(left.next());
                1
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
}

/// A block as a line of text; what is none ends any table.
fn line_of(block: &Block) -> String {
    match block {
        Block::Paragraph(paragraph) => paragraph.text.replace('\n', "\u{2028}"),
        _ => "。".into(),
    }
}

fn table_at(line: &str, rest: &[&str], section: Option<u32>) -> Found {
    if is_blank(line) {
        Found::NoTable(1)
    } else if tabs::is_row(line) {
        tabs::take(rest, section)
    } else if line.starts_with('\t') {
        cells::take(rest)
    } else if pipes::is_row(line) {
        pipes::take(rest)
    } else {
        match aligned::take(rest, section) {
            Found::NoTable(taken) => stacked::take(rest).unwrap_or(Found::NoTable(taken)),
            table @ Found::Table(..) => table,
        }
    }
}

/// The table with a heading row on top that stood directly above it.
fn under_heading(heading: Option<String>, mut grid: Grid) -> Grid {
    if let Some(text) = heading {
        for cell in &mut grid.cells {
            cell.row += 1;
        }
        grid.cells
            .insert(0, super::GridCell { row_span: 1, column_span: 1, text, ..Default::default() });
    }
    grid
}

/// Nothing but white space, and no tab (a lone tab is an empty cell).
fn is_blank(line: &str) -> bool {
    !line.contains('\t') && line.trim().is_empty()
}

/// Text that no cell between rows holds: sentences.
fn is_prose(line: &str) -> bool {
    let line = line.trim();
    line.contains(['。', '；', '！', '？']) || line.ends_with(['，', '、', '：', ':', ';'])
}

/// `填报单位：…`: a colon outside brackets with text right after it stands above a table, not in it.
fn has_field(line: &str) -> bool {
    let mut depth = 0_i32;
    let mut after_colon = false;
    for c in line.chars() {
        if after_colon && !c.is_whitespace() {
            return !line.trim_start().starts_with("其中");
        }
        after_colon = depth == 0 && matches!(c, '：' | ':');
        depth += match c {
            '（' | '(' => 1,
            '）' | ')' => -1,
            _ => 0,
        };
    }
    false
}

/// A number with at most three characters of unit, or what stands for one. A year is none.
fn is_figure(text: &str) -> bool {
    if matches!(text, "/" | "／" | "-" | "－" | "—" | "——" | "–" | "无" | "零" | "〇" | "\\")
    {
        return true;
    }
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let number = text.trim_start_matches(['+', '-', '−', '－', '＋', '增', '减']);
    let digits = number.chars().take_while(|c| is_digit(*c) || ",，.．".contains(*c)).count();
    let unit: String = number.chars().skip(digits).collect();
    // `3.其他` is a label.
    let whole = number.chars().take(digits).last().is_some_and(is_digit);
    number.starts_with(is_digit)
        && whole
        && unit.chars().count() <= 3
        && !unit.starts_with(['年', '月', '日', '、', '）', ')'])
}

/// A cell's text: blanks that only set it off are gone, wide and hard ones stay.
fn cell_text(raw: &str) -> String {
    raw.trim_matches([' ', '\t', '\n']).replace('\u{2028}', "\n")
}

/// The number of a top-level heading: 3 of `三、…`. Chinese numerals to 九十九.
fn section_number(line: &str) -> Option<u32> {
    let line = line.trim();
    let numeral: String = line.chars().take_while(|c| NUMERALS.contains(*c)).collect();
    let after = line.strip_prefix(numeral.as_str())?.trim_start();
    if numeral.is_empty() || !after.starts_with(['、', '．', '.']) {
        return None;
    }
    let digit = |c: char| {
        "一二三四五六七八九".chars().zip(1_u32..).find_map(|(d, n)| (d == c).then_some(n))
    };
    match numeral.split_once('十') {
        None => numeral.chars().next().and_then(digit).filter(|_| numeral.chars().count() == 1),
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { tens.chars().next().and_then(digit)? };
            let ones = if ones.is_empty() { 0 } else { ones.chars().next().and_then(digit)? };
            Some(tens * 10 + ones)
        }
    }
}

/// Follows the numbers `一、二、…` of rows inside a table, to tell a row without figures from the
/// heading of the section after the table, where no empty line parts them.
#[derive(Debug, Clone, Copy)]
struct Numbering {
    section: Option<u32>,
    row: Option<u32>,
}

impl Numbering {
    fn after(section: Option<u32>) -> Self {
        Self { section, row: None }
    }

    /// Whether a line without figures continues the document's numbering and not the table's.
    fn is_next_section(&self, line: &str) -> bool {
        let Some(number) = section_number(line) else { return false };
        let follows = |last: Option<u32>| last.is_some_and(|last| last + 1 == number);
        follows(self.section) && !follows(self.row)
    }

    fn pass(&mut self, row: &str) {
        self.row = section_number(row).or(self.row);
    }
}

#[cfg(test)]
mod tests;
