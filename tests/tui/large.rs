//! What is large is as usable as what is small, and no more of it is kept than is looked at.

use countersign::app::Scroll;
use serde_json::json;

use crate::{
    fixture::{self, IDA, OLA},
    server::Server,
    world::World,
};

/// A server with one thread, which holds nothing yet.
fn server() -> Server {
    let (mut server, from) = (Server::new(), fixture::server());
    (server.me, server.people) = (from.me, from.people);
    add_thread(&mut server, 11, "A large one");
    server
}

fn add_thread(server: &mut Server, id: i64, subject: &str) {
    server.threads.insert(
        id,
        json!({ "id": id, "client_account_id": 3, "subject": subject, "created_by_id": IDA,
                "updated_at": "2026-11-22T09:31:00Z", "unread_count": 0, "awaiting_approval": false }),
    );
    server.messages.insert(id, Vec::new());
}

/// How many messages are in the memory.
fn kept(world: &World) -> usize {
    let open = world.model.conversation().expect("a thread");
    open.entries.len() + open.past.as_ref().map_or(0, |past| past.entries.len())
}

#[test]
fn a_hundred_thousand_messages() {
    let mut server = server();
    let messages = server.messages.get_mut(&11).expect("the thread");
    messages.extend((1..=100_000).map(|number| {
        json!({ "id": number, "thread_id": 11, "message": format!("number {number}."), "created_by_id": OLA,
                "created_at": "2026-11-21T14:00:00Z", "action_items": [], "kind": "user", "revision": 1, "actions": [] })
    }));
    let mut world = World::settled(server, (80, 24));
    world.keys("Enter");
    for (keys, seen) in [
        ("PgUp PgUp PgUp PgUp PgUp", "number 99950."),
        ("g", "number 1."),
        ("PgDn PgDn", "number 20."),
        ("g", "number 1."),
        ("G", "number 100000."),
    ] {
        world.keys(keys);
        assert!(world.draw().contains(seen), "{keys}: {}", world.draw());
        assert!(kept(&world) <= 2_000, "{} are kept", kept(&world));
    }
}

#[test]
fn five_thousand_threads() {
    let mut server = server();
    for id in 1_000..5_999 {
        add_thread(&mut server, id, &format!("Subject {id}"));
    }
    server.page = 500;
    let mut world = World::settled(server, (80, 24));
    for _ in 0..12 {
        world.keys("G");
    }
    assert_eq!(world.model.threads.items.len(), 5_000);
    assert!(world.draw().contains("A large one"), "the oldest: {}", world.draw());
    world.keys("g");
    assert!(world.draw().contains("Subject 5998"), "{}", world.draw());
}

#[test]
fn what_is_new_in_threads_that_are_not_loaded_is_not_counted_as_nothing() {
    let mut server = server();
    for id in 1_000..1_300 {
        add_thread(&mut server, id, &format!("Subject {id}"));
        server.threads.get_mut(&id).expect("the thread")["unread_count"] = json!(1);
    }
    let mut world = World::settled(server, (120, 24));
    let screen = world.draw();
    assert!(screen.contains(" 100+ new "), "{screen}");
    for _ in 0..6 {
        world.keys("G");
    }
    let screen = world.draw();
    assert!(screen.contains(" 300 new "), "{screen}");
}

/// A thread with 1,000 messages by two people, of which the last 450 of Ola's are new.
fn with_news(is_live: bool) -> World {
    let mut server = server();
    server.is_live = is_live;
    let messages = server.messages.get_mut(&11).expect("the thread");
    messages.extend((1..=1_000).map(|number| {
        let author = if number % 10 == 0 { IDA } else { OLA };
        json!({ "id": number, "thread_id": 11, "message": format!("number {number}."), "created_by_id": author,
                "created_at": "2026-11-21T14:00:00Z", "action_items": [], "kind": "user", "revision": 1, "actions": [] })
    }));
    server.threads.get_mut(&11).expect("the thread")["unread_count"] = json!(450);
    World::settled(server, (80, 24))
}

#[test]
fn the_first_of_many_new_messages_is_found_however_far_back() {
    for is_live in [true, false] {
        let mut world = with_news(is_live);
        let screen = world.draw();
        assert!(screen.contains("↑ 450 new, u goes to the first"), "{screen}");
        world.keys("Enter u");
        let screen = world.draw();
        let (line, first) = (screen.find("── new ─"), screen.find("number 501."));
        assert!(line.is_some() && line < first, "{screen}");
        assert!(!screen.contains("number 499.") && !screen.contains("450 new, u"), "{screen}");
        world.keys("G");
        assert!(!world.draw().contains("450 new, u"), "it has been seen");
    }
}

#[test]
fn the_new_line_stands_nowhere_until_it_is_known_where() {
    let mut world = with_news(true);
    world.keys("Enter");
    for _ in 0..80 {
        world.keys("PgUp");
        let screen = world.draw();
        let is_there = screen.contains("── new ─");
        assert!(!is_there || screen.contains("number 501.") || screen.contains("number 500."), "{screen}");
        if is_there {
            return;
        }
    }
    panic!("it was never passed: {}", world.draw());
}

/// A message of a megabyte, and one that is a single line without a place to break it.
#[test]
fn messages_that_are_books() {
    for (text, first, last) in [
        (format!("begins here. {}ends here.", "word ".repeat(200_000)), "begins here", "ends here"),
        (format!("begins{}ends", "日".repeat(60_000)), "begins日", "日ends"),
        (format!("begins{}ends", "x".repeat(60_000)), "beginsx", "xends"),
    ] {
        let mut server = server();
        fixture::say(&mut server, 11, 50, OLA, "2026-11-21T14:00:00Z", "before it");
        fixture::say(&mut server, 11, 51, OLA, "2026-11-21T14:00:00Z", &text);
        let mut world = World::settled(server, (80, 24));
        world.is_busy = true;
        world.keys("Enter");
        assert!(world.draw().contains("A large one"), "drawn before it is laid out");
        world.is_busy = false;
        assert!(world.draw().contains(last), "{}", world.draw());
        world.keys("PgUp PgUp");
        let Some(Scroll::At { message: 51, offset }) = world.model.conversation().map(|open| open.scroll) else {
            panic!("not in the message");
        };
        // Another width, and back: the same content is on top.
        world.size = (120, 40);
        world.draw();
        world.size = (80, 24);
        world.draw();
        assert_eq!(world.model.conversation().map(|open| open.scroll), Some(Scroll::At { message: 51, offset }));
        world.keys("g");
        assert!(world.draw().contains(first) && world.draw().contains("before it"), "{}", world.draw());
    }
}
