//! How values stand in columns: ids as integers, times as Unix seconds, states as words, hashes as
//! hexadecimal, paths as bytes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::rows::{
    Audience, ConditionKind, FileId, MailId, NoticeId, NoticeKind, ReportId, Sha256, UnitId,
    WaitingFor,
};
use crate::check::Verdict;
use crate::document::Source;
use crate::form::{Id, Severity};
use crate::units::roster::Level;

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }
        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        }
    )*};
}
ids!(UnitId, FileId, ReportId, NoticeId, MailId);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str().map(Self::from)
    }
}

impl ToSql for Audience {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(match self {
            Self::Office(name) => format!("office:{name}"),
            Self::Administrator => "administrator".to_owned(),
            Self::Unit(UnitId(id)) => format!("unit:{id}"),
        }))
    }
}

impl FromSql for Audience {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        let office = || text.strip_prefix("office:").map(|name| Self::Office(name.to_owned()));
        let unit = || text.strip_prefix("unit:")?.parse().ok().map(|id| Self::Unit(UnitId(id)));
        let administrator = || (text == "administrator").then_some(Self::Administrator);
        office().or_else(unit).or_else(administrator).ok_or_else(|| unknown("Audience", text))
    }
}

macro_rules! words {
    ($states:ident { $($state:ident = $word:literal),* $(,)? }) => {
        impl ToSql for $states {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(match self { $(Self::$state => $word),* }))
            }
        }
        impl FromSql for $states {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                match value.as_str()? {
                    $($word => Ok(Self::$state),)*
                    other => Err(unknown(stringify!($states), other)),
                }
            }
        }
    };
}
words!(Verdict {
    Passed = "passed",
    Failed = "failed",
    Unreadable = "unreadable",
    Unrecognised = "unrecognised",
    Ignored = "ignored",
});
words!(Severity { Info = "info", Warning = "warning", Error = "error" });
words!(Source { Text = "text", Ocr = "ocr" });
words!(Level {
    Township = "township",
    Department = "department",
    Government = "government",
});
words!(NoticeKind {
    Failed = "failed",
    StillFailing = "still_failing",
    Corrected = "corrected",
    Unreadable = "unreadable",
    Unrecognised = "unrecognised",
    Overdue = "overdue",
    Administrator = "administrator",
});
words!(WaitingFor {
    Settling = "settling",
    Incomplete = "incomplete",
    Locked = "locked",
    Permission = "permission",
    Reader = "reader",
});
words!(ConditionKind {
    ShareOffline = "share_offline",
    DiskFull = "disk_full",
    DatabaseMovedAside = "database_moved_aside",
    MailGivenUp = "mail_given_up",
    ProgramMissing = "program_missing",
});

fn unknown(what: &str, found: &str) -> FromSqlError {
    FromSqlError::Other(format!("{what} `{found}` is none that this gouji knows").into())
}

impl ToSql for Sha256 {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.to_string()))
    }
}

impl FromSql for Sha256 {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        let digits = text.as_bytes().chunks(2).map(|pair| {
            std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())
        });
        let bytes = digits.collect::<Option<Vec<u8>>>().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| unknown("SHA-256", text))
    }
}

/// A moment as Unix seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds(pub(super) Timestamp);

impl ToSql for Seconds {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.as_second()))
    }
}

impl FromSql for Seconds {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = i64::column_result(value)?;
        Timestamp::from_second(seconds).map(Self).map_err(|e| FromSqlError::Other(Box::new(e)))
    }
}

/// A path as its bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathBytes<'a>(pub(super) &'a Path);

impl ToSql for PathBytes<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.as_os_str().as_bytes()))
    }
}

/// A path out of its bytes.
#[derive(Debug)]
pub(super) struct OwnedPath(pub(super) PathBuf);

impl FromSql for OwnedPath {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(PathBuf::from(OsStr::from_bytes(value.as_blob()?))))
    }
}

/// An exact decimal as its text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact(pub(super) Decimal);

impl ToSql for Exact {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.to_string()))
    }
}

impl FromSql for Exact {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_str()?;
        text.parse().map(Self).map_err(|_| unknown("decimal", text))
    }
}

/// A decimal for spreadsheets: INTEGER, or REAL where it has decimals or is too large for one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Approximate(pub(super) Decimal);

impl ToSql for Approximate {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let whole = if self.0.fract().is_zero() { self.0.to_i64() } else { None };
        match whole {
            Some(integer) => Ok(ToSqlOutput::from(integer)),
            None => Ok(ToSqlOutput::from(self.0.to_f64().unwrap_or(f64::NAN))),
        }
    }
}

/// A day as ISO text.
pub(super) fn iso(date: Date) -> String {
    date.to_string()
}
