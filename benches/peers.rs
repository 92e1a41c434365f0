//! What a person feels of the client, beside weechat and irssi in the same run under the same pseudo-terminal:
//! from exec to the first frame, from key to echo, bytes a key, memory, and moving through a conversation of
//! 100,000 lines. A peer that is not installed is left out and named.
//!
//! `cargo bench --features serve --bench peers` (or `-- 10000` for another number of lines)

// Helpers of tests and benches may give up loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/corpus.rs"]
#[allow(dead_code)]
mod corpus;
#[path = "support/filling.rs"]
mod filling;
#[path = "support/load.rs"]
#[allow(dead_code)]
mod load;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/program.rs"]
mod program;
#[path = "../tests/support/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use std::time::{Duration, Instant};

use load::Failure;
use program::Program;
use terminal::Terminal;

const LINES: u64 = 100_000;
const STARTS: usize = 11;
const KEYS: usize = 200;
const PAGES: usize = 60;
const SIZE: (u16, u16) = (120, 40);
/// Without output for so long, a program is done.
const QUIET: Duration = Duration::from_millis(60);

fn main() -> Result<(), Failure> {
    let lines = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(LINES);
    let folder = tempfile::tempdir()?;
    let countersign = program::Countersign::start(folder.path(), lines)?;
    let text = folder.path().join("lines.txt");
    std::fs::write(&text, (0..lines).map(|number| line(number) + "\n").collect::<String>())?;
    let programs = [Program::floor(), Program::irssi(&text)?, Program::weechat(&text)?, countersign.program()?];
    println!("at {}×{}, {lines} lines; times in ms: median / p99 (or the worst)", SIZE.0, SIZE.1);
    for program in programs {
        if program.is_installed() {
            measure(&program);
        } else {
            println!("\n{}: not installed, left out", program.name);
        }
    }
    Ok(())
}

/// One line of the conversation: a name, words, and its number, by which it is found on the screen.
fn line(number: u64) -> String {
    format!("{} #{number}", corpus::message(number).replace('\n', " "))
}

fn measure(program: &Program) {
    println!("\n{}", program.name);
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let start = Instant::now();
        let terminal = program.start(SIZE);
        terminal.wait_until("a first frame", program.is_ready);
        times.push(terminal.last_output() - start);
    }
    row("exec to first frame", &mut times);
    let mut terminal = program.start(SIZE);
    terminal.wait_until("a first frame", program.is_ready);
    terminal.quiet(QUIET);
    println!("  {:<24} {:>8.1} MB", "memory after start", resident(&terminal));
    type_keys(program, &mut terminal);
    if let Some(talk) = &program.conversation {
        terminal.send(&talk.open);
        terminal.wait_until("the last line", |screen| screen.contains(&talk.last));
        terminal.quiet(QUIET);
        jump(&mut terminal, "to the first line", &talk.top, &talk.first);
        jump(&mut terminal, "back to the last line", &talk.bottom, &talk.last);
        pages(&mut terminal, "a page up", "\x1b[5~");
        println!("  {:<24} {:>8.1} MB", "memory after scrolling", resident(&terminal));
    }
}

fn type_keys(program: &Program, terminal: &mut Terminal) {
    terminal.send(program.write);
    terminal.quiet(QUIET);
    let (mut times, mut bytes) = (Vec::new(), 0);
    for (at, key) in "qzxjvkw".chars().cycle().take(KEYS).enumerate() {
        if at % 20 == 0 {
            terminal.send(program.clear);
            terminal.quiet(QUIET);
        }
        let count = |screen: &str| screen.matches(key).count();
        let (there, before) = (count(&terminal.text()), terminal.written());
        let start = Instant::now();
        terminal.send(&key.to_string());
        terminal.wait_until("the key", |screen| count(screen) > there);
        times.push(terminal.last_output() - start);
        terminal.quiet(QUIET);
        bytes += terminal.written() - before;
    }
    row("key to echo", &mut times);
    println!("  {:<24} {:>8.1}", "bytes a key", each(bytes, KEYS));
    terminal.send(program.clear);
    terminal.send(program.stop_writing);
    terminal.quiet(QUIET);
}

fn jump(terminal: &mut Terminal, what: &str, keys: &str, text: &str) {
    let mut times = Vec::new();
    let start = Instant::now();
    terminal.send(keys);
    terminal.wait_until(what, |screen| screen.contains(text));
    times.push(terminal.last_output() - start);
    terminal.quiet(QUIET);
    row(what, &mut times);
}

fn pages(terminal: &mut Terminal, what: &str, key: &str) {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..PAGES {
        let (before, start) = (terminal.written(), Instant::now());
        terminal.send(key);
        terminal.quiet(QUIET);
        bytes += terminal.written() - before;
        times.push(terminal.last_output().saturating_duration_since(start));
    }
    row(what, &mut times);
    println!("  {:<24} {:>8.0}", "bytes a page", each(bytes, PAGES));
}

fn row(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    println!("  {what:<24} {:>8.2} / {:.2}", at(50), at(99));
}

#[allow(clippy::cast_precision_loss)]
fn each(bytes: usize, count: usize) -> f64 {
    bytes as f64 / count as f64
}

/// Megabytes that the program keeps in memory.
#[allow(clippy::cast_precision_loss)]
fn resident(terminal: &Terminal) -> f64 {
    memory::resident(terminal.process_id()) as f64 / 1e6
}
