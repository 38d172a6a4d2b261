//! Drawings of the walk: what hangs on a paragraph and is shown beside it.

use super::body::Walk;
use crate::document::flow::Flow;
use crate::document::line::Line;
use crate::document::{Block, Paragraph, Refusal};

impl Walk<'_> {
    /// A drawing, a VML picture or an embedded object: one picture at most, and its text boxes.
    pub(super) fn drawing(&mut self, line: &mut Line, mut picture: bool) -> Result<(), Refusal> {
        self.shapes(line, &mut picture)?;
        if picture {
            self.things += 1;
            line.beside.push(Block::Picture { page: None });
        }
        Ok(())
    }

    fn shapes(&mut self, line: &mut Line, picture: &mut bool) -> Result<(), Refusal> {
        while let Some(element) = self.xml.child()? {
            match element.name() {
                "txbxContent" => {
                    let mut flow = Flow::default();
                    self.blocks(&mut flow)?;
                    line.beside.extend(flow.into_blocks());
                }
                "blip" | "imagedata" => {
                    *picture = true;
                    self.xml.skip()?;
                }
                // Text drawn as a shape.
                "textpath" => {
                    let text = element.attribute("string").unwrap_or_default().into_owned();
                    self.count_text(text.len())?;
                    if !text.trim().is_empty() {
                        line.beside.push(Block::Paragraph(Paragraph { text, page: None }));
                    }
                    self.xml.skip()?;
                }
                "AlternateContent" => self.alternatives(|walk| walk.shapes(line, picture))?,
                _ => self.shapes(line, picture)?,
            }
        }
        Ok(())
    }
}
