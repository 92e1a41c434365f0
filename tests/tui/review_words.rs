//! What the review says of an action beside its plan: to its end, however long it is.

use countersign::app::{Context, Event, FailureKind};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, OLA, PROPOSAL, ROBO},
    server::Mood,
    world::World,
};

const WHY: &str = "the customer was promised the whole amount in writing, so this credit note has to be made anew, \
                   with both lines, before the end of the month";

/// The client's words on the screen, its rows joined.
fn words(world: &mut World) -> String {
    world.draw().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn reviewing(size: (u16, u16)) -> World {
    let mut world = World::settled(fixture::live_server(), size);
    world.keys("↓ a");
    world
}

#[test]
fn why_it_was_rejected_is_said_to_its_end() {
    for size in [(80, 24), (120, 40)] {
        let mut world = reviewing(size);
        world.server.change(PROPOSAL, |message| {
            message["actions"][0]["status"] = json!("rejected");
            message["actions"][0]["reason"] = json!(WHY);
            message["actions"][0]["decided_by_id"] = json!(fixture::OLA);
        });
        world.hear();
        world.settle();
        let said = words(&mut world);
        assert!(said.contains(&format!("Ola Nordmann rejected it: {WHY}. Enter looks again.")), "{said}");
    }
}

#[test]
fn why_it_failed_is_said_and_stays_to_be_read() {
    let mut world = reviewing((80, 24));
    world.server.change(PROPOSAL, |message| {
        message["actions"][0]["status"] = json!("failed");
        message["actions"][0]["error"] = json!({ "type": "ValueError", "line": 3, "message": WHY });
    });
    world.hear();
    world.settle();
    let said = words(&mut world);
    assert!(said.contains(&format!("It failed, nothing was written: ValueError in line 3: {WHY}")), "{said}");
    world.keys("Enter");
    let said = words(&mut world);
    assert!(said.contains(&format!("error ValueError in line 3: {WHY}")), "{said}");
}

#[test]
fn who_wrote_it_and_when_is_said_however_far_back_it_lies() {
    let mut server = fixture::live_server();
    server.page = 10;
    for id in 200..260 {
        fixture::say(&mut server, CREDIT, id, ROBO, "2026-11-22T09:20:00Z", "and so on");
    }
    let mut world = World::settled(server, (80, 24));
    world.keys("] ]");
    assert_eq!(world.model.review.as_ref().map(|review| review.plan.subject.message), Some(PROPOSAL));
    let said = words(&mut world);
    assert!(said.contains("Robo (bot), 22 Nov 09:12 (22m ago)"), "{said}");
}

/// A client in which a reason to reject is being written.
fn writing_a_reason() -> World {
    let mut world = reviewing((80, 24));
    world.keys("r");
    world.write("not before the audit");
    world
}

/// Somebody else decides.
fn ola_rejects(world: &mut World) {
    world.server.change(PROPOSAL, |message| {
        message["actions"][0]["status"] = json!("rejected");
        message["actions"][0]["reason"] = json!("too much");
        message["actions"][0]["decided_by_id"] = json!(OLA);
    });
    world.hear();
    world.settle();
}

#[test]
fn a_reason_outlives_somebody_else_s_decision_as_a_draft() {
    let mut world = writing_a_reason();
    ola_rejects(&mut world);
    let said = words(&mut world);
    assert!(said.contains("Ola Nordmann rejected it: too much. Esc leaves, and what you wrote is kept."), "{said}");
    assert!(said.contains("Why not? not before the audit"), "it is still being written: {said}");
    world.write(", Ola");
    world.keys("Enter");
    assert!(words(&mut world).contains("It has changed"), "{}", words(&mut world));
    world.keys("Esc");
    assert!(words(&mut world).contains("is in the draft to this thread"), "{}", words(&mut world));
    assert_eq!(world.server.decisions.len(), 0);
    world.keys("Esc");
    assert_eq!(world.model.review.as_ref().map(|review| review.plan.subject.message), None);
    assert_eq!((world.model.open, world.draft().as_str()), (Some(CREDIT), "not before the audit, Ola"));
    world.wait(1_000);
    assert_eq!(world.saved().threads[&CREDIT], "not before the audit, Ola");
}

#[test]
fn a_reason_is_there_again_where_there_is_still_something_to_reject() {
    let mut world = writing_a_reason();
    world.server.change(PROPOSAL, |message| {
        message["action_items"][0]["changes"][0]["after"] = json!(999);
        let items = message["action_items"].as_array().expect("items").clone();
        message["actions"][0]["status"] = json!("drifted");
        message["actions"][0]["digest"] =
            json!(countersign::api::digest(CREDIT, PROPOSAL, 0, &items).expect("a digest"));
    });
    world.hear();
    world.settle();
    world.keys("Enter Esc Enter r");
    assert!(words(&mut world).contains("Why not? not before the audit"), "{}", words(&mut world));
    world.keys("Enter");
    assert_eq!(world.server.decisions.len(), 1);
    assert!(world.server.decisions[0].contains("not before the audit"));
    assert_eq!(world.model.conversations[&CREDIT].composer.text(), "");
}

#[test]
fn a_reason_that_can_t_go_out_stays_where_it_is() {
    let mut world = writing_a_reason();
    world.server.mood = Mood::Gone;
    world.hear();
    world.wait(5_000);
    world.settle();
    world.keys("Enter");
    let said = words(&mut world);
    assert!(said.contains("Not while the server can't be reached. What you wrote is kept."), "{said}");
    assert!(said.contains("Why not? not before the audit"), "{said}");
    assert_eq!(world.model.context(), Context::Reason);
}

#[test]
fn a_reason_that_the_server_refused_is_there_for_the_next_try() {
    let mut world = writing_a_reason();
    world.server.refuses = true;
    world.keys("Enter");
    assert!(words(&mut world).contains("Not decided: not allowed"), "{}", words(&mut world));
    world.server.refuses = false;
    world.keys("r");
    assert!(words(&mut world).contains("Why not? not before the audit"), "{}", words(&mut world));
    ola_rejects(&mut world);
    world.keys("Esc Enter");
    world.keys("Esc");
    assert_eq!(world.draft(), "not before the audit");
}

#[test]
fn whoever_has_left_the_review_finds_an_overtaken_reason_in_the_draft() {
    let mut world = writing_a_reason();
    world.key("Enter");
    let (id, _) = world.calls.pop().expect("the rejection");
    world.keys("Esc");
    let overtaken = crate::server::failure(FailureKind::Conflict, "refused: it does not wait any more", true);
    world.tell(Event::Answered { id, outcome: Err(overtaken) });
    let said = words(&mut world);
    assert!(
        said.contains("Not decided: refused: it does not wait any more. The reason that you wrote is in the draft")
    );
    assert_eq!(world.draft(), "not before the audit");
}
