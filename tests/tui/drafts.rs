//! What is being written: with its thread, across restarts, on a disk that may be full.

use countersign::app::{Effect, Event};

use crate::{
    fixture::{self, CREDIT},
    server::Mood,
    world::World,
};

fn world() -> World {
    World::settled(fixture::server(), (80, 24))
}

/// Lets the selection rest, so that its thread is fetched.
fn rest(world: &mut World) {
    world.wait(200);
    world.settle();
}

#[test]
fn drafts_stay_with_their_threads_and_survive_a_restart() {
    let mut world = world();
    world.keys("i");
    world.write("for the office");
    world.keys("Esc Esc ↓");
    rest(&mut world);
    world.keys("i");
    assert_eq!(world.draft(), "");
    world.write("for the credit");
    world.keys("Esc Esc ↑");
    assert_eq!(world.draft(), "for the office");
    assert!(world.draw().contains("Draft: for"), "{}", world.draw());
    world.wait(1_100);
    let saved = world.saved();
    assert_eq!(saved.threads.get(&CREDIT).map(String::as_str), Some("for the credit"));

    let mut restarted = World::new(fixture::server(), (80, 24));
    restarted.tell(Event::Started { drafts: saved });
    restarted.settle();
    assert_eq!(restarted.draft(), "for the credit");
    restarted.keys("↑");
    assert_eq!(restarted.draft(), "for the office");
}

#[test]
fn the_cursor_moves_by_the_rows_that_are_seen() {
    let mut world = world();
    world.keys("i");
    world.write("one two three four five six seven eight nine ten eleven twelve");
    world.keys("↑");
    world.write("X");
    let written = world.draft();
    assert!(!written.ends_with('X') && !written.starts_with('X'), "{written}");
}

#[test]
fn ctrl_c_quits_only_with_an_empty_composer() {
    let mut world = world();
    world.keys("i");
    world.write("half");
    world.keys("Ctrl+C");
    assert!(!world.effects.contains(&Effect::Quit));
    assert_eq!(world.draft(), "half");
    world.keys("Ctrl+U Ctrl+C");
    assert!(world.effects.contains(&Effect::Quit));
}

#[test]
fn a_hidden_block_in_a_draft_is_hidden_once_nobody_writes_it() {
    let mut world = world();
    world.keys("i");
    world.tell(Event::Paste("```codeaction\nsecret()\n```".to_owned()));
    assert!(world.draw().contains("secret()"), "whoever writes it sees it");
    world.keys("Esc");
    let screen = world.draw();
    assert!(screen.contains("[code hidden]") && !screen.contains("secret"), "{screen}");
    world.keys("Esc ↓");
    assert!(!world.draw().contains("secret"), "nor in the list");
    world.keys("↑ i Enter");
    assert!(!world.draw().contains("secret"), "nor as an echo");
}

#[test]
fn a_disk_that_takes_nothing_is_said_tried_again_and_asked_about_before_one_leaves() {
    let mut world = world();
    let full = || Event::DraftsSaved(Err("no space left on device".to_owned()));
    world.keys("i");
    world.write("half");
    world.wait(1_100);
    world.tell(full());
    assert!(world.draw().contains("What you write can't be saved (no space left"), "{}", world.draw());
    world.wait(1_000);
    world.write(" a thought");
    assert!(world.draw().contains("! drafts not saved"), "{}", world.draw());
    world.effects.clear();
    world.wait(5_000);
    assert_eq!(world.saved().threads[&11], "half a thought", "it is tried again");
    world.tell(full());
    world.keys("Esc q");
    assert!(world.draw().contains("or leave once more"), "{}", world.draw());
    assert!(!world.effects.contains(&Effect::Quit));

    world.tell(Event::DraftsSaved(Ok(())));
    world.keys("Esc");
    assert!(!world.draw().contains("! drafts not saved"), "{}", world.draw());
    world.tell(full());
    world.keys("q q");
    assert!(world.effects.contains(&Effect::Quit));
}

#[test]
fn where_nothing_was_written_a_full_disk_keeps_nobody() {
    let mut world = world();
    world.tell(Event::DraftsSaved(Err("no space left on device".to_owned())));
    world.keys("q");
    assert!(world.effects.contains(&Effect::Quit));
}

/// A client that is started again where this one was left.
fn again(world: &World, mood: Mood) -> World {
    let mut world = World::with_drafts(fixture::server().in_mood(mood), world.model.drafts());
    world.settle();
    world
}

#[test]
fn one_begins_where_one_was_and_can_write_there_without_the_server() {
    let mut before = world();
    before.keys("↓ i");
    rest(&mut before);
    before.write("half");
    let mut world = again(&before, Mood::Gone);
    let screen = world.draw();
    for words in ["Credit on invoice 2041", "The server can't be reached.", "kept, and sent then", "half"] {
        assert!(screen.contains(words), "{words} in {screen}");
    }
    world.keys("i");
    world.write(" a thought");
    world.keys("Enter");
    assert!(world.draw().contains("○ waits to be sent"), "{}", world.draw());
    world.server.mood = Mood::Well;
    world.wait(60_000);
    world.settle();
    let posted: Vec<&str> = world.server.posted.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(posted, ["half a thought"]);
    assert_eq!((world.model.open, world.model.threads.selected), (Some(CREDIT), Some(CREDIT)));

    let mut signed_out = again(&before, Mood::SignsOut);
    let screen = signed_out.draw();
    assert!(screen.contains("You are not signed in.") && screen.contains("half"), "{screen}");
}

#[test]
fn what_is_kept_of_the_last_thread_is_what_it_is_called_and_nothing_that_was_said() {
    let last = world().model.drafts().last.expect("the open one");
    assert_eq!((last.id, last.last_message), (11, None));
}
