//! Sending: at once on the screen, once on the server, in order, whatever the network does meanwhile.

use countersign::app::{Drafts, Event, Link, Pane, Progress};

use crate::{fixture, server::Mood, world::World};

fn world() -> World {
    World::settled(fixture::server(), (80, 24))
}

#[test]
fn a_message_is_there_at_once_and_sent_once() {
    let mut world = world();
    world.keys("i");
    world.write("on my way");
    world.key("Enter");
    let screen = world.draw();
    assert!(screen.contains("Ida Berg  sending…") && screen.contains("on my way"), "{screen}");
    assert_eq!(world.draft(), "");
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
    assert_eq!((world.draft().as_str(), world.model.focus), ("maybe", Pane::Composer));
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
    assert_eq!(world.draft(), "```approvecodeaction\n```");

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
    assert_eq!(world.draft().len(), 65_537);
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
    let mut restarted = World::with_drafts(fixture::server(), world.saved());
    restarted.settle();
    let posted: Vec<&str> = restarted.server.posted.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(posted, texts);
}

#[test]
fn what_a_crash_left_behind_says_whether_it_needs_somebody() {
    let shown = |server: crate::server::Server, at: &str| {
        let last = serde_json::from_value(server.threads[&11].clone()).expect("a thread");
        let (key, text) = ("key-1".to_owned(), "left behind".to_owned());
        let unsent = vec![countersign::app::Unsent { thread: 11, key, text, at: at.parse().ok() }];
        let mut world = World::with_drafts(server, Drafts { unsent, last: Some(last), ..Drafts::default() });
        world.settle();
        world.keys("Enter");
        world.draw().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (today, long_ago) = ("2026-11-22T09:30:00Z", "2026-11-20T09:30:00Z");
    let away = fixture::server().in_mood(Mood::Gone);
    let said = shown(away.clone(), today);
    assert!(said.contains("○ waits to be sent") && said.contains("it is sent by itself"), "{said}");
    assert!(!said.contains("R sends it"), "{said}");
    for (server, at) in [(away, long_ago), (fixture::server(), long_ago), (fixture::seed_server(), today)] {
        let said = shown(server, at);
        assert!(said.contains("! may not have arrived") && said.contains("(R sends it again"), "{said}");
    }
}
