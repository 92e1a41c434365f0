//! The pool from outside: whose turn it is, what happens when it is full or broken, and when its server ends.
#![cfg(unix)]

use std::{
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    time::Duration,
};

use countersign::{
    api::Id,
    config::server::SandboxSettings,
    serve::sandbox::{Overlay, Pool, Ran, SandboxError},
};

use crate::support::{ACCOUNT, Records, context, plan, run, settings};

const SLOW: &str = "while True: pass";

#[tokio::test]
async fn a_full_queue_refuses() {
    let pool = Pool::new(&SandboxSettings { workers: 1, queue: 1, run_timeout: Duration::from_secs(2), ..settings() });
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let pool = pool.clone();
        waiting.spawn(async move {
            pool.session(ACCOUNT).run(SLOW, &context(), &Records::default(), &Overlay::default()).await
        });
    }
    let ended = waiting.join_all().await;
    let busy = ended.iter().filter(|ended| matches!(ended, Err(SandboxError::Busy))).count();
    assert_eq!((busy, ended.len()), (1, 3));
    assert!(plan(run(&pool, "x = 1").await).is_empty(), "room again");
}

/// Runs `code` for an account, on no records.
async fn run_for(pool: Pool, account: Id, code: &'static str) -> Result<Ran, SandboxError> {
    pool.session(account).run(code, &context(), &Records::default(), &Overlay::default()).await
}

#[tokio::test]
async fn an_account_that_floods_leaves_places_to_others() {
    let settings = SandboxSettings { workers: 2, run_timeout: Duration::from_mins(1), ..settings() };
    let pool = Pool::new(&settings);
    let mut flood = tokio::task::JoinSet::new();
    for _ in 0..20 {
        flood.spawn(run_for(pool.clone(), 1, SLOW));
    }
    tokio::task::yield_now().await;
    for account in [2, 3] {
        let ran = run_for(pool.clone(), account, "x = 1").await.expect("a run");
        assert!(plan(ran).is_empty());
        assert!(flood.try_join_next().is_none(), "nothing of the flood has ended");
    }
}

#[tokio::test]
async fn accounts_take_turns_at_the_only_place() {
    let pool = Pool::new(&SandboxSettings { workers: 1, ..settings() });
    let (done, mut order) = tokio::sync::mpsc::unbounded_channel();
    for account in [1, 1, 1, 1, 1, 2] {
        let (pool, done) = (pool.clone(), done.clone());
        tokio::spawn(async move {
            run_for(pool, account, "x = 1").await.expect("a run");
            done.send(account).expect("a listener");
        });
        tokio::task::yield_now().await;
    }
    drop(done);
    let mut accounts = Vec::new();
    while let Some(account) = order.recv().await {
        accounts.push(account);
    }
    assert_eq!(accounts.len(), 6);
    assert!(accounts.iter().position(|account| *account == 2) <= Some(2), "{accounts:?}");
}

#[tokio::test]
async fn a_request_has_an_allowance_of_time() {
    let pool = Pool::new(&SandboxSettings {
        run_timeout: Duration::from_millis(300),
        request_timeout: Duration::from_millis(500),
        ..settings()
    });
    let mut session = pool.session(ACCOUNT);
    let (source, overlay) = (Records::default(), Overlay::default());
    let first = session.run(SLOW, &context(), &source, &overlay).await.expect("a run");
    assert_eq!(first.result.expect_err("too slow").error_type, "TimeoutError");
    let second = session.run(SLOW, &context(), &source, &overlay).await;
    assert!(matches!(second, Err(SandboxError::OutOfTime)), "{second:?}");
}

#[tokio::test]
async fn a_worker_that_does_not_start_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
        path.to_string_lossy().into_owned()
    };
    let not_executable = script("plain", "#!/bin/sh\n", 0o644);
    let hangs = script("hangs", "#!/bin/sh\nexec /bin/cat >/dev/null\n", 0o755);
    for program in ["/nonexistent/worker", "/bin/false", "/bin/cat", "/", &not_executable, &hangs] {
        let request_timeout = Duration::from_millis(500);
        let pool = Pool::new(&SandboxSettings { worker: Some(program.into()), request_timeout, ..settings() });
        let reason = pool.ready().await.expect_err(program);
        assert!(reason.contains(program), "{reason}");
        let ran = pool.session(ACCOUNT).run("x", &context(), &Records::default(), &Overlay::default()).await;
        assert!(matches!(ran, Err(SandboxError::Broken(_))), "{ran:?}");
    }
    assert!(Pool::new(&settings()).ready().await.is_ok());
}

/// A worker started by hand: it must end with its standard input, busy or not.
#[test]
fn a_worker_ends_with_its_server() {
    let frame = |json: &str| {
        let length = u32::try_from(json.len()).expect("short");
        [&length.to_le_bytes(), json.as_bytes()].concat()
    };
    let start = frame(r#"{"Start":{"memory":67108864,"cpu_seconds":60}}"#);
    let run = frame(
        r#"{"Run":{"code":"while True: pass","inputs":{"Condition":{"before":null,"after":null}},
        "limits":{"milliseconds":60000,"call_depth":200,"output":1000}}}"#,
    );
    let nonsense = frame("{}");
    for orders in [vec![], vec![&start], vec![&start, &run], vec![&run], vec![&nonsense], vec![&start, &nonsense]] {
        let mut worker = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg("sandbox-worker")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a worker");
        let mut input = worker.stdin.take().expect("a pipe");
        for order in &orders {
            input.write_all(order).expect("written");
            if *order == &start {
                let mut ready = [0; 4];
                worker.stdout.as_mut().expect("a pipe").read_exact(&mut ready).expect("it says that it is ready");
            }
        }
        drop(input);
        let mut rest = Vec::new();
        worker.stdout.take().expect("a pipe").read_to_end(&mut rest).expect("its output ends");
        worker.wait().expect("it ends");
    }
}
