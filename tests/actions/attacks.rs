//! Hostile code: each program ends with a clear error inside its limits, and the pool goes on.

use std::time::Duration;

use countersign::{
    config::server::SandboxSettings,
    serve::sandbox::{Overlay, Pool},
};
use serde_json::json;

use crate::{
    programs::{Program, programs},
    support::{ACCOUNT, Records, context, error, plan, run, settings},
};

/// Every limit, tight enough for a test.
fn tight() -> SandboxSettings {
    SandboxSettings { run_timeout: Duration::from_millis(800), memory: 32 << 20, queue: 1_000, ..settings() }
}

/// What is wrong with how a program ended; `None`: nothing.
async fn attack(pools: [Pool; 2], program: Program) -> Option<String> {
    // Only who is to run out of time is given little of it.
    let pool = &pools[usize::from(program.may_end_with.contains(&"TimeoutError"))];
    let ran = tokio::time::timeout(Duration::from_mins(1), run(pool, &program.code)).await.expect("it ends");
    assert!(ran.output.len() <= tight().output);
    let shown: String = program.code.chars().take(90).collect();
    match ran.result {
        _ if program.may_end_with.is_empty() => None,
        Ok(plan) => Some(format!("{shown:?}: no error, {} changes", plan.changes.len())),
        Err(error) => {
            let message = error.message.unwrap_or_default();
            let is_clear = !message.is_empty() || error.error_type.ends_with("Error");
            let is_expected = program.may_end_with.contains(&error.error_type.as_str());
            (!is_clear || !is_expected).then(|| format!("{shown:?}: {}: {message}", error.error_type))
        }
    }
}

#[tokio::test]
async fn every_attack_ends_with_a_clear_error() {
    let patient = SandboxSettings { run_timeout: Duration::from_secs(20), ..tight() };
    let pools = [Pool::new(&patient), Pool::new(&tight())];
    let programs = programs();
    assert!(programs.len() >= 200, "{}", programs.len());
    let mut attacks = tokio::task::JoinSet::new();
    for program in programs {
        attacks.spawn(attack(pools.clone(), program));
    }
    let wrong: Vec<String> = attacks.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for pool in &pools {
        assert_eq!(plan(run(pool, "records.create('a', still='here')").await).changes.len(), 1);
    }
}

#[tokio::test]
async fn a_limit_names_itself_and_its_line() {
    let pool = Pool::new(&SandboxSettings { run_timeout: Duration::from_millis(500), ..tight() });
    for (code, error_type, line, words) in [
        ("x = 1\nwhile True:\n    pass", "TimeoutError", None, "0.5 s"),
        ("x = 1\nx = [0] * 10**9", "MemoryError", Some(2), "32 MiB"),
    ] {
        let error = error(run(&pool, code).await);
        assert_eq!(error.error_type, error_type);
        assert!(line.is_none_or(|_| error.line == line), "{error:?}");
        assert!(error.message.as_deref().is_some_and(|message| message.contains(words)), "{error:?}");
    }
    let pool = Pool::new(&SandboxSettings { host_calls: 3, changes: 2, output: 2048, ..settings() });
    for (code, error_type, line, words) in [
        ("for i in range(9):\n    records.get('a', 1)", "HostCallLimit", Some(2), "3 times"),
        ("for i in range(3):\n    records.create('a')", "ChangeLimit", Some(2), "2"),
        ("\n\nprint('x' * 3000)", "OutputLimit", Some(3), "2 KiB"),
        ("def f(n): return f(n + 1)\n\nf(1)", "RecursionError", Some(1), "recursion"),
    ] {
        let error = error(run(&pool, code).await);
        assert_eq!((error.error_type.as_str(), error.line), (error_type, line));
        assert!(error.message.as_deref().is_some_and(|message| message.contains(words)), "{error:?}");
    }
}

#[tokio::test]
async fn creates_that_are_deleted_again_do_not_count_as_changes() {
    let pool = Pool::new(&SandboxSettings { changes: 2, ..settings() });
    let code = "
for i in range(10):
    records.delete('a', records.create('a')['id'])
records.create('a')
records.create('a')
";
    assert_eq!(plan(run(&pool, code).await).changes.len(), 2);
}

#[tokio::test]
async fn nothing_is_left_for_the_next_request() {
    let pool = Pool::new(&SandboxSettings { workers: 1, ..settings() });
    let leave = [
        "import json\njson.secret = 1\nhidden = 'here'\nrecords.x = 1",
        "import json\njson.loads = lambda text: 'mine'\nhidden = 'here'",
        "print = len = money = context = None\nhidden = ['x' * 10**6 for i in range(20)]",
        "records.create('secret', code=4711)\nprint('hidden')",
        "hidden = ['x' * 10**6 for i in range(10**6)]",
    ];
    for code in leave {
        let _ = run(&pool, code).await;
    }
    for code in ["hidden", "import json\njson.secret", "records.x"] {
        assert!(run(&pool, code).await.result.is_err(), "{code}");
    }
    let code = "import json\nprint(json.loads('1'), len('ab'), money.add('1'), context.mode, records.find('secret'))";
    assert_eq!(run(&pool, code).await.output, "1 2 1 preview []\n");
    let room = run(&pool, "x = ['x' * 10**6 for i in range(20)]").await;
    assert!(room.result.is_ok(), "all of the memory is there again: {room:?}");
}

/// Runs of one request share a worker, but no names either.
#[tokio::test]
async fn nothing_is_left_for_the_next_run() {
    let pool = Pool::new(&settings());
    let (source, overlay) = (Records::default(), Overlay::default());
    let mut session = pool.session(ACCOUNT);
    session.run("hidden = 'here'", &context(), &source, &overlay).await.expect("a run");
    let ran = session.run("hidden", &context(), &source, &overlay).await.expect("a run");
    assert_eq!(error(ran).error_type, "NameError");
}

#[tokio::test]
async fn a_request_goes_on_after_its_worker_was_killed() {
    let pool = Pool::new(&tight());
    let (source, overlay) = (Records::of(json!([])), Overlay::default());
    let mut session = pool.session(ACCOUNT);
    for code in ["x = 10\nwhile True: x = x * x", "x = [0] * 10**10", "x = '(' * 10"] {
        session.run(code, &context(), &source, &overlay).await.expect("a run");
    }
    let ran = session.run("records.create('a')", &context(), &source, &overlay).await.expect("a run");
    assert_eq!(plan(ran).changes.len(), 1);
}
