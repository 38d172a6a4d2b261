//! One row a line, cells parted by commas or semicolons, in quotes where they hold one or a line break: what
//! spreadsheets export. The rows are given tabs for the commas; what is no row stays as it is.

use super::is_figure;
use super::is_prose;

const SEPARATORS: [char; 4] = [',', ';', '，', '；'];
/// So many rows with figures after their first cell make a text one of such rows.
const ROWS: usize = 5;
/// Lines that a quoted cell may go on over.
const CONTINUED: usize = 20;

/// The lines with tabs for commas; `None`: they have no such rows.
pub(super) fn with_tabs(lines: &[&str]) -> Option<Vec<String>> {
    SEPARATORS.into_iter().find_map(|separator| parted(lines, separator))
}

fn parted(lines: &[&str], separator: char) -> Option<Vec<String>> {
    // Each row with figures after its first cell has a separator; most texts have few.
    lines.iter().filter(|line| line.contains(separator)).nth(ROWS - 1)?;
    let mut parted: Vec<String> = Vec::with_capacity(lines.len());
    let (mut at, mut rows) = (0, 0);
    while let Some(line) = lines.get(at) {
        let (cells, taken) = match row_at(lines.get(at..).unwrap_or_default(), separator) {
            Some((cells, taken)) => (cells, taken),
            None => (vec![(*line).to_owned()], 1),
        };
        rows += usize::from(cells.iter().skip(1).any(|cell| is_figure(cell)));
        // Lines of text have no cells beside them.
        let is_text = cells.iter().skip(1).all(|cell| cell.trim().is_empty());
        parted.push(match cells.first() {
            Some(text) if is_text => text.clone(),
            _ => cells.join("\t"),
        });
        at += taken;
    }
    (rows >= ROWS).then_some(parted)
}

/// The cells of the row that begins here, and the lines it takes.
fn row_at(lines: &[&str], separator: char) -> Option<(Vec<String>, usize)> {
    let first = lines.first()?;
    if first.contains('\t') || !first.contains(separator) && !first.starts_with('"') {
        return None;
    }
    let mut text = String::new();
    for (taken, line) in (1..=CONTINUED).zip(lines) {
        if taken > 1 {
            text.push('\u{2028}');
        }
        text.push_str(line);
        if text.matches('"').count().is_multiple_of(2) {
            return Some((cells(&text, separator)?, taken));
        }
    }
    None
}

/// The cells of a row; `None` where the text is prose or a line of columns made of blanks, with commas in
/// its sentences or figures.
fn cells(text: &str, separator: char) -> Option<Vec<String>> {
    let mut cells = vec![String::new()];
    let (mut quoted, mut was_quoted) = (false, false);
    let mut brackets = 0_i32;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let cell = cells.last_mut()?;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => {
                was_quoted = true;
                quoted = !quoted;
            }
            _ if c == separator && !quoted && brackets <= 0 => cells.push(String::new()),
            _ => {
                brackets += i32::from(matches!(c, '（' | '('));
                brackets -= i32::from(matches!(c, '）' | ')'));
                cell.push(c);
            }
        }
    }
    let is_gapped = |cell: &String| {
        let words: Vec<&str> = cell.split([' ', '\u{a0}', '\u{3000}']).collect();
        let has_gap = cell.trim().contains("  ");
        has_gap || words.windows(2).any(|pair| pair.iter().all(|word| is_figure(word)))
    };
    // `1,234` is a number.
    let digits = |cell: &String| if is_figure(cell) { cell.trim().len() } else { usize::MAX };
    let mut groups = cells.iter().map(digits);
    let is_one_number =
        cells.len() > 1 && groups.next().is_some_and(|n| n < 4) && groups.all(|n| n == 3);
    let is_sentence = !was_quoted && cells.len() > 1 && cells.iter().any(|cell| is_prose(cell));
    let is_row = !is_one_number && !is_sentence && !cells.iter().any(is_gapped);
    (is_row && (cells.len() > 1 || was_quoted)).then_some(cells)
}
