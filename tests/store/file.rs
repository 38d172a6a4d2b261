//! The file itself: opening, refusing, sharing, closing.

use std::os::unix::fs::PermissionsExt;

use rusqlite::{Connection, OpenFlags};

use super::*;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// B30.
#[test]
fn the_log_stays_when_the_database_is_closed_so_that_readers_without_write_permission_can_open_it()
{
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a"));
    let path = office.path();
    for file in [path.clone(), beside(&path, "-wal"), beside(&path, "-shm")] {
        assert_eq!(mode(&file), 0o640, "{}", file.display());
    }
    let Office { folder, store, .. } = office;
    store.checkpoint_and_close().unwrap();
    assert_eq!(std::fs::metadata(beside(&path, "-wal")).unwrap().len(), 0);
    assert!(beside(&path, "-shm").exists());
    let reader = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let reports: i64 =
        reader.query_row("SELECT count(*) FROM current_reports", [], |row| row.get(0)).unwrap();
    assert_eq!(reports, 1);
    drop(reader);
    assert!(beside(&path, "-wal").exists());
    drop(folder);
}

#[test]
fn settings_are_those_of_a_database_that_must_not_lose_anything() {
    let office = Office::new();
    let pragma = |name: &str| office.ask::<rusqlite::types::Value>(&format!("PRAGMA {name}"));
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
    assert_eq!(pragma("synchronous"), 2.into());
    assert_eq!(pragma("foreign_keys"), 1.into());
    assert_eq!(pragma("busy_timeout"), 5_000.into());
    assert_eq!(pragma("journal_size_limit"), (16 << 20).into());
    assert_eq!(pragma("user_version"), schema::known_schema().into());
    assert_eq!(pragma("application_id"), 0x676f_756a.into());
    let loose = office.list(
        "SELECT name FROM pragma_table_list
         WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
    );
    assert_eq!(loose, Vec::<String>::new());
}

#[test]
fn a_reader_sees_whole_reports_while_gouji_writes_and_does_not_stop_it() {
    let mut office = Office::new();
    office.drop("/drop/a.docx", &paper("a"));
    let reader =
        Connection::open_with_flags(office.path(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = || {
        reader.query_row("SELECT count(*) FROM requests", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count(), 1);
    office.drop("/drop/b.docx", &paper("b").unit("乙乡"));
    assert_eq!(count(), 1);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(), 2);
    let other = Store::open_read_only(&office.path()).unwrap();
    assert_eq!(other.status().unwrap().reports_passed, 2);
}

/// B32.
#[test]
fn a_lock_of_another_program_is_an_error_that_may_be_tried_again() {
    let mut office = Office::new();
    let editor = Connection::open(office.path()).unwrap();
    editor.execute_batch("BEGIN IMMEDIATE").unwrap();
    office.store.connection.busy_timeout(Duration::from_millis(1)).unwrap();
    let refused = office.store.withdraw(&["/drop/a".into()], at(1)).unwrap_err();
    assert!(refused.is_busy() && refused.is_retryable(), "{refused}");
    editor.execute_batch("ROLLBACK").unwrap();
    office.store.withdraw(&["/drop/a".into()], at(1)).unwrap();
}

#[test]
fn what_is_not_ours_or_newer_is_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gouji.db");
    std::fs::write(&path, "not a database at all, but long enough to be looked at ".repeat(30))
        .unwrap();
    assert!(matches!(open(&path).unwrap_err(), StoreError::NotOurs { .. }));
    std::fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(open(&path).unwrap_err(), StoreError::NotOurs { .. }));
    std::fs::remove_file(&path).unwrap();
    drop(open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    for refused in [open(&path).unwrap_err(), Store::open_read_only(&path).unwrap_err()] {
        assert!(matches!(refused, StoreError::Newer { found: 99, .. }));
        assert!(refused.to_string().contains("install that version again"), "{refused}");
    }
    let missing = open(&folder.path().join("no/such/gouji.db")).unwrap_err();
    assert!(matches!(missing, StoreError::Open { .. }), "{missing}");
}

/// B34.
#[test]
fn damage_is_found_although_the_database_opens() {
    let mut office = Office::new();
    for n in 0..50 {
        office.drop(&format!("/drop/{n}.docx"), &paper(&n.to_string()).unit(&format!("第{n}镇")));
    }
    let path = office.path();
    let Office { folder, store, .. } = office;
    store.checkpoint_and_close().unwrap();
    let cut_short = Store::look_for_damage(&path, || true).unwrap_err();
    assert!(matches!(cut_short, StoreError::Sql { .. }), "{cut_short}");
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 20_000].fill(0x5a);
    std::fs::write(&path, bytes).unwrap();
    let found = Store::look_for_damage(&path, || false).unwrap_err();
    assert!(matches!(found, StoreError::Damaged { .. }), "{found}");
    let whole = Office::new();
    Store::look_for_damage(&whole.path(), || false).unwrap();
    drop(folder);
}

#[test]
fn several_files_are_recorded_all_or_none() {
    let mut office = Office::new();
    let papers: Vec<Paper> =
        (0..20).map(|n| paper(&n.to_string()).unit(&format!("第{n}镇"))).collect();
    let files: Vec<(FileSeen, [Inspection; 1])> = papers
        .iter()
        .map(|p| (p.file(&format!("/drop/{}.docx", p.bytes), 1), [p.inspection()]))
        .collect();
    let read: Vec<Inspected<'_>> =
        files.iter().map(|(file, inspections)| Inspected { file, inspections }).collect();
    office
        .store
        .connection
        .execute_batch(
            "CREATE TEMP TRIGGER stop BEFORE INSERT ON cells WHEN new.report_id > 10
         BEGIN SELECT raise(ABORT, 'stop'); END",
        )
        .unwrap();
    office.store.record_all(&read, &LOUD, None, at(1)).unwrap_err();
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM files"), 0);
    office.store.connection.execute_batch("DROP TRIGGER stop").unwrap();
    let later = papers[0].file("/drop/later.docx", 2);
    let next = FileSeen { sha256: Sha256::of(b"later"), ..later };
    let (attempts, recorded) =
        office.store.begin_and_record(&[&next, &next], &read, &LOUD, None, at(1)).unwrap();
    assert_eq!((attempts, recorded.len()), (vec![1, 2], 20));
    assert_eq!(office.ask::<i64>("SELECT count(*) FROM current_reports"), 20);
}
