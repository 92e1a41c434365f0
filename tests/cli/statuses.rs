//! The exit statuses that a script goes by, of the commands that change something or read to the end: each of what
//! can go wrong has its own.

use std::process::{Output, Stdio};

use serde_json::Value;

use crate::server::{Office, Server, objects};

/// Well formed, and the digest of nothing that waits.
const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

struct Desk {
    office: Office,
    server: Server,
    thread: String,
}

impl Desk {
    /// kari may approve, robo is a bot, and sten belongs to another account.
    fn open() -> Self {
        let mut office = Office::open(r#"{"type": "invoice", "id": 17, "fields": {"amount": 100}}"#);
        office.add("sten", "Sten", &[]);
        office.admin(&["revoke", "sten", "--account", "1"]);
        office.admin(&["account", "add", "Fjord Fish"]);
        office.admin(&["grant", "sten", "--account", "2"]);
        let server = office.serve("");
        let mut desk = Self { office, server, thread: String::new() };
        desk.thread = desk.new_thread();
        desk
    }

    fn new_thread(&self) -> String {
        objects(&self.run("kari", &["new", "Hello", "--json"]))[0]["id"].to_string()
    }

    fn run(&self, login: &str, arguments: &[&str]) -> Output {
        run(&self.office, self.server.url(), self.office.token(login), arguments)
    }

    #[track_caller]
    fn ends(&self, login: &str, arguments: &[&str], status: i32, words: &str) {
        ended(&self.run(login, arguments), arguments, status, words);
    }

    /// Has the bot propose another amount in a thread; gives the plan's digest.
    fn propose(&self, thread: &str, amount: i64) -> String {
        let code = format!("```codeaction\nrecords.update('invoice', 17, amount={amount})\n```");
        let posted = objects(&self.run("robo", &["send", thread, &code, "--json"])).remove(0);
        digest(&posted)
    }

    /// The digest of the thread's newest action now.
    fn digest_now(&self, thread: &str) -> String {
        let messages = objects(&self.run("kari", &["export", thread, "--json"]));
        let action = messages.iter().rfind(|message| message["actions"][0]["digest"].is_string());
        digest(action.expect("an action"))
    }

    fn amount(&self) -> Value {
        self.office.admin(&["record", "list", "--account", "1", "--type", "invoice"])[0]["fields"]["amount"].clone()
    }
}

fn run(office: &Office, url: &str, token: &str, arguments: &[&str]) -> Output {
    let mut command = office.command();
    command.env("COUNTERSIGN_URL", url).env("COUNTERSIGN_TOKEN", token);
    command.args(arguments).stdin(Stdio::null()).output().expect("the program starts")
}

fn digest(message: &Value) -> String {
    message["actions"][0]["digest"].as_str().expect("a digest").to_owned()
}

#[track_caller]
fn ended(output: &Output, arguments: &[&str], status: i32, words: &str) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
    assert!(text.contains(words), "{arguments:?}: {words:?} is not in: {text}");
}

#[test]
fn approve() {
    let desk = Desk::open();
    let thread = desk.thread.as_str();
    desk.ends("kari", &["approve", thread, "--digest", NO_DIGEST], 5, "holds no action");
    let digest = desk.propose(thread, 90);
    desk.ends("kari", &["approve", thread, "--digest", NO_DIGEST], 5, "not what that digest names");
    desk.ends("kari", &["approve", thread, "--digest", "no digest"], 2, "64 hex digits");
    desk.ends("kari", &["approve", "99", "--digest", &digest], 4, "not found");
    desk.ends("kari", &["approve", thread, "--message", "99", "--digest", &digest], 4, "not found");
    desk.ends("kari", &["approve", "here"], 2, "");
    desk.ends("kari", &["approve", thread], 2, "--digest");
    desk.ends("robo", &["approve", thread, "--digest", &digest], 3, "not allowed");
    assert_eq!(desk.amount(), 100);
    desk.ends("kari", &["approve", thread, "--digest", &digest], 0, "Written");
    desk.ends("kari", &["approve", thread, "--digest", &digest], 5, "written");
    assert_eq!(desk.amount(), 90);
}

#[test]
fn approve_what_has_drifted() {
    let desk = Desk::open();
    let thread = desk.thread.as_str();
    let digest = desk.propose(thread, 90);
    let other = desk.new_thread();
    let faster = desk.propose(&other, 80);
    desk.ends("kari", &["approve", &other, "--digest", &faster], 0, "Written");
    desk.ends("kari", &["approve", thread, "--digest", &digest], 5, "Nothing was written: the records have changed");
    assert_eq!(desk.amount(), 80);
    desk.ends("kari", &["approve", thread, "--digest", &digest], 5, "not what that digest names");
    desk.ends("kari", &["approve", thread, "--digest", &desk.digest_now(thread)], 0, "Written");
    assert_eq!(desk.amount(), 90);
}

#[test]
fn reject() {
    let desk = Desk::open();
    let thread = desk.thread.as_str();
    desk.ends("kari", &["reject", thread, "no"], 5, "holds no action");
    let digest = desk.propose(thread, 90);
    desk.ends("sten", &["reject", thread, "no"], 3, "not allowed");
    desk.ends("kari", &["reject", "99", "no"], 4, "not found");
    desk.ends("kari", &["reject", thread, "--message", "99", "no"], 4, "not found");
    desk.ends("kari", &["reject", thread, "too much"], 0, "Rejected");
    desk.ends("kari", &["reject", thread, "too much"], 5, "rejected");
    desk.ends("kari", &["approve", thread, "--digest", &digest], 5, "rejected");
    assert_eq!(desk.amount(), 100);
}

#[test]
fn invite() {
    let desk = Desk::open();
    let thread = desk.thread.as_str();
    desk.ends("kari", &["invite", thread, "robo"], 0, "Robo takes part");
    desk.ends("kari", &["invite", thread, "robo"], 0, "Robo takes part");
    desk.ends("kari", &["invite", thread, "nobody"], 4, "nobody");
    desk.ends("kari", &["invite", "99", "robo"], 4, "not found");
    desk.ends("sten", &["invite", thread, "2"], 3, "not allowed");
    desk.ends("kari", &["invite", thread], 2, "");
}

#[test]
fn export() {
    let desk = Desk::open();
    let thread = desk.thread.as_str();
    desk.ends("kari", &["export", thread], 0, "Hello");
    desk.ends("kari", &["export", "99"], 4, "not found");
    desk.ends("sten", &["export", thread], 3, "not allowed");
    desk.ends("kari", &["export"], 2, "");
}

#[test]
fn without_a_server_or_a_token_it_accepts() {
    let desk = Desk::open();
    let thread = desk.thread.as_str();
    let digest = desk.propose(thread, 90);
    let commands: [&[&str]; 4] = [
        &["approve", thread, "--digest", &digest],
        &["reject", thread, "no"],
        &["invite", thread, "robo"],
        &["export", thread],
    ];
    for arguments in commands {
        let output = run(&desk.office, desk.server.url(), "csn_unknown", arguments);
        ended(&output, arguments, 3, "token");
    }
    assert_eq!(desk.amount(), 100);
    let url = desk.server.url().to_owned();
    desk.server.kill();
    for arguments in commands {
        let output = run(&desk.office, &url, desk.office.token("kari"), arguments);
        ended(&output, arguments, 1, "nothing answers at");
    }
}
