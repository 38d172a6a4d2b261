//! `gouji notices`: mails that have not gone out, and sending one again.

use std::io::Write;

use super::Exit;
use crate::config::Settings;
use crate::form::Forms;
use crate::store::{MailId, Store};

/// Lists the mails that wait for another attempt or were given up.
pub(super) fn list(settings: &Settings) -> anyhow::Result<Exit> {
    let path = super::status::database(settings)?;
    let status = Store::open_read_only(path)?.status()?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{} mails sent, {} to be sent, {} in trouble; {} notices not yet in a mail",
        status.mails_sent,
        status.mails_queued,
        status.mails_in_trouble.len(),
        status.notices_waiting,
    )?;
    for mail in &status.mails_in_trouble {
        super::status::trouble(&mut out, mail, &settings.zone)?;
    }
    Ok(Exit::Fine)
}

/// Puts a mail back into the queue, to those who have not got it.
pub(super) fn retry(settings: &Settings, forms: &Forms, id: i64) -> anyhow::Result<Exit> {
    let path = super::status::database(settings)?;
    let now = crate::clock::now();
    let mut store = Store::open(path, forms, &settings.policy, now)?;
    let found = store.retry_mail(MailId(id), now)?;
    store.checkpoint_and_close()?;
    anyhow::ensure!(
        found,
        "there is no mail {id} that can be sent again; `gouji notices` lists those"
    );
    writeln!(
        std::io::stdout(),
        "mail {id} is due; a running gouji sends it within a minute, or when the mail server answers again"
    )?;
    Ok(Exit::Fine)
}
