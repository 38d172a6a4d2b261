//! What a reader process may do: use some memory and some time, and talk through the pipes it has.
//! The one place for its confinement; the process calls it on itself before it reads the first byte.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use rustix::thread::set_no_new_privs;

/// Address space: program, stack and everything allocated.
pub const MEMORY_BYTES: u64 = 768 << 20;
/// Processor time.
pub const CPU_SECONDS: u64 = 5;

/// Limits this process for good. No files: the three pipes are open, and nothing else may be.
///
/// # Errors
/// The system refused; the process must not touch a document then.
pub fn confine() -> rustix::io::Result<()> {
    set_no_new_privs(true)?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let limit = |resource, current, maximum| {
        setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })
    };
    limit(Resource::As, MEMORY_BYTES, MEMORY_BYTES)?;
    // At the first the process gets SIGXCPU, which ends it; at the second SIGKILL.
    limit(Resource::Cpu, CPU_SECONDS, CPU_SECONDS + 1)?;
    limit(Resource::Nofile, 3, 3)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Core, 0, 0)
}
