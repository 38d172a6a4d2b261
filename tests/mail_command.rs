//! `gouji mail` as an administrator meets it: the real program, against a mail server that follows a
//! script.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot set up should panic"
)]

#[path = "common/smtp.rs"]
mod smtp;

use std::path::Path;
use std::process::{Command, Output};

use mail_parser::MessageParser;
use smtp::{Act, Encryption, Script, Server, say};

const PASSWORD: &str = "correct horse battery";

/// A folder with a configuration for this server, and gouji run there.
struct Office(tempfile::TempDir);

impl Office {
    fn of(server: &Server, tls: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        std::fs::write(&password, format!("{PASSWORD}\n")).unwrap();
        let (port, ca) = (server.port, server.ca_file().display());
        let text = format!(
            "[mail]\ntransport = \"smtp\"\nhost = \"localhost\"\nport = {port}\ntls = \"{tls}\"\n\
             ca_file = \"{ca}\"\ntimeout = \"5s\"\nusername = \"gouji@county.example\"\n\
             password_file = \"password\"\nto = [\"办公室 <office@county.example>\"]\n\
             admin = \"it@county.example\"\n"
        );
        std::fs::write(folder.path().join("gouji.toml"), text).unwrap();
        Self(folder)
    }

    async fn gouji(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gouji"));
        command.args(["--config", "gouji.toml"]).args(arguments).current_dir(self.0.path());
        command.env_remove("STATE_DIRECTORY").env_remove("CREDENTIALS_DIRECTORY");
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }
}

/// What it printed, and how it ended.
fn said(output: &Output) -> (String, Option<i32>) {
    let out = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (out, output.status.code())
}

fn with_login(encryption: Encryption) -> Script {
    Script::new(encryption).with_login("gouji@county.example", PASSWORD, "PLAIN LOGIN")
}

#[tokio::test]
async fn a_test_mail_arrives_and_every_step_is_shown_but_no_secret() {
    for (encryption, tls) in
        [(Encryption::StartTls, "starttls"), (Encryption::Implicit, "implicit")]
    {
        let server = Server::start(with_login(encryption)).await;
        let (out, code) = said(&Office::of(&server, tls).gouji(&["mail", "test"]).await);
        assert_eq!(code, Some(0), "{out}");
        let mails = server.mails();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, ["it@county.example"]);
        let mail = MessageParser::new().parse(&mails[0].bytes).unwrap();
        assert_eq!(mail.subject(), Some("【勾稽】测试邮件"));
        for step in [
            "-- connected to localhost:",
            "-- encrypted, TLS",
            "S: 220 ",
            "C: EHLO",
            "C: AUTH PLAIN ****\nS: 235",
            "C: MAIL FROM:<gouji@county.example>",
            "C: RCPT TO:<it@county.example>",
            "C: (the mail, ",
            "C: RCPT TO:<office@county.example>",
            "C: QUIT",
            "The server took the test mail for it@county.example.",
            "The server would take mail for office@county.example.",
        ] {
            assert!(out.contains(step), "{step}\n{out}");
        }
        let secret = "AGdvdWppQGNvdW50eS5leGFtcGxlAGNvcnJlY3QgaG9yc2UgYmF0dGVyeQ==";
        assert!(!out.contains(PASSWORD) && !out.contains(secret), "{out}");
    }
}

#[tokio::test]
async fn nothing_is_sent_where_only_asked() {
    let server = Server::start(with_login(Encryption::StartTls)).await;
    let office = Office::of(&server, "starttls");
    let (out, code) = said(&office.gouji(&["mail", "test", "--no-mail"]).await);
    assert_eq!(code, Some(0), "{out}");
    assert!(server.mails().is_empty());
    assert!(out.contains("The server would take mail for it@county.example."), "{out}");
}

#[tokio::test]
async fn a_refusal_is_explained_with_what_to_do() {
    let gbk =
        b"535 Error: \xc7\xeb\xca\xb9\xd3\xc3\xca\xda\xc8\xa8\xc2\xeb\xb5\xc7\xc2\xbc".to_vec();
    let cases = [
        ("AUTH", Act::Say(gbk), ["请使用授权码登录", "authorisation code", "生成授权码"]),
        (
            "MAIL",
            say("501 mail from address must be same as authorization user"),
            ["501 mail from", "set `from` to it", "发件人须与登录名一致"],
        ),
        (
            "RCPT",
            say("550 5.1.1 no such user"),
            ["Refused for it@county.example: 550", "correct `to`", "收件地址不存在"],
        ),
    ];
    for (verb, act, parts) in cases {
        let server = Server::start(with_login(Encryption::Implicit).on(verb, 0, act)).await;
        let (out, code) = said(&Office::of(&server, "implicit").gouji(&["mail", "test"]).await);
        assert_eq!(code, Some(1), "{out}");
        for part in parts {
            assert!(out.contains(part), "{part}\n{out}");
        }
    }
}

#[tokio::test]
async fn a_server_on_another_port_or_none_is_explained() {
    let server = Server::start(with_login(Encryption::StartTls)).await;
    let (out, code) = said(&Office::of(&server, "implicit").gouji(&["mail", "test"]).await);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("465 goes with") && out.contains("465 端口用"), "{out}");
    let office = Office::of(&server, "starttls");
    let text = std::fs::read_to_string(office.0.path().join("gouji.toml")).unwrap();
    let nobody = text.replace(&format!("port = {}", server.port), "port = 1");
    std::fs::write(office.0.path().join("gouji.toml"), nobody).unwrap();
    let (out, code) = said(&office.gouji(&["mail", "test"]).await);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("firewall") && out.contains("防火墙"), "{out}");
}

#[tokio::test]
async fn a_preview_of_a_file_or_a_recorded_report_is_the_mail_and_sends_nothing() {
    let server = Server::start(with_login(Encryption::StartTls)).await;
    let office = Office::of(&server, "starttls");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples");
    let file = samples.join("柳荫乡2019.docx");
    let (out, code) = said(&office.gouji(&["mail", "preview", file.to_str().unwrap()]).await);
    assert_eq!(code, Some(0), "{out}");
    let eml = std::fs::read(office.0.path().join("柳荫乡2019.docx.mail.eml")).unwrap();
    let html = std::fs::read_to_string(office.0.path().join("柳荫乡2019.docx.mail.html")).unwrap();
    let mail = MessageParser::new().parse(&eml).unwrap();
    let subject = mail.subject().unwrap();
    assert!(subject.contains("柳荫乡人民政府 2019 年报：表三“本年新收”行“总计”列数字不符"));
    assert_eq!(mail.body_html(0).unwrap().replace("\r\n", "\n"), html);
    assert!(html.contains("▶4</b><br><span class=\"fix\">应为 3</span>"), "{html}");
    assert!(out.contains("应为3（可能写错了一位数字）"), "{out}");

    let passes = samples.join("自然资源局2022.md");
    let (out, code) = said(&office.gouji(&["mail", "preview", passes.to_str().unwrap()]).await);
    assert_eq!(
        (out.as_str(), code),
        ("no error was found in it: no mail would be sent\n", Some(0))
    );

    let imported = office.gouji(&["import", samples.to_str().unwrap()]).await;
    assert!(imported.status.success());
    for (report, more) in [("禾川县柳荫乡人民政府", ["--year", "2019"]), ("1", ["--into", "."])]
    {
        let preview = [&["mail", "preview", report][..], &more].concat();
        let (out, code) = said(&office.gouji(&preview).await);
        assert_eq!(code, Some(0), "{out}");
        if report != "1" {
            let path = office.0.path().join(format!("{report}.mail.html"));
            let recorded = std::fs::read_to_string(path).unwrap();
            assert!(recorded.contains("应为 3"), "{recorded}");
        }
    }
    let nobody = office.gouji(&["mail", "preview", "无此单位"]).await;
    assert_eq!(nobody.status.code(), Some(2));
    assert!(server.mails().is_empty());
}
