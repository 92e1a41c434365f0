//! Whatever is told and answered, in whatever order: in the end the client shows what a fresh one would.

use countersign::{
    api::{Id, Message},
    app::{Answer, Call, Event, Outcome, RequestId},
};
use proptest::prelude::*;
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, REMINDER_PROPOSAL},
    live::post,
    server::Mood,
    world::World,
};

/// What the client shows is what one that has just been started would.
pub fn same_as_fresh(world: &mut World) {
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
