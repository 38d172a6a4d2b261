//! Mails over real SMTP conversations and into files: reliability.md T7, T8, T11, B18–B21, B27.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot set up should panic"
)]

#[path = "common/smtp.rs"]
mod smtp;

use std::path::Path;
use std::time::Duration;

use gouji::config::{MailSettings, PasswordSource, SmtpSettings, Tls, Transport};
use gouji::mail::{Courier, Delivery, DeliveryReport, advice, deliver, freeze};
use gouji::notice::Letter;
use gouji::store::{MailDraft, MailId, NoticeId, QueuedMail};
use jiff::Timestamp;
use mail_parser::{MessageParser, MimeHeaders};
use smtp::{Act, Certificate, Encryption, Script, Server, say};

const PATIENCE: Duration = Duration::from_secs(5);

fn now() -> Timestamp {
    "2020-01-13T08:15:00Z".parse().unwrap()
}

fn letter() -> Letter {
    Letter {
        key: "Failed 1 abc".into(),
        subject: "【勾稽】青塘镇 2019 年报：2 处数字不符".into(),
        text: "青塘镇 2019 年度报告\n.\n..\n请核对后重新提交到投递文件夹。\n".into(),
        html: "<!DOCTYPE html>\n<p>青塘镇 2019 年度报告</p>\n".into(),
        in_reply_to: None,
        notices: vec![NoticeId(1)],
        to_admin: false,
    }
}

fn settings(transport: Transport) -> MailSettings {
    MailSettings {
        transport,
        from: "gouji@county.gov.cn".into(),
        to: ["a@county.gov.cn", "b@county.gov.cn", "c@county.gov.cn"].map(Into::into).into(),
        admin: vec!["admin@county.gov.cn".into()],
        hours: gouji::store::Hours::ALWAYS,
        coalesce: Duration::from_secs(120),
        give_up_after: Duration::from_secs(720 * 3600),
    }
}

fn over(server: &Server, tls: Tls) -> MailSettings {
    settings(Transport::Smtp(SmtpSettings {
        host: "localhost".into(),
        port: server.port,
        tls,
        username: None,
        password: None,
        ca_file: Some(server.ca_file().to_owned()),
        timeout: PATIENCE,
    }))
}

fn changed(mut settings: MailSettings, change: impl Fn(&mut SmtpSettings)) -> MailSettings {
    if let Transport::Smtp(smtp) = &mut settings.transport {
        change(smtp);
    }
    settings
}

/// With a name and the password in a file.
fn with_login(settings: MailSettings, folder: &Path, password: &str) -> MailSettings {
    let file = folder.join("password");
    std::fs::write(&file, format!("{password}\n")).unwrap();
    changed(settings, |smtp| {
        smtp.username = Some("gouji@county.gov.cn".into());
        smtp.password = Some(PasswordSource::file(&file));
    })
}

fn queued(draft: MailDraft) -> QueuedMail {
    QueuedMail {
        id: MailId(1),
        message_id: draft.message_id,
        subject: draft.subject,
        recipients_open: draft.recipients,
        bytes: draft.bytes,
        attempts: 1,
        created_at: now(),
        queued_at: now(),
        next_attempt_at: now(),
        last_error: None,
    }
}

fn mail(settings: &MailSettings) -> QueuedMail {
    queued(freeze(&letter(), settings, now()).unwrap())
}

/// Delivers the standard mail to a server that follows `script`.
async fn report(script: Script) -> (DeliveryReport, Server) {
    let tls = match script.encryption {
        Encryption::None => Tls::None,
        Encryption::StartTls => Tls::StartTls,
        Encryption::Implicit | Encryption::Obsolete => Tls::Implicit,
    };
    let server = Server::start(script).await;
    let settings = over(&server, tls);
    let report = deliver(&mail(&settings), &settings).await;
    (report, server)
}

fn outcomes(report: &DeliveryReport) -> Vec<&Delivery> {
    match report {
        DeliveryReport::Recipients(all) => all.iter().map(|(_, outcome)| outcome).collect(),
        DeliveryReport::ServerDown(said) => panic!("the server is down: {said}"),
    }
}

fn down(report: &DeliveryReport) -> &str {
    match report {
        DeliveryReport::ServerDown(said) => said,
        DeliveryReport::Recipients(_) => panic!("the server is not down: {report:?}"),
    }
}

fn all_sent(report: &DeliveryReport) -> bool {
    outcomes(report).iter().all(|outcome| **outcome == Delivery::Sent)
}

fn plain() -> Script {
    Script::new(Encryption::None)
}

// -- the way to the server ------------------------------------------------------------------------

#[tokio::test]
async fn a_mail_goes_over_each_kind_of_encryption_byte_for_byte() {
    for encryption in [Encryption::None, Encryption::StartTls, Encryption::Implicit] {
        let (report, server) = report(Script::new(encryption)).await;
        assert!(all_sent(&report), "{encryption:?}: {report:?}");
        let [received] = server.mails().try_into().unwrap();
        assert_eq!(received.from, "gouji@county.gov.cn");
        assert_eq!(received.to.len(), 3);
        let frozen = mail(&over(&server, Tls::None)).bytes;
        assert_eq!(received.bytes, frozen, "{encryption:?}");
        let last = server.transcripts().last().unwrap().clone();
        assert!(last.contains(&"C: QUIT".to_owned()), "{last:?}");
    }
}

/// B23.
#[tokio::test]
async fn both_kinds_of_login_are_spoken_after_starttls() {
    for mechanisms in ["PLAIN", "LOGIN", "LOGIN PLAIN", "NTLM LOGIN"] {
        let folder = tempfile::tempdir().unwrap();
        let script = Script::new(Encryption::StartTls).with_login(
            "gouji@county.gov.cn",
            "授权 code",
            mechanisms,
        );
        let server = Server::start(script).await;
        let settings = with_login(over(&server, Tls::StartTls), folder.path(), "授权 code");
        let report = deliver(&mail(&settings), &settings).await;
        assert!(all_sent(&report), "{mechanisms}: {report:?}");
    }
}

/// B38.
#[tokio::test]
async fn a_password_put_right_in_its_file_holds_for_the_next_connection() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        Script::new(Encryption::Implicit).with_login("gouji@county.gov.cn", "right", "PLAIN");
    let server = Server::start(script).await;
    let settings = with_login(over(&server, Tls::Implicit), folder.path(), "wrong");
    let mail = mail(&settings);
    let report = deliver(&mail, &settings).await;
    assert_eq!(down(&report), "login refused: 535 5.7.8 authentication failed");
    assert_eq!(server.heard("AUTH"), 1, "a wrong password must not be tried twice");
    std::fs::write(folder.path().join("password"), "right").unwrap();
    assert!(all_sent(&deliver(&mail, &settings).await));
}

#[tokio::test]
async fn a_missing_password_file_is_named() {
    let script = Script::new(Encryption::Implicit).with_login("x", "y", "PLAIN");
    let server = Server::start(script).await;
    let settings = changed(over(&server, Tls::Implicit), |smtp| {
        smtp.username = Some("x".into());
        smtp.password = Some(PasswordSource::file("/nowhere/password"));
    });
    let report = deliver(&mail(&settings), &settings).await;
    assert!(down(&report).starts_with("password: "), "{report:?}");
    assert_eq!(server.heard("AUTH"), 0);
}

/// T7, B21.
#[tokio::test]
async fn a_refused_login_in_gbk_is_read_and_leads_to_advice() {
    let folder = tempfile::tempdir().unwrap();
    let gbk =
        b"535 Error: \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb\xb5\xc7\xc2\xbc".to_vec();
    for encryption in [Encryption::StartTls, Encryption::Implicit] {
        let script = Script::new(encryption)
            .with_login("gouji@county.gov.cn", "x", "LOGIN PLAIN")
            .on("AUTH", 0, Act::Say(gbk.clone()));
        let server = Server::start(script).await;
        let tls = if encryption == Encryption::Implicit { Tls::Implicit } else { Tls::StartTls };
        let settings = with_login(over(&server, tls), folder.path(), "y");
        let report = deliver(&mail(&settings), &settings).await;
        assert_eq!(down(&report), "login refused: 535 Error: 请使用授权码登录");
        assert!(advice(down(&report)).unwrap().advice.contains("授权码"));
    }
}

#[tokio::test]
async fn a_login_is_never_sent_in_clear_text_where_encryption_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let script = plain().with_login("gouji@county.gov.cn", "x", "PLAIN");
    let server = Server::start(script).await;
    let settings = with_login(over(&server, Tls::StartTls), folder.path(), "x");
    let report = deliver(&mail(&settings), &settings).await;
    assert!(down(&report).contains("does not offer STARTTLS"), "{report:?}");
    assert_eq!((server.heard("AUTH"), server.heard("MAIL")), (0, 0));
}

/// T7, B19.
#[tokio::test]
async fn a_server_that_refuses_starttls_is_told_as_such() {
    let refused = say("454 4.7.0 TLS not available");
    let script = Script::new(Encryption::StartTls).on("STARTTLS", 0, refused);
    let (report, server) = report(script).await;
    assert_eq!(down(&report), "STARTTLS refused: 454 4.7.0 TLS not available");
    assert_eq!(server.heard("MAIL"), 0);
}

#[tokio::test]
async fn words_slipped_in_before_encryption_are_not_listened_to() {
    let folder = tempfile::tempdir().unwrap();
    let slipped = say("220 go ahead\r\n220 localhost\r\n250-localhost\r\n250 AUTH PLAIN");
    let server = Server::start(Script::new(Encryption::StartTls).on("STARTTLS", 0, slipped)).await;
    let settings = with_login(over(&server, Tls::StartTls), folder.path(), "secret");
    let report = deliver(&mail(&settings), &settings).await;
    assert!(matches!(report, DeliveryReport::ServerDown(_)), "{report:?}");
    assert_eq!(server.heard("AUTH"), 0);
}

/// T7.
#[tokio::test]
async fn certificates_that_prove_nothing_are_refused_with_advice() {
    for (certificate, part) in [
        (Certificate::Expired, "过期"),
        (Certificate::WrongHost, "名称"),
        (Certificate::SelfSigned, "ca_file"),
    ] {
        for encryption in [Encryption::Implicit, Encryption::StartTls] {
            let script = Script::new(encryption).with_certificate(certificate);
            let (report, server) = report(script).await;
            let said = down(&report);
            assert!(advice(said).unwrap().advice.contains(part), "{certificate:?}: {said}");
            assert_eq!(server.heard("MAIL"), 0);
        }
    }
}

#[tokio::test]
async fn an_authority_that_is_not_configured_is_not_trusted() {
    let server = Server::start(Script::new(Encryption::Implicit)).await;
    let settings = changed(over(&server, Tls::Implicit), |smtp| smtp.ca_file = None);
    let report = deliver(&mail(&settings), &settings).await;
    assert!(down(&report).contains("UnknownIssuer"), "{report:?}");
}

#[tokio::test]
async fn a_ca_file_without_a_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "not a certificate").unwrap();
    let server = Server::start(Script::new(Encryption::Implicit)).await;
    let settings = changed(over(&server, Tls::Implicit), |smtp| smtp.ca_file = Some(file.clone()));
    let report = deliver(&mail(&settings), &settings).await;
    assert!(down(&report).contains("ca.pem"), "{report:?}");
}

/// T7.
#[tokio::test]
async fn a_server_that_only_speaks_an_obsolete_protocol_is_refused_with_advice() {
    let (report, _server) = report(Script::new(Encryption::Obsolete)).await;
    assert!(advice(down(&report)).unwrap().advice.contains("TLS 1.2"), "{report:?}");
}

#[tokio::test]
async fn the_wrong_kind_of_encryption_for_the_port_leads_to_advice() {
    let server = Server::start(plain()).await;
    let settings = over(&server, Tls::Implicit);
    let report = deliver(&mail(&settings), &settings).await;
    assert!(advice(down(&report)).unwrap().advice.contains("465"), "{report:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_down() {
    let server = Server::start(plain()).await;
    let settings = changed(over(&server, Tls::None), |smtp| smtp.port = 1);
    let report = deliver(&mail(&settings), &settings).await;
    assert!(advice(down(&report)).unwrap().advice.contains("防火墙"), "{report:?}");
}

// -- what servers answer --------------------------------------------------------------------------

/// T7.
#[tokio::test]
async fn a_busy_server_is_down_as_a_whole() {
    let (report, server) = report(plain().on("CONNECT", 0, say("421 4.7.0 too busy"))).await;
    assert_eq!(down(&report), "greeting refused: 421 4.7.0 too busy");
    assert_eq!(server.transcripts().len(), 1);
}

/// T8.
#[tokio::test]
async fn one_bad_recipient_of_three_does_not_block_the_others() {
    let refused = say("550 5.1.1 no such user");
    let (report, server) = report(plain().on("RCPT", 2, refused)).await;
    let failed = Delivery::Failed("550 5.1.1 no such user".into());
    assert_eq!(outcomes(&report), [&Delivery::Sent, &failed, &Delivery::Sent]);
    let [received] = server.mails().try_into().unwrap();
    assert_eq!(received.to, ["a@county.gov.cn", "c@county.gov.cn"]);
}

/// T7.
#[tokio::test]
async fn a_recipient_put_off_is_tried_again_alone() {
    let (first, server) = report(plain().on("RCPT", 3, say("450 4.2.0 greylisted"))).await;
    let put_off = Delivery::Retry("450 4.2.0 greylisted".into());
    assert_eq!(outcomes(&first), [&Delivery::Sent, &Delivery::Sent, &put_off]);
    let settings = over(&server, Tls::None);
    let again = QueuedMail { recipients_open: vec!["c@county.gov.cn".into()], ..mail(&settings) };
    assert!(all_sent(&deliver(&again, &settings).await));
    let to: Vec<_> = server.mails().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, ["a@county.gov.cn", "b@county.gov.cn", "c@county.gov.cn"]);
    let contents = server.contents();
    assert_eq!(contents[0], contents[1], "a repeated mail has the same bytes");
}

#[tokio::test]
async fn a_mail_without_any_good_recipient_is_not_sent_and_the_next_one_is() {
    let script = plain().on("RCPT", 1, say("550 no")).on("RCPT", 2, say("550 no")).on(
        "RCPT",
        3,
        say("550 no"),
    );
    let server = Server::start(script).await;
    let settings = over(&server, Tls::None);
    let mail = mail(&settings);
    let mut courier = Courier::new(&settings);
    let refused = courier.deliver(&mail).await;
    assert!(outcomes(&refused).iter().all(|outcome| matches!(outcome, Delivery::Failed(_))));
    assert!(all_sent(&courier.deliver(&mail).await));
    courier.close().await;
    assert_eq!((server.heard("DATA"), server.transcripts().len()), (1, 1));
}

/// T7.
#[tokio::test]
async fn what_is_temporary_and_what_is_not_after_the_content() {
    for (reply, expected) in [
        ("451 4.3.0 disk full", Delivery::Retry("451 4.3.0 disk full".into())),
        ("550 5.6.0 not allowed", Delivery::Failed("550 5.6.0 not allowed".into())),
        ("554 DT:SPM 163 smtp10", Delivery::Delay("554 DT:SPM 163 smtp10".into())),
        ("554 5.7.1 relay denied", Delivery::Retry("554 5.7.1 relay denied".into())),
    ] {
        let (report, server) = report(plain().on("CONTENT", 0, say(reply))).await;
        assert_eq!(outcomes(&report), [&expected; 3], "{reply}");
        assert_eq!(server.contents().len(), 1, "{reply}: not sent twice in one attempt");
    }
}

#[tokio::test]
async fn a_sender_the_server_refuses_is_a_matter_of_the_server_not_of_the_mail() {
    let reply = say("501 mail from address must be same as authorization user");
    let (report, _server) = report(plain().on("MAIL", 0, reply)).await;
    assert!(advice(down(&report)).unwrap().advice.contains("发件人须与登录名一致"), "{report:?}");
}

#[tokio::test]
async fn an_address_that_is_none_costs_itself_only() {
    let server = Server::start(plain()).await;
    let settings = over(&server, Tls::None);
    let recipients_open = vec!["nobody".into(), "a@county.gov.cn".into()];
    let report = deliver(&QueuedMail { recipients_open, ..mail(&settings) }, &settings).await;
    assert!(matches!(outcomes(&report)[..], [Delivery::Failed(_), Delivery::Sent]));
}

// -- lines that die, split and crawl --------------------------------------------------------------

/// T7, B27.
#[tokio::test]
async fn a_line_lost_after_the_content_leaves_the_mail_open_and_repeats_the_same_bytes() {
    let (first, server) = report(plain().on("CONTENT", 1, Act::Drop)).await;
    assert!(outcomes(&first).iter().all(|outcome| matches!(outcome, Delivery::Retry(_))));
    assert_eq!(server.contents().len(), 1, "not repeated at once");
    let settings = over(&server, Tls::None);
    assert!(all_sent(&deliver(&mail(&settings), &settings).await));
    let contents = server.contents();
    assert_eq!(contents[0], contents[1]);
}

/// T7.
#[tokio::test]
async fn a_line_lost_inside_the_content_leaves_the_mail_open() {
    let (report, server) = report(plain().on("INSIDE", 1, Act::Drop)).await;
    assert!(outcomes(&report).iter().all(|outcome| matches!(outcome, Delivery::Retry(_))));
    assert_eq!(server.mails(), []);
}

/// B18.
#[tokio::test]
async fn a_line_that_dies_before_the_content_is_replaced_at_once() {
    for verb in ["MAIL", "RCPT", "DATA"] {
        let (report, server) = report(plain().on(verb, 1, Act::Drop)).await;
        assert!(all_sent(&report), "{verb}: {report:?}");
        assert_eq!((server.mails().len(), server.transcripts().len()), (1, 2), "{verb}");
    }
}

#[tokio::test]
async fn a_line_that_dies_again_is_a_server_that_is_down() {
    let (report, server) = report(plain().on("MAIL", 0, Act::Drop)).await;
    assert!(down(&report).starts_with("the line went dead twice"), "{report:?}");
    assert_eq!(server.transcripts().len(), 2);
}

#[tokio::test]
async fn a_server_that_has_had_enough_of_a_connection_gets_another() {
    let enough = Act::SayAndDrop(b"421 4.7.0 too many mails in this connection".to_vec());
    let server = Server::start(plain().on("MAIL", 2, enough)).await;
    let settings = over(&server, Tls::None);
    let mail = mail(&settings);
    let mut courier = Courier::new(&settings);
    assert!(all_sent(&courier.deliver(&mail).await));
    assert!(all_sent(&courier.deliver(&mail).await));
    courier.close().await;
    assert_eq!((server.mails().len(), server.transcripts().len()), (2, 2));
}

/// T7.
#[tokio::test]
async fn replies_in_pieces_are_understood() {
    let pause = Duration::from_millis(5);
    let script = plain()
        .on("CONNECT", 1, Act::Drip(b"220 localhost".to_vec(), pause))
        .on("EHLO", 1, Act::Drip(b"250-localhost\r\n250 8BITMIME".to_vec(), pause))
        .on("RCPT", 1, Act::Drip("250 已接受".as_bytes().to_vec(), pause));
    let (report, _server) = report(script).await;
    assert!(all_sent(&report), "{report:?}");
}

/// T7.
#[tokio::test]
async fn a_server_that_never_answers_or_crawls_costs_one_time_out() {
    let crawl = Act::Drip(b"250 ok".to_vec(), Duration::from_secs(1));
    for (verb, act) in [("CONNECT", Act::Hang), ("MAIL", Act::Hang), ("RCPT", crawl)] {
        let server = Server::start(plain().on(verb, 0, act)).await;
        let settings = changed(over(&server, Tls::None), |smtp| {
            smtp.timeout = Duration::from_millis(300);
        });
        let report = deliver(&mail(&settings), &settings).await;
        assert!(down(&report).starts_with("no answer within 300ms"), "{verb}: {report:?}");
        assert_eq!(server.transcripts().len(), 1, "{verb}");
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_given_up() {
    // A server that waits for a client to speak first, as one of clear text does not.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server::start(plain()).await;
    let settings = changed(over(&server, Tls::Implicit), |smtp| {
        smtp.port = port;
        smtp.timeout = Duration::from_millis(300);
    });
    let report = deliver(&mail(&settings), &settings).await;
    assert!(down(&report).contains("TLS handshake"), "{report:?}");
}

// -- the bytes ------------------------------------------------------------------------------------

fn frozen(letter: &Letter) -> MailDraft {
    freeze(letter, &settings(Transport::File { folder: "mail".into() }), now()).unwrap()
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).expect("a mail is ASCII");
    assert!(text.is_ascii() && text.ends_with("\r\n"));
    text.split_terminator("\r\n").map(ToOwned::to_owned).collect()
}

/// B24.
#[test]
fn an_independent_parser_reads_back_what_was_written() {
    let draft = frozen(&letter());
    let mail = MessageParser::default().parse(&draft.bytes).unwrap();
    assert_eq!(mail.subject(), Some("【勾稽】青塘镇 2019 年报：2 处数字不符"));
    let from = mail.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("勾稽"), Some("gouji@county.gov.cn")));
    assert_eq!(mail.to().unwrap().iter().count(), 3);
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), letter().text);
    assert_eq!(mail.body_html(0).unwrap().replace("\r\n", "\n"), letter().html);
    assert_eq!(format!("<{}>", mail.message_id().unwrap()), draft.message_id);
    assert_eq!(mail.date().unwrap().to_timestamp(), now().as_second());
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert_eq!(mail.attachment_count(), 0);
    let kind = mail.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    assert_eq!(frozen(&letter()), frozen(&letter()));
}

#[test]
fn the_message_id_follows_from_what_is_told_not_from_when() {
    let settings = settings(Transport::File { folder: "mail".into() });
    let later = now() + jiff::SignedDuration::from_hours(5);
    let (one, two) = (frozen(&letter()), freeze(&letter(), &settings, later).unwrap());
    assert_eq!(one.message_id, two.message_id);
    assert!(one.message_id.ends_with("@county.gov.cn>"));
    let other = frozen(&Letter { key: "Failed 2 def".into(), ..letter() });
    assert_ne!(one.message_id, other.message_id);
    let admin = frozen(&Letter { to_admin: true, ..letter() });
    assert_ne!(one.message_id, admin.message_id);
    assert_eq!(admin.recipients, ["admin@county.gov.cn"]);
}

#[test]
fn a_reply_stands_in_the_thread_of_the_first_mail() {
    let first = frozen(&letter()).message_id;
    let reply = frozen(&Letter { in_reply_to: Some(first.clone()), key: "2".into(), ..letter() });
    let mail = MessageParser::default().parse(&reply.bytes).unwrap();
    let bare = first.trim_matches(['<', '>']);
    assert_eq!(mail.in_reply_to().as_text(), Some(bare));
    assert_eq!(mail.references().as_text(), Some(bare));
}

#[test]
fn names_beside_configured_addresses_reach_the_header_and_not_the_envelope() {
    let mut settings = settings(Transport::File { folder: "mail".into() });
    settings.from = "县政务公开办 <gouji@county.gov.cn>".into();
    settings.to = vec!["王主任 <wang@county.gov.cn>".into()];
    let draft = freeze(&letter(), &settings, now()).unwrap();
    assert_eq!(draft.recipients, ["wang@county.gov.cn"]);
    let mail = MessageParser::default().parse(&draft.bytes).unwrap();
    assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("县政务公开办"));
    assert_eq!(mail.to().unwrap().first().unwrap().name(), Some("王主任"));
}

/// T11.
#[test]
fn header_lines_are_short_and_every_encoded_word_decodes_alone() {
    let mut settings = settings(Transport::File { folder: "mail".into() });
    settings.to =
        (0..20).map(|n| format!("某某县政务公开办公室第{n}科 <k{n}@county.gov.cn>")).collect();
    for subject in ["县".repeat(90), format!("a{}", "𠮷县".repeat(40)), "x ".repeat(100)] {
        let letter = Letter {
            subject: subject.clone(),
            in_reply_to: Some("<gouji.0123456789abcdef01234567@county.gov.cn>".into()),
            ..letter()
        };
        let bytes = freeze(&letter, &settings, now()).unwrap().bytes;
        let lines = lines(&bytes);
        let long: Vec<_> = lines.iter().filter(|line| line.len() > 78).collect();
        assert!(long.is_empty(), "{long:#?}");
        let head: Vec<_> = lines.iter().take_while(|line| !line.is_empty()).collect();
        let words: Vec<_> = head
            .iter()
            .flat_map(|line| line.split([' ', ',', '<']))
            .filter(|word| word.starts_with("=?"))
            .collect();
        for word in &words {
            let single = format!("Subject: {word}\r\n\r\n");
            let decoded = MessageParser::default().parse(single.as_bytes()).unwrap();
            let text = decoded.subject().unwrap();
            assert!(!text.contains(['\u{fffd}', '?']), "{word} is {text}");
        }
        assert!(words.len() > 3);
        let mail = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(mail.subject().map(str::trim), Some(subject.trim()));
    }
}

/// T11.
#[tokio::test]
async fn lines_of_dots_survive_the_way() {
    let (report, server) = report(plain()).await;
    assert!(all_sent(&report));
    let received = server.mails().remove(0).bytes;
    let mail = MessageParser::default().parse(&received).unwrap();
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), letter().text);
    assert!(lines(&received).iter().all(|line| !line.starts_with('.')));
}

// -- files ----------------------------------------------------------------------------------------

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn a_mail_becomes_one_whole_file_that_a_repeat_leaves_alone() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(Transport::File { folder: folder.path().join("mail") });
    let mail = mail(&settings);
    assert!(all_sent(&deliver(&mail, &settings).await));
    let [name] =
        names(&folder.path().join("mail")).try_into().expect("one file, nothing beside it");
    assert!(name.starts_with("20200113T081500Z-gouji-") && name.ends_with(".eml"), "{name}");
    let path = folder.path().join("mail").join(name);
    assert_eq!(std::fs::read(&path).unwrap(), mail.bytes);

    std::fs::write(&path, "read and annotated").unwrap();
    assert!(all_sent(&deliver(&mail, &settings).await));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "read and annotated");
    assert_eq!(names(&folder.path().join("mail")).len(), 1);
}

#[tokio::test]
async fn what_a_crash_left_half_written_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(Transport::File { folder: folder.path().to_owned() });
    let mail = mail(&settings);
    assert!(all_sent(&deliver(&mail, &settings).await));
    let [name] = names(folder.path()).try_into().unwrap();
    let whole = folder.path().join(&name);
    std::fs::rename(&whole, folder.path().join(format!("{name}.partial"))).unwrap();
    std::fs::write(folder.path().join(format!("{name}.partial")), "half").unwrap();
    assert!(all_sent(&deliver(&mail, &settings).await));
    assert_eq!(std::fs::read(&whole).unwrap(), mail.bytes);
    assert_eq!(names(folder.path()), [name]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_holds_all_mails_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail");
    std::fs::write(&file, "a file where the folder should be").unwrap();
    let settings = settings(Transport::File { folder: file });
    let report = deliver(&mail(&settings), &settings).await;
    assert!(down(&report).starts_with("cannot write "), "{report:?}");
}
