//! `gouji mail`: whether mails go out, and what they look like. Neither needs the service nor
//! disturbs it; nothing is recorded.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;

use super::terminal::plain;
use super::{Exit, check};
use crate::check::Verdict;
use crate::config::{MailSettings, Settings, Tls, Transport};
use crate::form::Forms;
use crate::mail::{self, Courier, Delivery, DeliveryReport, Transcript, advice};
use crate::notice::{self, Letter, Stationery};
use crate::store::{MailDraft, MailId, NoticeToSend, QueuedMail, ReportId, Store};

/// What `gouji mail test` is asked.
pub(super) struct Trial {
    /// Instead of the administrator's addresses.
    pub(super) to: Vec<String>,
    /// End before the mail itself.
    pub(super) no_mail: bool,
}

/// Makes the way to the mail server that every mail makes, and says what came of it.
pub(super) async fn test(
    trial: Trial,
    mut settings: Settings,
    stationery: &Stationery,
) -> anyhow::Result<Exit> {
    if !trial.to.is_empty() {
        settings.mail.admin = trial.to;
    }
    let settings = &settings.mail;
    let mut out = std::io::stdout();
    writeln!(out, "{}", way(settings))?;
    let now = crate::clock::now();
    let letter = Letter { key: format!("trial {now}"), ..notice::trial(stationery)? };
    let draft = mail::freeze(&letter, settings, now)?;
    let transcript = Transcript::kept();
    let mut courier = Courier::recording(settings, &transcript);

    let others: Vec<String> =
        settings.to.iter().filter(|to| !settings.admin.contains(to)).cloned().collect();
    let asked = if trial.no_mail { [&draft.recipients[..], &others].concat() } else { others };
    let mut reports = Vec::new();
    if !trial.no_mail {
        reports.push((courier.deliver(&queued(draft, now)).await, "took the test mail for"));
    }
    let is_down =
        |(report, _): &(DeliveryReport, _)| matches!(report, DeliveryReport::ServerDown(_));
    if !asked.is_empty() && !reports.iter().any(is_down) {
        reports.push((courier.ask(&asked).await, "would take mail for"));
    }
    courier.close().await;
    write!(out, "{}", plain_lines(&transcript.to_string()))?;
    writeln!(out)?;
    let mut exit = Exit::Fine;
    for (report, took) in &reports {
        exit = exit.max(tell(&mut out, report, took, &settings.transport)?);
    }
    Ok(exit)
}

/// Where mails go, and how.
fn way(settings: &MailSettings) -> String {
    let from = plain(&settings.from);
    match &settings.transport {
        Transport::File { folder } => {
            format!("mails are written as .eml files into {}, from {from}", folder.display())
        }
        Transport::Smtp(smtp) => {
            let tls = match smtp.tls {
                Tls::Implicit => "TLS from the start",
                Tls::StartTls => "STARTTLS",
                Tls::None => "not encrypted",
            };
            let login = match &smtp.username {
                Some(name) => format!("login {}", plain(name)),
                None => "no login".to_owned(),
            };
            format!("server {}:{}, {tls}, {login}, from {from}", smtp.host, smtp.port)
        }
    }
}

/// What the server says comes from elsewhere.
fn plain_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", plain(line))).collect()
}

/// What came of it for each recipient, in plain words, and what to do.
fn tell(
    out: &mut impl Write,
    report: &DeliveryReport,
    took: &str,
    transport: &Transport,
) -> anyhow::Result<Exit> {
    let subject = match transport {
        Transport::File { .. } => "The folder",
        Transport::Smtp(_) => "The server",
    };
    let mut exit = Exit::Fine;
    let mut trouble = |out: &mut _, what: String, said: &str| -> anyhow::Result<()> {
        exit = Exit::Found;
        explain(out, &what, said)
    };
    match report {
        DeliveryReport::ServerDown(said) => {
            trouble(out, "Mails do not go out".to_owned(), said)?;
        }
        DeliveryReport::Recipients(outcomes) => {
            for (recipient, outcome) in outcomes {
                let to = plain(recipient);
                match outcome {
                    Delivery::Sent => writeln!(out, "{subject} {took} {to}.")?,
                    Delivery::Retry(said) | Delivery::Delay(said) => {
                        trouble(out, format!("Not now for {to}; gouji would try again"), said)?;
                    }
                    Delivery::Failed(said) => trouble(out, format!("Refused for {to}"), said)?,
                }
            }
        }
    }
    Ok(exit)
}

fn explain(out: &mut impl Write, what: &str, said: &str) -> anyhow::Result<()> {
    writeln!(out, "{what}: {}", plain(said))?;
    match advice(said) {
        Some(known) => {
            writeln!(out, "  This means: {}.", known.means)?;
            writeln!(out, "  办法：{}", known.advice)?;
        }
        None => {
            writeln!(out, "  Nothing is known about this answer; ask whoever runs the server.")?
        }
    }
    Ok(())
}

fn queued(draft: MailDraft, now: Timestamp) -> QueuedMail {
    QueuedMail {
        id: MailId(0),
        message_id: draft.message_id,
        subject: draft.subject,
        recipients_open: draft.recipients,
        bytes: draft.bytes,
        attempts: 0,
        created_at: now,
        queued_at: now,
        next_attempt_at: now,
        last_error: None,
    }
}

/// What `gouji mail preview` is asked.
pub(super) struct Preview {
    /// A file, the number of a recorded report, or a unit.
    pub(super) report: PathBuf,
    /// Of a unit: which report.
    pub(super) year: Option<i16>,
    /// Folder for the mail.
    pub(super) into: PathBuf,
}

/// Writes the mail about a report as `.eml` and `.html`, and its text to standard output.
pub(super) async fn preview(
    preview: Preview,
    settings: &Settings,
    forms: &Forms,
    stationery: &Stationery,
) -> anyhow::Result<Exit> {
    let notices = match preview.report.exists() {
        true => of_file(&preview.report, settings, forms).await?,
        false => vec![recorded(&preview, settings)?],
    };
    let owed: Vec<NoticeToSend> = notices.into_iter().filter(owes_mail).collect();
    let mut out = std::io::stdout();
    let letters = notice::write(&owed, stationery, forms, &settings.zone)?;
    let [letter] = letters.as_slice() else {
        writeln!(out, "no error was found in it: no mail would be sent")?;
        return Ok(Exit::Fine);
    };
    let draft = mail::freeze(letter, &settings.mail, crate::clock::now())?;
    let name = preview.report.file_name().unwrap_or(preview.report.as_os_str());
    let base = preview.into.join(format!("{}.mail", name.to_string_lossy()));
    let save = |extension: &str, bytes: &[u8]| {
        let path = with_suffix(&base, extension);
        std::fs::write(&path, bytes)
            .with_context(|| format!("cannot write {}", path.display()))
            .map(|()| path)
    };
    std::fs::create_dir_all(&preview.into)
        .with_context(|| format!("cannot make the folder {}", preview.into.display()))?;
    let eml = save("eml", &draft.bytes)?;
    let html = save("html", letter.html.as_bytes())?;
    writeln!(out, "Subject: {}\n\n{}", letter.subject, letter.text)?;
    writeln!(out, "written: {} and {}", shown(&eml), shown(&html))?;
    Ok(Exit::Fine)
}

/// The name of the report is kept whole: a preview never takes the place of a report.
fn with_suffix(base: &Path, extension: &str) -> PathBuf {
    let mut name = base.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}

fn shown(path: &Path) -> String {
    plain(&path.display().to_string())
}

/// Not for what passes, and not for temporary files.
fn owes_mail(notice: &NoticeToSend) -> bool {
    !matches!(notice.verdict, Verdict::Passed | Verdict::Ignored)
}

async fn of_file(
    path: &Path,
    settings: &Settings,
    forms: &Forms,
) -> anyhow::Result<Vec<NoticeToSend>> {
    let now = crate::clock::now();
    let modified = path.metadata()?.modified().ok();
    let modified = modified.and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(now);
    let name = check::file_name(path);
    let inspections = check::inspect_file(path, settings, forms).await?;
    let about = |inspection| NoticeToSend::about(inspection, &name, modified, now);
    Ok(inspections.iter().map(about).collect())
}

fn recorded(preview: &Preview, settings: &Settings) -> anyhow::Result<NoticeToSend> {
    let wanted = preview.report.to_string_lossy();
    let store = Store::open_read_only(super::status::database(settings)?)?;
    let id = match wanted.parse() {
        Ok(id) => Some(ReportId(id)),
        Err(_) => store.report_of_unit(&wanted, preview.year)?,
    };
    let found = id.map(|id| store.report_to_tell(id)).transpose()?.flatten();
    found.with_context(|| {
        format!(
            "{} is no file, no report_id of the database and no unit with a report in it",
            plain(&wanted)
        )
    })
}
