//! The whole product in a real terminal: the demo is started, an action is read and approved by keypress, the
//! record is changed, and nothing is left behind.

use std::path::{Path, PathBuf};

use countersign::{
    api::Record,
    net::{Client, Options, RecordQuery, Token},
};
use serde_json::Value;

use crate::{
    machine::{self, descendants, wait_until_gone},
    terminal::Terminal,
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");
/// How the thread in which an action awaits approval begins, in a list that is as narrow as one gets.
const THREAD: &str = "Credit for invoice";

/// The demo in a terminal, as a shell runs it.
pub struct Demo {
    pub terminal: Terminal,
    /// Home and place for temporary files.
    folder: tempfile::TempDir,
}

impl Demo {
    fn start(size: (u16, u16)) -> Self {
        Self::start_with(size, &[])
    }

    /// With more in its environment.
    pub fn start_with(size: (u16, u16), environment: &[(&str, &str)]) -> Self {
        let script = "\"$0\" demo --details \"$1\"; echo \"ended with $?\"; stty -a";
        Self::start_script(script, size, environment)
    }

    /// As `script` runs it: `$0` is the program, `$1` the file for its details.
    pub fn start_script(script: &str, size: (u16, u16), environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        std::fs::create_dir(path("tmp")).expect("a folder");
        let (home, temporary, details) = (path(""), path("tmp"), path("details.json"));
        let environment = [&[("HOME", home.as_str()), ("TMPDIR", temporary.as_str())], environment].concat();
        let terminal = Terminal::start("sh", &["-c", script, PROGRAM, &details], &environment, size);
        Self { terminal, folder }
    }

    fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    fn details(&self) -> Value {
        let text = std::fs::read_to_string(self.folder.path().join("details.json")).expect("the details");
        serde_json::from_str(&text).expect("JSON")
    }

    /// A record that the invoice's own account can see, as the API gives it now.
    fn record(&self, record_type: &str, number: &str) -> Option<Record> {
        let details = self.details();
        let token = Token::new(details["tokens"]["kari"].as_str().expect("a token")).expect("a token");
        let client = Client::new(details["url"].as_str().expect("an address"), &token, Options::default());
        let query = RecordQuery { record_type: Some(record_type.to_owned()), ..RecordQuery::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let page = runtime.block_on(client.expect("a client").records(&query)).expect("records");
        page.items.into_iter().find(|record| record.fields["number"] == number)
    }

    /// Goes to the thread in which something waits.
    fn choose_thread(&mut self) {
        self.terminal.wait_for(THREAD);
        self.terminal.send("\x1b[B");
        self.terminal.wait_for("a opens the review");
    }

    fn open_review(&mut self) {
        self.choose_thread();
        self.terminal.send("a");
        self.terminal.wait_for("Read to the end");
    }

    /// What is left when the program has ended: nothing but a terminal as it was.
    #[track_caller]
    pub fn has_ended(&mut self, processes: &[u32], words: &str) {
        let screen = self.terminal.wait_for("ended with");
        assert!(screen.contains(words), "{screen}");
        let settings = self.terminal.wait_until("the terminal's settings", |screen| screen.contains("iexten"));
        for mode in [" icanon", " isig", " echo ", " icrnl", " opost"] {
            assert!(settings.replace('\n', " ").contains(mode), "{mode}: {settings}");
        }
        self.terminal.look(|screen| {
            assert!(!screen.alternate_screen() && !screen.hide_cursor());
            assert!(!screen.bracketed_paste() && !screen.application_cursor() && !screen.application_keypad());
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        });
        assert!(self.terminal.wait_for_exit().success());
        wait_until_gone(processes);
        assert_eq!(files_in(&self.temporary()), Vec::<PathBuf>::new());
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").filter_map(|entry| Some(entry.ok()?.path())).collect()
}

#[test]
fn an_action_is_read_and_approved_by_keypress() {
    let mut demo = Demo::start((120, 40));
    demo.open_review();
    assert_eq!(files_in(&demo.temporary()).len(), 1, "the demo's folder");
    let processes = descendants(demo.terminal.process_id());
    assert!(!processes.is_empty());
    let before = demo.record("invoice", "2041").expect("the invoice");
    assert_eq!(before.fields["amount"], 4_125_000);
    assert!(demo.record("credit_note", "2041-K1").is_none());

    // To the end of the plan; only then does `y` mean anything.
    demo.terminal.send("G");
    let screen = demo.terminal.wait_for("y approves exactly this");
    assert!(screen.contains("end of the plan"), "{screen}");
    demo.terminal.send("y");
    demo.terminal.wait_until("the result", |screen| {
        screen.contains("Approved and written") && screen.contains("result ✓ written")
    });

    let after = demo.record("invoice", "2041").expect("the invoice");
    assert_eq!(after.fields["amount"], 3_745_000);
    let note = demo.record("credit_note", "2041-K1").expect("the credit note");
    assert_eq!(after.fields["credit_note"], note.id);

    demo.terminal.send("q");
    demo.has_ended(&processes, "ended with 0");
}

#[test]
fn a_y_that_comes_at_once_decides_nothing() {
    let mut demo = Demo::start((80, 24));
    demo.choose_thread();
    demo.terminal.send("aGyyyyyyyy\r\r  ");
    demo.terminal.wait_for("end of the plan");
    assert!(demo.record("credit_note", "2041-K1").is_none());
    assert_eq!(demo.record("invoice", "2041").expect("the invoice").fields["amount"], 4_125_000);
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    for signal in ["TERM", "HUP"] {
        let mut demo = Demo::start((100, 30));
        demo.open_review();
        let processes = descendants(demo.terminal.process_id());
        machine::signal(signal, machine::child(demo.terminal.process_id()));
        demo.has_ended(&processes, "ended with");
    }
}

#[test]
fn keys_that_arrive_at_once_approve_nothing() {
    let mut demo = Demo::start((120, 40));
    demo.open_review();
    demo.terminal.send("G");
    demo.terminal.wait_for("y approves exactly this");
    // A paste into a terminal, or through a multiplexer, that does not mark it as one.
    demo.terminal.send("yyyyyyyyyyyyyyyyyyyyyyyy");
    let screen = demo.terminal.wait_until("an answer", |screen| !screen.contains("y approves exactly this"));
    assert!(!screen.contains("Approved"), "{screen}");
    let invoice = demo.record("invoice", "2041").expect("the invoice");
    assert_eq!(invoice.fields["amount"], 4_125_000);
}
