//! From notices to letters: subject, plain text and HTML, in the words of an office. Pure text; knows
//! no SMTP and no SQL.
//!
//! What was found is already worded (see [`crate::check::Finding::message`]); here it is put in
//! order: causes first with what they explain, then what must be corrected, what should be confirmed,
//! what is worth knowing. One notice is a letter of its own, several are a digest. The layout is in
//! `config/mail/*.txt` and `*.html`; both parts of a letter say the same, and the text stands alone.
//!
//! Every value a file brings along (names, figures, sentences) passes `clean` and the HTML
//! templates escape all of them, so no report can forge a line, a link or a tag.

mod clean;
mod page;
mod subject;
mod table;
mod view;

use jiff::tz::TimeZone;

use crate::form::Forms;
use crate::store::{NoticeId, NoticeKind, NoticeToSend};
use page::Pages;
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

/// Why a letter could not be written: a template is broken, which its tests should have told.
#[derive(Debug, thiserror::Error)]
#[error("BUG: letter template: {0}")]
pub struct NoticeError(#[from] minijinja::Error);

/// How many reports a digest tells in detail; its table lists all.
const DETAILED: usize = 50;

/// Writes the letters for `notices`, times in `zone`: at most one to the office and one to the
/// administrator.
///
/// # Errors
/// A template is broken.
pub fn write(
    notices: &[NoticeToSend],
    forms: &Forms,
    zone: &TimeZone,
) -> Result<Vec<Letter>, NoticeError> {
    let pages = Pages::load()?;
    let setting = Setting { forms, zone };
    let (admin, office): (Vec<_>, Vec<_>) =
        notices.iter().partition(|notice| notice.kind == NoticeKind::Administrator);
    let mut letters = Vec::new();
    letters.extend(to_office(office, &pages, &setting)?);
    letters.extend(to_admin(admin, &pages, &setting)?);
    Ok(letters)
}

/// A file that is no report is a line in another letter, if there is another.
fn to_office(
    mut notices: Vec<&NoticeToSend>,
    pages: &Pages,
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
    let (digest, subject) = match notices.as_slice() {
        [] => return Ok(None),
        [notice, rest @ ..] if reports <= 1 => {
            let is_told_by_first = reports == 1 || rest.is_empty();
            let subject = is_told_by_first.then(|| subject::of(notice));
            (Digest::single(notice, rest, setting), subject)
        }
        all => (Digest::several(all, DETAILED, setting), None),
    };
    let subject = subject.unwrap_or_else(|| subject::of_several(&notices));
    let (text, html) = pages.render("letter", &subject, &digest)?;
    Ok(Some(letter(&notices, subject, text, html, false)))
}

fn to_admin(
    notices: Vec<&NoticeToSend>,
    pages: &Pages,
    setting: &Setting<'_>,
) -> Result<Option<Letter>, NoticeError> {
    let Some(first) = notices.first() else { return Ok(None) };
    let subject = match notices.as_slice() {
        [_] => subject::of(first),
        all => subject::of_conditions(all.len()),
    };
    let items: Vec<Item> = notices.iter().map(|notice| Item::new(notice, setting)).collect();
    let (text, html) = pages.render("admin", &subject, &items)?;
    Ok(Some(letter(&notices, subject, text, html, true)))
}

fn letter(
    notices: &[&NoticeToSend],
    subject: String,
    text: String,
    html: String,
    to_admin: bool,
) -> Letter {
    let key: Vec<_> = notices.iter().map(|n| format!("{:?} {}", n.kind, n.key)).collect();
    Letter {
        key: key.join("\n"),
        subject,
        text,
        html,
        in_reply_to: thread(notices),
        notices: notices.iter().map(|notice| notice.id).collect(),
        to_admin,
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
