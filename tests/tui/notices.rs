//! Sentences for the person: how long they stand, and what takes them away.

use countersign::app::Event;

use crate::{fixture, world::World};

const FAILED: &str = "The printer is on fire.";

fn failed(world: &mut World) {
    world.tell(Event::Failed(FAILED.to_owned()));
}

#[test]
fn what_comes_while_somebody_types_can_be_read() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("i");
    failed(&mut world);
    world.write("for the office");
    assert!(world.draw().contains(FAILED), "{}", world.draw());
    world.wait(1_000);
    world.write("!");
    assert!(!world.draw().contains(FAILED), "{}", world.draw());
}

#[test]
fn it_goes_by_itself_and_a_newer_one_takes_its_place() {
    let mut world = World::settled(fixture::server(), (80, 24));
    failed(&mut world);
    world.wait(7_900);
    assert!(world.draw().contains(FAILED), "{}", world.draw());
    world.wait(100);
    assert!(!world.draw().contains(FAILED), "{}", world.draw());
    failed(&mut world);
    world.tell(Event::Failed("And the house.".to_owned()));
    assert!(world.draw().contains("And the house.") && !world.draw().contains(FAILED), "{}", world.draw());
}

#[test]
fn a_long_one_is_said_to_its_end() {
    let words = "It begins in one row, goes on in the second one, and says what to do about it only at its very end, \
                 which is here: turn it off and on.";
    for size in [(40, 24), (80, 24), (120, 40)] {
        let mut world = World::settled(fixture::server(), size);
        world.keys("i");
        world.tell(Event::Failed(words.to_owned()));
        let screen = world.draw();
        let said: Vec<&str> = screen.lines().rev().take(4).collect();
        let said: String = said.into_iter().rev().flat_map(|row| [row.trim(), " "]).collect();
        assert!(said.contains(words), "{screen}");
        assert!(screen.contains("─ Write"), "what is written stays in sight: {screen}");
    }
}
