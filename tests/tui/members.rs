//! Who takes part: listed, added, taken out after a question.

use countersign::app::{Call, Context};

use crate::{
    fixture::{self, CREDIT, OLA, ROBO},
    server::Mood,
    world::World,
};

fn world() -> World {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("↓ Enter");
    world
}

#[test]
fn somebody_is_taken_out_after_a_question_and_added_again() {
    let mut world = world();
    world.keys("p ↓");
    assert_eq!(world.model.context(), Context::Members);
    world.keys("d");
    assert!(world.draw().contains("Take Ola Nordmann out"));
    world.keys("n");
    assert!(world.server.gone.is_empty(), "no is no");
    world.keys("d y");
    assert_eq!(world.server.gone, [(CREDIT, OLA)]);
    assert!(!world.draw().contains("  Ola Nordmann"), "{}", world.draw());

    world.keys("a");
    world.write("ola");
    world.keys("Enter");
    assert!(world.server.gone.is_empty());
    assert!(world.draw().contains("Ola Nordmann takes part now."));
    world.keys("Esc");
    assert_eq!(world.model.context(), Context::Messages);
}

#[test]
fn enter_and_a_click_take_nobody_out() {
    let mut world = world();
    world.keys("p ↓ d Enter Space");
    assert!(world.server.gone.is_empty());
    assert_eq!(world.model.context(), Context::Question);
}

#[test]
fn everybody_takes_part_already() {
    let mut world = world();
    world.keys("p a");
    assert_eq!(world.model.context(), Context::Members);
    assert!(world.draw().contains("takes part already"));
}

#[test]
fn a_server_that_takes_nobody_out_is_no_error_of_ours() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.server.seed_only = true;
    world.keys("p d y");
    assert!(world.draw().contains("this server can't do that"));
}

#[test]
fn what_went_wrong_is_said() {
    let mut world = world();
    world.server.gone = vec![(CREDIT, ROBO)];
    world.key("p");
    assert!(world.calls.iter().any(|(_, call)| *call == Call::Participants(CREDIT)));
    world.server.mood = Mood::Gone;
    world.answer();
    assert!(world.draw().contains("! nothing answers"), "{}", world.draw());
}
