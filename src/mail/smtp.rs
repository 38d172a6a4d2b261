//! One conversation with a mail server: greeting, encryption, login, then mail after mail.
//!
//! lettre's `send` gives up a whole mail when one recipient of it is refused. So the commands are
//! driven here one by one: the reply to each `RCPT` is that recipient's, and those the server takes
//! get the mail in one transaction.

use std::future::Future;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::outcome::Delivery;
use super::transcript::Transcript;
use super::wire::{self, Wire};
use crate::config::{SmtpSettings, Tls};

/// A server that looks through a mail before it answers takes longer over it than over a command
/// (RFC 5321, 4.5.3.2.6 allows ten minutes), and giving up on it early doubles the mail.
const PATIENCE_FOR_CONTENT: u32 = 5;

/// Why a conversation ended.
#[derive(Debug)]
pub(super) enum Broken {
    /// The server is down, or refuses us: no use in trying again at once.
    Down(String),
    /// The line went dead before the mail's content was under way: a new one may do.
    Dead(String),
}

/// A conversation in which mails can be handed over.
pub(super) struct Conversation {
    smtp: AsyncSmtpConnection,
    patience: Duration,
    /// Mails handed over, with whatever outcome.
    mails: u32,
}

impl Conversation {
    /// Connects, encrypts and logs in, all as configured. Never falls back to clear text.
    pub(super) async fn open(
        settings: &SmtpSettings,
        transcript: &Transcript,
    ) -> Result<Self, Broken> {
        let patience = settings.timeout;
        let stream = within(patience, "connecting", wire::connect(&settings.host, settings.port))
            .await?
            .map_err(|error| Broken::Down(error.to_string()))?;
        transcript.remark(format!("connected to {}:{}", settings.host, settings.port));
        let smtp = match settings.tls {
            Tls::None => greet(Wire::clear(stream, transcript), patience).await?,
            Tls::Implicit => {
                let stream = encrypt(stream, settings, transcript).await?;
                greet(Wire::tls(stream, transcript), patience).await?
            }
            Tls::StartTls => {
                let stream = start_tls(stream, patience, transcript).await?;
                let stream = encrypt(stream, settings, transcript).await?;
                greet(Wire::tls_after_greeting(stream, transcript), patience).await?
            }
        };
        let mut conversation = Self { smtp, patience, mails: 0 };
        conversation.log_in(settings).await?;
        Ok(conversation)
    }

    async fn log_in(&mut self, settings: &SmtpSettings) -> Result<(), Broken> {
        let Some(username) = &settings.username else { return Ok(()) };
        let password = match &settings.password {
            Some(source) => {
                source.read().map_err(|error| Broken::Down(format!("password: {error}")))?
            }
            None => String::new(),
        };
        let credentials = Credentials::new(username.clone(), password);
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let offered = self.smtp.server_info();
        if offered.get_auth_mechanism(&mechanisms).is_none() {
            return Err(Broken::Down("the server offers neither AUTH PLAIN nor AUTH LOGIN".into()));
        }
        within(self.patience, "login", self.smtp.auth(&mechanisms, &credentials))
            .await?
            .map_err(|error| Broken::Down(answered("login", &error)))?;
        Ok(())
    }

    /// Hands over one mail: `bytes` exactly, to each of `recipients` by itself.
    pub(super) async fn send(
        &mut self,
        from: &Address,
        recipients: &[String],
        bytes: &[u8],
    ) -> Result<Vec<(String, Delivery)>, Broken> {
        let sender = self.command(Mail::new(Some(from.clone()), Vec::new())).await?;
        sender.map_err(|error| Broken::Down(answered("sender", &error)))?;

        let mut outcomes = Vec::new();
        for recipient in recipients {
            outcomes.push((recipient.clone(), self.recipient(recipient).await?));
        }
        let outcome = if outcomes.iter().any(|(_, outcome)| *outcome == Delivery::Sent) {
            self.content(bytes).await?
        } else {
            self.command(Rset).await?.ok();
            Delivery::Sent
        };
        self.mails += 1;
        if outcome != Delivery::Sent {
            for (_, taken) in outcomes.iter_mut().filter(|(_, taken)| *taken == Delivery::Sent) {
                *taken = outcome.clone();
            }
        }
        Ok(outcomes)
    }

    /// Asks for each recipient whether the server would take a mail for it, and sends none.
    pub(super) async fn ask(
        &mut self,
        from: &Address,
        recipients: &[String],
    ) -> Result<Vec<(String, Delivery)>, Broken> {
        let sender = self.command(Mail::new(Some(from.clone()), Vec::new())).await?;
        sender.map_err(|error| Broken::Down(answered("sender", &error)))?;
        let mut outcomes = Vec::new();
        for recipient in recipients {
            outcomes.push((recipient.clone(), self.recipient(recipient).await?));
        }
        self.command(Rset).await?.ok();
        Ok(outcomes)
    }

    /// `Sent` means here: the server will take the mail for this one.
    async fn recipient(&mut self, recipient: &str) -> Result<Delivery, Broken> {
        let Ok(address) = recipient.parse::<Address>() else {
            return Ok(Delivery::Failed(format!("`{recipient}` is no mail address")));
        };
        Ok(match self.command(Rcpt::new(address, Vec::new())).await? {
            Ok(()) => Delivery::Sent,
            Err(error) => refusal(&error),
        })
    }

    /// From the first byte on, a dead line leaves it open whether the mail went through (RFC 1047):
    /// it is tried again with the same Message-ID, but not at once.
    async fn content(&mut self, bytes: &[u8]) -> Result<Delivery, Broken> {
        if let Err(error) = self.command(Data).await? {
            return Ok(refusal(&error));
        }
        // lettre ends the content with CRLF of its own.
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        let patience = self.patience.saturating_mul(PATIENCE_FOR_CONTENT);
        match within(patience, "the mail's content", self.smtp.message(bytes)).await? {
            Ok(_) => Ok(Delivery::Sent),
            Err(error) if error.status().is_some() => {
                self.or_dead(&error)?;
                Ok(refusal(&error))
            }
            Err(error) => {
                self.smtp.abort().await;
                let said = said(&error);
                Ok(Delivery::Retry(format!("the line went dead during the mail: {said}")))
            }
        }
    }

    /// One command; the inner result is the server's yes or no.
    async fn command<C: std::fmt::Display>(
        &mut self,
        command: C,
    ) -> Result<Result<(), SmtpError>, Broken> {
        match within(self.patience, "an answer", self.smtp.command(command)).await? {
            Ok(_) => Ok(Ok(())),
            Err(error) => {
                self.or_dead(&error)?;
                Ok(Err(error))
            }
        }
    }

    /// Whether an error is the end of the conversation. 421 is: after some mails it only means that
    /// the server has had enough of this connection.
    fn or_dead(&self, error: &SmtpError) -> Result<(), Broken> {
        match error.status().map(u16::from) {
            Some(421) if self.mails > 0 => Err(Broken::Dead(said(error))),
            Some(421) => Err(Broken::Down(said(error))),
            Some(_) => Ok(()),
            None => Err(Broken::Dead(said(error))),
        }
    }

    /// Whether another mail can follow.
    pub(super) fn is_open(&self) -> bool {
        !self.smtp.has_broken()
    }

    /// Says goodbye; what the server answers does not matter any more.
    pub(super) async fn close(mut self) {
        if self.is_open() {
            timeout(self.patience, self.smtp.command(Quit)).await.ok();
        }
    }
}

async fn greet(wire: Wire, patience: Duration) -> Result<AsyncSmtpConnection, Broken> {
    let own_name = own_name();
    let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &own_name);
    within(patience, "the greeting", greeted)
        .await?
        .map_err(|error| Broken::Down(answered("greeting", &error)))
}

/// In clear text up to the server's consent to encrypt; gives the line back at that point.
async fn start_tls(
    stream: TcpStream,
    patience: Duration,
    transcript: &Transcript,
) -> Result<TcpStream, Broken> {
    let (clear, kept) = wire::second_handle(stream)
        .map_err(|error| Broken::Down(format!("cannot duplicate the connection: {error}")))?;
    let mut smtp = greet(Wire::clear(clear, transcript), patience).await?;
    if !smtp.server_info().supports_feature(Extension::StartTls) {
        return Err(Broken::Down("the server does not offer STARTTLS on this port".into()));
    }
    within(patience, "STARTTLS", smtp.command(Starttls))
        .await?
        .map_err(|error| Broken::Down(answered("STARTTLS", &error)))?;
    Ok(kept)
}

async fn encrypt(
    stream: TcpStream,
    settings: &SmtpSettings,
    transcript: &Transcript,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Broken> {
    let encrypted = wire::encrypt(stream, &settings.host, settings.ca_file.as_deref());
    let stream = within(settings.timeout, "the TLS handshake", encrypted)
        .await?
        .map_err(|error| Broken::Down(error.to_string()))?;
    let version = stream.get_ref().1.protocol_version();
    let version = version.and_then(|version| version.as_str()).unwrap_or("TLS");
    transcript.remark(format!("encrypted, {version}; the certificate is right"));
    Ok(stream)
}

/// How we name ourselves in EHLO: the host's name where SMTP allows it (RFC 5321, 4.1.2), which a
/// Chinese computer name is not.
fn own_name() -> ClientId {
    let default = ClientId::default();
    match &default {
        ClientId::Domain(name) if !is_domain(name) => ClientId::Ipv4([127, 0, 0, 1].into()),
        _ => default,
    }
}

fn is_domain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
}

/// Waits for the server, but not for ever. lettre itself sets no limit on replies.
async fn within<T>(
    patience: Duration,
    what: &str,
    step: impl Future<Output = T>,
) -> Result<T, Broken> {
    timeout(patience, step)
        .await
        .map_err(|_| Broken::Down(format!("no answer within {patience:?} ({what})")))
}

fn refusal(error: &SmtpError) -> Delivery {
    let code = error.status().map_or(400, u16::from);
    Delivery::refused(code, said(error))
}

/// Which step the server refused, or at which step the line failed.
fn answered(step: &str, error: &SmtpError) -> String {
    let verb = if error.status().is_some() { "refused" } else { "failed" };
    format!("{step} {verb}: {}", said(error))
}

/// The server's reply as `550 its words`; of other errors, the innermost cause.
fn said(error: &SmtpError) -> String {
    let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    match error.status() {
        Some(code) => format!("{code} {words}").trim_end().to_owned(),
        None if words.is_empty() => error.to_string(),
        None => words,
    }
}
