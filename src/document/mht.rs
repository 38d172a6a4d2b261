//! Web pages saved with all their parts in one MIME message (mht, mhtml): the pages in it, first the
//! main one, then those it frames.
//!
//! A part that names its encoding is decoded when it arrives here; what the page itself says about
//! encoding no longer holds then. A part that names none is handed on as bytes.

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::assembly::Assembly;
use super::{Document, Format, Limits, Meta, Refusal, html};

/// Reads every page in the message.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, Refusal> {
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or_else(|| Refusal::Damaged("no MIME message".into()))?;
    check_end(bytes, &message)?;
    let mut assembly = Assembly::new(limits);
    let mut meta: Option<Meta> = None;
    for part in message.parts.iter().filter(|part| matches!(part.body, PartType::Html(_))) {
        let page = page(bytes, part, limits)?;
        meta.get_or_insert(page.meta);
        assembly.append(page.blocks)?;
    }
    let Some(meta) = meta else {
        return Err(Refusal::Unsupported {
            found: "电子邮件".into(),
            remedy: "请直接提交邮件中的文档".into(),
        });
    };
    Ok(assembly.finish(Format::Mht, meta))
}

/// The last line of a message of many parts says that it ends.
fn check_end(bytes: &[u8], message: &Message<'_>) -> Result<(), Refusal> {
    let Some(boundary) = message.content_type().and_then(|kind| kind.attribute("boundary")) else {
        return Ok(());
    };
    let end = format!("--{boundary}--");
    if bytes.windows(end.len()).any(|window| window == end.as_bytes()) {
        Ok(())
    } else {
        Err(Refusal::Incomplete("the message has no end".into()))
    }
}

fn page(bytes: &[u8], part: &MessagePart<'_>, limits: &Limits) -> Result<Document, Refusal> {
    let names_encoding =
        part.content_type().is_some_and(|kind| kind.attribute("charset").is_some());
    if let (true, PartType::Html(text)) = (names_encoding, &part.body) {
        return html::read_text(text, limits);
    }
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let raw = bytes.get(place(part.offset_body)..place(part.offset_end)).unwrap_or_default();
    let decoded = match part.encoding {
        Encoding::None => Some(raw.to_vec()),
        Encoding::QuotedPrintable => quoted_printable_decode(raw),
        Encoding::Base64 => base64_decode(raw),
    };
    html::read(&decoded.ok_or_else(|| Refusal::Damaged("a part does not decode".into()))?, limits)
}

#[cfg(test)]
mod tests;
