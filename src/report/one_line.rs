//! A table whose cells all stand in one line under several rows of headers.

use super::columns::{drop_surplus_blanks, figures, window};
use super::headers::{MOST_LINES, Order};
use super::lines::{Line, LineCell};
use super::table::{HEADER_LINES, Laid, Template, count};
use super::values;
use crate::document::Columns;
use crate::form::{Column, Row};

impl<'f> Template<'f> {
    /// A table whose cells all stand in one line under several rows of headers; or, where no line
    /// holds just as many, wherever their headers say. With how well it fits, from 0 to 1.
    pub(super) fn lay_line(&'f self, lines: &[Line<'_>]) -> Option<(f64, Laid<'f>)> {
        let (line, is_exact) = self.one_line(lines).unzip();
        // Blocks below each other in a table padded to the full width have lines just as long.
        let is_exact = is_exact == Some(true);
        let shown = line.as_ref().map_or(0, |(_, laid)| laid.shown());
        if is_exact && shown == self.table.cells().count() {
            return line;
        }
        let crossed = self.lay_crossed(lines);
        let crossed = crossed.filter(|(_, crossed)| !is_exact || crossed.shown() > shown);
        match (line, crossed) {
            (Some(line), Some((quality, _))) if !is_exact && quality < line.0 => Some(line),
            (line, crossed) => crossed.or(line),
        }
    }

    /// The table in one line with how well it fits, and whether that line holds just as many cells.
    fn one_line(&'f self, lines: &[Line<'_>]) -> Option<((f64, Laid<'f>), bool)> {
        let mut cells: Vec<(&Row, &Column)> = self.table.cells().collect();
        let header = |line: &Line<'_>| {
            let known = |c: &&LineCell<'_>| {
                let mut labels = self.labels.columns.iter().chain(&self.labels.rows);
                c.is_wordy() && labels.any(|l| c.likeness().best(l) >= 0.75)
            };
            line.cells.iter().filter(known).count()
        };
        let headers: Vec<usize> = lines.iter().map(header).collect();
        let (at, known) = self.data_line(lines, &headers, cells.len())?;
        let line = lines.get(at)?;
        // One a line, the last header stands before the values.
        let height = if line.columns == Columns::Exact { HEADER_LINES } else { MOST_LINES };
        let headers = lines.get(at.saturating_sub(height)..=at).unwrap_or_default().iter().rev();
        let headers = headers.take_while(|above| {
            let is_header = std::ptr::eq(*above, line) || !above.has_figures();
            above.grid == line.grid && is_header
        });
        let order = self.block_order(headers.collect::<Vec<_>>().into_iter().rev(), line.columns);
        let is_unknown = order == Order::Unknown;
        if let Order::Told(order) = order {
            let of_row =
                |row| order.iter().filter_map(move |c| Some((row, self.table.columns.get(*c)?)));
            cells = self.table.value_rows().flat_map(of_row).collect();
        }
        let quality = count(known.min(cells.len())) / count(cells.len());
        let mut found = without_label(line, cells.len());
        if line.columns != Columns::Exact {
            drop_surplus_blanks(&mut found, cells.len());
        }
        let all = cells.len();
        let is_exact = found.len() == all;
        let lone: Vec<&str> =
            self.table.columns.iter().filter(|c| c.lone).map(|c| c.id.as_str()).collect();
        let rows = self.table.value_rows().count();
        let is_lone = found.len() == rows && rows < all;
        let chosen: Vec<Option<&LineCell<'_>>> = if is_lone {
            let mut left = found.iter().copied();
            cells.iter().map(|(_, c)| lone.contains(&c.id.as_str()).then(|| left.next())?).collect()
        } else {
            window(&found, cells.len())
        };
        let mut laid = self.empty();
        laid.note_grid(line.grid);
        let end = line.cells.last().map_or(0, |c| c.cell.column + c.cell.column_span);
        // Nothing tells which of the cells of a line that lacks some are there.
        let is_filled = chosen.iter().flatten().any(|cell| !cell.is_blank());
        let lacks_some =
            found.len() < all && (line.columns == Columns::Filled || is_filled && !is_lone);
        let is_cut = lacks_some || figures(chosen.iter().flatten()) < figures(&found);
        let lost = is_cut || is_unknown && is_filled;
        let among: Vec<&str> = found.iter().map(|c| c.cell.text.as_str()).collect();
        for ((row, column), cell) in cells.into_iter().zip(chosen) {
            let value = values::Found {
                after: end,
                cell: cell.map(|c| c.cell).filter(|_| !lost),
                among: if lost { among.clone() } else { Vec::new() },
                ..values::Found::nowhere(line.grid, line.row)
            };
            laid.cells
                .insert(self.table.cell(row, column), values::cell(row, column, &value, None));
        }
        Some(((quality, laid), is_exact))
    }

    /// The line of values below the headers, and how many headers there are. Headers shredded into
    /// single characters are passed over: then only a line of just the right length will do.
    fn data_line(
        &self,
        lines: &[Line<'_>],
        headers: &[usize],
        cells: usize,
    ) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        for (at, line) in lines.iter().enumerate() {
            let words = line.cells.iter().filter(|c| c.is_wordy()).count();
            // A letter typed for a digit does not make a row of values a row of words.
            if words * 2 > line.cells.len() || headers.get(at) != Some(&0) {
                continue;
            }
            let right = without_label(line, cells).len() == cells;
            let from = at.saturating_sub(HEADER_LINES);
            let above = lines.iter().zip(headers).take(at).skip(from).rev();
            // Headers of other tables tell nothing, unless the line is just right.
            let own = above.take_while(|(l, _)| {
                right || line.columns != Columns::Exact || l.grid == line.grid
            });
            let since = own.scan(false, |seen, (_, n)| {
                let go = !(*seen && *n == 0);
                *seen |= *n > 0;
                go.then_some(*n)
            });
            let known: usize = since.sum();
            let enough = if right { known >= 3 } else { known * 2 >= cells };
            if enough && best.is_none_or(|(_, k)| known > k) {
                best = Some((at, known));
            }
        }
        best
    }
}

/// The cells of a line without the label before them, if it has one more than are wanted.
fn without_label<'a>(line: &'a Line<'a>, wanted: usize) -> Vec<&'a LineCell<'a>> {
    let surplus = line.cells.len().saturating_sub(wanted);
    let labels = line.cells.iter().take(surplus).take_while(|c| c.is_wordy()).count();
    line.cells.iter().skip(labels).collect()
}
