//! Rich text (RTF 1.9.1): what Word, WPS and LibreOffice save as `.rtf`, often under a `.doc` name.
//!
//! [`token`] parts the bytes into groups, control words and text; [`text`] turns bytes of code pages
//! and `\u` into characters; [`walk`] keeps the state of groups and builds paragraphs and tables.
//! Unknown control words are passed over, unknown destinations with all they hold.

mod text;
mod token;
mod walk;

use super::assembly::Assembly;
use super::{Document, Format, Limits, Meta, Refusal};
use walk::Walk;

/// Reads everything the document shows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    // Pictures are written as digits; a file may be large and the report in it small.
    if bytes.len() > 8 * limits.text_bytes {
        return Err(Refusal::TooLarge(format!("rich text of {} bytes", bytes.len())));
    }
    let flow = Walk::new(limits).read(bytes)?;
    let mut assembly = Assembly::new(limits);
    assembly.append(flow.into_blocks().collect())?;
    Ok(assembly.finish(Format::Rtf, Meta::default()))
}

#[cfg(test)]
mod tests;
