//! A reader gone wrong on purpose: the self-test of the limits, run by the tests in the real process
//! under its real limits (`gouji worker --misbehave=…`).

use std::fs::File;
use std::io;
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::str::FromStr;
use std::thread;

/// What a reader can do to the process it runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Takes 2 GB of memory.
    Allocate,
    /// Never comes to an end.
    Spin,
    /// Waits for ever, using no processor time.
    Sleep,
    /// Aborts the process.
    Abort,
    /// Overflows the stack.
    Recurse,
    /// Panics.
    Panic,
    /// Answers without end.
    Babble,
    /// Opens files that are none of its business.
    Open,
    /// Connects to other programs and listens for them.
    Connect,
    /// Starts other programs, a hundred times, and threads.
    Fork,
}

/// The name is not one of ours.
#[derive(Debug, thiserror::Error)]
#[error(
    "expected one of allocate, spin, sleep, abort, recurse, panic, babble, open, connect, fork"
)]
pub struct UnknownMisbehaviour;

impl FromStr for Misbehaviour {
    type Err = UnknownMisbehaviour;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name {
            "allocate" => Self::Allocate,
            "spin" => Self::Spin,
            "sleep" => Self::Sleep,
            "abort" => Self::Abort,
            "recurse" => Self::Recurse,
            "panic" => Self::Panic,
            "babble" => Self::Babble,
            "open" => Self::Open,
            "connect" => Self::Connect,
            "fork" => Self::Fork,
            _ => return Err(UnknownMisbehaviour),
        })
    }
}

impl Misbehaviour {
    /// Does it. Returns what became of each attempt: of those that should end the process, only if
    /// the limits do not hold.
    #[expect(clippy::panic, reason = "a panic is one of the things to be survived")]
    pub(super) fn act_out(self) -> Vec<String> {
        match self {
            Self::Allocate => _ = std::hint::black_box(vec![1_u8; 2 << 30]),
            Self::Spin => loop {
                std::hint::spin_loop();
            },
            Self::Sleep => loop {
                std::thread::park();
            },
            Self::Abort => std::process::abort(),
            Self::Recurse => _ = std::hint::black_box(recurse(u64::MAX)),
            Self::Panic => panic!("a reader panicked on purpose"),
            Self::Babble => {
                let mut pipe = std::io::stdout().lock();
                while std::io::Write::write_all(&mut pipe, &[b'['; 4096]).is_ok() {}
            }
            Self::Open => return open(),
            Self::Connect => return connect(),
            Self::Fork => return fork(),
        }
        vec!["it got through".to_owned()]
    }
}

fn open() -> Vec<String> {
    let reading = ["/etc/passwd", "/proc/self/environ", "/proc/1/cmdline", "/dev/null", "."];
    let mut tried: Vec<String> =
        reading.iter().map(|path| came_of(path, File::open(path))).collect();
    tried.push(came_of("a new file", File::create("/tmp/gouji-misbehaves")));
    tried.push(came_of("a folder", std::fs::read_dir("/")));
    tried
}

fn connect() -> Vec<String> {
    vec![
        came_of("TCP", TcpStream::connect("127.0.0.1:25")),
        came_of("a TCP port", TcpListener::bind("127.0.0.1:0")),
        came_of("a UDP port", UdpSocket::bind("127.0.0.1:0")),
        came_of("a UNIX socket", UnixStream::connect("/run/systemd/journal/stdout")),
        came_of("a name", ("localhost", 25).to_socket_addrs()),
    ]
}

fn fork() -> Vec<String> {
    let program = || came_of("a program", Command::new("/proc/self/exe").arg("forms").spawn());
    let mut tried: Vec<String> = (0..100).map(|_| program()).collect();
    tried.push(came_of("a thread", thread::Builder::new().spawn(|| ())));
    tried
}

fn came_of<T>(what: &str, attempt: io::Result<T>) -> String {
    match attempt {
        Ok(_) => format!("{what}: it got through"),
        Err(error) => format!("{what}: refused, {error}"),
    }
}

/// Deep enough for any stack; the addition after the call keeps it from becoming a loop.
fn recurse(depth: u64) -> u64 {
    if depth == 0 {
        return 0;
    }
    let deeper = std::hint::black_box([depth; 64]);
    recurse(deeper.first().map_or(0, |depth| depth - 1)) ^ depth
}
