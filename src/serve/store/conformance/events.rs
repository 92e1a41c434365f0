//! Events: whoever applies them to what was read before holds what is read now.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{World, at, sets, value};
use crate::{
    api::{Id, Mode},
    config::server::Supersede,
    serve::{
        model::{Edit, EditedBlock, ResultDraft, Scopes, ThreadDraft, Verdict, Viewer, Work, token_hash},
        store::query::{Events, Lookup, MessagePage, Paging, RecordQuery, ThreadQuery, TokenDraft},
    },
};

/// What a client holds: objects by kind and id.
type Held = BTreeMap<(&'static str, Id), Value>;

fn keep(held: &mut Held, kind: &'static str, object: Value) {
    held.insert((kind, object["id"].as_i64().expect("an id")), object);
}

/// Everything that a viewer can read.
async fn read_all(world: &World, viewer: &Viewer, now: u64) -> Held {
    let mut held = Held::new();
    let all = Paging { page: 1, per_page: 1_000 };
    let query = ThreadQuery { paging: all, ..ThreadQuery::default() };
    let list = world.store.threads(viewer, &query, at(now)).await.expect("a store");
    for thread in value(&list.body).as_array().expect("threads") {
        let id = thread["id"].as_i64().expect("an id");
        let page = MessagePage::Page(all);
        let Lookup::Found(detail) = world.store.thread(viewer, id, page, at(now)).await.expect("a store") else {
            panic!("listed, but not there")
        };
        let detail = value(&detail.body.to_text());
        for message in detail["messages"].as_array().expect("messages") {
            keep(&mut held, "message", message.clone());
        }
        for participant in detail["participants"].as_array().expect("participants") {
            keep(&mut held, "participant", participant.clone());
        }
        keep(&mut held, "thread", thread.clone());
    }
    let query = RecordQuery { paging: all, ..RecordQuery::default() };
    let records = world.store.records(viewer, &query).await.expect("a store");
    for record in value(&records.body).as_array().expect("records") {
        keep(&mut held, "record", record.clone());
    }
    held
}

/// Does what a client does with an event.
fn apply(held: &mut Held, kind: &str, data: Value) {
    let id = data["id"].as_i64().expect("an id");
    match kind {
        "thread.created" | "thread.updated" | "thread.read" => keep(held, "thread", data),
        "thread.removed" => held.retain(|(kind, key), object| match *kind {
            "thread" => *key != id,
            "record" => true,
            _ => object["thread_id"] != id,
        }),
        "message.created" | "message.updated" => keep(held, "message", data),
        "participant.added" => keep(held, "participant", data),
        "participant.removed" => drop(held.remove(&("participant", id))),
        "record.changed" if data["fields"].is_null() => drop(held.remove(&("record", id))),
        "record.changed" => keep(held, "record", data),
        other => panic!("{other}"),
    }
}

/// All that follows, a few at a time.
async fn follow(world: &World, viewer: &Viewer, mut place: i64, now: u64) -> Vec<(String, Value)> {
    let mut happened = Vec::new();
    loop {
        match world.store.events_after(viewer, place, 3, at(now)).await.expect("a store") {
            Events::Some { events, next } => {
                assert!(events.len() <= 3 && events.iter().all(|event| event.id > place && event.id <= next));
                happened.extend(events.into_iter().map(|event| (event.kind, value(&event.data))));
                if next == place {
                    return happened;
                }
                place = next;
            }
            Events::Reset { .. } => panic!("reset"),
        }
    }
}

#[tokio::test]
async fn each_change_is_told_to_those_whom_it_concerns() {
    let world = World::new().await;
    let place = world.store.newest_event().await.expect("a store");
    let mut wake_ups = world.store.wake_ups();
    wake_ups.mark_unchanged();
    let thread = world.thread().await;
    assert!(wake_ups.has_changed().expect("open"));
    let posted = world.say(&world.bo, thread, "Hi", at(1)).await;
    let mark = Work::MarkRead {
        thread_id: thread,
        user_id: world.ada.user_id,
        message_id: posted["id"].as_i64().expect("an id"),
    };
    world.commit(mark.clone(), at(2)).await.expect("marked");
    world.commit(mark, at(3)).await.expect("nothing new");
    let kinds = async |viewer| -> Vec<String> {
        follow(&world, viewer, place, 4).await.into_iter().map(|(kind, _)| kind).collect()
    };
    let all = [
        "thread.created",
        "participant.added",
        "thread.updated",
        "participant.added",
        "message.created",
        "thread.updated",
        "thread.read",
    ];
    assert_eq!(kinds(&world.ada).await, all);
    assert_eq!(kinds(&world.bo).await, all[..6], "another's mark is their own business");
    assert!(kinds(&world.cy).await.is_empty());
    let (_, read) = follow(&world, &world.ada, place, 4).await.pop().expect("events");
    assert_eq!((&read["id"], &read["unread_count"]), (&json!(thread), &json!(0)));
}

#[tokio::test]
async fn access_that_is_lost_removes_and_a_new_grant_resets() {
    let world = World::new().await;
    let (one, two) = (world.thread().await, world.thread().await);
    let place = world.store.newest_event().await.expect("a store");
    world.store.revoke("bo", world.acme, at(1)).await.expect("revoked");
    world.say(&world.ada, one, "not for Bo", at(2)).await;
    let bo = async || world.store.viewer(token_hash("bo"), at(3)).await.expect("a store").expect("bo");
    let told = follow(&world, &bo().await, place, 3).await;
    let removed = |id| ("thread.removed".to_owned(), json!({"id": id}));
    assert_eq!(told, [removed(one), removed(two)]);
    assert!(follow(&world, &world.ada, place, 3).await.iter().all(|(kind, _)| kind != "thread.removed"));
    world.store.grant("bo", world.acme, None, at(4)).await.expect("granted");
    let told = follow(&world, &bo().await, place, 5).await;
    assert_eq!(told.last(), Some(&("reset".to_owned(), json!({}))));
}

#[tokio::test]
async fn records_of_an_account_that_is_lost_are_told_as_gone() {
    let world = World::new().await;
    let invoices = world.invoices(&[1, 2]).await;
    let place = world.store.newest_event().await.expect("a store");
    let mut held = read_all(&world, &world.bo, 1).await;
    world.store.revoke("bo", world.acme, at(1)).await.expect("revoked");
    let bo = world.store.viewer(token_hash("bo"), at(2)).await.expect("a store").expect("bo");
    let told = follow(&world, &bo, place, 2).await;
    let gone = json!({"id": invoices[0].id, "type": "invoice", "client_account_id": world.acme, "fields": null});
    assert_eq!((told.len(), &told[0]), (2, &("record.changed".to_owned(), gone)));
    for (kind, data) in told {
        apply(&mut held, &kind, data);
    }
    assert_eq!(held, read_all(&world, &bo, 3).await);
    assert!(follow(&world, &world.ada, place, 3).await.is_empty(), "nobody else is told");
}

#[tokio::test]
async fn whoever_holds_a_token_follows_as_long_as_it_is_valid_and_may_read() {
    let world = World::new().await;
    let thread = world.thread().await;
    let place = world.store.newest_event().await.expect("a store");
    let follow =
        async |token: &str| world.store.events_for(token_hash(token), place, 100, at(9)).await.expect("a store");
    world.say(&world.ada, thread, "Hi", at(1)).await;
    assert!(matches!(follow("bo").await, Some(Events::Some { events, .. }) if events.len() == 2));
    assert!(matches!(follow("cy").await, Some(Events::Some { events, .. }) if events.is_empty()));
    assert_eq!(follow("nobody").await, None);
    world.store.revoke("bo", world.acme, at(2)).await.expect("revoked");
    // What was said before is not told either: the thread is out of reach.
    assert!(matches!(
        follow("bo").await,
        Some(Events::Some { events, .. }) if events.iter().all(|event| event.kind == "thread.removed")
    ));
    world.store.token_revoke(world.ada.token_id, at(3)).await.expect("revoked");
    assert_eq!(follow("ada").await, None);
    let scopes = Some(Scopes { read: false, post: true, approve: false });
    let token = TokenDraft { hash: token_hash("posts"), scopes, expires_at: None };
    world.store.token_issue("ada", token, at(3)).await.expect("a token");
    assert_eq!(follow("posts").await, None);
}

#[tokio::test]
async fn a_place_that_is_unknown_or_too_old_starts_anew() {
    let world = World::new().await;
    let place = world.store.newest_event().await.expect("a store");
    let ask = async |place| world.store.events_after(&world.ada, place, 100, at(9)).await.expect("a store");
    assert!(matches!(ask(0).await, Events::Some { .. }));
    for unknown in [place + 1, i64::MAX, -1, i64::MIN] {
        assert_eq!(ask(unknown).await, Events::Reset { next: place }, "{unknown}");
    }
    let days = 3 * 24 * 3600;
    world.commit(Work::Expire, at(days)).await.expect("swept");
    assert_eq!(ask(place).await, Events::Some { events: Vec::new(), next: place });
    assert_eq!(ask(place - 1).await, Events::Reset { next: place });
    assert_eq!(ask(0).await, Events::Reset { next: place });
}

#[tokio::test]
async fn whoever_comes_and_goes_and_comes_again_is_held_as_read_from_any_moment_on() {
    let world = World::new().await;
    let thread = world.thread().await;
    let bo = world.bo.user_id;
    let mut snapshots = Vec::new();
    for now in 0..12 {
        let held = read_all(&world, &world.ada, now).await;
        let row = of_kind(&held, "participant").into_iter().find(|row| row["user_id"] == bo).cloned();
        snapshots.push((world.store.newest_event().await.expect("a store"), held));
        let work = match row {
            Some(row) => {
                Work::RemoveParticipant { thread_id: thread, participant_id: row["id"].as_i64().expect("an id") }
            }
            // Invited, or by saying something.
            None if now % 4 == 0 => Work::AddParticipant { thread_id: thread, user_id: bo },
            None => Work::Post(World::post(&world.bo, thread, "here again")),
        };
        world.commit(work, at(now)).await.expect("done");
    }
    let last = read_all(&world, &world.ada, 12).await;
    assert_eq!(of_kind(&last, "participant").len(), 1, "bo has left");
    for (moment, (place, mut held)) in snapshots.into_iter().enumerate() {
        let told = follow(&world, &world.ada, place, 12).await;
        let left = told.iter().filter(|(kind, _)| kind == "participant.removed").count();
        assert_eq!(left, (12 - moment).div_ceil(2), "from moment {moment} on");
        for (kind, data) in told {
            apply(&mut held, &kind, data);
        }
        assert_eq!(held, last, "from moment {moment} on");
    }
}

/// Something that somebody does.
#[derive(Clone, Debug)]
enum Step {
    Thread { with_firm: bool },
    Say { who: u8, thread: prop::sample::Index },
    Edit { message: prop::sample::Index },
    Propose { thread: prop::sample::Index, invoice: usize },
    Decide { message: prop::sample::Index, how: u8 },
    Read { who: u8, message: prop::sample::Index },
    Invite { thread: prop::sample::Index },
    Leave { participant: prop::sample::Index },
    Expire,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        1 => any::<bool>().prop_map(|with_firm| Step::Thread { with_firm }),
        4 => (0..2_u8, index()).prop_map(|(who, thread)| Step::Say { who, thread }),
        2 => index().prop_map(|message| Step::Edit { message }),
        3 => (index(), 0..3_usize).prop_map(|(thread, invoice)| Step::Propose { thread, invoice }),
        3 => (index(), 0..3_u8).prop_map(|(message, how)| Step::Decide { message, how }),
        2 => (0..2_u8, index()).prop_map(|(who, message)| Step::Read { who, message }),
        2 => index().prop_map(|thread| Step::Invite { thread }),
        3 => index().prop_map(|participant| Step::Leave { participant }),
        1 => Just(Step::Expire),
    ]
}

/// The objects of a kind that are held.
fn of_kind<'h>(held: &'h Held, kind: &str) -> Vec<&'h Value> {
    held.iter().filter(|((each, _), _)| *each == kind).map(|(_, object)| object).collect()
}

/// The work of a step, where there is anything to do it to.
async fn work(world: &World, step: &Step, now: u64) -> Option<Work> {
    let held = read_all(world, &world.ada, now).await;
    let (threads, messages) = (of_kind(&held, "thread"), of_kind(&held, "message"));
    let pick = |from: &[&Value], index: &prop::sample::Index| (!from.is_empty()).then(|| (*index.get(from)).clone());
    let id = |object: &Value| object["id"].as_i64().expect("an id");
    let thread_of = |message: &Value| message["thread_id"].as_i64().expect("a thread");
    let who = |number: u8| if number == 0 { &world.ada } else { &world.bo };
    match step {
        Step::Thread { .. } => None,
        Step::Say { who: number, thread } => {
            Some(Work::Post(World::post(who(*number), id(&pick(&threads, thread)?), &format!("at {now}"))))
        }
        Step::Edit { message } => {
            let message = pick(&messages, message).filter(|each| each["kind"] == "user")?;
            let actions = message["actions"].as_array().map_or(0, Vec::len);
            let blocks = (0..actions).map(|was| EditedBlock::Kept { was_block: u32::try_from(was).expect("few") });
            let code = "\n```codeaction\nsecret_code()\n```".repeat(actions);
            Some(Work::Edit(Edit {
                thread_id: thread_of(&message),
                message_id: id(&message),
                editor_id: message["created_by_id"].as_i64().expect("an author"),
                raw: format!("edited at {now}{code}"),
                supersede: Supersede::Overlap,
                blocks: blocks.collect(),
            }))
        }
        Step::Propose { thread, invoice } => {
            let records = world.store.record_list(world.acme, None, 0, 10).await.expect("records");
            let plan = sets(&records[*invoice], i64::try_from(now).expect("small"));
            let expires_at = at(now + 5);
            let run = (plan, crate::serve::model::Outcome::Waits { expires_at });
            Some(Work::Post(World::propose(&world.bo, id(&pick(&threads, thread)?), vec![run])))
        }
        Step::Decide { message, how } => {
            let waiting: Vec<&Value> =
                messages.into_iter().filter(|each| each["actions"][0]["status"] == "awaiting_approval").collect();
            let message = pick(&waiting, message)?;
            let stored = world.store.stored_message(thread_of(&message), id(&message)).await.expect("a store")?;
            let record = stored.actions[0].items[0]["object_id"].as_i64().expect("an id");
            let record = world.store.record(world.acme, "invoice", record).await.expect("a store")?.record;
            let plan = sets(&record, -i64::try_from(now).expect("small"));
            let result = ResultDraft { mode: Mode::Write, plan, output: String::new() };
            let verdict = match how {
                0 => Verdict::Written(result),
                1 => {
                    Verdict::Drifted { result: ResultDraft { mode: Mode::Preview, ..result }, expires_at: at(now + 5) }
                }
                _ => Verdict::Rejected { reason: None },
            };
            Some(Work::Post(World::decision(&world.ada, thread_of(&message), id(&message), verdict)))
        }
        Step::Read { who: number, message } => {
            let message = pick(&messages, message)?;
            let user_id = who(*number).user_id;
            Some(Work::MarkRead { thread_id: thread_of(&message), user_id, message_id: id(&message) })
        }
        Step::Invite { thread } => {
            Some(Work::AddParticipant { thread_id: id(&pick(&threads, thread)?), user_id: world.bo.user_id })
        }
        Step::Leave { participant } => {
            let participant = pick(&of_kind(&held, "participant"), participant)?;
            Some(Work::RemoveParticipant { thread_id: thread_of(&participant), participant_id: id(&participant) })
        }
        Step::Expire => Some(Work::Expire),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn events_applied_to_an_old_snapshot_give_what_is_read(
        steps in prop::collection::vec(step(), 5..30), snapshot in any::<prop::sample::Index>()
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::new().await;
            world.invoices(&[1, 2, 3]).await;
            let snapshot = snapshot.index(steps.len());
            let mut held = Vec::new();
            for (now, step) in (0..).zip(&steps) {
                if now == u64::try_from(snapshot).expect("small") {
                    for viewer in [&world.ada, &world.bo, &world.fi, &world.cy] {
                        // The place first, then the reads: what comes between is told twice, which is harmless.
                        let place = world.store.newest_event().await.expect("a store");
                        held.push((viewer, place, read_all(&world, viewer, now).await));
                    }
                }
                if let Step::Thread { with_firm } = step {
                    let provider_client_account_id = with_firm.then_some(world.firm);
                    let draft = ThreadDraft { client_account_id: world.acme, provider_client_account_id, ..Default::default() };
                    world.thread_with(draft, at(now)).await;
                } else if let Some(work) = work(&world, step, now).await {
                    world.commit(work, at(now)).await.expect("done");
                }
            }
            let end = u64::try_from(steps.len()).expect("small");
            world.commit(Work::Expire, at(end)).await.expect("swept");
            for (viewer, place, mut held) in held {
                for (kind, data) in follow(&world, viewer, place, end).await {
                    apply(&mut held, &kind, data);
                }
                assert_eq!(held, read_all(&world, viewer, end).await, "{}", viewer.name);
            }
        });
    }
}
