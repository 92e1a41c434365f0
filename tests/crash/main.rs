//! The real server process, killed in the middle of its work, rushed, and started twice: it loses nothing that it
//! acknowledged, and does nothing twice.

#![cfg(feature = "serve")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod hold;
mod midflight;
mod points;
mod rush;
#[path = "../support/server.rs"]
#[allow(dead_code)]
mod server;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use countersign::{
    api::{Id, NewThread},
    net::{Client, Error, MessageWindow, Options, Token},
};
use server::Office;
use tokio::{sync::watch, task::JoinSet};

const WRITERS: u64 = 16;
const ROUNDS: usize = 3;
/// Acknowledged posts after which the power goes, a round.
const ENOUGH: usize = 150;

/// What the writers know.
#[derive(Default)]
struct Book {
    /// Texts that the server said it has, by message id.
    acknowledged: BTreeMap<Id, String>,
    /// Texts whose answer was lost.
    unknown: BTreeSet<String>,
}

fn client(office: &Office, url: &str) -> Client {
    client_of(office, "kari", url)
}

fn client_of(office: &Office, login: &str, url: &str) -> Client {
    let token = Token::new(office.token(login)).expect("a token");
    Client::new(url, &token, Options::default()).expect("a client")
}

/// Posts until the server is gone; each text is its own idempotency key.
async fn write(client: Client, thread: Id, next: Arc<AtomicU64>, book: Arc<Mutex<Book>>, enough: watch::Sender<usize>) {
    loop {
        let text = format!("text-{}", next.fetch_add(1, Ordering::SeqCst));
        let posted = client.post_message(thread, &text, &text).await;
        let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(posted) = posted else {
            book.unknown.insert(text);
            return;
        };
        book.acknowledged.insert(posted.message.id, text);
        enough.send_modify(|count| *count += 1);
    }
}

/// Every message of the thread, oldest first.
async fn read(client: &Client, thread: Id) -> VecDeque<(Id, String)> {
    let mut all = VecDeque::new();
    let mut before = None;
    loop {
        let window = MessageWindow { before, limit: Some(100), ..MessageWindow::default() };
        let page = client.messages(thread, &window).await.expect("messages");
        before = page.items.first().map(|oldest| oldest.id);
        for message in page.items.into_iter().rev() {
            all.push_front((message.id, message.message));
        }
        if !page.has_next {
            return all;
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill_and_nothing_is_there_twice() {
    let office = Office::open("");
    let (next, book) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Book::default())));
    for round in 0..ROUNDS {
        let server = office.serve("");
        let client = client(&office, server.url());
        // The same key each round: it is made once.
        let thread = client.create_thread(&NewThread::default(), "thread").await.expect("a thread").thread.id;
        let (enough, mut counted) = watch::channel(0);
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            writers.spawn(write(client.clone(), thread, Arc::clone(&next), Arc::clone(&book), enough.clone()));
        }
        counted.wait_for(|count| *count >= ENOUGH).await.expect("posts are acknowledged");
        server.kill();
        while let Some(ended) = writers.join_next().await {
            ended.expect("a writer");
        }
        check(&office, thread, &book, round).await;
    }
}

/// Starts the server anew, and compares what it has with what the writers know.
async fn check(office: &Office, thread: Id, book: &Mutex<Book>, round: usize) {
    let server = office.serve("");
    let client = client(office, server.url());
    let (acknowledged, unknown) = {
        let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
        (book.acknowledged.clone(), std::mem::take(&mut book.unknown))
    };
    assert!(!unknown.is_empty(), "round {round}: the power went while something was being written");
    let stored: BTreeMap<Id, String> = read(&client, thread).await.into_iter().collect();
    for (id, text) in &acknowledged {
        assert_eq!(stored.get(id), Some(text), "round {round}: message {id} was acknowledged");
    }
    for text in &unknown {
        let posted = client.post_message(thread, text, text).await.expect("the same key again");
        assert_eq!(posted.message.message, *text);
        book.lock().unwrap_or_else(PoisonError::into_inner).acknowledged.insert(posted.message.id, text.clone());
    }
    let all = read(&client, thread).await;
    let texts: BTreeSet<&String> = all.iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), all.len(), "round {round}: something stands there twice");
    assert_eq!(all.len(), acknowledged.len() + unknown.len(), "round {round}: nothing else is there");
}

/// Posts `text` under keys until the server surely works on one that it has not answered: whichever of two
/// equal requests comes second is told so.
async fn held_key(client: &Client, thread: Id, text: &str) -> String {
    for attempt in 0..10 {
        let key = format!("held-{attempt}");
        let first = (client.clone(), text.to_owned(), key.clone());
        tokio::spawn(async move { first.0.post_message(thread, &first.1, &first.2).await });
        client.me().await.expect("the server answers");
        if matches!(client.post_message(thread, text, &key).await, Err(Error::Conflict { .. })) {
            return key;
        }
    }
    panic!("the second request came first ten times")
}

#[tokio::test]
async fn a_key_that_was_held_when_the_power_went_is_good_at_once() {
    let office = Office::open("");
    let server = office.serve("");
    let before = client(&office, server.url());
    let thread = before.create_thread(&NewThread::default(), "thread").await.expect("a thread").thread.id;
    let text = "```codeaction\ntotal = 0\nfor number in range(3000000):\n    total += number\n```";
    let key = held_key(&before, thread, text).await;
    let messages = read(&before, thread).await.len();
    server.kill();
    let server = office.serve("");
    let after = client(&office, server.url());
    assert_eq!(read(&after, thread).await.len(), messages, "nothing came of it");
    let posted = after.post_message(thread, text, &key).await.expect("the same key again");
    let again = after.post_message(thread, text, &key).await.expect("and again");
    assert_eq!(again.message.id, posted.message.id);
}
