//! Names that are no reports: what Windows, macOS, Office, WPS, LibreOffice, browsers, synchronising
//! programs and network storage boxes leave beside people's files. They get no verdict and leave no
//! trace. Matched on each component of a path, whatever the case of the letters.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::names;

/// How the name of gouji's own receipt beside a report ends.
pub const RECEIPT: &str = ".核查.html";
/// The same in GBK, for a report whose name is not in UTF-8.
pub const RECEIPT_IN_GBK: &[u8] = b".\xba\xcb\xb2\xe9.html";

/// Ends of names, in lower case.
const ENDS: &[&str] = &[
    ".tmp",
    ".temp",
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".filepart",
    ".opdownload",
    ".!ut",
    ".!qb",
    ".td",
    ".xltd",
    ".baiduyun.downloading",
    ".lnk",
    ".url",
    ".bak~",
    RECEIPT,
];

/// Beginnings of names, in lower case: lock and owner files of Office and WPS (`~$`), and temporary
/// copies of Word (`~WRL0001.tmp`, `~WRD…`). Hidden names, which begin with a dot, are tested apart.
const STARTS: &[&str] = &["~$", "~wrl", "~wrd", "~wra", "~sync"];

/// Whole names, in lower case: files of the system, and folders of storage boxes and recycle bins.
const NAMES: &[&str] = &[
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "autorun.inf",
    "@eadir",
    "@tmp",
    "@recycle",
    "@recently-snapshot",
    "#recycle",
    "#snapshot",
    "$recycle.bin",
    "recycler",
    "system volume information",
    "lost+found",
    "__macosx",
    "network trash folder",
    "temporary items",
];

/// Whether one component of a path (a file's or folder's name) is a temporary or system name. A name
/// that begins with a dot is hidden, and none of ours.
pub fn is_ignored(name: &OsStr) -> bool {
    // A receipt is one whatever the bytes before its ending mean.
    let bytes = name.as_bytes();
    let is_receipt = bytes.ends_with(RECEIPT.as_bytes()) || bytes.ends_with(RECEIPT_IN_GBK);
    if bytes.starts_with(b".") || is_receipt {
        return true;
    }
    let name = names::decoded(name).to_lowercase();
    let name = name.trim_end();
    NAMES.contains(&name)
        || STARTS.iter().any(|start| name.starts_with(start))
        || ENDS.iter().any(|end| name.ends_with(end))
        || is_numbered_temporary(name)
}

/// `report.docx~`, the back-up copy of some editors, and `report.tmp1`, `report.~12`.
fn is_numbered_temporary(name: &str) -> bool {
    let Some((_, last)) = name.rsplit_once('.') else { return name.ends_with('~') };
    let digits = |rest: &str| rest.chars().all(|c| c.is_ascii_digit());
    name.ends_with('~')
        || last.strip_prefix("tmp").is_some_and(digits)
        || last.strip_prefix('~').is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(name: &str) -> bool {
        is_ignored(OsStr::new(name))
    }

    /// B9.
    #[test]
    fn what_other_programs_leave_behind_is_ignored() {
        for name in [
            "~$青塘镇2025.docx",
            ".~青塘镇2025.docx",
            ".~lock.青塘镇2025.docx#",
            "~WRL0001.tmp",
            "~WRD0000.TMP",
            "青塘镇.docx.tmp",
            "青塘镇.docx.PART",
            "青塘镇.crdownload",
            "青塘镇.partial",
            "Thumbs.db",
            "THUMBS.DB",
            "desktop.ini",
            ".DS_Store",
            "._青塘镇.docx",
            "@eaDir",
            ".@__thumb",
            ".sync",
            ".syncthing.青塘镇.docx.tmp",
            "lost+found",
            "$RECYCLE.BIN",
            "青塘镇2025.核查.html",
            ".gouji-drop",
            "青塘镇.docx~",
            "青塘镇.tmp12",
        ] {
            assert!(ignored(name), "{name}");
        }
    }

    #[test]
    fn what_people_hand_in_is_not_ignored() {
        for name in [
            "青塘镇2025.docx",
            "~青塘镇2025.docx",
            "青塘镇（终稿）.DOCX",
            "2025年度报告.tmp.docx",
            "part.docx",
            "desktop.ini.docx",
            "核查.html",
            "报告",
            "a.~b",
            "a.tmpl",
        ] {
            assert!(!ignored(name), "{name}");
        }
    }

    #[test]
    fn a_name_in_gbk_bytes_is_matched_too() {
        let (bytes, _, _) = encoding_rs::GBK.encode("青塘镇2025.核查.html");
        assert!(is_ignored(OsStr::from_bytes(&bytes)));
    }
}
