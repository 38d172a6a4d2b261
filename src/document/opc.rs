//! Relationships between the parts of an office container (ECMA-376 part 2): how one part is found
//! from another. Names of parts are custom only.

use super::container::Container;
use super::xml::{self, Xml};
use super::{Limits, Refusal};

/// One relationship of a part to another within the container.
pub(super) struct Relationship {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) target: String,
}

/// The relationships a part of relationships (`….rels`) lists; none if there is no such part.
pub(super) fn relationships(
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
            let id = element.attribute("Id").map(|id| id.into_owned()).unwrap_or_default();
            found.push(Relationship { id, kind: kind.into_owned(), target: target.into_owned() });
        }
        xml.skip()?;
    }
    Ok(found)
}

/// The part a relationship of this kind leads to. Kinds are URIs; strict and transitional ones
/// differ in all but their last segment.
pub(super) fn target(relationships: &[Relationship], kind: &str, folder: &str) -> Option<String> {
    relationships
        .iter()
        .find(|r| r.kind.rsplit('/').next() == Some(kind))
        .map(|r| join(folder, &r.target))
}

/// A target relative to a folder, as a part name without leading slash.
pub(super) fn join(folder: &str, target: &str) -> String {
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
