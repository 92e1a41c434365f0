//! What the review says of an action beside its plan: to its end, however long it is.

use serde_json::json;

use crate::{
    fixture::{self, CREDIT, PROPOSAL, ROBO},
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
        assert!(said.contains(&format!("Ola Nordmann rejected it: {WHY}")), "{said}");
        assert!(said.contains("Enter looks again."), "{said}");
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
