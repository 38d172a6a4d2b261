//! What a server's answer means: for a recipient, for the mail, for the whole server. Pure.
//!
//! Unknown is temporary: only what the server itself calls permanent (5xx) is given up, and the
//! exceptions from that are named here.

/// What became of a mail, told by [`super::Courier::deliver`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryReport {
    /// The server could be talked to: the outcome for each recipient, in the order given.
    Recipients(Vec<(String, Delivery)>),
    /// It could not: no connection, no TLS, no login, 421, time-out, or it refuses the sender and
    /// so every mail. Nothing is known to be delivered; the transport backs off as a whole.
    ServerDown(String),
}

/// What became of a mail for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The server took it over.
    Sent,
    /// Not now; tried again as the ladder says.
    Retry(String),
    /// Judged as spam: tried again, but hours apart, since volume is what these filters punish.
    Delay(String),
    /// Refused for good.
    Failed(String),
}

impl Delivery {
    /// The outcome of a negative reply, `said` being its code and words, e.g. `550 no such user`.
    pub(super) fn refused(code: u16, said: String) -> Self {
        if looks_like_spam_filter(&said) {
            Self::Delay(said)
        } else if code < 500 || asks_for_login(code, &said) {
            Self::Retry(said)
        } else {
            Self::Failed(said)
        }
    }
}

/// `DT:SPM` and its kin are the verdict of 网易 (`163.com`, `126.com`) on content or volume, sent as a
/// permanent 554 or 550 although the same mail passes an hour later. Other filters say "spam".
fn looks_like_spam_filter(said: &str) -> bool {
    let said = said.to_ascii_uppercase();
    ["DT:SPM", "DT:SUM", "SPAM", "垃圾邮件"].iter().any(|word| said.contains(word))
}

/// A server that does not relay for strangers says so with a permanent code, but a login entered
/// in the configuration makes it take the same mail.
fn asks_for_login(code: u16, said: &str) -> bool {
    code == 530 || said.to_ascii_lowercase().contains("relay")
}

impl DeliveryReport {
    /// What went wrong, in the server's words; each of them once.
    pub fn error(&self) -> Option<String> {
        let said = match self {
            Self::ServerDown(said) => vec![said.clone()],
            Self::Recipients(all) => all.iter().filter_map(|(_, delivery)| delivery.said()).fold(
                Vec::new(),
                |mut distinct, said| {
                    if !distinct.contains(said) {
                        distinct.push(said.clone());
                    }
                    distinct
                },
            ),
        };
        (!said.is_empty()).then(|| said.join("; "))
    }
}

impl Delivery {
    fn said(&self) -> Option<&String> {
        match self {
            Self::Sent => None,
            Self::Retry(said) | Self::Delay(said) | Self::Failed(said) => Some(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permanent_refusal_is_final_and_a_temporary_one_is_not() {
        let gone = Delivery::refused(550, "550 5.1.1 no such user".into());
        assert!(matches!(gone, Delivery::Failed(_)));
        let greylisted = Delivery::refused(450, "450 4.2.0 greylisted".into());
        assert!(matches!(greylisted, Delivery::Retry(_)));
    }

    #[test]
    fn a_spam_verdict_is_never_final_although_the_server_calls_it_permanent() {
        for said in
            ["554 DT:SPM 163 smtp5,D9GowAD", "550 Message looks like spam", "550 疑似垃圾邮件"]
        {
            assert!(matches!(Delivery::refused(554, said.into()), Delivery::Delay(_)), "{said}");
        }
    }

    #[test]
    fn a_server_that_wants_a_login_first_is_asked_again() {
        let said = "554 5.7.1 <a@b.cn>: Relay access denied";
        assert!(matches!(Delivery::refused(554, said.into()), Delivery::Retry(_)));
    }

    #[test]
    fn an_error_told_by_two_recipients_is_told_once() {
        let report = DeliveryReport::Recipients(vec![
            ("a@x.cn".into(), Delivery::Retry("450 wait".into())),
            ("b@x.cn".into(), Delivery::Sent),
            ("c@x.cn".into(), Delivery::Retry("450 wait".into())),
        ]);
        assert_eq!(report.error().as_deref(), Some("450 wait"));
    }
}
