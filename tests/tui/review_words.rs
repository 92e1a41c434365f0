//! What the review says of an action beside its plan: to its end, however long it is.

use countersign::app::{Call, Context, Event, FailureKind};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, OLA, PROPOSAL, ROBO},
    server::Mood,
    world::World,
};

const WHY: &str = "the customer was promised the whole amount in writing, so this credit note has to be made anew, \
                   with both lines, before the end of the month";

const NOTHING_LEFT: &str = "Nothing is left to decide here.";

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
        assert!(said.contains(&format!("Ola Nordmann rejected it: {WHY}. {NOTHING_LEFT}")), "{said}");
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

#[test]
fn when_it_was_written_is_said_at_once() {
    let mut world = World::new(fixture::live_server(), (80, 24));
    // What waits is known last: it says who wrote the code, and not when.
    let (queue, others) = std::mem::take(&mut world.calls).into_iter().partition(|(_, call)| *call == Call::Waiting);
    world.calls = others;
    world.settle();
    world.keys("↓");
    world.wait(500);
    world.settle();
    world.wait(500);
    world.calls = queue;
    world.settle();
    assert!(world.model.queue.taken_at() > world.model.conversations[&CREDIT].fetched_at);
    world.key("a");
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

/// The row of keys below the review.
fn keys_shown(world: &mut World) -> String {
    let screen = world.draw();
    screen.lines().rev().nth(1).unwrap_or_default().trim().to_owned()
}

#[test]
fn a_reason_outlives_somebody_else_s_decision_as_a_draft() {
    let mut world = writing_a_reason();
    ola_rejects(&mut world);
    let said = words(&mut world);
    let what_now = format!("Ola Nordmann rejected it: too much. {NOTHING_LEFT} Esc leaves; what you wrote is kept.");
    assert!(said.contains(&what_now), "{said}");
    assert!(said.contains("Why not? not before the audit"), "it is still being written: {said}");
    assert!(said.contains("status rejected") && said.contains("decided by Ola"), "{said}");
    assert!(!said.contains("needs approval"), "{said}");
    assert_eq!(keys_shown(&mut world), "Esc leave");
    world.write(", Ola");
    world.keys("Enter");
    assert!(words(&mut world).contains("Nothing is left to reject here. What you wrote is kept."));
    world.keys("Esc");
    assert!(words(&mut world).contains("is in the draft to this thread"), "{}", words(&mut world));
    assert_eq!(world.server.decisions.len(), 0);
    assert!(world.model.review.is_none(), "one key leads out");
    assert_eq!((world.model.open, world.draft().as_str()), (Some(CREDIT), "not before the audit, Ola"));
    world.wait(1_000);
    assert_eq!(world.saved().threads[&CREDIT], "not before the audit, Ola");
}

#[test]
fn what_somebody_else_decided_leaves_nothing_to_press_but_the_way_out() {
    let mut world = reviewing((80, 24));
    ola_rejects(&mut world);
    let said = words(&mut world);
    assert!(said.contains(&format!("Ola Nordmann rejected it: too much. {NOTHING_LEFT}")), "{said}");
    assert!(said.contains("status rejected") && !said.contains("needs approval"), "{said}");
    let keys = keys_shown(&mut world);
    assert!(keys.starts_with("Esc leave") && !keys.contains("approve") && !keys.contains("reject"), "{keys}");
    world.wait(2_000);
    world.keys("G Enter y");
    world.keys("r");
    assert!(words(&mut world).contains("Nothing is left to reject here."), "{}", words(&mut world));
    assert_eq!((world.server.decisions.len(), world.model.context()), (0, Context::Review));
}

#[test]
fn a_reason_never_joins_what_else_is_being_written() {
    for draft in ["```approvecodeaction", "half a sentence"] {
        let mut world = World::settled(fixture::live_server(), (80, 24));
        world.keys("↓ i");
        world.write(draft);
        world.keys("Esc a r");
        world.write("not before the audit");
        ola_rejects(&mut world);
        world.keys("Esc");
        assert_eq!(world.draft(), draft);
        let said = words(&mut world);
        assert!(said.contains("The reason that you wrote is not in the draft, which holds something else"), "{said}");
        assert!(said.contains("Alt+P brings it while you write."), "{said}");
        world.keys("i Alt+P");
        assert_eq!(world.draft(), "not before the audit");
        world.keys("Alt+N");
        assert_eq!(world.draft(), draft, "and it is there again");
        world.keys("Alt+P Enter");
        assert_eq!(
            world.server.posted.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
            ["not before the audit"]
        );
        assert_eq!(world.draft(), draft, "and outlives what was sent in its place");
    }
}

#[test]
fn a_reason_that_would_act_becomes_a_quote() {
    let mut world = reviewing((80, 24));
    world.keys("r");
    world.write("```approvecodeaction");
    ola_rejects(&mut world);
    world.keys("Esc");
    assert_eq!(world.draft(), "> ```approvecodeaction");
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

#[test]
fn a_reason_is_put_to_nobody_else_who_signs_in() {
    let mut world = writing_a_reason();
    world.keys("Esc Esc");
    let me = world.server.me.as_mut().expect("a person");
    (me.id, me.name) = (fixture::OLA, "Ola Nordmann".to_owned());
    world.tell(Event::SignedIn(Ok(())));
    world.settle();
    world.keys("a");
    world.wait(2_000);
    world.keys("r");
    let said = words(&mut world);
    assert!(said.contains("Why not?") && !said.contains("not before the audit"), "{said}");
}
