//! The program that recognises characters: lines of text as images in, their text out.
//!
//! Tesseract (Apache-2.0) is asked as a program, not as a library: it is large, written in C++, and
//! optional. Many lines go in as the pages of one TIFF file over its standard input, so that nothing is
//! written to disk and its models are loaded once.

use std::io::{Cursor, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use image::GrayImage;
use rustix::process::Signal;
use tiff::encoder::{Rational, TiffEncoder, colortype::Gray8};
use tiff::tags::ResolutionUnit;

use super::DPI;
use crate::document::Refusal;

/// The most bytes of images given at once.
const BATCH_BYTES: usize = 24 << 20;
/// The most the program may answer about one line, on average.
const ANSWER_BYTES: u64 = 16 << 10;

/// So often the program may crash over what it is given at once, before it is called broken. Finding one
/// image of a thousand by halving takes ten.
const MOST_CRASHES: usize = 40;

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
            all.extend(self.read_around_crashes(batch, how)?);
            rest = after;
        }
        Ok(all)
    }

    /// Recognises what can be: images that make the program crash (a division by zero over a few specks of
    /// a poor fax) are found by halving, and give nothing.
    fn read_around_crashes(
        &self,
        lines: &[GrayImage],
        how: How,
    ) -> Result<Vec<Recognised>, Refusal> {
        let mut all = Vec::with_capacity(lines.len());
        let mut crashes = 0;
        let mut open = vec![lines];
        while let Some(part) = open.pop() {
            match self.read_batch(part, how)? {
                Outcome::Read(read) => all.extend(read),
                Outcome::Crashed(status) => {
                    crashes += 1;
                    if crashes > MOST_CRASHES {
                        return Err(ended(status));
                    }
                    if let [_] = part {
                        all.push(Recognised::default());
                    } else {
                        let (first, second) = part.split_at(part.len() / 2);
                        open.extend([second, first]);
                    }
                }
            }
        }
        Ok(all)
    }

    fn read_batch(&self, lines: &[GrayImage], how: How) -> Result<Outcome, Refusal> {
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
        match status.signal() {
            Some(signal) if CRASHES.map(Signal::as_raw).contains(&signal) => {
                Ok(Outcome::Crashed(status))
            }
            None if status.success() => Ok(Outcome::Read(parsed(&answer, lines.len()))),
            _ => Err(ended(status)),
        }
    }
}

/// The signals with which a program ends over its own faults.
const CRASHES: [Signal; 5] = [Signal::FPE, Signal::SEGV, Signal::ABORT, Signal::BUS, Signal::ILL];

/// What came of giving some images to the program.
enum Outcome {
    Read(Vec<Recognised>),
    Crashed(ExitStatus),
}

fn ended(status: ExitStatus) -> Refusal {
    Refusal::Recognition(format!("tesseract ended with {status}"))
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
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Asks a script in place of the program about images of these heights; it is told in `$pages` how
    /// many bytes it gets.
    fn answered(name: &str, script: &str, heights: &[u32]) -> Result<Vec<Recognised>, Refusal> {
        let path = std::env::temp_dir().join(format!("gouji-{name}-{}", std::process::id()));
        fs::write(&path, format!("#!/bin/sh\npages=$(wc -c)\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let lines: Vec<GrayImage> = heights.iter().map(|h| GrayImage::new(40, *h)).collect();
        let how = How { language: "eng", only: "" };
        let answer = Tesseract::at(&path).read(&lines, how);
        fs::remove_file(path).unwrap();
        answer
    }

    const SAY_SEVEN: &str = r#"printf 'level\n5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t90\t7\n'"#;

    #[test]
    fn an_image_that_makes_the_program_crash_costs_only_itself() {
        let script = format!(r#"[ "$pages" -gt 8000 ] && kill -FPE $$; {SAY_SEVEN}"#);
        let seven = Recognised { text: "7".into(), confidence: 90.0 };
        let read = answered("crash", &script, &[10, 10, 300, 10]).unwrap();
        assert_eq!(read.len(), 4);
        assert_eq!(read[2], Recognised::default());
        assert_eq!([&read[0], &read[3]], [&seven, &seven]);
    }

    #[test]
    fn a_program_that_always_crashes_or_fails_is_told_and_not_asked_for_ever() {
        for (name, script) in [("crashes", "kill -SEGV $$"), ("fails", "exit 1")] {
            let outcome = answered(name, script, &[10; 64]);
            assert!(matches!(outcome, Err(Refusal::Recognition(_))), "{name}: {outcome:?}");
        }
    }

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
