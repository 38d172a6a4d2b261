//! Subjects that tell the story: which unit, which year, what is the matter, how much of it. The
//! words are in the template `subject.txt`.

use serde::Serialize;

use super::clean;
use super::stationery::{NoticeError, Stationery};
use super::view::{file, problems, unit};
use crate::form::Forms;
use crate::store::{ConditionKind, NoticeKind, NoticeToSend};

/// Characters of a subject: what a phone shows of it, generously.
const LONGEST: usize = 64;
/// What is left of a unit's name at least.
const SHORTEST_NAME: usize = 8;

/// What a subject can say.
#[derive(Debug, Default, Serialize)]
pub(super) struct About {
    /// The kind of the notice, `digest`, `overdue_list`, `reminder`, `conditions`, or `trial`.
    kind: &'static str,
    unit: String,
    year: Option<i16>,
    file: String,
    /// What is the matter and how much of it.
    headline: String,
    /// How many problems, reports or conditions.
    count: usize,
    /// Of a digest: how many of which kind, in the order of its table.
    counts: Vec<Count>,
}

#[derive(Debug, Serialize)]
struct Count {
    kind: &'static str,
    count: usize,
}

impl About {
    /// One notice.
    pub(super) fn one(notice: &NoticeToSend, forms: &Forms) -> Self {
        let problems = problems(notice, forms);
        let headline = match notice.kind {
            NoticeKind::Administrator => condition(notice).to_owned(),
            _ => problems.headline.clone(),
        };
        Self {
            kind: name(notice.kind),
            unit: unit(notice),
            year: notice.year,
            file: file(notice),
            headline,
            count: problems.count,
            counts: Vec::new(),
        }
    }

    /// Several notices to the office.
    pub(super) fn several(notices: &[&NoticeToSend]) -> Self {
        let kinds = [
            NoticeKind::Failed,
            NoticeKind::StillFailing,
            NoticeKind::Unreadable,
            NoticeKind::Overdue,
            NoticeKind::Corrected,
            NoticeKind::Unrecognised,
        ];
        let count = |kind| notices.iter().filter(|notice| notice.kind == kind).count();
        let counts = kinds.map(|kind| Count { kind: name(kind), count: count(kind) });
        let mut years = notices.iter().filter_map(|notice| notice.year);
        let year = years.next().filter(|first| years.all(|year| year == *first));
        Self {
            kind: "digest",
            year,
            count: notices.len(),
            counts: counts.into_iter().filter(|count| count.count > 0).collect(),
            ..Self::default()
        }
    }

    /// Units that have not handed in for one year, to the office.
    pub(super) fn overdue(notices: &[&NoticeToSend], forms: &Forms) -> Self {
        match notices {
            [notice] => Self::one(notice, forms),
            all => Self {
                kind: "overdue_list",
                year: all.first().and_then(|notice| notice.year),
                count: all.len(),
                ..Self::default()
            },
        }
    }

    /// The same to the unit itself.
    pub(super) fn reminder(notice: &NoticeToSend, forms: &Forms) -> Self {
        Self { kind: "reminder", ..Self::one(notice, forms) }
    }

    /// Several conditions to the administrator.
    pub(super) fn conditions(count: usize) -> Self {
        Self { kind: "conditions", count, ..Self::default() }
    }

    /// A letter that only shows that letters arrive.
    pub(super) fn trial() -> Self {
        Self { kind: "trial", ..Self::default() }
    }

    /// One line that is short enough: of what is too long, the names are cut first.
    pub(super) fn written(mut self, stationery: &Stationery) -> Result<String, NoticeError> {
        let write = |about: &Self| {
            stationery.fill("subject.txt", "", about).map(|text| clean::one_line(&text))
        };
        let subject = write(&self)?;
        let excess = subject.chars().count().saturating_sub(LONGEST);
        if excess == 0 {
            return Ok(subject);
        }
        let cut = |name: &str| {
            let room = name.chars().count().saturating_sub(excess).max(SHORTEST_NAME);
            clean::shorten(name, room)
        };
        (self.unit, self.file) = (cut(&self.unit), cut(&self.file));
        Ok(clean::shorten(&write(&self)?, LONGEST))
    }
}

/// The names of kinds in templates.
fn name(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Failed => "failed",
        NoticeKind::StillFailing => "still_failing",
        NoticeKind::Corrected => "corrected",
        NoticeKind::Unreadable => "unreadable",
        NoticeKind::Unrecognised => "unrecognised",
        NoticeKind::Overdue => "overdue",
        NoticeKind::Administrator => "administrator",
    }
}

/// What a condition is called.
pub(super) fn condition(notice: &NoticeToSend) -> &'static str {
    match notice.condition {
        Some(ConditionKind::ShareOffline) => "投递文件夹无法访问",
        Some(ConditionKind::DiskFull) => "磁盘空间不足",
        Some(ConditionKind::DatabaseMovedAside) => "数据库损坏，已另存并重建",
        Some(ConditionKind::MailGivenUp) => "有邮件未能送达",
        Some(ConditionKind::ProgramMissing) => "缺少所需的程序",
        None => "请查看服务器",
    }
}

/// What the administrator can do about a condition.
pub(super) fn remedy(notice: &NoticeToSend) -> &'static str {
    match notice.condition {
        Some(ConditionKind::ShareOffline) => {
            "请检查该文件夹和所在共享是否可用；恢复后自动继续，不必重启。"
        }
        Some(ConditionKind::DiskFull) => "请清理磁盘；有了空间自动继续，不必重启。",
        Some(ConditionKind::DatabaseMovedAside) => {
            "请保留另存的旧数据库；可用 gouji doctor 检查，用 gouji status 核对报告是否齐全。"
        }
        Some(ConditionKind::MailGivenUp) => {
            "可用 gouji notices 查看是哪一封、哪个地址没有收到和原因；排除后用 gouji notices retry 加邮件编号再发一次。"
        }
        Some(ConditionKind::ProgramMissing) => {
            "请安装该程序（Debian、Ubuntu：apt-get install tesseract-ocr tesseract-ocr-chi-sim），再重启 gouji；在此之前扫描件无法读取，其他文件不受影响。"
        }
        None => "",
    }
}
