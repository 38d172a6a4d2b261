//! From notices to finished mails. What the outbox and the ledger have in common.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::error;

use crate::config::Settings;
use crate::form::Forms;
use crate::notice::{Letter, NoticeError, Stationery};
use crate::store::{MailDraft, NoticeToSend};
use crate::{mail, notice};

/// Writes letters and freezes them into mails.
#[derive(Clone)]
pub(super) struct Composer {
    settings: Arc<Settings>,
    forms: Arc<Forms>,
    stationery: Arc<Stationery>,
}

impl Composer {
    pub(super) fn new(settings: Arc<Settings>, forms: Arc<Forms>, stationery: Stationery) -> Self {
        Self { settings, forms, stationery: Arc::new(stationery) }
    }

    /// `coalesce = "0s"`: mails are composed in the verdict's own transaction.
    pub(super) fn is_at_once(&self) -> bool {
        self.settings.mail.coalesce.is_zero()
    }

    /// The mails that tell these notices. What cannot be put into words stays a waiting notice.
    pub(super) fn compose(&self, notices: &[NoticeToSend], now: Timestamp) -> Vec<MailDraft> {
        let letters = match self.letters(notices) {
            Ok(letters) => letters,
            Err(problem) => {
                error!("{} notices wait: {problem}", notices.len());
                return Vec::new();
            }
        };
        let freeze = |letter: &notice::Letter| match mail::freeze(letter, &self.settings.mail, now)
        {
            Ok(draft) => Some(draft),
            Err(problem) => {
                error!("cannot make a mail of \"{}\": {problem}", letter.subject);
                None
            }
        };
        letters.iter().filter_map(freeze).collect()
    }

    /// A template of the office's own that fails on what its trial did not show holds up no mail.
    fn letters(&self, notices: &[NoticeToSend]) -> Result<Vec<Letter>, NoticeError> {
        let write = |stationery: &Stationery| {
            notice::write(notices, stationery, &self.forms, &self.settings.zone)
        };
        write(&self.stationery).or_else(|problem| {
            error!("{problem}; the built-in templates are used instead");
            write(&Stationery::built_in()?)
        })
    }
}
