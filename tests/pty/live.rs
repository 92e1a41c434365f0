//! Real clients on a real server over a network that misbehaves: nothing is lost or doubled, whatever happens
//! to it or to the program, and whoever types sees what they type.

use std::{
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, Instant},
};

use countersign::{
    api::{Id, Message, NewThread},
    app::Drafts,
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

    /// Kari's client, in the thread and about to write.
    fn writer(&self, url: &str, home: &Path) -> Terminal {
        let mut terminal = self.client(url, "kari", home);
        is_ready(&terminal);
        terminal.send("i");
        terminal.wait_for("Enter send");
        terminal
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
        let mut terminal = world.writer(&proxy.url(), home.path());
        proxy.set(fault);
        terminal.send("only once\r");
        terminal.wait_until("it is on its way", |screen| screen.contains("sending") && screen.contains("only once"));
        wait_until("the outbox", || unsent(home.path()) == ["only once"]);
        if arrives {
            wait_until("it arrives", || world.count("only once") == 1);
        }
        kill(&mut terminal);
        assert_eq!(world.count("only once"), usize::from(arrives));

        proxy.set(Fault::None);
        let again = world.client(&proxy.url(), "kari", home.path());
        again.wait_until("it in the list and in the thread", |screen| {
            screen.matches("only once").count() == 2 && screen.contains("● live") && !screen.contains("sending")
        });
        assert_eq!(world.count("only once"), 1);
        wait_until("the outbox is empty", || unsent(home.path()).is_empty());
    }
}

fn kill(terminal: &mut Terminal) {
    let process = Pid::from_raw(i32::try_from(terminal.process_id()).expect("a number")).expect("a process");
    kill_process(process, Signal::KILL).expect("it is killed");
    terminal.wait_for_exit();
}

/// Every file that the clients at home there have put on the disk, for nobody else's eyes. One that has not taken
/// its place yet does not count: a crash would lose it.
fn files(home: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![home.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            // One that is being replaced may be gone by now.
            let Ok(metadata) = entry.metadata() else { continue };
            assert!(metadata.is_dir() || metadata.mode() & 0o777 == 0o600, "{}", entry.path().display());
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if entry.path().extension().is_some_and(|end| end == "json") {
                texts.extend(std::fs::read_to_string(entry.path()));
            }
        }
    }
    texts
}

/// What waits there to be sent.
fn unsent(home: &Path) -> Vec<String> {
    let files = files(home).into_iter().filter_map(|text| serde_json::from_str::<Drafts>(&text).ok());
    files.flat_map(|drafts| drafts.unsent).map(|unsent| unsent.text).collect()
}

/// Types under the fault, sees it, sends it; when all is well again it has arrived once.
fn lives_through(faults: &[Fault]) {
    let world = World::new();
    let proxy = Proxy::start(world.server.url());
    let home = folder();
    let mut terminal = world.writer(&proxy.url(), home.path());
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
    terminal.wait_for("○ offline, trying again: no secure connection to https://");
    terminal.send("?");
    terminal.wait_for("Keys");
}

#[test]
fn two_clients_in_one_place_lose_nothing_of_each_other() {
    let world = World::new();
    let proxy = Proxy::start(world.server.url());
    let home = folder();
    let [mut one, mut two] = [(); 2].map(|()| world.writer(&proxy.url(), home.path()));
    proxy.set(Fault::BlackHole);
    one.send("sent by one\r");
    one.wait_until("it is on its way", |screen| screen.contains("sending") && screen.contains("sent by one"));
    two.send("draft of two");
    two.wait_for("› draft of two");
    wait_until("both are on the disk", || {
        unsent(home.path()) == ["sent by one"] && files(home.path()).concat().contains("draft of two")
    });
    one.send("draft of one");
    one.wait_for("› draft of one");
    wait_until("it is on the disk too", || files(home.path()).concat().contains("draft of one"));
    kill(&mut one);
    kill(&mut two);

    proxy.set(Fault::None);
    // Two that start at once share what was left, and send it once.
    let both = [(); 2].map(|()| world.client(&proxy.url(), "kari", home.path()));
    for terminal in &both {
        terminal.wait_until("the message, once", |screen| {
            let messages = screen.lines().filter_map(|line| line.split_once('│'));
            messages.filter(|(_, right)| right.contains("sent by one")).count() == 1
                && screen.contains("● live")
                && !screen.contains("sending")
        });
    }
    assert_eq!(world.count("sent by one"), 1);
    let texts = both.each_ref().map(Terminal::text).concat();
    for draft in ["draft of one", "draft of two"] {
        assert!(texts.contains(draft), "{draft} is lost: {texts}");
    }
    wait_until("the outbox is empty", || unsent(home.path()).is_empty());
}

#[test]
fn what_the_disk_does_not_take_is_said_and_never_lost() {
    let world = World::new();
    let home = folder();
    // Something that is no folder lies where the folder should be: as good as a full disk.
    let state = home.path().join(".local/state");
    std::fs::create_dir_all(home.path().join(".local")).expect("a folder");
    std::fs::write(&state, "").expect("a file");
    let mut terminal = world.client(world.server.url(), "kari", home.path());
    is_ready(&terminal);
    terminal.send("i");
    terminal.wait_for("Enter send");
    terminal.send("sent all the same\r");
    terminal.wait_for("What you write can't be saved");
    wait_until("it arrives", || world.count("sent all the same") == 1);
    terminal.send("half a thought");
    terminal.wait_for("› half a thought");
    terminal.wait_for("! drafts not saved");
    terminal.send("\x1b");
    terminal.wait_for("Enter write");
    terminal.send("q");
    terminal.wait_for("or leave once more");

    // Once there is room it is saved.
    std::fs::remove_file(&state).expect("room");
    terminal.wait_until("it is saved", |screen| !screen.contains("! drafts not saved") && !screen.contains("can't be"));
    wait_until("the draft is on the disk", || files(home.path()).concat().contains("half a thought"));
    kill(&mut terminal);
    let mut terminal = world.client(world.server.url(), "kari", home.path());
    terminal.wait_for("› half a thought");

    // Whoever leaves all the same gets it to keep.
    terminal.wait_for("● live");
    std::fs::rename(&state, home.path().join(".local/moved")).expect("away");
    std::fs::write(&state, "").expect("a file");
    terminal.send("i");
    terminal.wait_for("Enter send");
    terminal.send(", and more");
    terminal.wait_for("! drafts not saved");
    terminal.send("\x1b");
    terminal.wait_for("Enter write");
    terminal.send("q");
    terminal.wait_for("or leave once more");
    terminal.send("q");
    terminal.wait_for_exit();
    let last = terminal.text();
    assert!(last.contains("could not be saved") && last.contains("half a thought, and more"), "{last}");
}
