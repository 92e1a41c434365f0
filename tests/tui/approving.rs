//! Reviewing and deciding: what approves, and everything that does not.

use countersign::{
    api::digest,
    app::{
        Event, KeyPress, Mouse,
        review::{Obstacle, arming::NotYet, obstacle},
    },
};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, PROPOSAL, REMINDER_PROPOSAL},
    world::World,
};

/// A client whose review of the credit note is open.
pub fn reviewing() -> World {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("↓ a");
    assert_eq!(world.model.review.as_ref().map(|review| review.plan.subject.message), Some(PROPOSAL));
    world
}

/// The same, read to its end and settled: `y` is armed.
pub fn armed() -> World {
    let mut world = reviewing();
    world.keys("G");
    world.wait(400);
    world.settle();
    assert_eq!(obstacle(&world.model), None, "{}", world.draw());
    world
}

pub fn status(world: &mut World, message: i64) -> String {
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
