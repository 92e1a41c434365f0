//! The palette finds commands and threads by a few letters, and runs them as their keys would.

use countersign::app::{Call, Context, Event, Mouse, Overlay, Pane};

use crate::{
    fixture::{self, CREDIT, REMINDERS},
    world::World,
};

fn world() -> World {
    World::settled(fixture::server(), (120, 40))
}

#[test]
fn it_goes_to_a_thread() {
    let mut world = world();
    world.keys("Ctrl+P");
    world.write("remoct");
    world.keys("Enter");
    assert_eq!((world.model.open, world.model.focus), (Some(REMINDERS), Pane::Messages));
}

#[test]
fn it_runs_commands_from_wherever_one_is() {
    let mut world = world();
    world.keys("i");
    world.write("a draft");
    world.keys("Ctrl+P");
    world.write("order thr");
    world.keys("Enter");
    assert_eq!(world.model.context(), Context::Order);
    world.keys("Esc Ctrl+P");
    world.write("this help");
    world.keys("Enter");
    assert!(matches!(world.model.overlay, Some(Overlay::Help { .. })));
    let draft = world.model.conversation().map(|conversation| conversation.composer.text());
    assert_eq!(draft.as_deref(), Some("a draft"));
}

#[test]
fn the_server_is_asked_for_threads_that_are_not_loaded() {
    let mut server = fixture::server();
    server.page = 2;
    let mut world = World::new(server, (80, 24));
    world.answer();
    world.key("Ctrl+P");
    world.write("Reminders");
    assert!(world.draw().contains("Nothing fits."), "{}", world.draw());
    world.wait(200);
    assert!(world.calls.iter().any(|(_, call)| matches!(call, Call::Threads { .. })));
    world.settle();
    assert!(world.draw().contains("Reminders for October"), "{}", world.draw());
    world.keys("Enter");
    assert_eq!(world.model.open, Some(REMINDERS));
}

#[test]
fn it_never_approves() {
    let mut world = world();
    world.keys("↓ a G");
    world.wait(400);
    world.keys("Ctrl+P");
    world.write("approve");
    let rows = world.draw();
    assert!(!rows.contains("approve exactly"), "{rows}");
    world.keys("Enter Esc y");
    assert!(world.server.decisions.is_empty(), "the review was covered: it settles anew");
}

#[test]
fn a_click_chooses_and_one_beside_it_closes() {
    let mut world = world();
    world.keys("Ctrl+P");
    world.write("Credit");
    let row = world.draw().lines().position(|line| line.contains("→ Credit")).expect("the thread is found");
    world.tell(Event::Mouse(Mouse::Click { column: 40, row: u16::try_from(row).expect("a row") }));
    world.settle();
    assert_eq!(world.model.open, Some(CREDIT));
    world.keys("Ctrl+P");
    world.tell(Event::Mouse(Mouse::Click { column: 1, row: 1 }));
    assert!(world.model.overlay.is_none());
}

#[test]
fn what_fits_by_name_comes_before_what_the_server_found() {
    let mut server = fixture::server();
    server.page = 2;
    let mut world = World::new(server, (120, 40));
    world.answer();
    world.key("Ctrl+P");
    world.write("Re");
    let rows = |world: &World| -> (Vec<String>, usize) {
        let Some(Overlay::Palette(palette)) = &world.model.overlay else { panic!("it is open") };
        let names = palette.finder.found.iter().map(|at| palette.rows[*at].name.to_string());
        (names.collect(), palette.finder.at)
    };
    let (before, at) = rows(&world);
    let chosen = before[at].clone();
    world.wait(200);
    world.settle();
    let (rows, at) = rows(&world);
    assert_eq!(rows.iter().filter(|name| *name == "Reminders for October").count(), 1, "{rows:?}");
    assert_eq!(rows[at], chosen, "what was chosen stays chosen: {rows:?}");
}
