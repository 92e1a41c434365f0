//! The demo company without its client: what there is in it, and that nothing of it stays behind.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use countersign::net::{Client, MessageWindow, Options, RecordQuery, ThreadQuery, Token};
use serde_json::Value;

/// A running demo; it is killed when this is dropped.
struct Demo {
    process: Child,
    details: Value,
    temporary: Arc<tempfile::TempDir>,
}

impl Demo {
    /// One whose company is there.
    fn start() -> Self {
        Self::begin().ready()
    }

    /// The same, once its company is there.
    fn ready(self) -> Self {
        let mut demo = self;
        let mut line = String::new();
        BufReader::new(demo.process.stdout.as_mut().expect("stdout")).read_line(&mut line).expect("the details");
        demo.details = serde_json::from_str(&line).expect("JSON");
        demo
    }

    /// One whose company is still being made up.
    fn begin() -> Self {
        Self::begin_in(Arc::new(tempfile::tempdir().expect("a folder")))
    }

    /// One whose temporary things lie in a folder.
    fn begin_in(temporary: Arc<tempfile::TempDir>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.env_clear().env("TMPDIR", temporary.path()).env("HOME", temporary.path()).args(["demo", "--no-client"]);
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        Self { process, details: Value::Null, temporary }
    }

    /// Sends a signal, and waits for the end.
    fn end_with(&mut self, signal: &str) -> (Option<i32>, bool) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        // `Child::wait` would close stdin, which ends it too.
        let stdin = self.process.stdin.take();
        let ended = self.wait();
        drop(stdin);
        ended
    }

    fn client(&self, login: &str) -> Client {
        let token = Token::new(self.details["tokens"][login].as_str().expect("a token")).expect("a token");
        Client::new(self.details["url"].as_str().expect("an address"), &token, Options::default()).expect("a client")
    }

    /// Waits for its end; its exit status, and whether it left nothing behind.
    fn wait(&mut self) -> (Option<i32>, bool) {
        let status = self.process.wait().expect("it ends");
        (status.code(), is_empty(self.temporary.path()))
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("a folder").next().is_none()
}

#[test]
fn it_ends_with_its_input_and_leaves_nothing() {
    let mut demo = Demo::start();
    assert!(!is_empty(demo.temporary.path()));
    drop(demo.process.stdin.take());
    assert_eq!(demo.wait(), (Some(0), true));
}

#[test]
fn it_ends_with_a_signal_and_leaves_nothing() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        assert_eq!(Demo::start().end_with(signal), (Some(0), true), "{signal}");
    }
}

#[test]
fn a_signal_before_it_is_ready_leaves_nothing_either() {
    let mut demo = Demo::begin();
    let start = Instant::now();
    while is_empty(demo.temporary.path()) {
        assert!(start.elapsed() < Duration::from_secs(30), "it never began");
        std::thread::yield_now();
    }
    assert_eq!(demo.end_with("-TERM"), (Some(0), true));
}

fn folder(demo: &Demo) -> &Path {
    Path::new(demo.details["folder"].as_str().expect("a folder"))
}

#[test]
fn what_a_killed_demo_left_the_next_one_removes_and_nothing_else() {
    let (mut killed, living) = (Demo::start(), Demo::start());
    let temporary = Arc::clone(&living.temporary);
    killed.process.kill().expect("killed");
    killed.process.wait().expect("it ends");
    let left = temporary.path().join("countersign-demo-left");
    std::fs::rename(folder(&killed), &left).expect("beside the one that lives");
    let others = temporary.path().join("countersign-demo-of-somebody-else");
    std::fs::create_dir(&others).expect("a folder");

    let next = Demo::begin_in(temporary).ready();
    assert!(!left.exists());
    assert!(others.exists() && folder(&living).exists() && folder(&next).exists());
}

#[tokio::test]
async fn the_company_is_as_promised() {
    let demo = Demo::start();
    let client = demo.client(demo.details["signed_in"].as_str().expect("a login"));
    let me = client.me().await.expect("me");
    assert!(me.client_accounts.iter().all(|account| account.can_approve));

    let threads = client.threads(&ThreadQuery::default()).await.expect("threads").items;
    assert_eq!(threads.len(), 8);
    assert!(threads.iter().all(|thread| thread.provider_client_account_id.is_some()));
    assert!(threads.iter().position(|thread| thread.awaiting_approval == Some(true)) < Some(3), "near the top");

    let mut statuses = BTreeMap::new();
    let mut people = std::collections::BTreeSet::new();
    for thread in &threads {
        let detail = client.thread(thread.id, &MessageWindow::default()).await.expect("a thread");
        assert!(detail.messages.len() >= 3, "{:?}", thread.subject);
        people.extend(detail.participants.iter().map(|one| one.user_id));
        for message in &detail.messages {
            assert!(!message.message.contains("records."), "hidden code");
            for action in message.actions.iter().flatten() {
                *statuses.entry(action.status.as_str().to_owned()).or_insert(0) += 1;
            }
        }
    }
    let one_each = ["awaiting_approval", "failed", "rejected", "written"].map(|status| (status.to_owned(), 1));
    assert_eq!(statuses, BTreeMap::from(one_each));
    assert_eq!(people.len(), 6);

    let query = RecordQuery { per_page: Some(1000), ..RecordQuery::default() };
    let records = client.records(&query).await.expect("records").items;
    let invoices = records.iter().filter(|record| record.record_type == "invoice").count();
    assert_eq!((invoices, records.len()), (30, 42));
    let vat_return = records.iter().find(|record| record.record_type == "vat_return").expect("a VAT return");
    assert_eq!((&vat_return.fields["status"], &vat_return.fields["payable"]), (&"ready".into(), &2_688_850.into()));
}
