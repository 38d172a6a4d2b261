//! Files that cannot be read whole get the reason, never half of their figures: locked by a
//! password, or cut off as when the copying stopped.
//!
//! tests/data/locked/ holds the report of tests/data/parity/bureau-2022/ as programs save it with
//! the password `geheim12`; the file's name is its kind.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]

use std::fs;
use std::path::{Path, PathBuf};

use gouji::document::{self, Limits, Refusal};

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let paths = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<(String, Vec<u8>)> = paths
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// Why a file is not read: of a bundle, the reason of its first member that is not.
fn refusal(name: &str, bytes: &[u8]) -> Option<Refusal> {
    match document::read_all(bytes, &format!("x.{name}"), &Limits::default(), |_| false) {
        Ok(members) => members.into_iter().find_map(|(_, document)| document.err()),
        Err(refusal) => Some(refusal),
    }
}

#[test]
fn a_locked_file_is_said_to_need_its_password_in_every_format() {
    let locked = files("locked");
    assert!(locked.len() >= 9, "only {} files", locked.len());
    for (name, bytes) in locked {
        assert_eq!(refusal(&name, &bytes), Some(Refusal::Encrypted), "{name}");
    }
}

/// Plain text and Markdown have no end that could be missing.
#[test]
fn a_file_cut_off_is_said_to_be_incomplete_in_every_format() {
    let endless = |name: &str| name.ends_with("txt") || name == "md" || name == "cells.json";
    let whole: Vec<_> = files("parity/bureau-2022");
    let mut kinds = 0;
    for (name, bytes) in whole.into_iter().filter(|(name, _)| !endless(name)) {
        kinds += 1;
        for percent in [30, 60, 95] {
            let cut = bytes.get(..bytes.len() * percent / 100).unwrap();
            let refusal = refusal(&name, cut);
            assert!(
                matches!(refusal, Some(Refusal::Incomplete(_))),
                "{name} at {percent} %: {refusal:?}"
            );
        }
    }
    assert!(kinds >= 16, "only {kinds} kinds");
}
