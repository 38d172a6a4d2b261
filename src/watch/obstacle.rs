//! Why a file that is there cannot be taken yet: in English for the log, in Chinese for people.
//!
//! None of these is a verdict. A file that waits is tried again for as long as it exists.

use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;
use rustix::io::Errno;

/// What stands between a file and being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It has no bytes yet.
    Empty,
    /// It keeps changing.
    Changing,
    /// Its format's end is not there.
    Incomplete(&'static str),
    /// It is larger than anything gouji reads.
    TooLarge(u64),
    /// Another program has it open for itself.
    Busy(&'static str),
    /// gouji's user may not read it.
    Permission(Owner),
    /// The file system refused.
    Io(&'static str),
    /// It lies on a file system that is not mounted any more.
    Unmounted,
    /// Its reader died or took too long.
    Reader(&'static str),
    /// gouji itself could not go on; nothing is wrong with the file.
    Ours(String),
}

/// Whose a file is, and what others may do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// The permission bits.
    pub mode: u32,
}

impl Obstacle {
    /// The obstacle behind an error on opening or reading; `None`: the file is gone.
    pub fn of(error: Errno, owner: impl FnOnce() -> Owner) -> Option<Self> {
        Some(match error {
            Errno::NOENT | Errno::NOTDIR => return None,
            Errno::ACCESS | Errno::PERM => Self::Permission(owner()),
            Errno::BUSY => Self::Busy("EBUSY"),
            Errno::TXTBSY => Self::Busy("ETXTBSY"),
            Errno::AGAIN => Self::Busy("EAGAIN"),
            Errno::IO => Self::Io("EIO"),
            Errno::STALE => Self::Io("ESTALE"),
            Errno::TIMEDOUT => Self::Io("ETIMEDOUT"),
            Errno::HOSTDOWN => Self::Io("EHOSTDOWN"),
            other => Self::Ours(std::io::Error::from(other).to_string()),
        })
    }

    /// For the office, in Chinese.
    pub fn for_people(&self) -> String {
        match self {
            Self::Empty => "文件是空的，可能还在拷贝；如已拷贝完毕，请重新保存后提交".into(),
            Self::Changing => "文件仍在写入，写完后自动读取".into(),
            Self::Incomplete(_) => {
                "文件不完整，可能没有拷贝完，请重新拷贝；仍不行的，请用原软件打开后另存一份再提交"
                    .into()
            }
            Self::TooLarge(bytes) => {
                let size = bytes / (1 << 20);
                format!("文件过大（约 {size} MB），超过 64 MB 不读取，请压缩其中的图片后重新提交")
            }
            Self::Busy(_) => "文件正被其他程序占用，请关闭正在编辑它的软件".into(),
            Self::Permission(_) => "没有读取这个文件的权限，请管理员检查共享文件夹的权限".into(),
            Self::Io(_) => "读取时共享文件夹出错，稍后自动重试".into(),
            Self::Unmounted => "其中的共享文件夹已断开，恢复连接后自动读取".into(),
            Self::Reader(_) => "读取时出错，稍后自动重试".into(),
            Self::Ours(_) => "暂时无法处理，稍后自动重试".into(),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "it is empty"),
            Self::Changing => write!(f, "it is still being written"),
            Self::Incomplete(what) => write!(f, "it is incomplete: {what}"),
            Self::TooLarge(bytes) => write!(f, "it has {bytes} bytes, more than 64 MB"),
            Self::Busy(code) => write!(f, "another program has it open ({code})"),
            Self::Permission(owner) => write!(
                f,
                "permission denied (uid {}, gid {}, mode {:04o}); let gouji's group read it, with \
                 Samba: `force group` and `create mask = 0660`",
                owner.uid, owner.gid, owner.mode
            ),
            Self::Io(code) => write!(f, "the file system refused ({code})"),
            Self::Unmounted => write!(f, "the file system there is not mounted any more"),
            Self::Reader(how) => write!(f, "its reader process {how}"),
            Self::Ours(why) => write!(f, "{why}"),
        }
    }
}

/// A file that is there and is not taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The file (or a folder that cannot be listed).
    pub path: PathBuf,
    /// Why.
    pub obstacle: Obstacle,
    /// When it was last written to, where that is known.
    pub modified_at: Option<Timestamp>,
    /// How long it has been known, by the monotonic clock.
    pub since: Instant,
    /// When it will be tried again; `None`: at the next look, or when it changes.
    pub next: Option<Instant>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B8, B11, B17: what keeps a file from being opened makes it wait; only a file that is gone does
    /// not.
    #[test]
    fn every_error_on_opening_is_a_reason_to_wait_except_that_the_file_is_gone() {
        let owner = || Owner { uid: 1001, gid: 100, mode: 0o600 };
        for (error, part) in [
            (Errno::BUSY, "another program has it open (EBUSY)"),
            (Errno::TXTBSY, "ETXTBSY"),
            (Errno::IO, "EIO"),
            (Errno::STALE, "ESTALE"),
            (Errno::ACCESS, "uid 1001, gid 100, mode 0600"),
            (Errno::PERM, "create mask = 0660"),
            (Errno::NOMEM, "memory"),
        ] {
            let obstacle = Obstacle::of(error, owner).unwrap();
            assert!(obstacle.to_string().contains(part), "{error}: {obstacle}");
            assert!(!obstacle.for_people().is_ascii());
        }
        assert_eq!(Obstacle::of(Errno::NOENT, owner), None);
    }
}
