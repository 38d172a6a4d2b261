//! `gouji config check`, and what a configuration comes to in a few lines.

use std::io::Write;
use std::path::Path;

use super::Exit;
use crate::config::{self, After, Origin, Settings, Tls, Transport};
use crate::form::Forms;

/// Checks the configuration and the forms, and prints what they come to. What is wrong in both is
/// told at once.
pub(super) fn check(explicit: Option<&Path>) -> anyhow::Result<Exit> {
    let settings = config::load(explicit)?;
    let forms = Forms::load(settings.forms_folder.as_deref())?;
    let mut misfits = settings.misfits(&forms);
    misfits.extend(super::stationery(&settings, &forms).err().map(|error| error.to_string()));
    anyhow::ensure!(misfits.is_empty(), "{}", misfits.join("\n"));
    let rosters = settings.offices()?.rosters;
    let mut out = std::io::stdout();
    for line in summary(&settings, &forms) {
        writeln!(out, "{line}")?;
    }
    for (office, path) in settings.roster_files() {
        let Some(roster) = rosters.get(office) else { continue };
        writeln!(out, "roster: {} units, {}", roster.members.len(), path.display())?;
        for warning in &roster.warnings {
            writeln!(out, "warning: {}", warning.in_file(path))?;
        }
    }
    for warning in &settings.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    // Those of the built-in defaults are made by `gouji run`.
    if matches!(settings.origin, Origin::File(_)) {
        for folder in settings.drop.folders.iter().filter(|folder| !folder.is_dir()) {
            let folder = folder.display();
            writeln!(out, "warning: there is no folder {folder}; gouji waits until it is there")?;
        }
    }
    Ok(Exit::Fine)
}

/// What the settings come to, a line for each matter.
pub(super) fn summary(settings: &Settings, forms: &Forms) -> Vec<String> {
    let mut lines = vec![format!("configuration: {}", settings.origin)];
    for folder in &settings.drop.folders {
        lines.push(format!("drop folder: {}", folder.display()));
    }
    if let After::Archive(folder) = &settings.drop.after {
        lines.push(format!("archive: {}", folder.display()));
    }
    lines.push(format!("database: {}", settings.database.path.display()));
    let to = settings.mail.to.join(", ");
    lines.push(match &settings.mail.transport {
        Transport::File { folder } => {
            format!("mail: to {to}, as .eml files in {}", folder.display())
        }
        Transport::Smtp(smtp) => {
            let tls = match smtp.tls {
                Tls::Implicit => "TLS",
                Tls::StartTls => "STARTTLS",
                Tls::None => "not encrypted",
            };
            format!("mail: to {to}, over {}:{} ({tls})", smtp.host, smtp.port)
        }
    });
    let ids: Vec<&str> = forms.iter().map(|form| form.id.as_str()).collect();
    lines.push(format!("forms: {}", ids.join(", ")));
    if let Some(folder) = &settings.templates_folder {
        lines.push(format!("mail templates: {}", folder.display()));
    }
    lines
}
