//! Where the parts of a document are. Their names are custom only: relationships tell
//! (ECMA-376 part 2), else the content types.

use crate::document::container::Container;
use crate::document::opc::{join, relationships, target};
use crate::document::xml::{self, Xml};
use crate::document::{Limits, Refusal};

/// Names of the parts that are read.
pub(super) struct Parts {
    pub(super) main: String,
    pub(super) styles: Option<String>,
    pub(super) numbering: Option<String>,
    /// Documents to be shown in places of this one, by the id they are referred to.
    pub(super) chunks: Vec<(String, String)>,
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
        let chunks = own.into_iter().filter(|r| r.kind.ends_with("/aFChunk"));
        let chunks = chunks.map(|r| (r.id, join(folder, &r.target))).collect();
        Ok(Self { styles, numbering, main, chunks })
    }
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
