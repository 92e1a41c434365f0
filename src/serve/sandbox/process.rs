//! A worker seen from the server: starting one, talking to it, finding out what became of it.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::BufReader,
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{
    confine::Means,
    wire::{self, Order, Report},
    worker::ARGUMENT,
};
use crate::config::server::SandboxSettings;

/// A frame of a worker holds one record's fields, or all that was printed; JSON may write one byte as six.
const ROOM: usize = 1 << 20;

/// A running worker process. Dropping it kills it.
pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    longest_report: usize,
}

/// How a worker ended that should not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    OutOfMemory,
    OutOfTime,
    Crashed,
}

/// The program to run as a worker, and its limits.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    program: PathBuf,
    memory: usize,
    cpu_seconds: u64,
    longest_report: usize,
    /// How long a worker may take to start: by then whoever waits for it has given up.
    patience: Duration,
}

impl Recipe {
    pub(super) fn new(settings: &SandboxSettings) -> Self {
        Self {
            program: settings.worker.as_ref().map_or_else(own_binary, absolute),
            memory: settings.memory,
            cpu_seconds: settings.request_timeout.as_secs() + 2,
            longest_report: settings.output.saturating_mul(6).saturating_add(ROOM),
            patience: settings.request_timeout,
        }
    }

    /// Starts a worker and waits until it has confined itself.
    pub(super) async fn start(&self) -> io::Result<(Worker, Vec<Means>)> {
        let mut command = Command::new(&self.program);
        command
            .arg(ARGUMENT)
            .env_clear()
            .current_dir(Path::new("/"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        // Ctrl+C in the server's terminal is for the server, which lets running requests finish.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a worker without pipes"));
        };
        let mut worker = Worker { child, input, output: BufReader::new(output), longest_report: self.longest_report };
        let order = Order::Start { memory: self.memory, cpu_seconds: self.cpu_seconds };
        worker.send(&wire::frame(&order)?).await?;
        match timeout(self.patience, worker.receive()).await {
            Ok(Ok(Report::Ready { confined_by })) => Ok((worker, confined_by)),
            Ok(Ok(_)) => Err(io::Error::other("it says something else than that it is ready")),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::Error::other("it does not say that it is ready")),
        }
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }
}

/// A worker runs in another folder than its server.
#[allow(clippy::ptr_arg)] // for map_or_else
fn absolute(program: &PathBuf) -> PathBuf {
    std::path::absolute(program).unwrap_or_else(|_| program.clone())
}

/// This very binary, even after an upgrade has put another file in its place.
fn own_binary() -> PathBuf {
    let link = PathBuf::from("/proc/self/exe");
    if link.exists() { link } else { std::env::current_exe().unwrap_or_else(|_| OsString::from("countersign").into()) }
}

impl Worker {
    /// Sends a whole frame.
    pub(super) async fn send(&mut self, frame: &[u8]) -> io::Result<()> {
        wire::send(&mut self.input, frame).await
    }

    pub(super) async fn receive(&mut self) -> io::Result<Report> {
        wire::receive(&mut self.output, self.longest_report).await
    }

    /// Whether it still waits for work.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What became of a worker that broke off; kills it if it only pretends.
    pub(super) async fn death(mut self) -> Death {
        drop(self.input);
        match timeout(Duration::from_millis(100), self.child.wait()).await {
            Ok(Ok(status)) => death(status),
            _ => Death::Crashed,
        }
    }
}

#[cfg(unix)]
fn death(status: ExitStatus) -> Death {
    use std::os::unix::process::ExitStatusExt;
    /// "CPU time limit exceeded", on every system that Rust runs on with signals.
    const SIGXCPU: i32 = 24;
    /// "Bad system call", on Linux.
    const SIGSYS: i32 = 31;
    match (status.code(), status.signal()) {
        (Some(monty_types::OOM_EXIT_CODE), _) => Death::OutOfMemory,
        (_, Some(SIGXCPU)) => Death::OutOfTime,
        (_, Some(SIGSYS)) => {
            tracing::warn!("a sandbox worker was ended: it made a system call that only hostile code makes");
            Death::Crashed
        }
        _ => Death::Crashed,
    }
}

#[cfg(not(unix))]
fn death(status: ExitStatus) -> Death {
    if status.code() == Some(monty_types::OOM_EXIT_CODE) { Death::OutOfMemory } else { Death::Crashed }
}
