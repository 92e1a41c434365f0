//! Workers of a real server: what they hold, that hostile code keeps nobody from reading, and that none of them
//! is left when the server is killed.
#![cfg(target_os = "linux")]

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use countersign::{
    api::NewThread,
    net::{Client, Options, Token},
};

use crate::server::Office;

/// Longer than any test waits.
const PATIENT: &str = "[sandbox]\nrun_timeout = \"60s\"\nrequest_timeout = \"60s\"\n";

const BUSY: &str = "```codeaction\nwhile True: pass\n```";

fn client(office: &Office, url: &str) -> Client {
    let token = Token::new(office.token("kari")).expect("a token");
    Client::new(url, &token, Options::default()).expect("a client")
}

/// A process that may have ended, and whose id may have another by now.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    id: u32,
    started: String,
}

/// The fields of `/proc/ID/stat` after the name.
fn stat(id: u32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

impl Process {
    fn of(id: u32) -> Option<Self> {
        Some(Self { id, started: stat(id)?.get(19)?.clone() })
    }

    fn is_alive(&self) -> bool {
        Self::of(self.id).as_ref() == Some(self)
    }

    /// Whether it has worked for some time.
    fn is_busy(&self) -> bool {
        let ticks = stat(self.id).and_then(|fields| fields.get(11)?.parse::<u64>().ok());
        ticks.is_some_and(|ticks| ticks >= 5)
    }

    fn file(&self, name: &str) -> PathBuf {
        format!("/proc/{}/{name}", self.id).into()
    }
}

fn children(parent: u32) -> Vec<Process> {
    let ids = std::fs::read_dir("/proc")
        .expect("processes")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_child = |id: &u32| stat(*id).is_some_and(|fields| fields.get(1) == Some(&parent.to_string()));
    ids.filter(is_child).filter_map(Process::of).collect()
}

/// Waits until it is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_mins(1), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn workers_hold_nothing_and_end_with_a_killed_server() {
    let office = Office::open("");
    let server = office.serve(PATIENT);
    let poster = client(&office, server.url());
    tokio::spawn(async move {
        let thread = NewThread { message: Some(BUSY.to_owned()), ..NewThread::default() };
        poster.create_thread(&thread, "busy").await
    });
    let id = server.id();
    until("a worker is busy, and others wait", || {
        let workers = children(id);
        workers.len() > 1 && workers.iter().any(Process::is_busy)
    })
    .await;
    let workers = children(id);
    for worker in workers.iter().filter(|worker| worker.is_busy()) {
        // Pipes may come from whoever started the server; the filter lets the worker read its own input only.
        for held in std::fs::read_dir(worker.file("fd")).expect("its files").flatten() {
            let target = std::fs::read_link(held.path()).unwrap_or_default();
            let target = target.to_string_lossy().into_owned();
            assert!(target.starts_with("pipe:") || target == "/dev/null", "{target}");
        }
        assert_eq!(std::fs::read(worker.file("environ")).expect("its environment"), b"");
    }
    server.kill();
    until("all workers end", || !workers.iter().any(Process::is_alive)).await;
}

#[tokio::test]
async fn others_are_answered_while_hostile_code_runs() {
    let office = Office::open("");
    let server = office.serve(PATIENT);
    let reader = client(&office, server.url());
    let mut attacks = tokio::task::JoinSet::new();
    for number in 0..12 {
        let poster = client(&office, server.url());
        attacks.spawn(async move {
            let thread = NewThread { message: Some(BUSY.to_owned()), ..NewThread::default() };
            poster.create_thread(&thread, &format!("busy-{number}")).await.is_ok()
        });
    }
    let id = server.id();
    until("workers are busy", || children(id).iter().any(Process::is_busy)).await;
    for _ in 0..10 {
        reader.me().await.expect("an answer");
    }
    assert!(attacks.try_join_next().is_none(), "the attacks still run");
}
