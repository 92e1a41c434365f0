//! Actions that wait: what replaces them, when their time is up, how many a rule lets through, and their queue.

use serde_json::{Value, json};

use super::{
    runs::{id, message},
    world::{World, at, json_of, sets, status, value, waits},
};
use crate::{
    api::Status,
    config::server::Supersede,
    serve::{
        model::{CommitError, Expect, Post, RuleUse, Verdict, Work},
        store::query::ActionQuery,
    },
};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_later_action_replaces_what_changes_the_same_record() {
    let world = World::new().await;
    let (thread, elsewhere) = (world.thread().await, world.thread().await);
    let invoices = world.invoices(&[1, 2, 3]).await;
    let one = world.waiting(&world.bo, thread, sets(&invoices[0], 9), at(1)).await;
    let two = world.waiting(&world.bo, thread, sets(&invoices[1], 9), at(1)).await;
    let far = world.waiting(&world.bo, elsewhere, sets(&invoices[0], 9), at(1)).await;
    let three = world.waiting(&world.bo, thread, sets(&invoices[0], 8), at(2)).await;
    let state = async |thread, posted: &Value| status(&message(&world, &world.ada, thread, id(posted), 3).await);
    assert_eq!(state(thread, &one).await, Status::Superseded);
    assert_eq!(state(thread, &two).await, Status::AwaitingApproval);
    assert_eq!(state(elsewhere, &far).await, Status::AwaitingApproval);
    let post = World::propose(&world.bo, thread, vec![(sets(&invoices[2], 8), waits(at(4)))]);
    let all = Post { supersede: Supersede::Thread, ..post };
    world.commit(Work::Post(all), at(4)).await.expect("posted");
    assert_eq!(state(thread, &two).await, Status::Superseded);
    assert_eq!(state(thread, &three).await, Status::Superseded);
    assert_eq!(state(elsewhere, &far).await, Status::AwaitingApproval);

    let both = vec![(sets(&invoices[0], 5), waits(at(5))), (sets(&invoices[0], 6), waits(at(5)))];
    let posted =
        json_of(&world.commit(Work::Post(World::propose(&world.bo, thread, both)), at(5)).await.expect("posted"));
    assert_eq!(posted["actions"][0]["status"], "superseded");
    assert_eq!(posted["actions"][1]["status"], "awaiting_approval");
    assert_eq!(posted["revision"], 1);
}

#[tokio::test]
async fn time_runs_out_at_once_for_readers_and_on_the_record_with_the_sweep() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[1, 2]).await);
    let posted = world.waiting(&world.bo, thread, sets(&invoices[0], 9), at(0)).await;
    let queue = async |status, now| {
        let query = ActionQuery { status: Some(status), ..ActionQuery::default() };
        value(&world.store.actions(&world.ada, &query, at(now)).await.expect("a store").body).as_array().map(Vec::len)
    };
    assert_eq!(queue(Status::AwaitingApproval, DAY - 1).await, Some(1));
    assert_eq!(queue(Status::Expired, DAY - 1).await, Some(0));
    let look = async |now| message(&world, &world.bo, thread, id(&posted), now).await;
    assert_eq!(status(&look(DAY - 1).await), Status::AwaitingApproval);
    let before = look(DAY).await;
    assert_eq!(status(&before), Status::Expired);
    assert_eq!(before["revision"], 1);
    assert_eq!(before["actions"][0]["output"], "secret output", "still its author");
    assert_eq!(world.see(&world.ada, thread, at(DAY)).await["awaiting_approval"], false);
    assert_eq!(queue(Status::AwaitingApproval, DAY).await, Some(0));
    assert_eq!(queue(Status::Expired, DAY).await, Some(1));
    let expect = Expect::Action {
        message_id: id(&posted),
        block: 0,
        status: Status::Expired,
        digest: posted["actions"][0]["digest"].as_str().map(str::to_owned),
    };
    world.commit_if(vec![expect], Work::Expire, at(DAY)).await.expect("swept");
    let after = look(DAY).await;
    assert_eq!((status(&after), &after["revision"]), (Status::Expired, &json!(2)));
    assert_eq!(after["actions"][0]["decided_by_id"], Value::Null);
    let events = world.store.newest_event().await.expect("a store");
    world.commit(Work::Expire, at(DAY + 1)).await.expect("nothing to do");
    assert_eq!(world.store.newest_event().await.expect("a store"), events, "recorded once");
}

#[tokio::test]
async fn a_rule_lets_through_no_more_a_day_than_it_says() {
    let world = World::new().await;
    let thread = world.thread().await;
    let use_of = RuleUse { rule: "r".into(), author_id: world.bo.user_id, day: "2026-11-22".into(), more: 2 };
    let expect = vec![Expect::DailyLimit { use_of: use_of.clone(), limit: 3 }];
    let work = Work::Post(World::post(&world.bo, thread, "Hi"));
    world.commit_if(expect.clone(), work.clone(), at(1)).await.expect("within the limit");
    assert_eq!(world.store.rule_uses("r", world.bo.user_id, "2026-11-22").await.expect("a store"), 2);
    assert!(matches!(world.commit_if(expect, work.clone(), at(2)).await, Err(CommitError::Changed(_))));
    assert_eq!(world.store.rule_uses("r", world.bo.user_id, "2026-11-22").await.expect("a store"), 2);
    let one = vec![Expect::DailyLimit { use_of: RuleUse { more: 1, ..use_of.clone() }, limit: 3 }];
    world.commit_if(one, work.clone(), at(3)).await.expect("the last");
    let tomorrow = vec![Expect::DailyLimit { use_of: RuleUse { day: "2026-11-23".into(), ..use_of }, limit: 3 }];
    world.commit_if(tomorrow, work, at(4)).await.expect("a new day");
}

#[tokio::test]
async fn the_queue_holds_the_actions_of_all_threads_one_may_see_oldest_first() {
    let world = World::new().await;
    let invoices = world.invoices(&[1, 2, 3]).await;
    let (one, two) = (world.thread().await, world.thread().await);
    let first = world.waiting(&world.bo, one, sets(&invoices[0], 9), at(1)).await;
    let second = world.waiting(&world.ada, two, sets(&invoices[1], 9), at(2)).await;
    let reject = Verdict::Rejected { reason: None };
    world.commit(Work::Post(World::decision(&world.ada, one, id(&first), reject)), at(3)).await.expect("rejected");
    let ask = async |viewer, query| value(&world.store.actions(viewer, &query, at(4)).await.expect("a store").body);
    let all = ask(&world.ada, ActionQuery::default()).await;
    let rows = all.as_array().expect("rows");
    assert_eq!(rows.iter().map(|row| &row["message_id"]).collect::<Vec<_>>(), [&first["id"], &second["id"]]);
    assert_eq!(rows[0]["thread_id"], one);
    assert_eq!(rows[0]["author_id"], world.bo.user_id);
    assert_eq!(rows[0]["action_items"], first["action_items"]);
    assert_eq!((&rows[0]["output"], &rows[1]["output"]), (&Value::Null, &json!("secret output")));
    let queued: Vec<crate::api::QueuedAction> = serde_json::from_value(all.clone()).expect("the wire's type");
    assert_eq!(queued[1].action.status, Status::AwaitingApproval);
    let by = |query: ActionQuery| ask(&world.ada, query);
    for (query, expected) in [
        (ActionQuery { status: Some(Status::Rejected), ..Default::default() }, &first),
        (ActionQuery { decided_by_id: Some(world.ada.user_id), ..Default::default() }, &first),
        (ActionQuery { author_id: Some(world.ada.user_id), ..Default::default() }, &second),
        (ActionQuery { status: Some(Status::AwaitingApproval), ..Default::default() }, &second),
    ] {
        let found = by(query.clone()).await;
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{query:?}");
        assert_eq!(found[0]["message_id"], expected["id"], "{query:?}");
    }
    let nobodys = ActionQuery { client_account_id: Some(world.other), ..Default::default() };
    assert_eq!(by(nobodys).await, json!([]));
    let unknown = ActionQuery { status: Some(Status::Other("it's".into())), ..Default::default() };
    assert_eq!(by(unknown).await, json!([]));
    assert_eq!(ask(&world.cy, ActionQuery::default()).await, json!([]));
}
