//! Paragraphs and runs of the walk: see [`super::body`] for what counts as shown.

use super::body::{Walk, is_wrapper};
use super::numbering;
use super::styles::{self, Look, RunFormat, Style};
use crate::document::Refusal;
use crate::document::counting::Reference;
use crate::document::flow::{Flow, Piece};
use crate::document::line::{Line, Script};
use crate::document::xml::Element;

/// What `w:pPr` says.
#[derive(Default)]
struct ParagraphFormat {
    style: Option<String>,
    numbering: Reference,
    /// The label as Word 2003 has written it.
    label: Option<String>,
    mark: RunFormat,
}

impl<'a> Walk<'a> {
    pub(super) fn paragraph(&mut self, flow: &mut Flow) -> Result<(), Refusal> {
        let mut line = Line::default();
        let mut format = ParagraphFormat::default();
        self.inlines(&mut line, &mut format)?;
        let beside = std::mem::take(&mut line.beside);
        flow.note_unread(&line);
        let text = line.into_text();
        if format.mark.mark_removed {
            flow.carried.push_str(&text);
        } else {
            let label = match format.label {
                Some(label) => label,
                None => self.label(&format, text.is_empty()),
            };
            self.count_text(label.len())?;
            let carried = std::mem::take(&mut flow.carried);
            let text = if label.is_empty() && carried.is_empty() {
                text
            } else {
                label + &carried + &text
            };
            if !text.trim().is_empty() {
                flow.pieces.push(Piece::Own(without_outer_breaks(text)));
            }
        }
        flow.pieces.extend(beside.into_iter().map(Piece::Beside));
        self.check_blocks(flow.pieces.len())
    }

    /// The label of automatic numbering, or nothing. An empty paragraph whose mark is hidden shows
    /// nothing at all and is not counted.
    fn label(&mut self, format: &ParagraphFormat, is_empty: bool) -> String {
        let style = self.styles.paragraph(format.style.as_deref());
        let numbering = format.numbering.or(style.map(Style::numbering).unwrap_or_default());
        let is_hidden = || self.styles.resolve(style, &format.mark).is_hidden;
        if numbering.list.is_none() || (is_empty && is_hidden()) {
            return String::new();
        }
        let style = self.styles.paragraph_id(format.style.as_deref());
        self.numbering.label(numbering, style).unwrap_or_default()
    }

    fn inlines(&mut self, line: &mut Line, format: &mut ParagraphFormat) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "r" => {
                    let style = self.styles.paragraph(format.style.as_deref());
                    let mut look = self.styles.resolve(style, &RunFormat::default());
                    self.run(line, style, &mut look)?;
                }
                "pPr" => *format = self.paragraph_format()?,
                "AlternateContent" => self.alternatives(|walk| walk.inlines(line, format))?,
                "fldSimple" => {
                    line.field("begin", true);
                    line.push(&element.attribute("instr").unwrap_or_default(), Script::Baseline);
                    line.field("separate", true);
                    self.inlines(line, format)?;
                    line.field("end", true);
                }
                name if is_wrapper(name) => self.inlines(line, format)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }

    fn paragraph_format(&mut self) -> Result<ParagraphFormat, Refusal> {
        let mut format = ParagraphFormat::default();
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "pStyle" => {
                    format.style = element.value().map(|id| id.into_owned());
                    self.xml.skip()?;
                }
                "numPr" => format.numbering = numbering::reference(&mut self.xml)?,
                "listPr" => format.label = self.written_label()?,
                "rPr" => format.mark = styles::run_format(&mut self.xml)?,
                _ => self.xml.skip()?,
            }
        }
        Ok(format)
    }

    fn written_label(&mut self) -> Result<Option<String>, Refusal> {
        let mut label = None;
        while let Some(element) = self.xml.child()? {
            if element.name() == "t" {
                label = element.value().map(|label| label.into_owned());
            }
            self.xml.skip()?;
        }
        Ok(label)
    }

    /// A run; `look` is how it looks as far as it is read.
    fn run(
        &mut self,
        line: &mut Line,
        paragraph: Option<&Style>,
        look: &mut Look,
    ) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            let hidden = look.is_hidden;
            match element.name() {
                "rPr" => {
                    let format = styles::run_format(&mut self.xml)?;
                    *look = self.styles.resolve(paragraph, &format);
                }
                "AlternateContent" => self.alternatives(|walk| walk.run(line, paragraph, look))?,
                "fldChar" => {
                    line.field(&element.attribute("fldCharType").unwrap_or_default(), !hidden);
                    if let Some(entry) = self.chosen()?.filter(|_| !hidden) {
                        line.choose(entry);
                    }
                }
                // A note mark typed by hand follows in the same run.
                "footnoteReference" | "endnoteReference" => {
                    if element.attribute("customMarkFollows").is_some_and(|on| on != "0") {
                        look.script = Script::Raised;
                    }
                    self.xml.skip()?;
                }
                _ if hidden => self.xml.skip()?,
                "t" | "instrText" => self.text(&element, line, *look)?,
                "drawing" | "pict" => self.drawing(line, false)?,
                "object" => self.drawing(line, true)?,
                // The text the reading aid stands over, without the aid.
                "ruby" => self.ruby(line)?,
                name => {
                    let character = character(name, &element);
                    self.xml.skip()?;
                    if let Some(character) = character {
                        self.show(line, character.encode_utf8(&mut [0; 4]), *look)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The entry chosen of the list that a field is, if it is one: the first if none is named.
    fn chosen(&mut self) -> Result<Option<String>, Refusal> {
        let (mut entries, mut chosen, mut default, mut found) = (Vec::new(), None, 0, None);
        while let Some(element) = self.xml.child()? {
            let value = element.value().map(|value| value.into_owned());
            let number = || value.as_deref().and_then(|value| value.trim().parse().ok());
            match element.name() {
                "ffData" | "ddList" => {
                    found = self.chosen()?;
                    continue;
                }
                "result" => chosen = number(),
                "default" => default = number().unwrap_or(default),
                "listEntry" => entries.extend(value),
                _ => {}
            }
            self.xml.skip()?;
        }
        Ok(found.or_else(|| entries.into_iter().nth(chosen.unwrap_or(default))))
    }

    fn text(&mut self, element: &Element<'_>, line: &mut Line, look: Look) -> Result<(), Refusal> {
        let mut text = std::mem::take(&mut self.buffer);
        text.clear();
        self.xml.text(&mut text)?;
        let preserved = element.attribute("space").as_deref() == Some("preserve");
        let shown = if preserved { &text } else { text.trim_matches([' ', '\t', '\r', '\n']) };
        self.show(line, shown, look)?;
        self.buffer = text;
        Ok(())
    }

    fn show(&mut self, line: &mut Line, text: &str, look: Look) -> Result<(), Refusal> {
        self.count_text(text.len())?;
        line.push_coloured(text, look.script, look.is_white);
        Ok(())
    }

    fn ruby(&mut self, line: &mut Line) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "rubyBase" => self.inlines(line, &mut ParagraphFormat::default())?,
                _ => self.xml.skip()?,
            }
        }
        Ok(())
    }
}

/// Elements of a run that stand for one character.
fn character(name: &str, element: &Element<'_>) -> Option<char> {
    match name {
        "tab" | "ptab" => Some('\t'),
        "br" | "cr" => Some('\n'),
        "noBreakHyphen" => Some('-'),
        "sym" => {
            symbol(&element.attribute("font").unwrap_or_default(), &element.attribute("char")?)
        }
        _ => None,
    }
}

/// A character put in by its font and number. In fonts of signs the `1` looks like a folder and would
/// pass for a digit: their characters are put in the private area, where most are written already.
fn symbol(font: &str, code: &str) -> Option<char> {
    let code = u32::from_str_radix(code, 16).ok()?;
    let own = if (0xF000..0xF100).contains(&code) { code - 0xF000 } else { code };
    let font = font.to_ascii_lowercase();
    let is_sign = ["wingdings", "webdings", "dingbats", "marlett", "mt extra"]
        .iter()
        .any(|signs| font.contains(signs));
    let is_letter = match font.as_str() {
        // Greek letters and signs, but figures where they always are.
        "symbol" => (0x30..0x3A).contains(&own),
        _ => !is_sign && own >= 0x20,
    };
    char::from_u32(if own >= 0x100 || is_letter { own } else { own + 0xF000 })
}

/// Page breaks and stray line breaks at either end of a paragraph show nothing.
fn without_outer_breaks(text: String) -> String {
    let inner = text.trim_matches('\n');
    if inner.len() == text.len() { text } else { inner.to_owned() }
}
