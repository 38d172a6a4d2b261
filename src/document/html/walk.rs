//! The page in reading order. Recursion is safe: the caller has bounded the depth.

use super::super::assembly::Assembly;
use super::super::{Grid, ILLEGIBLE, Meta, Refusal, line, txt};
use super::article;
use super::dom::{Dom, NodeId, ROOT};
use super::inline::Inline;
use super::table::{self, Cell};

/// Rows with two or more cells of their own that make a table with tables in it a table of data.
const DATA_ROWS: usize = 3;
/// Images narrower or lower than this, by their attributes, are ornaments.
const ORNAMENT: u32 = 100;
/// Smaller than this, they only keep blank cells open.
const SPACER: u32 = 4;

/// Walks a page and adds its blocks; what the page's own data tell completes `meta`.
pub(super) fn walk(dom: &Dom, assembly: &mut Assembly<'_>, meta: &mut Meta) -> Result<(), Refusal> {
    let mut walker = Walker { dom, assembly, meta, line: Inline::default(), tables: 0 };
    walker.flow(ROOT, false)?;
    walker.end_line()
}

struct Walker<'a, 'l> {
    dom: &'a Dom,
    assembly: &'a mut Assembly<'l>,
    meta: &'a mut Meta,
    line: Inline,
    /// Tables open around the current place.
    tables: usize,
}

impl Walker<'_, '_> {
    /// Adds what a node shows.
    fn flow(&mut self, node: NodeId, in_link: bool) -> Result<(), Refusal> {
        let dom = self.dom;
        if let Some(text) = dom.text(node) {
            self.line.push(text, in_link);
            return Ok(());
        }
        let tag = dom.tag(node);
        if is_hidden(dom, node)
            || article::is_furniture(dom, node, self.meta.title.as_deref())
            || is_note(dom, node, &self.line)
        {
            return Ok(());
        }
        match tag {
            "br" | "hr" => self.end_line(),
            "table" => {
                self.end_line()?;
                self.table(node)
            }
            "img" => self.image(node),
            "pre" => {
                self.end_line()?;
                let text = txt::with_plain_line_ends(&raw_text(dom, node), self.assembly.limits)?;
                txt::read_lines(&text.split('\n').collect::<Vec<_>>(), self.assembly)
            }
            _ => {
                let block = is_block(tag);
                if block {
                    self.end_line()?;
                }
                let in_link = in_link || (tag == "a" && dom.attribute(node, "href").is_some());
                for child in dom.children(node) {
                    self.flow(child, in_link)?;
                }
                if block { self.end_line() } else { Ok(()) }
            }
        }
    }

    fn end_line(&mut self) -> Result<(), Refusal> {
        let is_link = self.line.is_link();
        let text = self.line.take();
        if article::is_navigation(&text, is_link) { Ok(()) } else { self.assembly.paragraph(&text) }
    }

    fn image(&mut self, node: NodeId) -> Result<(), Refusal> {
        if is_smaller(self.dom, node, ORNAMENT) {
            return Ok(());
        }
        self.end_line()?;
        self.assembly.picture(None)
    }

    /// A table of data becomes a grid; a frame is walked through.
    fn table(&mut self, node: NodeId) -> Result<(), Refusal> {
        self.tables += 1;
        if self.tables > self.assembly.limits.table_depth {
            return Err(Refusal::TooLarge(format!("{} tables within each other", self.tables)));
        }
        let dom = self.dom;
        for caption in dom.children(node).filter(|child| dom.tag(*child) == "caption") {
            self.flow(caption, false)?;
        }
        let rows = rows_of(dom, node);
        let nested: Vec<NodeId> =
            rows.iter().flatten().copied().filter(|cell| holds_table(dom, *cell)).collect();
        let data = rows.iter().filter(|row| own_cells(dom, row) > 1).count();
        if !nested.is_empty() && data < DATA_ROWS {
            self.frame(&rows)?;
        } else {
            let grid = self.grid(&rows)?;
            if grid.width() <= 1 {
                self.frame(&rows)?;
            } else {
                self.add(grid)?;
                for cell in nested {
                    self.inner_tables(cell)?;
                }
            }
        }
        self.tables -= 1;
        Ok(())
    }

    fn grid(&self, rows: &[Vec<NodeId>]) -> Result<Grid, Refusal> {
        let dom = self.dom;
        let cell = |node: &NodeId| Cell {
            text: shown_text(dom, *node),
            row_span: table::span(dom.attribute(*node, "rowspan"), 0),
            column_span: table::span(dom.attribute(*node, "colspan"), 1),
        };
        let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        table::layout(rows, self.assembly.limits)
    }

    /// Adds a grid; the page's own data as lines.
    fn add(&mut self, grid: Grid) -> Result<(), Refusal> {
        let mut rows: Vec<Vec<&str>> = vec![Vec::new(); grid.height()];
        for cell in &grid.cells {
            if let Some(row) = rows.get_mut(cell.row) {
                row.push(&cell.text);
            }
        }
        match article::page_data(&rows, self.meta) {
            Some(lines) => lines.iter().try_for_each(|line| self.assembly.paragraph(line)),
            None => self.assembly.grid(grid),
        }
    }

    /// The contents of cells that only arrange the page.
    fn frame(&mut self, rows: &[Vec<NodeId>]) -> Result<(), Refusal> {
        for cell in rows.iter().flatten().filter(|cell| !is_hidden(self.dom, **cell)) {
            for child in self.dom.children(*cell) {
                self.flow(child, false)?;
            }
            self.end_line()?;
        }
        Ok(())
    }

    /// The tables inside a cell of data; its text is in the grid.
    fn inner_tables(&mut self, node: NodeId) -> Result<(), Refusal> {
        for child in self.dom.children(node) {
            if is_hidden(self.dom, child) {
                continue;
            }
            if self.dom.tag(child) == "table" {
                self.table(child)?
            } else {
                self.inner_tables(child)?
            }
        }
        Ok(())
    }
}

/// The cells of a table's own rows, in the order shown: head, bodies, foot.
fn rows_of(dom: &Dom, table: NodeId) -> Vec<Vec<NodeId>> {
    let place = |tag: &str| match tag {
        "thead" => 0,
        "tfoot" => 2,
        _ => 1,
    };
    let mut groups: Vec<NodeId> =
        dom.children(table).filter(|child| !is_hidden(dom, *child)).collect();
    groups.sort_by_key(|group| place(dom.tag(*group)));
    groups
        .into_iter()
        .filter(|group| matches!(dom.tag(*group), "thead" | "tbody" | "tfoot"))
        .flat_map(|group| {
            dom.children(group).filter(|row| dom.tag(*row) == "tr" && !is_hidden(dom, *row))
        })
        .map(|row| dom.children(row).filter(|cell| is_cell(dom, *cell)).collect())
        .collect()
}

/// A cell that takes a place, though what it holds may be hidden.
fn is_cell(dom: &Dom, node: NodeId) -> bool {
    let is_gone = dom.attribute(node, "hidden").is_some() || dom.look(node).is_gone;
    matches!(dom.tag(node), "td" | "th") && !is_gone
}

fn own_cells(dom: &Dom, row: &[NodeId]) -> usize {
    row.iter()
        .filter(|cell| !holds_table(dom, **cell) && !cell_text(dom, **cell).trim().is_empty())
        .count()
}

fn holds_table(dom: &Dom, node: NodeId) -> bool {
    !is_hidden(dom, node)
        && dom.children(node).any(|child| {
            (dom.tag(child) == "table" && !is_hidden(dom, child)) || holds_table(dom, child)
        })
}

/// The text of a cell, blocks and breaks in it as line breaks.
fn cell_text(dom: &Dom, cell: NodeId) -> String {
    let mut text = Inline::default();
    for child in dom.children(cell).filter(|_| !is_hidden(dom, cell)) {
        add_text(dom, child, &mut text);
    }
    text.take()
}

/// The text of a cell; where it shows something else instead, that it cannot be read.
fn shown_text(dom: &Dom, cell: NodeId) -> String {
    let text = cell_text(dom, cell);
    if text.trim().is_empty() && !is_hidden(dom, cell) && shows_unread(dom, cell) {
        return ILLEGIBLE.into();
    }
    text
}

/// Whether something that is no text, and no ornament, is shown in a node.
fn shows_unread(dom: &Dom, node: NodeId) -> bool {
    dom.children(node).filter(|child| !dom.look(*child).is_hidden).any(|child| {
        match dom.tag(child) {
            "img" => !is_smaller(dom, child, SPACER),
            "svg" | "canvas" | "object" | "embed" | "iframe" => true,
            "button" => !raw_text(dom, child).trim().is_empty(),
            "script" => raw_text(dom, child).contains("document.write"),
            _ => shows_unread(dom, child),
        }
    })
}

fn is_smaller(dom: &Dom, image: NodeId, least: u32) -> bool {
    let sizes = ["width", "height"].iter().filter_map(|name| dom.attribute(image, name));
    sizes.into_iter().any(|size| {
        size.trim().trim_end_matches("px").parse::<u32>().is_ok_and(|size| size < least)
    })
}

fn add_text(dom: &Dom, node: NodeId, text: &mut Inline) {
    if let Some(part) = dom.text(node) {
        text.push(part, false);
        return;
    }
    if let Some(entered) = entered(dom, node) {
        text.push(&entered, false);
        return;
    }
    if is_hidden(dom, node) || is_note(dom, node, text) {
        return;
    }
    if dom.tag(node) == "sub" && text.ends_with_digit() {
        text.push(&line::lowered(&raw_text(dom, node)), false);
        return;
    }
    let breaks = is_block(dom.tag(node)) || dom.tag(node) == "br";
    if breaks {
        text.line_break();
    }
    for child in dom.children(node) {
        add_text(dom, child, text);
    }
    if breaks {
        text.line_break();
    }
}

/// What a field of a form shows in a cell. What was typed into one that came without a value is not in
/// the file.
fn entered(dom: &Dom, node: NodeId) -> Option<String> {
    let is_shown = dom.attribute(node, "hidden").is_none() && !dom.look(node).is_hidden;
    match dom.tag(node) {
        _ if !is_shown => None,
        "input" => {
            let kind = dom.attribute(node, "type").unwrap_or_default().to_ascii_lowercase();
            let is_text = matches!(kind.as_str(), "" | "text" | "number" | "tel");
            let value = || dom.attribute(node, "value").map(str::to_owned);
            is_text.then(|| value().unwrap_or_else(|| ILLEGIBLE.to_string()))
        }
        "textarea" => Some(raw_text(dom, node)),
        "select" => {
            let options = || dom.children(node).filter(|child| dom.tag(*child) == "option");
            let chosen = options().find(|option| dom.attribute(*option, "selected").is_some());
            chosen.or_else(|| options().next()).map(|option| raw_text(dom, option))
        }
        _ => None,
    }
}

fn raw_text(dom: &Dom, node: NodeId) -> String {
    if dom.tag(node) == "br" {
        return "\n".into();
    }
    match dom.text(node) {
        Some(text) => text.to_owned(),
        None => dom
            .children(node)
            .filter(|child| !is_hidden(dom, *child))
            .map(|child| raw_text(dom, child))
            .collect(),
    }
}

/// What a browser does not show, and struck text.
fn is_hidden(dom: &Dom, node: NodeId) -> bool {
    let tag = dom.tag(node);
    if matches!(
        tag,
        "head"
            | "script"
            | "style"
            | "template"
            | "noscript"
            | "title"
            | "iframe"
            | "object"
            | "svg"
            | "select"
            | "textarea"
            | "button"
            | "input"
            | "datalist"
            | "canvas"
            | "video"
            | "audio"
            | "del"
            | "s"
            | "strike"
            | "rp"
            | "rt"
    ) {
        return true;
    }
    if tag.is_empty() {
        return false;
    }
    dom.attribute(node, "hidden").is_some() || dom.look(node).is_hidden
}

/// A raised note mark after a digit, or one that leads to its note: glued to the figure it would make
/// 102 of 10².
fn is_note(dom: &Dom, node: NodeId, before: &Inline) -> bool {
    let raised = dom.tag(node) == "sup" || dom.look(node).is_raised;
    let leads_to_note = || {
        let target = dom.attribute(node, "href").and_then(|target| target.strip_prefix('#'));
        target.is_some_and(|target| !target.is_empty())
            && raw_text(dom, node).chars().all(line::is_note_mark)
    };
    before.ends_with_digit() && (raised || leads_to_note())
}

fn is_block(tag: &str) -> bool {
    matches!(
        tag,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}
