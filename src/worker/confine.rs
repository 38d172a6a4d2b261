//! What a reader process may do: use some memory and some time, and talk through the pipes it has.
//! The one place for its confinement; the process calls it on itself before it reads the first byte.
//!
//! Three walls, one behind the other. The limits hold on every Linux, and a process that cannot have
//! them touches no document. Landlock (no path, no TCP port, no signal to others) and seccomp (no
//! system call but those that computing takes) hold where the kernel has them; which do is told by
//! [`Confinement`], once in the log of the daemon.
//!
//! Order matters: Landlock needs a file handle for a moment, so it comes before the limit on these;
//! seccomp refuses what the others need to be put up, so it comes last.

use std::fmt;
use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, RestrictionStatus, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getpid, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::set_no_new_privs;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use serde::{Deserialize, Serialize};

/// What a process may allocate; with program and libraries it stays below 256 MiB of the machine.
pub const MEMORY_BYTES: u64 = 224 << 20;
/// Address space, program, stack and libraries included: more than the memory above, since it is
/// reserved in large pieces.
const ADDRESS_BYTES: u64 = 768 << 20;
/// Processor time.
pub const CPU_SECONDS: u64 = 5;
/// Address space of a process that recognises characters, and of the program it starts for that.
pub const RECOGNITION_MEMORY_BYTES: u64 = 1536 << 20;
/// Processor time of each of them.
pub const RECOGNITION_CPU_SECONDS: u64 = 60;

/// The newest Landlock whose rights are asked for; an older kernel gives those it has.
const LANDLOCK: ABI = ABI::V7;

/// What computing takes: memory, the pipes that are open, the clock, dying. Everything else is
/// answered with EPERM, also what later kernels and libraries may bring: a reader that asks for it
/// gets an error, and is not killed for asking.
const CALLS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// How much of a wall the kernel has put up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wall {
    /// All that was asked for.
    Whole,
    /// What an older kernel knows of it.
    Part,
    /// The kernel does not have it.
    Missing,
}

/// What stands around a reader beside its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// No files, no TCP, no signals to other processes.
    pub landlock: Wall,
    /// No system calls but those of computing.
    pub seccomp: Wall,
}

impl Confinement {
    /// Whether the kernel has everything that was asked for.
    pub fn is_whole(self) -> bool {
        self.landlock == Wall::Whole && self.seccomp == Wall::Whole
    }
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |wall| match wall {
            Wall::Whole => "holds",
            Wall::Part => "holds in part (older kernel)",
            Wall::Missing => "is missing in this kernel",
        };
        write!(f, "landlock {}, seccomp {}", word(self.landlock), word(self.seccomp))
    }
}

/// Limits this process for good. No files: the three pipes are open, and nothing else may be.
///
/// # Errors
/// The system refused a limit; the process must not touch a document then.
pub fn confine() -> rustix::io::Result<Confinement> {
    set_limits(ADDRESS_BYTES, CPU_SECONDS)?;
    limit(Resource::Data, MEMORY_BYTES, MEMORY_BYTES)?;
    let landlock = shut_files_and_network();
    limit(Resource::Nofile, 3, 3)?;
    Ok(Confinement { landlock, seccomp: allow_only_computing() })
}

/// Limits this process for good, and what it starts: it may read programs and their data in the
/// folders of the system, execute `program` and nothing else, and write nowhere.
///
/// # Errors
/// The system refused a limit; the process must not touch a document then.
pub fn confine_recognition(program: &Path) -> rustix::io::Result<Confinement> {
    set_limits(RECOGNITION_MEMORY_BYTES, RECOGNITION_CPU_SECONDS)?;
    let landlock = open_only(program);
    limit(Resource::Nofile, 64, 64)?;
    Ok(Confinement { landlock, seccomp: refuse_sockets() })
}

fn set_limits(address_bytes: u64, cpu_seconds: u64) -> rustix::io::Result<()> {
    set_no_new_privs(true)?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    limit(Resource::As, address_bytes, address_bytes)?;
    // At the first the process gets SIGXCPU, which ends it; at the second SIGKILL.
    limit(Resource::Cpu, cpu_seconds, cpu_seconds + 1)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Core, 0, 0)
}

fn limit(resource: Resource, current: u64, maximum: u64) -> rustix::io::Result<()> {
    setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })
}

/// Landlock without a single rule: nothing of what it can forbid is allowed.
fn shut_files_and_network() -> Wall {
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    wall(restricted)
}

fn wall(restricted: Result<RestrictionStatus, RulesetError>) -> Wall {
    match restricted.map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Wall::Whole,
        Ok(RulesetStatus::PartiallyEnforced) => Wall::Part,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Wall::Missing,
    }
}

/// Landlock with what starting one program takes: reading libraries and models, executing it and the
/// loader its file names, and the null device.
fn open_only(program: &Path) -> Wall {
    const READABLE: [&str; 6] =
        ["/usr", "/lib", "/lib64", "/opt", "/etc/ld.so.cache", "/proc/cpuinfo"];
    const LOADERS: [&str; 4] = [
        "/lib64/ld-linux-x86-64.so.2",
        "/lib/ld-linux-aarch64.so.1",
        "/lib/ld-musl-x86_64.so.1",
        "/lib/ld-musl-aarch64.so.1",
    ];
    let read = AccessFs::from_read(LANDLOCK) & !AccessFs::Execute;
    let execute = AccessFs::Execute | AccessFs::ReadFile;
    let home = program.parent().and_then(Path::parent).unwrap_or(program);
    let restricted = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        // What is not there needs no rule.
        .and_then(|rules| rules.add_rules(path_beneath_rules(READABLE, read)))
        .and_then(|rules| rules.add_rules(path_beneath_rules([home], read)))
        .and_then(|rules| rules.add_rules(path_beneath_rules([program], execute)))
        .and_then(|rules| rules.add_rules(path_beneath_rules(LOADERS, execute)))
        .and_then(|rules| {
            let write = AccessFs::ReadFile | AccessFs::WriteFile;
            rules.add_rules(path_beneath_rules(["/dev/null"], write))
        })
        .and_then(landlock::RulesetCreated::restrict_self);
    wall(restricted)
}

/// Seccomp against the one thing that Landlock leaves of the network: sockets that are not TCP.
fn refuse_sockets() -> Wall {
    let filter = || -> seccompiler::Result<BpfProgram> {
        let rules = [(libc::SYS_socket, Vec::new())].into();
        let refuse = SeccompAction::Errno(u32::try_from(libc::EPERM).unwrap_or(1));
        let machine = std::env::consts::ARCH.try_into()?;
        Ok(SeccompFilter::new(rules, SeccompAction::Allow, refuse, machine)?.try_into()?)
    };
    let applied = filter().and_then(|filter| seccompiler::apply_filter(&filter));
    if applied.is_ok() { Wall::Whole } else { Wall::Missing }
}

/// Seccomp with the calls of [`CALLS`], and memory that is never executable.
fn allow_only_computing() -> Wall {
    let applied = computing().and_then(|filter| seccompiler::apply_filter(&filter));
    if applied.is_ok() { Wall::Whole } else { Wall::Missing }
}

fn computing() -> seccompiler::Result<BpfProgram> {
    let mut rules: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        CALLS.iter().map(|call| (*call, Vec::new())).collect();
    let no_code = SeccompCmpOp::MaskedEq(u64::try_from(libc::PROT_EXEC).unwrap_or(u64::MAX));
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, only_if(2, no_code.clone(), 0)?);
    }
    // Aborting is a signal to oneself.
    let own = u64::try_from(getpid().as_raw_nonzero().get()).unwrap_or(0);
    rules.insert(libc::SYS_tgkill, only_if(0, SeccompCmpOp::Eq, own)?);
    let refuse = SeccompAction::Errno(u32::try_from(libc::EPERM).unwrap_or(1));
    let machine = std::env::consts::ARCH.try_into()?;
    Ok(SeccompFilter::new(rules, refuse, SeccompAction::Allow, machine)?.try_into()?)
}

/// The rule that argument `number` of a call compares to `value` in this way.
fn only_if(number: u8, how: SeccompCmpOp, value: u64) -> seccompiler::Result<Vec<SeccompRule>> {
    let condition = SeccompCondition::new(number, SeccompCmpArgLen::Dword, how, value)?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Both walls are put up around a thread; here each around one of its own, so that it is seen
    /// which of them refuses.
    fn in_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        thread::spawn(work).join().unwrap()
    }

    fn refusal() -> Option<i32> {
        std::fs::File::open("/etc/passwd").err().and_then(|error| error.raw_os_error())
    }

    #[test]
    fn landlock_by_itself_refuses_files_and_connections() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (wall, file, connection) = in_a_thread(move || {
            (shut_files_and_network(), refusal(), std::net::TcpStream::connect(address).err())
        });
        if wall == Wall::Missing {
            eprintln!("this kernel has no landlock: nothing was shown");
            return;
        }
        assert_eq!(file, Some(libc::EACCES));
        if wall == Wall::Whole {
            assert_eq!(connection.and_then(|error| error.raw_os_error()), Some(libc::EACCES));
        }
        assert_eq!(refusal(), None, "the other threads are free");
    }

    #[test]
    fn seccomp_by_itself_refuses_what_is_not_computing() {
        let (wall, file, connection, executable) = in_a_thread(|| {
            let wall = allow_only_computing();
            let connection = std::net::UdpSocket::bind("127.0.0.1:0").err();
            let program = std::process::Command::new("/bin/true").spawn().err();
            (wall, refusal(), connection, program)
        });
        if wall == Wall::Missing {
            eprintln!("this kernel has no seccomp: nothing was shown");
            return;
        }
        assert_eq!(file, Some(libc::EPERM));
        for refused in [connection, executable] {
            assert_eq!(refused.and_then(|error| error.raw_os_error()), Some(libc::EPERM));
        }
    }

    #[test]
    fn recognition_reads_its_program_and_its_models_and_reaches_nothing_else() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let file = std::env::temp_dir().join(format!("gouji-confined-{}", std::process::id()));
        let to_write = file.clone();
        let run = |program: &str| std::process::Command::new(program).arg("--version").output();
        let (walls, foreign, written, connection, socket, own, other) = in_a_thread(move || {
            let walls = (open_only(Path::new("/usr/bin/env")), refuse_sockets());
            let written = std::fs::write(&to_write, "x").err();
            let connection = std::net::TcpStream::connect(address).err();
            let socket = std::net::UdpSocket::bind("127.0.0.1:0").err();
            (walls, refusal(), written, connection, socket, run("/usr/bin/env"), run("/usr/bin/id"))
        });
        if walls != (Wall::Whole, Wall::Whole) {
            eprintln!("this kernel lacks landlock or seccomp: nothing was shown");
            return;
        }
        let code = |error: Option<std::io::Error>| error.and_then(|error| error.raw_os_error());
        assert_eq!(foreign, Some(libc::EACCES), "no file but those of programs");
        assert_eq!(code(written), Some(libc::EACCES));
        assert!(!file.exists());
        assert_eq!([code(connection), code(socket)], [Some(libc::EPERM); 2]);
        assert!(own.unwrap().status.success(), "the program itself runs");
        assert_eq!(code(other.err()), Some(libc::EACCES), "no other does");
    }

    #[test]
    fn what_the_kernel_lacks_is_said() {
        let old = Confinement { landlock: Wall::Part, seccomp: Wall::Missing };
        assert!(!old.is_whole());
        let expected = "landlock holds in part (older kernel), seccomp is missing in this kernel";
        assert_eq!(old.to_string(), expected);
    }
}
