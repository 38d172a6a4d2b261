//! `after = "archive"`: a recorded file moves to `<archive>/<year>/<unit>/<name>`; a bundle of several units
//! or years to a folder named so. It never replaces
//! another; it moves only if it is still the file that was recorded. A crash between recording and
//! moving is repaired by the next scan, which finds a known file in the drop folder.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use crate::watch::Stamp;

/// How many files of one name a folder may hold.
const NAMESAKES: u32 = 10_000;

/// Where in the archive a file belongs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shelf {
    year: String,
    unit: String,
}

impl Shelf {
    /// That of a file with these reports, the unit and year of each; `None`: it has none.
    pub(super) fn of(reports: impl Iterator<Item = (Option<String>, Option<i16>)>) -> Option<Self> {
        let (units, years): (BTreeSet<_>, BTreeSet<_>) = reports.unzip();
        let year = match years.len() {
            0 => return None,
            1 => years.first()?.map_or_else(|| "未知年度".to_owned(), |year| year.to_string()),
            _ => "多个年度".to_owned(),
        };
        let unit = match units.len() {
            1 => units.into_iter().flatten().next().unwrap_or_else(|| "未知单位".to_owned()),
            _ => "多个单位".to_owned(),
        };
        Some(Self { year, unit })
    }
}

/// Moves the file at `path` below `archive`, if it still carries `stamp`. Returns where it is now;
/// `None`: it is not the file that was recorded any more, and stays.
///
/// # Errors
/// A folder cannot be made, or the file not moved; it stays where it is.
pub(super) fn put_away(
    path: &Path,
    stamp: &Stamp,
    archive: &Path,
    shelf: &Shelf,
) -> io::Result<Option<PathBuf>> {
    let Some(name) = path.file_name() else { return Ok(None) };
    let folder = archive.join(&shelf.year).join(folder_name(&shelf.unit));
    std::fs::create_dir_all(&folder)?;
    for number in 1..=NAMESAKES {
        if rustix::fs::lstat(path).map(|stat| Stamp::of(&stat)) != Ok(*stamp) {
            return Ok(None);
        }
        let target = folder.join(numbered(Path::new(name), number));
        match move_without_replacing(path, &target) {
            Ok(()) => {
                sync_folders(path, &target)?;
                return Ok(Some(target));
            }
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::Error::other(format!("{} is full of files of this name", folder.display())))
}

/// Renames, or, where the archive is on another file system, copies and then removes.
fn move_without_replacing(from: &Path, to: &Path) -> Result<(), Errno> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some file systems cannot promise not to replace; a second name can be promised.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            rustix::fs::link(from, to)?;
            rustix::fs::unlink(from)
        }
        Err(Errno::XDEV) => copy(from, to),
        done => done,
    }
}

fn copy(from: &Path, to: &Path) -> Result<(), Errno> {
    let errno = |error: io::Error| Errno::from_io_error(&error).unwrap_or(Errno::IO);
    let mut target = File::create_new(to).map_err(errno)?;
    let copied = File::open(from)
        .and_then(|mut source| io::copy(&mut source, &mut target))
        .and_then(|_| target.sync_all());
    if let Err(error) = copied {
        // The half copy is ours; the file itself is still where it was.
        rustix::fs::unlink(to)?;
        return Err(errno(error));
    }
    rustix::fs::unlink(from)
}

/// Makes the move outlast a power failure: both folders.
fn sync_folders(from: &Path, to: &Path) -> io::Result<()> {
    for folder in [to.parent(), from.parent()].into_iter().flatten() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A unit's name as that of a folder.
fn folder_name(unit: &str) -> String {
    let name: String = unit
        .chars()
        .map(|c| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c })
        .take(60)
        .collect();
    let name = name.trim().trim_start_matches('.');
    if name.is_empty() { "未知单位".to_owned() } else { name.to_owned() }
}

/// `report.docx`, `report (2).docx`, `report (3).docx` …
fn numbered(name: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return name.to_owned();
    }
    let mut numbered = name.file_stem().unwrap_or_default().to_owned();
    numbered.push(format!(" ({number})"));
    if let Some(extension) = name.extension() {
        numbered.push(".");
        numbered.push(extension);
    }
    PathBuf::from(numbered)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn stamp(path: &Path) -> Stamp {
        Stamp::of(&rustix::fs::lstat(path).unwrap())
    }

    #[test]
    fn a_file_moves_below_its_year_and_unit_and_never_replaces_another() {
        let root = tempfile::tempdir().unwrap();
        let (path, archive) = (root.path().join("a.docx"), root.path().join("archive"));
        for (text, name) in [("one", "a.docx"), ("two", "a (2).docx"), ("three", "a (3).docx")] {
            fs::write(&path, text).unwrap();
            let shelf = Shelf { year: "2025".into(), unit: "东山/乡".into() };
            let moved = put_away(&path, &stamp(&path), &archive, &shelf).unwrap();
            let expected = archive.join("2025/东山_乡").join(name);
            assert_eq!(moved, Some(expected.clone()));
            assert_eq!(fs::read_to_string(expected).unwrap(), text);
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_bundle_of_several_units_lies_below_none_of_them() {
        let report = |unit: &str, year| (Some(unit.to_owned()), Some(year));
        let shelf = |reports: Vec<_>| {
            Shelf::of(reports.into_iter()).map(|shelf| format!("{}/{}", shelf.year, shelf.unit))
        };
        assert_eq!(shelf(vec![]), None);
        assert_eq!(shelf(vec![report("甲乡", 2024), report("甲乡", 2024)]).unwrap(), "2024/甲乡");
        let of_two = vec![report("甲乡", 2024), report("乙乡", 2024)];
        assert_eq!(shelf(of_two).unwrap(), "2024/多个单位");
        assert_eq!(
            shelf(vec![report("甲乡", 2023), report("甲乡", 2024)]).unwrap(),
            "多个年度/甲乡"
        );
    }

    #[test]
    fn a_file_that_was_replaced_since_stays() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.docx");
        fs::write(&path, "old").unwrap();
        let recorded = stamp(&path);
        fs::remove_file(&path).unwrap();
        fs::write(&path, "newer").unwrap();
        let shelf = Shelf::of([(None, None)].into_iter()).unwrap();
        assert_eq!(put_away(&path, &recorded, root.path(), &shelf).unwrap(), None);
        assert!(path.exists());
    }

    #[test]
    fn a_unit_cannot_lead_out_of_the_archive() {
        assert_eq!(folder_name("../../etc"), "_.._etc");
        assert_eq!(folder_name(".."), "未知单位");
        assert_eq!(folder_name("青塘镇人民政府\n"), "青塘镇人民政府_");
    }

    #[test]
    fn a_copy_across_file_systems_leaves_one_file() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("a"), root.path().join("b"));
        fs::write(&from, "text").unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "text");
        assert!(!from.exists());
        fs::write(&from, "other").unwrap();
        assert_eq!(copy(&from, &to), Err(Errno::EXIST));
        assert_eq!(fs::read_to_string(&to).unwrap(), "text");
    }
}
