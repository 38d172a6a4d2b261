//! Fault injection: the real program is killed, stopped, starved and lied to, and afterwards nothing
//! may be lost and nothing doubled (reliability.md; each test names the numbers it proves).
//!
//! Chance comes from a seed, which every failure prints and `GOUJI_SEED` sets: the same seed makes the
//! same choices. What runs here without being asked for is the short run; the long ones are `ignored`
//! and name their command. What needs root, mounts or a program that is not there says so and passes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot set up should panic"
)]

#[path = "../common/office.rs"]
mod office;
#[path = "../common/smtp.rs"]
mod smtp;

mod folder;
mod kills;
mod odd_files;
mod quantity;
mod storage;
mod unit;

use std::process::Command;

/// Repeatable randomness (`SplitMix64`).
struct Dice(u64);

impl Dice {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// A number from the environment.
#[expect(clippy::disallowed_methods, reason = "how long a run by command is to be")]
fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The seed of this run, which is printed: with `GOUJI_SEED` set to it, the run repeats its choices.
fn dice() -> Dice {
    let seed = number("GOUJI_SEED", 20_260_113);
    eprintln!("GOUJI_SEED={seed}");
    Dice(seed)
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs a program of the system; whether it could and did.
fn run(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

/// A mount, undone when dropped.
struct Mount(std::path::PathBuf);

impl Mount {
    /// `None`: not allowed here, which is said.
    fn make(arguments: &[&str], at: &std::path::Path) -> Option<Self> {
        let at_text = at.to_str().unwrap();
        let all: Vec<&str> = arguments.iter().copied().chain([at_text]).collect();
        if is_root() && run("mount", &all) {
            return Some(Self(at.to_owned()));
        }
        eprintln!("skipped: mounting needs root and CAP_SYS_ADMIN");
        None
    }

    fn tmpfs(size: &str, at: &std::path::Path) -> Option<Self> {
        Self::make(&["-t", "tmpfs", "-o", &format!("size={size}"), "gouji-test"], at)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        run("umount", &["-l", self.0.to_str().unwrap()]);
    }
}
