//! A line as tokens with the columns they cover.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthChar;

use super::super::is_figure;
use crate::document::characters::is_ideograph;

/// How wide characters of ambiguous width are taken to be (quotation marks, `·`, `…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Widths {
    /// One column.
    Narrow,
    /// Two columns, as Chinese fonts have them.
    Wide,
}

impl Widths {
    fn of(self, c: char) -> usize {
        match self {
            Self::Narrow => c.width(),
            Self::Wide => c.width_cjk(),
        }
        .unwrap_or(0)
    }
}

/// Text between gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    /// First column, from 0.
    pub(super) start: usize,
    /// Column after the last.
    pub(super) end: usize,
    /// Blanks before it.
    pub(super) gap: usize,
    pub(super) figure: bool,
}

/// A line and its tokens, in order.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) tokens: Vec<Token>,
}

impl Line {
    pub(super) fn of(line: &str, widths: Widths) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        let mut column = 0;
        let mut gap = 0;
        let mut pending = String::new();
        let mut wide_blanks = 0;
        let parts_cells = beside_figures(line);
        for (at, c) in line.char_indices() {
            let start = column;
            column += widths.of(c);
            // Wide blanks before the first token are its indent; one alone inside a text is part
            // of it (`统　计　指　标`); more are a gap, and so is one beside a figure.
            match c {
                _ if parts_cells.contains(&at) && wide_blanks == 0 => gap += 1,
                ' ' | '\u{a0}' => gap += 1,
                '\u{3000}' if tokens.is_empty() && pending.is_empty() && gap > 0 => gap += 2,
                '\u{3000}' => {
                    wide_blanks += 1;
                    pending.push(c);
                }
                _ => {
                    let indent = tokens.is_empty() && gap == 0;
                    let inside = gap == 0 && wide_blanks < 2 && !tokens.is_empty();
                    match tokens.last_mut() {
                        Some(token) if inside => {
                            token.text.push_str(&pending);
                            token.text.push(c);
                            token.end = column;
                        }
                        _ => {
                            let from = if indent { 0 } else { start };
                            let text =
                                if indent { std::mem::take(&mut pending) } else { String::new() };
                            let gap = if indent { 0 } else { gap + wide_blanks * 2 };
                            tokens.push(Token {
                                text,
                                start: from,
                                end: column,
                                gap,
                                figure: false,
                            });
                            if let Some(token) = tokens.last_mut() {
                                token.text.push(c);
                            }
                        }
                    }
                    pending.clear();
                    (gap, wide_blanks) = (0, 0);
                }
            }
        }
        let mut line = Self { tokens: with_spread_words_joined(tokens) };
        for token in &mut line.tokens {
            token.figure = is_figure(&token.text);
        }
        line
    }

    /// How many figures stand at the end of the line.
    pub(super) fn figures(&self) -> usize {
        self.tokens.iter().rev().take_while(|token| token.figure).count()
    }

    /// Whether two or more blanks part some figure from what stands before it.
    pub(super) fn has_gap(&self) -> bool {
        self.tokens.iter().skip(1).any(|token| token.figure && token.gap > 1)
    }
}

/// Where wide blanks stand that have a text on both sides, a figure on one at least.
fn beside_figures(line: &str) -> BTreeSet<usize> {
    const WIDE: char = '\u{3000}';
    let mut places = BTreeSet::new();
    if !line.trim_matches(WIDE).contains(WIDE) {
        return places;
    }
    let mut end = 0;
    let parts: Vec<&str> = line.split([' ', '\u{a0}', WIDE]).collect();
    for pair in parts.windows(2) {
        let [before, after] = pair else { continue };
        end += before.len();
        let blank = line.get(end..).and_then(|rest| rest.chars().next()).unwrap_or(WIDE);
        let is_text = !before.is_empty() && !after.is_empty();
        if blank == WIDE && is_text && (is_figure(before) || is_figure(after)) {
            places.insert(end);
        }
        end += blank.len_utf8();
    }
    places
}

/// `结  果  维  持` and `总 计` are one word: single characters at equal distances.
fn with_spread_words_joined(tokens: Vec<Token>) -> Vec<Token> {
    let mut joined: Vec<(Token, Option<usize>)> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if let Some((word, pitch)) = joined.last_mut()
            && is_one_character(&token.text)
            && (pitch.is_some() || is_one_character(&word.text))
            && token.gap <= 3
            && pitch.is_none_or(|pitch| pitch == token.gap)
        {
            word.text.extend(std::iter::repeat_n(' ', token.gap));
            word.text.push_str(&token.text);
            word.end = token.end;
            *pitch = Some(token.gap);
        } else {
            joined.push((token, None));
        }
    }
    joined.into_iter().map(|(token, _)| token).collect()
}

fn is_one_character(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_ideograph) && chars.next().is_none() && text != "无"
}
