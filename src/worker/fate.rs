//! How a worker that gave no answer came to its end. Pure: exit status and stderr go in.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::Signal;

use crate::inspect::Lost;

/// The worker's reader panicked; it was caught, and there is no answer.
pub(super) const PANICKED: u8 = 70;
/// The worker could not limit itself, or got no proper request.
pub(super) const UNFIT: u8 = 71;

/// What the file did to its reader; `None`: it was not the file, the worker never got so far.
pub(super) fn lost(status: ExitStatus, complaint: &str) -> Option<Lost> {
    if status.code() == Some(UNFIT.into()) {
        return None;
    }
    // Rust's allocator says so and aborts.
    let out_of_memory = complaint.contains("memory allocation of");
    Some(match status.signal() {
        Some(signal) if signal == Signal::XCPU.as_raw() => Lost::Overran,
        // gouji has not sent it: the kernel has, when the machine ran out of memory.
        Some(signal) if signal == Signal::KILL.as_raw() => Lost::OutOfMemory,
        _ if out_of_memory => Lost::OutOfMemory,
        _ => Lost::Crashed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn killed(signal: Signal, complaint: &str) -> Option<Lost> {
        lost(ExitStatus::from_raw(signal.as_raw()), complaint)
    }

    #[test]
    fn signals_and_words_tell_the_ends_apart() {
        assert_eq!(killed(Signal::XCPU, ""), Some(Lost::Overran));
        assert_eq!(killed(Signal::KILL, ""), Some(Lost::OutOfMemory));
        let memory = "memory allocation of 2147483648 bytes failed";
        assert_eq!(killed(Signal::ABORT, memory), Some(Lost::OutOfMemory));
        assert_eq!(killed(Signal::ABORT, "has overflowed its stack"), Some(Lost::Crashed));
        assert_eq!(killed(Signal::SEGV, ""), Some(Lost::Crashed));
    }

    #[test]
    fn a_worker_that_never_began_says_nothing_about_the_file() {
        let exited = |code: u8| ExitStatus::from_raw(i32::from(code) << 8);
        assert_eq!(lost(exited(UNFIT), ""), None);
        assert_eq!(lost(exited(PANICKED), ""), Some(Lost::Crashed));
        assert_eq!(lost(exited(0), ""), Some(Lost::Crashed));
    }
}
