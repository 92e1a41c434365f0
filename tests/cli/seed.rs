//! A server that offers the seed document alone: seven routes, no extension. Everything that can work does;
//! an approval is said to be unbound, and is never sent twice.

use std::process::{Command, Output};

use crate::{
    fake_server::FakeServer,
    seed_server::{Seed, approvals},
    terminal::Terminal,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

async fn run(server: &FakeServer, arguments: &'static [&'static str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("COUNTERSIGN_URL", server.url()).env("COUNTERSIGN_TOKEN", "t").env("HOME", "/nonexistent");
    command.args(arguments);
    tokio::task::spawn_blocking(move || command.output().expect("the program starts")).await.expect("it ends")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Approves on a terminal; gives the screen and the exit status.
async fn approve(server: &FakeServer) -> (String, u32) {
    let url = server.url();
    let work = move || {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().to_string_lossy().into_owned();
        let environment = [("HOME", folder.as_str()), ("COUNTERSIGN_URL", url.as_str()), ("COUNTERSIGN_TOKEN", "t")];
        let mut terminal = Terminal::start(PROGRAM, &["approve", "1"], &environment, (100, 30));
        let screen = terminal.wait_for("Type yes:");
        terminal.send("yes\r");
        let status = terminal.wait_for_exit().exit_code();
        (format!("{screen}\n{}", terminal.text()), status)
    };
    tokio::task::spawn_blocking(work).await.expect("it ends")
}

#[tokio::test]
async fn what_can_work_works() {
    let server = Seed::new().start().await;
    for (arguments, words) in [
        (&["threads"][..], "invoice #17"),
        (&["show", "1"], "Hello"),
        (&["send", "1", "hi"], "Posted as message 3"),
        (&["invite", "1", "6"], "User 6 takes part"),
        (&["export", "1"], "\"Hello\""),
    ] {
        let output = run(&server, arguments).await;
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output));
        assert!(text(&output).contains(words), "{arguments:?}: {}", text(&output));
        assert!(!text(&output).contains("secret"), "{arguments:?}: hidden code that the server forgot to hide");
    }
    assert_eq!(run(&server, &["wait", "1", "--timeout", "1s"]).await.status.code(), Some(8));
    assert_eq!(run(&server, &["reject", "1"]).await.status.code(), Some(1));
    assert_eq!(run(&server, &["show", "2"]).await.status.code(), Some(4));
}

#[tokio::test]
async fn an_approval_is_said_to_be_unbound_and_needs_a_person() {
    let server = Seed::new().start().await;
    let digest = ["approve", "1", "--digest", "0000000000000000000000000000000000000000000000000000000000000000"];
    let output = run(&server, Box::leak(Box::new(digest))).await;
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert_eq!(approvals(&server), 0);

    let (screen, status) = approve(&server).await;
    assert!(screen.contains("Unbound") && screen.contains("Written"), "{screen}");
    assert_eq!((status, approvals(&server)), (0, 1));
    let sent = server.requests().into_iter().find(|request| request.body.contains("approve")).expect("an approval");
    assert_eq!(sent.body, r#"{"message":"```approvecodeaction\n```"}"#);
    assert_eq!(run(&server, &["wait", "1"]).await.status.code(), Some(0));
}

#[tokio::test]
async fn an_approval_whose_answer_is_lost_is_not_sent_again() {
    let server = Seed { loses_answers: true, ..Seed::new() }.start().await;
    let (screen, status) = approve(&server).await;
    assert!(screen.contains("unknown"), "{screen}");
    assert_eq!((status, approvals(&server)), (1, 1));
}
