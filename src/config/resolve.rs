//! [`Config`] → [`Settings`]: every text is given its meaning, and what has none is a problem. Looks
//! at the disk only to warn about a password file that others can read or nobody can.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::typed::MailConfig;
use super::{
    After, Config, DatabaseSettings, DropSettings, MailSettings, OfficeSettings, Origin,
    PASSWORD_CREDENTIAL, PasswordSource, Receipts, Remark, Settings, SmtpSettings, Surroundings,
    Tls, Transport, UnitSettings,
};
use crate::check::Policy;
use crate::form::Severity;
use crate::store::Hours;

/// Settings to use if `problems` is empty.
pub(super) struct Resolved {
    pub(super) settings: Settings,
    pub(super) problems: Vec<Remark>,
    pub(super) warnings: Vec<Remark>,
}

/// Gives a configuration its meaning; relative paths begin at `base`.
pub(super) fn resolve(config: &Config, base: &Path, surroundings: &Surroundings) -> Resolved {
    let mut resolver = Resolver { base, surroundings, problems: Vec::new(), warnings: Vec::new() };
    let settings = resolver.settings(config);
    resolver.keep_outputs_out_of_the_drop_folders(&settings);
    resolver.name_options_alone(&settings);
    Resolved { settings, problems: resolver.problems, warnings: resolver.warnings }
}

struct Resolver<'c> {
    base: &'c Path,
    surroundings: &'c Surroundings,
    problems: Vec<Remark>,
    warnings: Vec<Remark>,
}

impl Resolver<'_> {
    fn settings(&mut self, config: &Config) -> Settings {
        let due = self.due("units.due", &config.units.due);
        Settings {
            origin: Origin::BuiltIn(self.base.to_owned()),
            warnings: Vec::new(),
            drop: self.drop(config),
            database: DatabaseSettings {
                path: self.required_path("database.path", &config.database.path),
                snapshot: self.path(&config.database.snapshot),
            },
            mail: self.mail(&config.mail),
            units: UnitSettings {
                roster: self.path(&config.units.roster),
                due,
                remind_units: config.units.remind_units,
            },
            offices: self.offices(config, due),
            recogniser: self.recogniser(&config.ocr.program),
            forms_folder: self.path(&config.forms.folder),
            templates_folder: self.path(&config.mail.templates),
            policy: self.policy(config),
            metrics_file: self.metrics_file(&config.metrics.textfile),
            zone: TimeZone::system(),
        }
    }

    fn problem(&mut self, key: &str, what: impl Into<String>) {
        self.problems.push(Remark::on(key, what));
    }

    fn warning(&mut self, key: &str, what: impl Into<String>) {
        self.warnings.push(Remark::on(key, what));
    }

    // Paths

    fn path(&self, typed: &str) -> Option<PathBuf> {
        (!typed.is_empty()).then(|| tidy(&self.base.join(typed)))
    }

    fn required_path(&mut self, key: &str, typed: &str) -> PathBuf {
        self.path(typed).unwrap_or_else(|| {
            self.problem(key, format!("`{key}` is empty; write a path"));
            self.base.to_owned()
        })
    }

    /// A program: a path, or a name to be looked for.
    fn recogniser(&self, typed: &str) -> Option<PathBuf> {
        if typed.contains('/') {
            self.path(typed)
        } else {
            (!typed.is_empty()).then(|| typed.into())
        }
    }

    fn drop(&mut self, config: &Config) -> DropSettings {
        let drop = &config.drop;
        if drop.folders.is_empty() && config.office.is_empty() {
            self.problem("drop.folders", "`folders` is empty; name the folder to watch");
        }
        let mut keyed = self.folders("drop", &drop.folders);
        for (index, office) in config.office.iter().enumerate() {
            keyed.extend(self.folders(&format!("office[{index}]"), &office.folders));
        }
        self.refuse_nested(&keyed);
        let folders = keyed.into_iter().map(|(_, folder)| folder).collect();
        let after = match drop.after.as_str() {
            "leave" => After::Leave,
            "archive" => After::Archive(self.required_path("drop.archive", &drop.archive)),
            other => {
                let what = format!("`after` is {other:?}; write \"leave\" or \"archive\"");
                self.problem("drop.after", what);
                After::Leave
            }
        };
        DropSettings {
            folders,
            settle: self.optional_duration("drop.settle", &drop.settle, Duration::ZERO),
            rescan: self.optional_duration("drop.rescan", &drop.rescan, SHORTEST_RESCAN),
            after,
            events: drop.events,
            receipts: match drop.receipts.as_str() {
                "" => Receipts::None,
                "beside" => Receipts::Beside,
                folder => Receipts::Folder(tidy(&self.base.join(folder))),
            },
        }
    }

    /// The folders of a table, each with the key of its place.
    fn folders(&mut self, table: &str, typed: &[String]) -> Vec<(String, PathBuf)> {
        let keyed = typed.iter().enumerate().map(|(index, typed)| {
            let key = format!("{table}.folders[{index}]");
            let path = self.required_path(&key, typed);
            (key, path)
        });
        keyed.collect()
    }

    fn refuse_nested(&mut self, folders: &[(String, PathBuf)]) {
        for (index, (key, folder)) in folders.iter().enumerate() {
            let others = folders.iter().map(|(_, path)| path).enumerate();
            let outer = others.filter(|(other, _)| *other != index).find(|(other, path)| {
                folder.starts_with(path) && (folder != *path || *other < index)
            });
            if let Some((_, outer)) = outer {
                let what = match folder == outer {
                    true => format!("{} is named twice; leave it out", folder.display()),
                    false => format!(
                        "{} lies in {}, which is watched with its sub-folders; leave it out",
                        folder.display(),
                        outer.display(),
                    ),
                };
                self.problem(key, what);
            }
        }
    }

    /// What gouji writes must not come back to it as something handed in.
    fn keep_outputs_out_of_the_drop_folders(&mut self, settings: &Settings) {
        let mut outputs = vec![("database.path", &settings.database.path)];
        outputs.extend(settings.database.snapshot.iter().map(|path| ("database.snapshot", path)));
        outputs.extend(settings.metrics_file.iter().map(|path| ("metrics.textfile", path)));
        if let Transport::File { folder } = &settings.mail.transport {
            outputs.push(("mail.folder", folder));
        }
        if let After::Archive(folder) = &settings.drop.after {
            outputs.push(("drop.archive", folder));
        }
        if let Receipts::Folder(folder) = &settings.drop.receipts {
            outputs.push(("drop.receipts", folder));
        }
        for (key, output) in outputs {
            let inside = settings.drop.folders.iter().find(|folder| output.starts_with(folder));
            if let Some(folder) = inside {
                let what = format!(
                    "`{key}` {} lies in the watched folder {}; write a path outside it",
                    output.display(),
                    folder.display(),
                );
                self.problem(key, what);
            }
        }
    }

    // Durations and dates

    fn optional_duration(&mut self, key: &str, typed: &str, least: Duration) -> Option<Duration> {
        (!typed.is_empty()).then(|| self.duration(key, typed, least))
    }

    fn duration(&mut self, key: &str, typed: &str, least: Duration) -> Duration {
        match parse_duration(typed) {
            Ok(duration) if duration >= least => duration,
            Ok(_) => {
                self.problem(key, format!("`{key}` is {typed:?}; write at least \"{least:?}\""));
                least
            }
            Err(why) => {
                self.problem(key, format!("`{key}` is {typed:?}: {why}"));
                least
            }
        }
    }

    fn due(&mut self, key: &str, typed: &str) -> Option<(i8, i8)> {
        if typed.is_empty() {
            return None;
        }
        let day = typed.split_once('-').and_then(|(month, day)| {
            // A year without 29 February: the day must exist in every one.
            let date = jiff::civil::Date::new(2023, month.parse().ok()?, day.parse().ok()?).ok()?;
            Some((date.month(), date.day()))
        });
        if day.is_none() {
            let what = format!("`due` is {typed:?}; write month and day: due = \"01-31\"");
            self.problem(key, what);
        }
        day
    }

    /// When mails may go to an office.
    fn hours(&mut self, mail: &MailConfig) -> Hours {
        let quiet = (!mail.quiet.is_empty()).then(|| self.quiet(&mail.quiet)).flatten();
        let digest = (!mail.digest.is_empty()).then(|| parse_time(&mail.digest));
        if digest == Some(None) {
            let what = format!(
                "`digest` is {:?}; write a time of the day: digest = \"08:30\"",
                mail.digest
            );
            self.problem("mail.digest", what);
        }
        let (digest, quiet_weekends) = (digest.flatten(), mail.quiet_weekends);
        let hours = Hours { quiet, quiet_weekends, digest, zone: TimeZone::system() };
        if digest.is_some_and(|time| hours.is_quiet_time(time)) {
            let what = format!(
                "`digest` {} lies in the quiet hours {}; write another time",
                mail.digest, mail.quiet
            );
            self.problem("mail.digest", what);
        }
        hours
    }

    fn quiet(&mut self, typed: &str) -> Option<(Time, Time)> {
        let times = typed
            .split_once('-')
            .and_then(|(start, end)| Some((parse_time(start.trim())?, parse_time(end.trim())?)));
        if times.is_none_or(|(start, end)| start == end) {
            let what = format!(
                "`quiet` is {typed:?}; write two times of the day: quiet = \"20:00-07:30\""
            );
            self.problem("mail.quiet", what);
        }
        times
    }

    // Offices

    fn offices(&mut self, config: &Config, due: Option<(i8, i8)>) -> Vec<OfficeSettings> {
        let mut names = BTreeSet::new();
        let offices = config.office.iter().enumerate().map(|(index, office)| {
            let key = |field: &str| format!("office[{index}].{field}");
            self.office_name(&key("name"), &office.name, &mut names);
            if office.folders.is_empty() {
                let what = "`folders` is empty; name the drop folders of the office";
                self.problem(&key("folders"), what);
            }
            let folders = office.folders.iter().filter_map(|typed| self.path(typed)).collect();
            if office.to.is_empty() {
                let what = "`to` is empty; write the address of the office: \
                            to = [\"office@example.gov.cn\"]";
                self.problem(&key("to"), what);
            }
            let roster = self.path(&office.roster);
            let due = match office.due.as_str() {
                "" => due,
                typed => self.due(&key("due"), typed),
            };
            OfficeSettings {
                name: office.name.clone(),
                folders,
                to: self.addresses(&key("to"), &office.to),
                roster,
                due,
            }
        });
        offices.collect()
    }

    fn office_name<'n>(&mut self, key: &str, name: &'n str, names: &mut BTreeSet<&'n str>) {
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            self.problem(key, "the office has no name; write name = \"…\"");
        } else if !names.insert(name) {
            self.problem(key, format!("two offices are called {name:?}; write another name"));
        }
    }

    /// What has no effect without something else.
    fn name_options_alone(&mut self, settings: &Settings) {
        let UnitSettings { roster, due, remind_units } = &settings.units;
        let has_roster =
            roster.is_some() || settings.offices.iter().any(|office| office.roster.is_some());
        if due.is_some() && !has_roster {
            self.warning("units.due", "`due` has no effect without a roster: write roster = \"…\"");
        }
        if *remind_units && settings.deadlines().is_empty() {
            let what = "`remind_units` has no effect without `roster` and `due`";
            self.warning("units.remind_units", what);
        }
    }

    // Mail

    fn mail(&mut self, mail: &MailConfig) -> MailSettings {
        let transport = match mail.transport.as_str() {
            "file" => Transport::File { folder: self.required_path("mail.folder", &mail.folder) },
            "smtp" => Transport::Smtp(self.smtp(mail)),
            other => {
                let what = format!("`transport` is {other:?}; write \"smtp\" or \"file\"");
                self.problem("mail.transport", what);
                Transport::File { folder: self.base.to_owned() }
            }
        };
        let from = self.sender(mail, &transport);
        let mut to = self.addresses("mail.to", &mail.to);
        if to.is_empty() {
            if matches!(transport, Transport::Smtp(_)) {
                let what = "`to` is empty; write the address of the office that gets the mails: \
                            to = [\"office@example.gov.cn\"]";
                self.problem("mail.to", what);
            }
            to.push(from.clone());
        }
        let admin = self.addresses("mail.admin", &mail.admin);
        MailSettings {
            transport,
            from,
            admin: if admin.is_empty() { to.clone() } else { admin },
            to,
            hours: self.hours(mail),
            coalesce: self.duration("mail.coalesce", &mail.coalesce, Duration::ZERO),
            give_up_after: self.duration("mail.give_up_after", &mail.give_up_after, A_SECOND),
        }
    }

    fn smtp(&mut self, mail: &MailConfig) -> SmtpSettings {
        if mail.host.is_empty() || !mail.host.chars().all(host_character) {
            let what = "`host` must name the mail server: host = \"smtp.example.gov.cn\"";
            self.problem("mail.host", what);
        }
        let port = u16::try_from(mail.port).ok().filter(|port| *port > 0).unwrap_or_else(|| {
            let what = format!("`port` is {}; write a number from 1 to 65535", mail.port);
            self.problem("mail.port", what);
            465
        });
        let tls = self.tls(&mail.tls, port);
        let username = (!mail.username.is_empty()).then(|| mail.username.clone());
        if tls == Tls::None && username.is_some() {
            self.warning("mail.tls", "the password is sent in clear text, because tls = \"none\"");
        }
        SmtpSettings {
            host: mail.host.clone(),
            port,
            tls,
            password: username.as_ref().and_then(|_| self.password(&mail.password_file)),
            username,
            ca_file: self.ca_file(&mail.ca_file),
            timeout: self.duration("mail.timeout", &mail.timeout, A_SECOND),
        }
    }

    fn tls(&mut self, typed: &str, port: u16) -> Tls {
        match (typed, port) {
            ("auto", 465) | ("implicit", _) => Tls::Implicit,
            ("auto", _) | ("starttls", _) => Tls::StartTls,
            ("none", _) => Tls::None,
            (other, _) => {
                let what = format!(
                    "`tls` is {other:?}; write \"auto\", \"implicit\", \"starttls\" or \"none\"",
                );
                self.problem("mail.tls", what);
                Tls::StartTls
            }
        }
    }

    fn password(&mut self, typed: &str) -> Option<PasswordSource> {
        let credential = || {
            let folder = self.surroundings.credentials_directory.as_deref()?;
            Some(folder.join(PASSWORD_CREDENTIAL))
        };
        let Some(path) = self.path(typed).or_else(credential) else {
            let what = format!(
                "`username` is set, and no password: write password_file = \"…\", or give the \
                 service the systemd credential {PASSWORD_CREDENTIAL}",
            );
            self.problem("mail.username", what);
            return None;
        };
        self.look_at_password_file(&path);
        Some(PasswordSource(path))
    }

    /// A password that cannot be read now is no reason to stop: whoever asks for the status need
    /// not know it, and it is read again at each connection.
    fn look_at_password_file(&mut self, path: &Path) {
        match std::fs::metadata(path) {
            Err(error) => {
                let what = format!("cannot see the password file {}: {error}", path.display());
                self.warning("mail.password_file", what);
            }
            Ok(metadata) if metadata.permissions().mode() & 0o007 != 0 => {
                let what = format!(
                    "every user can read the password file {path}; chmod 600 {path}",
                    path = path.display(),
                );
                self.warning("mail.password_file", what);
            }
            Ok(_) => {}
        }
    }

    fn ca_file(&mut self, typed: &str) -> Option<PathBuf> {
        let path = self.path(typed)?;
        if let Err(error) = std::fs::metadata(&path) {
            let what = format!("cannot see `ca_file` {}: {error}", path.display());
            self.problem("mail.ca_file", what);
        }
        Some(path)
    }

    /// The sender; where none is written, the login. Chinese providers refuse a sender other than
    /// the login ("501 mail from address must be same as authorization user").
    fn sender(&mut self, mail: &MailConfig, transport: &Transport) -> String {
        let login = match transport {
            Transport::Smtp(smtp) => smtp.username.as_deref().filter(|name| name.contains('@')),
            Transport::File { .. } => None,
        };
        if let Some(login) = login
            && mail.from == MailConfig::default().from
        {
            return self.address("mail.username", login);
        }
        let from = self.address("mail.from", &mail.from);
        if let Some(login) = login
            && !bare(&from).eq_ignore_ascii_case(login)
        {
            let what = format!(
                "`from` is {}, the login {login}; many servers refuse a sender other than the \
                 login",
                bare(&from),
            );
            self.warning("mail.from", what);
        }
        from
    }

    fn addresses(&mut self, key: &str, typed: &[String]) -> Vec<String> {
        typed
            .iter()
            .enumerate()
            .map(|(index, address)| self.address(&format!("{key}[{index}]"), address))
            .collect()
    }

    fn address(&mut self, key: &str, typed: &str) -> String {
        let address = typed.trim();
        if let Err(why) = check_address(address) {
            self.problem(key, format!("{typed:?} is no mail address: {why}"));
        }
        address.to_owned()
    }

    /// The collector reads files of this ending only.
    fn metrics_file(&mut self, typed: &str) -> Option<PathBuf> {
        let path = self.path(typed)?;
        if path.extension().is_none_or(|extension| extension != "prom") {
            let what =
                format!("`textfile` is {typed:?}; node_exporter reads files ending in .prom");
            self.problem("metrics.textfile", what);
        }
        Some(path)
    }

    // Rules

    fn policy(&mut self, config: &Config) -> Policy {
        let mut policy = Policy::default();
        policy.off.extend(config.rules.off.iter().cloned());
        for (rule, typed) in &config.rules.severity {
            let severity = match typed.as_str() {
                "error" => Severity::Error,
                "warning" => Severity::Warning,
                "info" => Severity::Info,
                other => {
                    let what = format!(
                        "the severity of `{rule}` is {other:?}; write \"error\", \"warning\" or \
                         \"info\", or switch it off: off = [{rule:?}]",
                    );
                    self.problem(&format!("rules.severity.{rule}"), what);
                    continue;
                }
            };
            policy.severity.insert(rule.clone(), severity);
        }
        policy
    }
}

const SHORTEST_RESCAN: Duration = Duration::from_millis(100);
const A_SECOND: Duration = Duration::from_secs(1);

/// `.` and `..` resolved by name, so that paths can be compared; links are left alone.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

/// `08:30`
fn parse_time(typed: &str) -> Option<Time> {
    Time::strptime("%H:%M", typed).ok()
}

fn parse_duration(typed: &str) -> Result<Duration, String> {
    let signed: SignedDuration = typed.parse().map_err(|_| {
        match typed.chars().any(|c| matches!(c, 'd' | 'w' | 'y' | 'D' | 'W' | 'Y' | '天' | '日'))
        {
            true => "days are not understood, write hours: \"48h\" for two days",
            false => "write hours, minutes and seconds: \"48h\", \"2m\", \"1h 30m\", \"3s\"",
        }
    })?;
    Duration::try_from(signed).map_err(|_| "write a duration that is not negative".to_owned())
}

fn host_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']')
}

/// The address in `name <address>`, or the whole.
fn bare(address: &str) -> &str {
    let inner = address.strip_suffix('>').and_then(|rest| rest.rsplit_once('<'));
    inner.map_or(address, |(_, inner)| inner)
}

/// Looks at the part of a mail address's syntax that people get wrong; the mail library checks the
/// rest. A local part that is not ASCII needs SMTPUTF8, which few servers offer.
///
/// # Errors
/// What is wrong with it.
pub fn check_address(address: &str) -> Result<(), &'static str> {
    if address.chars().any(char::is_control) {
        return Err("it holds a control character");
    }
    let Some((local, domain)) = bare(address).rsplit_once('@') else {
        return Err("write it as name@example.gov.cn");
    };
    if !local.is_ascii() {
        return Err("most mail servers refuse letters other than English before the @");
    }
    if !domain.is_ascii() {
        return Err("write the domain in its xn-- form");
    }
    let unquoted = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if local.is_empty() || !local.chars().all(unquoted) {
        return Err("write letters, digits, dots and hyphens before the @");
    }
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if !domain.split('.').all(label) {
        return Err("write a domain such as example.gov.cn after the @");
    }
    Ok(())
}
