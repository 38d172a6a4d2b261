//! The text cut into sentences, each with its figures marked and with what it speaks of.

use super::numeral::{self, Figure, Kind};
use std::collections::BTreeSet;

use crate::form::LazyRegex;
use crate::form::claim::Subject;
use crate::report::{fold_char, is_invisible, simplify};

/// A paragraph that breaks off before this many characters is a heading or an item, not a line
/// that goes on in the next.
const FULL_LINE: usize = 20;
/// Longer sentences are no headings.
const HEADING: usize = 30;

/// One sentence.
#[derive(Debug, Clone)]
pub(in crate::check) struct Sentence {
    /// As printed, trimmed.
    pub(in crate::check) raw: String,
    /// Folded, with every count as `#`, every share as `%`, every change as `~`.
    pub(super) masked: String,
    /// The figures, each with its place in `masked`, in bytes.
    pub(super) figures: Vec<(usize, Figure)>,
    /// Where subjects are named, in order of their ends.
    pub(super) mentions: Vec<Mention>,
    /// Where a subject is hinted at.
    hints: Vec<Mention>,
    /// What the sentences before it speak of.
    before: Before,
    /// Subjects of which something is said in it that makes sure they are meant.
    own_context: BTreeSet<String>,
    /// The same, with what the paragraph said before and the heading.
    context: BTreeSet<String>,
    /// The first of its paragraph.
    pub(super) first: bool,
}

/// A subject named in a sentence.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    start: usize,
    pub(super) end: usize,
    pub(super) subject: String,
}

/// What a sentence takes over.
#[derive(Debug, Clone, Default)]
struct Before {
    /// From the heading over it.
    heading: Option<String>,
    /// From the sentence before it in the same paragraph.
    carried: Option<String>,
    /// The contexts of subjects: from the heading, and from the paragraph with it.
    of_heading: BTreeSet<String>,
    of_paragraph: BTreeSet<String>,
}

/// A subject, and whether it is spoken of for sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound<'s> {
    pub(super) subject: &'s str,
    pub(super) sure: bool,
    /// Nothing else of the same name can be meant.
    pub(super) in_context: bool,
}

/// Cuts paragraphs into sentences.
pub(super) fn sentences(paragraphs: &[String], subjects: &[Subject]) -> Vec<Sentence> {
    let mut sentences: Vec<Sentence> = Vec::new();
    let mut before = Before::default();
    for paragraph in joined(paragraphs) {
        before.carried = None;
        before.of_paragraph = before.of_heading.clone();
        for (number, raw) in cut(&paragraph).into_iter().enumerate() {
            let sentence = Sentence::of(raw, subjects, before.clone(), number == 0);
            let last = sentence.last_subject();
            before.of_paragraph.clone_from(&sentence.context);
            if sentence.is_heading() {
                before.heading.clone_from(&last);
                before.of_heading.clone_from(&sentence.own_context);
                before.carried = last;
            } else if last.is_some() {
                before.carried = last;
            }
            sentences.push(sentence);
        }
    }
    sentences
}

/// Paragraphs with those put together that a line or page break cut in two.
fn joined(paragraphs: &[String]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for paragraph in paragraphs {
        match joined.last_mut() {
            Some(last) if goes_on(last) && !begins_anew(paragraph) => last.push_str(paragraph),
            _ => joined.push(paragraph.clone()),
        }
    }
    joined
}

/// Looks at both ends only: a paragraph may grow by thousands of lines.
fn goes_on(text: &str) -> bool {
    let mut visible = text.chars().filter(|c| !is_invisible(*c));
    let ended = visible.clone().next_back().is_none_or(|c| "。！？!?：:）)".contains(c));
    visible.nth(FULL_LINE - 1).is_some() && !ended
}

/// Begins with a number of its own: `一、`, `（二）`, `3.`, `第四`.
fn begins_anew(text: &str) -> bool {
    let folded: Vec<char> =
        text.chars().filter(|c| !is_invisible(*c)).map(fold_char).take(6).collect();
    let number = |c: &char| c.is_ascii_digit() || "一二三四五六七八九十".contains(*c);
    let digits = folded.iter().take_while(|c| number(c)).count();
    let mark = folded.get(digits).is_some_and(|c| "、.".contains(*c));
    folded.first().is_none_or(|c| *c == '(' || *c == '第') || (digits > 0 && mark)
}

/// Cuts after full stops, and at line breaks.
fn cut(paragraph: &str) -> Vec<&str> {
    paragraph
        .split('\n')
        .flat_map(|line| line.split_inclusive(['。', '！', '？', '!', '?']))
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .collect()
}

impl Sentence {
    fn of(raw: &str, subjects: &[Subject], before: Before, first: bool) -> Self {
        let folded: Vec<char> = raw
            .chars()
            .filter(|c| !is_invisible(*c) && *c != '#' && *c != '＃')
            .map(|c| simplify(fold_char(c)))
            .collect();
        let (masked, figures) = mask(&without_asides(&folded));
        let named = |pattern: fn(&Subject) -> Option<&LazyRegex>| {
            let mut mentions: Vec<Mention> = subjects
                .iter()
                .filter_map(|s| Some((s, pattern(s)?)))
                .flat_map(|(s, pattern)| {
                    pattern.find_iter(&masked).map(|m| Mention {
                        start: m.start(),
                        end: m.end(),
                        subject: s.id.clone(),
                    })
                })
                .collect();
            mentions.sort_by_key(|m| (m.end, std::cmp::Reverse(m.start)));
            mentions
        };
        let mentions = named(|s| Some(&s.names));
        let hints = named(|s| s.hints.as_ref());
        let meant = |s: &&Subject| s.context.as_ref().is_none_or(|c| c.is_match(&masked));
        let own_context: BTreeSet<String> =
            subjects.iter().filter(meant).map(|s| s.id.clone()).collect();
        let context = own_context.union(&before.of_paragraph).cloned().collect();
        Self {
            raw: raw.into(),
            masked,
            figures,
            mentions,
            hints,
            before,
            own_context,
            context,
            first,
        }
    }

    /// What is spoken of up to a place: the last subject named, else what the text before it says.
    pub(super) fn subject_at(&self, upto: usize) -> Option<Bound<'_>> {
        let last = |mentions: &[Mention]| {
            mentions.iter().rposition(|m| m.start < upto).filter(|i| *i < mentions.len())
        };
        fn bound<'s>(of: &Sentence, subject: &'s str, sure: bool) -> Option<Bound<'s>> {
            Some(Bound { subject, sure, in_context: of.context.contains(subject) })
        }
        if let Some(mention) = last(&self.mentions).and_then(|i| self.mentions.get(i)) {
            return bound(self, &mention.subject, true);
        }
        let Before { heading, carried, .. } = &self.before;
        let above = carried.as_ref().or(heading.as_ref());
        let hinted = last(&self.hints).and_then(|i| self.hints.get(i));
        match (hinted, above) {
            (Some(hint), Some(above)) => bound(self, above, *above == hint.subject),
            (Some(hint), None) => bound(self, &hint.subject, false),
            (None, Some(above)) => {
                bound(self, above, self.opens_list() || heading.as_ref() == Some(above))
            }
            (None, None) => None,
        }
    }

    /// Whether the sentence may speak of a subject anywhere.
    pub(super) fn may_speak_of(&self, subject: &str) -> bool {
        let Before { heading, carried, .. } = &self.before;
        let above = [heading, carried].into_iter().flatten().any(|above| above == subject);
        above || self.mentions.iter().chain(&self.hints).any(|m| m.subject == subject)
    }

    /// The subject named last before a place, if one is named in this sentence.
    pub(super) fn named_before(&self, upto: usize) -> Option<&Mention> {
        self.mentions.iter().rev().find(|m| m.start < upto)
    }

    /// Takes up the sentence before it: 其中…, 在…中….
    pub(super) fn opens_list(&self) -> bool {
        self.masked.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with("其中")
    }

    fn last_subject(&self) -> Option<String> {
        self.subject_at(usize::MAX).map(|b| b.subject.to_owned())
    }

    /// Short, numbered, without figures: what follows is about what it names.
    fn is_heading(&self) -> bool {
        let short = self.masked.chars().count() <= HEADING && self.figures.is_empty();
        self.first && short && begins_anew(&self.masked)
    }
}

/// The text without brackets that tell no figure, in mid-sentence: 申请（含网上、信函）3件. Numbering
/// such as （二） stays.
fn without_asides(folded: &[char]) -> Vec<char> {
    const LONGEST: usize = 30;
    let mut kept = Vec::with_capacity(folded.len());
    let mut at = 0;
    while let Some(c) = folded.get(at) {
        let inside = || -> Option<&[char]> {
            let rest = folded.get(at + 1..)?;
            let end = rest.iter().take(LONGEST).position(|c| "()。".contains(*c))?;
            rest.get(..end).filter(|_| rest.get(end) == Some(&')'))
        };
        let opens = *c == '(' && at > 0;
        match opens.then(inside).flatten() {
            Some(inside) if inside.len() > 3 && tells_no_figure(inside) => {
                at += inside.len() + 2;
            }
            _ => {
                kept.push(*c);
                at += 1;
            }
        }
    }
    kept
}

/// Neither a figure nor a year.
fn tells_no_figure(text: &[char]) -> bool {
    !text.iter().any(char::is_ascii_digit) && numeral::figures(text).is_empty()
}

/// Puts a sign in the place of every figure.
fn mask(folded: &[char]) -> (String, Vec<(usize, Figure)>) {
    let mut masked = String::new();
    let mut places = Vec::new();
    let mut at = 0;
    for figure in numeral::figures(folded) {
        masked.extend(folded.get(at..figure.start).unwrap_or_default());
        at = figure.end;
        places.push((masked.len(), figure.clone()));
        match figure.kind {
            Kind::Count => masked.push('#'),
            Kind::Percent if figure.value == rust_decimal::Decimal::ONE_HUNDRED => {
                masked.push_str("100%");
            }
            Kind::Percent => masked.push('%'),
            Kind::Change => masked.push('~'),
        }
    }
    masked.extend(folded.get(at..).unwrap_or_default());
    (masked, places)
}
