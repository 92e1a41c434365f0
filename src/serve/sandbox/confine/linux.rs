//! Landlock and seccomp. Neither needs root, and neither can be undone.

use std::collections::BTreeMap;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, RulesetStatus, Scope};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen::Dword, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};

use super::Means;

/// Takes every path, port and other process from this thread and from those that it starts from now on.
#[must_use]
pub fn reach() -> Option<Means> {
    let in_force = |status| status != RulesetStatus::NotEnforced;
    landlocked().is_ok_and(in_force).then_some(Means::Landlock)
}

/// A ruleset without a rule: all that the kernel can refuse is refused.
fn landlocked() -> Result<RulesetStatus, RulesetError> {
    const NEWEST: ABI = ABI::V9;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    Ok(ruleset.restrict_self()?.ruleset)
}

/// Leaves all threads of this process the system calls that a worker needs. The others fail, as a C library
/// takes in its stride: glibc looks for a file when it gives memory back. Those that only hostile code makes end
/// the process, so that it cannot try the next one and its end is noticed.
#[must_use]
pub fn calls() -> Option<Means> {
    let applied = |filter: Result<BpfProgram, BackendError>| apply_filter_all_threads(&filter.ok()?).ok();
    applied(hostile())?;
    applied(needed())?;
    Some(Means::Seccomp)
}

fn needed() -> Result<BpfProgram, BackendError> {
    let without = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    filter(unconditional().chain(conditional()?).collect(), SeccompAction::Allow, without)
}

fn hostile() -> Result<BpfProgram, BackendError> {
    let calls = HOSTILE.into_iter().map(|call| (call, Vec::new()));
    filter(calls.collect(), SeccompAction::KillProcess, SeccompAction::Allow)
}

fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    those: SeccompAction,
    others: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    SeccompFilter::new(rules, others, those, std::env::consts::ARCH.try_into()?)?.try_into()
}

/// Other processes and programs, sockets, and the kernel's wider doors.
const HOSTILE: [i64; 21] = [
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_memfd_create,
    libc::SYS_prlimit64,
];

/// Memory, locks between the two threads, the clock of the interpreter's limit, and what a C library does
/// around a panic, an abort and the end of a process.
fn unconditional() -> impl Iterator<Item = (i64, Vec<SeccompRule>)> {
    [
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_brk,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_clock_gettime,
        libc::SYS_gettimeofday,
        libc::SYS_getrandom,
        libc::SYS_getpid,
        libc::SYS_gettid,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ]
    .into_iter()
    .map(|call| (call, Vec::new()))
}

/// Calls that may be made with some arguments only.
fn conditional() -> Result<Vec<(i64, Vec<SeccompRule>)>, BackendError> {
    const PROTECTION: u8 = 2;
    let descriptor = |number| argument(0, SeccompCmpOp::Eq, number);
    let output = || Ok(vec![all([descriptor(1)])?, all([descriptor(2)])?]);
    let data = || argument(PROTECTION, SeccompCmpOp::MaskedEq(bits(libc::PROT_EXEC)), 0);
    let of_no_file = argument(3, SeccompCmpOp::MaskedEq(bits(libc::MAP_ANONYMOUS)), bits(libc::MAP_ANONYMOUS));
    let to_itself = argument(0, SeccompCmpOp::Eq, std::process::id().into());
    Ok(vec![
        (libc::SYS_read, vec![all([descriptor(0)])?]),
        (libc::SYS_write, output()?),
        (libc::SYS_writev, output()?),
        (libc::SYS_mmap, vec![all([data(), of_no_file])?]),
        (libc::SYS_mprotect, vec![all([data()])?]),
        (libc::SYS_tgkill, vec![all([to_itself])?]),
    ])
}

fn argument(number: u8, comparison: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(number, Dword, comparison, value)
}

fn all<const N: usize>(conditions: [Result<SeccompCondition, BackendError>; N]) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)
}

fn bits(flags: libc::c_int) -> u64 {
    u64::from(flags.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What they do to a process is tried in `tests/actions/confinement.rs`.
    #[test]
    fn the_lists_are_apart_and_make_filters() {
        let conditional = conditional().expect("rules");
        assert!(conditional.iter().all(|(_, rules)| !rules.is_empty()), "an empty list of rules would allow all");
        let left: Vec<i64> = unconditional().chain(conditional).map(|(call, _)| call).collect();
        for call in HOSTILE.into_iter().chain([libc::SYS_openat, libc::SYS_prctl, libc::SYS_seccomp, libc::SYS_sendmsg])
        {
            assert!(!left.contains(&call), "{call}");
        }
        assert!(needed().is_ok() && hostile().is_ok());
    }
}
