//! Live: what the server tells is there without being asked for, whatever the network does.

use countersign::{
    api::{Id, Participant, Thread, digest},
    app::{
        Call, Effect, Event, Link, News,
        review::{Obstacle, obstacle},
    },
};
use serde_json::json;

use crate::{
    converging::same_as_fresh,
    fixture::{self, CREDIT, OLA, PROPOSAL, REMINDER_PROPOSAL, ROBO},
    server::{Mood, Server},
    world::World,
};

fn world() -> World {
    World::settled(fixture::live_server(), (80, 24))
}

/// Ola writes in a thread.
fn ola_says(world: &mut World, thread: Id, text: &str) {
    let id = post(&mut world.server, thread, text);
    assert!(id > 0);
}

pub fn post(server: &mut Server, thread: Id, text: &str) -> Id {
    let id = server.append(thread, text, "user", serde_json::Value::Null, json!([]))["id"].as_i64().expect("an id");
    server.message(id)["created_by_id"] = json!(OLA);
    let thread = server.threads.get_mut(&thread).expect("the thread");
    thread["last_message"] =
        json!({ "id": id, "created_by_id": OLA, "created_at": "2026-11-22T09:34:00Z", "excerpt": text });
    thread["unread_count"] = json!(thread["unread_count"].as_u64().unwrap_or(0) + 1);
    id
}

#[test]
fn what_happens_is_there_at_once_and_nothing_is_asked_for() {
    let mut world = world();
    assert!(world.draw().contains("● live"), "{}", world.draw());
    world.keys("Enter");
    ola_says(&mut world, 11, "and *tea*");
    world.hear();
    assert_eq!(world.calls, [], "nothing has to be asked for");
    let screen = world.draw();
    assert!(screen.contains("and tea"), "{screen}");
    world.settle();
    for _ in 0..10 {
        world.wait(60_000);
        assert_eq!(world.calls, []);
    }
}

#[test]
fn a_thread_that_is_here_opens_without_a_question() {
    let mut world = world();
    for key in ["↓", "↓", "↑", "↑"] {
        world.keys(key);
        world.wait(200);
        world.settle();
    }
    world.key("↓");
    world.wait(200);
    assert_eq!(world.calls, []);
    ola_says(&mut world, 11, "while one looks elsewhere");
    world.hear();
    world.keys("↑");
    assert!(world.draw().contains("while one looks elsewhere"));
}

#[test]
fn the_list_and_the_queue_follow() {
    let mut world = world();
    ola_says(&mut world, 13, "recounted");
    let items = world.server.message(REMINDER_PROPOSAL)["action_items"].clone();
    fixture::propose(&mut world.server, 11, 950, "2026-11-22T09:36:00Z", "Look.", items);
    world.hear();
    let screen = world.draw();
    assert!(screen.contains("Ola: recounted") && screen.contains("◆ 3 await approval"), "{screen}");
    assert_eq!(world.model.threads.items[0].id, 13, "the newest is on top");
    world.server.change(950, |message| message["actions"][0]["status"] = json!("rejected"));
    world.server.hidden.insert(CREDIT);
    world.hear();
    assert!(world.draw().contains("◆ 1 awaits approval"), "{}", world.draw());
    assert!(!world.draw().contains("Credit on invoice"));
}

#[test]
fn without_a_stream_it_asks_and_changes_over_when_there_is_one() {
    let mut world = World::settled(fixture::server(), (80, 24));
    assert!(world.draw().contains("● polling"));
    let follows = |world: &World| world.calls.iter().filter(|(_, call)| matches!(call, Call::Follow { .. })).count();
    for _ in 0..30 {
        world.wait(2_000);
        assert_eq!(follows(&world), 0, "for as long as the connection lasts it is not asked for again");
        world.answer();
    }
    world.server.mood = Mood::Gone;
    world.wait(12_000);
    world.answer();
    // It comes back as a newer version of itself.
    world.server.mood = Mood::Well;
    world.server.is_live = true;
    world.wait(30_000);
    world.settle();
    assert!(world.effects.contains(&Effect::ConnectionIsNew));
    assert!(world.draw().contains("● live"), "{}", world.draw());

    world.server.is_live = false;
    world.cut();
    world.wait(60_000);
    world.settle();
    assert!(world.draw().contains("● polling"), "{}", world.draw());
    ola_says(&mut world, 11, "found by asking");
    world.wait(30_000);
    world.settle();
    assert!(world.draw().contains("found by asking"));
}

#[test]
fn an_hour_offline_is_caught_up_without_gaps_or_repeats() {
    for forgotten in [false, true] {
        let mut world = world();
        world.keys("Enter");
        world.server.mood = Mood::Gone;
        world.hear();
        world.wait(60_000);
        world.answer();
        assert!(world.draw().contains("○ offline"), "{}", world.draw());
        for number in 0..250 {
            ola_says(&mut world, if number % 2 == 0 { 11 } else { 14 }, &format!("message {number}"));
        }
        world.wait(3_600_000);
        world.stream.note(&world.server);
        if forgotten {
            world.stream.forgotten = usize::MAX;
        }
        world.server.mood = Mood::Well;
        world.wait(60_000);
        world.settle();
        same_as_fresh(&mut world);
        let texts: Vec<&str> = world.model.conversations[&11].messages().map(|m| m.message.as_str()).collect();
        let expected: Vec<String> = (0..250).step_by(2).map(|number| format!("message {number}")).collect();
        let held = texts.len().min(100);
        assert_eq!(texts[texts.len() - held..], expected[expected.len() - held..]);
        assert_eq!(world.model.link, Link::Online);
    }
}

#[test]
fn a_stream_that_fell_silent_is_given_up() {
    let mut world = world();
    let first = world.stream.follower();
    world.wait(41_000);
    world.tell(Event::Focus(true));
    world.wait(0);
    assert_ne!(world.stream.follower(), first, "opened anew");
}

#[test]
fn news_of_another_stream_is_ignored() {
    let mut world = world();
    let old = world.stream.follower().expect("a stream");
    world.cut();
    let news = vec![News::ThreadRemoved(11)];
    world.tell(Event::Heard { id: old, last: Some("99".to_owned()), news });
    assert!(world.model.threads.get(11).is_some());
}

#[test]
fn under_review_everything_is_said_at_once_and_y_is_dead() {
    type Change = fn(&mut Server);
    let changes: [(Change, &str); 7] = [
        (|server| status(server, "superseded"), "A later action has taken its place."),
        (|server| status(server, "withdrawn"), "Its author has withdrawn it."),
        (|server| status(server, "expired"), "It has expired."),
        (|server| status(server, "written"), "Ola Nordmann approved it: it is written."),
        (|server| status(server, "weird"), "It is “weird” now, which this version does not know."),
        (drift, "The records have changed: this is another plan now."),
        (hide, "You have no access to this thread any more."),
    ];
    for (change, words) in changes {
        let mut world = armed();
        change(&mut world.server);
        world.hear();
        let screen = world.draw();
        assert!(screen.contains(words), "{words}: {screen}");
        world.wait(5_000);
        world.keys("y");
        assert_eq!(world.server.decisions.len(), 0, "{words}");
    }
}

/// A client whose review of the credit note is armed.
fn armed() -> World {
    let mut world = world();
    world.keys("↓ a G");
    world.wait(400);
    world.settle();
    assert_eq!(obstacle(&world.model), None, "{}", world.draw());
    world
}

fn status(server: &mut Server, status: &str) {
    server.change(PROPOSAL, |message| {
        message["actions"][0]["status"] = json!(status);
        message["actions"][0]["decided_by_id"] = json!(OLA);
    });
}

fn hide(server: &mut Server) {
    server.hidden.insert(CREDIT);
}

fn drift(server: &mut Server) {
    server.change(PROPOSAL, |message| {
        message["action_items"][0]["changes"][0]["after"] = json!(999);
        let items = message["action_items"].as_array().expect("items").clone();
        message["actions"][0]["status"] = json!("drifted");
        message["actions"][0]["digest"] = json!(digest(CREDIT, PROPOSAL, 0, &items).expect("a digest"));
    });
}

#[test]
fn a_record_that_changed_is_said_before_anybody_approves() {
    let mut world = armed();
    let told = |world: &mut World, fields: serde_json::Value| {
        let id = world.stream.follower().expect("a stream");
        let fields = fields.as_object().cloned();
        let news = vec![News::RecordChanged { record_type: "invoice".to_owned(), id: 25, fields }];
        world.tell(Event::Heard { id, last: None, news });
    };
    let shown = world.server.message(PROPOSAL)["action_items"][1]["record"]["fields"].clone();
    told(&mut world, shown);
    assert_eq!(obstacle(&world.model), None, "it is what the plan saw");
    told(&mut world, json!({ "amount": 1 }));
    assert_eq!(obstacle(&world.model), Some(Obstacle::Moved));
    assert!(world.draw().contains("invoice 25 has changed since"), "{}", world.draw());
}

#[test]
fn an_approval_elsewhere_or_by_oneself_is_seen_once() {
    let mut world = armed();
    world.key("y");
    // The news of one's own decision may be faster than its answer.
    let (id, call) = world.calls.pop().expect("the approval");
    let outcome = world.server.answer(&call);
    world.hear();
    let screen = world.draw();
    assert!(screen.contains("Sending your decision…") && !screen.contains("Enter looks again"), "{screen}");
    world.tell(Event::Answered { id, outcome });
    world.settle();
    assert_eq!(world.server.decisions.len(), 1);
    assert!(world.draw().contains("Approved and written."), "{}", world.draw());
    assert_eq!(world.model.review.as_ref().map(|review| review.plan.subject.message), Some(REMINDER_PROPOSAL));
    same_as_fresh(&mut world);
}

/// Tells the client what happened, as its stream does.
fn tell(world: &mut World, news: News) {
    let id = world.stream.follower().expect("a stream");
    world.tell(Event::Heard { id, last: None, news: vec![news] });
}

fn participant(id: Id, name: &str) -> Participant {
    let user = serde_json::from_value(json!({ "id": id, "name": name, "kind": "human" })).expect("a person");
    Participant { id, thread_id: Some(11), user_id: id, user: Some(user) }
}

/// Who takes part in thread 11, as far as the client knows.
fn take_part(world: &World) -> Vec<Id> {
    world.model.conversations[&11].participants.iter().map(|one| one.user_id).collect()
}

#[test]
fn who_comes_and_goes_is_seen_at_once() {
    let mut world = world();
    world.keys("p");
    assert_eq!(take_part(&world), [1, OLA, ROBO]);
    tell(&mut world, News::ParticipantAdded(participant(9, "Tiril Aas")));
    assert_eq!(world.calls, [], "nothing has to be asked for");
    assert!(world.draw().contains("Tiril Aas"), "{}", world.draw());
    tell(&mut world, News::ParticipantAdded(participant(9, "Tiril Aas")));
    world.keys("↓ ↓ ↓");
    tell(&mut world, News::ParticipantRemoved(participant(ROBO, "Robo")));
    tell(&mut world, News::ParticipantRemoved(participant(ROBO, "Robo")));
    world.keys("d");
    assert!(world.draw().contains("Take Tiril Aas out"), "who is chosen stays chosen: {}", world.draw());
    world.keys("Esc");
    assert_eq!(take_part(&world), [1, OLA, 9], "told twice it changes nothing more");
    assert!(!world.draw().contains("Robo"), "{}", world.draw());
    world.keys("Esc i");
    world.write("@ti");
    assert!(world.draw().contains("Tiril Aas"), "and can be named: {}", world.draw());
    tell(&mut world, News::ParticipantAdded(Participant { thread_id: Some(99), ..participant(8, "Elsewhere") }));
    assert_eq!(take_part(&world), [1, OLA, 9]);
}

#[test]
fn who_came_after_the_question_is_in_its_answer_all_the_same() {
    let mut world = world();
    world.key("F5");
    world.key("p");
    let calls = std::mem::take(&mut world.calls);
    for question in [Call::Thread(11), Call::Participants(11)] {
        assert!(calls.iter().any(|(_, call)| *call == question), "{calls:?}");
    }
    // Made before somebody came and somebody went, and delivered after that was told.
    let answers: Vec<_> = calls.into_iter().filter_map(|(id, call)| Some((id, world.serve(id, &call)?))).collect();
    tell(&mut world, News::ParticipantAdded(participant(9, "Tiril Aas")));
    tell(&mut world, News::ParticipantRemoved(participant(OLA, "Ola Nordmann")));
    for (id, outcome) in answers {
        world.tell(Event::Answered { id, outcome });
    }
    assert_eq!(take_part(&world), [1, ROBO, 9]);
    let screen = world.draw();
    assert!(screen.contains("Tiril Aas") && !screen.contains("Ola Nordmann"), "{screen}");
}

#[test]
fn a_thread_that_changed_is_another_one_everywhere() {
    let mut world = world();
    world.keys("Enter");
    let known = world.model.thread(11).expect("the thread").clone();
    let thread = Thread { subject: Some("Tea for the new office".to_owned()), ..known.clone() };
    tell(&mut world, News::Thread(thread.clone()));
    assert_eq!(world.calls, []);
    let screen = world.draw();
    assert!(screen.contains("Tea for the new office") && !screen.contains("Coffee for"), "{screen}");
    assert_eq!(world.model.conversations[&11].thread.as_ref(), Some(&thread));
    world.keys("Esc");
    let screen = world.draw();
    assert!(screen.contains("Tea for") && !screen.contains("Coffee for"), "in the list: {screen}");

    // One that was not there before takes its place by its time.
    let at = "2026-11-22T09:39:00Z".parse().ok();
    let new = Thread { id: 77, subject: Some("Just made".to_owned()), updated_at: at, ..known };
    tell(&mut world, News::Thread(new));
    assert_eq!(world.model.threads.items[0].id, 77);
    assert!(world.draw().contains("Just made"), "{}", world.draw());
}
