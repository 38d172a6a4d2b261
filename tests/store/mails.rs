//! Notices and mails from the verdict to the last recipient.

use super::NoticeKind::{Administrator, Corrected, Failed, StillFailing, Unreadable, Unrecognised};
use super::outbox::IN_ONE_LETTER;
use super::*;

#[test]
fn an_alert_is_told_once_then_again_in_its_thread_then_corrected() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("x"));
    let first = office.post();
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].kind, first[0].previous.as_ref()), (Failed, None));
    assert_eq!(first[0].findings, [finding("x")]);
    assert_eq!(first[0].causes, [cause()]);
    assert_eq!(first[0].cells.len(), 2);
    assert_eq!(office.kinds(), []);

    office.drop("/drop/b.docx", &paper("b").total(1).fails("x"));
    let again = office.post();
    assert_eq!(again[0].kind, StillFailing);
    office.drop("/drop/c.docx", &paper("c").total(2).fails("y"));
    let other = office.post();
    assert_eq!(other[0].kind, Failed);
    office.drop("/drop/d.docx", &paper("d").total(3));
    let corrected = office.post();
    assert_eq!((corrected[0].kind, corrected[0].version), (Corrected, Some(4)));
    for told in [&again[0], &other[0], &corrected[0]] {
        assert_eq!(told.previous.as_ref().unwrap().message_id, "<1@gouji>");
    }
    let previous = corrected[0].previous.as_ref().unwrap();
    assert_eq!((previous.kind, &previous.findings), (Failed, &vec![finding("y")]));
    office.drop("/drop/e.docx", &paper("e").total(4));
    assert_eq!(office.kinds(), []);
}

#[test]
fn what_is_not_yet_in_a_mail_is_overtaken_by_what_comes_after() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("x"));
    office.drop("/drop/a.docx", &paper("b").total(1).fails("x"));
    assert_eq!(office.kinds(), [Failed], "nobody was told before: one full alert");
    office.drop("/drop/a.docx", &paper("c").total(2));
    office.drop("/drop/a.docx", &paper("d").total(3).fails("x"));
    assert_eq!(office.kinds(), [StillFailing], "the correction was overtaken");
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("x"));
    office.drop("/drop/a.docx", &paper("b").total(1));
    assert_eq!(office.kinds(), [], "put right before anyone was told");
    assert_eq!(office.list("SELECT state FROM notices"), ["superseded"]);
}

#[test]
fn an_older_version_that_comes_late_owes_nothing() {
    let mut office = Office::new();
    office.drop("/drop/b.docx", &paper("b"));
    let late = office.drop("/drop/a.docx", &paper("a").total(1).fails("x").modified(-60));
    assert_eq!(late.notice, None);
    assert_eq!(office.kinds(), []);
}

#[test]
fn a_file_nobody_can_read_is_told_and_answered_when_it_is_replaced() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").refused(Verdict::Unreadable));
    let told = office.post();
    assert_eq!(
        (told[0].kind, told[0].reason.as_deref()),
        (Unreadable, Some("文件需要密码才能打开"))
    );
    office.drop("/drop/a.docx", &paper("a").refused(Verdict::Unreadable));
    assert_eq!(office.kinds(), []);
    office.drop("/drop/a.docx", &paper("b"));
    let answer = office.post();
    assert_eq!(answer[0].kind, Corrected);
    assert_eq!(answer[0].previous.as_ref().unwrap().message_id, "<1@gouji>");
    office.drop("/drop/a.docx", &paper("c").total(3));
    assert_eq!(office.kinds(), []);

    office.drop("/drop/b.docx", &paper("d").refused(Verdict::Unreadable));
    office.drop("/drop/b.docx", &paper("e").total(4));
    assert_eq!(office.kinds(), [], "replaced before anyone was told");
}

#[test]
fn an_unrecognised_file_waits_for_a_mail_or_an_hour() {
    let mut office = Office::new();
    office.drop("/drop/a.txt", &paper("a").refused(Verdict::Unrecognised));
    assert_eq!(office.kinds(), []);
    office.drop("/drop/b.docx", &paper("b").fails("x"));
    assert_eq!(office.kinds(), [Unrecognised, Failed]);
    office.drop("/drop/c.txt", &paper("c").refused(Verdict::Unrecognised));
    assert_eq!(office.kinds(), []);
    assert_eq!(office.kinds(), [Unrecognised]);
}

#[test]
fn ignored_and_quiet_verdicts_queue_nothing() {
    let mut office = Office::new();
    office.drop("/drop/a", &paper("a").refused(Verdict::Ignored));
    office.drop_with("/drop/b.docx", &paper("b").fails("x"), QUIET);
    office.drop_with("/drop/c.docx", &paper("c").refused(Verdict::Unreadable), QUIET);
    assert_eq!(office.kinds(), []);
}

#[test]
fn a_first_scan_is_one_digest_when_it_ends() {
    let mut office = Office::new();
    let first_scan = NoticePolicy { first_scan: true, quiet: false };
    assert!(!office.store.first_scan_ended().unwrap());
    office.drop_with("/drop/a.docx", &paper("a").fails("x"), first_scan);
    office.drop_with("/drop/b.docx", &paper("b").unit("乙乡").fails("x"), first_scan);
    let scanning = Window { first_scan: true, ..WINDOW };
    let mut none = |_: &[NoticeToSend]| -> Vec<MailDraft> { panic!("the scan is still running") };
    assert_eq!(office.store.compose_due(&scanning, &mut none, at(600)).unwrap(), 0);
    assert_eq!(office.store.next_wake(&scanning, at(600)).unwrap(), None);
    office.store.end_first_scan(at(600)).unwrap();
    assert!(office.store.first_scan_ended().unwrap());
    assert_eq!(office.kinds(), [Failed, Failed]);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM mails"), 1);
}

#[test]
fn more_than_one_letter_can_tell_are_told_in_several_at_once() {
    let mut office = Office::new();
    for number in 0..=IN_ONE_LETTER {
        let condition = Condition {
            kind: ConditionKind::ShareOffline,
            about: format!("/drop/{number}"),
            detail: "no such folder".into(),
            since: at(0),
        };
        office.store.raise(&condition, at(0)).unwrap();
    }
    assert_eq!(office.kinds().len(), IN_ONE_LETTER + 1);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM mails"), 2);
    let most: i64 =
        office.ask("SELECT max(n) FROM (SELECT count(*) n FROM notices GROUP BY mail_id)");
    assert_eq!(usize::try_from(most), Ok(IN_ONE_LETTER));
}

#[test]
fn without_a_window_the_mail_is_in_the_transaction_of_the_verdict() {
    let mut office = Office::new();
    let failing = paper("a").fails("x");
    let file = failing.file("/drop/a.docx", 1);
    let inspections = [failing.inspection()];
    let read = [Inspected { file: &file, inspections: &inspections }];
    let mut compose = |notices: &[NoticeToSend]| vec![draft(1, notices)];
    let policy = NoticePolicy { first_scan: true, quiet: false };
    let at_once = Window { coalesce: Duration::ZERO, ..WINDOW };
    office.store.record_all(&read, &policy, Some((&at_once, &mut compose)), at(1)).unwrap();
    assert_eq!(office.store.due_mails(at(1)).unwrap().len(), 1);
    assert_eq!(office.list("SELECT state FROM notices"), ["in_mail"]);
}

/// B6.
#[test]
fn a_file_that_waits_too_long_is_told_with_the_reason() {
    let mut office = Office::new();
    let waiting = |minute, state| Waiting {
        path: "/drop/半.docx".into(),
        state,
        reason: "文件不完整，可能没有拷贝完，请重新拷贝".into(),
        detail: None,
        modified_at: Some(at(0)),
        since: at(minute),
        next_try_at: Some(at(minute + 4)),
    };
    for (minute, state) in [(1, WaitingFor::Incomplete), (30, WaitingFor::Incomplete)] {
        office.store.set_waiting(&[waiting(minute, state)], &LOUD, at(minute)).unwrap();
    }
    assert_eq!(office.store.status().unwrap().waiting[0].since, at(1), "the first time holds");
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM notices"), 0);
    for minute in [61, 90] {
        office
            .store
            .set_waiting(&[waiting(minute, WaitingFor::Incomplete)], &LOUD, at(minute))
            .unwrap();
    }
    office.minute = 90;
    let told = office.post();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].kind, told[0].file_name.as_str()), (Unreadable, "drop/半.docx"));
    office.drop("/drop/半.docx", &paper("whole"));
    assert_eq!(office.kinds(), [Corrected]);
    assert_eq!(office.store.status().unwrap().waiting, []);
    office.store.set_waiting(&[waiting(0, WaitingFor::Settling)], &LOUD, at(999)).unwrap();
    assert_eq!(office.kinds(), []);
}

#[test]
fn a_file_that_waits_is_told_once_although_the_clock_is_corrected_by_a_second() {
    let mut office = Office::new();
    let waiting = |seconds| Waiting {
        path: "/drop/半.docx".into(),
        state: WaitingFor::Incomplete,
        reason: "文件不完整，可能没有拷贝完，请重新拷贝".into(),
        detail: None,
        modified_at: Some(at(0)),
        since: Timestamp::from_second(at(1).as_second() + seconds).unwrap(),
        next_try_at: None,
    };
    for (minute, seconds) in [(1, 0), (62, 0), (63, -1), (64, 1)] {
        office.store.set_waiting(&[waiting(seconds)], &LOUD, at(minute)).unwrap();
    }
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM notices"), 1);
}

#[test]
fn a_file_that_nobody_can_read_is_named_with_its_folder_which_may_tell_whose_it_is() {
    let mut office = Office::new();
    let locked = paper("a").refused(Verdict::Unreadable);
    office.drop("/drop/青塘镇/年报.docx", &locked);
    office.drop("/drop/宁安乡/年报.docx", &paper("b").fails("x"));
    let names: Vec<_> = office.post().into_iter().map(|told| told.file_name).collect();
    assert_eq!(names, ["青塘镇/年报.docx", "年报.docx"]);
}

#[test]
fn a_condition_is_told_once() {
    let mut office = Office::new();
    let condition = |minute| Condition {
        kind: ConditionKind::ShareOffline,
        about: "/mnt/share".into(),
        detail: String::new(),
        since: at(minute),
    };
    for minute in [1, 1, 7] {
        office.store.raise(&condition(minute), at(20)).unwrap();
    }
    let told = office.post();
    let about: Vec<_> = told.iter().map(|n| (n.kind, n.condition, n.reason.as_deref())).collect();
    assert_eq!(about, [(Administrator, Some(ConditionKind::ShareOffline), Some("/mnt/share")); 2]);
}

/// A mail with two recipients in the outbox.
fn queued() -> (Office, QueuedMail) {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").fails("x"));
    office.post();
    let mail = office.store.due_mails(office.now()).unwrap().remove(0);
    (office, mail)
}

#[test]
fn a_repeated_mail_is_the_same_to_those_who_have_not_got_it() {
    let (mut office, mail) = queued();
    assert_eq!(mail.recipients_open, ["a@county", "b@county"]);
    assert_eq!((mail.attempts, mail.bytes.as_slice()), (0, b"mail 1".as_slice()));
    office.store.begin_delivery(mail.id, at(200)).unwrap();
    let mut office = office.reopen();
    assert_eq!(office.store.due_mails(at(199)).unwrap(), []);
    assert_eq!(office.store.next_wake(&WINDOW, at(1)).unwrap(), Some(at(200)));
    let outcome = DeliveryRecord {
        open: vec!["a@county".into()],
        error: Some("450 later".into()),
        next_attempt_at: Some(at(300)),
        ..DeliveryRecord::default()
    };
    office.store.finish_delivery(mail.id, &outcome, at(150)).unwrap();
    assert_eq!(
        office.store.status().unwrap().mails_in_trouble[0].last_error.as_deref(),
        Some("450 later")
    );
    office.store.make_all_due(at(160)).unwrap();
    let again = office.store.due_mails(at(160)).unwrap().remove(0);
    assert_eq!(again.recipients_open, ["a@county"]);
    assert_eq!(
        (again.attempts, &again.bytes, &again.message_id),
        (1, &mail.bytes, &mail.message_id)
    );
    office.store.finish_delivery(mail.id, &DeliveryRecord::default(), at(170)).unwrap();
    assert_eq!(office.list("SELECT state FROM mails"), ["sent"]);
    assert_eq!(office.store.due_mails(at(9_999)).unwrap(), []);
}

#[test]
fn a_mail_given_up_is_told_to_the_administrator_and_can_be_retried() {
    let (mut office, mail) = queued();
    let refused = DeliveryRecord {
        failed: vec!["a@county".into()],
        error: Some("550 no such user".into()),
        ..DeliveryRecord::default()
    };
    office.store.finish_delivery(mail.id, &refused, office.now()).unwrap();
    let row: String = office.ask("SELECT state || ' ' || not_delivered FROM mail_log");
    assert_eq!(row, "given_up a@county");
    let told = office.post();
    assert_eq!(
        (told[0].kind, told[0].condition),
        (Administrator, Some(ConditionKind::MailGivenUp))
    );
    assert!(office.store.retry_mail(mail.id, at(500)).unwrap());
    let again = office.store.due_mails(at(500)).unwrap();
    let again = again.iter().find(|again| again.id == mail.id).unwrap();
    assert_eq!(
        (again.recipients_open.as_slice(), again.queued_at),
        (["a@county".to_owned()].as_slice(), at(500))
    );
    office.store.begin_delivery(mail.id, at(560)).unwrap();
    assert!(office.store.retry_mail(mail.id, at(501)).unwrap(), "one that waits is due");
    assert!(office.store.due_mails(at(501)).unwrap().iter().any(|due| due.id == mail.id));
    assert!(!office.store.retry_mail(MailId(99), at(501)).unwrap(), "there is none");
    let too_old = DeliveryRecord { open: vec!["a@county".into()], give_up: true, ..refused };
    office.store.finish_delivery(mail.id, &too_old, at(501)).unwrap();
    assert_eq!(office.ask::<String>("SELECT state FROM mails WHERE id = 1"), "given_up");
}

#[test]
fn a_correction_follows_an_alert_that_was_given_up() {
    let (mut office, mail) = queued();
    let outcome = DeliveryRecord {
        open: vec!["a@county".into(), "b@county".into()],
        give_up: true,
        ..DeliveryRecord::default()
    };
    office.store.finish_delivery(mail.id, &outcome, office.now()).unwrap();
    office.drop("/drop/b.docx", &paper("b").total(1));
    assert_eq!(office.kinds(), [Administrator, Corrected]);
}

#[test]
fn a_given_up_mail_to_the_administrator_alone_raises_nothing() {
    let mut office = Office::new();
    let condition = Condition {
        kind: ConditionKind::DiskFull,
        about: "/var".into(),
        detail: String::new(),
        since: at(0),
    };
    office.store.raise(&condition, at(0)).unwrap();
    office.post();
    let mail = office.store.due_mails(office.now()).unwrap().remove(0);
    let outcome = DeliveryRecord { failed: mail.recipients_open, ..DeliveryRecord::default() };
    office.store.finish_delivery(mail.id, &outcome, office.now()).unwrap();
    assert_eq!(office.kinds(), []);
}
