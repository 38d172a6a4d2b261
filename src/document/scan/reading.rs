//! Lines recognised in two ways, and what is certain then.

use std::collections::BTreeSet;

use image::{GrayImage, imageops};

use super::enlarged;
use super::ink::Blob;
use super::lines;
use super::paper::blank;
use super::shapes::{Samples, Shape};
use super::tesseract::{How, Recognised, Tesseract};
use crate::document::characters::is_ideograph;
use crate::document::{ILLEGIBLE, Refusal, doubtful_text};

/// White kept round a line, in pixels.
const BORDER: u32 = 12;
/// What a figure is written with.
const FIGURES: &str = "0123456789./-";
const ENGLISH: How = How { language: "eng", only: FIGURES };
const CHINESE_FIGURES: How = How { language: "chi_sim", only: FIGURES };
const CHINESE: How = How { language: "chi_sim", only: "" };

const POINT: char = '.';

/// The height of characters, in pixels, at which words are read first.
const WORDS: f64 = 46.0;

/// A line of text, or a piece of one, as ink.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) area: Blob,
    /// The height of the characters around it, in pixels.
    pub(super) size: f64,
    pub(super) in_table: bool,
    /// It stands in a cell with others, one of them a figure: the rule between two cells may not have
    /// been found, so no figure of it is certain.
    pub(super) is_crowded: bool,
    /// Which cell of its sheet it stands in, of a line in a table.
    pub(super) cell: usize,
    kind: Kind,
    /// What its digits look like, of a figure.
    digits: Vec<Shape>,
    /// Whether something stands between two digits that may be a decimal point.
    has_point: bool,
    image: GrayImage,
}

/// What a line looks like before anything is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As many narrow characters of one height as a figure has digits.
    Figure,
    /// A single flat stroke, thin and short: a dash.
    Dash,
    Text,
}

/// What a line says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) doubtful: bool,
    /// How certain the program is, in percent; of words only.
    pub(super) confidence: Option<f64>,
}

impl Line {
    /// A line of these blobs, from the left; `None` if they are specks.
    pub(super) fn of(blobs: &[Blob], size: f64, in_table: bool, sheet: &GrayImage) -> Option<Self> {
        let area = lines::around(blobs)?;
        if !blobs.iter().any(lines::is_mark) {
            return None;
        }
        let cut = imageops::crop_imm(sheet, area.left, area.top, area.width(), area.height());
        let kind = Kind::of(blobs, area, size);
        let digits = if kind == Kind::Figure { lines::digits(blobs) } else { Vec::new() };
        let has_point = kind == Kind::Figure && lines::has_point(&digits, blobs);
        let digits = digits.into_iter().map(|digit| Shape::of(sheet, digit)).collect();
        let mut image = blank(area.width() + 2 * BORDER, area.height() + 2 * BORDER);
        imageops::replace(&mut image, &*cut, BORDER.into(), BORDER.into());
        let (is_crowded, cell) = (false, 0);
        Some(Self { area, size, in_table, is_crowded, cell, kind, digits, has_point, image })
    }
}

impl Line {
    /// Whether it is a figure by its looks.
    pub(super) fn is_figure(&self) -> bool {
        self.kind == Kind::Figure
    }

    /// Whether a figure has as many digits as this line shows, and is the only one.
    fn has_digits(&self, figure: &str) -> bool {
        !self.is_crowded && figure.chars().filter(|c| *c != POINT).count() == self.digits.len()
    }

    /// The digits by their shapes; `None`: not every one is like others.
    fn named(&self, samples: &Samples<'_>) -> Option<String> {
        let digits: Option<String> = self.digits.iter().map(|shape| samples.name(shape)).collect();
        digits.filter(|digits| !digits.is_empty())
    }

    /// The figure that two ways of reading give, if the third does not contradict.
    fn agreed(&self, a: &str, b: &str, shapes: &Option<String>) -> Option<String> {
        let fits = |read: &str| {
            self.has_digits(read) && self.has_point == read.contains(POINT) && !is_ambiguous(read)
        };
        let alike =
            |read: &str| shapes.as_ref().is_none_or(|shapes| *shapes == read.replace(POINT, ""));
        let figure = match shapes {
            _ if a == b && fits(a) => a,
            Some(_) if fits(a) && alike(a) => a,
            Some(_) if fits(b) && alike(b) => b,
            _ => return None,
        };
        alike(figure).then(|| figure.to_owned())
    }

    /// The one figure that three of these ways of reading give, if the others give nothing: no digit of
    /// this kind was read before that it could be compared to.
    fn unopposed(&self, ways: &[&str]) -> Option<String> {
        let mut said = ways.iter().copied().filter(|way| !way.is_empty());
        let first = said.next()?;
        let fits = self.has_digits(first)
            && self.has_point == first.contains(POINT)
            && !is_ambiguous(first);
        (fits && said.clone().count() >= 2 && said.all(|way| way == first))
            .then(|| first.to_owned())
    }

    /// The figure that all these ways of reading give.
    fn undisputed(&self, ways: &[String]) -> Option<String> {
        const ENOUGH: usize = 4;
        let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
        let is_whole = ways.len() >= ENOUGH && ways.iter().all(|way| !way.is_empty());
        self.unopposed(&ways).filter(|_| is_whole)
    }

    /// Its image, so large that characters have this height in pixels.
    fn image_of(&self, height: f64) -> GrayImage {
        let own = match self.kind {
            Kind::Text => self.size,
            Kind::Figure | Kind::Dash => self.area.height().into(),
        };
        enlarged(&self.image, (height / own.max(1.0)).clamp(0.3, 4.0))
    }

    /// A figure between two prints of another, enlarged to characters of this height: the models know
    /// figures of several digits and give nothing for many a lone one.
    fn between(&self, other: &Self, height: f64) -> GrayImage {
        let tall = self.area.height().max(1);
        let own = self.inner();
        let factor = f64::from(tall) / f64::from(other.area.height().max(1));
        let beside = enlarged(&other.inner(), factor);
        // As far apart as digits are.
        let gap = (tall / 6).max(2);
        let width = own.width() + 2 * (beside.width() + gap + BORDER);
        let mut image = blank(width, tall.max(beside.height()) + 2 * BORDER);
        let mut left = BORDER;
        for part in [&beside, &own, &beside] {
            imageops::replace(&mut image, part, left.into(), BORDER.into());
            left += part.width() + gap;
        }
        enlarged(&image, (height / f64::from(tall)).clamp(0.3, 4.0))
    }

    /// Its image without the border.
    fn inner(&self) -> GrayImage {
        let (wide, tall) = (self.area.width(), self.area.height());
        imageops::crop_imm(&self.image, BORDER, BORDER, wide, tall).to_image()
    }
}

/// What stands between two prints of a figure; nothing, if these are not read.
fn inside(read: &str, other: &str) -> String {
    let read: String = read.chars().filter(|c| *c != ' ').collect();
    let inside = read.strip_prefix(other).and_then(|rest| rest.strip_suffix(other));
    inside.unwrap_or_default().to_owned()
}

impl Kind {
    /// `size`: the height of the characters around.
    fn of(blobs: &[Blob], area: Blob, size: f64) -> Self {
        let marks: Vec<&Blob> = blobs.iter().filter(|b| lines::is_mark(b)).collect();
        let height = f64::from(area.height());
        if let [only] = *marks
            && is_dash(only, size)
        {
            return Self::Dash;
        }
        // A character is as wide as it is tall, a digit half as wide.
        let is_wide = |b: &&Blob| {
            f64::from(b.width()) > 0.85 * f64::from(b.height())
                && f64::from(b.height()) > 0.5 * height
        };
        let short = f64::from(area.width()) <= 8.0 * height;
        // Farther apart than digits of one figure stand.
        let is_one = lines::pieces(blobs.to_vec(), height).len() == 1;
        match short && is_one && !marks.iter().any(is_wide) && !marks.is_empty() {
            true => Self::Figure,
            false => Self::Text,
        }
    }
}

/// Whether a mark is a dash, and no figure that a pen has struck out.
fn is_dash(mark: &Blob, size: f64) -> bool {
    const THIN: f64 = 0.35;
    const SHORT: f64 = 3.0;
    let (height, width) = (f64::from(mark.height()), f64::from(mark.width()));
    mark.height() * 3 < mark.width() && height <= THIN * size && width <= SHORT * size
}

/// Recognises all lines; as many answers come back, in the same order.
pub(super) fn read(all: &[&Line], tesseract: &Tesseract) -> Result<Vec<Answer>, Refusal> {
    let mut reader = Reader { all, tesseract, answers: vec![Answer::default(); all.len()] };
    for at in reader.of_kind(Kind::Dash) {
        reader.say(at, "—".into(), false);
    }
    reader.read_figures()?;
    reader.read_texts()?;
    reader.trust_prose();
    Ok(reader.answers)
}

/// How confidently a sample of the lines is read as words, in percent; 0 without words.
pub(super) fn confidence(lines: &[Line], tesseract: &Tesseract) -> Result<f64, Refusal> {
    const SAMPLE: usize = 10;
    let mut words: Vec<&Line> = lines.iter().filter(|line| line.kind == Kind::Text).collect();
    words.sort_by_key(|line| std::cmp::Reverse(line.area.width()));
    let images: Vec<GrayImage> =
        words.iter().take(SAMPLE).map(|line| line.image_of(WORDS)).collect();
    let read = tesseract.read(&images, CHINESE)?;
    Ok(super::numbers::median(read.iter().map(|line| line.confidence).collect()))
}

struct Reader<'l> {
    all: &'l [&'l Line],
    tesseract: &'l Tesseract,
    answers: Vec<Answer>,
}

impl<'l> Reader<'l> {
    fn of_kind(&self, kind: Kind) -> Vec<usize> {
        let has = |at: &usize| self.all.get(*at).is_some_and(|line| line.kind == kind);
        (0..self.all.len()).filter(has).collect()
    }

    /// Recognises some lines, enlarged to characters of this height.
    fn ask(&self, which: &[usize], how: How, height: f64) -> Result<Vec<Recognised>, Refusal> {
        let lines = which.iter().filter_map(|at| self.all.get(*at));
        let images: Vec<GrayImage> = lines.map(|line| line.image_of(height)).collect();
        self.tesseract.read(&images, how)
    }

    fn say(&mut self, at: usize, text: String, doubtful: bool) {
        if let Some(answer) = self.answers.get_mut(at) {
            *answer = Answer { text, doubtful, confidence: answer.confidence };
        }
    }

    /// Figures: certain where two of three ways of reading agree and the third does not contradict:
    /// two models at two sizes, and the shapes of the digits. Other ways add what may be right as well.
    fn read_figures(&mut self) -> Result<(), Refusal> {
        let figures = self.of_kind(Kind::Figure);
        let first = self.ask(&figures, ENGLISH, 36.0)?;
        let second = self.ask(&figures, CHINESE_FIGURES, 30.0)?;
        let read: Vec<(usize, String, String)> = figures
            .into_iter()
            .zip(first)
            .zip(second)
            .map(|((at, a), b)| (at, a.text, b.text))
            .collect();
        let samples = self.samples(&read);
        let mut open = Vec::new();
        for (at, a, b) in read {
            let Some(line) = self.all.get(at) else { continue };
            match line.agreed(&a, &b, &line.named(&samples)) {
                Some(figure) => self.say(at, figure, false),
                None => open.push((at, a, b, line.named(&samples))),
            }
        }
        let which: Vec<usize> = open.iter().map(|(at, ..)| *at).collect();
        let third = self.ask(&which, ENGLISH, 26.0)?;
        let plain = self.ask(&which, CHINESE, 40.0)?;
        let beside = self.beside_others(&which)?;
        let more = third.into_iter().zip(plain).zip(beside);
        for ((at, a, b, shapes), ((c, plain), beside)) in open.into_iter().zip(more) {
            let Some(line) = self.all.get(at) else { continue };
            if let Some(figure) = line.undisputed(&beside) {
                self.say(at, figure, false);
                continue;
            }
            let words = plain.text.replace(' ', "");
            // A single digit is easily taken for a character, several are not.
            if words.chars().filter(|c| is_ideograph(*c)).count() > 1 {
                self.say(at, words, true);
            } else {
                let shapes = shapes.unwrap_or_default();
                let digits = words.chars().all(|c| FIGURES.contains(c));
                let words = if digits { words.as_str() } else { "" };
                let mut all = vec![a.as_str(), b.as_str(), c.text.as_str(), words, &shapes];
                all.extend(beside.iter().map(String::as_str));
                match line.unopposed(&all) {
                    Some(figure) => self.say(at, figure, false),
                    None => self.say(at, doubtful_text(&all), true),
                }
            }
        }
        Ok(())
    }

    /// What each of these lines is read as between two prints of another figure: by both models, four times
    /// in all.
    fn beside_others(&self, which: &[usize]) -> Result<Vec<Vec<String>>, Refusal> {
        let mut read = vec![Vec::new(); which.len()];
        let lines = || which.iter().filter_map(|at| self.all.get(*at));
        let companions = self.companions();
        let is_lone = companions.len() == 1;
        let ways =
            [(ENGLISH, 36.0), (CHINESE_FIGURES, 30.0), (ENGLISH, 30.0), (CHINESE_FIGURES, 36.0)];
        for (other, figure) in companions {
            for (how, height) in ways.into_iter().take(if is_lone { 4 } else { 2 }) {
                let images: Vec<GrayImage> = lines().map(|l| l.between(other, height)).collect();
                let answers = self.tesseract.read(&images, how)?;
                for (read, answer) in read.iter_mut().zip(answers) {
                    read.push(inside(&answer.text, &figure));
                }
            }
        }
        Ok(read)
    }

    /// Two figures of several digits that are certain, none of the digits twice: those that others are
    /// read beside.
    fn companions(&self) -> Vec<(&'l Line, String)> {
        const MOST: usize = 2;
        let mut companions: Vec<(&'l Line, String)> = Vec::new();
        for (line, answer) in self.all.iter().zip(&self.answers) {
            let digits: BTreeSet<char> = answer.text.chars().collect();
            let is_one = line.is_figure() && !answer.doubtful && !line.has_point;
            let fits = is_one && (2..=4).contains(&digits.len()) && line.has_digits(&answer.text);
            let is_new = companions.iter().all(|(_, figure)| *figure != answer.text);
            if fits && digits.len() == answer.text.len() && is_new {
                companions.push((line, answer.text.clone()));
            }
        }
        // Those with more digits are read better.
        companions.sort_by_key(|(_, figure)| std::cmp::Reverse(figure.len()));
        companions.truncate(MOST);
        companions
    }

    /// What digits look like where both models read the same, and as many as there are.
    fn samples(&self, read: &[(usize, String, String)]) -> Samples<'l> {
        let all: &'l [&'l Line] = self.all;
        let mut samples = Samples::default();
        for (at, a, b) in read {
            let Some(line) = all.get(*at).filter(|line| a == b && line.has_digits(a)) else {
                continue;
            };
            let digits = a.chars().filter(|c| *c != POINT);
            digits.zip(&line.digits).for_each(|(digit, shape)| samples.add(digit, shape));
        }
        samples
    }

    /// Words, read once; the figures among them, and what is read with little confidence, twice.
    fn read_texts(&mut self) -> Result<(), Refusal> {
        let texts = self.of_kind(Kind::Text);
        let first = self.ask(&texts, CHINESE, WORDS)?;
        let mut open = Vec::new();
        for (at, read) in texts.into_iter().zip(first) {
            if let Some(answer) = self.answers.get_mut(at) {
                answer.confidence = Some(read.confidence);
            }
            let has_figures = read.text.contains(|c: char| c.is_ascii_digit());
            if has_figures || read.confidence < LITTLE {
                open.push((at, read));
            } else {
                // In a table only figures are certain, and blanks.
                let in_table = self.all.get(at).is_some_and(|line| line.in_table);
                self.say(at, joined(&read), in_table);
            }
        }
        let which: Vec<usize> = open.iter().map(|(at, _)| *at).collect();
        let second = self.ask(&which, CHINESE, 34.0)?;
        for ((at, a), b) in open.into_iter().zip(second) {
            let (better, other) = if b.confidence > a.confidence { (&b, &a) } else { (&a, &b) };
            let (better, other) = (joined(better), joined(other));
            let in_table = self.all.get(at).is_some_and(|line| line.in_table);
            match in_table {
                true if better.is_empty() => self.say(at, doubtful_text(&[]), true),
                true => {
                    let is_certain = better == other && is_figure_with_unit(&better);
                    self.say(at, better, !is_certain);
                }
                false => self.say(at, confirmed(&better, &other), false),
            }
        }
        Ok(())
    }

    /// That a cell holds a sentence and no figure is certain, even where single characters are not.
    fn trust_prose(&mut self) {
        /// Characters that are no misread figure.
        const WORDS: usize = 10;
        let mut at = 0;
        for cell in self.all.chunk_by(|a, b| a.in_table && b.in_table && a.cell == b.cell) {
            let answers = self.answers.get_mut(at..at + cell.len()).unwrap_or_default();
            at += cell.len();
            let is_well_read = |a: &&Answer| a.confidence.is_some_and(|c| c >= LITTLE);
            let words = answers.iter().filter(is_well_read).flat_map(|a| a.text.chars());
            if words.filter(|c| is_ideograph(*c)).count() >= WORDS {
                answers.iter_mut().for_each(|answer| answer.doubtful = false);
            }
        }
    }
}

/// Words read with less confidence, in percent, are read again.
const LITTLE: f64 = 75.0;

/// A line without the blanks between its words. Angle brackets are round ones misread: no report has
/// any.
fn joined(read: &Recognised) -> String {
    let brackets = |c| match c {
        '〈' => '(',
        '〉' => ')',
        other => other,
    };
    read.text.chars().filter(|c| *c != ' ').map(brackets).collect()
}

/// Whether a text is like `5630元` or `2万元`. A figure alone is none: it was too wide for one figure, and
/// may be several whose rule was not found.
fn is_figure_with_unit(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == POINT);
    let is_unit = (1..=2).contains(&unit.chars().count()) && unit.chars().all(is_ideograph);
    is_unit && text.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a figure may be another: the point in `1.234` may be the comma between thousands.
fn is_ambiguous(figure: &str) -> bool {
    figure.split_once(POINT).is_some_and(|(_, after)| after.len() == 3 || after.contains(POINT))
}

/// A sentence with the figures in it that another reading confirms, in their order; the others are not
/// told.
fn confirmed(text: &str, other: &str) -> String {
    let (mine, others) = (figures(text), figures(other));
    let common = common(&mine, &others);
    let mut result = String::new();
    let mut rest = text;
    for (figure, is_common) in mine.iter().zip(common) {
        let Some((before, after)) = rest.split_once(figure) else { break };
        result.push_str(before);
        match is_common {
            true => result.push_str(figure),
            // No claim is read out of it.
            false => result.push(ILLEGIBLE),
        }
        rest = after;
    }
    result + rest
}

/// The figures of a text.
fn figures(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    text.split(|c: char| !is_part(c))
        .map(|figure| figure.trim_matches('.'))
        .filter(|figure| !figure.is_empty())
        .collect()
}

/// Which of `mine` stand in a longest common subsequence with `others`.
fn common(mine: &[&str], others: &[&str]) -> Vec<bool> {
    let width = others.len() + 1;
    let mut lengths = vec![0_usize; (mine.len() + 1) * width];
    let at = |lengths: &[usize], i: usize, j: usize| {
        lengths.get(i * width + j).copied().unwrap_or_default()
    };
    for (i, a) in mine.iter().enumerate().rev() {
        for (j, b) in others.iter().enumerate().rev() {
            let length = match a == b {
                true => at(&lengths, i + 1, j + 1) + 1,
                false => at(&lengths, i + 1, j).max(at(&lengths, i, j + 1)),
            };
            if let Some(slot) = lengths.get_mut(i * width + j) {
                *slot = length;
            }
        }
    }
    let mut result = Vec::with_capacity(mine.len());
    let mut j = 0;
    for (i, a) in mine.iter().enumerate() {
        let is_common = loop {
            match others.get(j) {
                None => break false,
                Some(b) if a == b => {
                    j += 1;
                    break true;
                }
                Some(_) if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) => break false,
                Some(_) => j += 1,
            }
        };
        result.push(is_common);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_what_stands_between_two_prints_of_another() {
        assert_eq!(inside("465 7.77465", "465"), "7.77");
        for read in ["", "465", "4657", "7465", "4157465"] {
            assert_eq!(inside(read, "465"), "", "{read}");
        }
    }

    #[test]
    fn a_dash_is_thin_and_short_and_a_figure_struck_out_is_none() {
        let mark = |width, height| Blob { right: width, bottom: height, ..Blob::default() };
        assert!(is_dash(&mark(40, 5), 44.0));
        assert!(!is_dash(&mark(170, 38), 44.0), "a line through a figure");
        assert!(!is_dash(&mark(300, 5), 44.0), "a line across the cell");
        assert!(!is_dash(&mark(10, 40), 44.0));
    }

    #[test]
    fn a_figure_with_its_unit_is_no_other_text() {
        assert!(is_figure_with_unit("5630元") && is_figure_with_unit("2.5万元"));
        for other in ["上0", "5630", "元", "下=二92村0", "1.属于国家秘密"] {
            assert!(!is_figure_with_unit(other), "{other}");
        }
    }

    #[test]
    fn only_figures_that_both_readings_give_are_told() {
        let same = "2024年收到申请12件";
        assert_eq!(confirmed(same, same), same);
        assert_eq!(confirmed(same, "2024年收到申请72件"), "2024年收到申请□件");
        assert_eq!(confirmed(same, "年收到申请12件"), "□年收到申请12件");
        assert_eq!(confirmed("3.5万元，1.", "3.5万元"), "3.5万元，□.");
        assert_eq!(confirmed("12和12", "12"), "12和□");
    }
}
