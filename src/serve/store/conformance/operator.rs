//! What the operator does, and what it means for those who ask afterwards.

use serde_json::json;

use super::world::{World, at, fields, value};
use crate::{
    api::{Id, UserKind},
    serve::{
        model::{CommitError, Expect, Invalid, Scopes, Viewer, Work, token_hash},
        store::query::{Lookup, Paging, RecordDraft, RecordQuery, TokenDraft, UserDraft},
    },
};

fn token(word: &str) -> TokenDraft {
    TokenDraft { hash: token_hash(word), scopes: None, expires_at: None }
}

async fn viewer(world: &World, word: &str, now: u64) -> Option<Viewer> {
    world.store.viewer(token_hash(word), at(now)).await.expect("a store")
}

#[tokio::test]
async fn one_call_makes_an_account_its_user_and_a_token() {
    let world = World::new().await;
    let user = UserDraft { login: "di".into(), name: "Di".into(), kind: UserKind::Human };
    let made = world.store.init("New", user.clone(), token("di"), at(1)).await.expect("made");
    let di = viewer(&world, "di", 2).await.expect("di");
    assert_eq!((di.user_id, di.token_id), (made.user_id, made.token_id));
    assert_eq!(di.grants.len(), 1);
    assert_eq!((di.grants[0].account_id, di.grants[0].can_approve), (made.account_id, true));
    assert_eq!(di.me().client_accounts[0].name, "New");
    let again = world.store.init("Newer", user, token("again"), at(3)).await;
    assert!(matches!(again, Err(CommitError::Invalid(Invalid::Taken(login))) if login == "di"));
    let next = world.store.account_add("Next", at(4)).await.expect("an account");
    assert_eq!(next, made.account_id + 1, "nothing of the refused one is left");
}

#[tokio::test]
async fn tokens_end_and_bots_never_approve() {
    let world = World::new().await;
    let short = TokenDraft { expires_at: Some(at(10)), ..token("short") };
    world.store.token_issue("ada", short, at(1)).await.expect("a token");
    assert!(viewer(&world, "short", 9).await.is_some());
    assert!(viewer(&world, "short", 10).await.is_none());
    assert!(viewer(&world, "unknown", 9).await.is_none());
    let read = Scopes { read: true, post: false, approve: false };
    let narrow = world.store.token_issue("ada", TokenDraft { scopes: Some(read), ..token("narrow") }, at(1)).await;
    let narrow = narrow.expect("a token");
    assert_eq!(viewer(&world, "narrow", 2).await.expect("ada").scopes, read);
    world.store.token_revoke(narrow.id, at(3)).await.expect("revoked");
    assert!(viewer(&world, "narrow", 4).await.is_none());
    let refused = world.commit_if(vec![Expect::Token(narrow.id)], Work::Expire, at(4)).await;
    assert!(matches!(refused, Err(CommitError::Changed(Expect::Token(_)))));
    assert!(matches!(world.store.token_revoke(999, at(5)).await, Err(CommitError::Invalid(Invalid::Token))));
    assert!(!world.bot.scopes.approve && world.bot.scopes.post);
    let all = Scopes { read: true, post: true, approve: true };
    let approving = TokenDraft { scopes: Some(all), ..token("b") };
    let bots = world.store.token_issue("bot", approving, at(6)).await;
    assert!(matches!(bots, Err(CommitError::Invalid(Invalid::BotApprover))));
    let grant = world.store.grant("bot", world.acme, Some(true), at(7)).await;
    assert!(matches!(grant, Err(CommitError::Invalid(Invalid::BotApprover))));
    let list = world.store.token_list().await.expect("a store");
    let revoked: Vec<_> = list.iter().filter(|token| token.revoked_at.is_some()).map(|token| token.id).collect();
    assert_eq!(revoked, [narrow.id]);
    assert_eq!(list[0].login, "ada");
}

#[tokio::test]
async fn what_is_named_has_to_be_there() {
    let world = World::new().await;
    let store = &world.store;
    assert!(matches!(store.grant("nobody", world.acme, None, at(1)).await, Err(CommitError::Invalid(Invalid::User))));
    assert!(matches!(store.grant("ada", 999, None, at(1)).await, Err(CommitError::Invalid(Invalid::Account))));
    assert!(matches!(store.account_link(world.acme, 999, at(1)).await, Err(CommitError::Invalid(Invalid::Account))));
    assert!(matches!(store.record_list(999, None, 0, 10).await, Err(CommitError::Invalid(Invalid::Account))));
    assert!(!store.revoke("cy", world.acme, at(1)).await.expect("nothing to revoke"));
    assert!(store.grant("bo", world.acme, Some(true), at(1)).await.expect("granted"));
    assert!(viewer(&world, "bo", 2).await.expect("bo").grants[0].can_approve);
}

#[tokio::test]
async fn people_are_those_one_shares_an_account_with() {
    let world = World::new().await;
    let ids = async |viewer: &Viewer, account| {
        let body = world.store.users(viewer, account).await.expect("a store");
        value(&body).as_array().expect("rows").iter().filter_map(|row| row["id"].as_i64()).collect::<Vec<Id>>()
    };
    assert_eq!(ids(&world.ada, None).await, [world.ada.user_id, world.bo.user_id]);
    assert_eq!(ids(&world.ada, Some(world.acme)).await, [world.ada.user_id, world.bo.user_id]);
    assert!(ids(&world.ada, Some(world.other)).await.is_empty());
    assert_eq!(ids(&world.fi, None).await, [world.fi.user_id, world.bot.user_id]);
}

#[tokio::test]
async fn an_import_is_all_or_nothing() {
    let world = World::new().await;
    let draft =
        |id, name: &str| RecordDraft { record_type: "customer".into(), id, fields: fields(json!({"name": name})) };
    let ids =
        world.store.record_import(world.acme, vec![draft(None, "a"), draft(Some(70), "b")], at(1)).await.expect("ids");
    assert_eq!(ids[1], 70);
    let replaced =
        world.store.record_import(world.acme, vec![draft(Some(70), "c"), draft(None, "d")], at(2)).await.expect("ids");
    assert_eq!(replaced, [70, 71]);
    let invoice = RecordDraft { record_type: "invoice".into(), ..draft(Some(70), "x") };
    for (bad, account) in [
        (invoice, world.acme),
        (draft(Some(70), "x"), world.other),
        (draft(Some(0), "x"), world.acme),
        (draft(Some(Id::MAX), "x"), world.acme),
    ] {
        let refused = world.store.record_import(account, vec![draft(None, "e"), bad], at(3)).await;
        assert!(matches!(refused, Err(CommitError::Invalid(Invalid::Line { line: 2, .. }))), "{refused:?}");
    }
    let kept = world.store.record_list(world.acme, Some("customer"), 0, 10).await.expect("records");
    let names: Vec<_> = kept.iter().map(|record| record.fields["name"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["a", "c", "d"]);
    assert_eq!(world.store.record_list(world.acme, None, 70, 1).await.expect("records")[0].id, 71);
    assert!(world.store.record_list(world.other, None, 0, 10).await.expect("records").is_empty());
}

#[tokio::test]
async fn records_are_for_those_who_are_eligible() {
    let world = World::new().await;
    let kept = world.invoices(&[1, 2, 3]).await;
    let ask = async |viewer: &Viewer, query: RecordQuery| {
        let listing = world.store.records(viewer, &query).await.expect("a store");
        (value(&listing.body).as_array().map_or(0, Vec::len), listing.has_next)
    };
    let paging = Paging { page: 1, per_page: 2 };
    assert_eq!(ask(&world.bo, RecordQuery::default()).await, (3, false));
    assert_eq!(ask(&world.bo, RecordQuery { paging, ..Default::default() }).await, (2, true));
    assert_eq!(
        ask(&world.bo, RecordQuery { record_type: Some("customer".into()), ..Default::default() }).await,
        (0, false)
    );
    assert_eq!(ask(&world.cy, RecordQuery::default()).await, (0, false));
    assert_eq!(
        ask(&world.fi, RecordQuery { client_account_id: Some(world.acme), ..Default::default() }).await,
        (0, false)
    );
    let one = |viewer, id| world.store.record_by_id(viewer, id);
    let Lookup::Found(body) = one(&world.bo, kept[0].id).await.expect("a store") else { panic!("no record") };
    assert_eq!(
        value(&body),
        json!({"id": kept[0].id, "type": "invoice", "client_account_id": world.acme, "fields": {"amount": 1}})
    );
    assert_eq!(one(&world.cy, kept[0].id).await.expect("a store"), Lookup::Forbidden);
    assert_eq!(one(&world.cy, 999).await.expect("a store"), Lookup::Absent);
}
