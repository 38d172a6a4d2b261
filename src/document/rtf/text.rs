//! Bytes of code pages, and `\u`, to characters.

use encoding_rs::{BIG5, EUC_KR, Encoding, GB18030, SHIFT_JIS, WINDOWS_1252};

/// The encoding of a code page (`\ansicpg`, `\cpg`).
pub(super) fn of_code_page(page: i32) -> &'static Encoding {
    match page {
        936 | 54936 | 20936 => GB18030,
        950 => BIG5,
        932 => SHIFT_JIS,
        949 => EUC_KR,
        65001 => encoding_rs::UTF_8,
        1250..=1258 => {
            Encoding::for_label(format!("windows-{page}").as_bytes()).unwrap_or(WINDOWS_1252)
        }
        _ => WINDOWS_1252,
    }
}

/// The encoding of a font (`\fcharset`); `None`: that of the document.
pub(super) fn of_charset(charset: i32) -> Option<&'static Encoding> {
    match charset {
        134 => Some(GB18030),
        136 => Some(BIG5),
        128 => Some(SHIFT_JIS),
        129 | 130 => Some(EUC_KR),
        0 => Some(WINDOWS_1252),
        _ => None,
    }
}

/// Collects bytes until a character is whole.
#[derive(Debug, Default)]
pub(super) struct Pending {
    lead: Option<u8>,
    /// The first half of a pair of `\u`.
    surrogate: Option<u16>,
}

impl Pending {
    /// One byte of text. Two make a character where the encoding has pairs.
    pub(super) fn byte(&mut self, byte: u8, encoding: &'static Encoding, into: &mut String) {
        self.surrogate = None;
        if let Some(lead) = self.lead.take() {
            let pair = [lead, byte];
            into.push_str(&encoding.decode_without_bom_handling(&pair).0);
        } else if byte >= 0x80 && !encoding.is_single_byte() && encoding != encoding_rs::UTF_8 {
            self.lead = Some(byte);
        } else {
            let single = [byte];
            into.push_str(&encoding.decode_without_bom_handling(&single).0);
        }
    }

    /// `\u`: a UTF-16 unit as a signed number.
    pub(super) fn unit(&mut self, number: i32, into: &mut String) {
        self.lead = None;
        let unit = u16::try_from(number.rem_euclid(0x1_0000)).unwrap_or(0xFFFD);
        let first = self.surrogate.take();
        if (0xD800..0xDC00).contains(&unit) {
            self.surrogate = Some(unit);
            return;
        }
        let units = first.into_iter().chain([unit]);
        into.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
}
