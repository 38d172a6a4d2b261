//! A table of a form as it stands on paper: which labels are merged over which rows and columns,
//! and where each cell is. Draws nothing; whoever draws decides on widths, text and marks.
//!
//! Paper knows three ways. Where all rows have the same columns, groups stand before the rows they
//! cover, merged. Where the columns change from group to group, each group is a line across the
//! table with a header of its own. And a table of one line has every label above its cell.

use super::{Column, Layout, Row, Table};

/// Where everything of a table stands.
#[derive(Debug, Clone, Default)]
pub struct Sheet<'t> {
    /// From top to bottom and left to right as far as they were put; they never overlap.
    pub slots: Vec<Slot<'t>>,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// A cell of the drawing and the places it covers.
#[derive(Debug, Clone, Copy)]
pub struct Slot<'t> {
    /// Its first row, from 0.
    pub row: usize,
    /// Its first column, from 0.
    pub column: usize,
    /// Rows it covers.
    pub height: usize,
    /// Columns it covers.
    pub width: usize,
    /// What stands in it.
    pub holds: Holds<'t>,
}

/// What stands in a [`Slot`].
#[derive(Debug, Clone, Copy)]
pub enum Holds<'t> {
    /// A header over labels or values; empty where the form prints nothing.
    Head(&'t str),
    /// A group of rows, beside them or on a line of its own, within so many other groups.
    Group(&'t str, usize),
    /// The label of a row, within so many groups.
    Label(&'t Row, usize),
    /// The unit of a row in a column of its own.
    Unit(&'t str),
    /// A cell.
    Value(&'t Row, &'t Column),
}

impl<'t> Sheet<'t> {
    /// As the form prints it.
    pub fn on_paper(table: &'t Table) -> Self {
        match table.layout {
            Layout::Line => Self::line(table),
            Layout::Rows if table.has_uniform_rows() => Self::rows(table, Groups::Beside),
            Layout::Rows => Self::rows(table, Groups::Across),
        }
    }

    /// For less room: a line for each row, and each group on a line of its own.
    pub fn narrow(table: &'t Table) -> Self {
        Self::rows(table, Groups::Across)
    }

    fn put(
        &mut self,
        (row, column): (usize, usize),
        (height, width): (usize, usize),
        holds: Holds<'t>,
    ) {
        self.slots.push(Slot { row, column, height, width, holds });
        self.height = self.height.max(row + height);
        self.width = self.width.max(column + width);
    }

    /// All cells in one line, the labels of rows and columns above them.
    fn line(table: &'t Table) -> Self {
        let mut sheet = Self::default();
        let cells: Vec<(&Row, &Column)> = table.cells().collect();
        let paths: Vec<Vec<&str>> =
            cells.iter().map(|(row, column)| row_then_column(row, column)).collect();
        let depth = sheet.headers(0, &paths, &vec![1; paths.len()]);
        for (at, (row, column)) in cells.into_iter().enumerate() {
            sheet.put((depth, at), (1, 1), Holds::Value(row, column));
        }
        sheet
    }

    /// Headers over columns from the row `self.height` on, equal ones beside each other merged; gives
    /// their height.
    fn headers(&mut self, left: usize, paths: &[Vec<&'t str>], widths: &[usize]) -> usize {
        let top = self.height;
        let depth = paths.iter().map(Vec::len).max().unwrap_or(0);
        for level in 0..depth {
            let mut column = left;
            let mut index = 0;
            while let (Some(path), Some(width)) = (paths.get(index), widths.get(index)) {
                let same = |other: &&Vec<&str>| other.get(..=level) == path.get(..=level);
                let merged = paths.iter().skip(index).take_while(same).count().max(1);
                let is_last = level + 1 == path.len();
                let run = if is_last { 1 } else { merged };
                let span: usize = widths.iter().skip(index).take(run).sum();
                if let Some(text) = path.get(level) {
                    let height = if is_last { depth - level } else { 1 };
                    self.put((top + level, column), (height, span), Holds::Head(text));
                    index += run;
                    column += span;
                } else {
                    index += 1;
                    column += width;
                }
            }
        }
        depth
    }

    /// A line for each row; a new header wherever the columns change.
    fn rows(table: &'t Table, groups: Groups) -> Self {
        let labels = match groups {
            Groups::Beside => 1 + table.rows.iter().map(|row| row.group.len()).max().unwrap_or(0),
            Groups::Across => 1,
        };
        let most = table.value_rows().map(|row| table.columns_of(row).count()).max().unwrap_or(1);
        let mut drawing = Rows { sheet: Self::default(), table, labels, most };
        let mut header: Vec<&str> = Vec::new();
        let mut before: &[String] = &[];
        for (index, row) in table.rows.iter().enumerate() {
            let columns: Vec<&Column> = match row.heading {
                true => table.columns.iter().collect(),
                false => table.columns_of(row).collect(),
            };
            let ids: Vec<&str> = columns.iter().map(|column| column.id.as_str()).collect();
            let is_new = match row.heading {
                true => header.is_empty(),
                false => header != ids,
            };
            let has_own_header = groups == Groups::Across && !table.has_uniform_rows();
            if has_own_header && row.group != before {
                drawing.group_lines(row, before);
                drawing.header(&columns);
            } else if is_new {
                drawing.header(&columns);
            }
            if groups == Groups::Across && !has_own_header {
                drawing.group_lines(row, before);
            }
            header = ids;
            before = &row.group;
            if groups == Groups::Beside {
                drawing.groups_beside(index, row);
            }
            drawing.row(row, &columns);
        }
        drawing.sheet
    }
}

/// Where the groups of rows stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Groups {
    /// Before the rows they cover.
    Beside,
    /// On a line of their own above them.
    Across,
}

/// A table of rows in the making.
struct Rows<'t> {
    sheet: Sheet<'t>,
    table: &'t Table,
    /// Columns of labels.
    labels: usize,
    /// Columns of values.
    most: usize,
}

impl<'t> Rows<'t> {
    /// Where the values begin: behind the labels and their units.
    fn left(&self) -> usize {
        self.labels + usize::from(self.table.units.is_some())
    }

    fn header(&mut self, columns: &[&'t Column]) {
        let over = self.table.over.iter().map(String::as_str);
        let paths: Vec<Vec<&str>> = columns
            .iter()
            .map(|column| over.clone().chain(column_path(column)).collect())
            .collect();
        let top = self.sheet.height;
        let depth = self.sheet.headers(self.left(), &paths, &widths(columns.len(), self.most));
        let corner = Holds::Head(self.table.corner.as_deref().unwrap_or_default());
        self.sheet.put((top, 0), (depth, self.labels), corner);
        if let Some(units) = &self.table.units {
            self.sheet.put((top, self.labels), (depth, 1), Holds::Head(units));
        }
    }

    /// The groups a row begins, each on a line of its own.
    fn group_lines(&mut self, row: &'t Row, before: &[String]) {
        let kept = row.group.iter().zip(before).take_while(|(a, b)| a == b).count();
        for (level, name) in row.group.iter().enumerate().skip(kept) {
            let whole = (1, self.left() + self.most);
            self.sheet.put((self.sheet.height, 0), whole, Holds::Group(name, level));
        }
    }

    /// The groups a row begins, merged over all the rows they cover.
    fn groups_beside(&mut self, index: usize, row: &'t Row) {
        let before = index.checked_sub(1).and_then(|above| self.table.rows.get(above));
        for (level, name) in row.group.iter().enumerate() {
            let same = |other: &Row| other.group.get(..=level) == row.group.get(..=level);
            if before.is_some_and(same) {
                continue;
            }
            let height = self.table.rows.iter().skip(index).take_while(|row| same(row)).count();
            let at = (self.sheet.height, level);
            // The row itself is put next, and moves the end of the sheet.
            let slot = Holds::Group(name, level);
            self.sheet.slots.push(Slot { row: at.0, column: level, height, width: 1, holds: slot });
        }
    }

    fn row(&mut self, row: &'t Row, columns: &[&'t Column]) {
        let top = self.sheet.height;
        let depth = row.group.len();
        let level = depth.min(self.labels - 1);
        if row.heading {
            let whole = (1, self.left() + self.most - level);
            self.sheet.put((top, level), whole, Holds::Label(row, depth));
            return;
        }
        self.sheet.put((top, level), (1, self.labels - level), Holds::Label(row, depth));
        if self.table.units.is_some() {
            let unit = row.unit.as_deref().unwrap_or_default();
            self.sheet.put((top, self.labels), (1, 1), Holds::Unit(unit));
        }
        let mut at = self.left();
        for (column, width) in columns.iter().zip(widths(columns.len(), self.most)) {
            self.sheet.put((top, at), (1, width), Holds::Value(row, column));
            at += width;
        }
    }
}

impl Table {
    /// The label of a row, with its unit where that is not in a column of its own.
    pub fn label(&self, row: &Row) -> String {
        match row.unit.as_deref().filter(|_| self.units.is_none()) {
            Some(unit) => format!("{}（{unit}）", row.label),
            None => row.label.clone(),
        }
    }

    /// Whether all its rows of values have the same columns.
    fn has_uniform_rows(&self) -> bool {
        let mut rows = self.value_rows().map(|row| &row.columns);
        let first = rows.next();
        rows.all(|columns| Some(columns) == first)
    }
}

/// So many columns on a sheet of `most`: the last one takes what is left.
fn widths(columns: usize, most: usize) -> Vec<usize> {
    let mut widths = vec![1; columns];
    if let Some(last) = widths.last_mut() {
        *last += most.saturating_sub(columns);
    }
    widths
}

fn column_path(column: &Column) -> Vec<&str> {
    column.group.iter().map(String::as_str).chain([column.label.as_str()]).collect()
}

fn row_then_column<'t>(row: &'t Row, column: &'t Column) -> Vec<&'t str> {
    let row = row.group.iter().map(String::as_str).chain([row.label.as_str()]);
    row.chain(column_path(column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Forms;

    /// Every place of the drawing belongs to one slot.
    fn is_tiled(sheet: &Sheet<'_>) -> bool {
        let mut covered = vec![vec![0; sheet.width]; sheet.height];
        for slot in &sheet.slots {
            for row in covered.iter_mut().skip(slot.row).take(slot.height) {
                for times in row.iter_mut().skip(slot.column).take(slot.width) {
                    *times += 1;
                }
            }
        }
        covered.iter().flatten().all(|times| *times == 1)
    }

    #[test]
    fn every_table_covers_its_sheet_without_gap_or_overlap_and_shows_every_cell() {
        for form in Forms::load(None).unwrap().iter() {
            for table in &form.tables {
                for sheet in [Sheet::on_paper(table), Sheet::narrow(table)] {
                    assert!(is_tiled(&sheet), "{} {}\n{sheet:?}", form.id, table.id);
                    let values = |slot: &&Slot<'_>| matches!(slot.holds, Holds::Value(..));
                    let shown = sheet.slots.iter().filter(values).count();
                    assert_eq!(shown, table.cells().count(), "{} {}", form.id, table.id);
                }
            }
        }
    }

    #[test]
    fn a_group_is_merged_over_the_rows_it_covers() {
        let forms = Forms::load(None).unwrap();
        let table = forms.get("2021").unwrap().table("requests").unwrap();
        let sheet = Sheet::on_paper(table);
        let group = |name: &str| {
            let named =
                |slot: &&Slot<'_>| matches!(slot.holds, Holds::Group(text, _) if text == name);
            let slot = sheet.slots.iter().find(named).unwrap();
            (slot.column, slot.height, slot.width)
        };
        assert_eq!(group("三、本年度办理结果"), (0, 22, 1));
        assert_eq!(group("（三）不予公开"), (1, 8, 1));
        assert_eq!((sheet.width, sheet.height), (10, 28));
    }

    #[test]
    fn a_group_with_columns_of_its_own_is_a_line_with_a_header() {
        let forms = Forms::load(None).unwrap();
        let table = forms.get("2021").unwrap().table("disclosure").unwrap();
        let sheet = Sheet::on_paper(table);
        let across = sheet.slots.iter().filter(|slot| matches!(slot.holds, Holds::Group(..)));
        assert!(across.clone().all(|slot| slot.width == sheet.width));
        assert_eq!(across.count(), 4);
    }
}
