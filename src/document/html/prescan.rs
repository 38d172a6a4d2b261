//! A look at the raw bytes before html5ever sees them: it takes quadratic time for deeply nested
//! elements (a million `<div>`: over 20 s) and for tags with many attributes (200,000: 10 s).

use super::super::Refusal;

/// Elements open at once, before the parser has repaired anything.
const OPEN: usize = 2_000;
/// Attributes of one tag, roughly.
const ATTRIBUTES: usize = 256;

/// Elements without an end tag, or whose end tag is often left out and that do not nest without
/// another element between.
const UNCOUNTED: [&[u8]; 26] = [
    b"area",
    b"base",
    b"br",
    b"col",
    b"embed",
    b"hr",
    b"img",
    b"input",
    b"link",
    b"meta",
    b"param",
    b"source",
    b"track",
    b"wbr",
    b"p",
    b"li",
    b"td",
    b"th",
    b"tr",
    b"tbody",
    b"thead",
    b"tfoot",
    b"dt",
    b"dd",
    b"option",
    b"colgroup",
];

/// Refuses what would take the parser too long.
pub(super) fn check(text: &str) -> Result<(), Refusal> {
    let mut rest = text.as_bytes();
    let mut open = 0_usize;
    while let Some(at) = rest.iter().position(|byte| *byte == b'<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix(b"!--") {
            rest = after(comment, b"-->");
            continue;
        }
        let closing = rest.first() == Some(&b'/');
        let name = name(if closing { rest.get(1..).unwrap_or_default() } else { rest });
        if name.is_empty() {
            continue;
        }
        let length = tag_length(rest)?;
        let empty = rest.get(..length).is_some_and(|tag| tag.ends_with(b"/"));
        rest = rest.get(length..).unwrap_or_default();
        if closing {
            open = open.saturating_sub(usize::from(is_counted(name)));
        } else if name.eq_ignore_ascii_case(b"script") || name.eq_ignore_ascii_case(b"style") {
            rest = after(rest, b"</");
        } else {
            // `<o:p/>` closes nothing in HTML, but Word writes it so and does not nest it.
            open += usize::from(is_counted(name) && !empty);
        }
        if open > OPEN {
            return Err(Refusal::TooLarge(format!("more than {OPEN} elements within each other")));
        }
    }
    Ok(())
}

fn name(tag: &[u8]) -> &[u8] {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    match tag.first() {
        Some(first) if first.is_ascii_alphabetic() => {
            let length = tag.iter().position(ends).unwrap_or(tag.len());
            tag.get(..length).unwrap_or_default()
        }
        _ => b"",
    }
}

/// Bytes up to the `>` that ends the tag.
fn tag_length(tag: &[u8]) -> Result<usize, Refusal> {
    let mut quote = None;
    let mut attributes = 0_usize;
    for (at, byte) in tag.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (Some(_), _) => {}
            (None, b'>') => return Ok(at),
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'=' | b'/') => attributes += 1,
            (None, byte) if byte.is_ascii_whitespace() => {
                let again = at > 0 && tag.get(at - 1).is_some_and(u8::is_ascii_whitespace);
                attributes += usize::from(!again);
            }
            _ => {}
        }
        if attributes > 2 * ATTRIBUTES {
            return Err(Refusal::TooLarge(format!("a tag of more than {ATTRIBUTES} attributes")));
        }
    }
    Ok(tag.len())
}

fn is_counted(name: &[u8]) -> bool {
    !UNCOUNTED.iter().any(|uncounted| name.eq_ignore_ascii_case(uncounted))
}

fn after<'t>(text: &'t [u8], end: &[u8]) -> &'t [u8] {
    let at = text.windows(end.len()).position(|window| window == end);
    at.and_then(|at| text.get(at..)).unwrap_or_default()
}
