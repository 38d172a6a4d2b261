//! Configuration files, from the text to what is used or refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up should panic")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gouji::config::{
    After, Config, ConfigError, PasswordSource, Settings, SmtpSettings, Surroundings, Tls,
    Transport, from_text,
};

const FILE: &str = "/etc/gouji/gouji.toml";

fn settings(text: &str) -> Result<Settings, ConfigError> {
    from_text(text, Path::new(FILE), &Surroundings::default())
}

fn refusal(text: &str) -> String {
    settings(text).unwrap_err().to_string().replace(FILE, "gouji.toml")
}

/// A configuration with a mail server and everything it needs, and these lines after line 6.
fn with_server(lines: &str) -> Settings {
    let text = format!(
        "[mail]\ntransport = \"smtp\"\nhost = \"mail.c.cn\"\nto = \"office@c.cn\"\n\
         username = \"g@c.cn\"\n\n{lines}\n",
    );
    let text = match lines.contains("password_file") {
        true => text,
        false => text.replace("\n\n", "\npassword_file = \"/dev/null\"\n"),
    };
    settings(&text).unwrap()
}

fn smtp(settings: Settings) -> SmtpSettings {
    match settings.mail.transport {
        Transport::Smtp(smtp) => smtp,
        Transport::File { .. } => panic!("transport is not smtp"),
    }
}

#[test]
fn an_empty_file_gives_the_defaults_relative_to_its_folder() {
    let settings = settings("").unwrap();
    assert_eq!(settings.drop.folders, [PathBuf::from("/etc/gouji/drop")]);
    assert_eq!((settings.drop.settle, settings.drop.rescan), (None, None));
    assert!(settings.drop.events);
    assert_eq!(settings.drop.after, After::Leave);
    assert_eq!(settings.database.path, PathBuf::from("/etc/gouji/gouji.db"));
    assert_eq!(settings.mail.transport, Transport::File { folder: "/etc/gouji/mail".into() });
    assert_eq!(settings.mail.to, ["gouji@localhost"]);
    assert_eq!(settings.mail.admin, settings.mail.to);
    assert_eq!(settings.mail.coalesce, Duration::from_secs(120));
    assert_eq!(settings.mail.give_up_after, Duration::from_secs(720 * 3600));
}

#[test]
fn the_default_configuration_written_out_is_accepted_without_a_warning() {
    let text = toml::to_string(&Config::default()).unwrap();
    assert_eq!(settings(&text).unwrap().warnings, []);
}

#[test]
fn relative_paths_begin_at_the_state_directory_where_systemd_gives_one() {
    let surroundings =
        Surroundings { state_directory: Some("/var/lib/gouji".into()), ..Default::default() };
    let text = "[drop]\nfolders = [\"../share/./in\", \"/srv/drop\"]\n";
    let settings = from_text(text, Path::new(FILE), &surroundings).unwrap();
    assert_eq!(settings.drop.folders, [Path::new("/var/lib/share/in"), Path::new("/srv/drop")]);
    assert_eq!(settings.database.path, Path::new("/var/lib/gouji/gouji.db"));
}

#[test]
fn commands_by_hand_find_the_data_of_the_installed_service() {
    let surroundings =
        Surroundings { installed: Some("/var/lib/gouji".into()), ..Default::default() };
    let database = |file: &str| {
        from_text("", Path::new(file), &surroundings).unwrap().database.path.display().to_string()
    };
    assert_eq!(database("/etc/gouji/gouji.toml"), "/var/lib/gouji/gouji.db");
    assert_eq!(database("/srv/trial/gouji.toml"), "/srv/trial/gouji.db");
}

#[test]
fn one_text_stands_for_a_list_of_one_and_an_empty_text_for_none() {
    let settings = settings("[mail]\nto = \"office@county.gov.cn\"\nadmin = \"\"\n").unwrap();
    assert_eq!(settings.mail.to, ["office@county.gov.cn"]);
    assert_eq!(settings.mail.admin, ["office@county.gov.cn"]);
}

/// B19.
#[test]
fn the_port_decides_how_the_connection_is_encrypted_and_nothing_falls_back_to_clear_text() {
    let tls = |lines| smtp(with_server(lines)).tls;
    assert_eq!(tls(""), Tls::Implicit);
    assert_eq!(tls("port = 587"), Tls::StartTls);
    assert_eq!(tls("port = 25"), Tls::StartTls);
    assert_eq!(tls("port = 2525\ntls = \"implicit\""), Tls::Implicit);
    assert_eq!(tls("port = 25\ntls = \"none\""), Tls::None);
    let clear = with_server("tls = \"none\"");
    assert!(clear.warnings.iter().any(|w| w.what.contains("clear text") && w.line == Some(7)));
}

/// B38.
#[test]
fn the_password_comes_from_the_systemd_credential_unless_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("smtp-password"), "geheim\r\n").unwrap();
    let surroundings = Surroundings {
        credentials_directory: Some(folder.path().to_owned()),
        ..Surroundings::default()
    };
    let text = "[mail]\ntransport = \"smtp\"\nhost = \"m\"\nto = \"o@c.cn\"\nusername = \"g@c.cn\"";
    let password = |text: &str| {
        smtp(from_text(text, Path::new(FILE), &surroundings).unwrap()).password.unwrap()
    };
    assert_eq!(password(text).path(), folder.path().join("smtp-password"));
    assert_eq!(password(text).read().unwrap(), "geheim");
    assert!(!format!("{:?}", password(text)).contains("geheim"));
    let named = format!("{text}\npassword_file = \"secret\"\n");
    assert_eq!(password(&named), PasswordSource::file("/etc/gouji/secret"));
}

/// B20
#[test]
fn the_sender_is_the_login_unless_another_is_written_which_brings_a_warning() {
    let about_from = |settings: &Settings| {
        settings.warnings.iter().find(|warning| warning.what.contains("`from`")).cloned()
    };
    assert_eq!(with_server("").mail.from, "g@c.cn");
    let named = with_server("from = \"县政务公开办 <g@C.cn>\"");
    assert_eq!(named.mail.from, "县政务公开办 <g@C.cn>");
    assert_eq!(about_from(&named), None);
    let other = with_server("from = \"office@c.cn\"");
    assert_eq!(about_from(&other).unwrap().line, Some(7));
}

/// B38
#[test]
fn a_password_file_that_everyone_can_read_brings_a_warning_and_no_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "x").unwrap();
    let warnings = |mode| {
        std::fs::set_permissions(&password, std::fs::Permissions::from_mode(mode)).unwrap();
        with_server(&format!("password_file = {password:?}")).warnings
    };
    assert_eq!(warnings(0o600), []);
    let [warning] = &warnings(0o644)[..] else { panic!("expected one warning") };
    assert_eq!(warning.line, Some(7));
    assert!(warning.what.contains("chmod 600"), "{}", warning.what);
}

#[test]
fn a_file_that_is_named_and_missing_is_an_error_and_not_the_defaults() {
    let error = gouji::config::load(Some(Path::new("/nowhere/gouji.toml"))).unwrap_err();
    assert!(error.to_string().contains("/nowhere/gouji.toml"), "{error}");
}

#[test]
fn each_bad_configuration_is_refused_for_its_reason() {
    let mut seen = 0;
    for folder in std::fs::read_dir("tests/data/bad-configs").unwrap() {
        let folder = folder.unwrap().path();
        let text = std::fs::read_to_string(folder.join("gouji.toml")).unwrap();
        let expected = std::fs::read_to_string(folder.join("expected-error")).unwrap();
        assert_eq!(refusal(&text).trim(), expected.trim(), "{}", folder.display());
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} bad configurations found");
}

/// `config/gouji.toml` with the `#` before its options taken away.
fn sample_with_all_options() -> String {
    let text = std::fs::read_to_string("config/gouji.toml").unwrap();
    let uncommented = |line: &str| match line.strip_prefix('#') {
        Some(option) if !option.starts_with([' ', '#']) => format!("{option}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(uncommented).collect()
}

#[test]
fn the_sample_configuration_holds_every_option_with_its_default() {
    let text = sample_with_all_options();
    let sample: Config = toml::from_str(&text).unwrap();
    assert_eq!(sample, Config::default());
    let keys = |table: &toml::Table| -> Vec<String> {
        let below = |(name, value): (&String, &toml::Value)| match value {
            toml::Value::Table(table) => table.keys().map(|key| format!("{name}.{key}")).collect(),
            _ => vec![name.clone()],
        };
        table.iter().flat_map(below).collect()
    };
    let expected = toml::Table::try_from(Config::default()).unwrap();
    assert_eq!(keys(&toml::from_str(&text).unwrap()), keys(&expected));
    settings(&text).unwrap();
}

#[test]
fn the_sample_configuration_as_it_is_gives_the_defaults() {
    let text = std::fs::read_to_string("config/gouji.toml").unwrap();
    assert_eq!(toml::from_str::<Config>(&text).unwrap(), Config::default());
}

#[test]
fn an_option_without_what_it_needs_brings_a_warning() {
    let warned = |text: &str| settings(text).unwrap().warnings;
    let [due, remind] = &warned("[units]\ndue = \"01-31\"\nremind_units = true\n")[..] else {
        panic!("expected two warnings")
    };
    assert_eq!((due.line, remind.line), (Some(2), Some(3)));
    assert_eq!(warned("[units]\nroster = \"a.csv\"\ndue = \"01-31\"\nremind_units = true\n"), []);
}

#[test]
fn offices_bring_folders_of_their_own_and_the_default_one_is_not_waited_for() {
    let office = "[[office]]\nname = \"东片\"\nfolders = \"east\"\nto = \"e@c.cn\"\nroster = \"e.csv\"\n\
                  [[office]]\nname = \"西片\"\nfolders = \"west\"\nto = \"w@c.cn\"\ndue = \"03-31\"\n";
    let east = PathBuf::from("/etc/gouji/east");
    let alone = settings(office).unwrap();
    assert_eq!(alone.drop.folders, [east.clone(), PathBuf::from("/etc/gouji/west")]);
    let text = format!("[drop]\nfolders = \"drop\"\n[units]\ndue = \"01-31\"\n{office}");
    let beside = settings(&text).unwrap();
    assert_eq!(beside.drop.folders.len(), 3);
    let due: Vec<_> = beside.offices.iter().map(|office| office.due).collect();
    assert_eq!(due, [Some((1, 31)), Some((3, 31))]);
    // Where there is no roster there is nobody to miss.
    assert_eq!(beside.deadlines(), [("东片", (1, 31))]);
}
