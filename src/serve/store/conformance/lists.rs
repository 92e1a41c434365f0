//! Lists of threads: filters, order, pages.

use std::cmp::Ordering;

use serde_json::Value;

use super::world::{World, at, sets, value};
use crate::{
    api::Id,
    serve::{
        model::{ThreadDraft, Viewer, Work},
        store::query::{Paging, ThreadAttribute, ThreadOrder, ThreadQuery},
    },
};

type Keep = Box<dyn Fn(&Value) -> bool>;

/// Threads of every shape: with and without each attribute, by several accounts, at times that repeat.
async fn many(world: &World) -> Vec<Id> {
    let mut ids = Vec::new();
    for number in 0..24_u64 {
        let some = |every: u64| number % every == 0;
        let draft = ThreadDraft {
            client_account_id: world.acme,
            provider_client_account_id: some(2).then_some(world.firm),
            relation_type: some(3)
                .then(|| ["invoice", "Customer", "ørn"][usize::try_from(number / 3 % 3).expect("few")].into()),
            relation_id: some(4).then(|| 7 - i64::try_from(number / 8).expect("few")),
            subject: some(5).then(|| ["b", "B", "a", "Å"][usize::try_from(number / 5 % 4).expect("few")].into()),
            participants: if some(6) { vec![world.bo.user_id] } else { Vec::new() },
        };
        ids.push(world.thread_with(draft, at(number / 4)).await);
    }
    for (turn, id) in (100..).zip([ids[3], ids[8], ids[20]]) {
        world.say(&world.bo, id, "news", at(turn / 2)).await;
    }
    ids
}

async fn rows(world: &World, viewer: &Viewer, query: &ThreadQuery) -> (Vec<Value>, bool) {
    let listing = world.store.threads(viewer, query, at(500)).await.expect("a store");
    (value(&listing.body).as_array().expect("an array").clone(), listing.has_next)
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (one.as_i64(), other.as_i64()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => one.as_str().cmp(&other.as_str()),
    }
}

/// Sorted as the contract says, without a database.
fn sorted(mut all: Vec<Value>, order: ThreadOrder) -> Vec<Value> {
    let name = order.by.name();
    all.sort_by(|one, other| {
        let turn = |ordering: Ordering| if order.descending { ordering.reverse() } else { ordering };
        let absent = one[name].is_null().cmp(&other[name].is_null());
        absent.then(turn(compare(&one[name], &other[name]))).then(turn(compare(&one["id"], &other["id"])))
    });
    all
}

#[tokio::test]
async fn every_order_is_total_with_absent_values_last() {
    let world = World::new().await;
    many(&world).await;
    let (all, _) = rows(&world, &world.ada, &ThreadQuery::default()).await;
    assert_eq!(all.len(), 24);
    assert_eq!(all, sorted(all.clone(), ThreadOrder::default()), "the newest first");
    for by in ThreadAttribute::ALL {
        for descending in [false, true] {
            let order = ThreadOrder { by, descending };
            let query = ThreadQuery { order, ..ThreadQuery::default() };
            let (found, has_next) = rows(&world, &world.ada, &query).await;
            assert_eq!(found, sorted(all.clone(), order), "{order:?}");
            assert!(!has_next);
        }
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip() {
    let world = World::new().await;
    many(&world).await;
    for by in [ThreadAttribute::UpdatedAt, ThreadAttribute::RelationId] {
        let order = ThreadOrder { by, descending: true };
        let (all, _) = rows(&world, &world.ada, &ThreadQuery { order, ..ThreadQuery::default() }).await;
        for per_page in [1, 5, 8, 24, 1_000] {
            let mut together = Vec::new();
            for page in 1.. {
                let paging = Paging { page, per_page };
                let (found, has_next) =
                    rows(&world, &world.ada, &ThreadQuery { order, paging, ..Default::default() }).await;
                together.extend(found);
                assert_eq!(has_next, together.len() < all.len());
                if !has_next {
                    break;
                }
            }
            assert_eq!(together, all, "{per_page} a page");
        }
        let paging = Paging { page: u64::MAX, per_page: 1_000 };
        let (beyond, has_next) = rows(&world, &world.ada, &ThreadQuery { order, paging, ..Default::default() }).await;
        assert!(beyond.is_empty() && !has_next);
    }
}

#[tokio::test]
async fn filters_combine() {
    let world = World::new().await;
    let ids = many(&world).await;
    let invoices = world.invoices(&[1]).await;
    world.waiting(&world.bo, ids[6], sets(&invoices[0], 2), at(200)).await;
    let read = world.see(&world.ada, ids[8], at(200)).await["last_message"]["id"].as_i64().expect("an id");
    let mark = Work::MarkRead { thread_id: ids[8], user_id: world.ada.user_id, message_id: read };
    world.commit(mark, at(201)).await.expect("marked");
    let (all, _) = rows(&world, &world.ada, &ThreadQuery::default()).await;
    let firm = world.firm;
    let acme = world.acme;
    let bo_takes_part: Vec<Id> = ids
        .iter()
        .copied()
        .enumerate()
        .filter(|(number, _)| number % 6 == 0 || [3, 8, 20].contains(number))
        .map(|(_, id)| id)
        .collect();
    let cases: Vec<(ThreadQuery, Keep)> = vec![
        (
            ThreadQuery { client_account_id: Some(acme), ..Default::default() },
            Box::new(move |row| row["client_account_id"] == acme),
        ),
        (ThreadQuery { client_account_id: Some(firm), ..Default::default() }, Box::new(|_| false)),
        (ThreadQuery { client_account_id: Some(Id::MAX), ..Default::default() }, Box::new(|_| false)),
        (
            ThreadQuery { provider_client_account_id: Some(firm), ..Default::default() },
            Box::new(move |row| row["provider_client_account_id"] == firm),
        ),
        (
            ThreadQuery { relation_type: Some("invoice".into()), ..Default::default() },
            Box::new(|row| row["relation_type"] == "invoice"),
        ),
        (ThreadQuery { relation_type: Some("' OR 1=1 --".into()), ..Default::default() }, Box::new(|_| false)),
        (ThreadQuery { relation_id: Some(7), ..Default::default() }, Box::new(|row| row["relation_id"] == 7)),
        (
            ThreadQuery { relation_type: Some("invoice".into()), relation_id: Some(7), ..Default::default() },
            Box::new(|row| row["relation_type"] == "invoice" && row["relation_id"] == 7),
        ),
        (
            ThreadQuery { awaiting_approval: Some(true), ..Default::default() },
            Box::new(|row| row["awaiting_approval"] == true),
        ),
        (
            ThreadQuery { awaiting_approval: Some(false), ..Default::default() },
            Box::new(|row| row["awaiting_approval"] == false),
        ),
        (ThreadQuery { unread: Some(true), ..Default::default() }, Box::new(|row| row["unread_count"] != 0)),
        (ThreadQuery { unread: Some(false), ..Default::default() }, Box::new(|row| row["unread_count"] == 0)),
        (
            ThreadQuery { unread: Some(true), awaiting_approval: Some(false), ..Default::default() },
            Box::new(|row| row["unread_count"] != 0 && row["awaiting_approval"] == false),
        ),
        (
            ThreadQuery { participant_id: Some(world.bo.user_id), ..Default::default() },
            Box::new(move |row| bo_takes_part.contains(&row["id"].as_i64().unwrap_or_default())),
        ),
        (ThreadQuery { participant_id: Some(999), ..Default::default() }, Box::new(|_| false)),
    ];
    for (query, keep) in cases {
        let expected: Vec<Value> = all.iter().filter(|row| keep(row)).cloned().collect();
        let (found, _) = rows(&world, &world.ada, &query).await;
        assert_eq!(found, expected, "{query:?}");
    }
    assert_eq!(all.iter().filter(|row| row["awaiting_approval"] == true).count(), 1);
    assert_eq!(all.iter().filter(|row| row["unread_count"] != 0).count(), 3);
}

#[tokio::test]
async fn a_list_leaves_out_what_is_not_accessible() {
    let world = World::new().await;
    let ids = many(&world).await;
    let own = ThreadDraft { client_account_id: world.firm, ..ThreadDraft::default() };
    let firms = world.thread_with(own, at(300)).await;
    let mut for_firm: Vec<Id> = ids.iter().copied().step_by(2).chain([firms]).collect();
    let mut found = world.ids(&world.fi, &ThreadQuery::default(), at(500)).await;
    found.sort_unstable();
    for_firm.sort_unstable();
    assert_eq!(found, for_firm);
    assert!(world.ids(&world.cy, &ThreadQuery::default(), at(500)).await.is_empty());
    let only_acmes = ThreadQuery { client_account_id: Some(world.acme), ..ThreadQuery::default() };
    assert_eq!(world.ids(&world.fi, &only_acmes, at(500)).await.len(), 12);
    // Eligible for both sides: still each thread once.
    world.store.grant("fi", world.acme, None, at(400)).await.expect("granted");
    let fi = world.store.viewer(crate::serve::model::token_hash("fi"), at(500)).await.expect("a store").expect("fi");
    assert_eq!(world.ids(&fi, &ThreadQuery::default(), at(500)).await.len(), 25);
    assert_eq!(world.ids(&fi, &only_acmes, at(500)).await.len(), 24);
}

#[tokio::test]
async fn many_accounts_give_the_same_list() {
    let world = World::new().await;
    many(&world).await;
    let (all, _) = rows(&world, &world.ada, &ThreadQuery::default()).await;
    for number in 0..60 {
        let account = world.store.account_add(&format!("More {number}"), at(1)).await.expect("an account");
        world.store.grant("ada", account, None, at(1)).await.expect("granted");
    }
    let ada = world.store.viewer(crate::serve::model::token_hash("ada"), at(500)).await.expect("a store").expect("ada");
    assert_eq!(ada.grants.len(), 61);
    assert_eq!(rows(&world, &ada, &ThreadQuery::default()).await.0, all);
}
