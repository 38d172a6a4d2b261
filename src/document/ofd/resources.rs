//! What the pages of an OFD document share: compositions drawn by reference, and how things are drawn.

use std::collections::HashMap;

use super::page;
use crate::document::container::Container;
use crate::document::lattice::Ink;
use crate::document::xml::{self, Element, Xml};
use crate::document::{Limits, Refusal};

/// Resources by their ids.
#[derive(Debug, Default)]
pub(super) struct Resources {
    /// The objects of a composition, as written.
    pub(super) compositions: HashMap<String, String>,
    pub(super) inks: HashMap<String, Inks>,
}

/// The inks of a `DrawParam`; `None` where it leaves them open.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Inks {
    pub(super) fill: Option<Ink>,
    pub(super) stroke: Option<Ink>,
}

impl Resources {
    /// Adds those of a part. A document without a part it names is read all the same.
    pub(super) fn add(
        &mut self,
        container: &mut Container<'_>,
        path: &str,
        limits: &Limits,
    ) -> Result<(), Refusal> {
        let Some(bytes) = container.part(path)? else { return Ok(()) };
        let text = xml::decode(&bytes)?;
        let mut xml = Xml::new(&text, path, limits);
        while xml.child()?.is_some() {
            while let Some(group) = xml.child()? {
                match group.name() {
                    "CompositeGraphicUnits" => self.compositions(&mut xml)?,
                    "DrawParams" => self.inks(&mut xml)?,
                    _ => xml.skip()?,
                }
            }
        }
        Ok(())
    }

    fn compositions(&mut self, xml: &mut Xml<'_>) -> Result<(), Refusal> {
        while let Some(unit) = xml.child()? {
            let id = id(&unit);
            while let Some(element) = xml.child()? {
                if element.name() == "Content" {
                    self.compositions.insert(id.clone(), xml.inner()?.to_owned());
                } else {
                    xml.skip()?;
                }
            }
        }
        Ok(())
    }

    fn inks(&mut self, xml: &mut Xml<'_>) -> Result<(), Refusal> {
        while let Some(parameters) = xml.child()? {
            let mut inks = Inks::default();
            let id = id(&parameters);
            while let Some(element) = xml.child()? {
                match element.name() {
                    "FillColor" => inks.fill = Some(page::ink(&element)),
                    "StrokeColor" => inks.stroke = Some(page::ink(&element)),
                    _ => {}
                }
                xml.skip()?;
            }
            self.inks.insert(id, inks);
        }
        Ok(())
    }

    /// The inks an object is drawn with unless it says otherwise.
    pub(super) fn inks_of(&self, object: &Element<'_>) -> Inks {
        let named = object.attribute("DrawParam");
        named.and_then(|id| self.inks.get(&*id)).copied().unwrap_or_default()
    }
}

fn id(element: &Element<'_>) -> String {
    element.attribute("ID").unwrap_or_default().into_owned()
}
