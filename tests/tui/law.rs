//! The law of approving, held against random events and against every order of them in which a client that forgot
//! one condition would approve: whatever happens, no approval goes out without every condition, and none twice.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use countersign::{
    api::digest,
    app::{
        Call, Command, Context, Event, KeyPress, Keymap, Link, Moment, Mouse,
        review::{Plan, State, Subject},
    },
};
use proptest::{
    prelude::*,
    test_runner::{TestCaseResult, TestRunner},
};
use serde_json::json;

use crate::{
    fixture::{self, CREDIT, PROPOSAL, REMINDER_PROPOSAL},
    law_traps::traps,
    server::{Mood, Server},
    world::World,
};

/// A thread in an account in which one may not approve.
const ELSEWHERE: i64 = 13;

#[derive(Clone, Copy, Debug)]
pub enum Step {
    Key(&'static str),
    HeldY,
    Paste,
    Click(u16, u16),
    /// Several keys came at the same time.
    Burst,
    Focus(bool),
    Resumed,
    Size(u16, u16),
    /// From now on rejecting has a key with a long name.
    LongKeys,
    Draw,
    Wait(u64),
    Answer,
    /// The server answers to the approval alone.
    AnswerApproval,
    /// What happened is told.
    Hear,
    /// The stream breaks.
    Cut,
    Mood(Mood),
    Change(Change),
}

#[derive(Clone, Copy, Debug)]
pub enum Change {
    Drift,
    Reject,
    LaterCode,
    Damage,
    /// From now on no plan is written, for the records have changed; or again every one.
    Drifts(bool),
    /// From now on nobody may decide, or again everybody.
    Refuses(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let keys =
        ["y", "y", "y", "a", "]", "[", "G", "g", "↓", "PgDn", "Enter", "Space", "Esc", "r", "?", "x", "i", "Tab"];
    let sizes = [(80, 24), (80, 60), (40, 10), (40, 60), (39, 10), (120, 40)];
    let moods =
        [Mood::Well, Mood::Well, Mood::Gone, Mood::LosesAnswers, Mood::LosesRequests, Mood::SignsOut, Mood::Forbids];
    let changes = [
        Change::Drift,
        Change::Reject,
        Change::LaterCode,
        Change::Damage,
        Change::Drifts(true),
        Change::Drifts(false),
        Change::Refuses(true),
        Change::Refuses(false),
    ];
    prop_oneof![
        8 => prop::sample::select(keys.to_vec()).prop_map(Step::Key),
        1 => Just(Step::HeldY),
        1 => Just(Step::Paste),
        1 => (0_u16..120, 0_u16..40).prop_map(|(column, row)| Step::Click(column, row)),
        1 => Just(Step::Burst),
        1 => any::<bool>().prop_map(Step::Focus),
        1 => prop::sample::select(sizes.to_vec()).prop_map(|(width, height)| Step::Size(width, height)),
        1 => prop::sample::select(vec![Step::LongKeys, Step::Resumed]),
        6 => Just(Step::Draw),
        6 => prop::sample::select(&[10_u64, 30, 200, 399, 400, 500, 1_000, 2_100, 15_000][..]).prop_map(Step::Wait),
        4 => Just(Step::Answer),
        1 => Just(Step::AnswerApproval),
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
    let known_traps = prop::sample::select(traps().into_iter().map(|trap| trap.steps).collect::<Vec<_>>());
    let some = prop_oneof![8 => prop::collection::vec(step(), 1..6), 2 => Just(approving), 1 => known_traps];
    prop::collection::vec(some, 4..14).prop_map(|parts| {
        let mut steps = vec![Step::Key("]")];
        steps.extend(parts.concat());
        steps
    })
}

/// What a bystander has seen of the review, told by the outside alone.
#[derive(Default)]
struct Bystander {
    /// The plan that is open, since when it is there in this way, and whether its end was drawn.
    open: Option<(Subject, String, Moment, bool)>,
    /// The size of the window in which it was drawn last.
    size: Option<(u16, u16)>,
    moved: bool,
    /// What became of a decision on it was not known.
    unknown: bool,
    online: bool,
    last_y: Option<Moment>,
    /// Approvals without an answer: what they approve, their keys, and when they were sent.
    sent: HashMap<(Subject, String), (String, Moment)>,
    /// What the server has said the last word on.
    answered: HashSet<(Subject, String)>,
}

impl Bystander {
    /// Looks at the review after something happened.
    fn look(&mut self, world: &World) {
        let review = world.model.review.as_ref();
        let now = review.map(|review| (review.plan.subject, review.plan.identity()));
        let before = self.open.as_ref().map(|(subject, identity, ..)| (*subject, identity.clone()));
        let moved = review.is_some_and(|review| review.moved.is_some());
        let decision = review.and_then(|review| world.model.decisions.get(review.plan.subject));
        let unknown = decision.is_some_and(|decision| decision.state != State::Sending);
        if now != before || (self.moved && !moved) || (self.unknown && !unknown) {
            self.open = now.map(|(subject, identity)| (subject, identity, world.now, false));
        }
        (self.moved, self.unknown) = (moved, unknown);
        let online = world.model.link == Link::Online;
        if online && !self.online {
            self.disturbed(world);
        }
        self.online = online;
    }

    /// Something happened that a reader has to take in first.
    fn disturbed(&mut self, world: &World) {
        if let Some((_, _, since, _)) = &mut self.open {
            *since = world.now;
        }
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
        let own = (*subject, identity.clone());
        let may_still_happen =
            self.sent.get(&own).is_some_and(|(_, at)| world.now.since(*at) < Duration::from_secs(12));
        let conditions = [
            (model.context() == Context::Review, "the review does not have the focus"),
            (model.window_focused != Some(false), "the window does not have the focus"),
            (drawn.identity == *identity, "another plan is on the screen"),
            (drawn.keys, "the keys are not on the screen"),
            (*end, "the end was never on the screen"),
            (world.now.since(*since) >= Duration::from_millis(400), "something happened a moment ago"),
            (!held && fresh, "the key may be held down"),
            (!self.moved, "it has changed since"),
            (model.link == Link::Online, "there is no connection"),
            (plan.flaw().is_none(), "the plan has a flaw"),
            (subject.thread != ELSEWHERE, "one may not approve there"),
            (!may_still_happen, "the last approval may still be carried out"),
            (!self.answered.contains(&own), "it has been decided on"),
        ];
        conditions.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, what)| Err(*what))
    }

    /// An approval went out.
    fn saw_sent(&mut self, plan: &Plan, key: &str, now: Moment) -> TestCaseResult {
        let known = self.sent.insert((plan.subject, plan.identity()), (key.to_owned(), now));
        prop_assert!(known.is_none_or(|(known, _)| known == key), "the same plan under two keys");
        Ok(())
    }

    /// The server has said its last word on these.
    fn saw_answered(&mut self, keys: &[String], world: &World) {
        let refused = world.server.refuses || world.server.mood != Mood::Well;
        let (answered, open) = self.sent.drain().partition(|(_, (key, _))| keys.contains(key));
        self.sent = open;
        let answered: HashMap<_, _> = answered;
        if !answered.is_empty() {
            self.disturbed(world);
        }
        if !refused {
            self.answered.extend(answered.into_keys());
        }
    }
}

fn approval(call: &Call) -> Option<(&str, &str)> {
    match call {
        Call::Post { text, key, .. } if text.contains("approvecodeaction") => Some((text, key)),
        _ => None,
    }
}

/// The approvals that wait for an answer.
fn approvals(world: &World) -> Vec<(String, String)> {
    let approvals = world.calls.iter().filter_map(|(_, call)| approval(call));
    approvals.map(|(text, key)| (text.to_owned(), key.to_owned())).collect()
}

fn take(world: &mut World, step: Step) {
    match step {
        Step::Key(name) => world.key(name),
        Step::HeldY => world.tell(Event::Key(KeyPress { key: "y".parse().expect("a key"), repeat: true })),
        Step::Paste => world.tell(Event::Paste("yy\ny".to_owned())),
        Step::Click(column, row) => world.tell(Event::Mouse(Mouse::Click { column, row })),
        Step::Burst => world.tell(Event::Burst),
        Step::Focus(focused) => world.tell(Event::Focus(focused)),
        Step::Resumed => world.tell(Event::Resumed),
        Step::Size(width, height) => {
            world.size = (width, height);
            world.tell(Event::Resized);
        }
        Step::LongKeys => world.tell(Event::Settings(Ok(long_keys()))),
        Step::Draw => {
            world.buffer();
        }
        Step::Wait(milliseconds) => world.wait(milliseconds),
        Step::Answer => world.answer(),
        Step::AnswerApproval => {
            let Some(at) = world.calls.iter().position(|(_, call)| approval(call).is_some()) else { return };
            let (id, call) = world.calls.remove(at);
            let outcome = world.server.answer(&call);
            world.tell(Event::Answered { id, outcome });
        }
        Step::Hear => world.hear(),
        Step::Cut => world.cut(),
        Step::Mood(mood) => world.server.mood = mood,
        Step::Change(change) => disturb(&mut world.server, change),
    }
}

/// Keys that don't fit into a narrow window.
fn long_keys() -> Keymap {
    let mut keymap = Keymap::default();
    let key = "Ctrl+Alt+Shift+PgDn".parse().expect("a key");
    keymap.rebind(Context::Review, Command::Reject, vec![key]).expect("it can stand for it");
    keymap
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
        Change::Drifts(drifts) => server.drifts = drifts,
        Change::Refuses(refuses) => server.refuses = refuses,
    }
}

/// Follows one client through `steps`; how often it approved.
fn follow(is_live: bool, steps: &[Step]) -> Result<usize, TestCaseError> {
    let mut server = fixture::server();
    server.is_live = is_live;
    let items = server.message(REMINDER_PROPOSAL)["action_items"].clone();
    fixture::propose(&mut server, ELSEWHERE, 700, "2026-11-22T09:33:00Z", "Stock.", items);
    let mut world = World::new(server, (80, 24));
    // Colours decide nothing, and take long.
    world.is_busy = true;
    world.settle();
    let (mut bystander, mut count) = (Bystander::default(), 0);
    for step in steps {
        bystander.look(&world);
        let permit = bystander.permits(&world, matches!(step, Step::HeldY));
        let plan = world.model.review.as_ref().map(|review| review.plan.clone());
        let before = approvals(&world);
        take(&mut world, *step);
        let after = approvals(&world);
        if let [.., (text, key)] = &after[..]
            && !before.contains(&after[after.len() - 1])
        {
            prop_assert_eq!(after.len(), before.len() + 1);
            prop_assert!(matches!(step, Step::Key("y")), "{:?} approved", step);
            prop_assert_eq!(permit, Ok(()));
            let plan = plan.expect("a plan");
            let own = digest(plan.subject.thread, plan.subject.message, 0, &plan.items).expect("a digest");
            prop_assert!(text.contains(&own), "the digest of what was drawn: {}", text);
            bystander.saw_sent(&plan, key, world.now)?;
            count += 1;
        }
        match step {
            Step::Draw => {
                bystander.look(&world);
                bystander.watch(&world);
            }
            Step::Answer | Step::AnswerApproval
                if !matches!(world.server.mood, Mood::LosesAnswers | Mood::LosesRequests) =>
            {
                let answered: Vec<String> =
                    before.into_iter().filter(|sent| !after.contains(sent)).map(|(_, key)| key).collect();
                bystander.saw_answered(&answered, &world);
            }
            Step::Burst | Step::Focus(_) | Step::Resumed | Step::Size(..) => bystander.disturbed(&world),
            _ => {}
        }
        match step {
            Step::Key("y") | Step::HeldY => bystander.last_y = Some(world.now),
            Step::Key(_) => bystander.last_y = None,
            _ => {}
        }
    }
    // However often the client asked, the server was asked to write each plan once.
    let written = world.server.posted.iter().filter(|(_, text)| text.contains("approve"));
    let mut texts: Vec<_> = written.map(|(_, text)| text).collect();
    let posted = texts.len();
    texts.sort();
    texts.dedup();
    prop_assert_eq!(texts.len(), posted);
    Ok(count)
}

#[test]
fn no_approval_goes_out_without_every_condition_and_none_twice() {
    let count = AtomicUsize::new(0);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(&(any::<bool>(), steps()), |(is_live, steps)| {
        count.fetch_add(follow(is_live, &steps)?, Ordering::Relaxed);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(count.into_inner() > 10, "the law was hardly put to the test");
}

#[test]
fn nobody_falls_into_a_trap() {
    for trap in traps() {
        for is_live in [true, false] {
            let count = follow(is_live, &trap.steps).unwrap_or_else(|error| panic!("{}: {error}", trap.name));
            assert_eq!(count, trap.approvals, "{}, live: {is_live}", trap.name);
        }
    }
}
