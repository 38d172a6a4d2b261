//! What an installation wants beside the program: man pages and shell completions, made from the same
//! definitions as the help.

use std::io::Write;
use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;

use super::{Arguments, Exit};

/// Prints the completions for a shell.
pub(super) fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "gouji", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Fine)
}

/// Writes the man page of gouji and of each of its commands into a folder: `gouji.1`,
/// `gouji-check.1` …
pub(super) fn man(folder: &Path) -> anyhow::Result<Exit> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    clap_mangen::generate_to(Arguments::command(), folder)
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    Ok(Exit::Fine)
}
