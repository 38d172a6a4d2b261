//! Letters about those who have not handed in: a list to the office, a reminder to the unit itself.

use serde::Serialize;

use super::clean;
use super::view::unit;
use crate::store::{Audience, NoticeToSend};
use crate::units::roster::Level;

/// A list of units, or the reminder to one.
#[derive(Debug, Serialize)]
pub(super) struct Overdue {
    year: String,
    /// The last day for handing in; empty: unknown.
    due: String,
    /// How many units.
    count: usize,
    groups: Vec<Group>,
}

/// Units of one kind.
#[derive(Debug, Serialize)]
struct Group {
    name: &'static str,
    units: Vec<Unit>,
}

#[derive(Debug, Serialize)]
struct Unit {
    name: String,
    /// Units that are not on the roster, have handed in, and may be this one, as a sentence lists
    /// them; empty: none.
    similar: String,
}

const LEVELS: [(Option<Level>, &str); 4] = [
    (Some(Level::Township), "乡镇（街道）"),
    (Some(Level::Department), "部门"),
    (Some(Level::Government), "政府"),
    (None, "其他单位"),
];

impl Overdue {
    /// The units of these notices, which are about one year.
    pub(super) fn new(notices: &[&NoticeToSend]) -> Self {
        let level = |notice: &NoticeToSend| notice.roster.as_ref().and_then(|note| note.level);
        let groups = LEVELS.into_iter().map(|(of, name)| {
            let units = notices.iter().filter(|notice| level(notice) == of);
            Group { name, units: units.map(|notice| Unit::of(notice)).collect() }
        });
        let first = notices.first();
        let due = first.and_then(|notice| notice.reason.as_deref());
        let year = first.and_then(|notice| notice.year).map(|year| year.to_string());
        Self {
            year: year.unwrap_or_default(),
            due: due.map(clean::sentence).unwrap_or_default(),
            count: notices.len(),
            groups: groups.filter(|group| !group.units.is_empty()).collect(),
        }
    }
}

impl Unit {
    fn of(notice: &NoticeToSend) -> Self {
        let similar = notice.roster.iter().flat_map(|note| &note.similar);
        Self { name: unit(notice), similar: quoted(similar) }
    }
}

/// `“甲镇”、“乙乡”`
pub(super) fn quoted<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    let names = names.into_iter().map(|name| format!("“{}”", clean::name(name)));
    names.collect::<Vec<_>>().join("、")
}

/// Whether a notice is for the unit itself.
pub(super) fn is_reminder(notice: &NoticeToSend) -> bool {
    matches!(notice.audience, Audience::Unit(_))
}
