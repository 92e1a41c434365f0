//! What the server makes of the machine: "a thread with its newest 100 messages" and durable posts, each as a
//! ratio to a limit measured in the same run. The limit of the read is the same axum, in a process of its
//! own, that serves the same bytes from memory.
//!
//! `cargo bench --features serve --bench server`

// Helpers of tests and benches may give up loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/load.rs"]
mod load;
#[path = "support/plain.rs"]
mod plain;

use std::{process::Command, time::Duration};

use load::{Caller, Failure, initialised, median, serve, start};
use plain::serve_plain;

const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
const MESSAGES: usize = 150;
/// The argument that makes this program the server from memory.
const FROM_MEMORY: &str = "--serve-from-memory";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|word| word == FROM_MEMORY) {
        return runtime()?.block_on(serve_from_memory(arguments[at + 1].clone()));
    }
    runtime()?.block_on(measure())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

async fn serve_from_memory(file: String) -> Result<(), Failure> {
    let body = axum::body::Bytes::from(std::fs::read(file)?);
    let answer = move || {
        let body = body.clone();
        async move { ([("content-type", "application/json"), ("cache-control", "no-store")], body) }
    };
    let router = axum::Router::new().route("/api/v2/chat/threads/{id}", axum::routing::get(answer));
    serve_plain(router).await
}

async fn measure() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite:{}", folder.path().join("bench.db").display());
    let token = initialised(&database)?;
    let server = serve(&database, folder.path())?;
    let caller = Caller { address: server.address.clone(), token };

    let mut connection = caller.connect().await?;
    let made = connection.call("POST", "/api/v2/chat/threads", r#"{"subject":"A long conversation"}"#).await?;
    let thread: serde_json::Value = serde_json::from_slice(&made)?;
    let path = format!("/api/v2/chat/threads/{}", thread["id"]);
    for number in 0..MESSAGES {
        connection.call("POST", &format!("{path}/messages"), &message(number)).await?;
    }
    let body = connection.call("GET", &path, "").await?;
    let file = folder.path().join("thread.json");
    std::fs::write(&file, &body)?;
    let memory = start(Command::new(std::env::current_exe()?).arg(FROM_MEMORY).arg(&file))?;
    let from_memory = Caller { address: memory.address.clone(), token: String::new() };

    println!("thread with its newest 100 messages, {} bytes:", body.len());
    for connections in [1, 16] {
        let (mut limit, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            limit.push(from_memory.load(connections, ROUND, "GET", &path, |_| String::new()).await?);
            ours.push(caller.load(connections, ROUND, "GET", &path, |_| String::new()).await?);
        }
        let (limit, ours) = (median(limit), median(ours));
        println!(
            "  {connections:>2} connections   from memory {limit}   countersign {ours}   ratio {:.2}",
            ours.rate / limit.rate
        );
    }
    println!("durable posts:");
    for connections in [1, 16] {
        let mut ours = Vec::new();
        for _ in 0..ROUNDS {
            ours.push(
                caller
                    .load(connections, ROUND, "POST", &format!("{path}/messages"), |n| {
                        message(usize::try_from(n).unwrap_or(0))
                    })
                    .await?,
            );
        }
        println!("  {connections:>2} connections   {}", median(ours));
    }
    Ok(())
}

fn message(number: usize) -> String {
    let text = format!(
        "Message {number}: the supplier says that invoice {} was paid twice, and Kari asks whether the second payment \
         can stand as a credit. Her query:\n```sql\nselect * from payments where invoice = {number}\n```\nSee the ledger.",
        2000 + number
    );
    serde_json::json!({ "message": text }).to_string()
}
