//! The config while the client runs: other keys at once, and a broken file changes nothing.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use crate::terminal::{PATIENCE, Terminal};

/// Puts another file in the place of this one, as editors do: nobody ever reads half of it, or nothing.
fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).expect("a file");
    fs::rename(&new, file).expect("in its place");
}

#[test]
fn the_config_is_read_anew_when_it_changes() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/countersign");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("config.toml");
    fs::write(&file, "[keys.lists]\nquit = \"Q\"\n").expect("a file");
    let environment = [("HOME", home.path().to_str().expect("a path"))];
    let mut terminal = Terminal::start(env!("CARGO_BIN_EXE_countersign"), &["demo"], &environment, (120, 30));
    terminal.wait_for("awaiting approval");
    terminal.send("q");

    replace(&file, "[keys.lists]\nquit = \"X\"\nqiut = \"Q\"\n");
    terminal.wait_for("! config.toml:3: ");
    terminal.send("X");
    replace(&file, "[ui]\ntheme = \"light\"\n[keys.lists]\nquit = \"Z\"\n");
    terminal.wait_for("it is in force");
    terminal.send("Z");
    assert!(terminal.wait_for_exit().success());
}

/// The headings of the themes.
const DARK: vt100::Color = vt100::Color::Rgb(0x8f, 0xc1, 0xcf);
const LIGHT: vt100::Color = vt100::Color::Rgb(0x1f, 0x65, 0x77);
const QUESTION: &str = "\x1b]11;?\x1b\\";

/// The demo with the theme `auto`, in a terminal that was just asked for its background.
fn asked() -> (Terminal, tempfile::TempDir) {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/countersign");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.toml"), "[ui]\ntheme = \"auto\"\n").expect("a file");
    let environment = [("HOME", home.path().to_str().expect("a path")), ("COLORTERM", "truecolor")];
    let terminal = Terminal::start(env!("CARGO_BIN_EXE_countersign"), &["demo"], &environment, (100, 30));
    terminal.wait_for("awaiting approval");
    let written = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert_eq!(written.matches(QUESTION).count(), 1);
    assert!(written.find(QUESTION) < written.find("Threads"), "before the first frame, which does not wait");
    (terminal, home)
}

/// Waits until the heading at the left is in that colour.
fn heading_is(terminal: &Terminal, colour: vt100::Color) {
    let start = Instant::now();
    let heading = || terminal.look(|screen| screen.cell(0, 1).expect("a cell").fgcolor());
    while heading() != colour {
        assert!(start.elapsed() < PATIENCE, "it stays {:?}", heading());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn leave(mut terminal: Terminal) {
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());
}

#[test]
fn the_theme_suits_the_background_that_the_terminal_tells_of() {
    let palette = vt100::Color::Idx(6);
    for (answer, colour) in [
        ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", LIGHT),
        ("\x1b]11;rgb:1e1e/1e1e/2e2e\x07", DARK),
        ("\x1b]11;rgb:fd/f6/e3\x1b\\", LIGHT),
        ("\x1b]11;nonsense\x07", palette),
        ("\x1b]10;rgb:ffff/ffff/ffff\x1b\\", palette),
        ("", palette),
    ] {
        let (mut terminal, _home) = asked();
        // A key that was typed before the answer, and one after it: neither is lost, and nothing of it is typed.
        terminal.send(&format!("?{answer}"));
        terminal.wait_for("Threads and messages");
        terminal.send("q");
        terminal.wait_until("the panes", |screen| screen.contains("awaiting approval") && screen.contains('│'));
        heading_is(&terminal, colour);
        leave(terminal);
    }
}

#[test]
fn an_answer_that_never_ends_swallows_no_key() {
    let (mut terminal, _home) = asked();
    terminal.send("\x1b]11;rgb:ff\r");
    terminal.wait_for("Enter write");
    terminal.send("\x1b[D");
    terminal.wait_for("Enter open");
    leave(terminal);
}

#[test]
fn a_late_answer_counts_and_one_after_the_end_is_printed_nowhere() {
    let (mut terminal, _home) = asked();
    terminal.send("?");
    terminal.wait_for("Threads and messages");
    terminal.send("q\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
    terminal.wait_for("awaiting approval");
    heading_is(&terminal, LIGHT);
    leave(terminal);

    let (mut terminal, _home) = asked();
    terminal.send("q\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
    assert!(terminal.wait_for_exit().success());
    assert!(!terminal.text().contains("rgb:"), "{}", terminal.text());
}
