//! `watch`: a stream that breaks is taken up where it was left, with nothing lost and nothing repeated.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::fake_server::{FakeServer, Reply};

/// A running `watch --json`; it is killed when this is dropped.
pub struct Watch {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Watch {
    pub fn start(url: &str, token: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.env_clear().env("COUNTERSIGN_URL", url).env("COUNTERSIGN_TOKEN", token).env("HOME", "/nonexistent");
        command.args(["watch", "--json"]).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(process.stdout.take().expect("stdout")).lines();
        Self { process, lines }
    }

    /// The next event; panics when the program ends instead.
    pub fn next(&mut self) -> Value {
        let line = self.lines.next().expect("another event").expect("text");
        serde_json::from_str(&line).expect("JSON")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

#[tokio::test]
async fn takes_a_broken_stream_up_where_it_was_left() {
    let streams = AtomicUsize::new(0);
    let server = FakeServer::start(move |_| {
        let number = streams.fetch_add(1, Ordering::SeqCst);
        let event = |id: usize, text: &str| {
            format!("id: {id}\nevent: message.created\ndata: {{\"id\": {id}, \"thread_id\": 1, \"message\": \"{text}\"}}\n\n")
        };
        match number {
            0 => Reply::Bytes(format!("{HEAD}id: 4\nevent: ready\ndata: {{}}\n\n{}", event(5, "one")).into_bytes()),
            1 => Reply::Bytes(Vec::new()),
            2 => Reply::json(503, "{}"),
            _ => Reply::Silence(format!("{HEAD}: hello\n\n{}", event(6, "two")).into_bytes()),
        }
    })
    .await;
    let url = server.url();
    let seen = tokio::task::spawn_blocking(move || {
        let mut watch = Watch::start(&url, "t", &[]);
        [watch.next(), watch.next(), watch.next()]
    });
    let [ready, one, two] = seen.await.expect("three events");
    assert_eq!((&ready["event"], &ready["id"]), (&json!("ready"), &json!("4")));
    assert_eq!(one["data"]["message"], "one");
    assert_eq!((&two["event"], &two["data"]["message"]), (&json!("message.created"), &json!("two")));
    let ids: Vec<Option<String>> =
        server.requests().iter().map(|request| request.header("last-event-id").map(str::to_owned)).collect();
    let five = Some("5".to_owned());
    assert_eq!(ids, [None, five.clone(), five.clone(), five]);
}

#[tokio::test]
async fn wait_is_told_and_does_not_ask_again_and_again() {
    let decided = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (told, looks) = (std::sync::Arc::clone(&decided), std::sync::Arc::new(AtomicUsize::new(0)));
    let looked = std::sync::Arc::clone(&looks);
    let server = FakeServer::start(move |request| match request.line.as_str() {
        line if line.contains("/chat/events") => {
            // Another message, then this one: decided as it is told.
            told.store(true, Ordering::SeqCst);
            let event = |id: u32| format!("event: message.updated\ndata: {{\"id\": {id}}}\n\n");
            Reply::Silence(format!("{HEAD}event: ready\ndata: {{}}\n\n{}{}", event(8), event(7)).into_bytes())
        }
        line if line.contains("/messages/7") => {
            let look = looked.fetch_add(1, Ordering::SeqCst);
            let status = if look >= 2 && told.load(Ordering::SeqCst) { "rejected" } else { "awaiting_approval" };
            let action = json!({ "block": 0, "status": status, "reason": "no" });
            Reply::json(200, &json!({ "id": 7, "message": "", "actions": [action] }).to_string())
        }
        _ => Reply::json(404, "{}"),
    })
    .await;
    let url = server.url();
    let output = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.env_clear().env("COUNTERSIGN_TOKEN", "t").env("HOME", "/nonexistent");
        command.args(["wait", "1", "--message", "7", "--url", &url]).output()
    });
    let output = output.await.expect("it ends").expect("the program starts");
    assert_eq!(output.status.code(), Some(6), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(decided.load(Ordering::SeqCst));
    assert_eq!(looks.load(Ordering::SeqCst), 3, "at first, once the stream was open, and when it was told");
}

#[tokio::test]
async fn a_server_without_events_is_told_apart_from_a_lost_one() {
    for (status, exit) in [(404, 1), (401, 3)] {
        let server = FakeServer::start(move |_| Reply::json(status, "{}")).await;
        let url = server.url();
        let output = tokio::task::spawn_blocking(move || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
            command.env_clear().env("COUNTERSIGN_TOKEN", "t").args(["watch", "--url", &url]).output()
        });
        let output = output.await.expect("it ends").expect("the program starts");
        assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
