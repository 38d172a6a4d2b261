//! A letter as the finished bytes of a mail: the same letter at the same moment gives the same
//! bytes, and from then on nobody looks into them again.
//!
//! Both parts are base64, so no line is longer than 76 characters, none is a lone dot, and no
//! server on the way needs 8BITMIME. There are no attachments: mail programs in China show the names
//! lettre can write for them as `tcmime.*.bin`.

use std::time::SystemTime;

use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue,
};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

use super::MailError;
use crate::config::MailSettings;
use crate::notice::Letter;
use crate::store::{MailDraft, Sha256};

/// The name beside the sender's address, unless the configuration gives one.
const SENDER: &str = "勾稽";

/// Builds the mail of a letter. Its Message-ID follows from the letter's key alone, so that the same
/// alert, composed again from a restored database, is recognised as the same.
///
/// # Errors
/// An address of the settings is none, which their validation should have told.
pub fn freeze(
    letter: &Letter,
    settings: &MailSettings,
    now: Timestamp,
) -> Result<MailDraft, MailError> {
    let from = mailbox(&settings.from)?;
    let to = if letter.to_admin { &settings.admin } else { &settings.to };
    let to = to.iter().map(|address| mailbox(address)).collect::<Result<Vec<_>, _>>()?;

    let id = Sha256::of(format!("{}\n{}", letter.key, letter.to_admin).as_bytes()).to_string();
    let id: String = id.chars().take(24).collect();
    let message_id = format!("<gouji.{id}@{}>", from.email.domain());
    let bytes = build(letter, &from, &to, &message_id, &id, now)?;
    Ok(MailDraft {
        notices: letter.notices.clone(),
        recipients: to.iter().map(|mailbox| mailbox.email.to_string()).collect(),
        message_id,
        bytes,
        subject: letter.subject.clone(),
    })
}

fn build(
    letter: &Letter,
    from: &Mailbox,
    to: &[Mailbox],
    message_id: &str,
    boundary: &str,
    now: Timestamp,
) -> Result<Vec<u8>, MailError> {
    let sender = from.name.clone().unwrap_or_else(|| SENDER.to_owned());
    let mut message = Message::builder()
        .from(Mailbox::new(Some(sender), from.email.clone()))
        .subject(&letter.subject)
        .date(SystemTime::from(now))
        .message_id(Some(message_id.to_owned()))
        .header(AutoSubmitted);
    for recipient in to {
        message = message.to(recipient.clone());
    }
    if let Some(first) = &letter.in_reply_to {
        message = message.in_reply_to(first.clone()).references(first.clone());
    }
    let parts = MultiPart::alternative()
        .boundary(format!("gouji_{boundary}"))
        .singlepart(part(ContentType::TEXT_PLAIN, &letter.text)?)
        .singlepart(part(ContentType::TEXT_HTML, &letter.html)?);
    let message = message.multipart(parts).map_err(|error| MailError::Build(error.to_string()))?;
    folded(message.formatted())
}

/// The longest line of a head (RFC 5322, 2.1.1).
const LONGEST_LINE: usize = 78;

/// lettre folds long texts, but not between a long name and its address.
fn folded(bytes: Vec<u8>) -> Result<Vec<u8>, MailError> {
    let not_ascii = || MailError::Build("BUG: a mail that is not ASCII".into());
    let message = String::from_utf8(bytes).map_err(|_| not_ascii())?;
    let (head, body) = message.split_once("\r\n\r\n").ok_or_else(not_ascii)?;
    let head: Vec<String> = head.split("\r\n").map(fold).collect();
    Ok(format!("{}\r\n\r\n{body}", head.join("\r\n")).into_bytes())
}

/// Breaks a line before the last space that leaves its first part short enough. Not right behind
/// the header's name: some servers take a line with nothing but a name for the end of the head.
fn fold(line: &str) -> String {
    let start = line.find(": ").map_or(1, |colon| colon + 2);
    let mut breaks = line.rmatch_indices(' ').map(|(at, _)| at);
    match breaks.find(|at| (start..=LONGEST_LINE).contains(at)) {
        Some(at) if line.len() > LONGEST_LINE => {
            let (first, rest) = line.split_at(at);
            format!("{first}\r\n{}", fold(rest))
        }
        _ => line.to_owned(),
    }
}

fn part(kind: ContentType, text: &str) -> Result<SinglePart, MailError> {
    // Text within MIME has CRLF at its line ends, under base64 too (RFC 2045, 6.8).
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let body = Body::new_with_encoding(text, ContentTransferEncoding::Base64)
        .map_err(|_| MailError::Build("BUG: base64 refused".into()))?;
    Ok(SinglePart::builder().header(kind).body(body))
}

/// An address as configured, `name <address>` or bare.
pub(super) fn mailbox(address: &str) -> Result<Mailbox, MailError> {
    address.parse().map_err(|_| MailError::Address(address.to_owned()))
}

/// Tells programs at the other end not to answer, e.g. with a note of absence (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_broken_at_spaces_and_reads_the_same_unfolded() {
        let line = format!("To: {} <a@b.cn>, {} <c@d.cn>", "x".repeat(70), "y".repeat(70));
        let folded = fold(&line);
        assert!(folded.split("\r\n").all(|line| line.len() <= LONGEST_LINE), "{folded}");
        assert_eq!(folded.replace("\r\n", ""), line);
    }

    #[test]
    fn a_line_without_a_place_to_break_stays_whole() {
        let line = format!("Message-ID: <{}@b.cn>", "x".repeat(90));
        assert_eq!(fold(&line), line);
    }
}
