//! Runs every command that the README shows, as it stands there, on a binary that is already built: in a
//! folder of its own, with a free port in the place of the one that the README names.

// Helpers of tests and benches may give up loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "serve")]

#[path = "support/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use terminal::Terminal;

const README: &str = include_str!("../README.md");
const PORT: &str = "127.0.0.1:8080";

#[test]
fn every_command_of_the_readme_works() {
    let mut reader = Reader::new();
    let commands: Vec<&str> = commands(README).collect();
    assert!(commands.len() >= 10, "the README's commands were found: {commands:?}");
    for command in commands {
        reader.run(command);
    }
}

/// The lines of the README's shell blocks.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        if line.starts_with("```") {
            inside = *line == "```sh";
            return false;
        }
        inside
    })
}

/// Somebody who types one command of the README after the other.
struct Reader {
    folder: tempfile::TempDir,
    binary: PathBuf,
    environment: BTreeMap<String, String>,
    token: Option<String>,
    server: Option<(Child, String)>,
}

impl Reader {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let sample = README.split('`').find(|piece| piece.starts_with("{\"type\"")).expect("a sample record");
        std::fs::write(folder.path().join("records.jsonl"), format!("{sample}\n")).expect("the sample file");
        let installed = std::env::var_os("COUNTERSIGN_README_BINARY").map(PathBuf::from);
        let binary = installed.unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_countersign")));
        let home = folder.path().to_string_lossy().into_owned();
        Self { folder, binary, environment: BTreeMap::from([("HOME".to_owned(), home)]), token: None, server: None }
    }

    fn run(&mut self, line: &str) {
        match words(line).as_slice() {
            [cargo, run, .., demo] if cargo == "cargo" && run == "run" => self.look_at(&[demo], "awaiting approval"),
            [cargo, install, ..] if cargo == "cargo" && install == "install" => {
                assert!(self.binary.is_file(), "{line} was run before, and made {}", self.binary.display());
            }
            [script] if script == "tests/run" => {
                assert!(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(script).is_file());
            }
            [export, assignments @ ..] if export == "export" => self.export(assignments),
            [program] if program == "countersign" => self.look_at(&[], "kari"),
            [program, serve, arguments @ ..] if program == "countersign" && serve == "serve" => self.serve(arguments),
            [program, arguments @ ..] if program == "countersign" => self.carry_out(line, arguments),
            _ => panic!("the README shows a command that nothing here runs: {line}"),
        }
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(self.folder.path()).envs(&self.environment).stdin(Stdio::null());
        command
    }

    fn carry_out(&mut self, line: &str, arguments: &[String]) {
        let output = self.command(arguments).output().expect("the program starts");
        let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{line}\n{printed}");
        if let Some(at) = printed.find("csn_").filter(|_| self.token.is_none()) {
            self.token =
                Some(printed[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect());
        }
    }

    fn serve(&mut self, arguments: &[String]) {
        let arguments: Vec<String> = arguments.iter().map(|word| word.replace(PORT, "127.0.0.1:0")).collect();
        let mut command = self.command(&[&["serve".to_owned()], arguments.as_slice()].concat());
        let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the server starts");
        let mut log = BufReader::new(process.stderr.take().expect("a log")).lines();
        let address = loop {
            let line = log.next().expect("the server says where it listens").expect("text");
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
            }
        };
        std::thread::spawn(move || log.for_each(drop));
        self.server = Some((process, address));
    }

    fn export(&mut self, assignments: &[String]) {
        let (_, address) = self.server.as_ref().expect("a server");
        let token = self.token.as_ref().expect("a token");
        for assignment in assignments {
            let (name, value) = assignment.split_once('=').expect("NAME=value");
            let value = value.replace(PORT, address).replace("csn_…", token);
            self.environment.insert(name.to_owned(), value);
        }
    }

    /// Starts the client, waits for `text` on its screen, and leaves.
    fn look_at(&self, arguments: &[&str], text: &str) {
        let environment: Vec<(&str, &str)> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut terminal = Terminal::start(&self.binary, arguments, &environment, (120, 36));
        terminal.wait_for(text);
        terminal.send("q");
        assert!(terminal.wait_for_exit().success());
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some((process, _)) = &mut self.server {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The words of a command line; double quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let pieces = line.split('"').enumerate();
    let mut words = vec![String::new()];
    for (at, piece) in pieces {
        if at % 2 == 1 {
            words.last_mut().expect("a word").push_str(piece);
            continue;
        }
        for (nth, word) in piece.split(' ').enumerate() {
            if nth > 0 {
                words.push(String::new());
            }
            words.last_mut().expect("a word").push_str(word);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
