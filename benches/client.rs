//! How long a person waits for the client: from exec to the first frame, from key to echo, and what an idle
//! client costs. Every figure stands beside a floor measured in the same run by the same harness: a shell
//! that prints one word.
//!
//! `cargo bench --features serve --bench client`

// Helpers of tests and benches may give up loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/proxy.rs"]
#[allow(dead_code)]
mod proxy;
#[path = "../tests/support/server.rs"]
#[allow(dead_code)]
mod server;
#[path = "../tests/support/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use proxy::{Fault, Proxy};
use server::Office;
use terminal::Terminal;

const STARTS: usize = 30;
const KEYS: usize = 200;
/// Between two keys: a fault has time to be met, a draft to be saved.
const PAUSE: Duration = Duration::from_millis(10);
const IDLE: Duration = Duration::from_secs(10);
const SIZE: (u16, u16) = (120, 40);
const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

fn main() {
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path().to_string_lossy().into_owned();
    // Takes connections and never answers: the network at its worst.
    let black_hole = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", black_hole.local_addr().expect("an address"));
    let environment = [("HOME", home.as_str()), ("COUNTERSIGN_URL", url.as_str()), ("COUNTERSIGN_TOKEN", "csn_none")];

    let floor = starts(|| {
        let start = Instant::now();
        let terminal = Terminal::start("sh", &["-c", "printf READY; exec cat"], &[], SIZE);
        terminal.wait_for("READY");
        start.elapsed()
    });
    let first_frame = starts(|| {
        let start = Instant::now();
        let terminal = Terminal::start(PROGRAM, &[], &environment, SIZE);
        terminal.wait_until("a first frame", is_drawn);
        start.elapsed()
    });
    println!("exec to first frame, {STARTS} starts, network silent (median, worst):");
    println!("  a shell that prints a word   {}", row(&floor));
    println!("  countersign                  {}", row(&first_frame));

    typing();

    let terminal = Terminal::start(PROGRAM, &[], &environment, SIZE);
    terminal.wait_until("a first frame", is_drawn);
    let (before, start) = (usage(terminal.process_id()), Instant::now());
    std::thread::sleep(IDLE);
    let after = usage(terminal.process_id());
    println!("idle for {:.0?} without a server:", start.elapsed());
    println!("  memory                       {} KiB", after.resident / 1024);
    println!("  processor ticks              {}", after.ticks - before.ticks);
    println!("  wake-ups                     {}", after.switches - before.switches);
}

/// From a key to its echo on the screen, while the network is as it is.
fn typing() {
    let mut floor = Terminal::start("sh", &["-c", "stty -icanon; printf READY; exec cat >/dev/null"], &[], SIZE);
    floor.wait_for("READY");
    println!("key to echo, {KEYS} keys each (median, 99 of 100, worst):");
    println!("  a shell that only echoes     {}", percentiles(&keys(&mut floor)));
    let office = Office::open("");
    let server = office.serve("");
    let proxy = Proxy::start(server.url());
    let mut command = office.command();
    command.env("COUNTERSIGN_URL", server.url()).env("COUNTERSIGN_TOKEN", office.token("kari"));
    let made = command.args(["new", "--subject", "Bench"]).output().expect("a thread");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let home = office.folder().join("home");
    std::fs::create_dir(&home).expect("a folder");
    let home = home.to_string_lossy().into_owned();
    let environment =
        [("HOME", home.as_str()), ("COUNTERSIGN_URL", &proxy.url()), ("COUNTERSIGN_TOKEN", office.token("kari"))];
    let mut client = Terminal::start(PROGRAM, &[], &environment, SIZE);
    client.wait_for("● live");
    client.send("i");
    client.wait_for("Enter send");
    let faults = [
        ("well", Fault::None),
        ("slow", Fault::Delay(Duration::from_millis(300))),
        ("cut", Fault::Cut),
        ("a black hole", Fault::BlackHole),
        ("byte by byte", Fault::Drip),
        ("503", Fault::Status(503, None)),
        ("garbage", Fault::Garbage),
        ("200 MB", Fault::Huge),
        ("refused", Fault::Refused),
    ];
    for (name, fault) in faults {
        proxy.set(fault);
        println!("  countersign, {name:<15} {}", percentiles(&keys(&mut client)));
        client.send("\x15");
    }
    proxy.set(Fault::None);
}

/// The screen without its last line, which changes by itself.
fn above_status(screen: &str) -> &str {
    screen.trim_end().rsplit_once('\n').map_or(screen, |(above, _)| above)
}

/// Types keys one by one, each once the one before it was seen.
fn keys(terminal: &mut Terminal) -> Vec<Duration> {
    let mut times = Vec::new();
    for key in ('a'..='z').cycle().take(KEYS) {
        let before = above_status(&terminal.text()).to_owned();
        let start = Instant::now();
        terminal.send(&key.to_string());
        terminal.wait_until("the echo", |screen| above_status(screen) != before);
        times.push(start.elapsed());
        std::thread::sleep(PAUSE);
    }
    times.sort();
    times
}

fn percentiles(times: &[Duration]) -> String {
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    format!("{:>8.1?} {:>8.1?} {:>8.1?}", at(50), at(99), times[times.len() - 1])
}

/// The status line stands on the last row.
fn is_drawn(screen: &str) -> bool {
    screen.lines().count() >= usize::from(SIZE.1) - 1
}

fn starts(mut one: impl FnMut() -> Duration) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..STARTS).map(|_| one()).collect();
    times.sort();
    times
}

fn row(times: &[Duration]) -> String {
    format!("{:>8.1?} {:>8.1?}", times[times.len() / 2], times[times.len() - 1])
}

struct Usage {
    resident: u64,
    ticks: u64,
    switches: u64,
}

/// From `/proc`: resident bytes, processor ticks, and how often any thread gave up the processor to wait.
fn usage(process: u32) -> Usage {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum();
    let switches = std::fs::read_dir(format!("/proc/{process}/task"))
        .expect("the process runs")
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok())
        .filter_map(|status| number(&status, "voluntary_ctxt_switches:"))
        .sum();
    Usage { resident: number(&status, "VmRSS:").unwrap_or(0) * 1024, ticks, switches }
}

fn number(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}
