//! From notices to finished mails. What the outbox and the ledger have in common.

use jiff::Timestamp;
use tracing::error;

use super::live::{Live, Setup};
use crate::notice::{Letter, NoticeError, Stationery};
use crate::store::{MailDraft, NoticeToSend};
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

    /// `coalesce = "0s"`: mails are composed in the verdict's own transaction.
    pub(super) fn is_at_once(&self) -> bool {
        self.live.settings().mail.coalesce.is_zero()
    }

    /// The mails that tell these notices. What cannot be put into words stays a waiting notice.
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
        let freeze = |letter: &notice::Letter| match mail::freeze(letter, &settings.mail, now) {
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
