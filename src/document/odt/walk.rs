//! The walk through the body: what of it is shown, in reading order. Unknown elements are passed over
//! with all they contain; [`Limits::element_depth`] bounds how deep the functions recurse.

use std::collections::HashSet;

use super::lists::{Lists, OUTLINE};
use super::styles::{Look, Styles};
use crate::document::flow::{Flow, Piece};
use crate::document::line::Line;
use crate::document::table::{Cell, Merge, Row, Table};
use crate::document::xml::{Element, Inline, Xml};
use crate::document::{Block, Limits, Refusal};

/// The state of one walk.
pub(super) struct Walk<'a> {
    xml: Xml<'a>,
    styles: &'a Styles,
    lists: Lists,
    limits: &'a Limits,
    /// Style and item of the lists around the place under way.
    items: Vec<Item>,
    tables: usize,
    text_bytes: usize,
    /// A field in the paragraph under way says that it is hidden.
    hides_paragraph: bool,
    /// Deletions whose text stands where it was, as in a document of one file.
    deletions: HashSet<String>,
    /// Those of them around the place under way.
    deleting: usize,
}

struct Item {
    style: String,
    /// Its first paragraph is still to come and shows the label.
    is_new: bool,
    start: Option<u32>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(xml: Xml<'a>, styles: &'a Styles, lists: Lists, limits: &'a Limits) -> Self {
        let items = Vec::new();
        Self {
            xml,
            styles,
            lists,
            limits,
            items,
            tables: 0,
            text_bytes: 0,
            hides_paragraph: false,
            deletions: HashSet::new(),
            deleting: 0,
        }
    }

    /// Everything the body shows.
    pub(super) fn read(mut self) -> Result<Flow, Refusal> {
        let mut flow = Flow::default();
        self.xml.child()?;
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "body" => self.blocks(&mut flow)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(flow)
    }

    fn blocks(&mut self, flow: &mut Flow) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            self.block(&element, flow)?;
            if flow.pieces.len() > self.limits.blocks {
                let blocks = self.limits.blocks;
                return Err(Refusal::TooLarge(format!("more than {blocks} blocks")));
            }
        }
        if !flow.carried.is_empty() {
            let text = std::mem::take(&mut flow.carried);
            flow.pieces.push(Piece::Own(text));
        }
        Ok(())
    }

    fn block(&mut self, element: &Element<'a>, flow: &mut Flow) -> Result<(), Refusal> {
        match element.name() {
            "p" | "h" => self.paragraph(element, flow),
            "list" => self.list(element, flow),
            "table" => self.table(element, flow),
            "tracked-changes" => self.changes(),
            "section" if is_hidden(element) => self.xml.skip(),
            "text" | "section" | "table-of-content" | "index-body" | "index-title" | "text-box"
            | "numbered-paragraph" | "a" => self.blocks(flow),
            "frame" | "g" | "custom-shape" | "rect" => self.frame(flow),
            "image" | "object" | "object-ole" => {
                flow.pieces.push(Piece::Beside(Block::Picture { page: None }));
                self.xml.skip()
            }
            _ => self.xml.skip(),
        }
    }

    /// The list of changes: text deleted stands in it, or in its place between two marks.
    fn changes(&mut self) -> Result<(), Refusal> {
        while let Some(region) = self.xml.child()? {
            let id = region.attribute("id").unwrap_or_default().into_owned();
            while let Some(change) = self.xml.child()? {
                if change.name() == "deletion" {
                    self.deletions.insert(id.clone());
                }
                self.xml.skip()?;
            }
        }
        Ok(())
    }

    fn is_deletion(&self, mark: &Element<'_>) -> bool {
        mark.attribute("change-id").is_some_and(|id| self.deletions.contains(&*id))
    }

    /// A frame or shape: what stands in it is beside the text around it. Of several renderings of
    /// one thing (an object and its picture) the first counts.
    fn frame(&mut self, flow: &mut Flow) -> Result<(), Refusal> {
        let mut inner = Flow::default();
        self.blocks(&mut inner)?;
        let mut has_picture = false;
        for block in inner.into_blocks() {
            let is_picture = matches!(block, Block::Picture { .. });
            if !(is_picture && std::mem::replace(&mut has_picture, is_picture)) {
                flow.pieces.push(Piece::Beside(block));
            }
        }
        Ok(())
    }

    fn paragraph(&mut self, element: &Element<'a>, flow: &mut Flow) -> Result<(), Refusal> {
        let look = self.style(element, Look::default());
        let mut line = Line::default();
        self.inlines(&mut line, look)?;
        let beside = std::mem::take(&mut line.beside);
        flow.note_unread(&line);
        let text = line.into_text();
        if std::mem::take(&mut self.hides_paragraph) {
            return Ok(());
        }
        let text = std::mem::take(&mut flow.carried) + text.trim_matches('\n');
        if self.deleting > 0 {
            // Its end is deleted too.
            flow.carried = text;
        } else {
            let text = self.label(element) + &text;
            if !text.trim().is_empty() {
                flow.pieces.push(Piece::Own(text));
            }
        }
        flow.pieces.extend(beside.into_iter().map(Piece::Beside));
        Ok(())
    }

    fn style(&self, element: &Element<'_>, around: Look) -> Look {
        self.styles.resolve(element.attribute("style-name").as_deref(), around)
    }

    /// The label of automatic numbering: of the list item that begins, else of a heading.
    fn label(&mut self, element: &Element<'_>) -> String {
        let level = self.items.len();
        if let Some(item) = self.items.last_mut() {
            if !std::mem::replace(&mut item.is_new, false) {
                return String::new();
            }
            return self.lists.label(&item.style, level - 1, item.start.take());
        }
        let level = element
            .attribute("outline-level")
            .and_then(|level| level.parse::<usize>().ok()?.checked_sub(1));
        match level {
            Some(level) if element.name() == "h" => self.lists.label(OUTLINE, level, None),
            _ => String::new(),
        }
    }

    fn list(&mut self, element: &Element<'a>, flow: &mut Flow) -> Result<(), Refusal> {
        let around = self.items.last().map(|item| item.style.clone());
        let own = element.attribute("style-name").map(|name| name.into_owned());
        let style = own.or(around).unwrap_or_default();
        let goes_on = element.attribute("continue-numbering").as_deref() == Some("true")
            || element.attribute("continue-list").is_some();
        if self.items.is_empty() && !goes_on {
            self.lists.restart(&style);
        }
        while let Some(entry) = self.xml.child()? {
            if !matches!(entry.name(), "list-item" | "list-header") {
                self.xml.skip()?;
                continue;
            }
            let start = entry.attribute("start-value").and_then(|start| start.parse().ok());
            let is_new = entry.name() == "list-item";
            self.items.push(Item { style: style.clone(), is_new, start });
            self.blocks(flow)?;
            self.items.pop();
        }
        Ok(())
    }

    fn inlines(&mut self, line: &mut Line, look: Look) -> Result<(), Refusal> {
        while let Some(node) = self.xml.node_or_text()? {
            match node {
                Inline::Text(text) => self.show(line, &collapsed(&text, line), look)?,
                Inline::Element(element) => self.inline(&element, line, look)?,
            }
        }
        Ok(())
    }

    fn inline(
        &mut self,
        element: &Element<'a>,
        line: &mut Line,
        look: Look,
    ) -> Result<(), Refusal> {
        match element.name() {
            "span" => {
                let look = self.style(element, look);
                self.inlines(line, look)
            }
            "s" => {
                let count = element.attribute("c").and_then(|c| c.parse().ok()).unwrap_or(1);
                let spaces = " ".repeat(usize::min(count, 1_000));
                self.show(line, &spaces, look)?;
                self.xml.skip()
            }
            "tab" => {
                self.show(line, "\t", look)?;
                self.xml.skip()
            }
            "line-break" => {
                self.show(line, "\n", look)?;
                self.xml.skip()
            }
            "frame" | "g" | "custom-shape" | "rect" | "text-box" => {
                // What hangs on the paragraph is in no list of it.
                let items = std::mem::take(&mut self.items);
                let mut beside = Flow::default();
                self.frame(&mut beside)?;
                self.items = items;
                line.beside.extend(beside.into_blocks());
                Ok(())
            }
            "hidden-text" if element.attribute("is-hidden").as_deref() == Some("false") => {
                self.inlines(line, look)
            }
            "change-start" => {
                self.deleting += usize::from(self.is_deletion(element));
                self.xml.skip()
            }
            "change-end" => {
                self.deleting =
                    self.deleting.saturating_sub(usize::from(self.is_deletion(element)));
                self.xml.skip()
            }
            "hidden-paragraph" => {
                self.hides_paragraph |= is_hidden(element);
                self.xml.skip()
            }
            // A field of a form; what is entered there stands elsewhere.
            "control" => {
                line.lack();
                self.xml.skip()
            }
            "fieldmark" => {
                let entry = self.chosen()?;
                self.show(line, &entry.unwrap_or_default(), look)
            }
            // Notes, comments, hidden text and reading aids are not part of the line.
            "note" | "annotation" | "hidden-text" | "ruby-text" | "tracked-changes" | "script" => {
                self.xml.skip()
            }
            _ => self.inlines(line, look),
        }
    }

    /// The entry chosen of the list that a field is, if it is one.
    fn chosen(&mut self) -> Result<Option<String>, Refusal> {
        let (mut entries, mut chosen) = (Vec::new(), 0);
        while let Some(parameter) = self.xml.child()? {
            let value = parameter.attribute("value").unwrap_or_default();
            match parameter.attribute("name").as_deref() {
                Some("Dropdown_ListEntry") => entries.push(value.into_owned()),
                Some("Dropdown_Selected") => chosen = value.trim().parse().unwrap_or(chosen),
                _ => {}
            }
            self.xml.skip()?;
        }
        Ok(entries.into_iter().nth(chosen))
    }

    fn show(&mut self, line: &mut Line, text: &str, look: Look) -> Result<(), Refusal> {
        if !look.is_shown() || self.deleting > 0 {
            return Ok(());
        }
        self.text_bytes += text.len();
        if self.text_bytes > self.limits.text_bytes {
            let bytes = self.limits.text_bytes;
            return Err(Refusal::TooLarge(format!("more than {bytes} bytes of text")));
        }
        line.push_coloured(text, look.script, look.is_white);
        Ok(())
    }

    fn table(&mut self, element: &Element<'a>, flow: &mut Flow) -> Result<(), Refusal> {
        if element.attribute("display").as_deref() == Some("false") {
            return self.xml.skip();
        }
        if self.tables == self.limits.table_depth {
            return Err(Refusal::TooLarge(format!("tables nested deeper than {}", self.tables)));
        }
        self.tables += 1;
        let items = std::mem::take(&mut self.items);
        let mut table = Table::new(self.limits);
        self.rows(&mut table, &mut Vec::new())?;
        table.finish(flow);
        self.items = items;
        self.tables -= 1;
        Ok(())
    }

    /// `above`: by column, cells of the row above that reach further down.
    fn rows(&mut self, table: &mut Table<'_>, above: &mut Vec<Reach>) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "table-row" => {
                    let gone = element.attribute("visibility").is_some_and(|v| v != "visible");
                    let row = self.cells(above)?;
                    table.push(Row { gone, ..row })?;
                }
                "table-header-rows" | "table-rows" | "table-row-group" => {
                    self.rows(table, above)?
                }
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn cells(&mut self, above: &mut Vec<Reach>) -> Result<Row, Refusal> {
        let mut row = Row::default();
        let mut column = 0;
        while let Some(element) = self.xml.child()? {
            let count = |name: &str| -> Result<usize, Refusal> {
                let stated =
                    element.attribute(name).map(|n| n.trim().parse().unwrap_or(usize::MAX));
                let count = stated.unwrap_or(1).max(1);
                if count > self.limits.table_cells {
                    return Err(Refusal::TooLarge(format!("a table cell says {name} {count}")));
                }
                Ok(count)
            };
            let repeated = count("number-columns-repeated")?;
            let (columns, rows) = (count("number-columns-spanned")?, count("number-rows-spanned")?);
            if column + repeated * columns > self.limits.columns {
                let columns = self.limits.columns;
                return Err(Refusal::TooLarge(format!("a table of more than {columns} columns")));
            }
            match element.name() {
                "covered-table-cell" => {
                    self.xml.skip()?;
                    for _ in 0..repeated {
                        row.cells.extend(continued(above, column));
                        column += 1;
                    }
                }
                "table-cell" => {
                    let mut cell = Cell { span: columns, ..Cell::default() };
                    self.blocks(&mut cell.flow)?;
                    if rows > 1 {
                        cell.upward = Merge::Restart;
                        above.retain(|reach| reach.column != column);
                        above.push(Reach { column, span: columns, rows: rows - 1 });
                    }
                    row.cells.push(cell);
                    // The places to its right that it covers are written as cells of their own.
                    column += 1;
                    for _ in 1..repeated {
                        row.cells.push(Cell { span: 1, ..Cell::default() });
                        column += 1;
                    }
                }
                _ => self.xml.skip()?,
            }
        }
        Ok(row)
    }
}

/// Whether a section or a field is hidden: always, or by its condition when the file was saved.
fn is_hidden(element: &Element<'_>) -> bool {
    element.attribute("display").as_deref() == Some("none")
        || element.attribute("is-hidden").as_deref() == Some("true")
}

/// A cell that reaches into the rows below it.
struct Reach {
    column: usize,
    span: usize,
    rows: usize,
}

/// The part in this row of the cell above that begins in a column, if one reaches so far.
fn continued(above: &mut [Reach], column: usize) -> Option<Cell> {
    let reach = above.iter_mut().find(|reach| reach.column == column && reach.rows > 0)?;
    reach.rows -= 1;
    Some(Cell { span: reach.span, upward: Merge::Continue, ..Cell::default() })
}

/// White space as ODF counts it: a run of it is one space, none after a space.
fn collapsed(text: &str, line: &Line) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let mut is_after_space = line.is_at_space();
    for c in text.chars() {
        let is_space = matches!(c, ' ' | '\t' | '\r' | '\n');
        if !is_space {
            collapsed.push(c);
        } else if !is_after_space {
            collapsed.push(' ');
        }
        is_after_space = is_space;
    }
    collapsed
}
