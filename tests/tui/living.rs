//! Living in it: writing, sending, reading on, searching, and a network that comes and goes.

use countersign::app::{Call, Drafts, Effect, Event, Link, Loading, Pane, Progress, Scroll};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, OLA},
    server::{Mood, Server},
    world::World,
};

fn world() -> World {
    World::settled(fixture::server(), (80, 24))
}

fn draft(world: &World) -> String {
    world.model.conversation().map(|conversation| conversation.composer.text()).unwrap_or_default()
}

/// Lets the selection rest, so that its thread is fetched.
fn rest(world: &mut World) {
    world.wait(200);
    world.settle();
}

#[test]
fn drafts_stay_with_their_threads_and_survive_a_restart() {
    let mut world = world();
    world.keys("i");
    world.write("for the office");
    world.keys("Esc Esc ↓");
    rest(&mut world);
    world.keys("i");
    assert_eq!(draft(&world), "");
    world.write("for the credit");
    world.keys("Esc Esc ↑");
    assert_eq!(draft(&world), "for the office");
    assert!(world.draw().contains("Draft: for"), "{}", world.draw());
    world.wait(1_100);
    let saved = saved(&world);
    assert_eq!(saved.threads.get(&CREDIT).map(String::as_str), Some("for the credit"));

    let mut restarted = World::new(fixture::server(), (80, 24));
    restarted.tell(Event::Started { drafts: saved });
    restarted.settle();
    assert_eq!(draft(&restarted), "for the office");
}

#[test]
fn the_cursor_moves_by_the_rows_that_are_seen() {
    let mut world = world();
    world.keys("i");
    world.write("one two three four five six seven eight nine ten eleven twelve");
    world.keys("↑");
    world.write("X");
    let written = draft(&world);
    assert!(!written.ends_with('X') && !written.starts_with('X'), "{written}");
}

#[test]
fn ctrl_c_quits_only_with_an_empty_composer() {
    let mut world = world();
    world.keys("i");
    world.write("half");
    world.keys("Ctrl+C");
    assert!(!world.effects.contains(&Effect::Quit));
    assert_eq!(draft(&world), "half");
    world.keys("Ctrl+U Ctrl+C");
    assert!(world.effects.contains(&Effect::Quit));
}

#[test]
fn a_hidden_block_in_a_draft_is_hidden_once_nobody_writes_it() {
    let mut world = world();
    world.keys("i");
    world.tell(Event::Paste("```codeaction\nsecret()\n```".to_owned()));
    assert!(world.draw().contains("secret()"), "whoever writes it sees it");
    world.keys("Esc");
    let screen = world.draw();
    assert!(screen.contains("[code hidden]") && !screen.contains("secret"), "{screen}");
    world.keys("Esc ↓");
    assert!(!world.draw().contains("secret"), "nor in the list");
    world.keys("↑ i Enter");
    assert!(!world.draw().contains("secret"), "nor as an echo");
}

#[test]
fn a_message_is_there_at_once_and_sent_once() {
    let mut world = world();
    world.keys("i");
    world.write("on my way");
    world.key("Enter");
    let screen = world.draw();
    assert!(screen.contains("Ida Berg  sending…") && screen.contains("on my way"), "{screen}");
    assert_eq!(draft(&world), "");
    world.settle();
    assert_eq!(world.server.posted.len(), 1);
    assert!(!world.draw().contains("sending"));
    assert!(world.draw().contains("on my way"));
}

#[test]
fn messages_are_sent_in_order_and_wait_while_the_server_is_gone() {
    let mut world = world();
    world.keys("i");
    world.server.mood = Mood::Gone;
    for text in ["one", "two"] {
        world.write(text);
        world.key("Enter");
        world.answer();
    }
    let screen = world.draw();
    assert!(screen.contains("○ waits to be sent") && screen.contains("○ offline"), "{screen}");
    world.server.mood = Mood::Well;
    world.wait(10_000);
    world.settle();
    let texts: Vec<&str> = world.server.posted.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(world.model.link, Link::Online);
}

#[test]
fn a_lost_answer_to_a_post_does_not_double_it() {
    let mut world = world();
    world.keys("i");
    world.write("once");
    world.server.mood = Mood::LosesAnswers;
    world.key("Enter");
    world.answer();
    world.server.mood = Mood::Well;
    world.wait(10_000);
    world.settle();
    assert_eq!(world.server.posted.len(), 1, "it was sent again under its key");
    assert!(world.model.conversation().is_some_and(|conversation| conversation.outgoing.is_empty()));
}

#[test]
fn against_the_seed_document_a_lost_post_waits_for_a_person() {
    let mut world = World::settled(fixture::seed_server(), (80, 24));
    world.keys("i");
    world.write("maybe");
    world.server.mood = Mood::LosesAnswers;
    world.key("Enter");
    world.answer();
    world.server.mood = Mood::Well;
    world.wait(10_000);
    world.settle();
    assert_eq!(world.server.posted.len(), 1);
    let screen = world.draw();
    assert!(screen.contains("! may not have arrived") && screen.contains("(R sends it"), "{screen}");
    world.keys("Esc e");
    assert_eq!((draft(&world).as_str(), world.model.focus), ("maybe", Pane::Composer));
}

#[test]
fn a_refused_post_says_so_and_can_be_sent_again() {
    let mut world = world();
    world.keys("i");
    world.write("hello");
    world.server.mood = Mood::Forbids;
    world.key("Enter");
    world.answer();
    let screen = world.draw();
    assert!(screen.contains("! not sent") && screen.contains("not allowed: no access to this thread"), "{screen}");
    world.server.mood = Mood::Well;
    world.keys("Esc R");
    assert_eq!(world.server.posted.len(), 1);
}

#[test]
fn a_decision_typed_by_hand_is_never_queued() {
    let mut world = world();
    world.server.mood = Mood::Gone;
    world.wait(2_500);
    world.settle();
    world.keys("i");
    world.tell(Event::Paste("```approvecodeaction\n```".to_owned()));
    world.keys("Enter");
    assert!(world.draw().contains("Decisions are never queued"));
    assert_eq!(draft(&world), "```approvecodeaction\n```");

    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("i");
    world.tell(Event::Paste("```approvecodeaction\n```".to_owned()));
    world.server.mood = Mood::LosesRequests;
    world.key("Enter");
    world.answer();
    world.server.mood = Mood::Well;
    world.wait(30_000);
    world.settle();
    let outgoing = &world.model.conversation().expect("open").outgoing;
    assert!(matches!(outgoing[0].progress, Progress::Failed { .. }), "{outgoing:?}");
    assert_eq!(world.server.decisions.len(), 0);
}

#[test]
fn text_that_is_too_long_is_kept_and_said() {
    let mut world = world();
    world.keys("i");
    world.tell(Event::Paste("x".repeat(65_537)));
    world.key("Enter");
    assert!(world.draw().contains("Too long to send: 65537 bytes"));
    assert_eq!(draft(&world).len(), 65_537);
}

#[test]
fn what_a_crash_left_behind_is_sent_once_under_its_key() {
    let unsent = |key: &str, text: &str| countersign::app::Unsent {
        thread: 11,
        key: key.to_owned(),
        text: text.to_owned(),
        at: Some("2026-11-22T09:30:00Z".parse().expect("a time")),
    };
    let decision = unsent("key-2", "```approvecodeaction\n```");
    let old = countersign::app::Unsent {
        at: Some("2026-11-20T09:30:00Z".parse().expect("a time")),
        ..unsent("key-3", "too long ago")
    };
    let unsent = vec![unsent("key-1", "left behind"), decision, old];
    let mut world = World::with_drafts(fixture::server(), Drafts { unsent: unsent.clone(), ..Drafts::default() });
    world.settle();
    assert_eq!(world.server.posted, [("key-1".to_owned(), "left behind".to_owned())]);
    assert_eq!(world.model.conversations[&11].outgoing.len(), 1, "a person looks after the other one");
    world.keys("Enter x");
    assert!(world.draw().contains("Dropped; it may have arrived all the same."), "{}", world.draw());

    let mut world = World::with_drafts(fixture::seed_server(), Drafts { unsent, ..Drafts::default() });
    world.settle();
    world.wait(30_000);
    world.settle();
    assert_eq!(world.server.posted, [], "that server could not tell it from a second one");
}

/// The drafts that were saved last.
fn saved(world: &World) -> Drafts {
    let saved = world.effects.iter().rev().find_map(|effect| match effect {
        Effect::SaveDrafts(drafts) => Some(drafts.clone()),
        _ => None,
    });
    saved.expect("the drafts are saved")
}

#[test]
fn what_waits_is_sent_in_order_after_a_restart_too() {
    let mut world = world();
    world.keys("i");
    world.server.mood = Mood::Gone;
    let texts: Vec<String> = (0..12).map(|number| format!("number {number}")).collect();
    for text in &texts {
        world.write(text);
        world.key("Enter");
        world.answer();
    }
    let mut restarted = World::with_drafts(fixture::server(), saved(&world));
    restarted.settle();
    let posted: Vec<&str> = restarted.server.posted.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(posted, texts);
}

#[test]
fn a_disk_that_takes_nothing_is_said_tried_again_and_asked_about_before_one_leaves() {
    let mut world = world();
    let full = || Event::DraftsSaved(Err("no space left on device".to_owned()));
    world.keys("i");
    world.write("half");
    world.wait(1_100);
    world.tell(full());
    assert!(world.draw().contains("What you write can't be saved (no space left"), "{}", world.draw());
    world.wait(1_000);
    world.write(" a thought");
    assert!(world.draw().contains("! drafts not saved"), "{}", world.draw());
    world.effects.clear();
    world.wait(5_000);
    assert_eq!(saved(&world).threads[&11], "half a thought", "it is tried again");
    world.tell(full());
    world.keys("Esc q");
    assert!(world.draw().contains("or leave once more"), "{}", world.draw());
    assert!(!world.effects.contains(&Effect::Quit));

    world.tell(Event::DraftsSaved(Ok(())));
    world.keys("Esc");
    assert!(!world.draw().contains("! drafts not saved"), "{}", world.draw());
    world.tell(full());
    world.keys("q q");
    assert!(world.effects.contains(&Effect::Quit));
}

#[test]
fn where_nothing_was_written_a_full_disk_keeps_nobody() {
    let mut world = world();
    world.tell(Event::DraftsSaved(Err("no space left on device".to_owned())));
    world.keys("q");
    assert!(world.effects.contains(&Effect::Quit));
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
    let saved = saved(&world);
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
