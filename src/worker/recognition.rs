//! Whether this machine can recognise characters: the program `tesseract`, which is optional, with its
//! models for Chinese and for figures.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where a program named without its folder is looked for: what services have as their path.
const FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];
/// The models that reading a scan takes.
const MODELS: [&str; 2] = ["chi_sim", "eng"];

/// The program that recognises characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognition {
    /// Its absolute path.
    pub program: PathBuf,
    /// What it says of its version, e.g. `tesseract 5.3.0`.
    pub version: String,
}

/// What is missing for recognising characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lacking {
    /// It is switched off in the configuration.
    #[error("recognition is switched off ([ocr] program is empty)")]
    Off,
    /// The program is not there.
    #[error(
        "the program {0} is missing; on Debian: apt-get install tesseract-ocr tesseract-ocr-chi-sim"
    )]
    Program(String),
    /// It is there and does not answer.
    #[error("{0} does not work: {1}")]
    Broken(String, String),
    /// It lacks a model.
    #[error("{0} has no model {1}; on Debian: apt-get install tesseract-ocr-chi-sim")]
    Model(String, &'static str),
}

/// Looks for the program, by its path or its name; nothing: recognition is not wanted.
///
/// # Errors
/// What is missing, for the administrator.
pub fn find(program: Option<&Path>) -> Result<Recognition, Lacking> {
    let wanted = program.ok_or(Lacking::Off)?;
    let shown = wanted.display().to_string();
    let found = match wanted.is_absolute() {
        true => Some(wanted.to_owned()).filter(|path| path.is_file()),
        false => FOLDERS.iter().map(|f| Path::new(f).join(wanted)).find(|path| path.is_file()),
    };
    let program = found.ok_or_else(|| Lacking::Program(shown.clone()))?;
    let says =
        |argument| says(&program, argument).map_err(|why| Lacking::Broken(shown.clone(), why));
    let version = says("--version")?.lines().next().unwrap_or_default().trim().to_owned();
    let models = says("--list-langs")?;
    let has = |model: &&&str| models.lines().any(|line| line.trim() == **model);
    match MODELS.iter().find(|model| !has(model)) {
        Some(model) => Err(Lacking::Model(shown, model)),
        None => Ok(Recognition { program, version }),
    }
}

fn says(program: &Path, argument: &str) -> Result<String, String> {
    let output = Command::new(program)
        .arg(argument)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.success() {
        // Older versions say it on standard error.
        true => Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()),
        false => Err(format!("it ended with {}", output.status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_told_with_its_remedy() {
        assert_eq!(find(None), Err(Lacking::Off));
        let nowhere = Path::new("/nowhere/tesseract");
        assert_eq!(find(Some(nowhere)), Err(Lacking::Program("/nowhere/tesseract".into())));
        let other = find(Some(Path::new("/bin/true")));
        assert_eq!(other, Err(Lacking::Model("/bin/true".into(), "chi_sim")));
        assert!(matches!(find(Some(Path::new("/bin/false"))), Err(Lacking::Broken(..))));
    }
}
