//! What the README shows is what happens.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot set up should panic"
)]

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rusqlite::types::ValueRef;

fn readme() -> String {
    std::fs::read_to_string("README.md").unwrap()
}

/// The fenced blocks below a heading: language and text.
fn blocks(heading: &str) -> Vec<(String, String)> {
    let readme = readme();
    let below = readme.split(&format!("\n## {heading}\n")).nth(1).expect(heading);
    let section = below.split("\n## ").next().unwrap();
    let mut parts = section.split("```").skip(1).step_by(2);
    std::iter::from_fn(|| parts.next())
        .map(|part| part.split_once('\n').unwrap())
        .map(|(language, text)| (language.to_owned(), text.to_owned()))
        .collect()
}

fn block(heading: &str, language: &str, nth: usize) -> String {
    let of_language = blocks(heading).into_iter().filter(|(found, _)| found == language);
    of_language.map(|(_, text)| text).nth(nth).expect("a block")
}

/// Every line shown stands in `real`, in this order; `…` stands for any lines, its absence for none.
fn assert_shows(shown: &str, real: &str) {
    let mut real = real.lines();
    let mut free = false;
    for line in shown.lines() {
        if line == "…" {
            free = true;
            continue;
        }
        match free {
            true => assert!(real.any(|other| other == line), "not there: {line}"),
            false => assert_eq!(real.next(), Some(line)),
        }
        free = false;
    }
    assert!(free || real.next().is_none(), "the README leaves the end out without saying so");
}

fn gouji(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gouji"));
    for variable in ["GOUJI_CONFIG", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"] {
        command.env_remove(variable);
    }
    command.args(arguments).current_dir(folder);
    command
}

/// Runs the command in the first line of a console block; compares the rest with what it prints.
fn assert_console(folder: &Path, block: &str, drop_folders: bool) {
    let (command, shown) = block.split_once('\n').unwrap();
    let arguments: Vec<&str> = command.strip_prefix("$ gouji ").unwrap().split(' ').collect();
    let output = gouji(folder, &arguments).output().unwrap();
    let real = [output.stdout, output.stderr].concat();
    let real = String::from_utf8(real).unwrap();
    let real = real.trim_end().to_owned() + "\n";
    match drop_folders {
        true => assert_shows(shown, &real.replace("tests/data/samples/", "")),
        false => assert_shows(shown, &real),
    }
}

#[test]
fn checking_one_file_prints_what_the_readme_shows() {
    let shown = block("From a dropped file to a mail", "console", 1);
    assert_console(Path::new("."), &shown, true);
}

#[test]
fn a_wrong_configuration_prints_what_the_readme_shows() {
    assert_console(Path::new("."), &block("Configuration", "console", 0), false);
}

#[test]
fn the_ten_lines_of_configuration_are_accepted() {
    let text = block("Configuration", "toml", 0);
    let file = Path::new("/etc/gouji/gouji.toml");
    let settings = gouji::config::from_text(&text, file, &Default::default()).unwrap();
    assert_eq!(settings.mail.to, ["office@example.gov.cn"]);
    assert_eq!(settings.mail.from, "gouji@example.gov.cn");
}

#[test]
fn the_form_of_the_readme_works_without_any_other_change() {
    let desk = tempfile::tempdir().unwrap();
    let heading = "Writing a form and its rules";
    std::fs::create_dir(desk.path().join("forms")).unwrap();
    std::fs::write(desk.path().join("forms/hotline.toml"), block(heading, "toml", 0)).unwrap();
    std::fs::write(desk.path().join("gouji.toml"), "[forms]\nfolder = \"forms\"\n").unwrap();
    let report = "# 青塘镇2024年政务服务热线工作年度报告\n\n热线工单办理情况\n\n\
                  | 统计指标 | 数量 |\n|---|---|\n| 来电总数 | 120 |\n| 按时办结 | 98 |\n\
                  | 尚未办结 | 20 |\n\n青塘镇人民政府\n2025年1月20日\n";
    std::fs::write(desk.path().join("青塘镇热线.md"), report).unwrap();
    assert_console(desk.path(), &block(heading, "console", 0), false);
}

#[test]
fn the_rule_of_the_readme_stands_in_the_form_of_2021() {
    let rule = block("Writing a form and its rules", "toml", 1);
    let form = std::fs::read_to_string("config/forms/2021.toml").unwrap();
    for line in rule.lines() {
        assert!(form.contains(line), "{line}");
    }
}

#[test]
fn the_queries_give_what_the_readme_shows() {
    let desk = tempfile::tempdir().unwrap();
    let samples = std::path::absolute("tests/data/samples").unwrap();
    let imported = gouji(desk.path(), &["import", samples.to_str().unwrap()]).status().unwrap();
    assert!(imported.success());
    let path = desk.path().join("gouji-data/gouji.db");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(path, flags).unwrap();
    let blocks = blocks("Querying the database");
    assert_eq!(blocks.len() % 2, 0);
    for pair in blocks.chunks(2) {
        let ((_, query), (_, shown)) = (&pair[0], &pair[1]);
        assert_eq!(&answer(&database, query), shown, "{query}");
    }
}

/// As `sqlite3` prints it.
fn answer(database: &rusqlite::Connection, query: &str) -> String {
    let mut statement = database.prepare(query).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    let mut lines = String::new();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<String> = (0..columns)
            .map(|column| match row.get_ref(column).unwrap() {
                ValueRef::Null => String::new(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(number) => format!("{number:?}"),
                ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
                ValueRef::Blob(_) => panic!("a blob"),
            })
            .collect();
        lines += &(values.join("|") + "\n");
    }
    lines
}

struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn dropping_the_file_brings_the_mail_of_the_readme() {
    let desk = tempfile::tempdir().unwrap();
    std::fs::write(
        desk.path().join("gouji.toml"),
        "[drop]\nsettle = \"200ms\"\nrescan = \"500ms\"\n[mail]\ncoalesce = \"0s\"\n",
    )
    .unwrap();
    std::fs::create_dir(desk.path().join("drop")).unwrap();
    let log = std::fs::File::create(desk.path().join("log")).unwrap();
    let mut command = gouji(desk.path(), &["--config", "gouji.toml", "run"]);
    let _service = Service(command.stderr(log).spawn().unwrap());
    let sample = "tests/data/samples/柳荫乡2019.docx";
    std::fs::copy(sample, desk.path().join("drop/柳荫乡2019.docx")).unwrap();
    let mail = wait_for_mail(&desk.path().join("mail"), &desk.path().join("log"));
    let shown = block("From a dropped file to a mail", "text", 0);
    let (subject, body) = shown.split_once("\n\n").unwrap();
    assert_shows(body, &text_part(&mail));
    let subject = subject.strip_prefix("Subject: ").unwrap();
    let log = std::fs::read_to_string(desk.path().join("log")).unwrap();
    assert!(log.contains(subject), "{log}");
}

fn wait_for_mail(folder: &Path, log: &Path) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let mails =
            std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
        if let Some(mail) =
            mails.into_iter().find(|path| path.extension().is_some_and(|e| e == "eml"))
        {
            return std::fs::read_to_string(mail).unwrap();
        }
        let log = || std::fs::read_to_string(log).unwrap();
        assert!(Instant::now() < deadline, "no mail within a minute\n{}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The text/plain part of a mail in base64.
fn text_part(mail: &str) -> String {
    let mail = mail.replace("\r\n", "\n");
    let part = mail.split("Content-Type: text/plain").nth(1).unwrap();
    let encoded = part.split_once("\n\n").unwrap().1.split("\n--").next().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<usize> = encoded.chars().filter_map(|c| alphabet.find(c)).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        let three = [bits >> 16, bits >> 8, bits].map(|byte| u8::try_from(byte & 0xff).unwrap());
        bytes.extend(&three[..group.len() - 1]);
    }
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}
