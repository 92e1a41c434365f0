//! Reviewing and deciding: what approves, and everything that does not.

use countersign::{
    api::digest,
    app::{
        Call, Effect, Event, KeyPress, Mouse,
        review::{Obstacle, arming::NotYet, obstacle},
    },
};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, PROPOSAL, REMINDER_PROPOSAL},
    server::Mood,
    world::World,
};

/// A client whose review of the credit note is open.
fn reviewing() -> World {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("↓ a");
    assert_eq!(world.model.review.as_ref().map(|review| review.plan.subject.message), Some(PROPOSAL));
    world
}

/// The same, read to its end and settled: `y` is armed.
fn armed() -> World {
    let mut world = reviewing();
    world.keys("G");
    world.wait(400);
    world.settle();
    assert_eq!(obstacle(&world.model), None, "{}", world.draw());
    world
}

fn status(world: &mut World, message: i64) -> String {
    world.server.message(message)["actions"][0]["status"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_plan_that_was_read_is_approved_once_and_the_next_one_opens() {
    let mut world = armed();
    world.key("y");
    world.key("y");
    world.settle();
    let items = world.server.message(PROPOSAL)["action_items"].as_array().expect("items").clone();
    let digest = digest(CREDIT, PROPOSAL, 0, &items).expect("a digest");
    let expected = format!("```approvecodeaction\nmessage_id: {PROPOSAL}\ndigest: {digest}\n```");
    assert_eq!(world.server.decisions, [expected]);
    assert_eq!(status(&mut world, PROPOSAL), "written");
    let review = world.model.review.as_ref().expect("the next one");
    assert_eq!(review.plan.subject.message, REMINDER_PROPOSAL);
    assert_ne!(obstacle(&world.model), None, "it opens unarmed");
    assert!(world.draw().contains("Approved and written."));
}

#[test]
fn a_key_that_is_held_decides_nothing_more() {
    let mut world = armed();
    world.key("y");
    world.settle();
    // The keyboard's first repeat comes after 660 ms, then one every 30 ms: in a terminal that reports no repeats.
    world.wait(660);
    for _ in 0..100 {
        world.key("y");
        world.settle();
        world.wait(30);
    }
    assert_eq!(world.server.decisions.len(), 1);
    assert_eq!(obstacle(&world.model), Some(Obstacle::NotYet(NotYet::Held)));
    world.wait(1_000);
    assert_eq!(obstacle(&world.model), None);
}

#[test]
fn what_was_not_read_or_came_a_moment_ago_is_not_approved() {
    let mut world = reviewing();
    world.wait(5_000);
    world.keys("y");
    assert_eq!(obstacle(&world.model), Some(Obstacle::NotYet(NotYet::ReadOn)));
    let mut world = reviewing();
    world.keys("G y");
    assert_eq!(world.server.decisions.len(), 0);
    assert_eq!(obstacle(&world.model), Some(Obstacle::NotYet(NotYet::Held)));
}

#[test]
fn nothing_but_a_fresh_y_approves() {
    let mut world = armed();
    world.tell(Event::Paste("y".to_owned()));
    world.tell(Event::Paste("y\n".to_owned()));
    for row in 0..24 {
        for column in (0..80).step_by(4) {
            world.tell(Event::Mouse(Mouse::Click { column, row }));
        }
    }
    let repeat = KeyPress { key: "y".parse().expect("a key"), repeat: true };
    world.tell(Event::Key(repeat));
    world.keys("Enter Space Y Ctrl+Y Alt+Y");
    world.settle();
    assert_eq!(world.server.decisions.len(), 0);
    assert!(world.model.review.is_some());
}

#[test]
fn where_the_keys_are_not_on_the_screen_nothing_is_approved() {
    let mut world = armed();
    world.size = (39, 24);
    world.settle();
    world.keys("y");
    assert_eq!(obstacle(&world.model), Some(Obstacle::NotYet(NotYet::OutOfSight)));
    world.size = (80, 24);
    world.wait(1_000);
    world.settle();
    assert_eq!(obstacle(&world.model), Some(Obstacle::NotYet(NotYet::Settling)), "it has just come back");
    world.wait(400);
    assert_eq!(obstacle(&world.model), None);
}

#[test]
fn what_is_said_of_a_dead_y_is_true() {
    let mut world = armed();
    world.keys("Ctrl+P");
    let screen = world.draw();
    assert!(!screen.contains("Make the window larger"), "{screen}");
    assert_eq!(obstacle(&world.model), Some(Obstacle::NotYet(NotYet::OutOfSight)));
    world.keys("Esc");
    assert!(!world.draw().contains("full view"), "{}", world.draw());

    // Pressed once, and let go of at once.
    let mut world = reviewing();
    world.keys("G y");
    let screen = world.draw();
    assert!(screen.contains("y came too early: wait a second, then press it again."), "{screen}");
    assert!(!screen.contains("held"), "{screen}");
}

#[test]
fn after_a_resize_the_plan_is_read_to_its_end_anew() {
    let mut world = armed();
    world.size = (80, 12);
    world.settle();
    world.wait(1_000);
    world.keys("y");
    assert_eq!(obstacle(&world.model), Some(Obstacle::NotYet(NotYet::ReadOn)), "{}", world.draw());
    world.keys("G");
    assert_eq!(obstacle(&world.model), None, "{}", world.draw());

    let mut world = armed();
    world.size = (120, 40);
    world.settle();
    world.wait(399);
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 0);

    // Before anything has been drawn anew.
    let mut world = armed();
    world.tell(Event::Resized);
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 0);
    world.keys("Esc a G");
    world.wait(400);
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 1);
}

#[test]
fn keys_for_something_else_decide_nothing() {
    let mut world = armed();
    world.keys("?");
    world.keys("y Esc");
    world.keys("r");
    world.write("yyy y");
    world.keys("Esc");
    world.tell(Event::Focus(false));
    world.key("y");
    world.settle();
    assert_eq!(world.server.decisions.len(), 0);
    // Back in the window, but only just.
    world.wait(2_000);
    world.tell(Event::Focus(true));
    world.settle();
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 0);
}

#[test]
fn a_rejection_carries_its_reason() {
    let mut world = reviewing();
    world.keys("r");
    world.write("wrong amount");
    world.keys("Enter");
    assert_eq!(world.server.decisions.len(), 1);
    assert!(world.server.decisions[0].starts_with("```rejectcodeaction\nmessage_id: 105\ndigest: "));
    assert!(world.server.decisions[0].ends_with("\n\nwrong amount\n```"));
    assert_eq!(status(&mut world, PROPOSAL), "rejected");
}

#[test]
fn when_it_changes_under_the_reader_y_is_dead_until_they_looked_again() {
    let mut world = armed();
    world.server.change(PROPOSAL, |message| {
        message["action_items"][0]["changes"][0]["after"] = json!(999);
        let items = message["action_items"].as_array().expect("items").clone();
        message["actions"][0]["status"] = json!("drifted");
        message["actions"][0]["digest"] = json!(digest(CREDIT, PROPOSAL, 0, &items).expect("a digest"));
    });
    world.wait(2_500);
    world.settle();
    let screen = world.draw();
    assert!(screen.contains("The records have changed: this is another plan now. Enter looks again."), "{screen}");
    world.wait(2_000);
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 0);
    world.keys("Enter g");
    assert!(world.draw().contains("+ amount  999"));
    world.wait(2_000);
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 0, "it was not read to its end");
    world.keys("G");
    world.wait(400);
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 1);
    assert_eq!(status(&mut world, PROPOSAL), "written");
}

#[test]
fn a_later_action_or_somebody_else_s_decision_is_said() {
    let mut world = armed();
    let items = json!([{ "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "delete",
                         "object_type": "invoice", "object_id": 9, "title": "invoice #9", "changes": [], "rule": "" }]);
    fixture::propose(&mut world.server, CREDIT, 900, "2026-11-22T09:35:00Z", "One more.", items);
    world.wait(2_500);
    world.settle();
    assert!(world.draw().contains("A later action was posted in this thread. Enter looks again."));
    world.keys("y Enter G");
    world.wait(1_500);
    world.settle();
    assert_eq!(obstacle(&world.model), None, "it was looked at again");

    world.server.change(PROPOSAL, |message| {
        message["actions"][0]["status"] = json!("rejected");
        message["actions"][0]["decided_by_id"] = json!(fixture::OLA);
        message["actions"][0]["reason"] = json!("too much");
    });
    world.wait(2_500);
    world.settle();
    assert!(world.draw().contains("Ola Nordmann rejected it: too much"), "{}", world.draw());
    world.keys("Enter G");
    world.wait(2_000);
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 0);
}

#[test]
fn a_lost_answer_is_looked_into_and_never_guessed() {
    let mut world = armed();
    world.server.mood = Mood::LosesAnswers;
    world.key("y");
    world.answer();
    let screen = world.draw();
    assert!(screen.contains("Unknown, checking"), "{screen}");
    world.keys("y");
    world.server.mood = Mood::Well;
    world.wait(3_000);
    world.settle();
    assert_eq!(world.server.decisions.len(), 1);
    assert!(world.draw().contains("You approved it: it is written."), "{}", world.draw());
}

#[test]
fn a_lost_request_is_given_time_and_then_decided_anew_under_its_key() {
    let mut world = armed();
    world.server.mood = Mood::LosesRequests;
    world.key("y");
    let first = world.calls.iter().find_map(|(_, call)| key_of(call)).expect("the approval's key");
    world.answer();
    world.server.mood = Mood::Well;
    for _ in 0..4 {
        world.wait(2_100);
        world.settle();
        assert!(world.draw().contains("Unknown, checking"), "it may still be on its way");
    }
    for _ in 0..3 {
        world.wait(2_100);
        world.settle();
    }
    let screen = world.draw();
    assert!(screen.contains("The server has no trace of your decision"), "{screen}");
    assert_eq!(world.server.decisions.len(), 0);
    world.keys("G");
    world.wait(1_100);
    world.key("y");
    assert_eq!(world.calls.iter().find_map(|(_, call)| key_of(call)), Some(first));
    world.settle();
    assert_eq!(world.server.decisions.len(), 1);
}

fn key_of(call: &Call) -> Option<String> {
    match call {
        Call::Post { key, text, .. } if text.contains("approvecodeaction") => Some(key.clone()),
        _ => None,
    }
}

#[test]
fn offline_signed_out_or_without_access_nothing_is_decided() {
    for (mood, words) in [
        (Mood::Gone, "decisions are never queued"),
        (Mood::SignsOut, "Not signed in"),
        (Mood::Forbids, "You have no access to this thread any more."),
    ] {
        let mut world = armed();
        world.server.mood = mood;
        world.wait(2_100);
        world.settle();
        assert!(world.draw().contains(words), "{mood:?}: {}", world.draw());
        world.keys("y");
        world.server.mood = Mood::Well;
        world.wait(60_000);
        world.settle();
        assert_eq!(world.server.decisions.len(), 0, "{mood:?}");
    }
}

#[test]
fn a_damaged_plan_is_never_approved() {
    let mut server = fixture::server();
    server.change(PROPOSAL, |message| message["action_items"][1]["changes"][0]["after"] = json!(1));
    let mut world = World::settled(server, (80, 24));
    world.keys("] ] G");
    world.wait(2_000);
    world.keys("y");
    assert!(world.draw().contains("Damaged: its digest is not the one"), "{}", world.draw());
    assert_eq!(world.server.decisions.len(), 0);
}

#[test]
fn a_plan_of_five_hundred_changes_can_be_read_page_by_page() {
    let mut server = fixture::live_server();
    let item = |number: u32| {
        let (operation, kind) = if number.is_multiple_of(5) { ("delete", "note") } else { ("update", "invoice") };
        let changes = if number.is_multiple_of(5) {
            json!([])
        } else {
            json!([{ "field": "amount", "before": 5, "after": number }])
        };
        json!({
            "type": "preview", "id": number, "needs_approval": true, "block": 0, "operation": operation,
            "object_type": kind, "object_id": number, "title": format!("{kind} #{number}"), "changes": changes,
            "record": { "id": number, "type": kind, "client_account_id": 3, "fields": { "amount": 5 } },
            "rule": "no rule lets this through: approval is needed",
        })
    };
    let items: Vec<_> = (1..=500).map(item).collect();
    fixture::propose(&mut server, 11, 700, "2026-11-22T09:33:00Z", "All of them.", json!(items));
    let mut world = World::settled(server, (80, 24));
    world.keys("[");
    let screen = world.draw();
    assert!(screen.contains("500 changes: 100 × delete note, 400 × update invoice"), "{screen}");
    let mut seen = std::collections::BTreeSet::new();
    let mut pages = 0;
    loop {
        let screen = world.draw();
        let numbers = screen.lines().filter_map(|line| line.trim_start().split_once("/500 ")?.0.parse::<u32>().ok());
        seen.extend(numbers);
        if screen.contains("end of the plan") {
            break;
        }
        assert_eq!(obstacle(&world.model), Some(Obstacle::NotYet(NotYet::ReadOn)));
        world.key("PgDn");
        pages += 1;
        assert!(pages < 500, "it has an end");
    }
    assert_eq!(seen.len(), 500, "no change is passed over");
    world.wait(400);
    world.settle();
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 1);
}

#[test]
fn who_may_not_approve_in_the_account_is_told() {
    let mut server = fixture::server();
    let items = server.message(REMINDER_PROPOSAL)["action_items"].clone();
    fixture::propose(&mut server, 13, 700, "2026-11-22T09:33:00Z", "Stock.", items);
    let mut world = World::settled(server, (80, 24));
    world.keys("] ] ]");
    while world.model.review.as_ref().is_some_and(|review| review.plan.subject.thread != 13) {
        world.keys("]");
    }
    world.keys("G");
    world.wait(2_000);
    world.keys("y");
    assert!(world.draw().contains("You may not approve in this account."), "{}", world.draw());
    assert_eq!(world.server.decisions.len(), 0);
}

#[test]
fn the_queue_goes_through_all_threads_oldest_first() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("]");
    assert!(world.draw().contains("Review 1/2  Reminders for October"), "{}", world.draw());
    world.keys("]");
    assert!(world.draw().contains("Review 2/2  Credit on invoice 2041"));
    world.keys("]");
    assert!(world.draw().contains("Review 1/2"), "and round");
    world.keys("[");
    assert!(world.draw().contains("Review 2/2"));
    world.keys("Esc");
    assert_eq!(world.model.open, Some(CREDIT), "its thread lies behind it");
}

#[test]
fn what_arrives_takes_no_focus_and_opens_nothing() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.tell(Event::Focus(false));
    world.keys("i");
    world.write("half a sen");
    let items = world.server.message(REMINDER_PROPOSAL)["action_items"].clone();
    fixture::propose(&mut world.server, 11, 950, "2026-11-22T09:36:00Z", "Look.", items);
    world.wait(2_500);
    world.settle();
    world.write("tence");
    assert!(world.model.review.is_none());
    assert_eq!(world.model.conversation().map(|c| c.composer.text()), Some("half a sentence".to_owned()));
    assert!(world.effects.iter().any(|effect| matches!(effect, Effect::Notify(_))), "somebody is not looking");
    assert!(world.draw().contains("◆ 3 await approval"));
}

#[test]
fn against_the_seed_document_the_plain_block_is_posted_once() {
    let mut world = World::settled(fixture::seed_server(), (80, 24));
    while world.model.open != Some(CREDIT) {
        world.keys("↓");
        world.wait(200);
        world.settle();
    }
    world.keys("a");
    assert!(world.draw().contains("unbound"), "{}", world.draw());
    world.keys("r");
    assert!(world.draw().contains("This server knows no rejection"));
    world.keys("G");
    world.wait(400);
    world.server.mood = Mood::LosesAnswers;
    world.keys("y");
    world.server.mood = Mood::Well;
    for _ in 0..10 {
        world.wait(3_000);
        world.settle();
    }
    assert_eq!(world.server.decisions, ["```approvecodeaction\n```"]);
    assert!(world.draw().contains("It is decided."), "{}", world.draw());
}
