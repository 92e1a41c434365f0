//! Decisions that somebody writes by hand: sent once at most, on no disk, and claimed by nobody before they are made.

use countersign::app::{Drafts, Effect, Progress, Unsent};

use crate::{
    fixture::{self, CREDIT},
    server::Mood,
    world::World,
};

const APPROVAL: &str = "Fine with me.\n\n```approvecodeaction\n```";
const REJECTION: &str = "```rejectcodeaction\nmessage_id: 105\n\ntoo much\n```";
const ONCE: &str = "A decision is not sent twice: look whether it was made, then decide in the review.";
const REFUSED: &str = "A decision is not sent twice. Nothing was decided by this one: decide in the review.";

/// A client that has sent `text` in the thread of the credit note, with nothing heard since.
fn sent(text: &str, mood: Mood) -> World {
    let mut world = World::settled(fixture::server(), (140, 40));
    world.keys("↓");
    world.wait(200);
    world.settle();
    assert_eq!(world.model.open, Some(CREDIT));
    world.keys("i");
    world.tell(countersign::app::Event::Paste(text.to_owned()));
    world.server.mood = mood;
    world.key("Enter");
    world.answer();
    world
}

fn saved(world: &World) -> impl Iterator<Item = &Drafts> {
    world.effects.iter().filter_map(|effect| match effect {
        Effect::SaveDrafts(drafts) => Some(drafts),
        _ => None,
    })
}

#[test]
fn one_whose_answer_was_lost_is_on_no_disk_and_never_sent_again() {
    for text in [APPROVAL, REJECTION] {
        let mut world = sent(text, Mood::LosesRequests);
        assert!(saved(&world).all(|drafts| drafts.unsent.is_empty()), "{text}");
        assert_eq!(world.model.drafts().unsent, [], "{text}");
        world.server.mood = Mood::Well;
        world.wait(30_000);
        world.settle();
        world.keys("Esc");
        let screen = world.draw();
        assert!(screen.contains("a decision is not sent twice"), "{screen}");
        assert!(!screen.contains("sends it again"), "{screen}");
        world.keys("R");
        assert!(world.draw().contains(ONCE), "{}", world.draw());
        world.wait(30_000);
        world.settle();
        assert_eq!(world.server.decisions.len(), 0, "{text}");
        world.keys("e");
        assert_eq!(world.model.conversation().map(|open| open.composer.text()).as_deref(), Some(text));
    }
}

#[test]
fn sending_again_sends_the_others() {
    let mut world = sent(APPROVAL, Mood::Forbids);
    world.tell(countersign::app::Event::Paste("and this".to_owned()));
    world.key("Enter");
    world.answer();
    world.server.mood = Mood::Well;
    world.wait(30_000);
    world.settle();
    world.keys("Esc R");
    let posted: Vec<&str> = world.server.posted.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(posted, ["and this"]);
    assert!(world.draw().contains(REFUSED), "{}", world.draw());
    world.keys("x");
    assert!(world.model.conversation().is_some_and(|open| open.outgoing.is_empty()));
}

#[test]
fn one_in_a_file_of_an_older_version_is_not_taken_over() {
    let at = Some("2026-11-22T09:30:00Z".parse().expect("a time"));
    let unsent = |key: &str, text: &str| Unsent { thread: CREDIT, key: key.to_owned(), text: text.to_owned(), at };
    let unsent = vec![unsent("key-1", APPROVAL), unsent("key-2", REJECTION)];
    let mut world = World::with_drafts(fixture::seed_server(), Drafts { unsent, ..Drafts::default() });
    world.settle();
    assert!(world.draw().contains("A decision that was on its way is not sent again"), "{}", world.draw());
    assert!(world.model.conversations.values().all(|conversation| conversation.outgoing.is_empty()));
    assert_eq!(world.model.drafts().unsent, []);
    world.wait(30_000);
    world.settle();
    assert!(saved(&world).any(|drafts| drafts.unsent.is_empty()), "the file forgets it too");
}

#[test]
fn one_does_not_wait_behind_another_message() {
    let mut world = World::settled(fixture::server(), (140, 40));
    world.keys("i");
    world.write("first");
    world.key("Enter");
    world.tell(countersign::app::Event::Paste(APPROVAL.to_owned()));
    world.key("Enter");
    assert!(world.draw().contains("Decisions are never queued"), "{}", world.draw());
    let open = world.model.conversation().expect("open");
    assert_eq!(open.composer.text(), APPROVAL);
    assert!(matches!(open.outgoing.as_slice(), [first] if first.progress == Progress::Sending));
}

#[test]
fn nothing_says_that_it_is_decided_before_the_server_does() {
    let bound = "```approvecodeaction\nmessage_id: 105\ndigest: 00\n```";
    for (text, mood, words) in [
        (bound, Mood::LosesRequests, "wants to approve the action in message 105, not confirmed"),
        (bound, Mood::Forbids, "wants to approve the action in message 105, not confirmed"),
        (REJECTION, Mood::Forbids, "wants to reject the action in message 105, not confirmed"),
    ] {
        let mut world = sent(text, mood);
        let screen = world.draw();
        assert!(screen.contains(words), "{screen}");
        assert!(!screen.contains("✓ approved") && !screen.contains("✗ rejected"), "{screen}");
    }
    let digest = fixture::server().message(fixture::PROPOSAL)["actions"][0]["digest"].clone();
    let bound = format!("```approvecodeaction\nmessage_id: 105\ndigest: {}\n```", digest.as_str().expect("a digest"));
    let screen = sent(&bound, Mood::Well).draw();
    assert!(screen.contains("✓ approved the action in message 105") && !screen.contains("wants to"), "{screen}");
}

#[test]
fn a_refusal_of_several_lines_is_shown_on_lines_of_its_own() {
    let mut world = sent(REJECTION, Mood::Forbids);
    let conversation = world.model.conversations.get_mut(&CREDIT).expect("open");
    conversation.outgoing.clear();
    world.server.mood = Mood::Well;
    world.tell(countersign::app::Event::Paste("hello".to_owned()));
    world.key("Enter");
    let (id, _) = world.calls.pop().expect("the post");
    let words = "refused (422): two things are wrong\n  /message: too long\n  /thread: gone";
    let outcome = Err(crate::server::failure(countersign::app::FailureKind::Refused, words, true));
    world.tell(countersign::app::Event::Answered { id, outcome });
    let screen = world.draw();
    assert!(screen.contains("/message: too long"), "{screen}");
    assert!(screen.lines().any(|line| line.contains("two things are wrong") && !line.contains("/message")), "{screen}");
    assert!(!screen.contains('␊'), "{screen}");
}

#[test]
fn one_that_was_refused_was_not_made_and_says_why() {
    let mut world = World::settled(fixture::server(), (140, 40));
    world.keys("↓");
    world.wait(200);
    world.settle();
    world.keys("i");
    world.tell(countersign::app::Event::Paste(REJECTION.to_owned()));
    world.key("Enter");
    let (id, _) = world.calls.pop().expect("the post");
    let words = "refused (422): message 105 holds no action";
    let outcome = Err(crate::server::failure(countersign::app::FailureKind::Refused, words, true));
    world.tell(countersign::app::Event::Answered { id, outcome });
    world.keys("Esc");
    let screen = world.draw();
    assert!(screen.contains("Ida Berg  ! nothing was decided"), "{screen}");
    assert!(screen.contains(&format!("{words} (e edits it, x drops it)")), "{screen}");
    world.keys("R");
    assert!(world.draw().contains(REFUSED), "{}", world.draw());
    assert!(!world.draw().contains("look whether it was made"), "{}", world.draw());
}
