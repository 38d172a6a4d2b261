//! Texts that are another unit's, whichever report arrives first and however it is corrected.

use super::*;

const SAMPLE: &str = include_str!("../data/samples/自然资源局2022.md");
const UNIT: &str = "禾川县自然资源局";

/// The sample report with other words.
fn text(words: &[(&str, &str)]) -> String {
    words.iter().fold(SAMPLE.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replace(old, new)
    })
}

/// Every sentence of the sample in other words, but those with figures.
const OWN_WORDS: [(&str, &str); 4] = [
    (
        "结合村组会议和集市日，工作人员向群众讲解查询办法，并在便民大厅摆放申请表样本。",
        "我局今年重新整理了公开事项清单，逐项写明公开的时间、方式和承办的科室。",
    ),
    (
        "对拟公开的材料实行拟稿人、股室负责人、分管领导三道审核，涉密和涉及个人隐私的内容一律不上网。",
        "凡上网的材料先由办公室核对文字，再由法规科看是否涉密，最后由值班领导签字。",
    ),
    ("明确一名班子成员分管公开工作，办公室设专人承办，", "的公开工作由一位副局长分管，"),
    ("各股室各有联络员，事项由谁产生、就由谁负责公开。", "具体事务由办公室的两名同志办理。"),
];

impl Office {
    fn hand_in_text(&mut self, path: &str, text: &str, saved: i64) -> Recorded {
        self.minute += 1;
        let inspections = inspected("a.md", text.as_bytes(), &Policy::default());
        let file = paper(text).file(path, saved);
        let recorded = self.store.record(&file, &inspections, &LOUD, self.now()).unwrap();
        recorded.into_iter().next().unwrap()
    }

    /// Who is said to have whose text.
    fn copies(&self) -> Vec<String> {
        self.list(
            "SELECT unit || ' ' || message FROM open_findings WHERE rule = 'text-copied' ORDER BY 1",
        )
        .into_iter()
        .map(|line| {
            let (own, message) = line.split_once(' ').unwrap();
            let named = message.split(['“', '”']).nth(1).unwrap();
            format!("{own} = {named}")
        })
        .collect()
    }
}

#[test]
fn a_text_that_is_another_units_is_said_of_both_and_told_to_nobody() {
    let mut office = Office::new();
    office.hand_in_text("/drop/a.md", SAMPLE, 1);
    assert_eq!(office.copies(), [""; 0]);
    let recorded = office.hand_in_text("/drop/b.md", &text(&[(UNIT, "禾川县水务局")]), 2);
    assert_eq!((recorded.verdict, recorded.notice), (Verdict::Passed, None));
    let both = ["禾川县水务局 = 禾川县自然资源局", "禾川县自然资源局 = 禾川县水务局"];
    assert_eq!(office.copies(), both);
    assert!(office.post().is_empty(), "a hint is no reason for a mail");
    let ids = office.store.reports().unwrap();
    let rechecked = office.store.recheck(&ids, at(99)).unwrap();
    assert_eq!(rechecked, vec![Rechecked::Same; 2]);
    assert_eq!(office.copies(), both);
}

#[test]
fn own_words_another_year_and_a_newer_version_are_no_copies() {
    let mut office = Office::new();
    office.hand_in_text("/drop/a.md", SAMPLE, 1);
    let own: Vec<_> = OWN_WORDS.into_iter().chain([(UNIT, "禾川县水务局")]).collect();
    office.hand_in_text("/drop/b.md", &text(&own), 2);
    let next = [("2023年1月", "2024年1月"), ("2022", "2023"), (UNIT, "禾川县民政局")];
    office.hand_in_text("/drop/c.md", &text(&next), 3);
    office.hand_in_text("/drop/d.md", &text(&[("583", "584")]), 4);
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM reports"), 4);
    assert_eq!(office.copies(), [""; 0]);
}

#[test]
fn a_copy_that_is_corrected_is_none_any_more_nor_is_what_it_was_copied_from() {
    let mut office = Office::new();
    let copy = text(&[(UNIT, "禾川县水务局")]);
    office.hand_in_text("/drop/b.md", &copy, 1);
    office.hand_in_text("/drop/a.md", SAMPLE, 2);
    assert_eq!(office.copies().len(), 2);
    let own: Vec<_> = OWN_WORDS.into_iter().chain([(UNIT, "禾川县水务局")]).collect();
    office.hand_in_text("/drop/b.md", &text(&own), 3);
    assert_eq!(office.copies(), [""; 0]);
    // The old file is laid over the corrected one.
    let file = paper(&copy).file("/drop/b.md", 4);
    office.store.remember_path(&file, &LOUD, at(60)).unwrap();
    assert_eq!(office.copies().len(), 2);
    // A third one with that text: everybody has it from somebody.
    office.hand_in_text("/drop/c.md", &text(&[(UNIT, "禾川县民政局")]), 5);
    assert_eq!(office.copies().len(), 3);
}
