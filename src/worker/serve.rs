//! The inside of a reader process: confine itself, take one file, answer, end.

use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::confine::{Confinement, confine, confine_recognition};
use super::fate::{PANICKED, UNFIT};
use super::misbehave::Misbehaviour;
use super::protocol;
use crate::document::scan::Tesseract;
use crate::document::{self, Limits};
use crate::inspect::Reading;
use crate::watch::ignore::is_ignored;

/// `gouji worker`: reads one file from stdin, writes its [`Reading`] to stdout.
pub fn serve() -> ExitCode {
    run(confine(), |name, bytes| read(&name, &bytes))
}

/// `gouji worker --recognise=PROGRAM`: reads one file, or the member of a bundle that is named in place
/// of the file, whose pages are images. `program` recognises their characters.
pub fn recognise(program: &Path) -> ExitCode {
    let tesseract = Tesseract::at(program);
    run(confine_recognition(program), |member, bytes| {
        match document::recognise(&bytes, &member, &Limits::default(), &tesseract) {
            Ok(document) => Reading::Documents(vec![(member, Ok(document))]),
            Err(refusal) => Reading::Refused(refusal),
        }
    })
}

/// `gouji worker --misbehave=…`: takes the file and goes wrong, to show that the limits hold. What
/// was tried and refused is the text it answers.
pub fn misbehave(how: Misbehaviour) -> ExitCode {
    run(confine(), |_, _| read("tried.txt", how.act_out().join("\n\n").as_bytes()))
}

/// `gouji worker --confinement`: writes which walls stand around a reader, as JSON, and ends.
pub fn tell_confinement() -> ExitCode {
    report_panics_without_their_words();
    match confine() {
        Ok(confinement) => answer(&confinement),
        Err(error) => unfit(&format!("cannot confine the worker: {error}")),
    }
}

fn read(name: &str, bytes: &[u8]) -> Reading {
    match document::read_all(bytes, name, &Limits::default(), is_ignored) {
        Ok(documents) => Reading::Documents(documents),
        Err(refusal) => Reading::Refused(refusal),
    }
}

fn run(
    confined: rustix::io::Result<Confinement>,
    reader: impl FnOnce(String, Vec<u8>) -> Reading,
) -> ExitCode {
    report_panics_without_their_words();
    if let Err(error) = confined {
        return unfit(&format!("cannot confine the worker: {error}"));
    }
    let (name, bytes) = match protocol::read(&mut io::stdin().lock()) {
        Ok(request) => request,
        Err(error) => return unfit(&format!("no proper request: {error}")),
    };
    match catch_unwind(AssertUnwindSafe(|| reader(name, bytes))) {
        Ok(reading) => answer(&reading),
        Err(_) => ExitCode::from(PANICKED),
    }
}

fn unfit(why: &str) -> ExitCode {
    complain(why);
    ExitCode::from(UNFIT)
}

fn answer(what: &impl Serialize) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match serde_json::to_writer(&mut out, what).map_err(io::Error::from).and_then(|()| out.flush())
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("cannot answer: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A panic says where, and not what: its words may quote the document, and end in a log.
fn report_panics_without_their_words() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        complain(&format!("the reader panicked at {place}"));
    }));
}

/// To stderr, which the parent keeps for its log. If that is closed, nobody is left to tell.
fn complain(what: &str) {
    _ = writeln!(io::stderr().lock(), "{what}").is_ok();
}
