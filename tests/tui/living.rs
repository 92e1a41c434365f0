//! Living in it: reading on, searching, and a network that comes and goes.

use countersign::app::{Call, Effect, Event, Link, Loading, Pane, Scroll};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, OLA},
    server::{Mood, Server},
    world::World,
};

fn world() -> World {
    World::settled(fixture::server(), (80, 24))
}

#[test]
fn a_muted_thread_is_quiet_and_stays_so() {
    let mut world = World::settled(fixture::live_server(), (80, 24));
    let notified = |world: &mut World| {
        world.effects.clear();
        let id = 990 + i64::try_from(world.server.messages[&11].len()).expect("few");
        fixture::say(&mut world.server, 11, id, OLA, "2026-11-22T09:35:00Z", "psst \u{1b}]0;x\u{7}");
        world.server.threads.get_mut(&11).expect("the thread")["unread_count"] = json!(3);
        world.hear();
        world.effects.iter().find_map(|effect| match effect {
            Effect::Notify(words) => Some(words.to_string()),
            _ => None,
        })
    };
    assert_eq!(notified(&mut world).as_deref(), Some("Ola Nordmann in Coffee for the new office: psst ␛]0;x␇"));
    world.tell(Event::Focus(true));
    assert_eq!(notified(&mut world), None, "somebody is looking");
    world.tell(Event::Focus(false));
    world.keys("m");
    let saved = world.saved();
    assert!(world.draw().contains("muted · "), "{}", world.draw());
    assert_eq!(notified(&mut world), None);
    let restarted = World::with_drafts(fixture::live_server(), saved);
    assert!(restarted.model.muted.contains(&11));
}

/// A thread of so many messages, opened, with pages of ten.
fn long_thread(count: i64) -> World {
    let mut server = fixture::server();
    server.page = 10;
    for id in 0..count {
        let text = format!("message number {id}\n\nwith a second paragraph");
        fixture::say(&mut server, 11, 200 + id, OLA, "2026-11-22T09:32:00Z", &text);
    }
    let mut world = World::settled(server, (80, 24));
    world.keys("Enter");
    world
}

/// The text of the messages pane's rows.
fn rows(world: &mut World) -> Vec<String> {
    let screen = world.draw();
    let pane = screen.lines().skip(2).take(18).filter_map(|line| line.split('│').nth(1));
    pane.map(|row| row.trim().to_owned()).filter(|row| !row.is_empty()).collect()
}

#[test]
fn what_arrives_or_loads_does_not_move_the_reader() {
    let mut world = long_thread(60);
    world.keys("PgUp PgUp");
    let before = rows(&mut world);
    assert!(matches!(world.model.conversation().map(|c| c.scroll), Some(Scroll::At { .. })));
    fixture::say(&mut world.server, 11, 500, OLA, "2026-11-22T09:35:00Z", "something new");
    world.server.change(500, |_| {});
    world.wait(2_500);
    world.settle();
    assert_eq!(rows(&mut world), before);
    world.size = (120, 40);
    world.draw();
    world.size = (80, 24);
    assert_eq!(rows(&mut world), before, "there and back");
    world.keys("G");
    assert!(world.draw().contains("something new"));
}

#[test]
fn older_messages_load_as_one_scrolls_without_gaps_or_repeats() {
    let mut world = long_thread(60);
    for _ in 0..40 {
        world.keys("PgUp");
    }
    let conversation = world.model.conversation().expect("open");
    let ids: Vec<i64> = conversation.messages().map(|message| message.id).collect();
    let expected: Vec<i64> = (101..=104).chain(200..260).collect();
    assert_eq!(ids, expected);
    assert!(!conversation.has_older);
    assert!(world.draw().contains("Shall we order"), "the very first message is on top");
    // Down again, a row at a time: every message is passed once, in order.
    let mut seen = Vec::new();
    for _ in 0..400 {
        for row in rows(&mut world) {
            if let Some(number) = row.strip_prefix("message number ").and_then(|number| number.parse::<i64>().ok())
                && seen.last().is_none_or(|last| *last < number)
            {
                seen.push(number);
            }
        }
        world.keys("↓");
    }
    assert_eq!(seen, (0..60).collect::<Vec<_>>());
    assert_eq!(world.model.conversation().map(|c| c.scroll), Some(Scroll::Latest));
}

#[test]
fn what_was_read_is_told_to_the_server_once() {
    let mut world = world();
    assert!(world.draw().contains("2 new"));
    assert_eq!(world.server.read, [], "beside the list it takes a moment");
    world.keys("Enter");
    assert_eq!(world.server.read, [(11, 104)]);
    world.wait(10_000);
    world.settle();
    assert_eq!(world.server.read.len(), 1);
    assert!(!world.draw().contains("2 new"));
}

#[test]
fn searching_and_leaving_the_search() {
    let mut world = world();
    world.keys("/");
    world.write("Credit");
    world.keys("Enter");
    let screen = world.draw();
    assert!(screen.contains("Search: Credit") && !screen.contains("Year-end"), "{screen}");
    world.keys("/");
    world.write("xyz");
    world.keys("Enter");
    assert!(world.draw().contains("Nothing found."));
    world.keys("Esc");
    assert!(world.draw().contains("Year-end"));
}

#[test]
fn a_new_thread_is_ready_to_write_in() {
    let mut world = world();
    world.keys("n");
    world.write("Rent for December");
    world.keys("Enter");
    assert_eq!(world.model.focus, Pane::Composer);
    assert!(world.draw().contains("Rent for December"));
    let id = world.model.open.expect("open");
    assert_eq!(world.server.threads[&id]["client_account_id"], json!(3), "in the account one was looking at");
}

#[test]
fn only_the_thread_one_rests_on_is_fetched() {
    let mut world = world();
    for _ in 0..4 {
        world.key("↓");
        world.wait(20);
    }
    world.wait(200);
    let fetched: Vec<_> = world.calls.iter().filter(|(_, call)| matches!(call, Call::Thread(_))).collect();
    assert_eq!(fetched.len(), 1, "{fetched:?}");
    assert_eq!(fetched[0].1, Call::Thread(15));
}

#[test]
fn an_answer_that_nobody_waits_for_any_more_changes_nothing() {
    let mut world = world();
    world.key("↓");
    world.wait(200);
    let (id, call) = world.calls[0].clone();
    assert_eq!(call, Call::Thread(CREDIT));
    world.key("↓");
    world.wait(200);
    assert!(!world.calls.iter().any(|(known, _)| *known == id), "it was cancelled");
    let outcome = world.server.answer(&call);
    world.tell(Event::Answered { id, outcome });
    assert_eq!(world.model.conversations[&CREDIT].loading, Loading::Waiting);
}

#[test]
fn it_asks_less_often_when_nobody_is_there_and_backs_off_from_a_server_that_is_gone() {
    let asked = |world: &mut World, seconds: u64| {
        let mut count = 0;
        for _ in 0..seconds {
            world.wait(1_000);
            count += world.calls.iter().filter(|(_, call)| matches!(call, Call::Threads { .. })).count();
            world.answer();
        }
        count
    };
    let mut world = world();
    let active = asked(&mut world, 60);
    assert!((28..=32).contains(&active), "{active} a minute");
    asked(&mut world, 60);
    let idle = asked(&mut world, 60);
    assert!((5..=7).contains(&idle), "{idle} a minute");
    asked(&mut world, 600);
    let asleep = asked(&mut world, 60);
    assert!((1..=3).contains(&asleep), "{asleep} a minute");

    let mut world = World::settled(fixture::server(), (80, 24));
    world.server.mood = Mood::Gone;
    asked(&mut world, 60);
    let gone = asked(&mut world, 60);
    assert!((2..=5).contains(&gone), "{gone} a minute");
    world.server.mood = Mood::Well;
    asked(&mut world, 21);
    assert_eq!(world.model.link, Link::Online);
}

#[test]
fn a_wrong_token_is_said_and_nothing_is_lost() {
    let mut world = World::settled(fixture::server().in_mood(Mood::SignsOut), (80, 24));
    let screen = world.draw();
    assert!(screen.contains("You are not signed in.") && screen.contains("does not accept the token"), "{screen}");
    world.server.mood = Mood::Well;
    world.wait(11_000);
    world.settle();
    assert!(world.draw().contains("Coffee for the new office"));
}

#[test]
fn a_thread_one_may_not_see_any_more_is_closed() {
    let mut world = world();
    world.keys("Enter");
    world.server.mood = Mood::Forbids;
    world.wait(20_000);
    world.settle();
    let screen = world.draw();
    assert!(screen.contains("This thread can't be shown.") && !screen.contains("They close at four"), "{screen}");
}

#[test]
fn an_empty_server_invites_to_begin() {
    let mut world = World::settled(Server::new(), (80, 24));
    assert!(world.draw().contains("n starts one."));
    world.keys("i Tab Tab a ] [ ↓ G g PgUp Enter R e");
    assert!(world.model.review.is_none());
}
