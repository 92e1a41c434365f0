//! The law of approving, held against random events: whatever happens, in whatever order, no approval goes out
//! without every condition, and none twice.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use countersign::{
    api::digest,
    app::{Call, Context, Event, KeyPress, Link, Moment, Mouse, review::Subject},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, PROPOSAL, REMINDER_PROPOSAL},
    server::{Mood, Server},
    world::World,
};

#[derive(Clone, Debug)]
enum Step {
    Key(&'static str),
    HeldY,
    Paste,
    Click(u16, u16),
    Focus(bool),
    Size(u16, u16),
    Draw,
    Wait(u64),
    Answer,
    /// What happened is told.
    Hear,
    /// The stream breaks.
    Cut,
    Mood(Mood),
    Change(Change),
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Drift,
    Reject,
    LaterCode,
    Damage,
}

fn step() -> impl Strategy<Value = Step> {
    let keys =
        ["y", "y", "y", "a", "]", "[", "G", "g", "↓", "PgDn", "Enter", "Space", "Esc", "r", "?", "x", "i", "Tab"];
    let sizes = [(80, 24), (80, 60), (40, 10), (39, 10), (120, 40)];
    let moods =
        [Mood::Well, Mood::Well, Mood::Gone, Mood::LosesAnswers, Mood::LosesRequests, Mood::SignsOut, Mood::Forbids];
    let changes = [Change::Drift, Change::Reject, Change::LaterCode, Change::Damage];
    prop_oneof![
        8 => prop::sample::select(keys.to_vec()).prop_map(Step::Key),
        1 => Just(Step::HeldY),
        1 => Just(Step::Paste),
        1 => (0_u16..120, 0_u16..40).prop_map(|(column, row)| Step::Click(column, row)),
        1 => any::<bool>().prop_map(Step::Focus),
        1 => prop::sample::select(sizes.to_vec()).prop_map(|(width, height)| Step::Size(width, height)),
        6 => Just(Step::Draw),
        6 => prop::sample::select(&[10_u64, 30, 200, 399, 400, 500, 1_000, 2_100, 15_000][..]).prop_map(Step::Wait),
        4 => Just(Step::Answer),
        3 => Just(Step::Hear),
        1 => Just(Step::Cut),
        1 => prop::sample::select(moods.to_vec()).prop_map(Step::Mood),
        1 => prop::sample::select(changes.to_vec()).prop_map(Step::Change),
    ]
}

/// Some steps as they come, and some in the order in which a person approves.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let approving =
        vec![Step::Answer, Step::Draw, Step::Key("G"), Step::Draw, Step::Wait(500), Step::Draw, Step::Key("y")];
    let known_traps = prop::sample::select(traps());
    let some = prop_oneof![8 => prop::collection::vec(step(), 1..6), 2 => Just(approving), 1 => known_traps];
    prop::collection::vec(some, 4..14).prop_map(|parts| {
        let mut steps = vec![Step::Key("]")];
        steps.extend(parts.concat());
        steps
    })
}

/// Orders of steps in which a client that forgot a single condition would approve.
fn traps() -> Vec<Vec<Step>> {
    let read = [Step::Size(80, 60), Step::Answer, Step::Draw, Step::Wait(500), Step::Draw];
    let approve = [&read[..], &[Step::Key("y")]].concat();
    let soon_again = [Step::Answer, Step::Draw, Step::Wait(500), Step::Draw, Step::Key("y")];
    // The key is still down when the next review opens.
    let held_into_the_next = [&approve[..], &soon_again].concat();
    // The answer was lost, and nobody knows yet what became of it.
    let lost = [&approve[..], &[Step::Mood(Mood::LosesAnswers), Step::Answer, Step::Draw]].concat();
    let lost_and_again = [&lost[..], &[Step::Wait(2_100), Step::Draw, Step::Key("y"), Step::Mood(Mood::Well)]].concat();
    // Another plan takes the place of the one that was read.
    let told = [Step::Change(Change::Drift), Step::Hear, Step::Wait(15_000), Step::Answer, Step::Draw];
    let unread = [&read[..], &told, &[Step::Key("Enter"), Step::Key("y")]].concat();
    vec![held_into_the_next, lost_and_again, unread]
}

/// What a bystander has seen of the review, told by the outside alone.
#[derive(Default)]
struct Bystander {
    /// The plan that is open, since when it is there in this way, and whether its end was drawn.
    open: Option<(Subject, String, Moment, bool)>,
    /// The size of the window in which it was drawn last.
    size: Option<(u16, u16)>,
    moved: bool,
    last_y: Option<Moment>,
    /// Keys of approvals, by what they approve.
    sent: HashMap<(Subject, String), String>,
}

impl Bystander {
    /// Looks at the review after something happened.
    fn look(&mut self, world: &World) {
        let review = world.model.review.as_ref();
        let now = review.map(|review| (review.plan.subject, review.plan.identity()));
        let before = self.open.as_ref().map(|(subject, identity, ..)| (*subject, identity.clone()));
        let moved = review.is_some_and(|review| review.moved.is_some());
        if now != before || (self.moved && !moved) {
            self.open = now.map(|(subject, identity)| (subject, identity, world.now, false));
        }
        self.moved = moved;
    }

    /// Looks at the screen after it was drawn.
    fn watch(&mut self, world: &World) {
        let Some((_, identity, since, end)) = &mut self.open else { return };
        let drawn = world.model.drawn.review.as_ref().filter(|drawn| drawn.identity == *identity);
        let size = drawn.map(|_| world.size);
        if self.size != size {
            self.size = size;
            (*since, *end) = (world.now, false);
        }
        *end |= drawn.is_some_and(|drawn| drawn.last_row);
    }

    /// Whether a `y` may approve now.
    fn permits(&self, world: &World, held: bool) -> Result<(), &'static str> {
        let model = &world.model;
        let (subject, identity, since, end) = self.open.as_ref().ok_or("no review is open")?;
        let plan = &model.review.as_ref().ok_or("no review is open")?.plan;
        let drawn = model.drawn.review.as_ref().ok_or("the review is not on the screen")?;
        let fresh =
            model.reports_repeats || self.last_y.is_none_or(|last| world.now.since(last) >= Duration::from_secs(1));
        let conditions = [
            (model.context() == Context::Review, "the review does not have the focus"),
            (model.window_focused != Some(false), "the window does not have the focus"),
            (drawn.identity == *identity, "another plan is on the screen"),
            (drawn.keys, "the keys are not on the screen"),
            (*end, "the end was never on the screen"),
            (world.now.since(*since) >= Duration::from_millis(400), "it opened a moment ago"),
            (!held && fresh, "the key may be held down"),
            (!self.moved, "it has changed since"),
            (model.link == Link::Online, "there is no connection"),
            (plan.flaw().is_none(), "the plan has a flaw"),
            (model.decisions.get(*subject).is_none(), "a decision is on its way"),
        ];
        conditions.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, what)| Err(*what))
    }
}

fn approval(call: &Call) -> Option<(&str, &str)> {
    match call {
        Call::Post { text, key, .. } if text.contains("approvecodeaction") => Some((text, key)),
        _ => None,
    }
}

fn take(world: &mut World, step: &Step) {
    match step {
        Step::Key(name) => world.key(name),
        Step::HeldY => world.tell(Event::Key(KeyPress { key: "y".parse().expect("a key"), repeat: true })),
        Step::Paste => world.tell(Event::Paste("yy\ny".to_owned())),
        Step::Click(column, row) => world.tell(Event::Mouse(Mouse::Click { column: *column, row: *row })),
        Step::Focus(focused) => world.tell(Event::Focus(*focused)),
        Step::Size(width, height) => {
            world.size = (*width, *height);
            world.tell(Event::Resized);
        }
        Step::Draw => {
            world.buffer();
        }
        Step::Wait(milliseconds) => world.wait(*milliseconds),
        Step::Answer => world.answer(),
        Step::Hear => world.hear(),
        Step::Cut => world.cut(),
        Step::Mood(mood) => world.server.mood = *mood,
        Step::Change(change) => disturb(&mut world.server, *change),
    }
}

fn disturb(server: &mut Server, change: Change) {
    match change {
        Change::Drift => server.change(PROPOSAL, |message| {
            let amount = message["action_items"][0]["changes"][0]["after"].as_i64().unwrap_or(0);
            message["action_items"][0]["changes"][0]["after"] = json!(amount + 1);
            let items = message["action_items"].as_array().expect("items").clone();
            message["actions"][0]["digest"] = json!(digest(CREDIT, PROPOSAL, 0, &items).expect("a digest"));
        }),
        Change::Reject => {
            server.change(REMINDER_PROPOSAL, |message| message["actions"][0]["status"] = json!("rejected"));
        }
        Change::LaterCode => {
            let id = 2_000 + i64::try_from(server.messages[&CREDIT].len()).expect("few");
            let items = server.message(REMINDER_PROPOSAL)["action_items"].clone();
            fixture::propose(server, CREDIT, id, "2026-11-22T09:36:00Z", "More.", items);
        }
        Change::Damage => server.change(PROPOSAL, |message| message["action_items"][1]["title"] = json!("x")),
    }
}

#[test]
fn no_approval_goes_out_without_every_condition_and_none_twice() {
    let approvals = AtomicUsize::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(&(any::<bool>(), steps()), |(is_live, steps)| {
        let mut server = fixture::server();
        server.is_live = is_live;
        let mut world = World::settled(server, (80, 24));
        let mut bystander = Bystander::default();
        for step in &steps {
            bystander.look(&world);
            let permit = bystander.permits(&world, matches!(step, Step::HeldY));
            let is_y = matches!(step, Step::Key("y"));
            let plan = world.model.review.as_ref().map(|review| review.plan.clone());
            let before = world.calls.iter().filter(|(_, call)| approval(call).is_some()).count();
            if matches!(step, Step::Answer) && !matches!(world.server.mood, Mood::LosesAnswers | Mood::LosesRequests) {
                // Whatever the server says now is said to the end: a later approval is another one.
                let keys: Vec<_> =
                    world.calls.iter().filter_map(|(_, call)| Some(approval(call)?.1.to_owned())).collect();
                bystander.sent.retain(|_, key| !keys.contains(key));
            }
            take(&mut world, step);
            if matches!(step, Step::Draw) {
                bystander.look(&world);
                bystander.watch(&world);
            }
            let sent: Vec<_> = world.calls.iter().filter_map(|(_, call)| approval(call)).collect();
            if matches!(step, Step::Answer) {
                prop_assert!(sent.is_empty(), "an approval by itself");
            } else if sent.len() > before {
                prop_assert_eq!(sent.len(), before + 1);
                prop_assert!(is_y, "{:?} approved", step);
                prop_assert_eq!(permit, Ok(()));
                let (text, key) = sent[before];
                let plan = plan.expect("a plan");
                let own = digest(plan.subject.thread, plan.subject.message, 0, &plan.items).expect("a digest");
                prop_assert!(text.contains(&own), "the digest of what was drawn: {}", text);
                let known = bystander.sent.insert((plan.subject, plan.identity()), key.to_owned());
                prop_assert!(known.is_none_or(|known| known == key), "the same plan under two keys");
                approvals.fetch_add(1, Ordering::Relaxed);
            }
            match step {
                Step::Key("y") | Step::HeldY => bystander.last_y = Some(world.now),
                Step::Key(_) => bystander.last_y = None,
                _ => {}
            }
        }
        // However often the client asked, the server was asked to write each plan once.
        let mut written: Vec<_> = world.server.posted.iter().filter(|(_, text)| text.contains("approve")).collect();
        let count = written.len();
        written.dedup_by(|one, other| one.1 == other.1);
        prop_assert_eq!(written.len(), count);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(approvals.into_inner() > 10, "the law was hardly put to the test");
}
