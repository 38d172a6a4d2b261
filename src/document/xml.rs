//! XML the way office containers use it: a part's bytes in, elements one at a time out.
//!
//! Nothing is built in memory: a reader descends with [`Xml::child`] and must finish every element
//! it was given ([`Xml::child`] until `None`, [`Xml::text`] or [`Xml::skip`]). Names are compared
//! without their prefix, because strict and transitional OOXML differ in nothing but namespaces.
//!
//! A document type declaration is refused: no office program writes one, and entities are how small
//! files become large. Elements may nest as deep as [`Limits::element_depth`], so readers may recurse.

use std::borrow::Cow;
use std::io::BufRead;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr, memmem};
use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{Limits, Refusal};

/// The text of an XML part: byte order mark, else UTF-16 by its look, else the declared encoding,
/// else UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Refusal> {
    let (encoding, skip) = match Encoding::for_bom(bytes) {
        Some(found) => found,
        None => (encoding_without_mark(bytes)?, 0),
    };
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes.get(skip..).unwrap_or_default())
        .ok_or_else(|| Refusal::Damaged(format!("xml is not valid {}", encoding.name())))
}

fn encoding_without_mark(bytes: &[u8]) -> Result<&'static Encoding, Refusal> {
    match bytes {
        [b'<', 0, ..] => return Ok(UTF_16LE),
        [0, b'<', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let Some(label) = declared_encoding(bytes.get(..200).unwrap_or(bytes)) else {
        return Ok(UTF_8);
    };
    // A declaration that can be read as ASCII is no UTF-16, whatever it says.
    Encoding::for_label(label.as_bytes())
        .map(Encoding::output_encoding)
        .ok_or_else(|| Refusal::Damaged(format!("xml in unknown encoding {label:?}")))
}

/// What `<?xml … encoding="…"?>` says.
fn declared_encoding(head: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let (_, rest) = declaration.split_once("encoding")?;
    let quoted = rest.trim_start().strip_prefix('=')?.trim_start();
    quoted.split(['"', '\'']).nth(1).map(str::to_owned)
}

/// A part being read.
pub(crate) struct Xml<'a> {
    reader: Reader<&'a [u8]>,
    text: &'a str,
    part: &'a str,
    depth: usize,
    max_depth: usize,
    /// The element opened last was written `<x/>` and its end is still to be reported.
    empty: bool,
    may_leap: bool,
}

/// A start tag.
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// The name without prefix.
    pub(crate) fn name(&self) -> &str {
        without_prefix(self.0.name().into_inner())
    }

    /// The value of the attribute of this name, prefix ignored.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = self.0.attributes();
        let found = attributes
            .with_checks(false)
            .flatten()
            .find(|a| without_prefix(a.key.into_inner()) == name)?;
        match unescape(&found.value) {
            Ok(Cow::Owned(unescaped)) => Some(Cow::Owned(unescaped)),
            _ => Some(found.value),
        }
    }

    /// The attribute `val`, where WordprocessingML keeps most values.
    pub(crate) fn value(&self) -> Option<Cow<'_, str>> {
        self.attribute("val")
    }

    /// An on/off property: present means on, unless its value says off.
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self.value().as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

/// The local part of a qualified name. `QName::local_name` does the same, at several times the cost.
fn without_prefix(name: &str) -> &str {
    memchr(b':', name.as_bytes()).and_then(|colon| name.get(colon + 1..)).unwrap_or(name)
}

/// What stands in a line of mixed content.
pub(crate) enum Inline<'a> {
    /// Text as written.
    Text(Cow<'a, str>),
    /// An element, to be finished by the reader.
    Element(Element<'a>),
}

enum Node<'a> {
    Open(BytesStart<'a>),
    Close,
    Text(Cow<'a, str>),
    End,
}

impl<'a> Xml<'a> {
    /// Starts at the top of `text`; `part` names it in refusals.
    pub(crate) fn new(text: &'a str, part: &'a str, limits: &Limits) -> Self {
        let reader = Reader::from_str(text);
        Self {
            reader,
            text,
            part,
            depth: 0,
            max_depth: limits.element_depth,
            empty: false,
            may_leap: true,
        }
    }

    /// The next element inside the current one, `None` at its end. Text between is passed over.
    pub(crate) fn child(&mut self) -> Result<Option<Element<'a>>, Refusal> {
        loop {
            match self.node()? {
                Node::Open(tag) => return Ok(Some(Element(tag))),
                Node::Close | Node::End => return Ok(None),
                Node::Text(_) => {}
            }
        }
    }

    /// The next element or text inside the current element, `None` at its end.
    pub(crate) fn node_or_text(&mut self) -> Result<Option<Inline<'a>>, Refusal> {
        Ok(match self.node()? {
            Node::Open(tag) => Some(Inline::Element(Element(tag))),
            Node::Text(text) => Some(Inline::Text(text)),
            Node::Close | Node::End => None,
        })
    }

    /// Appends the text of the current element to `into` and finishes it. Elements inside it do
    /// not count.
    pub(crate) fn text(&mut self, into: &mut String) -> Result<(), Refusal> {
        loop {
            match self.node()? {
                Node::Open(_) => self.skip()?,
                Node::Close | Node::End => return Ok(()),
                Node::Text(text) => into.push_str(&text),
            }
        }
    }

    /// What stands between the tags of the current element, as written, and finishes it.
    pub(crate) fn inner(&mut self) -> Result<&'a str, Refusal> {
        if self.empty {
            self.skip()?;
            return Ok("");
        }
        let position = |xml: &Self| usize::try_from(xml.reader.buffer_position()).unwrap_or(0);
        let start = position(self);
        self.skip()?;
        let whole = self.text.get(start..position(self)).unwrap_or_default();
        Ok(whole.rfind("</").and_then(|end| whole.get(..end)).unwrap_or_default())
    }

    /// Finishes the current element unread.
    pub(crate) fn skip(&mut self) -> Result<(), Refusal> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.node()?;
        }
        Ok(())
    }

    /// Finishes the current element unread without looking at what is in it: for large elements
    /// that cannot hold one of their own name.
    pub(crate) fn leap(&mut self, element: &Element<'a>) -> Result<(), Refusal> {
        if !self.empty && self.may_leap {
            let end = format!("</{}>", element.0.name().into_inner());
            let read = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
            // Not `str::find`, which takes several times as long: what is leapt over may be most of a part.
            let rest = self.text.as_bytes().get(read..);
            match rest.and_then(|rest| memmem::find(rest, end.as_bytes())) {
                Some(skipped) => self.reader.stream().consume(skipped),
                // Written in an odd way (`</x >`); looking again each time would be quadratic.
                None => self.may_leap = false,
            }
        }
        self.skip()
    }

    fn node(&mut self) -> Result<Node<'a>, Refusal> {
        if self.empty {
            self.empty = false;
            self.depth -= 1;
            return Ok(Node::Close);
        }
        loop {
            match self.reader.read_event().map_err(|e| self.damaged(&e.to_string()))? {
                Event::Start(tag) => return self.open(tag),
                Event::Empty(tag) => {
                    self.empty = true;
                    return self.open(tag);
                }
                Event::End(_) => {
                    self.depth -= 1;
                    return Ok(Node::Close);
                }
                Event::Text(text) => return Ok(Node::Text(text.xml10_content())),
                Event::CData(text) => return Ok(Node::Text(text.xml10_content())),
                Event::GeneralRef(entity) => return self.resolve(&entity),
                Event::DocType(_) => return Err(self.damaged("document type declaration")),
                Event::Eof if self.depth > 0 => return Err(self.damaged("ends inside an element")),
                Event::Eof => return Ok(Node::End),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    fn open(&mut self, tag: BytesStart<'a>) -> Result<Node<'a>, Refusal> {
        self.depth += 1;
        if self.depth > self.max_depth {
            let (part, depth) = (self.part, self.max_depth);
            return Err(Refusal::TooLarge(format!("{part}: elements nested deeper than {depth}")));
        }
        Ok(Node::Open(tag))
    }

    fn resolve(&self, entity: &BytesRef<'a>) -> Result<Node<'a>, Refusal> {
        let resolved = match entity.resolve_char_ref() {
            Ok(Some(character)) => Some(Cow::Owned(character.to_string())),
            Ok(None) => resolve_xml_entity(entity).map(Cow::Borrowed),
            Err(_) => None,
        };
        let unknown = || self.damaged(&format!("unknown entity &{};", &**entity));
        resolved.map(Node::Text).ok_or_else(unknown)
    }

    fn damaged(&self, what: &str) -> Refusal {
        Refusal::Damaged(format!("{}: {what}", self.part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Result<String, Refusal> {
        let limits = Limits { element_depth: 8, ..Limits::default() };
        let mut xml = Xml::new(source, "part.xml", &limits);
        let mut found = String::new();
        if xml.child()?.is_some() {
            xml.text(&mut found)?;
        }
        Ok(found)
    }

    #[test]
    fn entities_and_cdata_are_text() {
        assert_eq!(texts("<a>1&lt;2&#x4E00;<![CDATA[<&>]]>&amp;</a>").unwrap(), "1<2一<&>&");
    }

    #[test]
    fn an_unknown_entity_is_refused_by_name() {
        let refusal = texts("<a>&lol;</a>").unwrap_err();
        assert_eq!(refusal, Refusal::Damaged("part.xml: unknown entity &lol;".into()));
    }

    #[test]
    fn a_document_type_is_refused() {
        let refusal = texts("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>").unwrap_err();
        assert!(matches!(refusal, Refusal::Damaged(why) if why.contains("document type")));
    }

    #[test]
    fn elements_too_deep_are_refused_even_when_skipped() {
        let deep = format!("<a>{}{}</a>", "<b>".repeat(9), "</b>".repeat(9));
        assert!(matches!(texts(&deep), Err(Refusal::TooLarge(_))));
    }

    #[test]
    fn an_element_leapt_over_leaves_the_reader_behind_it() {
        let limits = Limits::default();
        let mut xml =
            Xml::new("<a><b>一<c/>&#x4E00;</b><b/><b>1</b ><d>2</d></a>", "part.xml", &limits);
        xml.child().unwrap();
        for _ in 0..3 {
            let element = xml.child().unwrap().unwrap();
            assert_eq!(element.name(), "b");
            xml.leap(&element).unwrap();
        }
        assert_eq!(xml.child().unwrap().unwrap().name(), "d");
        let mut found = String::new();
        xml.text(&mut found).unwrap();
        assert_eq!(found, "2");
        assert!(xml.child().unwrap().is_none());
    }

    #[test]
    fn a_part_cut_off_is_damaged() {
        assert!(matches!(texts("<a><b>1</b>"), Err(Refusal::Damaged(_))));
    }

    #[test]
    fn every_encoding_a_part_may_have_is_decoded() {
        let source = "<?xml version=\"1.0\" encoding='GBK'?><a>总计</a>";
        let (gbk, _, _) = encoding_rs::GBK.encode(source);
        assert_eq!(decode(&gbk).unwrap(), source);

        let utf16: Vec<u8> = "<a>总计</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16).unwrap(), "<a>总计</a>");
        let marked = [b"\xFF\xFE".as_slice(), utf16.as_slice()].concat();
        assert_eq!(decode(&marked).unwrap(), "<a>总计</a>");

        assert_eq!(decode("\u{FEFF}<a/>".as_bytes()).unwrap(), "<a/>");
    }

    #[test]
    fn an_encoding_nobody_knows_is_refused() {
        let refusal = decode(b"<?xml version=\"1.0\" encoding=\"klingon\"?><a/>").unwrap_err();
        assert!(matches!(refusal, Refusal::Damaged(why) if why.contains("klingon")));
    }
}
