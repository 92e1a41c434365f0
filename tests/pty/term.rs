//! The terminal is given back as it was found, whatever ends or stops the program that had it. The program is
//! this test binary itself, started by a shell that looks at the terminal before and after.

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
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::terminal::{PATIENCE, Terminal};

/// Says to the test below that it is to be the program; holds the file for its last words.
const LAST_WORDS: &str = "COUNTERSIGN_TEST_LAST_WORDS";

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

struct Played {
    terminal: Terminal,
    last_words: tempfile::TempPath,
}

impl Played {
    /// Starts the program from a shell with job control, which runs `then` when it ended or stopped.
    fn start(then: &str) -> Self {
        let last_words = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
        let program = std::env::current_exe().expect("this program");
        let script = format!(
            "set -m; look() {{ echo \"$1 $(stty -g)\"; }}; look before; '{}' --exact --nocapture term::program; \
             {then} echo status $?; look after; echo it is over",
            program.display()
        );
        let environment = [(LAST_WORDS, last_words.to_str().expect("a path"))];
        let terminal = Terminal::start("sh", &["-c", &script], &environment, (160, 40));
        Self { terminal, last_words }
    }

    fn is_ready(&self) -> Pid {
        self.terminal.wait_for("ready");
        self.process()
    }

    fn process(&self) -> Pid {
        let bytes = self.bytes();
        let number = bytes.split_once("process ").and_then(|(_, rest)| rest.split_once('.')?.0.parse().ok());
        Pid::from_raw(number.expect("a number")).expect("a process id")
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.process(), signal).expect("the signal is sent");
    }

    fn bytes(&self) -> String {
        String::from_utf8_lossy(&self.terminal.bytes()).into_owned()
    }

    /// What `stty` said at that point.
    fn line_discipline(&self, when: &str) -> String {
        let bytes = self.bytes();
        let line = bytes.lines().find_map(|line| Some(line.split_once(&format!("{when} "))?.1.trim().to_owned()));
        line.unwrap_or_else(|| panic!("no {when} in {bytes:?}"))
    }

    /// Waits for the end; the terminal is as before, having been taken that many times.
    fn is_over(&self, taken: usize) -> String {
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
    fn last_words(&self) -> String {
        let mut words = String::new();
        wait_until("last words", || {
            words = std::fs::read_to_string(&self.last_words).unwrap_or_default();
            !words.is_empty()
        });
        words
    }
}

fn assert_taken(terminal: &Terminal) {
    terminal.look(|screen| {
        assert!(screen.alternate_screen() && screen.bracketed_paste() && screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease);
    });
}

fn assert_given_back(terminal: &Terminal) {
    terminal.look(|screen| {
        assert!(!screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    });
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "never saw {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn leaving() {
    let mut played = Played::start("");
    played.is_ready();
    assert_taken(&played.terminal);
    played.terminal.send("q");
    assert!(played.is_over(1).contains("status 0"));
    assert_eq!(played.last_words(), "quit");
}

#[test]
fn panics_are_told_on_the_restored_screen() {
    for (key, message) in [("p", "the loop fell over"), ("t", "a thread fell over"), ("w", "a task fell over")] {
        let mut played = Played::start("");
        played.is_ready();
        played.terminal.send(key);
        let bytes = played.is_over(1);
        assert!(bytes.find("\x1b[?1049l") < bytes.find(message), "{bytes:?}");
        assert!(played.terminal.text().contains(message));
        if key != "p" {
            assert_ne!(played.last_words(), "", "the loop ends by itself");
        }
    }
}

#[test]
fn signals_end_the_loop() {
    for (signal, words) in [
        (Signal::TERM, "ended by Terminate"),
        (Signal::HUP, "ended by Hangup"),
        (Signal::INT, "ended by Interrupt"),
        (Signal::QUIT, "ended by Quit"),
    ] {
        let played = Played::start("");
        played.is_ready();
        played.signal(signal);
        assert!(played.is_over(1).contains("status 0"));
        assert_eq!(played.last_words(), words);
    }
}

#[test]
fn a_signal_ends_a_loop_that_is_stuck() {
    let mut played = Played::start("");
    let process = played.is_ready();
    played.terminal.send("s");
    played.terminal.wait_for("stuck");
    kill_process(process, Signal::TERM).expect("the signal is sent");
    assert!(played.is_over(1).contains("status 143"), "it died of the signal");
}

#[test]
fn a_terminal_that_goes_away_ends_the_loop() {
    let played = Played::start("");
    let process = played.is_ready();
    let Played { terminal, last_words } = played;
    drop(terminal);
    wait_until("the end", || test_kill_process(process).is_err());
    let words = std::fs::read_to_string(&last_words).expect("last words");
    assert!(["ended by Hangup", "closed"].contains(&words.as_str()) || words.contains("Input/output"), "{words}");
}

#[test]
fn suspended_and_continued() {
    for stop in [None, Some(Signal::TSTP)] {
        let mut played = Played::start("look stopped; read go; fg >/dev/null;");
        played.is_ready();
        played.terminal.send("a");
        played.terminal.wait_for("Char('a')");
        match stop {
            None => played.terminal.send("\x1a"),
            Some(signal) => played.signal(signal),
        }
        played.terminal.wait_for("stopped ");
        assert_given_back(&played.terminal);
        assert_eq!(played.line_discipline("stopped"), played.line_discipline("before"));
        played.terminal.send("go\n");
        let screen = played.terminal.wait_for("Resumed");
        assert!(screen.contains("Char('a')"), "all of it is drawn again: {screen}");
        assert_taken(&played.terminal);
        played.terminal.send("bq");
        played.is_over(2);
        assert_eq!(played.last_words(), "quit");
    }
}

#[test]
fn nobody_is_left_stopped_without_a_shell() {
    let program = std::env::current_exe().expect("this program");
    let last_words = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
    let environment = [(LAST_WORDS, last_words.to_str().expect("a path"))];
    let mut terminal = Terminal::start(program, &["--exact", "--nocapture", "term::program"], &environment, (160, 40));
    terminal.wait_for("ready");
    terminal.send("\x1a");
    terminal.wait_for("Resumed");
    assert_taken(&terminal);
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());
}

#[test]
fn stopped_by_force_and_continued() {
    let mut played =
        Played::start("stty sane; printf '\\033[?1049l\\033[?1000l'; echo stopped; read go; fg >/dev/null;");
    played.is_ready();
    played.signal(Signal::STOP);
    played.terminal.wait_for("stopped");
    played.terminal.send("go\n");
    played.terminal.wait_for("Resumed");
    assert_taken(&played.terminal);
    played.terminal.send("q");
    played.terminal.wait_for("it is over");
    assert_given_back(&played.terminal);
    assert_eq!(played.last_words(), "quit");
}

#[test]
fn an_editor_has_the_terminal_to_itself() {
    let mut played = Played::start("");
    played.is_ready();
    played.terminal.send("e");
    played.terminal.wait_for("editing");
    assert_given_back(&played.terminal);
    // Meant for the editor, not for us; a signal that is for us shows that it was seen.
    played.signal(Signal::INT);
    played.terminal.resize(150, 38);
    let screen = played.terminal.wait_for("meanwhile Resize");
    assert!(!screen.contains("Interrupt"), "{screen}");
    played.terminal.send("text\n");
    let screen = played.terminal.wait_for("Resumed");
    assert!(screen.contains("edited exit status: 0"), "{screen}");
    assert_taken(&played.terminal);
    played.terminal.send("q");
    played.is_over(2);
    assert_eq!(played.last_words(), "quit");
}

#[test]
fn keys_pastes_and_the_window() {
    let mut played = Played::start("");
    played.is_ready();
    let mut type_and_see = |typed: &str, seen: &str| {
        played.terminal.send(typed);
        played.terminal.wait_for(seen);
    };
    type_and_see("y", "press: Unknown");
    type_and_see("\x1b[121;1:3u", "KeyReleased");
    type_and_see("y", "press: Fresh");
    type_and_see("y", "press: Repeat");
    type_and_see("\x1b[I", "Focus(true)");
    type_and_see("\x1b[<0;5;3M", "Click { column: 4, row: 2 }");
    type_and_see("\x1b[200~y\x1b[31m\rq\x1b[201~", "pasted 7 bytes");
    let megabyte = "x".repeat(1_000_000);
    type_and_see(&format!("\x1b[200~{megabyte}\x1b[201~"), "pasted 1000000 bytes");
    type_and_see("dabc", "drained 3");
    played.terminal.resize(120, 35);
    played.terminal.wait_for("Resize { columns: 120, rows: 35 }");
    played.terminal.send("q");
    played.is_over(1);
}

#[test]
fn nothing_typed_is_left_lying() {
    let mut played = Played::start("");
    played.is_ready();
    played.terminal.send(&format!("{}x", "-".repeat(3000)));
    played.terminal.wait_for("Char('x')");
    played.terminal.send("q");
    played.is_over(1);
}

#[test]
fn what_does_not_change_is_not_written() {
    let mut played = Played::start("");
    played.is_ready();
    let frames = |played: &Played| played.bytes().matches("\x1b[?2026h").count();
    let before = frames(&played);
    played.terminal.send("---x");
    played.terminal.wait_for("Char('x')");
    assert_eq!(frames(&played), before + 1);
    played.terminal.send("q");
    played.is_over(1);
}

#[test]
fn no_terminal() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--exact", "--nocapture", "term::program"])
        .env(LAST_WORDS, file.path())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("standard input is not a terminal; start it in a terminal window"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
}
