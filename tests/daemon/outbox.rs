//! The outbox over days of simulated time, with a real database and a real conversation with a mail
//! server: T6, T9, T10, T24. The outbox says how long it would rest, and the clock is put forward by
//! that.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot set up should panic"
)]

#[path = "../common/smtp.rs"]
mod smtp;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::SignedDuration;
use smtp::{Act, Encryption, Script, Server};

use super::*;
use crate::config::Settings;
use crate::daemon::ledger;
use crate::document::{Limits, read_all};
use crate::form::Forms;
use crate::inspect::{Inspection, Reading, inspect};
use crate::notice::Stationery;
use crate::store::{FileSeen, NoticePolicy, Store, Witness};
use crate::watch::Stamp;

const HOUR: Duration = Duration::from_secs(3600);

thread_local! {
    /// What time it is on this thread, on which the whole outbox runs.
    static CLOCK: Cell<Option<Moment>> = const { Cell::new(None) };
}

fn simulated() -> Moment {
    CLOCK.get().unwrap()
}

/// Time passes.
fn pass(time: Duration) {
    let Moment { now, since_boot } = simulated();
    CLOCK.set(Some(Moment { now: later(now, time), since_boot: since_boot + time }));
}

/// Someone sets the clock.
fn set_clock(by: SignedDuration) {
    let Moment { now, since_boot } = simulated();
    CLOCK.set(Some(Moment { now: now.checked_add(by).unwrap(), since_boot }));
}

/// An outbox with a database, and the server it talks to.
struct Desk {
    outbox: Outbox,
    dispatcher: Dispatcher,
    jumps: Jumps,
    server: Server,
    alert: Vec<Inspection>,
    reports: u64,
    _stop: watch::Sender<bool>,
    folder: tempfile::TempDir,
}

impl Desk {
    async fn new(script: Script, keys: &str) -> Self {
        CLOCK.set(Some(Moment::this()));
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(script).await;
        let port = server.port;
        let text = format!(
            "[mail]\ntransport = \"smtp\"\nhost = \"localhost\"\nport = {port}\ntls = \"none\"\n\
             from = \"gouji@county.example\"\nto = [\"office@county.example\"]\n{keys}\n"
        );
        let path = folder.path().join("gouji.toml");
        std::fs::write(&path, text).unwrap();
        let settings = crate::config::load(Some(&path)).unwrap();
        let forms = Forms::load(None).unwrap();
        let alert = alert(&settings, &forms);
        let live = Live::new(settings, forms, Stationery::built_in().unwrap());
        let composer = Composer::new(live.clone());
        let crate::daemon::Setup { settings, forms, .. } = live.setup();
        let database = folder.path().join("gouji.db");
        let witness = Arc::new(Mutex::new(Witness::of(&database)));
        let open = move |now| Store::open(&database, &forms, &settings.policy, now);
        let (ledger, _) = ledger::open(open, composer.clone(), witness).await.unwrap();
        let (stop, stopping) = watch::channel(false);
        let outbox = Outbox {
            ledger,
            live,
            composer,
            wake: Arc::default(),
            first_scan: Arc::default(),
            stopping,
            clock: simulated,
        };
        let (dispatcher, jumps) = (Dispatcher::default(), Jumps::since(simulated()));
        Self { outbox, dispatcher, jumps, server, alert, reports: 0, _stop: stop, folder }
    }

    /// Records so many failing reports, each of a unit of its own.
    async fn hand_in(&mut self, count: u64) {
        for _ in 0..count {
            self.reports += 1;
            let mut alert = self.alert.clone();
            let report = &mut alert[0].checked.as_mut().unwrap().report;
            report.unit = Some(unit(self.reports));
            report.text.clear(); // one text of many units would be told in the mails of all
            let name = format!("/drop/{}.md", self.reports);
            let stamp = Stamp { dev: 1, ino: self.reports, size: 1, mtime_ns: 0, ctime_ns: 0 };
            let seen = FileSeen {
                path: PathBuf::from(&name),
                sha256: Sha256::of(name.as_bytes()),
                size: 1,
                modified_at: simulated().now,
                stamp,
            };
            let policy = NoticePolicy::default();
            let ledger = &self.outbox.ledger;
            let attempt = ledger.begin(seen.clone()).await.unwrap();
            ledger.record(&attempt, seen, Arc::new(alert), policy).await.unwrap();
        }
    }

    /// Lets the outbox work for so long.
    async fn run(&mut self, time: Duration) {
        let end = simulated().since_boot + time;
        while simulated().since_boot < end {
            let rest = self.outbox.round(&mut self.dispatcher, &mut self.jumps).await.unwrap();
            pass(rest.min(end - simulated().since_boot));
        }
    }

    fn connections(&self) -> usize {
        self.server.transcripts().len()
    }

    /// Checks that each report is told in one mail, and that there are no more mails than `at_most`.
    fn check_mails(&self, at_most: usize) {
        let mails = self.server.mails();
        assert!(mails.len() <= at_most, "{} mails", mails.len());
        let parser = mail_parser::MessageParser::new();
        let texts: Vec<String> = mails
            .iter()
            .map(|mail| parser.parse(&mail.bytes).unwrap().body_text(0).unwrap().into_owned())
            .collect();
        for number in 1..=self.reports {
            let telling = texts.iter().filter(|text| text.contains(&unit(number))).count();
            assert_eq!(telling, 1, "{}", unit(number));
        }
    }
}

fn unit(number: u64) -> String {
    format!("第{number:03}镇人民政府")
}

/// What becomes of a report that fails.
fn alert(settings: &Settings, forms: &Forms) -> Vec<Inspection> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/samples/柳荫乡2019.docx");
    let bytes = std::fs::read(sample).unwrap();
    let documents = read_all(&bytes, "柳荫乡2019.docx", &Limits::default(), |_| false).unwrap();
    inspect("柳荫乡2019.docx", Reading::Documents(documents), forms, &settings.policy)
}

/// A server that is busy for its first `connections`, then takes mails.
fn down_for(connections: usize) -> Script {
    let busy = Act::SayAndDrop(b"421 too busy".to_vec());
    (1..=connections)
        .fold(Script::new(Encryption::None), |script, n| script.on("CONNECT", n, busy.clone()))
}

/// T6: one connection for each step of the ladder (1, 5, 10, 20 minutes, then hourly), whatever waits;
/// then everything goes out, once.
#[tokio::test]
async fn a_server_down_for_three_days_is_asked_once_a_step_and_loses_nothing() {
    let mut desk = Desk::new(down_for(78), "").await;
    for _ in 0..3 {
        desk.hand_in(2).await;
        desk.run(HOUR * 24).await;
    }
    let connections = desk.connections();
    assert!((60..=76).contains(&connections), "{connections} connections in 72 hours");
    assert!(desk.server.mails().is_empty());
    desk.run(HOUR * 6).await;
    desk.check_mails(3);
}

/// T9: accounts are locked by those who try too often.
#[tokio::test]
async fn a_wrong_password_is_tried_ten_times_an_hour_at_most_and_mended_without_a_restart() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let password = file.path().display();
    let script = Script::new(Encryption::None).with_login("gouji", "right", "PLAIN");
    let keys = format!("username = \"gouji\"\npassword_file = \"{password}\"");
    let mut desk = Desk::new(script, &keys).await;
    std::fs::write(file.path(), "wrong\n").unwrap();
    let mut before = 0;
    for hour in 0..24 {
        desk.hand_in(1).await;
        desk.run(HOUR).await;
        let logins = desk.server.heard("AUTH");
        assert!(logins - before <= 10, "{} logins in hour {hour}", logins - before);
        before = logins;
    }
    assert!(before >= 24, "{before} logins");
    std::fs::write(file.path(), "right\n").unwrap();
    desk.run(HOUR * 6).await;
    desk.check_mails(24);
}

/// T10, B28.
#[tokio::test]
async fn three_hundred_failing_files_at_once_are_two_mails_at_most() {
    let mut desk = Desk::new(Script::new(Encryption::None), "").await;
    desk.hand_in(100).await;
    desk.run(Duration::from_secs(60)).await;
    desk.hand_in(200).await;
    desk.run(Duration::from_secs(540)).await;
    assert!((1..=2).contains(&desk.server.mails().len()), "{} mails", desk.server.mails().len());
    desk.run(HOUR).await;
    desk.check_mails(2);
}

/// T24: ten years forward and back, with mails waiting for their window, for the server, and sent.
#[tokio::test]
async fn a_clock_that_is_set_neither_sends_nor_drops_nor_delays_a_mail() {
    let years = SignedDuration::from_hours(24 * 3653);
    for jump in [years, -years] {
        let mut desk = Desk::new(down_for(3), "coalesce = \"30m\"").await;
        desk.hand_in(1).await;
        desk.run(Duration::from_secs(60)).await;
        set_clock(jump);
        desk.run(Duration::from_secs(28 * 60)).await;
        assert_eq!(desk.connections(), 0, "{jump:#}: the window is still open");
        desk.run(Duration::from_secs(2 * 60)).await;
        assert_eq!(desk.connections(), 1, "{jump:#}: it closed when it should");
        // Waiting for the server: refused three times, within 6 minutes and a half.
        set_clock(jump);
        desk.run(HOUR / 2).await;
        desk.check_mails(1);
        assert_eq!(desk.connections(), 4, "{jump:#}");
        let ask = |store: &mut Store| store.status();
        let status = desk.outbox.ledger.ask(ask).await.unwrap();
        assert_eq!((status.mails_sent, status.mails_in_trouble.len()), (1, 0), "{jump:#}");
        // The time of the last mail lies in the future, or long ago: the next one goes as usual.
        desk.hand_in(1).await;
        set_clock(-jump);
        desk.run(HOUR).await;
        desk.check_mails(2);
        assert!(desk.folder.path().exists());
    }
}
