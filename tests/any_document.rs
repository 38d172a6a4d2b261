//! Whatever a reader hands over, laying it over the forms and checking it comes to an end without
//! panic: this part runs in the daemon itself.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up should panic")]

use std::sync::LazyLock;

use gouji::check::{Policy, check};
use gouji::document::{Block, Columns, Document, Format, Grid, GridCell, Meta, Paragraph, Source};
use gouji::form::Forms;
use gouji::report;
use proptest::prelude::*;

static FORMS: LazyLock<Forms> = LazyLock::new(|| Forms::load(None).unwrap());

/// Labels, captions and headers of the forms: what makes chance tables look like real ones.
static WORDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let tables = FORMS.iter().flat_map(|f| &f.tables);
    let labels = tables.flat_map(|t| {
        let rows = t.rows.iter().flat_map(|r| r.group.iter().chain([&r.label]));
        rows.chain(t.columns.iter().map(|c| &c.label))
            .chain([&t.caption])
            .cloned()
            .collect::<Vec<_>>()
    });
    labels.chain(FORMS.iter().map(|f| f.title.clone())).collect()
});

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(WORDS.clone()),
        6 => "[0-9]{1,3}",
        2 => Just(String::new()),
        1 => prop::sample::select(vec!["/", "—", "O", "5630元", "-3", "+2", "减4", "1.5", "99999999999999999999999999999", "（2019年度）", "二〇二〇年十三月四十日", "2020年2月30日", "自2019年1月1日至", "（（（", "第"]).prop_map(str::to_owned),
        1 => "\\PC{0,40}",
    ]
}

fn grid() -> impl Strategy<Value = Block> {
    let cell = (text(), 1..3_usize, 1..3_usize, any::<bool>());
    (prop::collection::vec(prop::collection::vec(cell, 0..12), 0..40), 0..3_u8).prop_map(
        |(rows, exact)| {
            let mut cells = Vec::new();
            for (row, line) in rows.into_iter().enumerate() {
                let mut column = 0;
                for (text, row_span, column_span, doubtful) in line {
                    let doubtful = doubtful && text.len() == 1;
                    cells.push(GridCell {
                        row,
                        column,
                        row_span,
                        column_span,
                        text,
                        page: None,
                        doubtful,
                    });
                    column += column_span;
                }
            }
            let columns = match exact {
                0 => Columns::Exact,
                1 => Columns::Ordinal,
                _ => Columns::Filled,
            };
            Block::Grid(Grid { columns, cells })
        },
    )
}

fn block() -> impl Strategy<Value = Block> {
    prop_oneof![
        2 => grid(),
        3 => prop::collection::vec(text(), 1..6)
            .prop_map(|t| Block::Paragraph(Paragraph { text: t.concat(), page: None })),
        1 => Just(Block::Picture { page: None }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_document_is_laid_and_checked_without_panic(
        blocks in prop::collection::vec(block(), 0..12),
        name in "\\PC{0,20}",
        published in proptest::option::of("\\PC{0,20}"),
        is_scan in any::<bool>(),
    ) {
        let meta = Meta { title: None, publisher: None, published };
        let source = if is_scan { Source::Ocr } else { Source::Text };
        let document = Document { format: Format::Txt, source, meta, blocks };
        for document in report::reports(document, &FORMS) {
            let Some(report) = report::lay(&document, &FORMS, &name) else { continue };
            let found = check(&report, &FORMS, &Policy::default());
            for finding in &found.findings {
                prop_assert!(!finding.message.contains("BUG:"), "{}", finding.message);
                prop_assert!(!finding.message.is_empty() && !finding.source.is_empty());
            }
        }
    }
}
