//! Signing in: a token is tried before it is kept, kept where nobody else reads it, and forgotten again.

use std::{
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::fake_server::{FakeServer, Reply};

const ME: &str = r#"{"id": 1, "name": "Kari \u001b[31m", "kind": "human", "client_accounts": []}"#;

/// Takes the token `good` alone.
pub async fn server() -> FakeServer {
    FakeServer::start(|request| match (request.header("authorization"), request.line.as_str()) {
        (Some("Bearer good"), "GET /api/v2/users/me") => Reply::json(200, ME),
        (Some("Bearer good"), _) => Reply::json(200, "[]"),
        _ => Reply::problem(401, "{}"),
    })
    .await
}

async fn run(home: &Path, arguments: &[&str], input: &'static str) -> Output {
    run_in(home, &[], arguments, input).await
}

pub async fn run_in(home: &Path, environment: &[(&str, &str)], arguments: &[&str], input: &'static str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear().env("HOME", home).envs(environment.iter().copied()).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let work = move || {
        let mut process = command.spawn().expect("the program starts");
        let _ = process.stdin.take().expect("stdin").write_all(input.as_bytes());
        process.wait_with_output().expect("it ends")
    };
    tokio::task::spawn_blocking(work).await.expect("it ends")
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_token_that_works_is_kept_until_logout() {
    let (server, home) = (server().await, tempfile::tempdir().expect("a folder"));
    let output = run(home.path(), &["login", "--url", &server.url()], "good\n").await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("as Kari") && !text(&output).contains("good") && !text(&output).contains('\u{1b}'));
    let file = home.path().join(".local/share/countersign/credentials.toml");
    assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    assert!(text(&output).contains(&format!("kept in {}", file.display())), "{}", text(&output));

    let output = run(home.path(), &["threads"], "").await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = run(home.path(), &["logout"], "").await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(!std::fs::read_to_string(&file).expect("a file").contains("good"));
    assert_eq!(run(home.path(), &["threads"], "").await.status.code(), Some(2));
    assert_eq!(run(home.path(), &["logout"], "").await.status.code(), Some(4));
}

#[tokio::test]
async fn a_token_that_does_not_work_is_not_kept() {
    let (server, home) = (server().await, tempfile::tempdir().expect("a folder"));
    for (input, status) in [("bad\n", 3), ("two words\n", 2), ("", 2), ("\n", 2)] {
        let output = run(home.path(), &["login", "--url", &server.url()], input).await;
        assert_eq!(output.status.code(), Some(status), "{input:?}: {}", text(&output));
        assert!(!text(&output).contains("bad"), "{}", text(&output));
    }
    assert!(!home.path().join(".local").exists());
}

#[tokio::test]
async fn of_several_that_signed_in_one_is_to_be_named() {
    let (server, home) = (server().await, tempfile::tempdir().expect("a folder"));
    for profile in ["work", "two"] {
        let output = run(home.path(), &["login", "--profile", profile, "--url", &server.url()], "good\n").await;
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
    for command in ["threads", "logout"] {
        let output = run(home.path(), &[command], "").await;
        let said = text(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        let how = "several profiles are kept by `countersign login`: choose one with --profile NAME or \
                   COUNTERSIGN_PROFILE: there is two, work";
        assert!(said.contains(how), "{said}");
    }
    assert_eq!(run(home.path(), &["logout", "--profile", "two"], "").await.status.code(), Some(0));
    let output = run(home.path(), &["logout"], "").await;
    assert_eq!(output.status.code(), Some(0), "the only one is meant: {}", text(&output));
}
