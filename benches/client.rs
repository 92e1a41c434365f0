//! How long a person waits for the client: from exec to the first frame, from key to echo, and what an idle
//! client costs. Every figure stands beside a floor measured in the same run by the same harness: a shell
//! that prints one word.
//!
//! `cargo bench --features serve --bench client`

// Helpers of tests and benches may give up loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use terminal::Terminal;

const STARTS: usize = 30;
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
