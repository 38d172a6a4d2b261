//! Several offices in one database: each hears of its own folders, has its own units, and is reminded
//! of those who have not handed in.

use jiff::civil::date;

use super::*;
use crate::units::offices::{Charge, Offices};
use crate::units::overdue::List;
use crate::units::roster::{Roster, Rosters};

const EAST: &str = "单位名称,联系邮箱\n城关镇,east@county.example\n东山乡,\n";
const WEST: &str = "单位名称\n城关镇\n西山乡\n";

fn offices() -> Offices {
    let roster = |list: &str| Roster::parse(list.as_bytes()).unwrap();
    let charge = |name: &str| Charge { office: name.into(), units_of: name.into() };
    Offices {
        rosters: Rosters::from([("东片".into(), roster(EAST)), ("西片".into(), roster(WEST))]),
        folders: [("/east", "东片"), ("/west", "西片"), ("/drop", "")]
            .map(|(path, name)| (path.into(), charge(name)))
            .into(),
    }
}

fn two() -> Office {
    let mut office = Office::new();
    office.store.keep_offices(&offices(), at(0)).unwrap().unwrap();
    office
}

/// Each mail's audience with the units it tells.
fn letters(office: &mut Office, window: &Window) -> Vec<String> {
    let now = office.now();
    let (mut told, mails) = (Vec::new(), &mut office.mails);
    let mut compose = |notices: &[NoticeToSend]| {
        let units = notices.iter().map(|n| n.unit.clone().unwrap_or_default());
        told.push(format!("{:?} {}", notices[0].audience, units.collect::<Vec<_>>().join(" ")));
        *mails += 1;
        vec![draft(*mails, notices)]
    };
    office.store.compose_due(window, &mut compose, now).unwrap();
    told
}

#[test]
fn each_office_hears_of_what_lies_in_its_folders_and_has_units_of_its_own() {
    let mut office = two();
    for (path, bytes, unit) in [
        ("/east/a.docx", "a", "城关镇人民政府"),
        ("/west/b.docx", "b", "城关镇人民政府"),
        ("/drop/c.docx", "c", "城关镇人民政府"),
        ("/west/d.docx", "d", "东山乡"),
    ] {
        office.drop(path, &paper(bytes).unit(unit).fails("x"));
    }
    office.drop("/east/e.docx", &paper("e").refused(Verdict::Unreadable));
    office.minute += 30;
    assert_eq!(
        letters(&mut office, &WINDOW),
        [
            "Office(\"\") 城关镇人民政府",
            "Office(\"东片\") 城关镇 ",
            "Office(\"西片\") 城关镇 东山乡"
        ]
    );
    let units = "SELECT office || ' ' || name || ' ' || on_roster FROM units WHERE id IN
                 (SELECT unit_id FROM reports) ORDER BY office, name";
    assert_eq!(
        office.list(units),
        [" 城关镇人民政府 0", "东片 城关镇 1", "西片 东山乡 0", "西片 城关镇 1"]
    );
    // A correction is told where the alert was.
    office.drop("/east/a.docx", &paper("f").unit("城关镇").total(9));
    office.minute += 30;
    assert_eq!(letters(&mut office, &WINDOW), ["Office(\"东片\") 城关镇"]);
}

#[test]
fn an_archived_file_and_an_import_are_still_the_offices() {
    let mut office = two();
    let paper_a = paper("a").unit("城关镇").fails("x");
    office.drop("/east/a.docx", &paper_a);
    let moved = paper_a.file("/archive/2019/a.docx", 1);
    let now = office.now();
    office.store.remember_path(&moved, &LOUD, now).unwrap();
    office.store.withdraw(&["/east/a.docx".into()], now).unwrap();
    let file: FileId = office.ask("SELECT id FROM files");
    let audience =
        crate::store::offices::audience(&office.store.connection, &moved.path, Some(file)).unwrap();
    assert_eq!(audience, Audience::Office("东片".into()));
    office.drop_with("/old/b.docx", &paper("b").unit("西山乡").year(Some(2018)), QUIET);
    office.drop_with("/old/c.docx", &paper("c").unit("城关镇").year(Some(2018)), QUIET);
    let units = "SELECT u.office || ' ' || u.name FROM reports r JOIN units u ON u.id = r.unit_id
                 WHERE r.year = 2018 ORDER BY r.id";
    assert_eq!(office.list(units), ["西片 西山乡", " 城关镇"], "the second could be either's");
}

#[test]
fn a_folder_that_becomes_an_offices_takes_its_units_along() {
    let mut office = Office::new();
    office.drop("/east/a.docx", &paper("a").unit("城关镇"));
    office.drop("/west/b.docx", &paper("b").unit("西山乡").year(Some(2018)));
    office.drop("/drop/c.docx", &paper("c").unit("南山乡"));
    office.store.keep_offices(&offices(), at(0)).unwrap();
    let units = "SELECT u.office || ' ' || u.name || ' ' || u.on_roster FROM reports r
                 JOIN units u ON u.id = r.unit_id ORDER BY r.id";
    assert_eq!(office.list(units), ["东片 城关镇 1", "西片 西山乡 1", " 南山乡 0"]);
}

#[test]
fn each_audience_has_a_window_of_its_own_and_trouble_waits_for_no_office_hours() {
    let mut office = two();
    let quiet = Some((jiff::civil::time(0, 0, 0, 0), jiff::civil::time(23, 59, 0, 0)));
    let resting = Window { hours: Hours { quiet, ..Hours::ALWAYS }, ..WINDOW };
    office.drop("/east/a.docx", &paper("a").unit("城关镇").fails("x"));
    let since = office.now();
    let condition = Condition {
        kind: ConditionKind::DiskFull,
        about: "/srv".into(),
        detail: String::new(),
        since,
    };
    office.store.raise(&condition, since).unwrap();
    office.minute += 30;
    assert_eq!(letters(&mut office, &resting), ["Administrator "]);
    assert_eq!(letters(&mut office, &WINDOW), ["Office(\"东片\") 城关镇"], "nothing is lost");
}

#[test]
fn an_alert_that_is_settled_in_quiet_hours_is_never_told() {
    let mut office = Office::new();
    let daily = Some(jiff::civil::time(8, 30, 0, 0));
    let window = Window { hours: Hours { digest: daily, ..Hours::ALWAYS }, ..WINDOW };
    office.drop("/drop/a.docx", &paper("a").unit("甲乡").fails("x"));
    office.drop("/drop/b.docx", &paper("b").unit("乙乡").fails("x"));
    assert_eq!(letters(&mut office, &window), Vec::<String>::new());
    office.drop("/drop/a.docx", &paper("c").unit("甲乡").total(3));
    office.minute += 24 * 60;
    assert_eq!(letters(&mut office, &window), ["Office(\"\") 乙乡"]);
    office.drop("/drop/b.docx", &paper("d").unit("丙乡").fails("x"));
    office.drop("/drop/b.docx", &paper("e").unit("丙乡").total(3));
    office.minute += 24 * 60;
    assert_eq!(letters(&mut office, &window), Vec::<String>::new(), "never an empty one");
}

fn overdue(day: i8) -> OverdueList {
    OverdueList {
        office: "东片".into(),
        list: List { day: date(2020, 2, day), due: date(2020, 1, 31), year: 2019 },
        remind_units: true,
    }
}

#[test]
fn who_has_not_handed_in_is_listed_once_a_list_and_reminded() {
    let mut office = two();
    office.drop("/west/a.docx", &paper("a").unit("城关镇"));
    office.drop("/east/b.docx", &paper("b").unit("城管镇"));
    let now = office.now();
    assert_eq!(office.store.make_overdue_list(&overdue(1), now).unwrap(), 2);
    assert_eq!(office.store.make_overdue_list(&overdue(1), now).unwrap(), 0, "made already");
    let keys = "SELECT key || ' ' || audience FROM notices ORDER BY id";
    assert_eq!(
        office.list(keys),
        [
            "1:2019:2020-02-01 office:东片",
            "1:2019:2020-02-01:unit unit:1",
            "2:2019:2020-02-01 office:东片"
        ]
    );
    office.minute += 30;
    let told = office.post();
    let (list, reminder): (Vec<_>, Vec<_>) =
        told.iter().partition(|notice| notice.audience == Audience::Office("东片".into()));
    assert_eq!((list.len(), reminder.len()), (2, 1));
    assert_eq!(list[0].roster.as_ref().unwrap().similar, ["城管镇"]);
    assert_eq!(list[1].roster.as_ref().unwrap().similar, Vec::<String>::new());
    assert_eq!(reminder[0].contacts, ["east@county.example"]);
    assert_eq!(list[0].reason.as_deref(), Some("2020年1月31日"));

    // Handed in before the next list goes: nobody is told about it.
    let now = office.now();
    assert_eq!(office.store.make_overdue_list(&overdue(8), now).unwrap(), 2);
    office.drop("/east/c.docx", &paper("c").unit("城关镇").total(2));
    office.drop("/east/d.docx", &paper("d").unit("东山乡").total(3));
    assert_eq!(office.kinds(), [], "never an empty list");
    let now = office.now();
    assert_eq!(office.store.make_overdue_list(&overdue(15), now).unwrap(), 0);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM notices"), 6);
}
