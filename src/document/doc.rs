//! Word 97–2003 documents and WPS Writer (doc, wps): MS-DOC in a compound file.
//!
//! The text lies in pieces anywhere in the `WordDocument` stream (a fast-saved file has hundreds),
//! its formatting in pages of runs by file position. See [`fib`] for where things are, [`pieces`] for
//! the text, [`runs`] for formatting, [`styles`] and [`lists`] for what it is based on, [`walk`] for what of it is shown, [`row`] for table rows.
//!
//! An own reader and not a library: deleted and hidden text, the edges of cells and the difference
//! between a row's end and an empty cell decide over every figure, and none of the libraries tried
//! gives all of them. Anything that does not fit together refuses the file: half a report read as
//! if it were whole would be worse.

mod fib;
mod lists;
mod pieces;
mod row;
mod runs;
mod styles;
mod walk;

use std::io::Read;

use super::assembly::Assembly;
use super::compound::{self, Compound, damaged};
use super::{Document, Format, Limits, Meta, Refusal};
use fib::Fib;
use pieces::Pieces;
use runs::Formats;
use walk::Walk;

/// Reads everything the document shows; text boxes come after the text.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let mut file = compound::open(bytes)?;
    let word = stream(&mut file, "/WordDocument", limits)?;
    let fib = Fib::read(&word)?;
    let table = stream(&mut file, fib.table_stream, limits)?;
    // Only formatting too long for its page lies there.
    let data = stream(&mut file, "/Data", limits).unwrap_or_default();
    let pieces = Pieces::read(&table, &fib, &word)?;
    let formats = Formats::read(&word, &table, &data, &fib)?;
    let mut assembly = Assembly::new(limits);
    let numbering = lists::read(&table, &fib.lists, &fib.list_overrides);
    for range in [fib.text.clone(), fib.boxes.clone()] {
        let walk = Walk::new(&pieces, &formats, numbering.clone(), limits);
        assembly.append(walk.read(range)?.into_blocks().collect())?;
    }
    Ok(assembly.finish(Format::Doc, Meta::default()))
}

fn stream(file: &mut Compound<'_>, name: &str, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let stream = file.open_stream(name).map_err(damaged)?;
    let declared = stream.len();
    if declared > limits.part_bytes {
        return Err(Refusal::TooLarge(format!("{name} of {declared} bytes")));
    }
    let mut content = Vec::new();
    stream.take(limits.part_bytes).read_to_end(&mut content).map_err(damaged)?;
    if u64::try_from(content.len()).is_ok_and(|length| length < declared) {
        return Err(Refusal::Incomplete(format!("{name} is cut off")));
    }
    Ok(content)
}

#[cfg(test)]
mod tests;
