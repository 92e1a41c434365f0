//! The token is not accepted any more: another one is typed where one is, and nothing that was written is lost.

use countersign::app::{Context, Effect, Event, Link};

use crate::{fixture, server::Mood, world::World};

#[test]
fn another_token_is_typed_and_the_draft_stays() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("i");
    world.write("a draft");
    world.server.mood = Mood::SignsOut;
    world.wait(3_000);
    world.settle();
    assert!(matches!(world.model.link, Link::SignedOut { .. }));
    assert_eq!(world.model.context(), Context::Composer, "nothing takes the focus");
    assert!(world.draw().contains("not signed in (Esc, L signs in)"), "{}", world.draw());

    world.keys("Esc L");
    world.write("csn_secret");
    let screen = world.draw();
    assert!(screen.contains("Token: ••••") && !screen.contains("secret"), "{screen}");
    assert!(!format!("{:?}", world.model).contains("csn_secret"));
    world.key("Enter");
    let tried = world.effects.iter().find_map(|effect| match effect {
        Effect::SignIn(secret) => Some(secret.clone()),
        _ => None,
    });
    let tried = tried.expect("the token is tried");
    assert_eq!((tried.reveal(), format!("{tried:?}").as_str()), ("csn_secret", "Secret(…)"));

    world.tell(Event::SignedIn(Err("the server does not accept the token".to_owned())));
    assert!(world.draw().contains("! Not signed in: the server"));
    world.write("csn_anew");
    let screen = world.draw();
    assert!(screen.contains("Token: ••••") && !screen.contains("anew"), "it is asked for again: {screen}");
    world.server.mood = Mood::Well;
    world.tell(Event::SignedIn(Ok(())));
    world.settle();
    assert_eq!(world.model.link, Link::Online);
    assert!(!world.draw().contains("Token:"), "{}", world.draw());
    let draft = world.model.conversation().map(|conversation| conversation.composer.text());
    assert_eq!(draft.as_deref(), Some("a draft"));
}

#[test]
fn what_was_refused_names_the_key_of_the_client() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.keys("n");
    world.write("Winter tyres");
    world.server.mood = Mood::SignsOut;
    world.keys("Enter");
    let said = world.draw().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("The thread was not made: the server does not accept the token – Esc, L signs in"), "{said}");
}

#[test]
fn it_is_said_who_signed_in_and_with_a_warning_where_that_is_somebody_else() {
    let mut world = World::settled(fixture::server(), (80, 24));
    let words = |world: &mut World| world.draw().split_whitespace().collect::<Vec<_>>().join(" ");
    world.tell(Event::SignedIn(Ok(())));
    world.settle();
    let said = words(&mut world);
    assert!(said.contains("Signed in as Ida Berg. Everything you wrote is still here."), "{said}");
    let me = world.server.me.as_mut().expect("a person");
    (me.id, me.name) = (fixture::OLA, "Ola Nordmann".to_owned());
    world.tell(Event::SignedIn(Ok(())));
    world.settle();
    let said = words(&mut world);
    assert!(said.contains("! Signed in as Ola Nordmann, not as Ida Berg any more."), "{said}");
    assert!(said.contains("look at it before you send it"), "{said}");
}

#[test]
fn what_somebody_wrote_is_not_sent_under_another_name() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.server.mood = Mood::SignsOut;
    world.keys("i");
    world.write("a secret");
    world.keys("Enter Esc");
    assert!(world.draw().contains("○ waits to be sent"), "{}", world.draw());
    world.server.mood = Mood::Well;
    let me = world.server.me.as_mut().expect("a person");
    (me.id, me.name) = (fixture::OLA, "Ola Nordmann".to_owned());
    world.tell(Event::SignedIn(Ok(())));
    world.settle();
    let posts = |world: &World| world.server.posted.iter().filter(|(_, text)| text.contains("a secret")).count();
    assert_eq!(posts(&world), 0);
    let said = world.draw().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("! not sent") && said.contains("written by Ida Berg"), "{said}");
    world.wait(1_000);
    assert!(world.saved().unsent.iter().all(|unsent| unsent.at.is_none()), "nor after a restart");
    world.keys("R");
    assert_eq!(posts(&world), 1);
}

#[test]
fn what_waits_is_sent_once_it_is_known_that_one_is_the_same() {
    let mut world = World::settled(fixture::server(), (80, 24));
    world.server.mood = Mood::SignsOut;
    world.keys("i");
    world.write("no secret");
    world.keys("Enter Esc");
    world.server.mood = Mood::Well;
    world.tell(Event::SignedIn(Ok(())));
    world.settle();
    assert_eq!(world.server.posted.iter().filter(|(_, text)| text.contains("no secret")).count(), 1);
}
