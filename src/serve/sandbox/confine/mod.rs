//! What a worker gives up for good before it runs any code, through the operating system: it holds when the
//! interpreter does not. A system that lacks one of the means is no error; what is in force is said.

#[cfg(target_os = "linux")]
mod linux;

use rlimit::Resource;
use serde::{Deserialize, Serialize};

#[cfg(target_os = "linux")]
pub use linux::{calls, reach};

/// One thing that confines a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    AddressSpace,
    CpuTime,
    NoCoreDump,
    NoFileWritten,
    NoFileOpened,
    NoProcessStarted,
    /// No path of the file system, no TCP port, no process outside can be reached.
    Landlock,
    /// The few system calls that a worker needs are left.
    Seccomp,
}

impl Means {
    pub const ALL: [Self; 8] = [
        Self::AddressSpace,
        Self::CpuTime,
        Self::NoCoreDump,
        Self::NoFileWritten,
        Self::NoFileOpened,
        Self::NoProcessStarted,
        Self::Landlock,
        Self::Seccomp,
    ];

    /// Those that are not among `confined_by`.
    #[must_use]
    pub fn lacking(confined_by: &[Self]) -> Vec<Self> {
        Self::ALL.into_iter().filter(|means| !confined_by.contains(means)).collect()
    }
}

/// What a process needs beside the code's values: the binary, the stack, the allocator's arenas.
const ROOM: u64 = 1 << 30;

/// Lowers the limits of this process; gives those in force.
#[must_use]
pub fn resources(memory: usize, cpu_seconds: u64) -> Vec<Means> {
    let memory = u64::try_from(memory).unwrap_or(u64::MAX);
    let limits = [
        (Resource::AS, memory.saturating_add(ROOM), Means::AddressSpace),
        (Resource::CPU, cpu_seconds, Means::CpuTime),
        (Resource::CORE, 0, Means::NoCoreDump),
        (Resource::FSIZE, 0, Means::NoFileWritten),
        // Standard input, output and error stay; no other file or socket can be opened.
        (Resource::NOFILE, 3, Means::NoFileOpened),
        // Counted by user: it stops new processes and threads of this one, and nobody else's.
        (Resource::NPROC, 0, Means::NoProcessStarted),
    ];
    limits
        .into_iter()
        .filter(|(resource, limit, means)| {
            lower(*resource, *limit) && (*means != Means::NoProcessStarted || !is_root())
        })
        .map(|(_, _, means)| means)
        .collect()
}

fn lower(resource: Resource, limit: u64) -> bool {
    let hard = resource.get().map_or(u64::MAX, |(_, hard)| hard);
    let limit = limit.min(hard);
    resource.set(limit, limit).is_ok()
}

/// Root may start processes beyond the limit.
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Nothing of the kind exists here.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn reach() -> Option<Means> {
    None
}

/// Nothing of the kind exists here.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn calls() -> Option<Means> {
    None
}
