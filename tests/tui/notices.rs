//! Sentences for the person: how long they stand, and what takes them away.

use countersign::app::{Event, Fault, Keymap, Link};

use crate::{fixture, server::Mood, world::World};

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

#[test]
fn where_there_is_no_room_a_broken_file_loses_its_name_and_never_its_line() {
    for mood in [Mood::Well, Mood::Gone] {
        let mut world = World::settled(fixture::server(), (40, 24));
        world.server.mood = mood;
        world.wait(5_000);
        world.settle();
        for (place, line) in
            [("config.toml, line 1234", "line 1234"), ("a-theme-with-a-long-name.toml, line 7", "line 7")]
        {
            let fault = Fault { place: place.to_owned(), words: "broken".to_owned() };
            world.tell(Event::Settings(Err(fault)));
            world.wait(8_000);
            let screen = world.draw();
            let bar = screen.lines().last().unwrap_or_default();
            assert!(bar.ends_with(line) && bar.contains("! "), "{screen}");
        }
    }
}

#[test]
fn that_the_config_is_gone_is_said() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.tell(Event::SettingsGone);
    assert!(world.draw().contains("The config file is gone: the defaults are in force."), "{}", world.draw());
}

#[test]
fn why_nothing_answers_is_said_whole_or_not_at_all() {
    for (width, said) in [
        (160, "○ offline, trying again: nothing answers at http://chat.example: check that the server runs"),
        (80, "○ offline: nothing answers at http://chat.example ·"),
        (60, "○ offline, trying again ·"),
        (40, "○ offline ·"),
    ] {
        let mut world = World::settled(fixture::server(), (width, 24));
        let why = "nothing answers at http://chat.example: check that the server runs".into();
        world.model.link = Link::Offline { words: why, failures: 1, retry_at: world.now };
        let screen = world.draw();
        let bar = screen.lines().last().unwrap_or_default();
        assert!(bar.contains(said) && !bar.contains('…'), "{width}: {screen}");
    }
}
