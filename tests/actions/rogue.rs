//! Workers that do not play by the rules: whatever one sends, the server is unimpressed.
#![cfg(unix)]

use std::{os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use countersign::{
    api::ActionError,
    config::server::SandboxSettings,
    serve::sandbox::{Overlay, Pool, Ran, SandboxError},
};
use serde_json::{Value, json};

use crate::support::{ACCOUNT, Records, context, settings};

const READY: &str = r#"{"Ready":{"confined_by":[]}}"#;

fn frame(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).expect("short");
    [&length.to_le_bytes(), text.as_bytes()].concat()
}

/// A program that says exactly this, whatever it is told, and then waits for its input to end.
fn says(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let (script, speech) = (folder.path().join("worker"), folder.path().join("speech"));
    std::fs::write(&speech, bytes).expect("written");
    std::fs::write(&script, format!("#!/bin/sh\n/bin/cat '{}'\nexec /bin/cat >/dev/null\n", speech.display()))
        .expect("written");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("executable");
    script
}

async fn run(bytes: &[u8]) -> Result<Ran, SandboxError> {
    let folder = tempfile::tempdir().expect("a folder");
    let worker = Some(says(&folder, bytes));
    let pool = Pool::new(&SandboxSettings { worker, run_timeout: Duration::from_millis(500), ..settings() });
    let source = Records::of(json!([{"type": "invoice", "amount": 1}]));
    pool.session(ACCOUNT).run("x = 1", &context(), &source, &Overlay::default()).await
}

/// What a run comes to whose worker, ready, sends this frame.
async fn after_ready(report: &Value) -> Result<countersign::serve::plan::Plan, ActionError> {
    run(&[frame(READY), frame(&report.to_string())].concat()).await.expect("a run").result
}

#[tokio::test]
async fn a_worker_that_talks_nonsense_breaks_only_its_run() {
    let huge = [0xff, 0xff, 0xff, 0xff];
    for nonsense in [
        &b"not a frame at all"[..],
        &huge,
        &frame("{}"),
        &frame("[[[["),
        &frame(READY),
        &frame("\"Finished\""),
        &frame(&"[".repeat(100_000)),
        &frame(r#"{"Call":{"method":"get","positional":[],"named":[]}}"#),
    ] {
        let ran = run(&[&frame(READY), nonsense].concat()).await.expect("a run");
        let error = ran.result.expect_err("an error");
        assert!(["SandboxError", "TimeoutError"].contains(&error.error_type.as_str()), "{error:?}");
        let started = run(nonsense).await;
        if nonsense != frame(READY) {
            assert!(matches!(started, Err(SandboxError::Broken(_))), "{started:?}");
        }
    }
}

#[tokio::test]
async fn calls_out_of_the_ordinary_are_answered_with_exceptions() {
    let call = |method: &str, positional: Value, named: Value| {
        json!({"Call": {"method": method, "positional": positional, "named": named}}).to_string()
    };
    let mut deep = json!(1);
    for _ in 0..60 {
        deep = json!([deep]);
    }
    let calls = [
        call("drop_table", json!(["invoice"]), json!({})),
        call("create", json!([{"a": 1}]), json!({})),
        call("create", json!(vec!["a"; 1000]), json!({})),
        call("create", json!(["a"]), json!({"n": 9_007_199_254_740_992_i64})),
        call("create", json!(["a"]), json!({"n": u64::MAX})),
        call("create", json!(["a"]), json!({"deep": deep})),
        call("create", json!(["a"]), json!({"id": 1})),
        call("create", json!(["a"]), json!({"long": "\u{1}".repeat(30_000)})),
        call("update", json!(["invoice", 1.5]), json!({})),
        call("update", json!(["invoice", i64::MIN]), json!({"a": 1})),
        call("delete", json!(["invoice", u64::MAX]), json!({})),
        call("get", json!(["x".repeat(101), 1]), json!({})),
        call("find", json!(["invoice"]), json!({"id": "x", "amount": [deep]})),
    ];
    let finished = json!({"Finished": {"truth": true, "output": ""}}).to_string();
    let speech: Vec<u8> = std::iter::once(READY)
        .chain(calls.iter().map(String::as_str))
        .chain([finished.as_str()])
        .flat_map(frame)
        .collect();
    let ran = run(&speech).await.expect("a run");
    assert!(ran.result.expect("no error").is_empty());
}

#[tokio::test]
async fn what_a_worker_tells_is_bounded_and_plain() {
    let failed = |class: &str, message: &str, line: Value, output: &str| json!({"Failed": {"error": {"class": class, "message": message}, "line": line, "output": output, "flooded": false}});
    let long = "é".repeat(100_000);
    let error = after_ready(&failed("ValueError", &long, json!(7), "")).await.expect_err("an error");
    assert_eq!(error.message.map(|message| message.chars().count()), Some(2_000));
    assert_eq!(error.line, None, "the code has one line");
    let error = after_ready(&failed("<b>\u{202e}", "m", json!(1), "")).await.expect_err("an error");
    assert_eq!((error.error_type.as_str(), error.line), ("Exception", Some(1)));
    let ran =
        run(&[frame(READY), frame(&failed("A", "", Value::Null, &long).to_string())].concat()).await.expect("a run");
    assert!(ran.output.len() <= settings().output);
    let done = json!({"Finished": {"truth": false, "output": long}});
    let ran = run(&[frame(READY), frame(&done.to_string())].concat()).await.expect("a run");
    assert!(ran.output.len() <= settings().output);
}

#[tokio::test]
async fn a_limit_counts_though_the_worker_says_that_all_is_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let get = frame(r#"{"Call":{"method":"get","positional":["a",1],"named":{}}}"#);
    let finished = frame(r#"{"Finished":{"truth":true,"output":""}}"#);
    let speech = [frame(READY), get.clone(), get.clone(), finished].concat();
    let worker = Some(says(&folder, &speech));
    let pool = Pool::new(&SandboxSettings { worker, host_calls: 1, ..settings() });
    let ran =
        pool.session(ACCOUNT).run("x", &context(), &Records::default(), &Overlay::default()).await.expect("a run");
    assert_eq!(ran.result.expect_err("an error").error_type, "HostCallLimit");
}
