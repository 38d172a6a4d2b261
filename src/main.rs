//! The program `gouji`. Everything is in the library; see [`gouji::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    gouji::cli::main()
}
