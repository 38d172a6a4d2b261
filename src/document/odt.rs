//! `OpenDocument` texts (odt): what LibreOffice saves, and what WPS can save; in a zip container or as
//! one XML file (fodt), which may be a spreadsheet too (fods).
//!
//! The body is read in one pass. Under change tracking the deleted text stands apart from the body
//! and is left out with it. [`styles`] tells hidden and raised text, [`lists`] the labels of
//! automatic numbering, which stand nowhere in the text.

mod lists;
mod styles;
mod walk;

use super::assembly::Assembly;
use super::container::Container;
use super::xml::{self, Xml};
use super::{Document, Format, Limits, Meta, Refusal, flat, ods};
use lists::Lists;
pub(super) use styles::{Look, Styles};
use walk::Walk;

/// Reads everything the document shows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    if !bytes.starts_with(b"PK") {
        return read_flat(bytes, limits);
    }
    let mut container = Container::open(bytes, limits)?;
    let content = content(&mut container)?;
    let (styles, lists) = common_styles(&mut container, limits)?;
    read_content(&xml::decode(&content)?, styles, lists, limits)
}

fn common_styles(
    container: &mut Container<'_>,
    limits: &Limits,
) -> Result<(Styles, Lists), Refusal> {
    let (mut styles, mut lists) = (Styles::default(), Lists::default());
    if let Some(part) = container.part("styles.xml")? {
        styles::read(&xml::decode(&part)?, "styles.xml", limits, &mut styles, &mut lists)?;
    }
    Ok((styles, lists))
}

/// How text looks in a spreadsheet, by the styles of its container, if it has one, and of its content.
pub(super) fn looks(
    container: Option<&mut Container<'_>>,
    content: &str,
    limits: &Limits,
) -> Result<Styles, Refusal> {
    let common = container.map(|container| common_styles(container, limits)).transpose()?;
    let (mut styles, mut lists) = common.unwrap_or_default();
    styles::read(content, "content.xml", limits, &mut styles, &mut lists)?;
    Ok(styles)
}

/// One XML file with everything the parts of a container hold.
fn read_flat(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let text = flat::decode(bytes, limits)?;
    let root = Xml::new(&text, "document", limits).child()?;
    let kind = root.as_ref().and_then(|root| root.attribute("mimetype")).unwrap_or_default();
    if kind.ends_with("opendocument.spreadsheet") {
        return ods::read_content(&text, None, limits);
    }
    read_content(&text, Styles::default(), Lists::default(), limits)
}

fn read_content(
    content: &str,
    mut styles: Styles,
    mut lists: Lists,
    limits: &Limits,
) -> Result<Document, Refusal> {
    styles::read(content, "content.xml", limits, &mut styles, &mut lists)?;
    let walk = Walk::new(Xml::new(content, "content.xml", limits), &styles, lists, limits);
    let mut assembly = Assembly::new(limits);
    assembly.append(walk.read()?.into_blocks().collect())?;
    Ok(assembly.finish(Format::Odt, Meta::default()))
}

/// The part with the text. With a password every part but the manifest is encrypted.
pub(super) fn content(container: &mut Container<'_>) -> Result<Vec<u8>, Refusal> {
    if let Some(manifest) = container.part("META-INF/manifest.xml")?
        && xml::decode(&manifest)?.contains("encryption-data")
    {
        return Err(Refusal::Encrypted);
    }
    container.part("content.xml")?.ok_or_else(|| Refusal::Damaged("content.xml is missing".into()))
}

#[cfg(test)]
mod tests;
