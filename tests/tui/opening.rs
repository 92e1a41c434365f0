//! The marked thread, the one beside the list and the one that keys act on are the same, however the list changes.

use countersign::{
    api::Id,
    app::{Event, Filter, Listing, Pane},
};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, OLA, PROPOSAL, REMINDERS},
    server::{Mood, Server},
    world::World,
};

const STOCK: Id = 13;

fn world() -> World {
    World::settled(fixture::server(), (100, 24))
}

fn search(world: &mut World, words: &str) {
    world.key("/");
    world.write(words);
    world.keys("Enter");
}

/// The title that is marked in the list, as far as it is drawn.
fn marked(screen: &str) -> Option<String> {
    let line = screen.lines().find(|line| line.starts_with('▌') || line.starts_with('▏'))?;
    let title = line.split('│').next()?.trim_start_matches(['▌', '▏']).trim();
    Some(title.chars().take(12).collect())
}

/// Everything is about one thread, which is `id`: the mark, the pane beside it, and what Enter, `a` and `i` act on.
fn is_on(world: &mut World, id: Id) {
    let screen = world.draw();
    assert_eq!(world.model.open, Some(id), "{screen}");
    let title: String = world.model.title(id).chars().take(12).collect();
    assert_eq!(marked(&screen), Some(title.clone()), "{screen}");
    let beside = screen.lines().next().and_then(|line| line.split('│').nth(1)).unwrap_or_default();
    assert!(beside.trim().starts_with(&title), "{title} in\n{screen}");
    world.keys("Enter");
    assert_eq!((world.model.open, world.model.focus), (Some(id), Pane::Messages));
    world.keys("i");
    assert_eq!((world.model.open, world.model.focus), (Some(id), Pane::Composer));
    world.keys("Esc Esc");
    assert_eq!((world.model.open, world.model.focus), (Some(id), Pane::Threads));
}

#[test]
fn enter_opens_what_a_search_found() {
    let mut world = world();
    search(&mut world, "stock");
    is_on(&mut world, STOCK);
    world.keys("i");
    world.write("counted");
    assert_eq!(world.model.drafts().threads.keys().collect::<Vec<_>>(), [&STOCK]);
}

#[test]
fn enter_opens_what_a_search_found_in_one_pane() {
    let mut world = World::settled(fixture::server(), (70, 24));
    search(&mut world, "stock");
    world.keys("Enter");
    let screen = world.draw();
    assert!(screen.contains("The shelves are counted"), "{screen}");
}

#[test]
fn a_filter_and_all_threads_again() {
    let mut world = world();
    world.keys("f ↓ ↓ ↓ ↓ → Enter");
    is_on(&mut world, CREDIT);
    world.keys("↓");
    world.wait(200);
    world.settle();
    is_on(&mut world, REMINDERS);
    world.keys("F");
    is_on(&mut world, REMINDERS);
    search(&mut world, "stock");
    is_on(&mut world, STOCK);
    world.keys("Esc");
    is_on(&mut world, STOCK);
}

#[test]
fn another_order_stays_on_the_thread() {
    let mut world = world();
    world.keys("↓ o ↓ ↓ Enter");
    is_on(&mut world, CREDIT);
}

#[test]
fn where_another_order_begins_elsewhere_it_is_the_first_of_it() {
    let mut server = fixture::server();
    server.page = 2;
    let mut world = World::settled(server, (100, 8 + 2));
    world.keys("o ↓ ↓ Enter");
    let open = world.model.open.expect("a thread");
    is_on(&mut world, open);
    world.keys("G G G");
    world.wait(200);
    world.settle();
    let last = world.model.threads.items.last().expect("a thread").id;
    is_on(&mut world, last);
    world.keys("F5");
    is_on(&mut world, last);
}

#[test]
fn nothing_found_is_nothing_open() {
    for size in [(100, 24), (70, 24)] {
        let mut world = World::settled(fixture::server(), size);
        search(&mut world, "xyzzy");
        for key in ["Enter", "i", "Tab", "a", "m"] {
            world.keys(key);
            assert_eq!((world.model.open, world.model.focus), (None, Pane::Threads), "{key}");
        }
        world.wait(10_000);
        world.settle();
        let screen = world.draw();
        assert!(screen.contains("Nothing found."), "{screen}");
        assert!(size.0 < 80 || screen.contains("No thread fits what you looked for."), "{screen}");
        assert!(!screen.contains("Coffee"), "{screen}");
        world.tell(Event::Paste("lost?".to_owned()));
        assert!(world.model.drafts().threads.is_empty());
        world.keys("Esc");
        assert_eq!(world.model.open, Some(11), "where one was");
    }
}

#[test]
fn what_is_still_looked_for_opens_nothing() {
    let mut world = world();
    world.key("/");
    world.write("stock");
    world.key("Enter");
    world.key("Enter");
    world.key("i");
    assert_eq!((world.model.open, world.model.focus), (None, Pane::Threads));
    world.settle();
    is_on(&mut world, STOCK);
}

#[test]
fn a_thread_that_vanishes_hands_over_to_the_one_that_takes_its_place() {
    for live in [true, false] {
        let mut world = World::settled(Server { is_live: live, ..fixture::server() }, (100, 24));
        world.keys("↓");
        world.wait(200);
        world.settle();
        is_on(&mut world, CREDIT);
        world.server.hidden.insert(CREDIT);
        world.wait(3_000);
        world.settle();
        is_on(&mut world, STOCK);
    }
}

#[test]
fn what_an_event_takes_out_of_a_narrowed_list_is_not_open_either() {
    let mut world = World::settled(fixture::live_server(), (100, 24));
    world.keys("f ↓ ↓ ↓ ↓ → Enter");
    is_on(&mut world, CREDIT);
    world.server.change(PROPOSAL, |message| message["actions"][0]["status"] = json!("rejected"));
    world.settle();
    world.wait(3_000);
    world.settle();
    is_on(&mut world, REMINDERS);
}

#[test]
fn nobody_is_thrown_out_of_a_thread_that_leaves_the_list() {
    for keys in ["Enter", "i"] {
        let mut world = world();
        world.keys("f ↓ ↓ ↓ ↓ → Enter");
        world.keys(keys);
        let focus = world.model.focus;
        world.server.change(PROPOSAL, |message| message["actions"][0]["status"] = json!("rejected"));
        world.wait(3_000);
        world.settle();
        let screen = world.draw();
        assert_eq!(world.model.threads.items.len(), 1, "{screen}");
        assert_eq!((world.model.open, world.model.focus), (Some(CREDIT), focus), "{screen}");
        assert_eq!(marked(&screen), None, "{screen}");
        world.keys(if focus == Pane::Composer { "Esc Esc" } else { "Esc" });
        is_on(&mut world, REMINDERS);
    }
}

#[test]
fn a_thread_outside_the_list_is_read_and_left_for_the_marked_one() {
    let mut world = world();
    search(&mut world, "stock");
    world.key("Ctrl+P");
    world.write("Reminders");
    world.wait(500);
    world.settle();
    world.keys("Enter");
    assert_eq!((world.model.open, world.model.focus), (Some(REMINDERS), Pane::Messages));
    assert_eq!(marked(&world.draw()), None);
    world.keys("Esc");
    is_on(&mut world, STOCK);
}

#[test]
fn a_search_that_fails_opens_nothing_and_the_way_back_opens_what_was_there() {
    let mut world = world();
    world.server.mood = Mood::Gone;
    search(&mut world, "stock");
    world.keys("Enter");
    assert_eq!((world.model.open, world.model.focus), (None, Pane::Threads));
    world.keys("Esc");
    assert_eq!(world.model.threads.listing, Listing { filter: Filter::default(), ..Listing::default() });
    assert_eq!(world.model.open, Some(11));
    world.keys("i");
    world.write("kept");
    assert_eq!(world.draft(), "kept");
}

#[test]
fn new_messages_elsewhere_move_the_thread_not_the_mark() {
    let mut world = World::settled(fixture::live_server(), (100, 24));
    world.keys("↓");
    world.wait(200);
    world.settle();
    fixture::say(&mut world.server, STOCK, 300, OLA, "2026-11-22T09:33:00Z", "And the cellar.");
    world.server.threads.get_mut(&STOCK).expect("a thread")["updated_at"] = json!("2026-11-22T09:33:00Z");
    world.settle();
    is_on(&mut world, CREDIT);
}

#[test]
fn one_begins_in_the_thread_one_was_in_though_the_list_does_not_reach_so_far() {
    let mut world = world();
    world.keys("G");
    world.wait(200);
    world.settle();
    let (last, mut server) = (world.model.open.expect("a thread"), fixture::server());
    server.page = 2;
    let mut again = World::with_drafts(server, world.model.drafts());
    again.answer();
    assert_eq!((again.model.open, again.model.focus), (Some(last), Pane::Messages));
    assert_eq!(marked(&again.draw()), None);
    again.key("Esc");
    assert_eq!((again.model.open, again.model.focus), (Some(11), Pane::Threads));
}
