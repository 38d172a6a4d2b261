//! Bytes to characters, for the formats that do not say reliably how they are encoded.
//!
//! The order, which read every sample right: byte order mark; UTF-16 without a mark, by its zero
//! bytes; UTF-8, valid but for a character in fifty (it beats a page that declares `gb2312` and is
//! not); the declared encoding, where `gb2312` and `gbk` mean their superset GB18030; else a guess
//! with a leaning to Chinese.
//! What does not decode stays visible as U+FFFD. Binary content is refused.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

use super::Refusal;

/// How many bytes are looked at for the pattern of UTF-16.
const UTF16_SAMPLE: usize = 4096;

/// The text of a plain file. Nothing declares its encoding.
pub fn text(bytes: &[u8]) -> Result<String, Refusal> {
    decode(bytes, None)
}

/// The text of a file that may declare an encoding by `label`, e.g. `gb2312`.
pub fn decode(bytes: &[u8], label: Option<&str>) -> Result<String, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    let encoding = encoding_of(bytes, label);
    let (text, _, _) = encoding.decode(bytes);
    if is_binary(&text) {
        return Err(Refusal::Unsupported {
            found: "二进制文件".into(),
            remedy: "请另存为 Word、PDF 或文本文件后再提交".into(),
        });
    }
    Ok(text.replace('\0', "\u{FFFD}"))
}

fn encoding_of(bytes: &[u8], label: Option<&str>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = utf16_by_zeros(bytes) {
        return encoding;
    }
    if is_utf8(bytes) {
        return UTF_8;
    }
    // A page that is not UTF-8 although it says so, nor UTF-16 (looked for above), is guessed.
    let declared = label
        .and_then(|label| Encoding::for_label(label.trim().as_bytes()))
        .filter(|e| *e != UTF_8 && *e != UTF_16LE && *e != UTF_16BE);
    superset(declared.unwrap_or_else(|| guessed(bytes)))
}

/// UTF-8, or UTF-8 with a few broken characters: cut off at the end, or pasted from elsewhere.
fn is_utf8(bytes: &[u8]) -> bool {
    if std::str::from_utf8(bytes).is_ok() {
        return true;
    }
    let (mut good, mut bad) = (0_usize, 0_usize);
    for c in String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_ascii()) {
        if c == '\u{FFFD}' { bad += 1 } else { good += 1 }
    }
    bad * 50 < good
}

/// GBK files hold characters of GB18030 all the time (e.g. `㑇`, `䶮` in names).
fn superset(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

fn guessed(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(Some(b"cn"), Utf8Detection::Allow)
}

/// Text in UTF-16 without a mark. It is looked for where there are zero bytes, which no other text
/// has. They do not tell the byte order, for `一` is U+4E00 and the wide blank U+3000; which order
/// makes Chinese of the sample does.
fn utf16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..bytes.len().min(UTF16_SAMPLE))?;
    if !bytes.len().is_multiple_of(2) || sample.iter().filter(|byte| **byte == 0).count() < 4 {
        return None;
    }
    let little = plausible(sample, u16::from_le_bytes);
    let big = plausible(sample, u16::from_be_bytes);
    let (encoding, plausible) = if little >= big { (UTF_16LE, little) } else { (UTF_16BE, big) };
    (plausible * 10 >= sample.len() / 2 * 8).then_some(encoding)
}

/// How many units of a sample are ASCII text, Chinese characters or Chinese punctuation.
fn plausible(sample: &[u8], unit: fn([u8; 2]) -> u16) -> usize {
    sample
        .chunks_exact(2)
        .filter_map(|pair| pair.try_into().ok().map(unit))
        .filter(|unit| {
            matches!(unit, 0x9 | 0xA | 0xD | 0x20..=0x7E | 0xA0 | 0x2010..=0x203F | 0x3000..=0x303F | 0x4E00..=0x9FFF | 0xFF00..=0xFFEF | 0xFEFF)
        })
        .count()
}

/// More control characters and undecodable ones than damage explains.
fn is_binary(text: &str) -> bool {
    let odd = text
        .chars()
        .filter(|c| {
            *c == '\u{FFFD}' || (c.is_control() && !"\t\n\r\u{b}\u{c}\u{1a}\u{85}".contains(*c))
        })
        .count();
    odd > 4 && odd > text.chars().count() / 20
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "一、总体情况\r\n全年主动公开信息120条。\r\n二、其他\r\n无\r\n";

    fn utf16(le: bool) -> Vec<u8> {
        SAMPLE
            .encode_utf16()
            .flat_map(|unit| if le { unit.to_le_bytes() } else { unit.to_be_bytes() })
            .collect()
    }

    #[test]
    fn each_byte_order_mark_is_believed_and_removed() {
        let marked = [b"\xEF\xBB\xBF".as_slice(), SAMPLE.as_bytes()].concat();
        assert_eq!(text(&marked).unwrap(), SAMPLE);
        assert_eq!(text(&[b"\xFF\xFE".as_slice(), &utf16(true)].concat()).unwrap(), SAMPLE);
        assert_eq!(text(&[b"\xFE\xFF".as_slice(), &utf16(false)].concat()).unwrap(), SAMPLE);
    }

    #[test]
    fn utf16_without_a_mark_is_known_by_its_zeros() {
        assert_eq!(text(&utf16(true)).unwrap(), SAMPLE);
        assert_eq!(text(&utf16(false)).unwrap(), SAMPLE);
    }

    #[test]
    fn valid_utf8_beats_a_lying_declaration() {
        assert_eq!(decode(SAMPLE.as_bytes(), Some("gb2312")).unwrap(), SAMPLE);
    }

    #[test]
    fn gb2312_means_gb18030() {
        let name = "䶮家镇 一、总体情况 120条 朱镕基";
        let (bytes, _, lost) = GB18030.encode(name);
        assert!(!lost);
        assert_eq!(decode(&bytes, Some("gb2312")).unwrap(), name);
        assert_eq!(text(&bytes).unwrap(), name);
    }

    #[test]
    fn a_declaration_of_utf8_over_gbk_bytes_is_not_believed() {
        let (bytes, _, _) = GB18030.encode(SAMPLE);
        assert_eq!(decode(&bytes, Some("utf-8")).unwrap(), SAMPLE);
    }

    #[test]
    fn what_does_not_decode_stays_visible() {
        let (bytes, _, _) = GB18030.encode(SAMPLE);
        let broken = [&bytes, b"\xFF".as_slice(), b"0\r\n"].concat();
        let text = decode(&broken, Some("gbk")).unwrap();
        assert!(
            text.contains('\u{FFFD}') && text.contains("120条") && text.contains('0'),
            "{text}"
        );
    }

    #[test]
    fn one_broken_character_does_not_make_utf8_something_else() {
        let text = text(&[SAMPLE.repeat(5).as_bytes(), b"\xE4\xB8"].concat()).unwrap();
        assert!(text.starts_with(SAMPLE) && text.ends_with('\u{FFFD}'));
    }

    #[test]
    fn binary_content_is_refused() {
        let bytes: Vec<u8> = (0..2000_u32).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect();
        assert!(matches!(text(&bytes), Err(Refusal::Unsupported { .. })));
        assert_eq!(text(b""), Err(Refusal::Empty));
    }
}
