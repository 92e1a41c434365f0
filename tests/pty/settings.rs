//! The config while the client runs: other keys at once, and a broken file changes nothing.

use std::fs;

use crate::terminal::Terminal;

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

    fs::write(&file, "[keys.lists]\nquit = \"X\"\nqiut = \"Q\"\n").expect("a file");
    terminal.wait_for("! config.toml:3: ");
    terminal.send("X");
    fs::write(&file, "[ui]\ntheme = \"light\"\n[keys.lists]\nquit = \"Z\"\n").expect("a file");
    terminal.wait_for("it is in force");
    terminal.send("Z");
    assert!(terminal.wait_for_exit().success());
}
