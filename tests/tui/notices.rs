//! Sentences for the person: how long they stand, and what takes them away.

use countersign::app::{Event, Fault, Keymap};

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

#[test]
fn that_the_config_is_broken_stays_to_be_seen_until_it_is_mended() {
    for size in [(120, 40), (50, 24), (44, 24)] {
        let mut world = World::settled(fixture::server(), size);
        let words = "config.toml:7: unknown key `qiut` in [keys.lists]: did you mean `quit`?";
        let fault = Fault { place: "config.toml, line 7".to_owned(), words: words.to_owned() };
        world.tell(Event::Settings(Err(fault)));
        let said = world.draw().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("! {words} – everything stays as it was; F1 says it again")), "{said}");
        world.wait(1_000);
        world.keys("↓");
        let screen = world.draw();
        assert!(screen.contains("· ! config.toml, line 7") && !screen.contains("did you mean"), "{screen}");

        world.keys("F1");
        let said = world.draw().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(words), "{said}");
        world.keys("Esc");
        world.tell(Event::Settings(Ok(Keymap::default())));
        world.wait(8_000);
        let screen = world.draw();
        assert!(!screen.contains("config.toml"), "{screen}");
    }
}
