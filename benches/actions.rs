//! What actions cost: a worker's memory and start, a run and a call in it, and through the server a change that
//! is written at once, an approval, and a preview of 500 changes. Each request runs in a fresh worker, and each
//! answer comes after its commit is on the disk. Last, how long a `GET` takes while hostile programs run.
//!
//! `cargo bench --features serve --bench actions`

// Helpers of tests and benches may give up loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/load.rs"]
#[allow(dead_code)] // for other benches
mod load;
#[path = "../tests/actions/programs.rs"]
#[allow(dead_code)] // how each may end is for tests
mod programs;

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use countersign::{
    api::{Id, Mode},
    config::server::SandboxSettings,
    serve::{
        model::{Equals, StoreError, VersionedRecord},
        sandbox::{Context, Overlay, Pool, RecordSource, worker},
    },
};
use load::{Caller, Failure, PROGRAM, figures, initialised, median, serve_with};
use serde_json::{Value, json};

const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
const RECORDS: u64 = 512;
const MANY_CHANGES: u64 = 500;
/// Connections that post hostile programs, and for how long.
const ATTACKERS: usize = 16;
const ATTACK: Duration = Duration::from_secs(20);
/// Between two requests of whoever reads meanwhile.
const PAUSE: Duration = Duration::from_millis(5);
const CONFIG: &str = "[serve]\nrequests_per_minute = 0\n\
    [[approvals.rules]]\nobject_type = \"counter\"\nneeds_approval = false\n";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    cost_of_a_worker()?;
    cost_of_a_run().await?;
    through_the_server().await
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn cost_of_a_worker() -> Result<(), Failure> {
    let order = json!({"Start": {"memory": 64 << 20, "cpu_seconds": 10}}).to_string();
    let order = [&u32::try_from(order.len())?.to_le_bytes(), order.as_bytes()].concat();
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        let start = Instant::now();
        let mut process = Command::new(PROGRAM)
            .arg(worker::ARGUMENT)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        process.stdin.as_mut().ok_or("no pipe")?.write_all(&order)?;
        process.stdout.as_mut().ok_or("no pipe")?.read_exact(&mut [0; 4])?;
        times.push(start.elapsed());
        memory.push(std::fs::read_to_string(format!("/proc/{}/smaps_rollup", process.id())).unwrap_or_default());
        drop(process.stdin.take());
        process.wait()?;
    }
    println!("a worker: ready after {:.2?}", middle(times));
    let of_memory = memory.last().map(String::as_str).unwrap_or_default();
    for line in
        of_memory.lines().filter(|line| ["Rss:", "Pss:", "Private_Dirty:"].iter().any(|name| line.starts_with(name)))
    {
        println!("  {}", line.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

/// No record at all, at once.
struct Nothing;

impl RecordSource for Nothing {
    fn account_id(&self) -> Id {
        1
    }

    async fn read(&self, _: &str, _: Id) -> Result<Option<VersionedRecord>, StoreError> {
        Ok(None)
    }

    async fn find(&self, _: &str, _: &Equals) -> Result<(Vec<VersionedRecord>, i64), StoreError> {
        Ok((Vec::new(), 1))
    }
}

async fn cost_of_a_run() -> Result<(), Failure> {
    let pool = Pool::new(&SandboxSettings { worker: Some(PROGRAM.into()), ..SandboxSettings::default() });
    pool.ready().await?;
    let context = Context {
        thread_id: Some(1),
        client_account_id: 1,
        relation_type: None,
        relation_id: None,
        author_id: 1,
        approver_id: None,
        mode: Mode::Preview,
    };
    println!("in a worker that runs:");
    for (what, code, calls) in [
        ("a run", "x = 1".to_owned(), 1),
        ("a call of records", "for i in range(1000): records.get('a', i + 1)".to_owned(), 1000),
        ("a call of money", "for i in range(1000): money.add('1.10', '2.20')".to_owned(), 1000),
    ] {
        let mut session = pool.session(1);
        let mut times = Vec::new();
        for _ in 0..50 {
            let start = Instant::now();
            session
                .run(&code, &context, &Nothing, &Overlay::default())
                .await?
                .result
                .map_err(|error| error.error_type)?;
            times.push(start.elapsed());
        }
        println!("  {what} {:.1?}", middle(times) / calls);
    }
    Ok(())
}

async fn through_the_server() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite:{}", folder.path().join("bench.db").display());
    let token = initialised(&database)?;
    let records: Vec<String> = ["counter", "invoice"]
        .into_iter()
        .flat_map(|kind| {
            (0..RECORDS).map(move |_| json!({"type": kind, "fields": {"value": 0, "text": "x".repeat(200)}}))
        })
        .map(|record| record.to_string())
        .collect();
    let file = folder.path().join("records.jsonl");
    std::fs::write(&file, records.join("\n"))?;
    admin(&database, &["record", "import", &file.to_string_lossy(), "--account", "1"])?;
    let server = serve_with(&database, folder.path(), CONFIG)?;
    let caller = Caller { address: server.address.clone(), token };
    let made = caller.connect().await?.call("POST", "/api/v2/chat/threads", r#"{"subject":"Actions"}"#).await?;
    let thread: Value = serde_json::from_slice(&made)?;
    let messages = format!("/api/v2/chat/threads/{}/messages", thread["id"]);

    for (what, body) in [
        ("one change, written at once", change_a_counter as fn(u64) -> String),
        ("a preview of one change", change_an_invoice),
        ("a preview of 500 changes", change_many),
    ] {
        println!("{what}:");
        for connections in [1, 16] {
            let mut rounds = Vec::new();
            for _ in 0..ROUNDS {
                rounds.push(caller.load(connections, ROUND, "POST", &messages, body).await?);
            }
            println!("  {connections:>2} connections   {}", median(rounds));
        }
    }
    println!("an approval:\n   1 connection    {}", approvals(&caller, &messages).await?);
    // One account has half of the workers at most.
    admin(&database, &["account", "add", "Another"])?;
    admin(&database, &["grant", "bench", "--account", "2"])?;
    let made = caller.connect().await?.call("POST", "/api/v2/chat/threads", r#"{"client_account_id":2}"#).await?;
    let other: Value = serde_json::from_slice(&made)?;
    under_attack(&caller, [messages, format!("/api/v2/chat/threads/{}/messages", other["id"])]).await
}

/// How long a `GET` takes while every worker runs a hostile program.
async fn under_attack(caller: &Caller, threads: [String; 2]) -> Result<(), Failure> {
    let messages = &threads[0];
    println!("a thread's newest message, over 1 connection:");
    println!("  while nothing runs             {}", gets(caller, messages, ROUND).await?);
    let hostile: Arc<Vec<String>> =
        Arc::new(programs::programs().iter().map(|program| message(&program.code)).collect());
    let mut attackers = tokio::task::JoinSet::new();
    for first in 0..ATTACKERS {
        let (caller, path, hostile) = (caller.clone(), threads[first % 2].clone(), Arc::clone(&hostile));
        attackers.spawn(async move {
            for body in hostile.iter().cycle().skip(first * hostile.len() / ATTACKERS) {
                // That one is refused, or too large to be posted, is an answer too.
                let connection = caller.connect().await.ok();
                if let Some(mut connection) = connection {
                    let _ = connection.call("POST", &path, body).await;
                }
            }
        });
    }
    println!("  while {ATTACKERS} connections attack    {}", gets(caller, messages, ATTACK).await?);
    attackers.shutdown().await;
    Ok(())
}

async fn gets(caller: &Caller, messages: &str, round: Duration) -> Result<String, Failure> {
    let (mut connection, path) = (caller.connect().await?, format!("{messages}?limit=1"));
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < round {
        let asked = Instant::now();
        connection.call("GET", &path, "").await?;
        times.push(asked.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    let worst = times.iter().max().copied().unwrap_or_default();
    let load::Figures { p50, p99, .. } = figures(times.clone(), round);
    Ok(format!("p50 {p50:>7.2?} p99 {p99:>7.2?} worst {worst:>7.2?} of {}", times.len()))
}

/// Runs an `admin` command on that database.
fn admin(database: &str, arguments: &[&str]) -> Result<(), Failure> {
    let made = Command::new(PROGRAM).args(["admin", "--database", database]).args(arguments).output()?;
    if made.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&made.stderr).into()) }
}

fn message(code: &str) -> String {
    json!({ "message": format!("Look:\n~~~~~~codeaction\n{code}\n~~~~~~") }).to_string()
}

/// `counter` records have the first ids, `invoice` records the next.
fn change_a_counter(n: u64) -> String {
    message(&format!("records.update('counter', {}, value={n})", n % RECORDS + 1))
}

fn change_an_invoice(n: u64) -> String {
    message(&format!("records.update('invoice', {}, value={})", RECORDS + n % RECORDS + 1, n + 1))
}

fn change_many(n: u64) -> String {
    message(&format!(
        "for i in range({MANY_CHANGES}):\n    records.update('invoice', {RECORDS} + 1 + i, value={})",
        n + 1
    ))
}

/// Proposals, and an approval of each: only the approvals count.
async fn approvals(caller: &Caller, messages: &str) -> Result<load::Figures, Failure> {
    let mut connection = caller.connect().await?;
    let mut times = Vec::new();
    let start = Instant::now();
    for n in 1_000_000.. {
        if start.elapsed() > 2 * ROUND {
            break;
        }
        connection.call("POST", messages, &change_an_invoice(n)).await?;
        let asked = Instant::now();
        connection.call("POST", messages, r#"{"message":"```approvecodeaction\n```"}"#).await?;
        times.push(asked.elapsed());
    }
    let spent = times.iter().sum();
    Ok(figures(times, spent))
}
