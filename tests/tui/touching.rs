//! Drawing no more than what is being written, where nothing else has changed. That it looks as if everything had
//! been drawn, every key of every test sees to.

use countersign::app::Event;

use crate::{fixture, world::World};

fn writing(size: (u16, u16)) -> World {
    let mut world = World::settled(fixture::live_server(), size);
    world.keys("Enter i");
    world.draw();
    world
}

/// Whether a frame would be no more than the composer.
fn is_touched_only(world: &mut World) -> bool {
    world.screen.touched(&world.model).is_some()
}

#[test]
fn a_letter_touches_the_composer_and_nothing_else() {
    for size in [(40, 10), (80, 24), (120, 40)] {
        let mut world = writing(size);
        for key in ["a", "日", "Space", "b", "←", "Backspace", "Ctrl+U"] {
            world.key(key);
            assert!(is_touched_only(&mut world), "{key} at {size:?}");
        }
    }
}

#[test]
fn a_letter_at_the_end_of_the_text_is_foreseen_and_nothing_else() {
    let mut world = writing((80, 24));
    let foreseen = |world: &World, key: &str| world.screen.foreseen(&world.model, key.parse().expect(key));
    let (letter, place) = foreseen(&world, "a").expect("nothing is written yet");
    assert_eq!(letter, 'a');
    world.key("a");
    assert_eq!(foreseen(&world, "Z"), Some(('Z', (place.0 + 1, place.1))));
    for key in ["Space", "/", "é", "日", "Ctrl+A", "Alt+a", "Enter", "Backspace", "F1"] {
        assert_eq!(foreseen(&world, key), None, "{key}");
    }
    world.key("←");
    assert_eq!(foreseen(&world, "b"), None, "it would move what stands there");
    world.key("End");
    assert!(foreseen(&world, "b").is_some());
    world.tell(Event::Failed("The printer is on fire.".to_owned()));
    assert_eq!(foreseen(&world, "b"), None, "a notice may go and take its rows with it");
    world.settle();
    world.wait(2_000);
    world.keys("Esc");
    assert_eq!(foreseen(&world, "b"), None, "nobody writes");
}

#[test]
fn what_is_foreseen_of_a_long_text_is_what_comes() {
    let mut world = writing((80, 24));
    // Every key compares; words break at the edge, fill a row, scroll.
    for number in 0..120 {
        world.write(&"wordy"[..=number % 5]);
        world.key(if number % 17 == 0 { "Ctrl+J" } else { "Space" });
    }
    assert!(world.draft().len() > 400);
}

#[test]
fn what_changes_more_is_drawn_as_a_whole() {
    let mut world = writing((80, 24));
    let mut whole = |what: &str, change: &dyn Fn(&mut World)| {
        change(&mut world);
        assert!(!is_touched_only(&mut world), "{what}");
        world.settle();
        world.keys("Ctrl+U");
        world.draw();
    };
    whole("commands are offered", &|world| world.key("/"));
    whole("another row", &|world| world.key("Ctrl+J"));
    whole("a paste", &|world| world.tell(Event::Paste("text".to_owned())));
    whole("a notice", &|world| world.tell(Event::Failed("The printer is on fire.".to_owned())));
    whole("the window", &|world| world.tell(Event::Resized));
    world.wait(2_000);
    world.draw();
    world.tell(Event::Failed("The printer is on fire.".to_owned()));
    world.wait(1_500);
    world.draw();
    world.key("x");
    assert!(!is_touched_only(&mut world), "a notice goes");
    world.draw();
    world.keys("Esc");
    assert!(!is_touched_only(&mut world), "nobody writes");
}

#[test]
fn a_word_longer_than_the_line_hides_nothing_above_it() {
    let mut world = writing((80, 24));
    world.write(&format!("first {}", "x".repeat(70)));
    let screen = world.draw();
    assert!(screen.contains("› first") && screen.contains("xxxxx"), "{screen}");
    assert!(screen.matches(&"x".repeat(10)).count() >= 6, "{screen}");
}

#[test]
fn up_and_down_go_by_the_rows_that_are_seen_and_the_cursor_stays_in_sight() {
    let mut world = writing((80, 24));
    let words: Vec<String> = (1..=60).map(|number| format!("word{number}")).collect();
    world.write(&words.join(" "));
    assert!(world.draw().contains("word60"), "{}", world.draw());
    for _ in 0..40 {
        world.key("↑");
    }
    assert!(world.draw().contains("› word1 "), "{}", world.draw());
    world.write("X");
    let before = world.draft().find('X').expect("it was written");
    assert!(before < 60, "in the first row: {}", world.draft());
    for _ in 0..40 {
        world.key("↓");
    }
    world.write("Y");
    let after = world.draft().len() - world.draft().find('Y').expect("it was written");
    assert!(after < 60, "in the last row: {}", world.draft());
}
