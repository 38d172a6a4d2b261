//! A reader gone wrong on purpose: the self-test of the limits, run by the tests in the real process
//! under its real limits (`gouji worker --misbehave=…`).

use std::str::FromStr;

/// What a reader can do to the process it runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Takes 2 GB of memory.
    Allocate,
    /// Never comes to an end.
    Spin,
    /// Waits for ever, using no processor time.
    Sleep,
    /// Aborts the process.
    Abort,
    /// Overflows the stack.
    Recurse,
    /// Panics.
    Panic,
    /// Answers without end.
    Babble,
}

/// The name is not one of ours.
#[derive(Debug, thiserror::Error)]
#[error("expected one of allocate, spin, sleep, abort, recurse, panic, babble")]
pub struct UnknownMisbehaviour;

impl FromStr for Misbehaviour {
    type Err = UnknownMisbehaviour;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "allocate" => Self::Allocate,
            "spin" => Self::Spin,
            "sleep" => Self::Sleep,
            "abort" => Self::Abort,
            "recurse" => Self::Recurse,
            "panic" => Self::Panic,
            "babble" => Self::Babble,
            _ => return Err(UnknownMisbehaviour),
        })
    }
}

impl Misbehaviour {
    /// Does it. Returns only if the limits do not hold.
    #[expect(clippy::panic, reason = "a panic is one of the things to be survived")]
    pub(super) fn act_out(self) {
        match self {
            Self::Allocate => _ = std::hint::black_box(vec![1_u8; 2 << 30]),
            Self::Spin => loop {
                std::hint::spin_loop();
            },
            Self::Sleep => loop {
                std::thread::park();
            },
            Self::Abort => std::process::abort(),
            Self::Recurse => _ = std::hint::black_box(recurse(u64::MAX)),
            Self::Panic => panic!("a reader panicked on purpose"),
            Self::Babble => {
                let mut pipe = std::io::stdout().lock();
                while std::io::Write::write_all(&mut pipe, &[b'['; 4096]).is_ok() {}
            }
        }
    }
}

/// Deep enough for any stack; the addition after the call keeps it from becoming a loop.
fn recurse(depth: u64) -> u64 {
    if depth == 0 {
        return 0;
    }
    let deeper = std::hint::black_box([depth; 64]);
    recurse(deeper.first().map_or(0, |depth| depth - 1)) ^ depth
}
