//! Writing: commands, completion, what was said before, one's own editor, and pastes of any size.

use countersign::app::{Context, Effect, Event, Overlay, Pane};

use crate::{
    fixture::{self, OLA, ROBO},
    server::Server,
    world::World,
};

const SIZES: [(u16, u16); 4] = [(40, 10), (80, 24), (120, 40), (200, 60)];

/// A client in whose composer one writes.
fn writing(server: Server) -> World {
    let mut world = World::settled(server, (80, 24));
    world.keys("i");
    world
}

fn world() -> World {
    writing(fixture::server())
}

fn draft(world: &World) -> String {
    world.model.conversation().map(|conversation| conversation.composer.text()).unwrap_or_default()
}

fn picture(name: &str, text: &str) {
    for size in SIZES {
        let mut world = World::settled(fixture::server(), size);
        world.keys("i");
        world.write(text);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), world.draw());
    }
}

#[test]
fn commands_are_offered() {
    picture("commands", "/");
}

#[test]
fn people_are_offered() {
    picture("people", "Thanks, @");
}

#[test]
fn an_unknown_command() {
    for size in SIZES {
        let mut world = World::settled(fixture::server(), size);
        world.keys("i");
        world.write("/frobnicate");
        world.keys("Enter");
        insta::assert_snapshot!(format!("unknown_command_{}x{}", size.0, size.1), world.draw());
    }
}

#[test]
fn too_large_a_paste() {
    for size in SIZES {
        let mut world = World::settled(fixture::server(), size);
        world.keys("i");
        world.write("look: ");
        world.tell(Event::Paste("a line of text\n".repeat(70_000)));
        insta::assert_snapshot!(format!("large_paste_{}x{}", size.0, size.1), world.draw());
    }
}

#[test]
fn a_command_is_completed_and_carried_out() {
    let mut world = world();
    world.write("/he");
    assert_eq!(world.model.context(), Context::Completing);
    world.keys("Tab");
    assert_eq!(draft(&world), "/help");
    world.keys("Enter");
    assert!(matches!(world.model.overlay, Some(Overlay::Help { .. })));
    assert_eq!(draft(&world), "");
    world.keys("Esc");
    world.write("/");
    world.keys("↓ ↓ Enter");
    assert_eq!(draft(&world), "/new ");
    world.write("Rent for December");
    world.keys("Enter");
    assert!(world.draw().contains("Rent for December"));
}

#[test]
fn escape_declines_what_is_offered_and_only_that() {
    let mut world = world();
    world.write("/he");
    world.keys("Esc");
    assert_eq!((world.model.context(), world.model.focus), (Context::Composer, Pane::Composer));
    world.write("l");
    assert_eq!(world.model.context(), Context::Completing, "another text is another question");
}

#[test]
fn what_is_no_command_is_said_and_kept_and_two_slashes_are_one() {
    let mut world = world();
    world.write("/usr/bin is full");
    world.keys("Enter");
    assert!(world.draw().contains("There is no command /usr/bin"), "{}", world.draw());
    assert_eq!(draft(&world), "/usr/bin is full");
    world.keys("Home");
    world.write("/");
    world.keys("Enter");
    assert_eq!(world.server.posted.last().map(|(_, text)| text.as_str()), Some("/usr/bin is full"));
}

#[test]
fn commands_open_the_review_and_decide_nothing() {
    for command in ["/approve", "/reject wrong amount"] {
        let mut world = World::settled(fixture::server(), (80, 24));
        world.keys("↓");
        world.wait(200);
        world.settle();
        world.keys("i");
        world.write(command);
        world.keys("Enter");
        assert!(world.model.review.is_some(), "{command}");
        world.wait(2_000);
        world.settle();
        assert_eq!(world.server.decisions, Vec::<String>::new(), "{command}");
        if command.contains("reject") {
            assert!(world.draw().contains("wrong amount"), "{}", world.draw());
            world.keys("Enter");
            assert!(world.server.decisions[0].contains("wrong amount"), "{:?}", world.server.decisions);
        } else {
            world.keys("Enter Space Enter");
            assert_eq!(world.server.decisions, Vec::<String>::new());
        }
    }
}

#[test]
fn searching_finding_inviting_and_changing_by_command() {
    let mut world = world();
    world.write("/search Credit");
    world.keys("Enter");
    assert!(world.draw().contains("Search: Credit"));
    world.keys("Esc ↑ i");
    world.write("/find total");
    world.keys("Enter");
    assert_eq!(world.model.context(), Context::Finding);
    world.keys("Esc i");
    world.server.gone.push((11, ROBO));
    world.write("/invite ro");
    world.keys("Tab");
    assert_eq!(draft(&world), "/invite Robo ");
    world.keys("Enter");
    assert!(world.draw().contains("Robo takes part now."), "{}", world.draw());
    assert_eq!(world.server.gone, []);
    world.write("/invite nobody at all");
    world.keys("Enter");
    assert!(world.draw().contains("Nobody is known as nobody at all"), "{}", world.draw());
    world.write("/edit");
    world.keys("Enter");
    assert!(world.draw().contains("Change your message"), "{}", world.draw());
}

#[test]
fn a_name_is_completed_from_who_takes_part() {
    let mut world = world();
    world.write("thanks @no");
    let screen = world.draw();
    assert!(screen.contains("Ola Nordmann") && !screen.contains("▌ Robo"), "{screen}");
    world.keys("Enter");
    assert_eq!(draft(&world), "thanks @Ola Nordmann ");
    assert_eq!(world.server.posted, [], "nothing was sent");
    world.write("and a@b");
    assert_eq!(world.model.context(), Context::Composer, "an address is no name");
    world.keys("Enter");
    assert_eq!(world.server.posted.len(), 1);
}

#[test]
fn what_was_said_comes_back() {
    let mut world = world();
    for text in ["first", "second"] {
        world.write(text);
        world.keys("Enter");
    }
    world.keys("↑");
    assert_eq!(draft(&world), "second");
    world.keys("↑");
    assert_eq!(draft(&world), "first");
    world.keys("↓ ↓");
    assert_eq!(draft(&world), "");
    world.write("a draft");
    world.keys("↑");
    assert_eq!(draft(&world), "a draft", "only where nothing is written");
    world.keys("Alt+P");
    assert_eq!(draft(&world), "second");
    world.keys("Alt+N");
    assert_eq!(draft(&world), "a draft");
    // In a program that has just been started: what one has said in this thread.
    let mut restarted = World::settled(world.server.clone(), (80, 24));
    restarted.keys("i ↑");
    assert_eq!(draft(&restarted), "second");
}

#[test]
fn ones_own_editor_takes_the_draft_and_gives_it_back() {
    let mut world = world();
    world.write("half");
    world.keys("Ctrl+E");
    let asked = Effect::Editor { thread: 11, text: "half".to_owned() };
    assert!(world.effects.contains(&asked));
    world.tell(Event::Edited { thread: 11, outcome: Err("The editor ended with exit status: 1.".to_owned()) });
    assert!(world.draw().contains("The editor ended with"));
    assert_eq!(draft(&world), "half");
    world.tell(Event::Edited { thread: 11, outcome: Ok("half\nand whole".to_owned()) });
    assert_eq!(draft(&world), "half\nand whole");
    world.wait(1_100);
    let saved =
        |effect: &Effect| matches!(effect, Effect::SaveDrafts(drafts) if drafts.threads[&11].ends_with("whole"));
    assert!(world.effects.iter().any(saved));
}

#[test]
fn a_draft_is_saved_at_once_and_again_while_one_types() {
    let mut world = world();
    let saved = |world: &World| -> Vec<String> {
        let saved = world.effects.iter().filter_map(|effect| match effect {
            Effect::SaveDrafts(drafts) => drafts.threads.get(&11).cloned(),
            _ => None,
        });
        saved.collect()
    };
    for key in ["o", "n", "c", "e"] {
        world.key(key);
        world.wait(50);
    }
    assert_eq!(saved(&world), ["onc"], "in the middle of a word");
    world.wait(150);
    assert_eq!(saved(&world), ["onc", "once"]);
    world.wait(10_000);
    assert_eq!(saved(&world).len(), 2, "and not again without a change");
}

#[test]
fn a_decision_can_be_typed() {
    let mut world = World::settled(fixture::seed_server(), (80, 24));
    while world.model.open != Some(fixture::CREDIT) {
        world.keys("↓");
        world.wait(200);
        world.settle();
    }
    world.keys("i");
    world.tell(Event::Paste("```approvecodeaction\n```".to_owned()));
    world.keys("Enter");
    assert_eq!(world.server.decisions.len(), 1);
    world.keys("↑");
    assert_eq!(draft(&world), "", "what decided is not for repeating");
}

#[test]
fn a_megabyte_is_said_to_be_too_long_at_once_and_is_kept() {
    let mut world = world();
    let paste = "x y\n".repeat(250_000);
    world.tell(Event::Paste(paste.clone()));
    let screen = world.draw();
    assert!(screen.contains("Too long to send: 1000000 bytes"), "{screen}");
    assert_eq!(draft(&world), paste);
    world.write("!");
    world.keys("Enter");
    assert_eq!(world.server.posted, []);
    assert_eq!(draft(&world).len(), paste.len() + 1);
    world.keys("Backspace Backspace");
    assert_eq!(draft(&world), "");
    assert!(!world.draw().contains("of at most"));
}

#[test]
fn a_name_that_is_dangerous_completes_to_nothing_dangerous() {
    let mut server = fixture::server();
    for person in server.people.as_mut().expect("people") {
        if person.id == OLA {
            person.name = "Ol\u{1b}[31ma \u{202e}x".to_owned();
        }
    }
    let mut world = writing(server);
    world.write("@ol");
    world.keys("Tab");
    assert!(!draft(&world).contains(countersign::safe_text::is_forbidden), "{:?}", draft(&world));
}
