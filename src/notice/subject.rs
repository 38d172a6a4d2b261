//! Subjects that tell the story: which unit, which year, what is the matter, how much of it.

use super::clean;
use super::view::{file, problems, unit};
use crate::store::{ConditionKind, NoticeKind, NoticeToSend};

/// Characters of a subject without its mark: what a phone shows of it, generously.
pub(super) const LONGEST: usize = 60;

/// Tells gouji's mails from others at a glance, and lets filters sort them.
const MARK: &str = "【勾稽】";

/// The subject of a letter about one notice.
pub(super) fn of(notice: &NoticeToSend) -> String {
    let told = match notice.kind {
        NoticeKind::Failed => problems(notice).headline(),
        NoticeKind::StillFailing => format!("仍未更正（{} 处）", problems(notice).count),
        NoticeKind::Corrected => "已更正".to_owned(),
        NoticeKind::Unreadable => return about_file("文件无法读取", notice),
        NoticeKind::Unrecognised => return about_file("文件不是年度报告", notice),
        NoticeKind::Overdue => "有单位尚未报送年报".to_owned(),
        NoticeKind::Administrator => return marked(condition(notice)),
    };
    let year = notice.year.map_or("年份不明的".to_owned(), |year| format!("{year} "));
    let rest = format!(" {year}年报：{told}");
    let room = LONGEST.saturating_sub(rest.chars().count());
    marked(&(clean::shorten(&unit(notice), room) + &rest))
}

/// The subject of a digest, kinds in the order of its table.
pub(super) fn of_several(notices: &[&NoticeToSend]) -> String {
    let parts: Vec<String> = [
        (NoticeKind::Failed, "份需更正"),
        (NoticeKind::StillFailing, "份仍未更正"),
        (NoticeKind::Unreadable, "个文件无法读取"),
        (NoticeKind::Overdue, "份催报"),
        (NoticeKind::Corrected, "份已更正"),
        (NoticeKind::Unrecognised, "个文件不是年报"),
    ]
    .into_iter()
    .map(|(kind, words)| (notices.iter().filter(|notice| notice.kind == kind).count(), words))
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{count} {words}"))
    .collect();
    marked(&format!("年报核查：{}", parts.join("，")))
}

/// The subject of a letter about several conditions.
pub(super) fn of_conditions(count: usize) -> String {
    marked(&format!("系统提醒：{count} 件事需要处理"))
}

fn about_file(told: &str, notice: &NoticeToSend) -> String {
    let room = LONGEST.saturating_sub(told.chars().count() + 1);
    marked(&format!("{told}：{}", clean::shorten(&file(notice), room)))
}

/// What a condition is called.
pub(super) fn condition(notice: &NoticeToSend) -> &'static str {
    match notice.condition {
        Some(ConditionKind::ShareOffline) => "系统提醒：投递文件夹无法访问",
        Some(ConditionKind::DiskFull) => "系统提醒：磁盘空间不足",
        Some(ConditionKind::DatabaseMovedAside) => "系统提醒：数据库损坏，已另存并重建",
        Some(ConditionKind::MailGivenUp) => "系统提醒：有邮件未能送达",
        Some(ConditionKind::ProgramMissing) => "系统提醒：缺少所需的程序",
        None => "系统提醒",
    }
}

fn marked(text: &str) -> String {
    format!("{MARK}{}", clean::shorten(text, LONGEST))
}
