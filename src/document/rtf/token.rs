//! Bytes to tokens.

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// A control word without its backslash, and its number.
    Word(&'a str, Option<i32>),
    /// A control symbol other than `\'`.
    Symbol(u8),
    /// One byte of text, plain or as `\'hh`; the code page tells what it means.
    Byte(u8),
}

/// Parts bytes into tokens.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Passes over bytes that are no text (`\bin`).
    pub(super) fn pass_over(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }

    fn take_while(&mut self, is_part: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += length;
        let taken = rest.get(..length).unwrap_or_default();
        std::str::from_utf8(taken).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn control(&mut self) -> Option<Token<'a>> {
        let first = self.peek()?;
        if first.is_ascii_alphabetic() {
            let word = self.take_while(|byte| byte.is_ascii_alphabetic());
            let sign = if self.peek() == Some(b'-') { -1 } else { 1 };
            let is_number = |at: usize| self.bytes.get(at).is_some_and(u8::is_ascii_digit);
            let mut number = None;
            if (sign < 0 && is_number(self.at + 1)) || is_number(self.at) {
                self.at += usize::from(sign < 0);
                let digits = self.take_while(|byte| byte.is_ascii_digit());
                number = Some(sign * digits.parse().unwrap_or(i32::MAX));
            }
            // One space belongs to the word.
            if self.peek() == Some(b' ') {
                self.at += 1;
            }
            return Some(Token::Word(word, number));
        }
        self.at += 1;
        if first != b'\'' {
            return Some(Token::Symbol(first));
        }
        let hex = self.bytes.get(self.at..self.at + 2)?;
        self.at += 2;
        let byte = std::str::from_utf8(hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
        Some(Token::Byte(byte.unwrap_or(b'?')))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let byte = self.peek()?;
            self.at += 1;
            return match byte {
                b'{' => Some(Token::Open),
                b'}' => Some(Token::Close),
                b'\\' => self.control(),
                b'\r' | b'\n' | 0 => continue,
                _ => Some(Token::Byte(byte)),
            };
        }
    }
}
