//! The limits that a worker sets itself through the operating system, beside those that the interpreter
//! counts: they hold when the interpreter does not.

use rlimit::Resource;

/// What a process needs beside the code's values: the binary, the stack, the allocator's arenas.
const ROOM: u64 = 1 << 30;

/// Lowers the limits of this process for good and gives the names of those in force.
pub(super) fn confine(memory: usize, cpu_seconds: u64) -> Vec<String> {
    let memory = u64::try_from(memory).unwrap_or(u64::MAX);
    let limits = [
        (Resource::AS, memory.saturating_add(ROOM), "address space"),
        (Resource::CPU, cpu_seconds, "cpu time"),
        (Resource::CORE, 0, "no core dump"),
        (Resource::FSIZE, 0, "no file written"),
        // Standard input, output and error stay; no other file or socket can be opened.
        (Resource::NOFILE, 3, "no file opened"),
        // Counted by user: it stops new processes and threads of this one, and nobody else's.
        (Resource::NPROC, 0, "no process started"),
    ];
    limits
        .into_iter()
        .filter(|(resource, limit, _)| lower(*resource, *limit))
        .map(|(_, _, name)| name.to_owned())
        .collect()
}

fn lower(resource: Resource, limit: u64) -> bool {
    let hard = resource.get().map_or(u64::MAX, |(_, hard)| hard);
    let limit = limit.min(hard);
    resource.set(limit, limit).is_ok()
}
