//! `gouji recheck`: the rules of today on what is recorded. Without `--read` from what was read of each
//! report, in a moment; with it every file that is still there is read again. Nobody is mailed: what a
//! new rule finds in old reports is for whoever made the rule to look at.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use super::import::{Import, Tally};
use super::terminal::plain;
use super::{Exit, complain, status};
use crate::clock;
use crate::config::Settings;
use crate::form::Forms;
use crate::store::{KnownPath, RecheckReport, Rechecked, Sha256, Store};
use crate::watch::Stamp;
use crate::watch::names::shown;

/// Reports checked in one transaction: a running gouji waits no longer than for these.
const TOGETHER: usize = 100;

/// Checks every recorded report by the rules of today.
pub(super) fn recheck(settings: &Settings, forms: &Forms) -> anyhow::Result<Exit> {
    let mut store =
        Store::open(status::database(settings)?, forms, &settings.policy, clock::now())?;
    let reports = store.reports()?;
    let mut counts = Counts::default();
    let mut out = std::io::stdout();
    for batch in reports.chunks(TOGETHER) {
        for rechecked in store.recheck(batch, clock::now())? {
            counts.take_in(&rechecked);
            if let Rechecked::Changed(report) = rechecked {
                writeln!(out, "{}", line(&report))?;
            }
        }
    }
    store.checkpoint_and_close()?;
    let Counts { same, changed, not_whole } = counts;
    writeln!(out, "{} reports checked: {changed} changed, {same} as before", same + changed)?;
    if not_whole > 0 {
        complain(&format!(
            "{not_whole} reports were recorded by an earlier version, which did not keep all that \
             was read: `gouji recheck --read` reads their files again"
        ));
        return Ok(Exit::CouldNotCheck);
    }
    Ok(Exit::Fine)
}

#[derive(Default)]
struct Counts {
    same: usize,
    changed: usize,
    not_whole: usize,
}

impl Counts {
    fn take_in(&mut self, rechecked: &Rechecked) {
        match rechecked {
            Rechecked::Same => self.same += 1,
            Rechecked::Changed(_) => self.changed += 1,
            Rechecked::NotWhole => self.not_whole += 1,
        }
    }
}

/// `禾川县柳荫乡人民政府 2019 version 2: failed, 3 errors (before: 1)`
fn line(report: &RecheckReport) -> String {
    let year = report.year.map_or_else(|| "no year".to_owned(), |year| year.to_string());
    let version = match report.current {
        true => String::new(),
        false => format!(" version {}", report.version),
    };
    let verdict = if report.errors == 0 { "passed" } else { "failed" };
    let change = match (report.errors_before == report.errors, report.errors_are_others) {
        (true, true) => "others than before".to_owned(),
        (true, false) => "as before, other remarks".to_owned(),
        (false, _) => format!("before: {}", report.errors_before),
    };
    let (unit, errors) = (plain(&report.unit), report.errors);
    let s = if errors == 1 { "" } else { "s" };
    format!("{unit} {year}{version}: {verdict}, {errors} error{s} ({change})")
}

/// Reads every file that is recorded and still there again.
pub(super) async fn read_again(settings: &Settings, forms: &Forms) -> anyhow::Result<Exit> {
    let store = Store::open(status::database(settings)?, forms, &settings.policy, clock::now())?;
    let mut tally = Tally::default();
    let (contents, files) = present(&store.known_paths()?, &mut tally);
    let mut import = Import::new(store, settings, forms, files.len(), tally)?.again(contents);
    import.files(&files).await?;
    import.end()?.print("read again")
}

/// The contents that are recorded, and one path at which each lies.
fn present(known: &[KnownPath], tally: &mut Tally) -> (BTreeSet<Sha256>, Vec<(PathBuf, Stamp)>) {
    let mut contents = BTreeSet::new();
    let mut files = Vec::new();
    for file in known.iter().filter(|known| !known.withdrawn && known.verdict.is_some()) {
        match rustix::fs::lstat(&file.path) {
            Ok(stat) if contents.insert(file.sha256) => {
                files.push((file.path.clone(), Stamp::of(&stat)));
            }
            Ok(_) => {}
            Err(error) => {
                complain(&format!("skipped {}: {error}", shown(&file.path)));
                tally.skipped += 1;
            }
        }
    }
    (contents, files)
}
