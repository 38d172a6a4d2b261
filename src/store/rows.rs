//! The plain values that go into and come out of the database. Nothing here knows SQL, so that the
//! rooms around the store can build and read them without it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::hours::Hours;
use crate::check::{Finding, Verdict};
use crate::document::Source;
use crate::form::{CellId, Severity};
use crate::inspect::Inspection;
use crate::locate::Cause;
use crate::report::Cell;
use crate::units::overdue::List;
use crate::units::roster::Level;
use crate::watch::Stamp;

/// SHA-256 of a file's bytes: what tells one content from another, whatever its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(<sha2::Sha256 as sha2::Digest>::digest(bytes).into())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A row of `units`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(pub i64);

/// A row of `files`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub i64);

/// A row of `reports`: one version of one unit's report of one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportId(pub i64);

/// A row of `notices`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeId(pub i64);

/// A row of `mails`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailId(pub i64);

impl fmt::Display for MailId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A file as found in a drop folder, with the hash of the bytes that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSeen {
    /// Absolute path; bytes end to end, whatever their encoding.
    pub path: PathBuf,
    /// Hash of the content.
    pub sha256: Sha256,
    /// Bytes.
    pub size: u64,
    /// Modification time of the file.
    pub modified_at: Timestamp,
    /// For comparing with the next scan.
    pub stamp: Stamp,
}

/// A path as the database knows it, for comparing scans without reading files again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPath {
    /// Absolute path.
    pub path: PathBuf,
    /// What it looked like when it was last found.
    pub stamp: Stamp,
    /// The content it had.
    pub sha256: Sha256,
    /// What became of that content; `None`: an attempt was begun and no verdict recorded yet.
    pub verdict: Option<Verdict>,
    /// It has vanished since; its content stays recorded.
    pub withdrawn: bool,
}

/// What is known about a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// What became of it; `None`: no verdict yet.
    pub verdict: Option<Verdict>,
    /// Why, in Chinese, when it could not be read or is no annual report.
    pub reason: Option<String>,
    /// Version of gouji that read it last; `None`: no verdict yet.
    pub reader: Option<String>,
    /// How often reading it was begun without a verdict since.
    pub attempts: u32,
    /// Reading it takes a program that was missing.
    pub lacked_program: bool,
}

/// How a recorded verdict becomes known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoticePolicy {
    /// The first scan of a new database: what it finds is told in one digest when it ends.
    pub first_scan: bool,
    /// `import`, `rebuild`, `recheck`: queue no notices.
    pub quiet: bool,
}

/// One file with everything found in it, ready to be recorded.
#[derive(Debug, Clone, Copy)]
pub struct Inspected<'a> {
    /// The file.
    pub file: &'a FileSeen,
    /// Its documents; one, unless it is a bundle.
    pub inspections: &'a [Inspection],
}

/// What recording made of one document of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Path inside the bundle; empty for the file itself.
    pub member: String,
    /// The verdict recorded.
    pub verdict: Verdict,
    /// The report it is, where it is one.
    pub report: Option<RecordedReport>,
    /// The notice it owes, where it owes one.
    pub notice: Option<NoticeKind>,
}

/// The place of a report among the versions of its unit and year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedReport {
    /// Its row; for a copy, that of the version it is a copy of.
    pub id: ReportId,
    /// The unit's name.
    pub unit: String,
    /// The report year.
    pub year: Option<i16>,
    /// From 1, in the order of versions.
    pub version: u32,
    /// It is the version that counts.
    pub current: bool,
    /// It says the same as the version that counted before, and is no version of its own.
    pub copy: bool,
}

/// What came of checking a recorded report anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rechecked {
    /// It is thought of as before.
    Same,
    /// Its findings or causes are others now.
    Changed(RecheckReport),
    /// It was recorded by a gouji that did not keep all that was read: only its file can tell.
    NotWhole,
}

/// An explanation of findings that should be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The report: the number of a version, or unit and year: `柳荫乡2019`.
    pub report: String,
    /// The rule of the findings.
    pub rule: String,
    /// Their place.
    pub place: String,
    /// The explanation.
    pub because: String,
}

/// What became of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settling {
    /// These findings are settled.
    Settled(Vec<ExplainedFinding>),
    /// No report is meant, or several.
    NoReport,
    /// Nothing was found by this rule at this place; what was found otherwise, hints left out.
    NoFinding(Vec<ExplainedFinding>),
    /// The finding must be corrected and cannot be explained away.
    NotForExplaining(ExplainedFinding),
}

/// A finding as far as explaining it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedFinding {
    /// Its rule.
    pub rule: String,
    /// Its place.
    pub place: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The sentence for the office.
    pub message: String,
}

/// A report whose findings have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecheckReport {
    /// Its row.
    pub id: ReportId,
    /// The unit's name.
    pub unit: String,
    /// The report year.
    pub year: Option<i16>,
    /// From 1, in the order of versions.
    pub version: u32,
    /// It is the version that counts.
    pub current: bool,
    /// Error-level findings before.
    pub errors_before: usize,
    /// Error-level findings now.
    pub errors: usize,
    /// The errors are not those of before.
    pub errors_are_others: bool,
}

/// What tells whether two databases say the same about a current report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportDigest {
    /// The unit's name.
    pub unit: String,
    /// The report year.
    pub year: Option<i16>,
    /// The kind of report.
    pub kind: String,
    /// Hash of its year, cells and figures of the text.
    pub content: String,
    /// Hash of its error-level findings.
    pub errors: String,
}

/// A file that is not ready, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Absolute path.
    pub path: PathBuf,
    /// What it waits for.
    pub state: WaitingFor,
    /// The reason in Chinese, for people.
    pub reason: String,
    /// The same for the administrator, in English.
    pub detail: Option<String>,
    /// Modification time of the file, where it could be asked.
    pub modified_at: Option<Timestamp>,
    /// Since when it waits. An earlier time recorded for the same path and state holds.
    pub since: Timestamp,
    /// When it will be tried again.
    pub next_try_at: Option<Timestamp>,
}

/// What a file waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitingFor {
    /// Its size or times still change.
    Settling,
    /// Its end is missing.
    Incomplete,
    /// Another program holds it, or the share fails.
    Locked,
    /// gouji may not read it.
    Permission,
    /// Its reader died or overran; it is tried again.
    Reader,
}

impl WaitingFor {
    /// Every state, and its word in the database and in what scripts read.
    pub const WORDS: [(Self, &'static str); 5] = [
        (Self::Settling, "settling"),
        (Self::Incomplete, "incomplete"),
        (Self::Locked, "locked"),
        (Self::Permission, "permission"),
        (Self::Reader, "reader"),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.into_iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }
}

/// Something the administrator must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What.
    pub kind: ConditionKind,
    /// Which folder, disk, mail … it is about.
    pub about: String,
    /// What to know more, in English; may be empty.
    pub detail: String,
    /// Since when. The same condition since the same moment is told once.
    pub since: Timestamp,
}

/// The conditions an administrator is told about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionKind {
    /// A drop folder cannot be reached.
    ShareOffline,
    /// No space left.
    DiskFull,
    /// The database was damaged and moved aside.
    DatabaseMovedAside,
    /// A mail was given up.
    MailGivenUp,
    /// A program that reading needs is missing (OCR).
    ProgramMissing,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// The current version has error-level findings.
    Failed,
    /// A new version with the same error-level findings (仍未更正).
    StillFailing,
    /// It passes after an alert was mailed.
    Corrected,
    /// A file could not be read.
    Unreadable,
    /// A file is no annual report.
    Unrecognised,
    /// Reports that are due and missing.
    Overdue,
    /// A [`Condition`].
    Administrator,
}

/// Whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// An office, by its name; empty: that of `[mail] to`.
    Office(String),
    /// Whoever looks after the service.
    Administrator,
    /// The unit it is about.
    Unit(UnitId),
}

impl Default for Audience {
    fn default() -> Self {
        Self::Office(String::new())
    }
}

/// What the roster says about the unit of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterNote {
    /// It stands on it.
    pub listed: bool,
    /// What kind of unit it is.
    pub level: Option<Level>,
    /// Of a unit that is not listed, those it may be; of one that is, those that are not listed, have
    /// handed in for the year and may be it. The likeliest first.
    pub similar: Vec<String>,
}

/// A waiting notice with everything its mail can say.
#[derive(Debug, Clone, PartialEq)]
pub struct NoticeToSend {
    /// Its row.
    pub id: NoticeId,
    /// What it is about.
    pub kind: NoticeKind,
    /// Its key; with the kind it is unique.
    pub key: String,
    /// Whom it is for.
    pub audience: Audience,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// The unit's name.
    pub unit: Option<String>,
    /// Mail addresses of the unit itself.
    pub contacts: Vec<String>,
    /// What the roster says about the unit; `None`: there is no roster, or no unit.
    pub roster: Option<RosterNote>,
    /// The report year.
    pub year: Option<i16>,
    /// Name of the file, with the member of a bundle after `!`; where no unit is known, with the folder
    /// it lies in before it.
    pub file_name: String,
    /// Modification time of the file; when the notice was queued if the file could not be asked.
    pub file_modified_at: Timestamp,
    /// When gouji first saw the file.
    pub first_seen_at: Timestamp,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in Chinese, when it could not be read or is no annual report.
    pub reason: Option<String>,
    /// The same for the administrator, in English.
    pub detail: Option<String>,
    /// The condition of an administrator notice; its subject is in `reason`.
    pub condition: Option<ConditionKind>,
    /// The form.
    pub form: Option<String>,
    /// The version, from 1.
    pub version: Option<u32>,
    /// Text or OCR.
    pub source: Option<Source>,
    /// What the configuration had changed about the rules when the report was judged, in Chinese.
    pub rules_changed: Option<String>,
    /// Everything found, gravest kinds first.
    pub findings: Vec<Finding>,
    /// What explains it.
    pub causes: Vec<Cause>,
    /// Every cell of the tables that findings and causes speak of; empty where very many notices
    /// are told at once.
    pub cells: BTreeMap<CellId, Cell>,
    /// What was mailed about the same unit and year, or the same file, before.
    pub previous: Option<PreviousMail>,
}

impl NoticeToSend {
    /// What could be told about one document just inspected, whatever may have been told before:
    /// for a receipt or a preview. `file` is the name of the file, `modified` its time.
    pub fn about(inspection: &Inspection, file: &str, modified: Timestamp, now: Timestamp) -> Self {
        let checked = inspection.checked.as_ref();
        let report = checked.map(|checked| &checked.report);
        Self {
            id: NoticeId(0),
            kind: match inspection.verdict {
                Verdict::Passed => NoticeKind::Corrected,
                Verdict::Failed => NoticeKind::Failed,
                Verdict::Unreadable => NoticeKind::Unreadable,
                Verdict::Unrecognised | Verdict::Ignored => NoticeKind::Unrecognised,
            },
            key: format!("{file}!{}", inspection.member),
            audience: Audience::default(),
            queued_at: now,
            contacts: Vec::new(),
            roster: None,
            unit: report.and_then(|report| report.unit.clone()),
            year: report.and_then(|report| report.year),
            file_name: match inspection.member.as_str() {
                "" => file.to_owned(),
                member => format!("{file}!{member}"),
            },
            file_modified_at: modified,
            first_seen_at: now,
            verdict: inspection.verdict,
            reason: inspection.reason.clone(),
            detail: inspection.detail.clone(),
            condition: None,
            form: report.and_then(|report| report.form.clone()),
            version: None,
            source: report.map(|report| report.source),
            rules_changed: None,
            findings: checked.map(|checked| checked.findings.clone()).unwrap_or_default(),
            causes: checked.map(|checked| checked.causes.clone()).unwrap_or_default(),
            cells: report.map(|report| report.cells.clone()).unwrap_or_default(),
            previous: None,
        }
    }
}

/// A file whose receipt is out of date.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiptDue {
    /// The file.
    pub file: FileId,
    /// How often it has become so.
    pub times: i64,
    /// Where it lies, and where it lay before it was archived.
    pub paths: Vec<PathBuf>,
    /// What is to be said about each of its documents.
    pub documents: Vec<NoticeToSend>,
}

/// What became of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptWritten {
    /// Where it belongs.
    pub path: PathBuf,
    /// Why it is not there.
    pub error: Option<String>,
}

/// What was mailed before about the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousMail {
    /// Message-ID of the first mail about it: the head of the thread.
    pub message_id: String,
    /// The kind of the last notice mailed about it.
    pub kind: NoticeKind,
    /// The error-level findings told last.
    pub findings: Vec<Finding>,
    /// What explained them.
    pub causes: Vec<Cause>,
}

/// A finished mail, not yet in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailDraft {
    /// The notices it tells.
    pub notices: Vec<NoticeId>,
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// The Message-ID in the bytes.
    pub message_id: String,
    /// The whole message, as it goes over the wire.
    pub bytes: Vec<u8>,
    /// The subject, for people.
    pub subject: String,
}

/// A mail of the outbox that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMail {
    /// Its row.
    pub id: MailId,
    /// The Message-ID in the bytes.
    pub message_id: String,
    /// The subject, for people.
    pub subject: String,
    /// Envelope recipients that have not got it yet.
    pub recipients_open: Vec<String>,
    /// The whole message: the same at every attempt.
    pub bytes: Vec<u8>,
    /// Attempts begun.
    pub attempts: u32,
    /// When it was composed.
    pub created_at: Timestamp,
    /// When it was put into the queue: composed, or asked for again after it was given up. Its age
    /// counts from here.
    pub queued_at: Timestamp,
    /// When it is due.
    pub next_attempt_at: Timestamp,
    /// What the server said last.
    pub last_error: Option<String>,
}

/// What became of an attempt to send a mail. Recipients in neither list have got it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Recipients to try again.
    pub open: Vec<String>,
    /// Recipients refused for good.
    pub failed: Vec<String>,
    /// What the server said.
    pub error: Option<String>,
    /// When the open ones are tried again; `None`: as `begin_delivery` set it.
    pub next_attempt_at: Option<Timestamp>,
    /// Its age is over: the open ones are not tried again.
    pub give_up: bool,
}

/// When waiting notices become mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// From the first waiting notice; zero: at once.
    pub coalesce: Duration,
    /// When offices may be disturbed.
    pub hours: Hours,
    /// The first scan of a new database is still running: what it found waits for its end.
    pub first_scan: bool,
}

/// A list of who has not handed in, to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverdueList {
    /// The office whose roster it is about; empty: that of `[units]`.
    pub office: String,
    /// Which.
    pub list: List,
    /// The units themselves are reminded as well.
    pub remind_units: bool,
}

/// What became of the rosters when they were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RostersKept {
    /// Units on them.
    pub listed: usize,
    /// Units known by other names before, which are one with a listed one now.
    pub joined: usize,
    /// Units that are on them no more.
    pub left: usize,
}

/// A unit that has handed in and is not on the roster of its office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlisted {
    /// As its reports print it.
    pub name: String,
    /// The office; empty: that of `[units]`.
    pub office: String,
    /// Units on the roster that it may be, the likeliest first.
    pub proposals: Vec<String>,
}

/// What `gouji status` shows of the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Schema version.
    pub schema: i64,
    /// Units known.
    pub units: u32,
    /// Distinct contents by verdict; `None`: being read or to be read again.
    pub files: BTreeMap<Option<Verdict>, u32>,
    /// Current reports that pass, that fail.
    pub reports_passed: u32,
    /// Current reports with an error-level finding.
    pub reports_failed: u32,
    /// When the last report was recorded.
    pub last_recorded_at: Option<Timestamp>,
    /// Files that are not ready.
    pub waiting: Vec<Waiting>,
    /// Notices not yet in a mail.
    pub notices_waiting: u32,
    /// Mails to be sent.
    pub mails_queued: u32,
    /// Mails sent.
    pub mails_sent: u32,
    /// Units on the rosters.
    pub units_listed: u32,
    /// Units that have handed in and are not on the roster of their office.
    pub unlisted: Vec<Unlisted>,
    /// Receipts that are there.
    pub receipts_written: u32,
    /// Receipts that could not be written.
    pub receipts_missing: u32,
    /// Why the last of these could not.
    pub receipts_error: Option<String>,
    /// Mails that were given up, queued ones that had an error: newest first.
    pub mails_in_trouble: Vec<MailInTrouble>,
}

/// A mail that has not gone out as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailInTrouble {
    /// Its row, for `gouji notices retry`.
    pub id: MailId,
    /// The subject.
    pub subject: String,
    /// It is not tried any more.
    pub given_up: bool,
    /// Attempts begun.
    pub attempts: u32,
    /// When it is tried again, unless given up.
    pub next_attempt_at: Timestamp,
    /// What the server said last.
    pub last_error: Option<String>,
    /// The addresses that have not got it.
    pub not_delivered: String,
}
