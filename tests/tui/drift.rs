//! Records that change under a plan: what the reader is told, and that a new plan takes a new decision.

use countersign::app::{Event, News, review::obstacle};
use serde_json::json;

use crate::{
    fixture::{self, PROPOSAL, REMINDER_PROPOSAL},
    world::World,
};

const CHANGED: &str = "has changed since";

/// A client whose review of the older of two actions is open, read to its end.
fn reading() -> World {
    let mut world = World::settled(fixture::live_server(), (100, 30));
    world.keys("] G");
    world.wait(1_100);
    world.settle();
    assert_eq!(reviewed(&world), Some(REMINDER_PROPOSAL));
    assert_eq!(obstacle(&world.model), None, "{}", world.draw());
    world
}

fn reviewed(world: &World) -> Option<i64> {
    world.model.review.as_ref().map(|review| review.plan.subject.message)
}

#[test]
fn what_is_known_to_be_unwritable_is_still_said_when_one_has_looked_again() {
    let mut world = reading();
    let id = world.stream.follower().expect("a stream");
    let fields = json!({ "reminder": 5 }).as_object().cloned();
    let news = vec![News::RecordChanged { record_type: "invoice".to_owned(), id: 30, fields }];
    world.tell(Event::Heard { id, last: None, news });
    let screen = world.draw();
    assert!(screen.contains("invoice 30 has changed since") && screen.contains("Enter looks again."), "{screen}");
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 0);
    world.keys("Enter G");
    world.wait(1_100);
    world.settle();
    let screen = world.draw();
    assert!(screen.contains(CHANGED) && !screen.contains("Enter looks again."), "{screen}");
    assert!(screen.contains("● y brings a new plan, nothing else") && !screen.contains("approves exactly"), "{screen}");
    assert_eq!(obstacle(&world.model), None, "the server will say that it has drifted, and show a new plan");

    // What was said of one plan is not said of another one.
    world.keys("]");
    assert_eq!(reviewed(&world), Some(PROPOSAL));
    assert!(!world.draw().contains(CHANGED), "{}", world.draw());
}

#[test]
fn after_a_drift_the_new_plan_is_shown_and_awaits_a_decision_of_its_own() {
    let mut world = reading();
    world.server.drifts = true;
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 1);
    assert_eq!(reviewed(&world), Some(REMINDER_PROPOSAL), "it stays where it was");
    let screen = world.draw();
    assert!(screen.contains("Nothing was written: the records had changed"), "{screen}");
    assert!(screen.contains("reminder  6"), "the new plan: {screen}");
    assert!(screen.contains("drifted"), "{screen}");
    assert_ne!(obstacle(&world.model), None, "it opens unarmed");
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 1);
    world.keys("G");
    world.wait(1_100);
    world.settle();
    assert_eq!(obstacle(&world.model), None, "{}", world.draw());
    world.server.drifts = false;
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 2);
    assert_ne!(world.server.decisions[0], world.server.decisions[1], "another digest");
    assert_eq!(world.server.message(REMINDER_PROPOSAL)["actions"][0]["status"], json!("written"));
    assert_eq!(reviewed(&world), Some(PROPOSAL), "now the next one opens");
}
