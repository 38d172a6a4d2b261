//! The walk over the tokens: groups with their state, paragraphs, cells, rows, tables.
//!
//! What a row's cells are (`\cellx`) may stand before them, after them, or both; what counts is what
//! was said last when the row ends. Nested tables put it into a group of its own after the cells.

use std::collections::HashMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::text::{self, Pending};
use super::token::{Token, Tokens};
use crate::document::edges::{self, EdgeCell, EdgeRow};
use crate::document::flow::Flow;
use crate::document::line::{Line, Script};
use crate::document::table::Merge;
use crate::document::{Block, Limits, Refusal};

/// Groups within groups.
const DEPTH: usize = 2_000;

/// What a group inherits and what ends with it.
#[derive(Debug, Clone, Copy)]
struct State {
    /// What text here is for.
    destination: Destination,
    encoding: Option<&'static Encoding>,
    /// Bytes that stand in for a `\u` character.
    fallback: usize,
    is_hidden: bool,
    is_struck: bool,
    is_deleted: bool,
    is_tiny: bool,
    is_white: bool,
    /// Its background has a colour of its own.
    has_ground: bool,
    /// The group is a field.
    is_field: bool,
    script: Script,
    /// Tables around the paragraph.
    depth: usize,
}

impl State {
    fn is_shown(&self) -> bool {
        !(self.is_hidden || self.is_struck || self.is_deleted || self.is_tiny)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Destination {
    /// The document's text.
    Text,
    /// The list of fonts.
    Fonts,
    /// The list of colours.
    Colours,
    /// Nothing that is shown; but a picture is noted.
    Ignored,
    /// The instruction of a field: nothing shown.
    Instruction,
}

#[derive(Default)]
struct OpenTable {
    rows: Vec<EdgeRow>,
    cells: Vec<Flow>,
    cell: Flow,
    defined: Definition,
}

/// What is said about a row: its left edge and its cells.
#[derive(Debug, Clone, Default)]
struct Definition {
    left: i32,
    /// Right edge, merges to the left and upwards.
    cells: Vec<(i32, Merge, Merge)>,
    next: (Merge, Merge),
}

pub(super) struct Walk<'l> {
    limits: &'l Limits,
    states: Vec<State>,
    state: State,
    fonts: HashMap<i32, Option<&'static Encoding>>,
    /// For each colour whether it is white.
    colours: Vec<bool>,
    /// How many of red, green and blue are full in the colour under way.
    full: u8,
    font: i32,
    default_encoding: &'static Encoding,
    default_font: i32,
    pending: Pending,
    /// Fallback bytes still to be passed over.
    to_skip: usize,
    /// `\*` was read: an unknown word makes the group one to be ignored.
    is_optional: bool,
    line: Line,
    flow: Flow,
    open: Vec<OpenTable>,
    text_bytes: usize,
    buffer: String,
}

impl<'l> Walk<'l> {
    pub(super) fn new(limits: &'l Limits) -> Self {
        let state = State {
            destination: Destination::Text,
            encoding: None,
            fallback: 1,
            is_hidden: false,
            is_struck: false,
            is_deleted: false,
            is_tiny: false,
            is_white: false,
            has_ground: false,
            is_field: false,
            script: Script::Baseline,
            depth: 0,
        };
        Self {
            limits,
            states: Vec::new(),
            state,
            fonts: HashMap::new(),
            colours: Vec::new(),
            full: 0,
            font: 0,
            default_encoding: WINDOWS_1252,
            default_font: 0,
            pending: Pending::default(),
            to_skip: 0,
            is_optional: false,
            line: Line::default(),
            flow: Flow::default(),
            open: Vec::new(),
            text_bytes: 0,
            buffer: String::new(),
        }
    }

    pub(super) fn read(mut self, bytes: &[u8]) -> Result<Flow, Refusal> {
        let mut tokens = Tokens::new(bytes);
        let mut is_ended = false;
        while let Some(token) = tokens.next() {
            match token {
                Token::Open => self.open_group()?,
                Token::Close => match self.states.pop() {
                    Some(state) => {
                        if self.state.is_field {
                            self.line.field("end", self.state.is_shown());
                        }
                        self.state = state;
                        self.to_skip = 0;
                        self.is_optional = false;
                        is_ended = self.states.is_empty();
                        if is_ended {
                            break;
                        }
                    }
                    None => return Err(Refusal::Damaged("a group ends that did not begin".into())),
                },
                Token::Byte(byte) => self.byte(byte)?,
                Token::Symbol(symbol) => self.symbol(symbol)?,
                Token::Word("bin", Some(count)) => {
                    tokens.pass_over(usize::try_from(count).unwrap_or_default());
                }
                Token::Word(word, number) => self.word(word, number)?,
            }
        }
        if !is_ended {
            return Err(Refusal::Incomplete("rich text ends inside a group".into()));
        }
        self.end_paragraph()?;
        self.close_to(0)?;
        Ok(self.flow)
    }

    fn open_group(&mut self) -> Result<(), Refusal> {
        if self.states.len() >= DEPTH {
            return Err(Refusal::TooLarge(format!("groups nested deeper than {DEPTH}")));
        }
        self.states.push(self.state);
        self.state.is_field = false;
        self.to_skip = 0;
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<(), Refusal> {
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return Ok(());
        }
        if self.state.destination == Destination::Instruction && self.line.is_in_instruction() {
            self.line.push(char::from(byte).encode_utf8(&mut [0; 4]), Script::Baseline);
        }
        if self.state.destination == Destination::Colours && byte == b';' {
            self.colours.push(std::mem::take(&mut self.full) == 3);
        }
        if self.state.destination != Destination::Text {
            return Ok(());
        }
        let encoding = self.encoding();
        let mut shown = std::mem::take(&mut self.buffer);
        self.pending.byte(byte, encoding, &mut shown);
        let result = self.show(&shown);
        shown.clear();
        self.buffer = shown;
        result
    }

    /// The encoding of bytes: that of the font, where it names one other than Western, else that of
    /// the document. Chinese programs write GBK bytes in fonts they call Western.
    fn encoding(&self) -> &'static Encoding {
        match self.state.encoding {
            Some(encoding) if encoding != WINDOWS_1252 => encoding,
            _ => self.default_encoding,
        }
    }

    fn show(&mut self, text: &str) -> Result<(), Refusal> {
        if text.is_empty() || !self.state.is_shown() {
            return Ok(());
        }
        self.text_bytes += text.len();
        if self.text_bytes > self.limits.text_bytes {
            let bytes = self.limits.text_bytes;
            return Err(Refusal::TooLarge(format!("more than {bytes} bytes of text")));
        }
        let is_white = self.state.is_white && !self.state.has_ground;
        self.line.push_coloured(text, self.state.script, is_white);
        Ok(())
    }

    fn symbol(&mut self, symbol: u8) -> Result<(), Refusal> {
        if symbol == b'*' {
            self.is_optional = true;
            return Ok(());
        }
        if self.to_skip > 0 {
            self.to_skip -= 1;
            return Ok(());
        }
        if self.state.destination != Destination::Text {
            return Ok(());
        }
        match symbol {
            b'{' | b'}' | b'\\' => self.show(char::from(symbol).encode_utf8(&mut [0; 4])),
            b'~' => self.show("\u{A0}"),
            b'_' => self.show("-"),
            b'\r' | b'\n' => self.end_paragraph(),
            _ => Ok(()),
        }
    }

    fn word(&mut self, word: &str, number: Option<i32>) -> Result<(), Refusal> {
        let is_optional = std::mem::take(&mut self.is_optional);
        if let Some(destination) = destination(word) {
            if self.state.destination == Destination::Text || destination == Destination::Ignored {
                self.state.destination = destination;
            }
            if word == "pict" && self.is_shown_outside(destination) {
                self.line.beside.push(Block::Picture { page: None });
            }
            return Ok(());
        }
        if is_optional && !is_known_optional(word) {
            self.state.destination = Destination::Ignored;
        }
        match self.state.destination {
            Destination::Ignored | Destination::Instruction => {
                // The row of a nested table, and the result of a field, may stand inside.
                if matches!(word, "nesttableprops") {
                    self.state.destination = Destination::Text;
                }
                Ok(())
            }
            Destination::Colours => {
                let is_full = matches!(word, "red" | "green" | "blue") && number == Some(255);
                self.full = self.full.saturating_add(u8::from(is_full));
                Ok(())
            }
            Destination::Fonts => {
                self.font_word(word, number.unwrap_or_default());
                Ok(())
            }
            Destination::Text => self.text_word(word, number),
        }
    }

    /// Whether the group around the one that begins is shown.
    fn is_shown_outside(&self, destination: Destination) -> bool {
        let around = self.states.last().map(|state| state.destination);
        destination == Destination::Ignored
            && around == Some(Destination::Text)
            && !self.state.is_hidden
    }

    fn font_word(&mut self, word: &str, number: i32) {
        match word {
            "f" => self.font = number,
            "fcharset" => drop(self.fonts.insert(self.font, text::of_charset(number))),
            "cpg" => drop(self.fonts.insert(self.font, Some(text::of_code_page(number)))),
            _ => {}
        }
    }

    fn text_word(&mut self, word: &str, number: Option<i32>) -> Result<(), Refusal> {
        let is_on = number != Some(0);
        let value = number.unwrap_or_default();
        match word {
            "ansicpg" => self.default_encoding = text::of_code_page(value),
            "deff" => self.default_font = value,
            "f" => self.state.encoding = self.fonts.get(&value).copied().flatten(),
            "uc" => self.state.fallback = usize::try_from(value).unwrap_or(1),
            "u" => {
                let mut shown = std::mem::take(&mut self.buffer);
                self.pending.unit(value, &mut shown);
                self.to_skip = self.state.fallback;
                let result = self.show(&shown);
                shown.clear();
                self.buffer = shown;
                return result;
            }
            "v" => self.state.is_hidden = is_on,
            "strike" | "striked" => self.state.is_struck = is_on,
            // Deleted, or moved away.
            "deleted" | "mvf" => self.state.is_deleted = is_on,
            "super" => self.state.script = script(is_on, Script::Raised),
            "sub" => self.state.script = script(is_on, Script::Lowered),
            "up" => self.state.script = Script::moved(number.unwrap_or(6)),
            "dn" => self.state.script = Script::moved(number.unwrap_or(6).saturating_neg()),
            "cf" => {
                let colour = usize::try_from(value).ok().and_then(|n| self.colours.get(n));
                self.state.is_white = colour.copied().unwrap_or_default();
            }
            "highlight" | "cb" | "chcbpat" => self.state.has_ground = value != 0,
            "fs" => self.state.is_tiny = value <= 2,
            "nosupersub" => self.state.script = Script::Baseline,
            "field" => {
                self.state.is_field = true;
                self.line.field("begin", true);
            }
            "fldrslt" => self.line.field("separate", true),
            "plain" => self.plain(),
            _ if character(word).is_some() => {
                return self.show(character(word).unwrap_or_default());
            }
            _ => return self.structure_word(word, value),
        }
        Ok(())
    }

    fn plain(&mut self) {
        self.state.is_hidden = false;
        self.state.is_struck = false;
        self.state.is_deleted = false;
        self.state.is_tiny = false;
        self.state.is_white = false;
        self.state.has_ground = false;
        self.state.script = Script::Baseline;
        self.state.encoding = self.fonts.get(&self.default_font).copied().flatten();
    }

    fn structure_word(&mut self, word: &str, value: i32) -> Result<(), Refusal> {
        match word {
            "par" | "sect" | "page" => return self.end_paragraph(),
            "pard" => self.state.depth = 0,
            "intbl" => self.state.depth = self.state.depth.max(1),
            "itap" => self.state.depth = usize::try_from(value).unwrap_or_default(),
            "cell" => return self.end_cell(1),
            "nestcell" => return self.end_cell(self.state.depth.max(2)),
            "row" => return self.end_row(1),
            "nestrow" => return self.end_row(self.state.depth.max(2)),
            "trowd" => *self.definition()? = Definition::default(),
            "trleft" => self.definition()?.left = value,
            "clmgf" => self.definition()?.next.0 = Merge::Restart,
            "clmrg" => self.definition()?.next.0 = Merge::Continue,
            "clvmgf" => self.definition()?.next.1 = Merge::Restart,
            "clvmrg" => self.definition()?.next.1 = Merge::Continue,
            "cellx" => {
                let columns = self.limits.columns;
                let definition = self.definition()?;
                let (leftward, upward) = std::mem::take(&mut definition.next);
                if definition.cells.len() >= columns {
                    return Err(Refusal::TooLarge(format!("a row of more than {columns} cells")));
                }
                definition.cells.push((value, leftward, upward));
            }
            _ => {}
        }
        Ok(())
    }

    /// What is being said about a row: of the innermost table at the depth of the paragraph.
    fn definition(&mut self) -> Result<&mut Definition, Refusal> {
        let in_properties = self.open.len() >= 2 && self.state.depth >= 2;
        let depth = if in_properties { self.open.len() } else { 1 };
        self.open_to(depth)?;
        let index = depth - 1;
        self.open
            .get_mut(index)
            .map(|table| &mut table.defined)
            .ok_or_else(|| Refusal::Damaged("BUG: a table that was opened is not there".into()))
    }

    fn open_to(&mut self, depth: usize) -> Result<(), Refusal> {
        if depth > self.limits.table_depth {
            let depth = self.limits.table_depth;
            return Err(Refusal::TooLarge(format!("tables nested deeper than {depth}")));
        }
        while self.open.len() < depth {
            self.open.push(OpenTable::default());
        }
        Ok(())
    }

    fn end_paragraph(&mut self) -> Result<(), Refusal> {
        let line = std::mem::take(&mut self.line);
        // Under change tracking the mark between two paragraphs may be what is deleted.
        let goes_on = self.state.is_deleted;
        self.close_to(self.state.depth)?;
        self.open_to(self.state.depth)?;
        self.add(line, goes_on)
    }

    fn add(&mut self, line: Line, goes_on: bool) -> Result<(), Refusal> {
        let flow = match self.open.last_mut() {
            Some(table) => &mut table.cell,
            None => &mut self.flow,
        };
        flow.add(line, goes_on, self.limits)
    }

    fn end_cell(&mut self, depth: usize) -> Result<(), Refusal> {
        let line = std::mem::take(&mut self.line);
        self.close_to(depth)?;
        self.open_to(depth)?;
        self.add(line, false)?;
        let cells = self.limits.table_cells;
        if let Some(table) = self.open.last_mut() {
            let cell = std::mem::take(&mut table.cell);
            table.cells.push(cell);
            if table.cells.len() > cells {
                return Err(Refusal::TooLarge(format!("a row of more than {cells} cells")));
            }
        }
        Ok(())
    }

    fn end_row(&mut self, depth: usize) -> Result<(), Refusal> {
        self.close_to(depth)?;
        if let Some(table) = self.open.get_mut(depth.saturating_sub(1)) {
            let flows = std::mem::take(&mut table.cells);
            table.rows.push(table.defined.clone().row(flows));
        }
        Ok(())
    }

    /// Ends the tables deeper than `depth`.
    fn close_to(&mut self, depth: usize) -> Result<(), Refusal> {
        while self.open.len() > depth {
            let Some(mut table) = self.open.pop() else { break };
            let rest = std::mem::take(&mut table.cell);
            if !rest.pieces.is_empty() {
                table.cells.push(rest);
            }
            if !table.cells.is_empty() {
                let cells = std::mem::take(&mut table.cells);
                table.rows.push(table.defined.row(cells));
            }
            let around = match self.open.last_mut() {
                Some(outer) => &mut outer.cell,
                None => &mut self.flow,
            };
            edges::place(table.rows, self.limits, around)?;
        }
        Ok(())
    }
}

impl Definition {
    fn row(self, flows: Vec<Flow>) -> EdgeRow {
        let mut defined = self.cells.into_iter();
        let cells = flows.into_iter().map(|flow| match defined.next() {
            Some((right, leftward, upward)) => {
                EdgeCell { right: Some(right), leftward, upward, flow }
            }
            None => EdgeCell { flow, ..EdgeCell::default() },
        });
        EdgeRow { left: self.left, gone: false, cells: cells.collect() }
    }
}

fn script(is_on: bool, script: Script) -> Script {
    if is_on { script } else { Script::Baseline }
}

/// Control words that begin a group of their own kind.
fn destination(word: &str) -> Option<Destination> {
    match word {
        "fonttbl" => Some(Destination::Fonts),
        "colortbl" => Some(Destination::Colours),
        "fldinst" => Some(Destination::Instruction),
        "stylesheet" | "listtable" | "listoverridetable" | "revtbl" | "rsidtbl" | "generator"
        | "info" | "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl"
        | "footerr" | "footerf" | "footnote" | "annotation" | "atnid" | "atnauthor"
        | "atrfstart" | "atrfend" | "pict" | "objdata" | "nonshppict" | "nonesttables"
        | "themedata" | "colorschememapping" | "latentstyles" | "datastore" | "xmlnstbl"
        | "filetbl" | "tc" | "xe" | "rxe" | "txe" | "bkmkstart" | "bkmkend" | "pntxta"
        | "pntxtb" | "pn" | "sp" | "userprops" | "mmathPr" | "ftnsep" | "ftnsepc" | "aftnsep"
        | "template" => Some(Destination::Ignored),
        _ => None,
    }
}

/// Destinations written with `\*` that hold text or rows all the same.
fn is_known_optional(word: &str) -> bool {
    matches!(word, "nesttableprops" | "shppict" | "shpinst" | "listtext" | "shptxt")
}

/// Control words that stand for text.
fn character(word: &str) -> Option<&'static str> {
    Some(match word {
        "tab" => "\t",
        "line" | "lbr" => "\n",
        "emdash" => "—",
        "endash" => "–",
        "lquote" => "‘",
        "rquote" => "’",
        "ldblquote" => "“",
        "rdblquote" => "”",
        "bullet" => "•",
        "emspace" => "\u{2003}",
        "enspace" => "\u{2002}",
        "qmspace" => "\u{2005}",
        _ => return None,
    })
}
