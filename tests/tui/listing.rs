//! Filters and order: what is asked of the server, and what the list says about it.

use countersign::app::{Attribute, Context, Filter, Listing, Order, Pane};

use crate::{
    fixture::{self, OLA},
    world::World,
};

fn world() -> World {
    World::settled(fixture::server(), (80, 24))
}

/// What the list was asked for last.
fn asked(world: &World) -> Listing {
    world.server.listings.last().cloned().expect("a list was asked for")
}

#[test]
fn a_filter_is_chosen_and_said_in_words() {
    let mut world = world();
    world.keys("f ↓ ↓ ↓ ↓ → Enter");
    assert_eq!(asked(&world).filter, Filter { awaiting_approval: Some(true), ..Filter::default() });
    let screen = world.draw();
    assert!(screen.contains("only awaiting approval"), "{screen}");
    let listed = |world: &World| world.model.threads.items.len();
    assert_eq!(listed(&world), 2, "{screen}");
    world.keys("F");
    assert_eq!(asked(&world), Listing::default());
    assert_eq!(listed(&world), 5);
}

#[test]
fn every_filter_of_the_api_can_be_typed() {
    let mut world = world();
    world.keys("f");
    for typed in ["fjord", "77", "invoice", "2041", "", "", "ola"] {
        world.write(typed);
        world.keys("↓");
    }
    world.keys("Enter");
    let filter = Filter {
        client_account: Some(4),
        provider_account: Some(77),
        relation_type: Some("invoice".to_owned()),
        relation_id: Some(2041),
        participant: Some(OLA),
        ..Filter::default()
    };
    assert_eq!(asked(&world).filter, filter);
    world.keys("f");
    let form = world.draw();
    for said in ["Fjordtre", "invoice", "2041", "Ola Nordmann"] {
        assert!(form.contains(said), "{said} in\n{form}");
    }
    world.keys("Ctrl+X Enter");
    assert_eq!(asked(&world).filter, Filter::default());
}

#[test]
fn what_is_no_known_name_is_asked_again() {
    let mut world = world();
    let before = world.server.listings.len();
    world.keys("f");
    world.write("xyzzy");
    world.key("Enter");
    assert_eq!(world.model.context(), Context::Filter);
    assert!(world.draw().contains("`xyzzy`"));
    assert_eq!(world.server.listings.len(), before, "nothing was asked");
    world.keys("Esc");
    assert_eq!(world.model.context(), Context::Threads);
}

#[test]
fn filters_and_a_search_go_together() {
    let mut world = world();
    world.keys("f ↓ ↓ ↓ ↓ → Enter /");
    world.write("Credit");
    world.keys("Enter");
    let listing = asked(&world);
    assert_eq!((listing.search.as_deref(), listing.filter.awaiting_approval), (Some("Credit"), Some(true)));
    assert!(world.draw().contains("Search: Credit"));
    world.keys("Esc");
    assert!(!asked(&world).narrows());
}

#[test]
fn an_order_is_chosen_both_ways() {
    let mut world = world();
    world.keys("o ↓ ↓ Enter");
    assert_eq!(asked(&world).order, Order { by: Attribute::Subject, descending: false });
    assert!(world.draw().contains("by subject, from A to Z"));
    world.keys("o → Enter");
    assert_eq!(asked(&world).order, Order { by: Attribute::Subject, descending: true });
    world.keys("Esc");
    assert_eq!(asked(&world).order.by, Attribute::Subject, "Esc leaves filters, not the order");
}

#[test]
fn an_answer_to_an_older_question_changes_nothing() {
    let mut world = world();
    world.keys("f ↓ ↓ ↓ ↓ →");
    world.key("Enter");
    let late = std::mem::take(&mut world.calls);
    world.keys("F");
    let all = world.model.threads.items.len();
    world.calls = late;
    world.answer();
    assert_eq!(world.model.threads.items.len(), all);
}

#[test]
fn pages_load_as_one_scrolls() {
    let mut server = fixture::server();
    server.page = 2;
    let mut world = World::settled(server, (80, 24));
    world.keys("G G");
    assert_eq!(world.model.threads.items.len(), 5, "all of them");
    assert_eq!(world.model.focus, Pane::Threads);
}

#[test]
fn a_muted_thread_keeps_quiet_and_stays_so() {
    let mut world = world();
    assert!(world.draw().contains("2 new ·"), "{}", world.draw());
    world.keys("m");
    let screen = world.draw();
    assert!(screen.contains("muted ·") && screen.contains("keeps quiet"), "{screen}");
    assert_eq!(world.model.unread(), 0);
    assert!(world.model.drafts().muted.contains(&11), "a restart knows it");
    world.keys("m");
    assert_eq!(world.model.unread(), 2);
}
