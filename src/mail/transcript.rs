//! What was said between gouji and a mail server, for people: every line in its order, secrets and
//! the mail itself left out.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Who said a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    Client,
    Server,
    /// A remark about the line itself.
    Remark,
}

/// What goes over the wire next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Command,
    /// The answer to a challenge of AUTH (334).
    Secret,
    /// The mail (354), of which so many bytes have gone.
    Content(usize),
}

#[derive(Debug, Default)]
struct Record {
    lines: Vec<(Speaker, String)>,
    /// The beginning of a command whose end has not gone out.
    begun: Vec<u8>,
    next: Next,
}

/// A shared record of one conversation, or none. Displays as the conversation, a line for each.
#[derive(Debug, Clone, Default)]
pub struct Transcript(Option<Arc<Mutex<Record>>>);

/// What stands for a secret.
const MASK: &str = "****";

impl Transcript {
    /// A record that is kept.
    pub fn kept() -> Self {
        Self(Some(Arc::default()))
    }

    fn with(&self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = &self.0 {
            change(&mut record.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Says something about the conversation.
    pub(super) fn remark(&self, what: impl Into<String>) {
        self.with(|record| record.lines.push((Speaker::Remark, what.into())));
    }

    /// Bytes that went to the server.
    pub(super) fn sent(&self, bytes: &[u8]) {
        self.with(|record| {
            if let Next::Content(gone) = &mut record.next {
                *gone += bytes.len();
                return;
            }
            for byte in bytes {
                match byte {
                    b'\n' => record.command(),
                    byte => record.begun.push(*byte),
                }
            }
        });
    }

    /// A line that came from the server.
    pub(super) fn received(&self, line: &str) {
        self.with(|record| {
            if let Next::Content(gone) = record.next {
                record.lines.push((Speaker::Client, format!("(the mail, {gone} bytes)")));
            }
            record.next = match line.get(..4) {
                Some("334 ") => Next::Secret,
                Some("354 ") => Next::Content(0),
                _ => Next::Command,
            };
            record.lines.push((Speaker::Server, line.trim_end().to_owned()));
        });
    }
}

impl Record {
    fn command(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        let command = String::from_utf8_lossy(&begun).trim_end().to_owned();
        let shown = match self.next {
            Next::Secret => MASK.to_owned(),
            _ => masked(&command),
        };
        self.lines.push((Speaker::Client, shown));
    }
}

/// A command without the secret in it: `AUTH PLAIN ****`.
fn masked(command: &str) -> String {
    let mut words = command.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(verb), Some(mechanism), Some(_)) if verb.eq_ignore_ascii_case("AUTH") => {
            format!("{verb} {mechanism} {MASK}")
        }
        _ => command.to_owned(),
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = Ok(());
        self.with(|record| {
            written = record.lines.iter().try_for_each(|(speaker, line)| {
                let speaker = match speaker {
                    Speaker::Client => "C:",
                    Speaker::Server => "S:",
                    Speaker::Remark => "--",
                };
                writeln!(f, "{speaker} {line}")
            });
        });
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_the_mail_are_left_out_and_all_else_is_there() {
        let transcript = Transcript::kept();
        transcript.remark("connected");
        transcript.received("220 mail.x.cn ESMTP\r\n");
        transcript.sent(b"EHLO a\r\n");
        transcript.received("250 AUTH LOGIN\r\n");
        transcript.sent(b"AUTH PLAIN AGEAc2VjcmV0\r\n");
        transcript.received("535 no\r\n");
        transcript.sent(b"AUTH LOGIN\r\n");
        transcript.received("334 UGFzc3dvcmQ6\r\n");
        transcript.sent(b"c2Vj");
        transcript.sent(b"cmV0\r\n");
        transcript.received("235 ok\r\n");
        transcript.sent(b"DATA\r\n");
        transcript.received("354 go on\r\n");
        transcript.sent(b"Subject: secret\r\n");
        transcript.sent(b"\r\nsecret\r\n.\r\n");
        transcript.received("250 taken\r\n");
        let shown = transcript.to_string();
        assert_eq!(
            shown,
            "-- connected\nS: 220 mail.x.cn ESMTP\nC: EHLO a\nS: 250 AUTH LOGIN\n\
             C: AUTH PLAIN ****\nS: 535 no\nC: AUTH LOGIN\nS: 334 UGFzc3dvcmQ6\nC: ****\n\
             S: 235 ok\nC: DATA\nS: 354 go on\nC: (the mail, 30 bytes)\nS: 250 taken\n"
        );
    }
}
