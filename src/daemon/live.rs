//! What may change while gouji runs: settings, forms and templates of mails. A reload (SIGHUP) reads them anew; whatever is
//! wrong in them is told, and the old ones stay.
//!
//! Drop folders and the database are settled at the start: a reload keeps those, and says so.

use std::sync::{Arc, PoisonError, RwLock};

use crate::config::{self, Origin, Settings};
use crate::form::Forms;
use crate::notice::Stationery;
use crate::units::offices::Offices;

/// The settings and forms that hold now. Cheap to clone; all clones change together.
#[derive(Clone)]
pub(super) struct Live(Arc<RwLock<Setup>>);

/// Settings, forms and templates of mails that fit each other.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) settings: Arc<Settings>,
    pub(super) forms: Arc<Forms>,
    pub(super) stationery: Arc<Stationery>,
}

/// A setup read anew.
pub(super) struct Reload {
    pub(super) setup: Setup,
    pub(super) offices: Offices,
    /// What has changed in the file and holds only after a restart.
    pub(super) after_restart: Vec<&'static str>,
    /// Mails may go another way now: those that wait try it at once.
    pub(super) mail_changed: bool,
    pub(super) forms_changed: bool,
}

impl Live {
    pub(super) fn new(settings: Settings, forms: Forms, stationery: Stationery) -> Self {
        let setup = Setup {
            settings: Arc::new(settings),
            forms: Arc::new(forms),
            stationery: Arc::new(stationery),
        };
        Self(Arc::new(RwLock::new(setup)))
    }

    pub(super) fn setup(&self) -> Setup {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn settings(&self) -> Arc<Settings> {
        self.setup().settings
    }

    pub(super) fn replace(&self, setup: Setup) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = setup;
    }
}

/// Reads the configuration and the forms anew, from where they came from.
///
/// # Errors
/// What is wrong in them, all of it.
pub(super) fn read_anew(now: &Setup) -> anyhow::Result<Reload> {
    let file = match &now.settings.origin {
        Origin::File(path) => Some(path.as_path()),
        Origin::BuiltIn(_) => None,
    };
    let mut settings = config::load(file)?;
    let forms = Forms::load(settings.forms_folder.as_deref())?;
    let misfits = settings.misfits(&forms);
    anyhow::ensure!(misfits.is_empty(), "{}", misfits.join("\n"));
    let stationery = Stationery::load(settings.templates_folder.as_deref(), &forms)?;
    let offices = settings.offices()?;
    let after_restart = keep(&mut settings, &now.settings);
    let hashes = |forms: &Forms| forms.iter().map(|form| form.hash.clone()).collect::<Vec<_>>();
    Ok(Reload {
        mail_changed: settings.mail != now.settings.mail,
        forms_changed: hashes(&forms) != hashes(&now.forms),
        offices,
        after_restart,
        setup: Setup {
            settings: Arc::new(settings),
            forms: Arc::new(forms),
            stationery: Arc::new(stationery),
        },
    })
}

/// Keeps what only a restart may change; names it where it was to change.
fn keep(new: &mut Settings, old: &Settings) -> Vec<&'static str> {
    let mut kept = Vec::new();
    if new.drop != old.drop {
        new.drop = old.drop.clone();
        kept.push("[drop]");
    }
    if new.database.path != old.database.path {
        new.database.path.clone_from(&old.database.path);
        kept.push("[database] path");
    }
    kept
}
