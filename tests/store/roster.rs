//! The roster: which unit a name means, and what becomes of units recorded before it came.

use super::*;
use crate::units::offices::Offices;
use crate::units::roster::{Roster, Rosters};

const LIST: &str = "单位名称,别名,级别,上级,联系邮箱\n\
    禾川县人民政府,,政府,,\n\
    青塘镇人民政府,青塘乡;青唐镇,乡镇,禾川县人民政府,q@hechuan.example\n\
    东山乡人民政府,,乡镇,禾川县人民政府,\n\
    禾川县教育局,,部门,禾川县人民政府,\n";

fn offices(list: &str) -> Offices {
    let rosters = Rosters::from([(String::new(), Roster::parse(list.as_bytes()).unwrap())]);
    Offices { rosters, ..Offices::default() }
}

impl Office {
    fn list_units(&mut self, list: &str) -> Option<RostersKept> {
        self.store.keep_offices(&offices(list), at(0)).unwrap()
    }

    fn unit_of(&mut self, bytes: &str, unit: &str) -> String {
        let total = i64::from(self.mails) + self.minute;
        let paper = paper(bytes).unit(unit).total(total).year(Some(2018));
        self.drop(&format!("/drop/{bytes}.docx"), &paper).report.unwrap().unit
    }
}

const UNITS: &str =
    "SELECT format('%s %d %s %s %s', u.name, u.on_roster, u.level, u.parent, p.name)
                     FROM units u LEFT JOIN units p ON p.id = u.parent_id ORDER BY u.id";

#[test]
fn a_report_is_the_units_whose_name_or_alias_it_prints_and_a_unit_keeps_its_official_name() {
    let mut office = Office::new();
    let kept = office.list_units(LIST).unwrap();
    assert_eq!((kept.listed, kept.joined, kept.left), (4, 0, 0));
    for (bytes, printed, unit) in [
        ("a", "青塘镇人民政府（盖章）", "青塘镇人民政府"),
        ("b", "青 唐 镇", "青塘镇人民政府"),
        ("c", "禾川县青塘镇人民政府", "青塘镇人民政府"),
        ("d", "江右省禾川县青塘乡政府", "青塘镇人民政府"),
        ("e", "教育局", "禾川县教育局"),
        ("f", "禾川县人民政府", "禾川县人民政府"),
        ("g", "安江县青塘镇人民政府", "安江县青塘镇人民政府"),
        ("h", "青糖镇人民政府", "青糖镇人民政府"),
        ("i", "安江县青塘镇", "安江县青塘镇人民政府"),
    ] {
        assert_eq!(office.unit_of(bytes, printed), unit, "{printed}");
    }
    assert_eq!(
        office.list(UNITS),
        [
            "禾川县人民政府 1 government  ",
            "青塘镇人民政府 1 township 禾川县人民政府 禾川县人民政府",
            "东山乡人民政府 1 township 禾川县人民政府 禾川县人民政府",
            "禾川县教育局 1 department 禾川县人民政府 禾川县人民政府",
            "安江县青塘镇人民政府 0   ",
            "青糖镇人民政府 0   ",
        ]
    );
}

#[test]
fn what_is_not_listed_is_a_unit_of_its_own_with_proposals() {
    let mut office = Office::new();
    office.unit_of("a", "青糖镇人民政府");
    assert_eq!(office.store.unlisted().unwrap(), [], "there is no roster");
    office.list_units(LIST);
    office.unit_of("b", "安江县青塘镇");
    office.unit_of("c", "柳荫乡");
    let unlisted = office.store.unlisted().unwrap();
    let told: Vec<(&str, &[String])> =
        unlisted.iter().map(|unit| (unit.name.as_str(), unit.proposals.as_slice())).collect();
    let town = [String::from("青塘镇人民政府")];
    assert_eq!(told, [("安江县青塘镇", &town[..]), ("柳荫乡", &[]), ("青糖镇人民政府", &town)]);
}

#[test]
fn a_roster_that_comes_later_joins_what_was_recorded_and_every_report_is_kept() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a").unit("青塘镇").fails("x"));
    office.drop("/drop/b.docx", &paper("b").unit("青唐镇人民政府").total(2));
    office.drop("/drop/c.docx", &paper("c").unit("青唐镇").total(3).year(Some(2020)));
    office.drop("/drop/d.docx", &paper("d").unit("柳荫乡").total(4));
    office.post();
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM units"), 3);
    let kept = office.list_units(LIST).unwrap();
    assert_eq!((kept.listed, kept.joined, kept.left), (4, 1, 0));
    assert_eq!(
        office.list(
            "SELECT format('%s %d %d %d', u.name, r.year, r.version, r.current)
             FROM reports r JOIN units u ON u.id = r.unit_id ORDER BY r.id"
        ),
        [
            "青塘镇人民政府 2019 1 0",
            "青塘镇人民政府 2019 2 1",
            "青塘镇人民政府 2020 1 1",
            "柳荫乡 2019 1 1"
        ]
    );
    assert_eq!(office.list_units(LIST), None, "the same again");
    let spellings = "SELECT name FROM unit_names WHERE unit_id = 1 ORDER BY id";
    assert_eq!(office.list(spellings), ["青塘镇", "青唐镇人民政府", "青唐镇"]);
    // The alert about the version that does not count any more is answered like any other.
    office.drop("/drop/e.docx", &paper("e").unit("青塘镇").total(9));
    assert_eq!(office.kinds(), [NoticeKind::Corrected]);
}

#[test]
fn a_unit_that_leaves_the_roster_keeps_its_reports_and_comes_back_as_itself() {
    let mut office = Office::new();
    office.list_units(LIST);
    office.unit_of("a", "青塘镇");
    let less = "单位名称\n东山乡人民政府\n";
    let kept = office.list_units(less).unwrap();
    assert_eq!((kept.listed, kept.joined, kept.left), (1, 0, 3));
    let units = "SELECT name || ' ' || on_roster FROM units ORDER BY id";
    assert_eq!(office.list(units), ["青塘镇人民政府 0", "东山乡人民政府 1"]);
    office.list_units(LIST);
    assert_eq!(
        office.ask::<String>("SELECT name FROM units u WHERE id = 2 AND on_roster = 1"),
        "青塘镇人民政府"
    );
    office.store.keep_offices(&Offices::default(), at(0)).unwrap().unwrap();
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM roster_names"), 0);
    assert_eq!(office.list(units), ["青塘镇人民政府 0"]);
}

#[test]
fn a_bare_name_that_two_listed_units_share_is_neither() {
    let mut office = Office::new();
    office.list_units("单位名称\n甲县城关镇\n乙县城关镇\n");
    assert_eq!(office.unit_of("a", "城关镇"), "城关镇");
    assert_eq!(office.unit_of("b", "乙县城关镇人民政府"), "乙县城关镇");
    let told: String = office.ask("SELECT message FROM findings WHERE rule = 'unit-ambiguous'");
    assert!(told.contains("“甲县城关镇”、“乙县城关镇”"), "{told}");
    // An alias says which it is.
    office.list_units("单位名称,别名\n甲县城关镇,城关镇\n乙县城关镇,\n");
    let units = "SELECT u.name FROM reports r JOIN units u ON u.id = r.unit_id ORDER BY r.id";
    assert_eq!(office.list(units), ["甲县城关镇", "乙县城关镇"]);
}

#[test]
fn with_a_roster_the_missing_are_those_on_it_and_without_those_who_handed_in_before() {
    let mut office = Office::new();
    let last_year: i64 = office.ask("SELECT strftime('%Y', 'now', 'localtime') - 1");
    let year = Some(i16::try_from(last_year).unwrap());
    let before = Some(i16::try_from(last_year - 1).unwrap());
    office.drop("/drop/a.docx", &paper("a").unit("青塘镇").year(before));
    office.drop("/drop/b.docx", &paper("b").unit("东山乡").year(year));
    office.drop("/drop/c.docx", &paper("c").unit("柳荫乡").year(before));
    let missing = "SELECT unit || ' ' || coalesce(year - last_year_reported, '-') FROM missing_reports ORDER BY unit_id";
    assert_eq!(office.list(missing), ["青塘镇 1", "柳荫乡 1"]);
    office.list_units(LIST);
    assert_eq!(office.list(missing), ["青塘镇人民政府 1", "禾川县人民政府 -", "禾川县教育局 -"]);
    office.drop("/drop/d.docx", &paper("d").unit("青塘镇").year(year).fails("x"));
    assert_eq!(office.list(missing), ["禾川县人民政府 -", "禾川县教育局 -"]);
}
