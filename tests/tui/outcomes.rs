//! What becomes of a decision, and of what is under review: answers that get lost, others who are faster, a server
//! that can't be reached or knows no bindings.

use countersign::{
    api::digest,
    app::{
        Call, Effect, Event,
        review::{Obstacle, obstacle},
    },
};
use serde_json::json;

use crate::{
    approving::{armed, status},
    fixture::{self, CREDIT, PROPOSAL, REMINDER_PROPOSAL},
    server::Mood,
    world::World,
};

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

#[test]
fn whoever_has_left_the_review_is_told_what_became_of_a_lost_decision() {
    for (mood, outcome) in [(Mood::LosesAnswers, "You approved it"), (Mood::LosesRequests, "the server has no trace")] {
        let mut world = armed();
        world.server.mood = mood;
        world.key("y");
        world.key("Esc");
        world.answer();
        assert!(world.draw().contains("unknown whether your decision arrived"), "{}", world.draw());
        world.server.mood = Mood::Well;
        let told = (0..8).any(|_| {
            world.wait(2_100);
            world.settle();
            world.draw().contains(outcome)
        });
        assert!(told, "{outcome}: {}", world.draw());
    }
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

/// A client of the seed document's server whose review of the credit note is armed.
fn armed_unbound() -> World {
    let mut world = World::settled(fixture::seed_server(), (80, 24));
    while world.model.open != Some(CREDIT) {
        world.keys("↓");
        world.wait(200);
        world.settle();
    }
    world.keys("a G");
    world.wait(400);
    world.settle();
    assert_eq!(obstacle(&world.model), None, "{}", world.draw());
    world
}

#[test]
fn what_the_seed_document_does_not_know_is_not_offered() {
    let mut world = armed_unbound();
    let screen = world.draw();
    assert!(screen.contains("y approve  Esc leave") && !screen.contains("reject"), "{screen}");
}

#[test]
fn without_bindings_too_a_drift_stays_with_its_action() {
    let mut world = armed_unbound();
    world.server.drifts = true;
    // The second new plan looks like the first: that server does not show all of it.
    for decisions in 1..=2 {
        world.keys("y");
        assert_eq!(world.server.decisions.len(), decisions);
        assert_eq!(world.model.review.as_ref().map(|review| review.plan.subject.message), Some(PROPOSAL));
        assert_ne!(obstacle(&world.model), None, "it opens unarmed");
        let screen = world.draw();
        assert!(screen.contains("Nothing was written: the records had changed"), "{screen}");
        world.keys("g");
        assert!(world.draw().contains("+ amount  7"), "the new plan: {}", world.draw());
        world.keys("G");
        world.wait(1_100);
        world.settle();
        assert_eq!(obstacle(&world.model), None, "{}", world.draw());
    }
    world.server.drifts = false;
    world.keys("y");
    assert_eq!(world.server.decisions.len(), 3);
    assert_ne!(world.model.review.as_ref().map(|review| review.plan.subject.message), Some(PROPOSAL));
}

#[test]
fn with_access_what_was_said_of_its_lack_goes_and_the_plan_is_read_anew() {
    for is_live in [true, false] {
        let mut server = fixture::server();
        server.is_live = is_live;
        let mut world = World::settled(server, (80, 24));
        world.keys("↓ a G");
        world.wait(400);
        world.settle();
        assert_eq!(obstacle(&world.model), None);
        world.server.hidden.insert(CREDIT);
        world.wait(2_100);
        world.settle();
        assert!(world.draw().contains("You have no access to this thread any more."), "{}", world.draw());

        world.server.hidden.remove(&CREDIT);
        if is_live {
            // A new grant: what was told so far is not all.
            world.stream.note(&world.server);
            world.stream.forgotten = usize::MAX;
            world.cut();
        }
        world.wait(2_100);
        world.settle();
        let screen = world.draw();
        assert!(!screen.contains("no access") && screen.contains("Read to the end"), "{screen}");
        world.keys("y");
        assert_eq!(world.server.decisions.len(), 0);
        world.keys("G");
        world.wait(1_100);
        world.keys("y");
        assert_eq!(world.server.decisions.len(), 1);
        world.keys("Esc");
        assert!(!world.draw().contains("no access"), "{}", world.draw());
    }
}

#[test]
fn a_token_that_the_stream_is_told_is_not_accepted_approves_nothing() {
    let mut server = fixture::server();
    server.is_live = true;
    let mut world = World::settled(server, (80, 24));
    world.keys("↓ a G");
    world.wait(400);
    world.settle();
    assert_eq!(obstacle(&world.model), None);
    world.server.mood = Mood::SignsOut;
    let id = world.stream.follower().expect("a stream");
    let outcome = world.server.answer(&Call::Follow { after: None });
    world.tell(Event::Answered { id, outcome });
    assert_eq!(obstacle(&world.model), Some(Obstacle::Offline));
    assert!(world.draw().contains("Not signed in: nothing can be decided."), "{}", world.draw());
}

#[test]
fn a_right_that_was_taken_away_is_known_once_the_server_has_refused() {
    let mut world = armed();
    let me = world.server.me.as_mut().expect("me");
    me.client_accounts.iter_mut().for_each(|account| account.can_approve = false);
    world.server.refuses = true;
    world.key("y");
    world.answer();
    assert!(world.draw().contains("Not decided: not allowed"), "{}", world.draw());
    world.keys("G");
    world.wait(1_100);
    world.settle();
    assert_eq!(obstacle(&world.model), Some(Obstacle::NotAllowed));
}
