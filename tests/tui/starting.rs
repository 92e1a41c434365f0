//! Starting a thread: what was typed for it is there again where it failed, and there is one thread in the end.

use countersign::{
    api::Id,
    app::{Call, Context, Event, FailureKind, Pane},
};

use crate::{
    fixture,
    server::{Mood, failure},
    world::World,
};

const QUESTION: &str = "Subject of the new thread: ";

/// A client in the thread about the stock count, which is in another account than the first one.
fn counting_stock() -> World {
    let mut world = World::settled(fixture::server(), (100, 24));
    world.keys("↓ ↓");
    world.wait(200);
    world.settle();
    world
}

/// The thread that is being asked for: its account, its subject and its key.
fn asked(world: &World) -> (Option<Id>, &str, &str) {
    let mut asked = world.calls.iter().filter_map(|(_, call)| match call {
        Call::CreateThread { new, key } => Some((new.client_account_id, new.subject.as_deref()?, key.as_str())),
        _ => None,
    });
    let first = asked.next().expect("a thread is asked for");
    assert_eq!(asked.next(), None, "once");
    first
}

#[test]
fn where_it_failed_the_question_is_still_there_with_what_was_typed() {
    let mut world = counting_stock();
    world.keys("n");
    world.write("Winter tyres");
    world.server.mood = Mood::Gone;
    world.keys("Enter");
    let screen = world.draw();
    assert!(screen.contains(&format!("{QUESTION}Winter tyres")), "{screen}");
    assert!(screen.contains("! The thread was not made: nothing answers") && screen.contains("Enter tries again"));
    world.write("!");
    world.server.mood = Mood::Well;
    world.key("Enter");
    assert_eq!((asked(&world).0, asked(&world).1), (Some(4), "Winter tyres!"), "the account that one is looking at");
    world.settle();
    let screen = world.draw();
    assert!(!screen.contains(QUESTION) && !screen.contains("Starting the thread"), "{screen}");
    assert_eq!(world.model.focus, Pane::Composer);
    world.keys("Esc n");
    assert!(world.draw().lines().any(|line| line.trim() == QUESTION.trim()), "{}", world.draw());
}

#[test]
fn a_lost_answer_makes_no_second_thread() {
    let mut world = counting_stock();
    world.keys("n");
    world.write("Winter tyres");
    world.key("Enter");
    let first = asked(&world).2.to_owned();
    world.key("Enter");
    assert_eq!(asked(&world).2, first, "a second Enter asks for nothing");
    world.server.mood = Mood::LosesRequests;
    world.answer();
    assert!(world.draw().contains("It is not known whether the thread was made"), "{}", world.draw());
    world.key("Enter");
    assert_eq!(asked(&world).2, first);
}

#[test]
fn the_subject_is_kept_for_the_account_that_it_was_meant_for() {
    let mut world = counting_stock();
    world.keys("i");
    world.server.mood = Mood::Gone;
    world.write("/new Winter tyres");
    world.keys("Enter");
    let said = world.draw().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("Esc, n asks for it again, its subject is kept"), "{said}");
    assert_eq!(world.model.context(), Context::Composer, "nothing takes the focus");
    world.server.mood = Mood::Well;
    world.keys("Esc Esc ↑");
    world.wait(10_000);
    world.settle();
    assert_eq!(world.model.open, Some(fixture::CREDIT));
    world.keys("n");
    assert!(world.draw().contains(&format!("{QUESTION}Winter tyres")), "{}", world.draw());
    world.key("Enter");
    assert_eq!((asked(&world).0, asked(&world).1), (Some(4), "Winter tyres"));
}

#[test]
fn what_was_refused_is_asked_for_anew_where_one_is_now() {
    let mut world = counting_stock();
    world.keys("n");
    world.write("Winter tyres");
    world.key("Enter");
    let first = asked(&world).2.to_owned();
    let (id, _) = world.calls.pop().expect("it is asked for");
    let refused = failure(FailureKind::Forbidden, "not allowed: you may not post in this account", true);
    world.tell(Event::Answered { id, outcome: Err(refused) });
    assert!(world.draw().contains("The thread was not made: not allowed"), "{}", world.draw());
    world.keys("Esc ↑");
    world.wait(200);
    world.settle();
    world.keys("n");
    assert!(world.draw().contains(&format!("{QUESTION}Winter tyres")), "{}", world.draw());
    world.key("Enter");
    let (account, subject, key) = asked(&world);
    assert_eq!((account, subject), (Some(3), "Winter tyres"));
    assert_ne!(key, first);
}

#[test]
fn a_subject_that_is_too_long_is_said_while_it_is_typed_and_not_asked_for() {
    let mut world = counting_stock();
    world.keys("n");
    world.tell(Event::Paste("ø".repeat(200)));
    assert!(world.draw().contains(QUESTION.trim()), "{}", world.draw());
    world.write("!");
    assert!(world.draw().contains("Subject, too long (201 of 200): "), "{}", world.draw());
    world.key("Enter");
    assert!(world.calls.is_empty(), "{:?}", world.calls);
    let said = "The subject must have at most 200 characters; it has 201.";
    assert!(world.draw().contains(said), "{}", world.draw());
    world.key("Backspace");
    world.key("Enter");
    assert_eq!(asked(&world).1, "ø".repeat(200));
}
