//! The inside of a reader process: confine itself, take one file, answer, end.

use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use super::confine::confine;
use super::fate::{PANICKED, UNFIT};
use super::misbehave::Misbehaviour;
use super::protocol;
use crate::document::{self, Limits};
use crate::inspect::Reading;
use crate::watch::ignore::is_ignored;

/// `gouji worker`: reads one file from stdin, writes its [`Reading`] to stdout.
pub fn serve() -> ExitCode {
    run(|name, bytes| match document::read_all(&bytes, &name, &Limits::default(), is_ignored) {
        Ok(documents) => Reading::Documents(documents),
        Err(refusal) => Reading::Refused(refusal),
    })
}

/// `gouji worker --misbehave=…`: takes the file and goes wrong, to show that the limits hold.
pub fn misbehave(how: Misbehaviour) -> ExitCode {
    run(|_, _| {
        how.act_out();
        Reading::Documents(Vec::new())
    })
}

fn run(reader: impl FnOnce(String, Vec<u8>) -> Reading) -> ExitCode {
    report_panics_without_their_words();
    if let Err(error) = confine() {
        complain(&format!("cannot confine the worker: {error}"));
        return ExitCode::from(UNFIT);
    }
    let (name, bytes) = match protocol::read(&mut io::stdin().lock()) {
        Ok(request) => request,
        Err(error) => {
            complain(&format!("no proper request: {error}"));
            return ExitCode::from(UNFIT);
        }
    };
    match catch_unwind(AssertUnwindSafe(|| reader(name, bytes))) {
        Ok(reading) => answer(&reading),
        Err(_) => ExitCode::from(PANICKED),
    }
}

fn answer(reading: &Reading) -> ExitCode {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match serde_json::to_writer(&mut out, reading)
        .map_err(io::Error::from)
        .and_then(|()| out.flush())
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
