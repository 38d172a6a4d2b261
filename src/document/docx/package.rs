//! Where the parts of a document are. Their names are custom only: relationships tell
//! (ECMA-376 part 2), else the content types.

use crate::document::container::Container;
use crate::document::xml::{self, Xml};
use crate::document::{Limits, Refusal};

/// Names of the parts that are read.
pub(super) struct Parts {
    pub(super) main: String,
    pub(super) styles: Option<String>,
    pub(super) numbering: Option<String>,
}

impl Parts {
    pub(super) fn find(container: &mut Container<'_>, limits: &Limits) -> Result<Self, Refusal> {
        let root = relationships(container, "_rels/.rels", limits)?;
        let main = match target(&root, "officeDocument", "") {
            Some(main) => main,
            None => main_by_content_type(container, limits)?,
        };
        let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
        let own =
            relationships(container, join(folder, &format!("_rels/{file}.rels")).as_str(), limits)?;
        let styles = target(&own, "styles", folder);
        let numbering = target(&own, "numbering", folder);
        Ok(Self { styles, numbering, main })
    }
}

struct Relationship {
    kind: String,
    target: String,
}

fn relationships(
    container: &mut Container<'_>,
    part: &str,
    limits: &Limits,
) -> Result<Vec<Relationship>, Refusal> {
    let mut found = Vec::new();
    let Some(bytes) = container.part(part)? else {
        return Ok(found);
    };
    let text = xml::decode(&bytes)?;
    let mut xml = Xml::new(&text, part, limits);
    if xml.child()?.is_none() {
        return Ok(found);
    }
    while let Some(element) = xml.child()? {
        let external = element.attribute("TargetMode").as_deref() == Some("External");
        if let (Some(kind), Some(target), false) =
            (element.attribute("Type"), element.attribute("Target"), external)
        {
            found.push(Relationship { kind: kind.into_owned(), target: target.into_owned() });
        }
        xml.skip()?;
    }
    Ok(found)
}

/// The part a relationship of this kind leads to. Kinds are URIs; strict and transitional ones
/// differ in all but their last segment.
fn target(relationships: &[Relationship], kind: &str, folder: &str) -> Option<String> {
    relationships
        .iter()
        .find(|r| r.kind.rsplit('/').next() == Some(kind))
        .map(|r| join(folder, &r.target))
}

/// A target relative to a folder, as a part name without leading slash.
fn join(folder: &str, target: &str) -> String {
    let (absolute, target) = match target.strip_prefix('/') {
        Some(rest) => (true, rest),
        None => (false, target),
    };
    let mut segments: Vec<&str> = if absolute { Vec::new() } else { folder.split('/').collect() };
    for segment in target.split('/') {
        match segment {
            "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments.join("/")
}

fn main_by_content_type(container: &mut Container<'_>, limits: &Limits) -> Result<String, Refusal> {
    const CUSTOMARY: &str = "word/document.xml";
    let part = "[Content_Types].xml";
    let Some(bytes) = container.part(part)? else {
        return Ok(CUSTOMARY.into());
    };
    let text = xml::decode(&bytes)?;
    let mut xml = Xml::new(&text, part, limits);
    xml.child()?;
    while let Some(element) = xml.child()? {
        let is_main = element.attribute("ContentType").is_some_and(|kind| {
            kind.ends_with("main+xml") && (kind.contains("word") || kind.contains("Word"))
        });
        if let (true, Some(name)) = (is_main, element.attribute("PartName")) {
            return Ok(join("", &name));
        }
        xml.skip()?;
    }
    Ok(CUSTOMARY.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_relative_to_their_part_or_absolute() {
        assert_eq!(join("word", "styles.xml"), "word/styles.xml");
        assert_eq!(join("word", "/word/styles2.xml"), "word/styles2.xml");
        assert_eq!(join("word", "../common/styles.xml"), "common/styles.xml");
        assert_eq!(join("", "./document.xml"), "document.xml");
        assert_eq!(join("word", "../../../etc/passwd"), "etc/passwd");
    }
}
