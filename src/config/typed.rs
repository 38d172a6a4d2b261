//! The configuration as people write it: the names and defaults that other documents rely on, and
//! no meaning. An empty text means "not set" wherever something may be unset.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where reports are handed in.
    pub drop: DropConfig,
    /// Where they are recorded.
    pub database: DatabaseConfig,
    /// Who hears of them, and how.
    pub mail: MailConfig,
    /// Who should hand in, and until when.
    pub units: UnitsConfig,
    /// What reads scans.
    pub ocr: OcrConfig,
    /// Other forms.
    pub forms: FormsConfig,
    /// Other weights of rules.
    pub rules: RulesConfig,
    /// Figures about the service itself.
    pub metrics: MetricsConfig,
    /// Further offices, with folders of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub office: Vec<OfficeConfig>,
}

/// `[drop]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DropConfig {
    /// Folders, watched with their sub-folders.
    #[serde(deserialize_with = "one_or_many")]
    pub folders: Vec<String>,
    /// Duration a file must stand still.
    pub settle: String,
    /// Duration between two scans.
    pub rescan: String,
    /// `leave` or `archive`.
    pub after: String,
    /// Folder for `after = "archive"`.
    pub archive: String,
    /// Listen to the system's events.
    pub events: bool,
    /// `beside`, or a folder.
    pub receipts: String,
}

impl Default for DropConfig {
    fn default() -> Self {
        Self {
            folders: vec!["drop".into()],
            settle: String::new(),
            rescan: String::new(),
            after: "leave".into(),
            archive: "archive".into(),
            events: true,
            receipts: String::new(),
        }
    }
}

/// `[database]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// The SQLite file.
    pub path: String,
    /// Where to publish a copy.
    pub snapshot: String,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { path: "gouji.db".into(), snapshot: String::new() }
    }
}

/// `[mail]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// `file` or `smtp`.
    pub transport: String,
    /// Folder for `transport = "file"`.
    pub folder: String,
    /// The sender.
    pub from: String,
    /// The county office.
    #[serde(deserialize_with = "one_or_many")]
    pub to: Vec<String>,
    /// The administrator.
    #[serde(deserialize_with = "one_or_many")]
    pub admin: Vec<String>,
    /// Mail server.
    pub host: String,
    /// Its port.
    pub port: i64,
    /// `auto`, `implicit`, `starttls` or `none`.
    pub tls: String,
    /// Login.
    pub username: String,
    /// File with the password.
    pub password_file: String,
    /// File with a certificate authority to trust.
    pub ca_file: String,
    /// Duration the server may take to answer.
    pub timeout: String,
    /// Folder of templates in place of the built-in ones.
    pub templates: String,
    /// Duration over which notices gather.
    pub coalesce: String,
    /// `HH:MM-HH:MM` during which no mail goes to an office.
    pub quiet: String,
    /// No mail goes to an office on Saturdays and Sundays.
    pub quiet_weekends: bool,
    /// `HH:MM` at which everything of a day goes together.
    pub digest: String,
    /// Duration after which a mail is given up.
    pub give_up_after: String,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            transport: "file".into(),
            folder: "mail".into(),
            from: "gouji@localhost".into(),
            to: Vec::new(),
            admin: Vec::new(),
            host: String::new(),
            port: 465,
            tls: "auto".into(),
            username: String::new(),
            password_file: String::new(),
            ca_file: String::new(),
            timeout: "60s".into(),
            templates: String::new(),
            coalesce: "2m".into(),
            quiet: String::new(),
            quiet_weekends: false,
            digest: String::new(),
            give_up_after: "720h".into(),
        }
    }
}

/// `[units]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnitsConfig {
    /// CSV of the units that should hand in.
    pub roster: String,
    /// `MM-DD`.
    pub due: String,
    /// Units that are late are reminded themselves.
    pub remind_units: bool,
}

/// `[[office]]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfficeConfig {
    /// What it is called.
    pub name: String,
    /// Its drop folders, watched with their sub-folders.
    #[serde(deserialize_with = "one_or_many")]
    pub folders: Vec<String>,
    /// Who hears of what lies in them.
    #[serde(deserialize_with = "one_or_many")]
    pub to: Vec<String>,
    /// CSV of the units that should hand in there.
    pub roster: String,
    /// `MM-DD`.
    pub due: String,
}

/// `[ocr]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OcrConfig {
    /// The program that recognises characters, used where it is there; empty: scans are not read.
    pub program: String,
}

impl Default for OcrConfig {
    fn default() -> Self {
        Self { program: "tesseract".into() }
    }
}

/// `[forms]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FormsConfig {
    /// Forms that add to or replace the built-in ones.
    pub folder: String,
}

/// `[rules]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// Rules that are switched off.
    #[serde(deserialize_with = "one_or_many")]
    pub off: Vec<String>,
    /// Severity by rule.
    pub severity: BTreeMap<String, String>,
}

/// `[metrics]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// File for the textfile collector of `node_exporter`.
    pub textfile: String,
}

/// A list, or the one thing it would hold; an empty text is an empty list.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) if one.is_empty() => Vec::new(),
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}
