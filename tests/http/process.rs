//! The real binary as a server: what it logs, and how it ends.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use serde_json::{Value, json};

use crate::{
    secrecy::{CANARY, hiding_places},
    support::eventually,
    wire::{ask, get, post, status},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// A server process; it does not outlive its test.
struct Process {
    child: Child,
    address: SocketAddr,
    /// What it logged before it listened.
    head: Vec<String>,
    log: std::thread::JoinHandle<String>,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    fn start(database: &Path) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(format!("sqlite:{}", database.display()))
            .env("HOME", database.parent().expect("a folder"))
            .env_remove("COUNTERSIGN_LOG")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a process");
        let mut lines = BufReader::new(child.stderr.take().expect("a log"));
        let mut head = Vec::new();
        let address = loop {
            let mut line = String::new();
            assert_ne!(lines.read_line(&mut line).expect("a log"), 0, "it ended before it listened: {head:?}");
            head.push(line.clone());
            if let Some((_, rest)) = line.split_once("http://") {
                let address: String = rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
                break address.parse().expect("an address");
            }
        };
        let log = std::thread::spawn(move || {
            let mut rest = String::new();
            lines.read_to_string(&mut rest).expect("a log");
            rest
        });
        Self { child, address, head, log }
    }

    async fn end_with(mut self, signal: rustix::process::Signal) -> (ExitStatus, String) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).expect("a signal");
        let child = std::cell::RefCell::new(&mut self.child);
        eventually("the server to end", async || child.borrow_mut().try_wait().expect("a status").is_some()).await;
        let status = self.child.wait().expect("a status");
        let log = std::mem::replace(&mut self.log, std::thread::spawn(String::new));
        (status, self.head.concat() + &log.join().expect("a log"))
    }
}

fn admin(database: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(PROGRAM)
        .arg("admin")
        .args(arguments)
        .args(["--json", "--database"])
        .arg(format!("sqlite:{}", database.display()))
        .output()
        .expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

#[tokio::test]
async fn it_names_its_database_keeps_secrets_out_of_the_log_and_ends_with_zero() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("test.db");
    let server = Process::start(&database);
    let made = admin(&database, &["init", "--account", "Nordic Timber", "--user", "kari"]);
    let token = made[2]["token"].as_str().expect("a token");
    let thread = ask(server.address, post(token, "/chat/threads", "", "{}")).await;
    assert_eq!(status(&thread), 201, "{thread}");
    for (body, expected) in [
        (json!({"message": "```codeaction\nswordfish = records.find('invoice')\n```"}), 201),
        (json!({"message": "```codeaction\nraise ValueError('swordfish')\n```"}), 201),
        (json!({"message": "```codeaction\nswordfish swordfish\n```"}), 201),
        (json!({"message": "```coderesult\nswordfish\n```"}), 422),
        (json!({"swordfish": 1}), 422),
    ] {
        let answer = ask(server.address, post(token, "/chat/threads/1/messages", "", &body.to_string())).await;
        assert_eq!(status(&answer), expected, "{answer}");
    }
    for text in hiding_places() {
        let body = json!({"message": text}).to_string();
        let answer = ask(server.address, post(token, "/chat/threads/1/messages", "", &body)).await;
        assert!([201, 422].contains(&status(&answer)), "{answer}");
    }
    assert_eq!(status(&ask(server.address, get("csn_swordfish", "/users/me")).await), 401);
    assert_eq!(status(&ask(server.address, get(token, "/chat/threads?free_text=%27swordfish")).await), 200);
    let (exit, log) = server.end_with(rustix::process::Signal::TERM).await;
    assert_eq!(exit.code(), Some(0), "{log}");
    let path = database.canonicalize().expect("a path");
    assert!(log.contains(&format!("created the database {}", path.display())), "{log}");
    for secret in ["swordfish", CANARY, token, "SELECT", "select "] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn an_interrupt_ends_it_too_and_the_database_is_not_new_the_second_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("test.db");
    for word in ["created", "using"] {
        let (status, log) = Process::start(&database).end_with(rustix::process::Signal::INT).await;
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains(&format!("{word} the database /")), "{log}");
    }
}

#[test]
fn a_rule_that_nothing_could_match_stops_the_start_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let (config, database) = (folder.path().join("config.toml"), folder.path().join("test.db"));
    for (condition, error) in [
        ("after['amount'] <", "SyntaxError"),
        ("0 <= amount <= 10", "NameError: name 'amount' is not defined"),
        ("before and\tafter)", "SyntaxError"),
    ] {
        let good = "when = \"after['amount'] < 10 and len(before['lines']) > 2\"";
        let rules = format!(
            "[[approvals.rules]]\nneeds_approval = false\n{good}\n\n[[approvals.rules]]\nneeds_approval = false\n"
        );
        std::fs::write(&config, format!("{rules}when = {}\n", json!(condition))).expect("a file");
        let output = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(format!("sqlite:{}", database.display()))
            .arg("--config")
            .arg(&config)
            .output()
            .expect("a process");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        let place = format!("{}:7: the condition of approval rule 2", config.display());
        assert!(said.contains(&place) && said.contains(error), "{said}");
        assert!(!database.exists(), "a server that does not start makes no database");
    }
}
