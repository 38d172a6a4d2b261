//! Bundles: zip archives with a report in each of many files, in folders or not. Every file gets its
//! own document or its own refusal, under its path. An archive inside is opened once, not again.
//!
//! Nothing is unpacked to disk. [`Limits`] hold for each file; what a bundle may unpack to and answer
//! in all is limited here, and files beyond that are refused one by one.

use std::ffi::OsStr;

use super::container::Container;
use super::sniff::{self, Content};
use super::{Block, Document, Limits, Member, Refusal, read_as};

/// What all files of a bundle together may unpack to.
const UNPACKED_BYTES: u64 = 256 << 20;
/// What all documents of a bundle together may take on their way to the caller.
const ANSWER_BYTES: usize = 12 << 20;
/// What a cell or paragraph takes besides its text.
const BLOCK_BYTES: usize = 160;

/// Reads every file of the bundle, in the order of its directory.
pub(super) fn read(
    bytes: &[u8],
    limits: &Limits,
    is_ignored: fn(&OsStr) -> bool,
) -> Result<Vec<Member>, Refusal> {
    let mut bundle = Bundle { limits, is_ignored, unpacked: 0, answer: 0, members: Vec::new() };
    bundle.open(bytes, "", true)?;
    if bundle.members.is_empty() {
        return Err(Refusal::Unsupported {
            found: "没有任何文件的 ZIP 压缩包".into(),
            remedy: "请检查后重新打包".into(),
        });
    }
    Ok(bundle.members)
}

/// The file at a path that [`read`] gave.
pub(super) fn member(bytes: &[u8], path: &str, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let mut container = Container::open(bytes, limits)?;
    for (index, name) in container.files() {
        let Some(rest) = path.strip_prefix(name.as_str()) else { continue };
        if rest.is_empty() {
            return container.file(index, &name);
        }
        if let Some(inner) = rest.strip_prefix('/') {
            let archive = container.file(index, &name)?;
            return member(&archive, inner, limits);
        }
    }
    Err(Refusal::Damaged(format!("no member {path}")))
}

struct Bundle<'l> {
    limits: &'l Limits,
    is_ignored: fn(&OsStr) -> bool,
    unpacked: u64,
    answer: usize,
    members: Vec<Member>,
}

impl Bundle<'_> {
    fn open(&mut self, bytes: &[u8], folder: &str, may_nest: bool) -> Result<(), Refusal> {
        let mut container = Container::open(bytes, self.limits)?;
        for (index, name) in container.files() {
            if name.split('/').any(|part| (self.is_ignored)(OsStr::new(part))) {
                continue;
            }
            let path = format!("{folder}{name}");
            let outcome = match self.unpack(&mut container, index, &name) {
                Ok(file) => self.file(&file, &path, may_nest),
                Err(refusal) => Some(Err(refusal)),
            };
            if let Some(outcome) = outcome {
                if self.members.len() >= self.limits.entries {
                    return Err(Refusal::TooLarge(format!(
                        "a bundle of more than {} files",
                        self.limits.entries
                    )));
                }
                self.members.push((path, outcome));
            }
        }
        Ok(())
    }

    fn unpack(
        &mut self,
        container: &mut Container<'_>,
        index: usize,
        name: &str,
    ) -> Result<Vec<u8>, Refusal> {
        let unpacked = self.unpacked.saturating_add(container.declared(index));
        if unpacked > UNPACKED_BYTES || self.answer > ANSWER_BYTES {
            return Err(Refusal::TooLarge("the bundle holds too much".into()));
        }
        self.unpacked = unpacked;
        container.file(index, name)
    }

    /// What a file gives; `None` for an archive whose files were added.
    fn file(
        &mut self,
        bytes: &[u8],
        path: &str,
        may_nest: bool,
    ) -> Option<Result<Document, Refusal>> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let content = match sniff::content(bytes, name, self.limits) {
            Ok(Content::Bundle) if may_nest => {
                return self.open(bytes, &format!("{path}/"), false).err().map(Err);
            }
            Ok(content) => content,
            Err(refusal) => return Some(Err(refusal)),
        };
        let document = read_as(content, bytes, self.limits);
        if let Ok(document) = &document {
            self.answer += size(document);
            if self.answer > ANSWER_BYTES {
                return Some(Err(Refusal::TooLarge("the bundle holds too much".into())));
            }
        }
        Some(document)
    }
}

/// About what a document takes.
fn size(document: &Document) -> usize {
    let block = |block: &Block| match block {
        Block::Paragraph(paragraph) => BLOCK_BYTES + paragraph.text.len(),
        Block::Grid(grid) => grid.cells.iter().map(|cell| BLOCK_BYTES + cell.text.len()).sum(),
        Block::Picture { .. } => BLOCK_BYTES,
    };
    document.blocks.iter().map(block).sum()
}

#[cfg(test)]
mod tests;
