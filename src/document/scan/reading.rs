//! Lines recognised in two ways, and what is certain then.

use image::{GrayImage, imageops};

use super::enlarged;
use super::ink::Blob;
use super::lines;
use super::paper::blank;
use super::tesseract::{How, Recognised, Tesseract};
use crate::document::{Refusal, doubtful_text};

/// White kept round a line, in pixels.
const BORDER: u32 = 12;
/// What a figure is written with.
const FIGURES: &str = "0123456789./-";
const ENGLISH: How = How { language: "eng", only: FIGURES };
const CHINESE_FIGURES: How = How { language: "chi_sim", only: FIGURES };
const CHINESE: How = How { language: "chi_sim", only: "" };

/// The height of characters, in pixels, at which words are read first.
const WORDS: f64 = 46.0;

/// A line of text, or a piece of one, as ink.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) area: Blob,
    /// The height of the characters around it, in pixels.
    pub(super) size: f64,
    pub(super) in_table: bool,
    shape: Shape,
    /// How many blobs may be characters.
    blobs: usize,
    image: GrayImage,
}

/// What a line looks like before anything is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// As many narrow characters of one height as a figure has digits.
    Figure,
    /// A single flat stroke: a dash.
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
        let marks = blobs.iter().filter(|b| lines::is_mark(b)).count();
        let mut image = blank(area.width() + 2 * BORDER, area.height() + 2 * BORDER);
        imageops::replace(&mut image, &*cut, BORDER.into(), BORDER.into());
        Some(Self { area, size, in_table, shape: Shape::of(blobs, area), blobs: marks, image })
    }
}

impl Line {
    /// Its image, so large that characters have this height in pixels.
    fn image_of(&self, height: f64) -> GrayImage {
        let own = match self.shape {
            Shape::Text => self.size,
            Shape::Figure | Shape::Dash => self.area.height().into(),
        };
        enlarged(&self.image, (height / own.max(1.0)).clamp(0.3, 4.0))
    }
}

impl Shape {
    fn of(blobs: &[Blob], area: Blob) -> Self {
        let marks: Vec<&Blob> = blobs.iter().filter(|b| lines::is_mark(b)).collect();
        let height = f64::from(area.height());
        let flat = |b: &&&Blob| b.height() * 3 < b.width();
        if marks.len() == 1 && marks.iter().filter(flat).count() == 1 {
            return Self::Dash;
        }
        // A character is as wide as it is tall, a digit half as wide.
        let is_wide = |b: &&Blob| {
            f64::from(b.width()) > 0.85 * f64::from(b.height())
                && f64::from(b.height()) > 0.5 * height
        };
        let short = f64::from(area.width()) <= 8.0 * height;
        match short && !marks.iter().any(is_wide) && !marks.is_empty() {
            true => Self::Figure,
            false => Self::Text,
        }
    }
}

/// Recognises all lines; as many answers come back, in the same order.
pub(super) fn read(all: &[&Line], tesseract: &Tesseract) -> Result<Vec<Answer>, Refusal> {
    let mut reader = Reader { all, tesseract, answers: vec![Answer::default(); all.len()] };
    for at in reader.shaped(Shape::Dash) {
        reader.say(at, "—".into(), false);
    }
    reader.read_figures()?;
    reader.read_texts()?;
    Ok(reader.answers)
}

/// How confidently a sample of the lines is read as words, in percent; 0 without words.
pub(super) fn confidence(lines: &[Line], tesseract: &Tesseract) -> Result<f64, Refusal> {
    const SAMPLE: usize = 10;
    let mut words: Vec<&Line> = lines.iter().filter(|line| line.shape == Shape::Text).collect();
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

impl Reader<'_> {
    fn shaped(&self, shape: Shape) -> Vec<usize> {
        let has = |at: &usize| self.all.get(*at).is_some_and(|line| line.shape == shape);
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

    /// Figures: certain where two models at two sizes agree, and there are as many characters as
    /// separate blobs. A third way of reading adds what may be right as well.
    fn read_figures(&mut self) -> Result<(), Refusal> {
        let figures = self.shaped(Shape::Figure);
        let first = self.ask(&figures, ENGLISH, 36.0)?;
        let second = self.ask(&figures, CHINESE_FIGURES, 30.0)?;
        let mut open = Vec::new();
        for ((at, a), b) in figures.into_iter().zip(first).zip(second) {
            let blobs = self.all.get(at).map_or(0, |line| line.blobs);
            if a.text == b.text && a.text.chars().count() == blobs {
                self.say(at, a.text, false);
            } else {
                open.push((at, a.text, b.text));
            }
        }
        let which: Vec<usize> = open.iter().map(|(at, _, _)| *at).collect();
        let third = self.ask(&which, ENGLISH, 26.0)?;
        let plain = self.ask(&which, CHINESE, 40.0)?;
        for (((at, a, b), c), plain) in open.into_iter().zip(third).zip(plain) {
            let words = plain.text.replace(' ', "");
            if a == b && a == c.text && !a.is_empty() {
                self.say(at, a, false);
            } else if words.chars().any(is_ideograph) {
                self.say(at, words, true);
            } else {
                self.say(at, doubtful_text(&[&a, &b, &c.text]), true);
            }
        }
        Ok(())
    }

    /// Words, read once; the figures among them twice.
    fn read_texts(&mut self) -> Result<(), Refusal> {
        let texts = self.shaped(Shape::Text);
        let first = self.ask(&texts, CHINESE, WORDS)?;
        let mut open = Vec::new();
        for (at, read) in texts.into_iter().zip(first) {
            if let Some(answer) = self.answers.get_mut(at) {
                answer.confidence = Some(read.confidence);
            }
            let text = read.text.replace(' ', "");
            if text.contains(|c: char| c.is_ascii_digit()) {
                open.push((at, text));
            } else {
                // In a table only figures are certain, and blanks.
                let in_table = self.all.get(at).is_some_and(|line| line.in_table);
                let illegible = text.is_empty() && in_table;
                let text = if illegible { doubtful_text(&[]) } else { text };
                self.say(at, text, in_table);
            }
        }
        let which: Vec<usize> = open.iter().map(|(at, _)| *at).collect();
        let second = self.ask(&which, CHINESE, 34.0)?;
        for ((at, a), b) in open.into_iter().zip(second) {
            let b = b.text.replace(' ', "");
            let in_table = self.all.get(at).is_some_and(|line| line.in_table);
            match in_table {
                true => self.say(at, a.clone(), a != b),
                false => self.say(at, confirmed(&a, &b), false),
            }
        }
        Ok(())
    }
}

fn is_ideograph(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

/// Stands for a figure of the text that two readings do not agree on: no claim is read out of it.
const UNCERTAIN: &str = "□";

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
        result.push_str(if is_common { figure } else { UNCERTAIN });
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
    fn only_figures_that_both_readings_give_are_told() {
        let same = "2024年收到申请12件";
        assert_eq!(confirmed(same, same), same);
        assert_eq!(confirmed(same, "2024年收到申请72件"), "2024年收到申请□件");
        assert_eq!(confirmed(same, "年收到申请12件"), "□年收到申请12件");
        assert_eq!(confirmed("3.5万元，1.", "3.5万元"), "3.5万元，□.");
        assert_eq!(confirmed("12和12", "12"), "12和□");
    }
}
