//! What the operating system holds a worker with, the interpreter out of the way: a process of its own confines
//! itself as a worker does and then tries what hostile code would, by one means at a time and by all.
#![cfg(target_os = "linux")]

use std::{
    fs::File,
    net::{TcpListener, TcpStream},
    os::unix::{net::UnixStream, process::ExitStatusExt},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
};

use countersign::{
    config::server::SandboxSettings,
    serve::sandbox::{
        Pool,
        confine::{self, Means},
    },
};

use crate::support::settings;

/// Names the means, and the attempt, of the child.
const TASK: &str = "COUNTERSIGN_TEST_CONFINEMENT";

const HELD: i32 = 10;
const SUCCEEDED: i32 = 11;
const UNCONFINED: i32 = 12;

/// "Bad system call".
const SIGSYS: i32 = 31;

/// Whether the attempt comes to something.
type Attempt = fn() -> bool;

const ATTEMPTS: [(&str, Attempt); 15] = [
    ("read a file", || std::fs::read("/etc/passwd").is_ok()),
    ("read its own environment", || std::fs::read("/proc/self/environ").is_ok()),
    ("read another's memory", || File::open("/proc/1/mem").is_ok()),
    ("list a folder", || std::fs::read_dir("/").is_ok()),
    ("write a file", || std::fs::write(std::env::temp_dir().join("countersign-confinement"), "x").is_ok()),
    ("make a folder", || std::fs::create_dir(std::env::temp_dir().join("countersign-confinement-folder")).is_ok()),
    ("listen", || TcpListener::bind("127.0.0.1:0").is_ok()),
    ("connect", || TcpStream::connect("127.0.0.1:1").is_ok()),
    ("make a socket", || UnixStream::pair().is_ok()),
    ("make a pipe", || std::io::pipe().is_ok()),
    ("start a program", || Command::new("/bin/true").status().is_ok()),
    ("start a thread", || thread::Builder::new().spawn(|| ()).is_ok()),
    ("signal another process", || rustix::process::test_kill_process(rustix::process::Pid::INIT).is_ok()),
    ("open a handle of another process", || {
        rustix::process::pidfd_open(rustix::process::Pid::INIT, rustix::process::PidfdFlags::empty()).is_ok()
    }),
    ("become traceable", || {
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::Dumpable).is_ok()
    }),
];

/// Paths, which landlock alone keeps out of reach too.
const PATHS: [&str; 7] = [
    "read a file",
    "read its own environment",
    "read another's memory",
    "list a folder",
    "write a file",
    "make a folder",
    "start a program",
];

/// What no C library does on its own: it ends the process.
const HOSTILE: [&str; 7] = [
    "listen",
    "connect",
    "make a socket",
    "start a program",
    "start a thread",
    "signal another process",
    "open a handle of another process",
];

/// The child. Started by the tests below with a task; without one it does nothing.
#[test]
#[ignore = "ends its process; the other tests run it in one of its own"]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let (means, name) = task.split_once(':').expect("means and an attempt");
    let (_, attempt) = ATTEMPTS.into_iter().find(|(known, _)| *known == name).expect("an attempt");
    let (go, told) = mpsc::channel::<()>();
    let (runs, running) = mpsc::channel();
    let reach = if means == "seccomp" { None } else { confine::reach() };
    // As a worker's: a thread that was there before the filter.
    let tried = thread::spawn(move || {
        runs.send(()).expect("a listener");
        told.recv().expect("a word");
        std::process::exit(if attempt() { SUCCEEDED } else { HELD });
    });
    running.recv().expect("a thread");
    let mut confined_by: Vec<Means> = reach.into_iter().collect();
    if means == "all" {
        confined_by.extend(confine::resources(64 << 20, 60));
    }
    if means != "landlock" {
        confined_by.extend(confine::calls());
    }
    let wanted = [("landlock", Means::Landlock), ("seccomp", Means::Seccomp)];
    if wanted.iter().any(|(word, wanted)| [*word, "all"].contains(&means) && !confined_by.contains(wanted)) {
        std::process::exit(UNCONFINED);
    }
    go.send(()).expect("a thread");
    tried.join().expect("it ends the process");
}

fn try_out(means: &str, attempt: &str) -> ExitStatus {
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child.args(["--exact", "confinement::child", "--ignored"]).env(TASK, format!("{means}:{attempt}"));
    child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("it starts")
}

/// Tries everything, and checks how each ends that this system can refuse at all.
fn each(means: &str, check: impl Fn(&str, ExitStatus)) {
    for (attempt, _) in ATTEMPTS {
        let status = try_out(means, attempt);
        assert_ne!(status.code(), Some(101), "{attempt}: the child itself failed");
        if status.code() == Some(UNCONFINED) {
            eprintln!("not tested, for this system has no {means}");
            return;
        }
        check(attempt, status);
    }
}

#[test]
fn system_calls_that_no_worker_needs_fail_or_end_it() {
    for means in ["seccomp", "all"] {
        each(means, |attempt, status| {
            if HOSTILE.contains(&attempt) {
                assert_eq!(status.signal(), Some(SIGSYS), "{attempt}: {status}");
            } else {
                assert_eq!(status.code(), Some(HELD), "{attempt}: {status}");
            }
        });
    }
}

/// Where the filter is missing, files are still out of reach.
#[test]
fn landlock_holds_alone_what_it_can() {
    each("landlock", |attempt, status| {
        if PATHS.contains(&attempt) {
            assert_eq!(status.code(), Some(HELD), "{attempt}: {status}");
        }
    });
}

/// The attempts are real: unconfined they succeed, where root is not needed for it.
#[test]
fn what_is_tried_would_succeed() {
    for (attempt, try_it) in ATTEMPTS {
        if !["connect", "read another's memory", "make a folder", "signal another process", "become traceable"]
            .contains(&attempt)
        {
            assert!(try_it(), "{attempt}");
        }
    }
    let _ = std::fs::remove_file(std::env::temp_dir().join("countersign-confinement"));
}

#[tokio::test]
async fn a_pool_knows_what_confines_its_workers() {
    let pool = Pool::new(&SandboxSettings { workers: 1, ..settings() });
    let confined_by = pool.ready().await.expect("a worker");
    for means in [Means::AddressSpace, Means::CpuTime, Means::NoFileOpened] {
        assert!(confined_by.contains(&means), "{confined_by:?}");
    }
    let root = Means::lacking(&confined_by).contains(&Means::NoProcessStarted);
    assert_eq!(root, rustix::process::geteuid().is_root());
    assert_eq!(Means::lacking(&Means::ALL), []);
}
