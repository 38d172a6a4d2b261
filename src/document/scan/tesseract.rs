//! The program that recognises characters: lines of text as images in, their text out.
//!
//! Tesseract (Apache-2.0) is asked as a program, not as a library: it is large, written in C++, and
//! optional. Many lines go in as the pages of one TIFF file over its standard input, so that nothing is
//! written to disk and its models are loaded once.

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use image::GrayImage;
use tiff::encoder::{Rational, TiffEncoder, colortype::Gray8};
use tiff::tags::ResolutionUnit;

use super::DPI;
use crate::document::Refusal;

/// The most bytes of images given at once.
const BATCH_BYTES: usize = 24 << 20;
/// The most the program may answer about one line, on average.
const ANSWER_BYTES: u64 = 16 << 10;

/// The program `tesseract`.
#[derive(Debug, Clone)]
pub struct Tesseract {
    program: PathBuf,
}

/// A line as recognised.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Recognised {
    /// Its words, with a blank between them.
    pub(super) text: String,
    /// How certain the program is of the least certain word, in percent.
    pub(super) confidence: f64,
}

/// What is known of a line before.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// Which models: `eng`, `chi_sim`.
    pub(super) language: &'static str,
    /// The characters it may hold; all, if empty.
    pub(super) only: &'static str,
}

impl Tesseract {
    /// By its path.
    pub fn at(program: &Path) -> Self {
        Self { program: program.to_owned() }
    }

    /// Recognises each image as one line of text.
    pub(super) fn read(&self, lines: &[GrayImage], how: How) -> Result<Vec<Recognised>, Refusal> {
        let mut all = Vec::with_capacity(lines.len());
        let mut rest = lines;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |line: &&GrayImage| {
                bytes += line.as_raw().len();
                bytes <= BATCH_BYTES
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (batch, after) = rest.split_at(count);
            all.extend(self.read_batch(batch, how)?);
            rest = after;
        }
        Ok(all)
    }

    fn read_batch(&self, lines: &[GrayImage], how: How) -> Result<Vec<Recognised>, Refusal> {
        let failed = |what: String| Refusal::Recognition(what);
        let pages = pages(lines).map_err(|error| failed(error.to_string()))?;
        let mut command = Command::new(&self.program);
        command.args(["stdin", "stdout", "-l", how.language, "--psm", "7"]);
        command.args(["--dpi", "300", "-c", "tessedit_create_tsv=1"]);
        if !how.only.is_empty() {
            command.arg("-c").arg(format!("tessedit_char_whitelist={}", how.only));
        }
        let mut child = command
            .env_clear()
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(format!("cannot start {}: {error}", self.program.display())))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let most = ANSWER_BYTES * u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let mut answer = String::new();
        // It reads everything before it answers, or ends; then the pipe breaks.
        if let Some(mut stdin) = stdin {
            _ = stdin.write_all(&pages).is_ok();
        }
        if let Some(stdout) = stdout {
            stdout
                .take(most)
                .read_to_string(&mut answer)
                .map_err(|error| failed(format!("cannot hear tesseract: {error}")))?;
        }
        let status = child.wait().map_err(|error| failed(error.to_string()))?;
        if !status.success() {
            return Err(failed(format!("tesseract ended with {status}")));
        }
        Ok(parsed(&answer, lines.len()))
    }
}

/// One TIFF file, a page for each image.
fn pages(lines: &[GrayImage]) -> tiff::TiffResult<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut file)?;
    for line in lines {
        let mut page = encoder.new_image::<Gray8>(line.width(), line.height())?;
        page.resolution(ResolutionUnit::Inch, Rational { n: DPI, d: 1 });
        page.write_data(line.as_raw())?;
    }
    Ok(file.into_inner())
}

/// The words of each page out of Tesseract's table: `level page block par line word left top width
/// height conf text`; words have level 5.
fn parsed(answer: &str, pages: usize) -> Vec<Recognised> {
    let mut lines = vec![Recognised::default(); pages];
    for row in answer.lines() {
        let fields: Vec<&str> = row.splitn(12, '\t').collect();
        let &["5", page, .., confidence, text] = fields.as_slice() else { continue };
        let place = page.parse::<usize>().ok().and_then(|page| page.checked_sub(1));
        let Some(line) = place.and_then(|place| lines.get_mut(place)) else { continue };
        let confidence: f64 = confidence.parse().unwrap_or_default();
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if line.text.is_empty() {
            *line = Recognised { text: text.to_owned(), confidence };
        } else {
            line.text.push(' ');
            line.text.push_str(text);
            line.confidence = line.confidence.min(confidence);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_to_the_page_they_stand_on() {
        let answer = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
                      1\t1\t0\t0\t0\t0\t0\t0\t90\t40\t-1\t\n\
                      5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t91.5\t现将\n\
                      5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t60.0\t2024\n\
                      5\t3\t1\t1\t1\t1\t0\t0\t9\t9\t88\t\"7\n\
                      5\t9\t1\t1\t1\t1\t0\t0\t9\t9\t88\t8\n";
        let lines = parsed(answer, 3);
        assert_eq!(lines[0], Recognised { text: "现将 2024".into(), confidence: 60.0 });
        assert_eq!(lines[1], Recognised::default());
        assert_eq!(lines[2].text, "\"7");
    }
}
