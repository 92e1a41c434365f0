//! The terminal is given back as it was found, whatever ends or stops the program that had it.

use std::process::Command;

use rustix::process::{Signal, kill_process, test_kill_process};

use crate::{
    played::{LAST_WORDS, PROGRAM, Played, assert_given_back, wait_until},
    terminal::Terminal,
};

fn assert_taken(terminal: &Terminal) {
    terminal.look(|screen| {
        assert!(screen.alternate_screen() && screen.bracketed_paste() && screen.hide_cursor());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease);
    });
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
    let mut terminal = Terminal::start(program, &["--exact", "--nocapture", PROGRAM], &environment, (160, 40));
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
        .args(["--exact", "--nocapture", PROGRAM])
        .env(LAST_WORDS, file.path())
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("standard input is not a terminal; start it in a terminal window"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
}
