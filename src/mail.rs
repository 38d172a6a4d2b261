//! From a letter to the recipient: finished MIME bytes, and the way out, over SMTP or as files.
//! The only room that knows lettre; it knows no findings.
//!
//! A mail is frozen once ([`freeze`]): bytes and Message-ID stay the same at every attempt, so that
//! a repeat after a crash is recognised as one (at least once, RFC 1047). The caller writes each
//! attempt down before it is made and the outcome after it; between these it hands the mail to a
//! [`Courier`], and lets the [`Dispatcher`] decide what follows.
//!
//! There is no pool: gouji sends a few mails a day, and a parked connection is dead when it is
//! needed. A courier connects at its first mail and says goodbye after its last.

mod advice;
mod file;
mod message;
mod outcome;
mod schedule;
mod smtp;
mod transcript;
mod wire;

pub use advice::{Advice, advice};
pub use message::freeze;
pub use outcome::{Delivery, DeliveryReport};
pub use schedule::{Dispatcher, next_attempt};
pub use transcript::Transcript;

use std::path::Path;

use lettre::message::Mailbox;

use crate::config::{MailSettings, SmtpSettings, Transport};
use crate::store::QueuedMail;
use smtp::{Broken, Conversation};

/// Why a letter could not become a mail. Addresses are validated with the configuration, so none of
/// these should be met.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// An address of the configuration.
    #[error("`{0}` is no mail address")]
    Address(String),
    /// lettre refuses what it was given.
    #[error("cannot build the mail: {0}")]
    Build(String),
}

/// Carries a batch of mails. Dropping it is safe; [`Courier::close`] is polite.
pub struct Courier<'a> {
    settings: &'a MailSettings,
    conversation: Option<Conversation>,
    transcript: Transcript,
}

impl<'a> Courier<'a> {
    /// A courier that has not set out yet: it connects when it is given its first mail.
    pub fn new(settings: &'a MailSettings) -> Self {
        Self { settings, conversation: None, transcript: Transcript::default() }
    }

    /// The same, writing down what is said.
    pub fn recording(settings: &'a MailSettings, transcript: &Transcript) -> Self {
        Self { transcript: transcript.clone(), ..Self::new(settings) }
    }

    /// Asks for each address as configured whether a mail to it would be taken, and sends none. Files take all.
    pub async fn ask(&mut self, recipients: &[String]) -> DeliveryReport {
        let asked = match &self.settings.transport {
            Transport::File { .. } => {
                Ok(recipients.iter().map(|r| (r.clone(), Delivery::Sent)).collect())
            }
            Transport::Smtp(smtp) => self.ask_once(recipients, smtp).await,
        };
        match asked {
            Ok(outcomes) => DeliveryReport::Recipients(outcomes),
            Err(Broken::Down(said) | Broken::Dead(said)) => DeliveryReport::ServerDown(said),
        }
    }

    async fn ask_once(
        &mut self,
        recipients: &[String],
        smtp: &SmtpSettings,
    ) -> Result<Vec<(String, Delivery)>, Broken> {
        let bare = |address: &String| match message::mailbox(address) {
            Ok(mailbox) => mailbox.email.to_string(),
            Err(_) => address.clone(),
        };
        let recipients: Vec<String> = recipients.iter().map(bare).collect();
        let (from, mut conversation) = self.set_out(smtp).await?;
        let outcomes = conversation.ask(&from.email, &recipients).await?;
        self.conversation = conversation.is_open().then_some(conversation);
        Ok(outcomes)
    }

    /// The sender, and the conversation under way or a new one.
    async fn set_out(&mut self, smtp: &SmtpSettings) -> Result<(Mailbox, Conversation), Broken> {
        let from = message::mailbox(&self.settings.from)
            .map_err(|error| Broken::Down(format!("from: {error}")))?;
        let conversation = match self.conversation.take() {
            Some(conversation) => conversation,
            None => Conversation::open(smtp, &self.transcript).await?,
        };
        Ok((from, conversation))
    }

    /// Delivers one mail to its open recipients. After [`DeliveryReport::ServerDown`] the other
    /// mails of the batch should wait too.
    pub async fn deliver(&mut self, mail: &QueuedMail) -> DeliveryReport {
        match &self.settings.transport {
            Transport::File { folder } => write(mail, folder).await,
            Transport::Smtp(smtp) => self.send(mail, smtp).await,
        }
    }

    /// A line that goes dead between two mails, or before a mail's content, is replaced once.
    async fn send(&mut self, mail: &QueuedMail, smtp: &SmtpSettings) -> DeliveryReport {
        let report = match self.send_once(mail, smtp).await {
            Err(Broken::Dead(_)) => self.send_once(mail, smtp).await,
            report => report,
        };
        report.unwrap_or_else(|broken| match broken {
            Broken::Down(said) => DeliveryReport::ServerDown(said),
            Broken::Dead(said) => {
                DeliveryReport::ServerDown(format!("the line went dead twice: {said}"))
            }
        })
    }

    /// An error costs the conversation; the next mail opens another.
    async fn send_once(
        &mut self,
        mail: &QueuedMail,
        smtp: &SmtpSettings,
    ) -> Result<DeliveryReport, Broken> {
        let (from, mut conversation) = self.set_out(smtp).await?;
        let outcomes = conversation.send(&from.email, &mail.recipients_open, &mail.bytes).await?;
        self.conversation = conversation.is_open().then_some(conversation);
        Ok(DeliveryReport::Recipients(outcomes))
    }

    /// Ends the conversation with QUIT.
    pub async fn close(self) {
        if let Some(conversation) = self.conversation {
            conversation.close().await;
        }
    }
}

/// Connects, encrypts and logs in as for a mail, and says goodbye.
///
/// # Errors
/// What the server, or the way to it, said.
pub async fn reach(smtp: &SmtpSettings) -> Result<(), String> {
    match Conversation::open(smtp, &Transcript::default()).await {
        Ok(conversation) => {
            conversation.close().await;
            Ok(())
        }
        Err(Broken::Down(said) | Broken::Dead(said)) => Err(said),
    }
}

/// On a thread that may hang with the folder's file system.
async fn write(mail: &QueuedMail, folder: &Path) -> DeliveryReport {
    let (copy, folder) = (mail.clone(), folder.to_owned());
    match tokio::task::spawn_blocking(move || file::write(&copy, &folder)).await {
        Ok(Ok(())) => everyone(mail, &Delivery::Sent),
        Ok(Err(error)) => DeliveryReport::ServerDown(error.to_string()),
        Err(panicked) => DeliveryReport::ServerDown(format!("BUG: {panicked}")),
    }
}

fn everyone(mail: &QueuedMail, outcome: &Delivery) -> DeliveryReport {
    let recipients = mail.recipients_open.iter();
    DeliveryReport::Recipients(recipients.map(|r| (r.clone(), outcome.clone())).collect())
}

/// Delivers a single mail: a batch of one.
pub async fn deliver(mail: &QueuedMail, settings: &MailSettings) -> DeliveryReport {
    let mut courier = Courier::new(settings);
    let report = courier.deliver(mail).await;
    courier.close().await;
    report
}
