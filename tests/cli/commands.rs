//! The commands as a script uses them: the real binary against the real server.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use serde_json::{Value, json};

use crate::{
    server::{Office, PROGRAM, Server, objects},
    terminal::Terminal,
    watch::Watch,
};

const INVOICES: &str = r#"{"type": "invoice", "fields": {"number": "2041", "amount": 129900}}
{"type": "invoice", "fields": {"number": "2042", "amount": 5000}}
"#;

/// An action that sets an invoice's amount, as an agent would post it.
fn change(number: &str, amount: i64) -> String {
    format!(
        "Please look:\n```codeaction\ninvoice = records.find(\"invoice\", number=\"{number}\")[0]\n\
         records.update(\"invoice\", invoice[\"id\"], amount={amount})\n```"
    )
}

/// An office with its server.
struct Desk {
    office: Office,
    server: Server,
}

impl Desk {
    fn open() -> Self {
        let office = Office::open(INVOICES);
        let server = office.serve("");
        Self { office, server }
    }

    /// What `login` gets from a command, with `input` on stdin.
    fn run_with(&self, login: &str, arguments: &[&str], input: &str) -> Output {
        let mut command = self.office.command();
        command.env("COUNTERSIGN_URL", self.server.url()).env("COUNTERSIGN_TOKEN", self.office.token(login));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the program starts");
        // One that does not read its stdin may have ended already.
        let _ = process.stdin.take().expect("stdin").write_all(input.as_bytes());
        process.wait_with_output().expect("it ends")
    }

    fn run(&self, login: &str, arguments: &[&str]) -> Output {
        self.run_with(login, arguments, "")
    }

    /// The JSON lines of a command that is to end with `status`.
    #[track_caller]
    fn json(&self, login: &str, arguments: &[&str], status: i32) -> Vec<Value> {
        let output = self.run(login, &[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}", text(&output));
        objects(&output)
    }

    /// A new thread's id.
    fn thread(&self, subject: &str) -> String {
        let made = self.json("kari", &["new", "--subject", subject, "Hello"], 0);
        made[0]["id"].to_string()
    }

    /// Posts `text` as the bot.
    #[track_caller]
    fn propose(&self, thread: &str, text: &str) -> Value {
        let output = self.run_with("robo", &["send", thread, "-", "--json"], text);
        assert!(output.status.success(), "{}", crate::commands::text(&output));
        objects(&output).remove(0)
    }

    fn amount(&self, number: &str) -> Value {
        let records = self.office.admin(&["record", "list", "--account", "1", "--type", "invoice"]);
        let record = records.iter().find(|record| record["fields"]["number"] == number).expect("the invoice");
        record["fields"]["amount"].clone()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
fn ended(output: &Output, status: i32, words: &str) {
    assert_eq!(output.status.code(), Some(status), "{}", text(output));
    assert!(text(output).contains(words), "{words:?} is not in: {}", text(output));
}

#[test]
fn talks_in_threads() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    let posted = desk.propose(&thread, "From stdin, æøå\n\n");
    assert_eq!(posted["message"], "From stdin, æøå\n");
    ended(&desk.run("kari", &["send", &thread, "  two\nlines"]), 0, "Posted as message");

    let listed = desk.json("kari", &["threads"], 0);
    assert_eq!(
        (listed.len(), &listed[0]["subject"], listed[0]["id"].to_string()),
        (1, &json!("Boards"), thread.clone())
    );
    assert!(desk.json("kari", &["threads", "--free-text", "FRA STDIN"], 0).is_empty());
    assert_eq!(desk.json("kari", &["threads", "--free-text", "from STDIN"], 0).len(), 1);

    let shown = desk.json("robo", &["show", &thread], 0).remove(0);
    let texts: Vec<&str> = shown["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|message| message["message"].as_str())
        .collect();
    assert_eq!(texts, ["Hello", "From stdin, æøå\n", "  two\nlines"]);
    let exported = desk.json("robo", &["export", &thread], 0);
    assert_eq!(shown["messages"].as_array(), Some(&exported));
    ended(&desk.run("kari", &["export", "99"]), 4, "not found");
    ended(&desk.run("robo", &["show", &thread]), 0, "  two\nlines");
    ended(&desk.run("robo", &["show", &thread, "--limit", "1"]), 0, "There are older messages: --before 3");
}

#[test]
fn invites_by_name_or_id() {
    let mut desk = Desk::open();
    desk.office.add("ola", "Ola Bakken", &[]);
    let thread = desk.thread("Boards");
    ended(&desk.run("kari", &["invite", &thread, "ola"]), 0, "Ola Bakken takes part");
    let again = desk.json("kari", &["invite", &thread, "3"], 0);
    assert_eq!(again[0]["user"]["name"], "Ola Bakken");
    ended(&desk.run("kari", &["invite", &thread, "nobody"]), 4, "nobody");
    ended(&desk.run("kari", &["invite", &thread, "99"]), 5, "refused");
}

#[test]
fn a_key_posts_once() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    let arguments = ["send", &thread, "Once", "--idempotency-key", "k-1"];
    assert_eq!(desk.json("kari", &arguments, 0), desk.json("kari", &arguments, 0));
    assert_eq!(desk.json("kari", &["show", &thread], 0)[0]["messages"].as_array().expect("messages").len(), 2);
}

#[test]
fn approves_by_digest_and_never_without_a_person() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    let posted = desk.propose(&thread, &change("2041", 119_900));
    assert_eq!(posted["actions"][0]["status"], "awaiting_approval");
    let digest = posted["actions"][0]["digest"].as_str().expect("a digest");

    ended(&desk.run_with("kari", &["approve", &thread], "yes\n"), 2, "--digest");
    ended(&desk.run("kari", &["approve", &thread, "--digest", &"0".repeat(64)]), 5, "not what that digest names");
    ended(&desk.run("robo", &["approve", &thread, "--digest", digest]), 3, "not allowed");
    assert_eq!(desk.amount("2041"), 129_900);

    let output = desk.run("kari", &["approve", &thread, "--digest", digest]);
    ended(&output, 0, "Written");
    let shown = text(&output);
    assert!(shown.contains("− 129900") && shown.contains("+ 119900") && shown.contains("number: \"2041\""), "{shown}");
    assert!(!shown.contains("records."), "{shown}");
    assert_eq!(desk.amount("2041"), 119_900);

    ended(&desk.run("kari", &["approve", &thread, "--digest", digest]), 5, "written");
    let waited = desk.json("robo", &["wait", &thread], 0);
    assert_eq!((&waited[0]["status"], &waited[0]["decided_by_id"]), (&json!("written"), &json!(1)));
    assert!(!text(&desk.run("robo", &["show", &thread])).contains("records."));
}

#[test]
fn waits_until_somebody_decides() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    desk.propose(&thread, &change("2041", 1));
    ended(&desk.run("robo", &["wait", &thread, "--timeout", "1s"]), 8, "Time is up");
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| desk.run("robo", &["wait", &thread, "--timeout", "60s"]));
        ended(&desk.run("kari", &["reject", &thread, "Wrong invoice ```"]), 0, "Rejected");
        waiting.join().expect("it ends")
    });
    ended(&waiting, 6, "rejected: Wrong invoice");
    assert_eq!(desk.amount("2041"), 129_900);
    ended(&desk.run("kari", &["reject", &thread]), 5, "rejected");
}

#[test]
fn a_failure_is_waited_for_in_vain() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    desk.propose(&thread, "```codeaction\nrecords.find(\"invoice\")[99]\n```");
    ended(&desk.run("robo", &["wait", &thread]), 7, "failed");
    ended(&desk.run("kari", &["approve", &thread, "--digest", &"0".repeat(64)]), 5, "failed");
    let own = text(&desk.run("robo", &["show", &thread]));
    assert!(own.contains("IndexError in line 1"), "{own}");
    let others = text(&desk.run("kari", &["show", &thread]));
    assert!(others.contains("only its author is told more") && !others.contains("records."), "{others}");
}

#[test]
fn of_several_that_wait_one_has_to_be_named() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    let first = desk.propose(&thread, &change("2041", 1));
    let second = desk.propose(&thread, &change("2042", 2));
    let (first_id, second_id) = (first["id"].to_string(), second["id"].to_string());
    let output = desk.run("kari", &["reject", &thread]);
    ended(&output, 2, &format!("--message {first_id} or --message {second_id}"));
    let none = desk.run("kari", &["approve", &thread, "--digest", &"0".repeat(64)]);
    ended(&none, 5, "none of the actions that wait");
    ended(&desk.run("kari", &["reject", &thread, "--message", &second_id]), 0, "Rejected");
    let digest = first["actions"][0]["digest"].as_str().expect("a digest");
    ended(&desk.run("kari", &["approve", &thread, "--digest", digest]), 0, "Written");
    assert_eq!((desk.amount("2041"), desk.amount("2042")), (json!(1), json!(5000)));
}

#[test]
fn a_digest_names_one_of_several_that_wait() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    desk.propose(&thread, &change("2041", 1));
    let second = desk.propose(&thread, &change("2042", 2));
    let digest = second["actions"][0]["digest"].as_str().expect("a digest");
    ended(&desk.run("kari", &["approve", &thread, "--digest", digest]), 0, "Written");
    assert_eq!((desk.amount("2041"), desk.amount("2042")), (json!(129_900), json!(2)));
}

#[test]
fn exit_statuses_say_what_went_wrong() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    ended(&desk.run("kari", &["show", "999"]), 4, "not found");
    ended(&desk.run("kari", &["wait", &thread]), 5, "no action");
    ended(&desk.run("kari", &["approve", &thread, "--message", "1", "--digest", &"0".repeat(64)]), 4, "no action");
    ended(&desk.run("kari", &["threads", "--order-by", "colour"]), 5, "`order_by` must be one of");
    let mut command = desk.office.command();
    command.env("COUNTERSIGN_URL", desk.server.url()).env("COUNTERSIGN_TOKEN", "csn_wrong").args(["threads"]);
    let output = command.output().expect("the program starts");
    ended(&output, 3, "token");
    assert!(!text(&output).contains("csn_wrong"));

    desk.office.admin(&["account", "add", "Elsewhere"]);
    desk.office.admin(&["user", "add", "eva", "--name", "Eva"]);
    desk.office.admin(&["grant", "eva", "--account", "2"]);
    let made = desk.office.admin(&["token", "issue", "eva"]);
    let mut command = desk.office.command();
    command
        .env("COUNTERSIGN_URL", desk.server.url())
        .env("COUNTERSIGN_TOKEN", made[0]["token"].as_str().expect("a token"));
    ended(&command.args(["show", &thread]).output().expect("the program starts"), 3, "not allowed");
}

#[test]
fn nothing_that_somebody_wrote_acts_on_the_terminal() {
    let desk = Desk::open();
    let made = desk.json("kari", &["new", "--subject", "\u{1b}]0;x\u{7}\u{202e}subject", "a\u{1b}[31mb\u{9b}c"], 0);
    let thread = made[0]["id"].to_string();
    for arguments in [&["threads"][..], &["show", &thread], &["threads", "--json"], &["show", &thread, "--json"]] {
        let shown = text(&desk.run("kari", arguments));
        let active = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(shown.contains("subject") && !shown.contains(active), "{arguments:?}: {shown:?}");
    }
}

#[test]
fn watches_what_happens() {
    let desk = Desk::open();
    let (watched, other) = (desk.thread("Boards"), desk.thread("Plywood"));
    let mut watch = Watch::start(desk.server.url(), desk.office.token("kari"), &["--thread", &watched]);
    let ready = watch.next();
    assert_eq!(ready["event"], "ready");
    desk.run("kari", &["send", &other, "elsewhere"]);
    desk.propose(&watched, &change("2041", 119_900));
    let mut seen = vec![ready];
    while seen.iter().all(|event| event["event"] != "message.created") {
        seen.push(watch.next());
    }
    let text = serde_json::to_string(&seen).expect("JSON");
    assert!(text.contains("Please look") && !text.contains("elsewhere") && !text.contains("records."), "{text}");

    let after = seen[0]["id"].as_str().expect("an id");
    let mut later =
        Watch::start(desk.server.url(), desk.office.token("kari"), &["--thread", &watched, "--after", after]);
    let mut again = Vec::new();
    while again.iter().all(|event: &Value| event["event"] != "message.created") {
        again.push(later.next());
    }
    let created = |events: &[Value]| events.iter().find(|event| event["event"] == "message.created").cloned();
    assert_eq!(created(&again), created(&seen));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let desk = Desk::open();
    for number in 0..40 {
        desk.thread(&format!("Thread {number}"));
    }
    let mut command = desk.office.command();
    command.env("COUNTERSIGN_URL", desk.server.url()).env("COUNTERSIGN_TOKEN", desk.office.token("kari"));
    let mut process = command.arg("threads").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(process.stdout.take());
    let output = process.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), text(&output).as_str()), (Some(0), ""));
}

/// `approve` on a terminal of its own.
fn on_a_terminal(desk: &Desk, thread: &str) -> Terminal {
    let home = desk.office.folder().to_string_lossy().into_owned();
    let environment = [
        ("HOME", home.as_str()),
        ("COUNTERSIGN_URL", desk.server.url()),
        ("COUNTERSIGN_TOKEN", desk.office.token("kari")),
    ];
    Terminal::start(PROGRAM, &["approve", thread], &environment, (100, 30))
}

#[test]
fn on_a_terminal_it_asks() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    desk.propose(&thread, &change("2041", 119_900));
    for answer in ["\r", "y\r", "no\r", "\u{4}"] {
        let mut terminal = on_a_terminal(&desk, &thread);
        let screen = terminal.wait_for("Type yes:");
        assert!(screen.contains("− 129900") && screen.contains("+ 119900"), "{screen}");
        terminal.send(answer);
        terminal.wait_for("Not approved");
        assert_eq!(terminal.wait_for_exit().exit_code(), 1, "{answer:?}");
    }
    assert_eq!(desk.amount("2041"), 129_900);
    let mut terminal = on_a_terminal(&desk, &thread);
    terminal.wait_for("Type yes:");
    terminal.send("yes\r");
    terminal.wait_for("Written");
    assert_eq!(terminal.wait_for_exit().exit_code(), 0);
    assert_eq!(desk.amount("2041"), 119_900);
}

#[test]
fn the_first_start_signs_in() {
    let desk = Desk::open();
    desk.thread("Boards");
    let home = tempfile::tempdir().expect("a folder");
    let environment = [("HOME", home.path().to_str().expect("a path"))];
    let mut terminal = Terminal::start(PROGRAM, &[], &environment, (100, 30));
    terminal.wait_for("Address of the server:");
    terminal.send(&format!("{}\r", desk.server.url()));
    terminal.wait_for("Token for");
    terminal.send(&format!("{}\r", desk.office.token("kari")));
    let screen = terminal.wait_for("Boards");
    assert!(!screen.contains("csn_"), "{screen}");
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());
    assert!(!String::from_utf8_lossy(&terminal.bytes()).contains(desk.office.token("kari")));

    let mut again = Terminal::start(PROGRAM, &[], &environment, (100, 30));
    again.wait_for("Boards");
    again.send("q");
    assert!(again.wait_for_exit().success());
}

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let desk = Desk::open();
    let thread = desk.thread("Boards");
    desk.propose(&thread, &change("2041", 119_900));
    let mut terminal = on_a_terminal(&desk, &thread);
    terminal.send("yes\r");
    terminal.wait_for("Type yes:");
    terminal.send("\r");
    terminal.wait_for("Not approved");
    assert_eq!(terminal.wait_for_exit().exit_code(), 1);
    assert_eq!(desk.amount("2041"), 129_900);
}
