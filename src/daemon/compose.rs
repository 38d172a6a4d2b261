//! From notices to finished mails. What the outbox and the ledger have in common.

use jiff::Timestamp;
use tracing::error;

use super::live::{Live, Setup};
use crate::config::{MailSettings, Settings};
use crate::notice::{Letter, NoticeError, Stationery};
use crate::store::{Audience, MailDraft, NoticeToSend, Window};
use crate::{mail, notice};

/// Writes letters and freezes them into mails.
#[derive(Clone)]
pub(super) struct Composer {
    live: Live,
}

impl Composer {
    pub(super) fn new(live: Live) -> Self {
        Self { live }
    }

    /// `coalesce = "0s"`: the window in which mails are composed in the verdict's own transaction.
    pub(super) fn at_once(&self) -> Option<Window> {
        let settings = self.live.settings();
        let MailSettings { coalesce, hours, .. } = &settings.mail;
        let window = Window { coalesce: *coalesce, hours: hours.clone(), first_scan: false };
        coalesce.is_zero().then_some(window)
    }

    /// The mails that tell these notices, which are all for one audience. What cannot be put into
    /// words stays a waiting notice.
    pub(super) fn compose(&self, notices: &[NoticeToSend], now: Timestamp) -> Vec<MailDraft> {
        let setup = self.live.setup();
        let settings = &setup.settings;
        let letters = match letters(&setup, notices) {
            Ok(letters) => letters,
            Err(problem) => {
                error!("{} notices wait: {problem}", notices.len());
                return Vec::new();
            }
        };
        let mail = addressed(settings, notices);
        let freeze = |letter: &notice::Letter| match mail::freeze(letter, &mail, now) {
            Ok(draft) => Some(draft),
            Err(problem) => {
                error!("cannot make a mail of \"{}\": {problem}", letter.subject);
                None
            }
        };
        letters.iter().filter_map(freeze).collect()
    }
}

/// A template of the office's own that fails on what its trial did not show holds up no mail.
fn letters(setup: &Setup, notices: &[NoticeToSend]) -> Result<Vec<Letter>, NoticeError> {
    let Setup { settings, forms, stationery } = setup;
    let write = |stationery: &Stationery| notice::write(notices, stationery, forms, &settings.zone);
    write(stationery).or_else(|problem| {
        error!("{problem}; the built-in templates are used instead");
        write(&Stationery::built_in()?)
    })
}

/// Mail settings with the addresses of the audience in place of the office's. An office that is not
/// configured any more is the main one.
fn addressed(settings: &Settings, notices: &[NoticeToSend]) -> MailSettings {
    let mut mail = settings.mail.clone();
    let to = notices.first().and_then(|notice| match &notice.audience {
        Audience::Office(name) => {
            let office = settings.offices.iter().find(|office| office.name == *name);
            office.map(|office| office.to.clone())
        }
        Audience::Unit(_) => Some(notice.contacts.clone()),
        Audience::Administrator => None,
    });
    mail.to = to.unwrap_or(mail.to);
    mail
}
