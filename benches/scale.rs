//! How the server's answers grow with what it holds: the same requests on 10,000 messages and on more, in the
//! same run; and durable posts beside what bare group commit reaches on this disk, called by threads and behind
//! the same axum.
//!
//! `cargo bench --features serve --bench scale` (10,000 and 100,000 messages), or
//! `cargo bench --features serve --bench scale -- 10000 1000000`; of several requests those alone whose names hold
//! one of the words that follow, as in `-- 10000 post`

// Helpers of tests and benches may give up loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/bare.rs"]
mod bare;
#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/filling.rs"]
mod filling;
#[path = "support/load.rs"]
mod load;
#[path = "support/plain.rs"]
mod plain;

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use load::{Caller, Failure, Figures, initialised, median, serve, start};

/// Messages of a thread.
const PER_THREAD: u64 = 100;
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;
/// The argument that makes this program a server that commits and does nothing else.
const BARE: &str = "--serve-bare";
const POST: &str = "post";

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let mut sizes: Vec<u64> = arguments.iter().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(at) = arguments.iter().position(|word| word == BARE) {
        return runtime.block_on(bare::serve_bare(Path::new(&arguments[at + 1])));
    }
    let words: Vec<String> = arguments.into_iter().skip(1).filter(|word| is_a_word(word)).collect();
    let mut measured = Vec::new();
    for messages in &sizes {
        measured.push(runtime.block_on(measure(*messages, &words))?);
    }
    if let (Some(first), Some(last), true) = (measured.first(), measured.last(), measured.len() > 1) {
        println!("\np50 over 1 connection, last size by first (the logarithm grows by {:.1}):", growth(&sizes));
        for ((name, small), (_, large)) in first.iter().zip(last) {
            println!("  {name:<24}{:>6.2}", large.p50.as_secs_f64() / small.p50.as_secs_f64());
        }
    }
    Ok(())
}

/// Whether an argument is neither a number nor one of cargo's own.
fn is_a_word(argument: &str) -> bool {
    !argument.starts_with('-') && argument.parse::<u64>().is_err()
}

/// Whether a request is measured.
fn is_asked_for(name: &str, words: &[String]) -> bool {
    words.is_empty() || words.iter().any(|word| name.contains(word.as_str()))
}

#[allow(clippy::cast_precision_loss)]
fn growth(sizes: &[u64]) -> f64 {
    let log = |size: Option<&u64>| size.map_or(f64::NAN, |size| (*size as f64).ln());
    log(sizes.last()) / log(sizes.first())
}

/// What was asked, and how it was answered over one connection.
type Measured = Vec<(&'static str, Figures)>;

async fn measure(messages: u64, words: &[String]) -> Result<Measured, Failure> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("scale.db");
    let database = format!("sqlite:{}", path.display());
    let token = initialised(&database)?;
    let filled = Instant::now();
    filling::fill(&database, messages, PER_THREAD, corpus::message).await?;
    println!("\n{messages} messages in {} threads", messages / PER_THREAD);
    println!("  filled in {:.0?}, {} on disk", filled.elapsed(), megabytes(size(&path)));
    let server = serve(&database, folder.path())?;
    let caller = Caller { address: server.address.clone(), token };
    let measured = reads(&caller, messages, words).await?;
    if is_asked_for(POST, words) {
        posts(&caller, folder.path()).await?;
    }
    println!("  server's memory: {}", megabytes(resident(server.process.id())));
    Ok(measured)
}

async fn reads(caller: &Caller, messages: u64, words: &[String]) -> Result<Measured, Failure> {
    let threads = messages / PER_THREAD;
    let middle = messages / 2;
    let search = |words: &str| format!("/chat/threads?per_page=20&free_text={}", encoded(words));
    let requests = [
        ("list, first page", "/chat/threads".to_owned()),
        ("list, page 50 of 2 each", "/chat/threads?page=50&per_page=2".to_owned()),
        ("list, page 50", "/chat/threads?page=50".to_owned()),
        ("thread, newest 100", format!("/chat/threads/{}", threads / 2)),
        (
            "100 from the middle",
            format!("/chat/threads/{}/messages?before={middle}&limit=100", middle.div_ceil(PER_THREAD)),
        ),
        ("search, common word", search(corpus::COMMON)),
        ("search, in old threads", search(corpus::OLD)),
        ("search, rare word", search(corpus::RARE)),
        ("search, absent word", search(corpus::ABSENT)),
        ("search, two letters", search(corpus::TWO_LETTERS)),
    ];
    let mut measured = Vec::new();
    for (name, path) in requests.into_iter().filter(|(name, _)| is_asked_for(name, words)) {
        let alone = rounds(caller, 1, "GET", &path, |_| String::new()).await?;
        let many = rounds(caller, 16, "GET", &path, |_| String::new()).await?;
        println!("  {name:<24}1: {alone}   16: {many}");
        measured.push((name, alone));
    }
    Ok(measured)
}

/// Posts, turn by turn with what they are measured against.
async fn posts(caller: &Caller, folder: &Path) -> Result<(), Failure> {
    const PATH: &str = "/chat/threads/1/messages";
    let body = |n| serde_json::json!({ "message": corpus::message(n) }).to_string();
    let alone = rounds(caller, 1, "POST", PATH, body).await?;
    let plain = start(Command::new(std::env::current_exe()?).arg(BARE).arg(folder.join("behind.db")))?;
    let behind_http = Caller { address: plain.address.clone(), ..caller.clone() };
    let (mut many, mut bare, mut behind) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        many.push(caller.load(16, ROUND, "POST", PATH, body).await?);
        bare.push(bare::group_commit(&folder.join(format!("bare{round}.db")), 16, ROUND)?);
        behind.push(behind_http.load(16, ROUND, "POST", PATH, body).await?);
    }
    bare.sort_by(f64::total_cmp);
    let (many, bare, behind) = (median(many), bare[ROUNDS / 2], median(behind));
    println!("  {POST:<24}1: {alone}   16: {many}");
    println!("  bare group commit, 16 in flight: {bare:.0}/s; posts reach {:.2} of it", many.rate / bare);
    println!("  the same behind HTTP: {behind}; posts reach {:.2} of it", many.rate / behind.rate);
    Ok(())
}

async fn rounds(
    caller: &Caller,
    connections: usize,
    method: &'static str,
    path: &str,
    body: impl Fn(u64) -> String + Copy + Send + 'static,
) -> Result<Figures, Failure> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(caller.load(connections, ROUND, method, path, body).await?);
    }
    Ok(median(rounds))
}

fn encoded(words: &str) -> String {
    words.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

fn size(path: &Path) -> u64 {
    let wal = path.with_extension("db-wal");
    [path, &wal].iter().filter_map(|path| fs::metadata(path).ok()).map(|data| data.len()).sum()
}

#[allow(clippy::cast_precision_loss)]
fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
