//! A program that says it is tesseract, and then never recognises anything: see `tests/scans.rs`.

use std::time::Duration;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("--version") => println!("tesseract 5.3.0"),
        Some("--list-langs") => println!("chi_sim\neng"),
        _ => std::thread::sleep(Duration::from_secs(3_600)),
    }
}
