//! A program that has the terminal, for the tests of giving it back: this test binary itself, started by a shell
//! that looks at the terminal before and after.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use countersign::term::{Input, Key, KeyCode, Options, Session};
use ratatui::{
    buffer::Buffer,
    layout::Position,
    widgets::{Paragraph, Widget},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::terminal::{PATIENCE, Terminal};

/// Says to the test below that it is to be the program; holds the file for its last words.
pub const LAST_WORDS: &str = "COUNTERSIGN_TEST_LAST_WORDS";

/// The test below, by its name.
pub const PROGRAM: &str = "played::program";

/// Switched on and off, in the order in which they are switched on.
const MODES: [(&str, &str); 8] = [
    ("\x1b[22;2t", "\x1b[23;2t"),
    ("\x1b[?1049h", "\x1b[?1049l"),
    ("\x1b[?2004h", "\x1b[?2004l"),
    ("\x1b[?1004h", "\x1b[?1004l"),
    ("\x1b[?1000h", "\x1b[?1000l"),
    ("\x1b[?1006h", "\x1b[?1006l"),
    ("\x1b[>3u", "\x1b[<1u"),
    ("\x1b[?25l", "\x1b[?25h"),
];

#[test]
fn program() {
    if let Ok(file) = std::env::var(LAST_WORDS) {
        println!("process {}.", std::process::id());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let words = runtime.block_on(play());
        println!("{words}");
        std::fs::write(file, words).expect("the last words");
    }
}

/// Draws one thing over all of the window.
fn paint(widget: impl Widget, buffer: &mut Buffer) -> Option<Position> {
    widget.render(buffer.area, buffer);
    None
}

/// Shows what comes in until it is told to end, and returns why.
async fn play() -> String {
    let mut session = match Session::enter(Options { mouse: true }) {
        Ok(session) => session,
        Err(error) => return error.to_string(),
    };
    assert!(Session::enter(Options { mouse: true }).is_err(), "there is one session at a time");
    let mut seen = vec!["ready".to_owned()];
    loop {
        if let Err(error) = session.draw(|buffer| paint(Paragraph::new(seen.join("\n")), buffer)) {
            return error.to_string();
        }
        let input = session.next().await;
        match input {
            Input::Key(Key { code: KeyCode::Char(c), ctrl: false, .. }) => match c {
                'q' => return "quit".to_owned(),
                'p' => panic!("the loop fell over"),
                't' => drop(std::thread::spawn(|| panic!("a thread fell over")).join()),
                'w' => drop(tokio::spawn(async { panic!("a task fell over") }).await),
                's' => {
                    session.draw(|buffer| paint("stuck", buffer)).expect("a frame");
                    loop {
                        std::thread::park();
                    }
                }
                'e' => {
                    session.pause();
                    let editor = "echo editing; read line; test \"$line\" = text";
                    let mut edited = tokio::task::spawn_blocking(|| Command::new("sh").args(["-c", editor]).status());
                    let status = loop {
                        tokio::select! {
                            status = &mut edited => break status.expect("a thread").expect("a shell"),
                            input = session.next() => println!("meanwhile {input:?}"),
                        }
                    };
                    session.resume().expect("the terminal again");
                    seen.push(format!("edited {status}"));
                }
                'd' => {
                    // What was typed meanwhile is there at once.
                    let mut drained = Vec::new();
                    while drained.len() < 3 {
                        drained.extend(session.drain());
                    }
                    seen.push(format!("drained {}", drained.len()));
                }
                '-' => {}
                _ => seen.push(format!("{input:?}")),
            },
            Input::Key(Key { code: KeyCode::Char('z'), ctrl: true, .. }) | Input::Suspend => {
                session.suspend().expect("the terminal again");
            }
            Input::Signal(signal) => return format!("ended by {signal:?}"),
            Input::Closed => return "closed".to_owned(),
            Input::Paste(text) => seen.push(format!("pasted {} bytes", text.len())),
            _ => seen.push(format!("{input:?}")),
        }
    }
}

/// The program at work, in a terminal of its own.
pub struct Played {
    pub terminal: Terminal,
    pub last_words: tempfile::TempPath,
}

impl Played {
    /// Starts the program from a shell with job control, which runs `then` when it ended or stopped.
    pub fn start(then: &str) -> Self {
        let last_words = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
        let program = std::env::current_exe().expect("this program");
        let script = format!(
            "set -m; look() {{ echo \"$1 $(stty -g)\"; }}; look before; '{}' --exact --nocapture {PROGRAM}; \
             {then} echo status $?; look after; echo it is over",
            program.display()
        );
        let environment = [(LAST_WORDS, last_words.to_str().expect("a path"))];
        let terminal = Terminal::start("sh", &["-c", &script], &environment, (160, 40));
        Self { terminal, last_words }
    }

    pub fn is_ready(&self) -> Pid {
        self.terminal.wait_for("ready");
        self.process()
    }

    pub fn process(&self) -> Pid {
        let bytes = self.bytes();
        let number = bytes.split_once("process ").and_then(|(_, rest)| rest.split_once('.')?.0.parse().ok());
        Pid::from_raw(number.expect("a number")).expect("a process id")
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.process(), signal).expect("the signal is sent");
    }

    pub fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.terminal.bytes()).into_owned()
    }

    /// What `stty` said at that point.
    pub fn line_discipline(&self, when: &str) -> String {
        let bytes = self.bytes();
        let line = bytes.lines().find_map(|line| Some(line.split_once(&format!("{when} "))?.1.trim().to_owned()));
        line.unwrap_or_else(|| panic!("no {when} in {bytes:?}"))
    }

    /// Waits for the end; the terminal is as before, having been taken that many times.
    pub fn is_over(&self, taken: usize) -> String {
        self.terminal.wait_for("it is over");
        let bytes = self.bytes();
        for (on, off) in MODES {
            // The cursor is hidden and shown by frames too.
            if !on.contains("?25") {
                assert_eq!(
                    (bytes.matches(on).count(), bytes.matches(off).count()),
                    (taken, taken),
                    "{on:?}: {bytes:?}"
                );
            }
            assert!(bytes.rfind(on) < bytes.rfind(off), "{on:?}: {bytes:?}");
        }
        assert_given_back(&self.terminal);
        assert_eq!(self.line_discipline("after"), self.line_discipline("before"));
        bytes
    }

    /// What the program said last, once it did.
    pub fn last_words(&self) -> String {
        let mut words = String::new();
        wait_until("last words", || {
            words = std::fs::read_to_string(&self.last_words).unwrap_or_default();
            !words.is_empty()
        });
        words
    }
}

pub fn assert_given_back(terminal: &Terminal) {
    terminal.look(|screen| {
        assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    });
}

pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "never saw {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
