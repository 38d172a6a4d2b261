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
use super::xml::{self, Xml};
use super::{Document, Format, Limits, Meta, Refusal, Source};
use body::Walk;
use package::Parts;
use styles::Styles;

/// Reads everything the document shows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let mut container = Container::open(bytes, limits)?;
    let parts = Parts::find(&mut container, limits)?;
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
    let blocks =
        Walk::new(Xml::new(&text, &parts.main, limits), &styles, numbering, limits).body()?;
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
