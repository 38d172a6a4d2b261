//! From notices to letters: subject, plain text and HTML, in the words of an office. Pure text; knows
//! no SMTP and no SQL.
//!
//! What was found is already worded (see [`crate::check::Finding::message`]); here it is put in
//! order: causes first with what they explain, then what must be corrected, what should be confirmed,
//! what is worth knowing; within these by [`crate::form::Matter`]. One notice is a letter of its own,
//! several are a digest. Layout and subject are templates, `config/mail/*.txt` and `*.html`; both
//! parts of a letter say the same, and the text stands alone.
//!
//! Every value a file brings along (names, figures, sentences) passes `clean` and the HTML
//! templates escape all of them, so no report can forge a line, a link or a tag.

mod clean;
mod overdue;
mod specimen;
mod stationery;
mod subject;
mod table;
mod view;

use jiff::tz::TimeZone;
use serde::Serialize;

use crate::form::Forms;
use crate::store::{NoticeId, NoticeKind, NoticeToSend};
use overdue::Overdue;
pub use stationery::{NoticeError, Stationery, StationeryError, TemplateError};
use subject::About;
use view::{Digest, Item, Setting};

/// A letter to the county office or to the administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it tells, as stable text: the same notices give the same key, and so the same mail.
    pub key: String,
    /// One line, at most some sixty characters.
    pub subject: String,
    /// The plain part; lines end in `\n`.
    pub text: String,
    /// The HTML part: one page, no images, no scripts, nothing from elsewhere.
    pub html: String,
    /// Message-ID of the mail that began the thread.
    pub in_reply_to: Option<String>,
    /// The notices it tells.
    pub notices: Vec<NoticeId>,
    /// To the administrator instead of the office.
    pub to_admin: bool,
}

/// How many reports a digest tells in detail; its table lists all.
const DETAILED: usize = 50;

/// Writes the letters for `notices`, times in `zone`: at most one to the office, a list of those who
/// have not handed in, reminders to these, and one to the administrator.
///
/// # Errors
/// A template is broken.
pub fn write(
    notices: &[NoticeToSend],
    stationery: &Stationery,
    forms: &Forms,
    zone: &TimeZone,
) -> Result<Vec<Letter>, NoticeError> {
    let setting = Setting { forms, zone };
    let (admin, office): (Vec<_>, Vec<_>) =
        notices.iter().partition(|notice| notice.kind == NoticeKind::Administrator);
    let (overdue, office): (Vec<_>, Vec<_>) =
        office.into_iter().partition(|notice| notice.kind == NoticeKind::Overdue);
    let mut letters = Vec::new();
    letters.extend(to_office(office, stationery, &setting)?);
    letters.extend(about_overdue(overdue, stationery, forms)?);
    letters.extend(to_admin(admin, stationery, &setting)?);
    Ok(letters)
}

/// One report on an HTML page of its own, as it stands whatever was mailed about it: with its tables
/// and findings, for a receipt. [`NoticeToSend::about`] makes `told` of an inspection.
///
/// # Errors
/// A template is broken.
pub fn page(
    told: &NoticeToSend,
    stationery: &Stationery,
    forms: &Forms,
    zone: &TimeZone,
) -> Result<String, NoticeError> {
    let item = Item::page(told, &Setting { forms, zone });
    stationery.fill("report.html", &item.title, &item)
}

/// What was found in one file, each of its documents, on an HTML page of its own.
///
/// # Errors
/// A template is broken.
pub fn receipt(
    documents: &[NoticeToSend],
    stationery: &Stationery,
    forms: &Forms,
    zone: &TimeZone,
) -> Result<String, NoticeError> {
    let setting = Setting { forms, zone };
    let items: Vec<Item> = documents.iter().map(|told| Item::page(told, &setting)).collect();
    let title = items.first().map(|item| item.title.clone()).unwrap_or_default();
    stationery.fill("receipt.html", &title, &Receipt { items })
}

/// What the template of a receipt sees.
#[derive(Serialize)]
struct Receipt {
    items: Vec<Item>,
}

/// A letter that only shows that letters arrive.
///
/// # Errors
/// A template is broken.
pub fn trial(stationery: &Stationery) -> Result<Letter, NoticeError> {
    let subject = About::trial().written(stationery)?;
    let letter = Written::new("trial", subject, &(), stationery)?;
    Ok(letter.about(&[], true))
}

/// A file that is no report is a line in another letter, if there is another.
fn to_office(
    mut notices: Vec<&NoticeToSend>,
    stationery: &Stationery,
    setting: &Setting<'_>,
) -> Result<Option<Letter>, NoticeError> {
    notices.sort_by(|a, b| {
        (rank(a.kind), &a.unit, a.year, &a.file_name, &a.key).cmp(&(
            rank(b.kind),
            &b.unit,
            b.year,
            &b.file_name,
            &b.key,
        ))
    });
    let strangers = notices.iter().filter(|n| n.kind == NoticeKind::Unrecognised).count();
    let reports = notices.len() - strangers;
    let (digest, about) = match notices.as_slice() {
        [] => return Ok(None),
        [notice, rest @ ..] if reports <= 1 => {
            let is_told_by_first = reports == 1 || rest.is_empty();
            let about = match is_told_by_first {
                true => About::one(notice, setting.forms),
                false => About::several(&notices),
            };
            (Digest::single(notice, rest, setting), about)
        }
        all => (Digest::several(all, DETAILED, setting), About::several(all)),
    };
    let written = Written::new("letter", about.written(stationery)?, &digest, stationery)?;
    Ok(Some(written.about(&notices, false)))
}

/// A list for each year, and a reminder to each unit.
fn about_overdue(
    mut notices: Vec<&NoticeToSend>,
    stationery: &Stationery,
    forms: &Forms,
) -> Result<Vec<Letter>, NoticeError> {
    notices.sort_by(|a, b| (a.year, &a.unit, &a.key).cmp(&(b.year, &b.unit, &b.key)));
    let (reminders, listed): (Vec<_>, Vec<_>) =
        notices.into_iter().partition(|notice| overdue::is_reminder(notice));
    let mut letters = Vec::new();
    for list in listed.chunk_by(|a, b| a.year == b.year) {
        let subject = About::overdue(list, forms).written(stationery)?;
        let written = Written::new("overdue", subject, &Overdue::new(list), stationery)?;
        letters.push(written.about(list, false));
    }
    for notice in reminders {
        let (subject, alone) = (About::reminder(notice, forms).written(stationery)?, [notice]);
        let written = Written::new("reminder", subject, &Overdue::new(&alone), stationery)?;
        letters.push(written.about(&alone, false));
    }
    Ok(letters)
}

fn to_admin(
    notices: Vec<&NoticeToSend>,
    stationery: &Stationery,
    setting: &Setting<'_>,
) -> Result<Option<Letter>, NoticeError> {
    let Some(first) = notices.first() else { return Ok(None) };
    let about = match notices.as_slice() {
        [_] => About::one(first, setting.forms),
        all => About::conditions(all.len()),
    };
    let items: Vec<Item> = notices.iter().map(|notice| Item::new(notice, setting)).collect();
    let written = Written::new("admin", about.written(stationery)?, &items, stationery)?;
    Ok(Some(written.about(&notices, true)))
}

/// Subject and both parts.
struct Written {
    subject: String,
    text: String,
    html: String,
}

impl Written {
    /// Fills the templates `name.txt` and `name.html`.
    fn new(
        name: &str,
        subject: String,
        letter: &impl Serialize,
        stationery: &Stationery,
    ) -> Result<Self, NoticeError> {
        let text = stationery.fill(&format!("{name}.txt"), &subject, letter)?;
        let html = stationery.fill(&format!("{name}.html"), &subject, letter)?;
        Ok(Self { subject, text, html })
    }

    fn about(self, notices: &[&NoticeToSend], to_admin: bool) -> Letter {
        let key: Vec<_> = notices.iter().map(|n| format!("{:?} {}", n.kind, n.key)).collect();
        Letter {
            key: key.join("\n"),
            subject: self.subject,
            text: self.text,
            html: self.html,
            in_reply_to: thread(notices),
            notices: notices.iter().map(|notice| notice.id).collect(),
            to_admin,
        }
    }
}

/// The thread all the notices belong to, if they belong to one.
fn thread(notices: &[&NoticeToSend]) -> Option<String> {
    let mut threads = notices
        .iter()
        .filter(|notice| notice.kind != NoticeKind::Unrecognised)
        .map(|notice| notice.previous.as_ref().map(|previous| &previous.message_id));
    let first = threads.next()??;
    threads.all(|other| other == Some(first)).then(|| first.clone())
}

/// What the office must act upon comes first.
fn rank(kind: NoticeKind) -> u8 {
    match kind {
        NoticeKind::Failed => 0,
        NoticeKind::StillFailing => 1,
        NoticeKind::Unreadable => 2,
        NoticeKind::Overdue => 3,
        NoticeKind::Corrected => 4,
        NoticeKind::Administrator => 5,
        NoticeKind::Unrecognised => 6,
    }
}
