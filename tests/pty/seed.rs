//! The real client on a server that offers the seed document alone: everything that can work does, what is
//! missing is not missed, and an approval is said to be unbound and sent once.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    fake_server::{FakeServer, Request},
    seed_server::{APPROVAL, Seed, approvals, message},
    terminal::{PATIENCE, Terminal},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// Lets somebody work with a client of their own.
async fn with_client(server: &FakeServer, work: impl FnOnce(&mut Terminal) + Send + 'static) {
    let url = server.url();
    let session = move || {
        let home = tempfile::tempdir().expect("a folder");
        let home = home.path().to_str().expect("a path");
        let environment = [("HOME", home), ("COUNTERSIGN_URL", url.as_str()), ("COUNTERSIGN_TOKEN", "t")];
        let mut terminal = Terminal::start(PROGRAM, &[], &environment, (100, 30));
        terminal.wait_for("Enter writes to this thread");
        work(&mut terminal);
        terminal.send("q");
        assert!(terminal.wait_for_exit().success());
    };
    tokio::task::spawn_blocking(session).await.expect("it ends");
}

/// Nothing is said of what this server can't know, and nothing sounds like a mistake.
fn is_calm(screen: &str) {
    for words in ["! ", "unread", "not found"] {
        assert!(!screen.contains(words), "{words:?}: {screen}");
    }
}

fn sent<'a>(requests: &'a [Request], start: &str) -> Vec<&'a str> {
    requests.iter().filter(|request| request.line.starts_with(start)).map(|request| &*request.body).collect()
}

#[tokio::test]
async fn threads_and_messages_are_read_page_by_page() {
    let messages = (1..=250).map(|id| message(id, &format!("word {id}."))).collect();
    let server = Seed { messages, threads: 120, ..Seed::new() }.start().await;
    with_client(&server, |terminal| {
        let screen = terminal.wait_until("the list", |screen| screen.contains("100+") && screen.contains("word 250."));
        is_calm(&screen);
        terminal.send("G");
        terminal.wait_for("invoice #115");
        terminal.send("g\r");
        terminal.wait_until("the thread", |screen| screen.contains("word 250.") && screen.contains("Esc threads"));
        // Each time to the beginning of what is here by then; what comes before that is fetched.
        let start = Instant::now();
        while !terminal.text().contains("word 1.") {
            assert!(start.elapsed() < PATIENCE, "never came to the beginning:\n{}", terminal.text());
            terminal.send("g");
            std::thread::sleep(Duration::from_millis(20));
        }
        terminal.send("G");
        terminal.wait_for("word 250.");
    })
    .await;
}

#[tokio::test]
async fn a_message_is_posted_and_changed_and_found() {
    let server = Seed::new().start().await;
    with_client(&server, |terminal| {
        terminal.send("i");
        terminal.wait_for("Enter send");
        terminal.send("good morning\r");
        terminal.wait_until("the message", |screen| screen.contains("good morning") && !screen.contains("sending"));
        terminal.send("\x1b");
        terminal.wait_for("Enter write");
        terminal.send("e");
        terminal.wait_for("Select your message first");
        terminal.send("Ke");
        terminal.wait_for("› good morning");
        terminal.send(", Ola\r");
        terminal.wait_until("the change", |screen| {
            screen.contains("good morning, Ola") && !screen.contains("› good morning")
        });
        terminal.send("\x1b");
        terminal.wait_for("Enter write");
        terminal.send("/");
        terminal.wait_until("a prompt", |screen| screen.contains("Search"));
        terminal.send("morning\r");
        terminal.wait_for("Search: morning");
    })
    .await;
    let requests = server.requests();
    assert_eq!(sent(&requests, "POST /api/v2/chat/threads/1/messages"), [r#"{"message":"good morning"}"#]);
    assert_eq!(sent(&requests, "PATCH /api/v2/chat/threads/1/messages/"), [r#"{"message":"good morning, Ola"}"#]);
    assert!(requests.iter().all(|request| request.header("if-match").is_none()));
}

#[tokio::test]
async fn participants_are_listed_and_added_by_number_and_nobody_is_taken_out() {
    let server = Seed::new().start().await;
    with_client(&server, |terminal| {
        terminal.send("p");
        terminal.wait_until("the list", |screen| screen.contains("Participants") && screen.contains("▌ user 5"));
        terminal.send("a");
        terminal.wait_for("Add to the thread");
        terminal.send("7");
        terminal.wait_for("Enter adds user 7.");
        terminal.send("\r");
        terminal.wait_for("user 7 takes part now.");
        terminal.send("d");
        terminal.wait_for("y takes them out");
        terminal.send("y");
        terminal.wait_for("this server can't do that");
        terminal.send("p");
        terminal.wait_for("Enter open");
    })
    .await;
    assert_eq!(sent(&server.requests(), "POST /api/v2/chat/threads/1/participants"), [r#"{"user_id":7}"#]);
}

/// Reads the action and approves it.
fn approve(terminal: &mut Terminal) {
    is_calm(&terminal.wait_until("a calm client", |screen| screen.contains("● polling · ◆ 1 awaits approval")));
    terminal.send("a");
    terminal.wait_for("Review 1/1");
    terminal.send("G");
    let screen = terminal.wait_for("y approves the thread's last action (unbound)");
    is_calm(&screen);
    terminal.send("y");
}

#[tokio::test]
async fn an_action_is_approved_with_the_plain_block() {
    let server = Seed::new().start().await;
    with_client(&server, |terminal| {
        approve(terminal);
        terminal.wait_for("Approved and written.");
    })
    .await;
    let body = json!({ "message": APPROVAL }).to_string();
    assert_eq!(sent(&server.requests(), "POST /api/v2/chat/threads/1/messages"), [body]);
}

#[tokio::test]
async fn an_approval_whose_answer_is_lost_is_never_sent_again() {
    let server = Seed { loses_answers: true, ..Seed::new() }.start().await;
    with_client(&server, |terminal| {
        approve(terminal);
        terminal.wait_for("It is decided.");
        terminal.send("y");
        terminal.send("q");
        terminal.wait_for("Enter open");
        terminal.send("a");
        terminal.wait_for("Nothing awaits approval in this thread.");
    })
    .await;
    assert_eq!(approvals(&server), 1);
}
