//! `gouji doctor`: what this process really sees of everything the service needs, each trouble with its
//! remedy. It looks and changes nothing, except that it tries out a reader on a text of its own.
//!
//! What it sees is what *it* may see. The service runs as another user and in namespaces of its own; so
//! where it runs, doctor says how to be run in its place.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, access};

use super::space::Space;
use super::terminal::{Style, Terminal, plain};
use super::{Exit, processors, status, usable_forms};
use crate::clock;
use crate::config::{self, After, Origin, Settings, Transport};
use crate::daemon;
use crate::inspect::Reading;
use crate::mail;
use crate::store::{Reader, Store, Witness};
use crate::watch::mounts::{self, Mode};
use crate::watch::names::shown;
use crate::watch::scan;
use crate::worker::{Workers, recognition};

/// Size of the log that shows that somebody reads for too long.
const LARGE_LOG: u64 = 64 << 20;
/// Watches that other programs should be left.
const WATCHES_FOR_OTHERS: u64 = 1024;

/// What was found about one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    /// Works, and may surprise somebody.
    Note,
    /// Does not work.
    Bad,
}

/// The findings, printed as they come: some take seconds.
struct Doctor<W> {
    out: W,
    terminal: Terminal,
    bad: usize,
}

/// Looks at everything; exit status 1: something does not work.
pub(super) async fn doctor(explicit: Option<&Path>) -> anyhow::Result<Exit> {
    let mut doctor = Doctor { out: std::io::stdout(), terminal: Terminal::of_stdout(), bad: 0 };
    doctor.program()?;
    let Some(settings) = doctor.configuration(explicit)? else { return doctor.end() };
    doctor.service(&settings)?;
    doctor.clock(&settings)?;
    for folder in &settings.drop.folders {
        doctor.drop_folder(folder, &settings)?;
    }
    doctor.watches(&settings)?;
    doctor.outputs(&settings)?;
    doctor.database(&settings)?;
    doctor.spaces(&settings)?;
    doctor.reader().await?;
    doctor.recognition(&settings)?;
    doctor.mail(&settings).await?;
    doctor.end()
}

impl<W: Write> Doctor<W> {
    fn say(&mut self, health: Health, about: &str, what: &str) -> std::io::Result<()> {
        let (word, style) = match health {
            Health::Good => ("ok     ", Style::Green),
            Health::Note => ("note   ", Style::Yellow),
            Health::Bad => ("PROBLEM", Style::Red),
        };
        self.bad += usize::from(health == Health::Bad);
        writeln!(self.out, "{} {about:<10} {}", self.terminal.paint(style, word), plain(what))
    }

    fn good(&mut self, about: &str, what: impl AsRef<str>) -> std::io::Result<()> {
        self.say(Health::Good, about, what.as_ref())
    }

    fn note(&mut self, about: &str, what: impl AsRef<str>) -> std::io::Result<()> {
        self.say(Health::Note, about, what.as_ref())
    }

    fn bad(&mut self, about: &str, what: impl AsRef<str>) -> std::io::Result<()> {
        self.say(Health::Bad, about, what.as_ref())
    }

    fn end(&mut self) -> anyhow::Result<Exit> {
        match self.bad {
            0 => writeln!(self.out, "nothing stands in the way")?,
            1 => writeln!(self.out, "1 problem")?,
            some => writeln!(self.out, "{some} problems")?,
        }
        Ok(if self.bad == 0 { Exit::Fine } else { Exit::Found })
    }

    fn program(&mut self) -> std::io::Result<()> {
        let who = Identity::own();
        let version = env!("CARGO_PKG_VERSION");
        self.good("program", format!("gouji {version}, run by {}", who.shown()))
    }

    /// `None`: there is nothing to go on with.
    fn configuration(&mut self, explicit: Option<&Path>) -> anyhow::Result<Option<Settings>> {
        let settings = match config::load(explicit) {
            Ok(settings) => settings,
            Err(problem) => {
                for line in problem.to_string().lines() {
                    self.bad("config", line)?;
                }
                return Ok(None);
            }
        };
        self.good("config", settings.origin.to_string())?;
        for warning in &settings.warnings {
            self.note("config", warning.to_string())?;
        }
        match usable_forms(&settings) {
            Ok(forms) => {
                let ids: Vec<&str> = forms.iter().map(|form| form.id.as_str()).collect();
                self.good("forms", ids.join(", "))?;
            }
            Err(problem) => {
                for line in problem.to_string().lines() {
                    self.bad("forms", line)?;
                }
            }
        }
        if let Err(problem) = settings.offices() {
            for line in problem.to_string().lines() {
                self.bad("roster", line)?;
            }
        }
        Ok(Some(settings))
    }

    /// Whether the service runs, and whether it sees what this process sees.
    fn service(&mut self, settings: &Settings) -> std::io::Result<()> {
        let database = &settings.database.path;
        let Some(pid) = daemon::holder(database) else {
            return self.note("service", "`gouji run` does not run with this database");
        };
        let pulse = daemon::last_pulse(database);
        let version = pulse.map_or_else(|| "?".to_owned(), |pulse| pulse.version);
        self.good("service", format!("running as process {pid}, version {version}"))?;
        let own = Identity::own();
        let Some(other) = Identity::of(&pid) else { return Ok(()) };
        let (here, there) = (namespace("self"), namespace(&pid));
        let elsewhere = here.is_some() && there.is_some() && here != there;
        if other == own && !elsewhere {
            return self.good("service", "sees what is told below");
        }
        let groups: Vec<String> = other.groups.iter().map(u32::to_string).collect();
        self.note(
            "service",
            format!(
                "runs as {}{}; for what it sees, run as root: nsenter --target {pid} --mount \
                 setpriv --reuid {} --regid {} --groups {} {}gouji {}doctor",
                other.shown(),
                if elsewhere { ", in a file system view of its own" } else { "" },
                other.uid,
                other.gid,
                if groups.is_empty() { other.gid.to_string() } else { groups.join(",") },
                match other.state_directory(&pid) {
                    Some(state) => format!("env STATE_DIRECTORY={state} "),
                    None => String::new(),
                },
                match &settings.origin {
                    Origin::File(path) => format!("--config {} ", path.display()),
                    Origin::BuiltIn(_) => String::new(),
                },
            ),
        )
    }

    fn clock(&mut self, settings: &Settings) -> std::io::Result<()> {
        let now = clock::now().to_zoned(settings.zone.clone());
        let shown = now.strftime("%Y-%m-%d %H:%M:%S %:z").to_string();
        match settings.zone.iana_name() {
            Some(name) if name != "Etc/Unknown" => self.good("time", format!("{shown}, {name}")),
            _ => self.note(
                "time",
                format!(
                    "{shown}; the time zone is not known: `timedatectl set-timezone Asia/Shanghai`"
                ),
            ),
        }
    }

    fn drop_folder(&mut self, folder: &Path, settings: &Settings) -> std::io::Result<()> {
        let path = shown(folder);
        let listing = match scan::scan(folder, &daemon::own_places(settings)) {
            Ok(listing) => listing,
            Err(error) => return self.bad("folder", unreachable(folder, error)),
        };
        let device = rustix::fs::stat(folder).map_or(0, |stat| stat.st_dev);
        let mode = match mounts::mode_of(folder, device, settings.drop.events) {
            Ok(Mode::Events) => "events".to_owned(),
            Ok(Mode::EventsOff) => "polled, because events are switched off".to_owned(),
            Ok(Mode::Polled(name)) => {
                format!("polled, because {name} does not tell what other machines do")
            }
            Err(error) => format!("polled, its file system cannot be told: {error}"),
        };
        let (files, below) = (listing.files.len(), listing.folders.len().saturating_sub(1));
        self.good("folder", format!("{path}: {files} files, {below} folders below it, {mode}"))?;
        for (path, obstacle) in listing.unseen.iter().take(3) {
            self.bad("folder", format!("{}: {obstacle}", shown(path)))?;
        }
        let closed: Vec<&PathBuf> =
            listing.files.keys().filter(|file| access(*file, Access::READ_OK).is_err()).collect();
        if let Some(first) = closed.first() {
            let what = format!(
                "{} files cannot be read, e.g. {}; let the group of the service read them (with \
                 Samba: `force group`, `create mask = 0660`)",
                closed.len(),
                shown(first)
            );
            self.bad("folder", what)?;
        }
        self.writable_folder(folder, settings)
    }

    fn writable_folder(&mut self, folder: &Path, settings: &Settings) -> std::io::Result<()> {
        if access(folder, Access::WRITE_OK).is_ok() {
            return Ok(());
        }
        let path = shown(folder);
        match settings.drop.after {
            After::Archive(_) => self.bad(
                "folder",
                format!(
                    "{path} cannot be written to, so nothing can be archived from it; give the \
                     service write permission, and ReadWritePaths=-{path} with `systemctl edit gouji`"
                ),
            ),
            After::Leave => self.note(
                "folder",
                format!(
                    "{path} cannot be written to: gouji leaves no marker in it, and knows it from \
                     an empty mount point by its device and files alone"
                ),
            ),
        }
    }

    /// The kernel's limits on events.
    fn watches(&mut self, settings: &Settings) -> std::io::Result<()> {
        if !settings.drop.events {
            return Ok(());
        }
        let limit = |name: &str| -> Option<u64> {
            let path = format!("/proc/sys/fs/inotify/{name}");
            std::fs::read_to_string(path).ok()?.trim().parse().ok()
        };
        let own = daemon::own_places(settings);
        let folders = settings.drop.folders.iter();
        let needed: usize = folders
            .filter_map(|folder| scan::scan(folder, &own).ok())
            .map(|listing| listing.folders.len())
            .sum();
        let needed = u64::try_from(needed).unwrap_or(u64::MAX);
        match (limit("max_user_watches"), limit("max_user_instances")) {
            (Some(watches), _) if watches < needed.saturating_add(WATCHES_FOR_OTHERS) => self.bad(
                "events",
                format!(
                    "{needed} folders to watch, and fs.inotify.max_user_watches is {watches}: what \
                     finds no room is polled; `sysctl fs.inotify.max_user_watches={}`",
                    needed.saturating_mul(4).max(65_536)
                ),
            ),
            (Some(watches), Some(instances)) => self.good(
                "events",
                format!("{needed} folders to watch of {watches}, {instances} instances"),
            ),
            // ProcSubset=pid hides them from a service.
            _ => self.note("events", "the kernel's limits on events cannot be seen from here"),
        }
    }

    /// The places gouji writes to.
    fn outputs(&mut self, settings: &Settings) -> std::io::Result<()> {
        let database = settings.database.path.parent();
        let mut places: Vec<(&str, PathBuf)> =
            database.map(|folder| ("database", folder.to_owned())).into_iter().collect();
        if let After::Archive(archive) = &settings.drop.after {
            places.push(("archive", archive.clone()));
        }
        if let Transport::File { folder } = &settings.mail.transport {
            places.push(("mail", folder.clone()));
        }
        for (about, file) in
            [("snapshot", &settings.database.snapshot), ("metrics", &settings.metrics_file)]
        {
            let folder = file.as_deref().and_then(Path::parent);
            places.extend(folder.map(|folder| (about, folder.to_owned())));
        }
        for (about, folder) in places {
            // A folder that is not there yet is made in the one above it, except for a file's.
            let made = !matches!(about, "snapshot" | "metrics");
            let place = if made { nearest(&folder) } else { &folder };
            match access(place, Access::WRITE_OK | Access::EXEC_OK) {
                Ok(()) => self.good(about, format!("{} can be written to", shown(&folder)))?,
                Err(error) => self.bad(
                    about,
                    format!(
                        "{} cannot be written to ({}); make it writable for the service: owner and \
                         mode, and ReadWritePaths=-{} with `systemctl edit gouji`",
                        shown(place),
                        std::io::Error::from(error),
                        shown(&folder),
                    ),
                )?,
            }
        }
        Ok(())
    }

    fn database(&mut self, settings: &Settings) -> std::io::Result<()> {
        let path = match status::database(settings) {
            Ok(path) => path,
            Err(_) => {
                let what =
                    format!("{} is made at the first start", settings.database.path.display());
                return self.note("database", what);
            }
        };
        let looked = Store::open_read_only(path).and_then(|store| {
            let status = store.status()?;
            Store::look_for_damage(path, || false)?;
            Ok(status)
        });
        match looked {
            Ok(status) => {
                let reports = status.reports_passed + status.reports_failed;
                let what = format!(
                    "{}: whole, schema {}, {reports} current reports",
                    path.display(),
                    status.schema
                );
                self.good("database", what)?;
            }
            Err(problem) => self.bad("database", problem.to_string())?,
        }
        let [_, log, _] = Store::files_of(path);
        let bytes = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
        let readers = readers(path);
        if bytes > LARGE_LOG {
            let who = if readers.is_empty() { "some program" } else { &readers };
            let what = format!(
                "the log has grown to {} MB, because {who} stays in one transaction; end it, or let \
                 it read a snapshot ([database] snapshot)",
                bytes >> 20,
            );
            self.bad("database", what)?;
        } else if !readers.is_empty() {
            self.good("database", format!("being read by {readers}"))?;
        }
        Ok(())
    }

    fn spaces(&mut self, settings: &Settings) -> std::io::Result<()> {
        let mut places = vec![nearest(&settings.database.path)];
        if let After::Archive(archive) = &settings.drop.after {
            places.push(nearest(archive));
        }
        if let Transport::File { folder } = &settings.mail.transport {
            places.push(nearest(folder));
        }
        let mut told = Vec::new();
        for place in places {
            let Ok(stat) = rustix::fs::stat(place) else { continue };
            if told.contains(&stat.st_dev) {
                continue;
            }
            told.push(stat.st_dev);
            match Space::around(place) {
                Some(space) if space.is_none() => self.bad("disk", space.told)?,
                Some(space) if space.is_little() => self.note("disk", space.told)?,
                Some(space) => self.good("disk", space.told)?,
                None => {}
            }
        }
        Ok(())
    }

    /// Reads a text as the service reads files.
    async fn reader(&mut self) -> std::io::Result<()> {
        let workers = Workers::new(processors());
        match workers.confinement().await {
            Ok(confinement) if confinement.is_whole() => {
                self.good("reader", format!("confined: {confinement}"))?;
            }
            Ok(confinement) => self.note("reader", format!("confined by limits; {confinement}"))?,
            // What follows says why no reader can be had.
            Err(_) => {}
        }
        match workers.read("doctor.txt", "政府信息公开".as_bytes()).await {
            Ok(Reading::Documents(_)) => self.good("reader", "reads a file"),
            Ok(Reading::Refused(refusal)) => {
                self.bad("reader", format!("BUG: a plain text was refused: {refusal}"))
            }
            Ok(Reading::Lost(lost)) => self.bad(
                "reader",
                format!("{}; the machine or the service's limits leave too little", lost.detail()),
            ),
            Err(problem) => self.bad("reader", problem.to_string()),
        }
    }

    /// Scans are read by another program.
    fn recognition(&mut self, settings: &Settings) -> std::io::Result<()> {
        match recognition::find(settings.recogniser.as_deref()) {
            Ok(found) => self.good("scans", format!("{} with Chinese (chi_sim)", found.version)),
            Err(lacking) => self.note("scans", format!("scans cannot be read: {lacking}")),
        }
    }

    async fn mail(&mut self, settings: &Settings) -> std::io::Result<()> {
        let Transport::Smtp(smtp) = &settings.mail.transport else {
            return self
                .note("mail", "mails are written as files; set [mail] transport = \"smtp\"");
        };
        let patience = smtp.timeout.min(Duration::from_secs(15));
        let server = format!("{}:{}", smtp.host, smtp.port);
        let reached = tokio::time::timeout(patience, mail::reach(smtp)).await;
        match reached.unwrap_or_else(|_| Err("it does not answer".into())) {
            Ok(()) => self.good("mail", format!("{server} takes the login; nothing was sent")),
            Err(said) => {
                let advice = mail::advice(&said)
                    .map(|known| format!(" ({}; {})", known.means, known.advice));
                self.bad("mail", format!("{server}: {said}{}", advice.unwrap_or_default()))
            }
        }
    }
}

/// Who is reading it at this moment, beside the service itself; empty: nobody.
fn readers(database: &Path) -> String {
    let readers = Witness::of(database).readers().unwrap_or_default();
    let own = daemon::holder(database);
    let named: Vec<String> = readers
        .iter()
        .filter(|reader| own != Some(reader.pid.to_string()))
        .map(Reader::to_string)
        .collect();
    named.join(", ")
}

/// Why a drop folder cannot be listed, and what to do.
fn unreachable(folder: &Path, error: rustix::io::Errno) -> String {
    let (path, who) = (shown(folder), Identity::own().shown());
    let why = std::io::Error::from(error);
    let is_home = folder.starts_with("/home") || folder.starts_with("/root");
    let remedy = match error {
        rustix::io::Errno::NOENT | rustix::io::Errno::ACCESS if is_home => {
            "the service does not see /home: ProtectHome=no with `systemctl edit gouji`, or a \
             folder elsewhere"
                .to_owned()
        }
        rustix::io::Errno::NOENT => {
            "make it, mount its share, or correct [drop] folders".to_owned()
        }
        rustix::io::Errno::ACCESS => format!(
            "let {who} into it: SupplementaryGroups= with `systemctl edit gouji`, mode 2770 with \
             that group"
        ),
        _ => "see whether its share is mounted and answers".to_owned(),
    };
    format!("{path}: {why}; {remedy}")
}

/// The path itself, or the nearest folder above it that is there.
fn nearest(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

/// Who a process is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    uid: u32,
    gid: u32,
    groups: Vec<u32>,
}

impl Identity {
    fn own() -> Self {
        Self::of("self").unwrap_or(Self { uid: 0, gid: 0, groups: Vec::new() })
    }

    /// As `/proc/<pid>/status` tells.
    fn of(pid: &str) -> Option<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let numbers = |key: &str| -> Vec<u32> {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.unwrap_or_default().split_whitespace().filter_map(|n| n.parse().ok()).collect()
        };
        // Real, effective, saved, file system: the last decides about files.
        let mut groups = numbers("Groups:");
        groups.sort_unstable();
        Some(Self { uid: *numbers("Uid:").last()?, gid: *numbers("Gid:").last()?, groups })
    }

    fn shown(&self) -> String {
        let name = |file: &str, id: u32| -> String {
            let table = std::fs::read_to_string(file).unwrap_or_default();
            let id = id.to_string();
            let entry = table.lines().find(|line| line.split(':').nth(2) == Some(&*id));
            let name = entry.and_then(|line| line.split(':').next()).map(str::to_owned);
            name.unwrap_or(id)
        };
        let groups: Vec<String> =
            self.groups.iter().map(|group| name("/etc/group", *group)).collect();
        let user = name("/etc/passwd", self.uid);
        match groups.is_empty() {
            true => format!("{user} (group {})", name("/etc/group", self.gid)),
            false => format!("{user} (groups {})", groups.join(", ")),
        }
    }

    /// Where systemd told a service to keep its data.
    fn state_directory(&self, pid: &str) -> Option<String> {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
        let mut variables = environment.split(|byte| *byte == 0);
        let value = variables.find_map(|variable| variable.strip_prefix(b"STATE_DIRECTORY="))?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

/// Which view of the file systems a process has.
fn namespace(pid: &str) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/ns/mnt")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doctor() -> Doctor<Vec<u8>> {
        Doctor { out: Vec::new(), terminal: Terminal { width: 80, colour: false }, bad: 0 }
    }

    #[test]
    fn only_problems_count() {
        let mut doctor = doctor();
        doctor.good("a", "fine").unwrap();
        doctor.note("b", "odd").unwrap();
        assert_eq!(doctor.end().unwrap(), Exit::Fine);
        doctor.bad("c", "broken").unwrap();
        assert_eq!(doctor.end().unwrap(), Exit::Found);
        let said = String::from_utf8(doctor.out).unwrap();
        assert!(said.contains("ok      a          fine\nnote    b          odd\n"), "{said}");
        assert!(said.ends_with("PROBLEM c          broken\n1 problem\n"), "{said}");
    }

    #[test]
    fn this_process_is_who_the_system_says() {
        let own = Identity::own();
        assert_eq!(own.uid, rustix::process::getuid().as_raw());
        assert_eq!(own.gid, rustix::process::getgid().as_raw());
        assert_eq!(Identity::of("no such process"), None);
    }
}
