//! The client line by line: over a pipe, and in a terminal, where alone it takes a typed approval.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use crate::{
    server::{Office, PROGRAM, Server},
    terminal::Terminal,
};

const INVOICES: &str = r#"{"type": "invoice", "fields": {"number": "2041", "amount": 129900}}
"#;
const SECOND: &str = r#"{"type": "invoice", "fields": {"number": "2042", "amount": 5000}}
"#;
const ACTION: &str = "Please look:\n```codeaction\ninvoice = records.find(\"invoice\", number=\"2041\")[0]\n\
    records.update(\"invoice\", invoice[\"id\"], amount=1)\n```";

/// Types all of `input` at once and reads what comes of it.
fn talk(office: &Office, server: &Server, input: &str) -> Output {
    let mut command = office.command();
    command.env("COUNTERSIGN_URL", server.url()).env("COUNTERSIGN_TOKEN", office.token("kari"));
    command.arg("--plain").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("the program starts");
    process.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("it reads");
    process.wait_with_output().expect("it ends")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn over_a_pipe_it_reads_writes_and_approves_only_by_digest() {
    let office = Office::open(INVOICES);
    let server = office.serve("");
    let written = format!("new About 2041\nwrite\n{ACTION}\n.\nreview\napprove\nread\n");
    let output = talk(&office, &server, &written);
    let read = text(&output);
    assert_eq!(output.status.code(), Some(0), "{read}");
    let written_by = "Code written by Kari Nordmann, 20";
    for words in ["Thread 1 is open.", "awaiting approval", written_by, "129900", "Digest ", "nobody can be asked here"]
    {
        assert!(read.contains(words), "{words} in\n{read}");
    }
    assert!(!read.contains("records.update") && !read.contains("Written"), "{read}");
    assert!(!read.contains('\u{1b}') && !read.contains('\u{2500}'), "{read:?}");

    let digest = read.lines().find_map(|line| line.strip_prefix("Digest ")).expect("a digest").trim().to_owned();
    let wrong = "0".repeat(64);
    let output = talk(&office, &server, &format!("open 1\napprove --digest {wrong}\napprove --digest {digest}\n"));
    let read = text(&output);
    assert!(read.contains("Not done: what waits is not what that digest names"), "{read}");
    assert!(read.contains("Written"), "{read}");
}

#[test]
fn what_is_no_word_is_said_and_goes_on() {
    let office = Office::open(INVOICES);
    let server = office.serve("");
    let output = talk(&office, &server, "frobnicate\nread\nopen 99\nhelp\nquit\nthreads\n");
    let read = text(&output);
    assert_eq!(output.status.code(), Some(0), "{read}");
    for words in ["Not done: ", "no thread is open", "a full stop alone"] {
        assert!(read.contains(words), "{words} in\n{read}");
    }
}

#[test]
fn in_a_terminal_the_typed_word_approves() {
    let office = Office::open(INVOICES);
    let server = office.serve("");
    let prepared = talk(&office, &server, &format!("new About 2041\nwrite\n{ACTION}\n.\n"));
    assert!(text(&prepared).contains("awaiting approval"), "{}", text(&prepared));
    let home = office.folder().to_string_lossy().into_owned();
    let token = office.token("kari");
    let environment = [("COUNTERSIGN_URL", server.url()), ("COUNTERSIGN_TOKEN", token), ("HOME", home.as_str())];
    let mut terminal = Terminal::start(PROGRAM, &["--plain"], &environment, (100, 60));
    terminal.wait_for("> ");
    terminal.send("open 1\n");
    terminal.wait_for("thread 1> ");
    terminal.send("approve\napprove\n");
    terminal.wait_for("Type approve: ");
    terminal.send("yes\n");
    terminal.wait_for("Not approved; it still waits.");
    terminal.send("approve\n");
    terminal.wait_until("the question again", |screen| screen.matches("Type approve: ").count() == 2);
    terminal.send("approve\n");
    terminal.wait_for("Written");
    terminal.send("quit\n");
    assert!(terminal.wait_for_exit().success());
}

#[test]
fn threads_are_listed_as_many_as_one_listens_to() {
    let office = Office::open(INVOICES);
    let server = office.serve("");
    let started: Vec<String> = (1..=45).map(|number| format!("new Matter {number}\n")).collect();
    assert!(text(&talk(&office, &server, &started.concat())).contains("Thread 45 is open."));
    let read = text(&talk(&office, &server, "more\nmore\nmore\n"));
    let listed = |part: &str| part.matches("Matter ").count();
    let parts: Vec<&str> = read.split("> ").collect();
    assert_eq!(parts.iter().map(|part| listed(part)).collect::<Vec<_>>(), [20, 20, 5, 0, 0], "{read}");
    assert!(parts[0].contains("more goes on") && parts[3].contains("no more threads"), "{read}");
}

#[test]
fn a_decision_is_read_in_words() {
    let office = Office::open(INVOICES);
    let server = office.serve("");
    let read =
        text(&talk(&office, &server, &format!("new About 2041\nwrite\n{ACTION}\n.\nreject not this one\nread\n")));
    assert!(read.contains("rejected the action in message 1\nnot this one"), "{read}");
    assert!(!read.contains("rejectcodeaction"), "{read}");
}

/// A block that gives an invoice another amount.
fn change(number: &str, amount: u32) -> String {
    format!(
        "```codeaction\ninvoice = records.find(\"invoice\", number=\"{number}\")[0]\n\
         records.update(\"invoice\", invoice[\"id\"], amount={amount})\n```"
    )
}

#[test]
fn of_several_that_wait_each_is_named_and_numbered_as_people_count() {
    let office = Office::open(&format!("{INVOICES}{SECOND}"));
    let server = office.serve("");
    let (first, second) = (change("2041", 1), change("2042", 2));
    let read = text(&talk(&office, &server, &format!("new One each\nwrite\n{first}\n.\nwrite\n{second}\n.\nread\n")));
    let waiting = "2 actions await approval here: review --message 1 or review --message 2 reads one.";
    assert!(read.contains(waiting), "{read}");
    assert!(read.contains("  Action: awaiting approval") && !read.contains("Action 0"), "{read}");

    let read = text(&talk(&office, &server, "open 1\nreview\nreview --message 2\nreview --message x\n"));
    assert!(read.contains("Not done: several actions wait in thread 1: choose one with --message 1 or --message 2"));
    assert!(read.contains("Action of message 2 in thread 1") && read.contains("+ 2"), "{read}");
    assert!(read.contains("Not done: `x` is no number"), "{read}");
    let lacking = text(&talk(&office, &server, "open 1\nreject --message\n"));
    assert!(lacking.contains("Not done: --message needs a number after it, such as --message 1"), "{lacking}");
    let digest = read.lines().find_map(|line| line.strip_prefix("Digest ")).expect("a digest").trim().to_owned();
    let decide = format!("open 1\napprove --message 2 --digest {digest}\nreject --message 1 too little\nread\n");
    let read = text(&talk(&office, &server, &decide));
    assert!(read.contains("Written: the action of message 2"), "{read}");
    assert!(read.contains("rejected the action in message 1\ntoo little"), "{read}");

    let (first, second) = (change("2041", 3), change("2042", 4));
    let both = format!("new Both at once\nwrite\n{first}\n{second}\n.\nread\n");
    let read = text(&talk(&office, &server, &both));
    for words in ["  Action 1 of 2 (--block 0): awaiting approval", "  Action 2 of 2 (--block 1): awaiting approval"] {
        assert!(read.contains(words), "{words}: {read}");
    }
    assert!(read.contains("--block 0 or review --message") && read.contains("--block 1 reads one."), "{read}");
}

#[test]
fn what_has_drifted_waits_anew_and_says_so() {
    let office = Office::open(INVOICES);
    let server = office.serve("");
    let read = text(&talk(&office, &server, &format!("new Drift\nwrite\n{ACTION}\n.\nreview\n")));
    let digest = read.lines().find_map(|line| line.strip_prefix("Digest ")).expect("a digest").trim().to_owned();
    let other = format!("new Another\nwrite\n{}\n.\nreview\n", change("2041", 7));
    let read = text(&talk(&office, &server, &other));
    let later = read.lines().rev().find_map(|line| line.strip_prefix("Digest ")).expect("a digest").trim().to_owned();
    let decide = format!("open 2\napprove --digest {later}\nopen 1\napprove --digest {digest}\nread\n");
    let read = text(&talk(&office, &server, &decide));
    assert!(read.contains("  Action: drifted, awaiting approval anew"), "{read}");
    assert!(read.contains("An action awaits approval here: review reads it."), "{read}");
}
