//! Real clients on a real server over a network that misbehaves: nothing is lost or doubled, whatever happens
//! to it or to the program, and whoever types sees what they type.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use countersign::{
    api::{Id, Message, NewThread},
    net::{Client, MessageWindow, Options, Token, new_idempotency_key},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    proxy::{Fault, Proxy},
    server::{Office, PROGRAM, Server},
    terminal::{PATIENCE, Terminal},
};

/// An office with a server, and one thread in it.
struct World {
    office: Office,
    server: Server,
    thread: Id,
}

impl World {
    fn new() -> Self {
        let records = r#"{"type": "invoice", "id": 17, "fields": {"number": "2041", "amount": 100}}"#;
        let office = Office::open(records);
        let server = office.serve("");
        let mut world = Self { office, server, thread: 0 };
        world.thread = world.ask("kari", async |client| {
            let new = NewThread { subject: Some("Boards".to_owned()), ..NewThread::default() };
            client.create_thread(&new, &new_idempotency_key()).await.expect("a thread").thread.id
        });
        world
    }

    /// Asks the server itself.
    fn ask<T>(&self, login: &str, question: impl AsyncFnOnce(Client) -> T) -> T {
        let token = Token::new(self.office.token(login)).expect("a token");
        let client = Client::new(self.server.url(), &token, Options::default()).expect("a client");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(question(client))
    }

    fn post(&self, login: &str, text: &str) -> Message {
        let thread = self.thread;
        self.ask(login, async |client| {
            client.post_message(thread, text, &new_idempotency_key()).await.expect("posted").message
        })
    }

    fn messages(&self) -> Vec<Message> {
        let thread = self.thread;
        self.ask("kari", async |client| {
            client.thread(thread, &MessageWindow::default()).await.expect("the thread").messages
        })
    }

    /// How often a text was posted.
    fn count(&self, text: &str) -> usize {
        self.messages().iter().filter(|message| message.message == text).count()
    }

    /// A client at home in a folder.
    fn client(&self, url: &str, login: &str, home: &Path) -> Terminal {
        let home = home.to_string_lossy();
        let environment = [("HOME", &*home), ("COUNTERSIGN_URL", url), ("COUNTERSIGN_TOKEN", self.office.token(login))];
        Terminal::start(PROGRAM, &[], &environment, (120, 40))
    }

    fn invoice(&self) -> Value {
        let record = self.ask("kari", async |client| client.record(17).await.expect("the record"));
        Value::Object(record.fields)
    }
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE * 2, "never saw {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The thread is here, and so is what happens in it.
fn is_ready(terminal: &Terminal) {
    terminal.wait_until("a live thread", |screen| {
        screen.contains("● live") && screen.contains("Nothing has been said here yet.")
    });
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn two_clients_of_one_user_agree() {
    let world = World::new();
    let homes = [folder(), folder()];
    let [mut one, other] = homes.each_ref().map(|home| {
        let terminal = world.client(world.server.url(), "kari", home.path());
        is_ready(&terminal);
        terminal
    });
    one.send("i");
    one.wait_for("Enter send");
    one.send("a word from one\r");
    other.wait_for("a word from one");
    one.wait_until("the echo is the message", |screen| {
        screen.contains("a word from one") && !screen.contains("sending")
    });
    assert_eq!(world.count("a word from one"), 1);

    world.post("robo", "Here:\n```codeaction\nrecords.update('invoice', 17, amount=90)\n```");
    for terminal in [&one, &other] {
        terminal.wait_for("◆ 1 awaits approval");
    }
    one.send("\x1b");
    one.wait_for("Enter write");
    one.send("a");
    one.wait_for("Review 1/1");
    one.send("G");
    one.wait_for("y approves exactly this");
    one.send("y");
    one.wait_for("Approved and written.");
    other.wait_until("nothing waits any more", |screen| !screen.contains("◆ 1 awaits") && screen.contains("written"));
    assert_eq!(world.invoice()["amount"], 90);
}

#[test]
fn what_was_on_its_way_survives_a_crash_and_is_sent_once() {
    for (fault, arrives) in [(Fault::BlackHole, false), (Fault::Delay(Duration::from_secs(2)), true)] {
        let world = World::new();
        let proxy = Proxy::start(world.server.url());
        let home = folder();
        let mut terminal = world.client(&proxy.url(), "kari", home.path());
        is_ready(&terminal);
        terminal.send("i");
        terminal.wait_for("Enter send");
        proxy.set(fault);
        terminal.send("only once\r");
        terminal.wait_until("it is on its way", |screen| screen.contains("only once") && screen.contains("Kari"));
        wait_until("the outbox", || outbox(home.path()).contains("only once"));
        if arrives {
            wait_until("it arrives", || world.count("only once") == 1);
        }
        let process = Pid::from_raw(i32::try_from(terminal.process_id()).expect("a number")).expect("a process");
        kill_process(process, Signal::KILL).expect("it is killed");
        terminal.wait_for_exit();
        assert_eq!(world.count("only once"), usize::from(arrives));

        proxy.set(Fault::None);
        let again = world.client(&proxy.url(), "kari", home.path());
        again.wait_for("● live");
        wait_until("it is sent", || world.count("only once") == 1);
        wait_until("the outbox is empty", || !outbox(home.path()).contains("only once"));
        assert_eq!(world.count("only once"), 1);
        assert_eq!(again.text().matches("only once").count(), 2, "in the list and in the thread: {}", again.text());
    }
}

/// All that the client has put on the disk.
fn outbox(home: &Path) -> String {
    let mut text = String::new();
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                use std::os::unix::fs::PermissionsExt;
                let mode = entry.metadata().map_or(0o600, |metadata| metadata.permissions().mode());
                assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
                text += &std::fs::read_to_string(entry.path()).unwrap_or_default();
            }
        }
    }
    text
}

/// Types under the fault, sees it, sends it; when all is well again it has arrived once.
fn lives_through(faults: &[Fault]) {
    let world = World::new();
    let proxy = Proxy::start(world.server.url());
    let home = folder();
    let mut terminal = world.client(&proxy.url(), "kari", home.path());
    is_ready(&terminal);
    terminal.send("i");
    terminal.wait_for("Enter send");
    for (number, fault) in faults.iter().enumerate() {
        proxy.set(*fault);
        let before = proxy.requests();
        let text = format!("during {number}");
        terminal.send(&text);
        terminal.wait_until("the typed text", |screen| screen.contains(&format!("› {text}")));
        terminal.send("\r");
        // The composer is free for the next one at once.
        terminal.send(&format!("draft {number}"));
        terminal.wait_until("the next draft", |screen| {
            screen.contains(&format!("› draft {number}")) && screen.contains(&text)
        });
        // Of a black hole nobody learns anything.
        if !matches!(fault, Fault::Refused | Fault::BlackHole) {
            wait_until("the fault is met", || proxy.requests() > before);
        }
        proxy.set(Fault::None);
        let by_others = format!("by others {number}");
        world.post("robo", &by_others);
        wait_until(&format!("{text:?} after {fault:?}"), || {
            // What only a person can know to be safe, a person sends again.
            if terminal.text().contains("R sends it") {
                terminal.send("\x1b");
                terminal.wait_for("Enter write");
                terminal.send("R");
                terminal.send("i");
                terminal.wait_for("Enter send");
            }
            let screen = terminal.text();
            world.count(&text) == 1 && screen.contains("● live") && screen.contains(&by_others)
        });
        terminal.wait_until("nothing is on its way", |screen| {
            !screen.contains("sending") && !screen.contains("waits to be sent") && screen.contains(&text)
        });
        assert!(terminal.text().contains(&format!("draft {number}")), "the draft is kept");
        terminal.send("\x15");
        terminal.wait_until("an empty composer", |screen| !screen.contains(&format!("draft {number}")));
    }
    let texts: Vec<String> = world.messages().into_iter().map(|message| message.message).collect();
    let expected: Vec<String> =
        (0..faults.len()).flat_map(|number| [format!("during {number}"), format!("by others {number}")]).collect();
    let mut sorted = (texts, expected);
    sorted.0.sort();
    sorted.1.sort();
    assert_eq!(sorted.0, sorted.1, "nothing is lost or doubled");
}

#[test]
fn a_slow_or_cut_network() {
    lives_through(&[Fault::Delay(Duration::from_millis(300)), Fault::Cut, Fault::LostAnswers, Fault::Drip]);
}

#[test]
fn a_server_that_talks_nonsense() {
    lives_through(&[Fault::Status(503, None), Fault::Status(429, Some(1)), Fault::Garbage, Fault::Huge]);
}

#[test]
fn a_server_that_is_gone() {
    lives_through(&[Fault::Refused, Fault::BlackHole]);
}

#[test]
fn no_secure_connection() {
    let world = World::new();
    let proxy = Proxy::start(world.server.url());
    let home = folder();
    let url = proxy.url().replace("http:", "https:");
    let mut terminal = world.client(&url, "kari", home.path());
    terminal.wait_for("○ offline");
    terminal.send("?");
    terminal.wait_for("Keys");
}
