//! A server that offers the seed document alone: seven routes, no extension. Everything that can work does;
//! an approval is said to be unbound, and is never sent twice.

use std::{
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::{Value, json};

use crate::{
    fake_server::{FakeServer, Reply, Request},
    terminal::Terminal,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// One thread with an action that waits; approved, it is followed by its result. `lost`: approvals are
/// carried out, but their answers are cut off.
async fn server(lost: bool) -> FakeServer {
    let approvals = Arc::new(AtomicUsize::new(0));
    FakeServer::start(move |request: &Request| {
        let approved = approvals.load(Ordering::SeqCst);
        match request.line.as_str() {
            "GET /api/v2/chat/threads" => Reply::json(200, &format!("[{}]", thread(None))),
            line if line.starts_with("GET /api/v2/chat/threads/1?") || line == "GET /api/v2/chat/threads/1" => {
                Reply::json(200, &thread(Some(messages(approved))).to_string())
            }
            "POST /api/v2/chat/threads/1/messages" if request.body.contains("approvecodeaction") => {
                approvals.fetch_add(1, Ordering::SeqCst);
                if lost { Reply::Bytes(Vec::new()) } else { Reply::json(201, &approval().to_string()) }
            }
            "POST /api/v2/chat/threads/1/messages" => Reply::json(201, &plain(9, "hi").to_string()),
            "POST /api/v2/chat/threads/1/participants" => {
                Reply::json(201, r#"{"id": 2, "thread_id": 1, "user_id": 6}"#)
            }
            line if line.contains("/messages") => Reply::json(405, "{}"),
            _ => Reply::json(404, r#"{"detail": "Not Found"}"#),
        }
    })
    .await
}

fn thread(messages: Option<Value>) -> Value {
    let mut thread = json!({
        "id": 1, "client_account_id": 1, "provider_client_account_id": null, "relation_type": "invoice",
        "relation_id": 17, "created_by_id": 5,
    });
    if let Some(messages) = messages {
        thread["messages"] = messages;
        thread["participants"] = json!([{"id": 1, "thread_id": 1, "user_id": 5}]);
    }
    thread
}

fn messages(approved: usize) -> Value {
    let code = json!({
        "id": 2, "thread_id": 1, "message": "```codeaction\nsecret = 1\n```\n```coderesult\n[code hidden]\n```",
        "created_at": "2026-11-22T09:00:00Z", "created_by_id": 6, "action_mode": "preview",
        "action_items": [{"type": "preview", "needs_approval": true, "id": 1}],
    });
    let mut messages = vec![plain(1, "Hello"), code];
    if approved > 0 {
        messages.push(approval());
        messages.push(json!({
            "id": 4, "thread_id": 1, "message": "```coderesult\n[code hidden]\n```", "created_by_id": 5,
            "action_mode": "write", "action_items": [{"type": "preview", "needs_approval": false, "id": 1}],
        }));
    }
    Value::Array(messages)
}

fn plain(id: i64, text: &str) -> Value {
    json!({"id": id, "thread_id": 1, "message": text, "created_by_id": 5, "action_items": [], "action_mode": null})
}

fn approval() -> Value {
    plain(3, "```approvecodeaction\n```")
}

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

fn approvals(server: &FakeServer) -> usize {
    server.requests().iter().filter(|request| request.body.contains("approvecodeaction")).count()
}

#[tokio::test]
async fn what_can_work_works() {
    let server = server(false).await;
    for (arguments, words) in [
        (&["threads"][..], "invoice #17"),
        (&["show", "1"], "Hello"),
        (&["send", "1", "hi"], "Posted as message 9"),
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
    let server = server(false).await;
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
    let server = server(true).await;
    let (screen, status) = approve(&server).await;
    assert!(screen.contains("unknown"), "{screen}");
    assert_eq!((status, approvals(&server)), (1, 1));
}
