//! Live: what the server tells is there without being asked for, whatever the network does, and in the end the
//! client shows what a fresh one would.

use countersign::{
    api::{Id, Message, digest},
    app::{
        Answer, Call, Effect, Event, Link, News, Outcome, RequestId,
        review::{Obstacle, obstacle},
    },
};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, OLA, PROPOSAL, REMINDER_PROPOSAL},
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

fn post(server: &mut Server, thread: Id, text: &str) -> Id {
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
    world.hear();
    world.settle();
    assert_eq!(world.server.decisions.len(), 1);
    assert!(world.draw().contains("Approved and written."), "{}", world.draw());
    assert_eq!(world.model.review.as_ref().map(|review| review.plan.subject.message), Some(REMINDER_PROPOSAL));
    same_as_fresh(&mut world);
}

/// What the client shows is what one that has just been started would.
fn same_as_fresh(world: &mut World) {
    let open = world.model.open;
    let mut fresh = World::new(world.server.clone(), (80, 24));
    fresh.calm();
    assert_eq!(world.model.threads.items, fresh.model.threads.items);
    let queue = |world: &World| -> Vec<_> {
        let mut queue = Vec::new();
        let mut from = None;
        while let Some(plan) = world.model.queue.beside(from, true) {
            if queue.len() == world.model.queue.len() {
                break;
            }
            queue.push((plan.subject, plan.digest.clone(), plan.status.clone()));
            from = Some(plan.subject);
        }
        queue
    };
    assert_eq!(queue(world), queue(&fresh));
    let Some(id) = open.filter(|id| !world.server.hidden.contains(id)) else { return };
    let Ok(Answer::Thread(detail)) = world.server.answer(&Call::Thread(id)) else { panic!("no thread {id}") };
    let conversation = &world.model.conversations[&id];
    assert_eq!(conversation.thread.as_ref(), Some(&detail.thread));
    let here: Vec<&Message> = conversation.messages().collect();
    let there: Vec<&Message> = detail.messages.iter().collect();
    assert_eq!(here[here.len() - there.len()..], there);
    let mut ids: Vec<Id> = here.iter().map(|message| message.id).collect();
    ids.dedup();
    assert_eq!(ids.len(), here.len());
}

#[derive(Clone, Debug)]
enum Step {
    Say(usize),
    Edit,
    Propose(usize),
    Decide,
    Hide(usize),
    Read(usize),
    /// The server answers a call; the answer is on its way.
    Serve(usize),
    /// An answer arrives.
    Deliver(usize),
    Send,
    Arrive,
    Cut,
    Forget,
    Wait(u64),
    Open(bool),
    Gone(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_usize..3).prop_map(Step::Say),
        2 => Just(Step::Edit),
        2 => (0_usize..3).prop_map(Step::Propose),
        2 => Just(Step::Decide),
        1 => (0_usize..3).prop_map(Step::Hide),
        1 => (0_usize..3).prop_map(Step::Read),
        5 => (0_usize..4).prop_map(Step::Serve),
        5 => (0_usize..4).prop_map(Step::Deliver),
        5 => Just(Step::Send),
        5 => Just(Step::Arrive),
        1 => Just(Step::Cut),
        1 => Just(Step::Forget),
        2 => prop::sample::select(&[50_u64, 300, 2_000, 30_000][..]).prop_map(Step::Wait),
        2 => any::<bool>().prop_map(Step::Open),
        1 => any::<bool>().prop_map(Step::Gone),
    ];
    prop::collection::vec(step, 1..60)
}

const THREADS: [Id; 3] = [11, CREDIT, 14];

fn take(world: &mut World, on_the_way: &mut Vec<(RequestId, Outcome)>, step: &Step) {
    let server = &mut world.server;
    match step {
        Step::Say(thread) => drop(post(server, THREADS[*thread], "something")),
        Step::Edit => {
            let id = server.messages[&11].last().expect("a message")["id"].as_i64().expect("an id");
            let text = format!("edited {}", server.message(id)["revision"]);
            server.change(id, |message| message["message"] = json!(text));
        }
        Step::Propose(thread) => {
            let id = post(server, THREADS[*thread], "look");
            server.messages.get_mut(&THREADS[*thread]).expect("the thread").pop();
            let items = server.message(REMINDER_PROPOSAL)["action_items"].clone();
            fixture::propose(server, THREADS[*thread], id, "2026-11-22T09:36:00Z", "Look.", items);
        }
        Step::Decide => {
            let waiting =
                server.messages.values().flatten().filter(|m| m["actions"][0]["status"] == "awaiting_approval");
            let ids: Vec<Id> = waiting.filter_map(|message| message["id"].as_i64()).collect();
            if let Some(id) = ids.last() {
                server.change(*id, |message| message["actions"][0]["status"] = json!("rejected"));
            }
        }
        Step::Hide(thread) => {
            let thread = THREADS[*thread];
            if server.hidden.remove(&thread) {
                // A new grant: what was told so far is not all.
                world.stream.note(&world.server);
                world.stream.forgotten = usize::MAX;
                world.cut();
            } else {
                server.hidden.insert(thread);
            }
        }
        Step::Read(thread) => {
            server.threads.get_mut(&THREADS[*thread]).expect("the thread")["unread_count"] = json!(0);
        }
        Step::Serve(which) => {
            if *which < world.calls.len() {
                let (id, call) = world.calls.remove(*which);
                on_the_way.extend(world.serve(id, &call).map(|outcome| (id, outcome)));
            }
        }
        Step::Deliver(which) => {
            if *which < on_the_way.len() {
                let (id, outcome) = on_the_way.remove(*which);
                world.tell(Event::Answered { id, outcome });
            }
        }
        Step::Send => world.stream.send(&world.server),
        Step::Arrive => world.arrive(),
        Step::Cut => world.cut(),
        Step::Forget => {
            world.stream.note(&world.server);
            world.stream.forgotten = world.stream.length();
        }
        Step::Wait(milliseconds) => world.wait(*milliseconds),
        Step::Open(down) => {
            world.key(if *down { "↓" } else { "↑" });
            world.wait(150);
        }
        Step::Gone(gone) => {
            world.server.mood = if *gone { Mood::Gone } else { Mood::Well };
            if *gone {
                world.cut();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_the_end_it_is_as_if_one_had_just_come(steps in steps()) {
        let mut world = World::new(fixture::live_server(), (80, 24));
        world.calm();
        let mut on_the_way = Vec::new();
        for step in &steps {
            take(&mut world, &mut on_the_way, step);
        }
        for (id, outcome) in on_the_way {
            world.tell(Event::Answered { id, outcome });
        }
        world.server.mood = Mood::Well;
        for _ in 0..4 {
            world.calm();
            world.wait(40_000);
        }
        world.calm();
        prop_assert!(world.model.live.is_ready());
        same_as_fresh(&mut world);
    }
}
