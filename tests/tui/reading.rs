//! Reading a thread: going to a place in it, finding words, and what can be done with one message.

use countersign::app::{Context, Effect, Event, Pane, Scroll};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, IDA, OLA},
    server::{Mood, Server},
    world::World,
};

fn world() -> World {
    let mut world = World::settled(fixture::server(), (100, 30));
    world.keys("Enter");
    world
}

fn draft(world: &World) -> String {
    world.model.conversation().map(|conversation| conversation.composer.text()).unwrap_or_default()
}

fn copied(world: &World) -> Option<&str> {
    world.effects.iter().rev().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    })
}

/// A thread of two messages a day over many days, which a server gives out ten at a time.
fn long(days: i64) -> World {
    long_on(Server::new(), days)
}

fn long_on(mut server: Server, days: i64) -> World {
    let from = fixture::server();
    (server.me, server.people, server.page) = (from.me, from.people, 10);
    server.threads.insert(
        11,
        json!({ "id": 11, "client_account_id": 3, "subject": "A long one", "created_by_id": IDA,
                "updated_at": "2026-11-22T09:31:00Z", "unread_count": 0, "awaiting_approval": false }),
    );
    server.messages.insert(11, Vec::new());
    let first = "2026-11-22T08:00:00Z".parse::<countersign::api::Time>().expect("a time");
    for day in 0..days {
        for half in 0..2 {
            let hours = u64::try_from((days - 1 - day) * 24).expect("hours");
            let at = first.minus(std::time::Duration::from_secs(hours * 3600)).to_string();
            // Ids of other threads lie in between.
            let id = 1_000 + day * 20 + half * 3;
            let odd = if day % 40 == 7 && half == 0 { " with a pelican" } else { "" };
            fixture::say(&mut server, 11, id, OLA, &at, &format!("number {}{odd}", day * 2 + half));
        }
    }
    let mut world = World::settled(server, (80, 24));
    world.keys("Enter");
    world
}

#[test]
fn a_day_is_found_however_far_back_and_the_reader_comes_down_again_without_a_gap() {
    let mut world = long(300);
    world.keys("d");
    world.write("3 mar");
    world.keys("Enter");
    let screen = world.draw();
    // 22 November is day 299; the 3rd of March is 264 days before it.
    let top: Vec<&str> =
        screen.lines().skip(2).take(4).filter_map(|line| line.split_once('│')).map(|(_, right)| right.trim()).collect();
    assert!(top[0].starts_with("── Tuesday 3 March"), "{screen}");
    assert!(screen.contains("number 70"), "{screen}");
    assert!(world.model.conversation().is_some_and(|conversation| conversation.past.is_some()));
    let mut seen = Vec::new();
    for _ in 0..2_000 {
        let screen = world.draw();
        for number in
            screen.split("number ").skip(1).filter_map(|rest| rest.split_whitespace().next()?.parse::<i64>().ok())
        {
            if seen.last().is_none_or(|last| *last < number) {
                seen.push(number);
            }
        }
        if world.model.conversation().is_some_and(|conversation| conversation.scroll == Scroll::Latest) {
            break;
        }
        world.keys("PgDn");
    }
    assert_eq!(seen, (seen[0]..600).collect::<Vec<_>>());
    assert!(world.model.conversation().is_some_and(|conversation| conversation.past.is_none()), "one run again");
}

/// The pane at the right.
fn messages(screen: &str) -> Vec<&str> {
    screen.lines().filter_map(|line| Some(line.split_once('│')?.1)).collect()
}

#[test]
fn the_beginning_is_a_key_away_however_long_the_thread() {
    let mut world = long(300);
    world.keys("g");
    let screen = world.draw();
    assert!(screen.contains("number 0\n") && screen.contains("number 1\n"), "{screen}");
    assert!(world.model.conversation().is_some_and(|open| open.shown().len() <= 20), "nothing in between was loaded");
    // What is new and another size leave the reader there.
    fixture::say(&mut world.server, 11, 90_000, OLA, "2026-11-22T09:33:00Z", "number 600");
    world.wait(3_000);
    world.settle();
    world.size = (60, 12);
    world.draw();
    world.size = (80, 24);
    assert_eq!(messages(&world.draw()), messages(&screen));
    world.keys("PgDn");
    assert!(world.draw().contains("number 9\n"), "{}", world.draw());
    world.keys("G");
    assert!(world.draw().contains("number 600"), "{}", world.draw());
    // Where all of it is here, nothing is asked for.
    let mut short = long(3);
    short.keys("g");
    assert!(short.draw().contains("number 0\n"));
}

#[test]
fn without_paging_by_id_the_beginning_is_as_far_as_was_loaded() {
    let mut server = Server::new();
    server.pages_by_id = false;
    let mut world = long_on(server, 300);
    world.keys("g");
    assert!(world.model.conversation().is_some_and(|open| open.past.is_none()));
    assert_eq!(world.model.link, countersign::app::Link::Online);
    world.keys("G");
    assert!(world.draw().contains("number 599"), "{}", world.draw());
}

#[test]
fn days_before_the_beginning_and_after_the_end() {
    let mut world = long(30);
    world.keys("d");
    world.write("2020-01-01");
    world.keys("Enter");
    assert!(world.draw().contains("number 0\n"), "{}", world.draw());
    world.keys("G d");
    world.write("2026-12-24");
    world.keys("Enter");
    let screen = world.draw();
    assert!(
        screen.contains("Nothing has been said since 24 December 2026") && screen.contains("number 59"),
        "{screen}"
    );
    world.keys("d");
    world.write("soonish");
    world.keys("Enter");
    assert!(world.draw().contains("is no day: write 2026-11-03"));
}

#[test]
fn words_are_found_far_back_and_marked() {
    let mut world = long(300);
    world.keys("f");
    world.write("PELICAN");
    world.keys("Enter");
    assert_eq!(world.model.context(), Context::Finding);
    let numbers = [574, 494, 414, 334];
    for number in numbers {
        let screen = world.draw();
        assert!(screen.contains(&format!("number {number} with a pelican")), "{number}: {screen}");
        assert!(screen.contains("find PELICAN"), "{screen}");
        world.keys("n");
    }
    for number in numbers.into_iter().rev() {
        world.keys("N");
        assert!(world.draw().contains(&format!("number {number} with a pelican")), "{}", world.draw());
    }
    world.keys("N");
    assert!(world.draw().contains("none further on"), "{}", world.draw());
    for _ in 0..10 {
        world.keys("n");
    }
    let screen = world.draw();
    assert!(screen.contains("number 14 with a pelican") && screen.contains("none further back"), "{screen}");
    world.keys("Esc");
    assert_eq!(world.model.context(), Context::Messages);
    assert!(!world.draw().contains("find PELICAN"));
}

#[test]
fn what_is_not_there_is_said_and_the_reader_stays() {
    let mut world = long(100);
    world.keys("PgUp");
    let before = world.model.conversation().map(|conversation| conversation.scroll);
    world.keys("f");
    world.write("walrus");
    world.keys("Enter");
    assert!(world.draw().contains("not in this thread"), "{}", world.draw());
    assert_eq!(world.model.conversation().map(|conversation| conversation.scroll), before);
    assert!(world.model.conversation().is_some_and(|conversation| conversation.entries.len() < 40), "nothing is kept");
}

#[test]
fn a_search_that_the_network_ends_is_said() {
    let mut world = long(100);
    world.keys("f");
    world.write("walrus");
    world.server.mood = Mood::Gone;
    world.keys("Enter");
    assert!(world.draw().contains("can't be loaded"), "{}", world.draw());
    world.server.mood = Mood::Well;
    world.wait(10_000);
    world.settle();
    world.keys("n");
    assert!(world.draw().contains("not in this thread"), "it goes on when there is a network: {}", world.draw());
}

#[test]
fn to_the_first_new_message() {
    let mut world = world();
    world.keys("g u");
    assert!(world.draw().contains("── new ─"));
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("↓ Enter u");
    assert!(world.draw().contains("Nothing was new"));
}

#[test]
fn one_changes_ones_own_message_and_gets_the_draft_back() {
    let mut world = world();
    world.keys("i");
    world.write("half a thought");
    world.keys("Esc K K K e");
    let screen = world.draw();
    assert!(screen.contains("Change your message"), "{screen}");
    assert!(draft(&world).starts_with("Yes. I check"));
    world.write(" Done.");
    world.keys("Enter");
    assert_eq!(draft(&world), "half a thought");
    let text = world.server.message(102)["message"].as_str().expect("text").to_owned();
    assert!(text.ends_with("``` Done.") || text.ends_with("Done."), "{text}");
    assert!(world.draw().contains("edited"), "{}", world.draw());
    // Leaving it changes nothing.
    world.keys("Esc e");
    world.write("x");
    world.keys("Esc");
    assert_eq!((draft(&world).as_str(), world.model.focus), ("half a thought", Pane::Messages));
    assert_eq!(world.server.message(102)["message"].as_str(), Some(text.as_str()));
}

#[test]
fn a_change_that_comes_too_late_keeps_the_text_and_says_so() {
    let mut world = world();
    world.keys("Esc Enter e");
    world.write(" mine");
    world.server.change(102, |message| message["message"] = json!("meanwhile"));
    world.key("Enter");
    world.answer();
    let screen = world.draw();
    assert!(screen.contains("Not changed, your text is kept"), "{screen}");
    assert!(draft(&world).ends_with(" mine"));
    world.settle();
    world.keys("Home");
    assert!(world.draw().contains("it has changed meanwhile"), "{}", world.draw());
    world.keys("Enter");
    assert!(world.server.message(102)["message"].as_str().is_some_and(|text| text.ends_with(" mine")));
}

#[test]
fn a_change_survives_a_restart() {
    let mut world = world();
    world.keys("i");
    world.write("a draft");
    world.keys("Esc e");
    world.write(" more");
    let drafts = world.model.drafts();
    assert_eq!(drafts.threads[&11], "a draft");
    let kept = serde_json::from_str(&serde_json::to_string(&drafts).expect("JSON")).expect("drafts");
    let mut restarted = World::new(fixture::server(), (80, 24));
    restarted.tell(Event::Started { drafts: kept });
    restarted.settle();
    assert!(draft(&restarted).ends_with(" more"));
    assert!(restarted.draw().contains("Change your message"));
    restarted.keys("i Esc");
    assert_eq!(draft(&restarted), "a draft");
}

#[test]
fn only_ones_own_messages_can_be_changed() {
    let mut world = world();
    world.keys("K e");
    assert!(world.draw().contains("Only your own messages"), "{}", world.draw());
    assert_eq!(world.model.focus, Pane::Messages);
    world.keys("Esc");
    assert_eq!(world.model.focus, Pane::Messages, "Esc lets go of the selection first");
    world.keys("Esc");
    assert_eq!(world.model.focus, Pane::Threads);
}

#[test]
fn an_answer_quotes_without_what_acts() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("↓ Enter");
    world.wait(200);
    world.settle();
    assert_eq!(world.model.open, Some(CREDIT));
    world.keys("r");
    assert_eq!(draft(&world), "> Here is the booking.\n\n");
    assert_eq!(world.model.focus, Pane::Composer);
    world.keys("Esc K K r");
    assert!(draft(&world).starts_with("> Here is the booking.\n\n> The customer sent 32"), "{}", draft(&world));
}

#[test]
fn copying_a_message_a_block_and_a_link() {
    let mut world = world();
    world.keys("c");
    assert_eq!(copied(&world), Some("And no `\u{1b}[31m` tricks \u{202e}please."));
    assert!(world.draw().contains("Copied the message."));
    world.keys("C");
    assert!(copied(&world).is_some_and(|code| code.starts_with("def total(lines):\n    # in øre\n")));
    world.keys("g o");
    assert_eq!(copied(&world), Some("https://example.com/beans"), "no display here");
    world.model.opens_links = true;
    world.keys("o");
    assert!(world.effects.contains(&Effect::OpenLink("https://example.com/beans".to_owned())));
}

#[test]
fn several_links_are_chosen_by_number() {
    let mut server = fixture::server();
    fixture::say(
        &mut server,
        11,
        110,
        OLA,
        "2026-11-22T09:33:00Z",
        "[one](https://one.example) https://two.example [three](javascript:alert(1))",
    );
    let mut world = World::settled(server, (80, 24));
    world.model.opens_links = true;
    world.keys("Enter o");
    assert_eq!(world.model.context(), Context::Choice);
    world.keys("2");
    assert!(world.effects.contains(&Effect::OpenLink("https://two.example".to_owned())));
    world.keys("o ↓ ↓ Enter");
    assert_eq!(copied(&world), Some("javascript:alert(1)"), "what is no address of the web is only copied");
    world.keys("o 9");
    assert_eq!(world.model.context(), Context::Choice, "there is no ninth");
    world.keys("Esc");
    assert_eq!(world.model.context(), Context::Messages);
}

#[test]
fn the_bare_view_has_no_lines_and_no_mouse() {
    let mut world = world();
    world.keys("b");
    assert!(!world.model.wants_mouse());
    let screen = world.draw();
    assert!(screen.contains("def total(lines):") && !screen.contains('│'), "{screen}");
    world.keys("g");
    assert!(world.draw().contains("| beans | kg | price |"));
    world.keys("Esc");
    assert!(world.model.wants_mouse());
    assert!(world.draw().contains('│'));
}
