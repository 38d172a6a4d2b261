//! Word documents (docx, docm): WordprocessingML in a zip container, ECMA-376 transitional or strict.
//!
//! The main part is read in one pass, without a tree: see `body` for what counts as shown, [`super::table`]
//! for how cells come to their places, `numbering` for labels such as `（一）` that stand nowhere
//! in the text. Headers and footers are page furniture and left out; so are the document
//! properties, which are leftovers of the template the report was typed into.

mod body;
mod drawing;
mod numbering;
mod package;
mod paragraph;
mod styles;

use super::container::Container;
use super::counting::Numbering;
use super::sniff::{self, Content};
use super::xml::{self, Xml};
use super::{Document, Format, Limits, Meta, Refusal, Source, html, mht, rtf};
use body::{Chunks, Walk};
use package::Parts;
use styles::Styles;

/// Reads everything the document shows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    read_with(bytes, chunks, limits)
}

/// A document without those that it would show in places of itself.
fn read_alone(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    read_with(bytes, |_, _, _| Ok(Chunks::new()), limits)
}

/// What the documents show that stand in places of this one (`w:altChunk`), as web systems write
/// them. One that cannot be read is left to be shown as something unreadable.
fn chunks(
    container: &mut Container<'_>,
    parts: &Parts,
    limits: &Limits,
) -> Result<Chunks, Refusal> {
    let mut chunks = Chunks::new();
    for (id, part) in &parts.chunks {
        let Some(bytes) = container.part(part)? else { continue };
        let read = match sniff::content(&bytes, part, limits) {
            Ok(Content::Html) => html::read,
            Ok(Content::Mht) => mht::read,
            Ok(Content::Rtf) => rtf::read,
            Ok(Content::Docx) => read_alone,
            _ => continue,
        };
        if let Ok(document) = read(&bytes, limits) {
            chunks.insert(id.clone(), document.blocks);
        }
    }
    Ok(chunks)
}

fn read_with(
    bytes: &[u8],
    chunks: fn(&mut Container<'_>, &Parts, &Limits) -> Result<Chunks, Refusal>,
    limits: &Limits,
) -> Result<Document, Refusal> {
    let mut container = Container::open(bytes, limits)?;
    let parts = Parts::find(&mut container, limits)?;
    let chunks = chunks(&mut container, &parts, limits)?;
    let main = container
        .part(&parts.main)?
        .ok_or_else(|| Refusal::Damaged(format!("{} is missing", parts.main)))?;
    let styles = match side_part(&mut container, parts.styles.as_deref())? {
        Some(part) => Styles::read(&xml::decode(&part)?, limits)?,
        None => Styles::default(),
    };
    let numbering = match side_part(&mut container, parts.numbering.as_deref())? {
        Some(part) => numbering::read(&xml::decode(&part)?, limits)?,
        None => Numbering::default(),
    };
    let text = xml::decode(&main)?;
    let xml = Xml::new(&text, &parts.main, limits);
    let blocks = Walk::new(xml, &styles, numbering, &chunks, limits).body()?;
    Ok(Document { format: Format::Docx, source: Source::Text, meta: Meta::default(), blocks })
}

/// A part the main part may refer to. A reference to nothing is no reason to refuse a report.
fn side_part(
    container: &mut Container<'_>,
    name: Option<&str>,
) -> Result<Option<Vec<u8>>, Refusal> {
    name.map_or(Ok(None), |name| container.part(name))
}

#[cfg(test)]
mod tests;
