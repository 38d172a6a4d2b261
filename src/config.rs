//! The configuration: a TOML file in, [`Settings`] out that cannot be wrong any more.
//!
//! What is typed ([`Config`]: names and defaults, and nothing else) and what is used ([`Settings`]:
//! absolute paths, parsed durations, checked addresses) are two things. A file is looked at once and
//! everything wrong in it is said at once, each with its line and what to write instead.
//!
//! The environment is read here and nowhere else: `GOUJI_CONFIG`, `GOUJI_LOG`, `NO_COLOR`, and of
//! systemd `STATE_DIRECTORY` (where relative paths begin), `CREDENTIALS_DIRECTORY` (where the mail
//! password lies) and `JOURNAL_STREAM` (the journal adds the time by itself). Passwords never pass through this room; it hands on the path of the file that holds
//! one, and [`PasswordSource::read`] opens it at each connection, because a credential may be
//! renewed while the service runs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::check::Policy;
use crate::form::Forms;
use crate::store::Hours;
use crate::units::offices::{Charge, Offices};
use crate::units::roster::{self, RosterErrors};

mod parse;
mod resolve;
mod typed;

pub use resolve::check_address;
pub use typed::{
    Config, DatabaseConfig, DropConfig, FormsConfig, MailConfig, MetricsConfig, OfficeConfig,
    RulesConfig, UnitsConfig,
};

/// Where the configuration is looked for when nothing else is said.
pub const SYSTEM_FILE: &str = "/etc/gouji/gouji.toml";
/// What to do about a file of settings that is no UTF-8; GBK, most likely.
pub(crate) const AS_UTF8: &str = "save the file in the encoding UTF-8";
/// Where the installed service keeps its data.
const SYSTEM_STATE: &str = "/var/lib/gouji";

/// The folder of the built-in defaults, below the current one.
pub const BUILT_IN_FOLDER: &str = "gouji-data";

/// The systemd credential that holds the password of the mail server.
pub const PASSWORD_CREDENTIAL: &str = "smtp-password";

/// The configuration as used.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it comes from: a file, or the built-in defaults.
    pub origin: Origin,
    /// What is odd in it and works all the same.
    pub warnings: Vec<Problem>,
    /// Where reports are handed in.
    pub drop: DropSettings,
    /// Where they are recorded.
    pub database: DatabaseSettings,
    /// Who hears of them, and how.
    pub mail: MailSettings,
    /// Who should hand in, and until when.
    pub units: UnitSettings,
    /// Further offices, with folders of their own.
    pub offices: Vec<OfficeSettings>,
    /// The program that recognises the characters of scans, by path or name; `None`: none is wanted.
    pub recogniser: Option<PathBuf>,
    /// Forms that add to or replace the built-in ones.
    pub forms_folder: Option<PathBuf>,
    /// Templates of mails in place of the built-in ones.
    pub templates_folder: Option<PathBuf>,
    /// Rules switched off or weighed differently.
    pub policy: Policy,
    /// Where figures about the service are left for `node_exporter`.
    pub metrics_file: Option<PathBuf>,
    /// The zone in which times are shown: the system's.
    pub zone: TimeZone,
}

impl Settings {
    /// The offices with their rosters, read now.
    ///
    /// # Errors
    /// What is wrong in any of the rosters.
    pub fn offices(&self) -> Result<Offices, RosterErrors> {
        let rosters = roster::load(self.roster_files())?;
        Ok(Offices { rosters, folders: self.charges() })
    }

    /// Where the rosters lie, by the name of the office; empty: that of `[units]`.
    pub fn roster_files(&self) -> impl Iterator<Item = (&str, &Path)> {
        let of_units = self.units.roster.iter().map(|path| ("", path.as_path()));
        let others = self
            .offices
            .iter()
            .filter_map(|office| Some((office.name.as_str(), office.roster.as_deref()?)));
        of_units.chain(others)
    }

    /// Who is in charge of which folder; empty where there is one office only.
    fn charges(&self) -> BTreeMap<PathBuf, Charge> {
        let mut charges = BTreeMap::new();
        if self.offices.is_empty() {
            return charges;
        }
        for folder in &self.drop.folders {
            charges.insert(folder.clone(), Charge::default());
        }
        for office in &self.offices {
            let shares = office.roster.is_none() && self.units.roster.is_some();
            let units_of = if shares { String::new() } else { office.name.clone() };
            let charge = Charge { office: office.name.clone(), units_of };
            charges.extend(office.folders.iter().map(|folder| (folder.clone(), charge.clone())));
        }
        charges
    }

    /// Where there is a roster and a day by which reports are due: the name of the office and the
    /// day.
    pub fn deadlines(&self) -> Vec<(&str, (i8, i8))> {
        let of_units = self.units.due.filter(|_| self.units.roster.is_some());
        let others = self.offices.iter().filter_map(|office| {
            Some((office.name.as_str(), office.roster.as_ref().and(office.due)?))
        });
        of_units.map(|due| ("", due)).into_iter().chain(others).collect()
    }
}

/// Where a configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// This file.
    File(PathBuf),
    /// No file: the defaults, with data in this folder.
    BuiltIn(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::BuiltIn(folder) => {
                write!(f, "built-in defaults (no {SYSTEM_FILE}), data in {}", folder.display())
            }
        }
    }
}

/// The watched folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropSettings {
    /// Watched with their sub-folders; at least one, none inside another.
    pub folders: Vec<PathBuf>,
    /// How long a file must stand still; `None`: 3 s, polled folders 10 s.
    pub settle: Option<Duration>,
    /// Time between two scans; `None`: 60 s, polled folders 15 s.
    pub rescan: Option<Duration>,
    /// What becomes of a recorded file.
    pub after: After,
    /// Listen to the system's events; without them only the rescans find files.
    pub events: bool,
    /// Where those who hand in find what was found in their files.
    pub receipts: Receipts,
}

/// Where receipts are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipts {
    /// Nowhere.
    None,
    /// Beside each report.
    Beside,
    /// Below this folder, as the reports lie below the drop folder.
    Folder(PathBuf),
}

/// What becomes of a file once it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// It stays where it is.
    Leave,
    /// It moves below this folder.
    Archive(PathBuf),
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// The SQLite file.
    pub path: PathBuf,
    /// Where a read-only copy is published after changes.
    pub snapshot: Option<PathBuf>,
}

/// The mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSettings {
    /// How they leave.
    pub transport: Transport,
    /// The sender, an address or `name <address>`.
    pub from: String,
    /// The county office; never empty.
    pub to: Vec<String>,
    /// The administrator; never empty.
    pub admin: Vec<String>,
    /// How long notices gather, counted from the first; zero: not at all.
    pub coalesce: Duration,
    /// When mails may go to an office.
    pub hours: Hours,
    /// The age at which a mail that cannot be delivered is given up.
    pub give_up_after: Duration,
}

/// How mails leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// As `.eml` files.
    File {
        /// The folder they are written to.
        folder: PathBuf,
    },
    /// Over a mail server.
    Smtp(SmtpSettings),
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
    /// The login; `None`: none.
    pub username: Option<String>,
    /// Where the password lies; present whenever there is a login.
    pub password: Option<PasswordSource>,
    /// A certificate authority to trust beside the well-known ones (PEM).
    pub ca_file: Option<PathBuf>,
    /// How long the server may take to answer.
    pub timeout: Duration,
}

/// How a connection to the mail server is encrypted. There is no way from one to another: where
/// encryption is asked for and not to be had, the mail waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (port 465).
    Implicit,
    /// After `STARTTLS`, which the server must offer.
    StartTls,
    /// Not at all, because the file says so in as many words.
    None,
}

/// The file that holds a password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordSource(PathBuf);

impl PasswordSource {
    /// The password in this file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The password as it is now, without the line break at its end.
    ///
    /// # Errors
    /// The file cannot be read, or is no UTF-8.
    pub fn read(&self) -> std::io::Result<String> {
        let text = std::fs::read_to_string(&self.0)?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}

impl fmt::Debug for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordSource({})", self.0.display())
    }
}

/// The units that should hand in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitSettings {
    /// The list of them.
    pub roster: Option<PathBuf>,
    /// Month and day on which reports are due.
    pub due: Option<(i8, i8)>,
    /// Units that are late are reminded themselves, where the roster has their address.
    pub remind_units: bool,
}

/// A further office. What lies in its folders concerns it and nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeSettings {
    /// What it is called; no other is.
    pub name: String,
    /// Its drop folders; they are among [`DropSettings::folders`].
    pub folders: Vec<PathBuf>,
    /// Who hears of what lies in them; never empty.
    pub to: Vec<String>,
    /// The list of its units; `None`: it shares that of `[units]`, if there is one.
    pub roster: Option<PathBuf>,
    /// Month and day on which its reports are due.
    pub due: Option<(i8, i8)>,
}

impl Settings {
    /// What `[rules]` says about rules that none of these forms has.
    pub fn misfits(&self, forms: &Forms) -> Vec<String> {
        let known = forms.rules();
        let named = self.policy.off.iter().chain(self.policy.severity.keys());
        named
            .filter(|rule| !known.contains(rule.as_str()))
            .map(|rule| {
                let closest = known.iter().min_by_key(|id| strsim::damerau_levenshtein(id, rule));
                let hint = closest.map(|id| format!("; did you mean `{id}`?")).unwrap_or_default();
                format!("{}: [rules] names `{rule}`, which no form has{hint}", self.origin)
            })
            .collect()
    }
}

/// One thing that is wrong or odd in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file; `None`: the built-in defaults.
    pub file: Option<PathBuf>,
    /// The line, from 1, where there is one.
    pub line: Option<usize>,
    /// What, and what to write instead.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if let Some(line) = self.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.what)
    }
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is named and cannot be read.
    #[error("cannot read the configuration {path}: {source}; {hint}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What to do about it.
        hint: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// The current folder is gone, so relative paths mean nothing.
    #[error("cannot tell the current folder: {0}; start gouji in a folder that exists")]
    NoCurrentFolder(std::io::Error),
    /// Everything that is wrong in the file, in the order of its lines.
    #[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
}

/// What the environment says that matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `GOUJI_CONFIG`.
    pub config: Option<PathBuf>,
    /// `STATE_DIRECTORY`, the first of several.
    pub state_directory: Option<PathBuf>,
    /// Where the installed service keeps its data, if it is installed: there relative paths of
    /// [`SYSTEM_FILE`] begin for commands by hand, which systemd tells nothing.
    pub installed: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`.
    pub credentials_directory: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        let state = path_variable("STATE_DIRECTORY");
        Self {
            config: path_variable("GOUJI_CONFIG"),
            // systemd joins several state directories with colons.
            state_directory: state
                .and_then(|paths| std::env::split_paths(&paths).next())
                .filter(|path| !path.as_os_str().is_empty()),
            installed: Some(PathBuf::from(SYSTEM_STATE)).filter(|path| path.is_dir()),
            credentials_directory: path_variable("CREDENTIALS_DIRECTORY"),
        }
    }
}

/// Whether colour is unwanted even on a terminal (<https://no-color.org>).
pub fn no_color() -> bool {
    path_variable("NO_COLOR").is_some()
}

/// What is logged, in the language of `tracing_subscriber::EnvFilter`.
pub fn log_filter() -> String {
    let filter = path_variable("GOUJI_LOG").map(|filter| filter.to_string_lossy().into_owned());
    filter.unwrap_or_else(|| "info".to_owned())
}

/// Whether standard error goes to the system's journal: `JOURNAL_STREAM` names the device and inode
/// of that connection. Children of a service inherit the variable, not always the connection.
pub fn logs_to_journal() -> bool {
    let named = path_variable("JOURNAL_STREAM").map(|named| named.to_string_lossy().into_owned());
    let stderr = rustix::fs::fstat(std::io::stderr());
    stderr.is_ok_and(|stat| named == Some(format!("{}:{}", stat.st_dev, stat.st_ino)))
}

#[expect(clippy::disallowed_methods, reason = "this module is where the environment is read")]
fn path_variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The settings of this process: of the file named on the command line, else in `GOUJI_CONFIG`,
/// else [`SYSTEM_FILE`] where it exists, else the defaults with data in [`BUILT_IN_FOLDER`].
///
/// # Errors
/// The file cannot be read, or something in it is wrong.
pub fn load(explicit: Option<&Path>) -> Result<Settings, ConfigError> {
    let surroundings = Surroundings::of_process();
    let named = explicit.or(surroundings.config.as_deref());
    match named {
        Some(path) => read_file(path, "write the right path after --config or into GOUJI_CONFIG")
            .and_then(|text| from_text(&text, path, &surroundings)),
        None => match read_file(Path::new(SYSTEM_FILE), "let this user read it, or use --config") {
            Ok(text) => from_text(&text, Path::new(SYSTEM_FILE), &surroundings),
            Err(ConfigError::Unreadable { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                built_in(&surroundings)
            }
            Err(error) => Err(error),
        },
    }
}

/// What to do about a file of settings that cannot be read; `otherwise`: if it is no matter of encoding.
pub(crate) fn remedy(source: &std::io::Error, otherwise: &'static str) -> &'static str {
    if source.kind() == std::io::ErrorKind::InvalidData { AS_UTF8 } else { otherwise }
}

fn read_file(path: &Path, hint: &'static str) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| {
        let hint = remedy(&source, hint);
        ConfigError::Unreadable { path: path.to_owned(), hint, source }
    })
}

/// The settings a file with this text gives.
///
/// # Errors
/// Everything that is wrong in it.
pub fn from_text(
    text: &str,
    file: &Path,
    surroundings: &Surroundings,
) -> Result<Settings, ConfigError> {
    let absolute = std::path::absolute(file).map_err(ConfigError::NoCurrentFolder)?;
    let installed = surroundings.installed.as_ref().filter(|_| absolute == Path::new(SYSTEM_FILE));
    let base = match (surroundings.state_directory.as_ref().or(installed), absolute.parent()) {
        (Some(state), _) => state.clone(),
        (None, Some(folder)) => folder.to_owned(),
        (None, None) => absolute.clone(),
    };
    let mut typed = parse::parse(text);
    // Offices bring folders of their own; the one that nobody asked for is not waited for.
    if !typed.config.office.is_empty() && !typed.lines.has("drop.folders") {
        typed.config.drop.folders.clear();
    }
    let resolved = resolve::resolve(&typed.config, &base, surroundings);
    typed.problems.extend(resolved.problems);
    if !typed.problems.is_empty() {
        return Err(ConfigError::Invalid(located(typed.problems, &typed.lines, file)));
    }
    Ok(Settings {
        origin: Origin::File(absolute),
        warnings: located(resolved.warnings, &typed.lines, file),
        ..resolved.settings
    })
}

/// The settings without any file.
///
/// # Errors
/// The current folder cannot be told.
pub fn built_in(surroundings: &Surroundings) -> Result<Settings, ConfigError> {
    let folder = match &surroundings.state_directory {
        Some(state) => state.clone(),
        None => std::path::absolute(BUILT_IN_FOLDER).map_err(ConfigError::NoCurrentFolder)?,
    };
    let resolved = resolve::resolve(&Config::default(), &folder, surroundings);
    let unlocated = |remark: Remark| Problem { file: None, line: None, what: remark.what };
    if !resolved.problems.is_empty() {
        return Err(ConfigError::Invalid(resolved.problems.into_iter().map(unlocated).collect()));
    }
    Ok(Settings {
        origin: Origin::BuiltIn(folder),
        warnings: resolved.warnings.into_iter().map(unlocated).collect(),
        ..resolved.settings
    })
}

/// Something to say about a key, before its line is known.
#[derive(Debug)]
struct Remark {
    /// The line, where it is known already.
    line: Option<usize>,
    /// The dotted key, e.g. `mail.to[1]`, or empty.
    key: String,
    /// What, and what to write instead.
    what: String,
}

impl Remark {
    fn on(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { line: None, key: key.into(), what: what.into() }
    }
}

fn located(remarks: Vec<Remark>, lines: &parse::Lines, file: &Path) -> Vec<Problem> {
    let mut problems: Vec<Problem> = remarks
        .into_iter()
        .map(|remark| Problem {
            file: Some(file.to_owned()),
            line: remark.line.or_else(|| lines.of(&remark.key)),
            what: remark.what,
        })
        .collect();
    problems.sort_by_key(|problem| problem.line);
    problems
}
