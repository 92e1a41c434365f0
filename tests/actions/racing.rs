//! Many at once: nothing is written twice, nothing is lost, and limits hold.

use std::sync::Arc;

use countersign::{
    config::server::SandboxSettings,
    serve::{
        actions::Refusal,
        model::{ThreadDraft, ThreadTarget},
    },
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    support,
    world::{APPROVE, CLIENT, World, approval, code, id, json_of, problem, statuses},
};

fn patient() -> SandboxSettings {
    SandboxSettings { queue: 1_000, ..support::settings() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_approvals_writes() {
    let world = Arc::new(World::with_sandbox("", patient()).await);
    let posted = world.post("robo", &code(&["records.create('payment', amount=1)"])).await;
    let mut approvals = JoinSet::new();
    for n in 0..24 {
        let (world, posted) = (Arc::clone(&world), posted.clone());
        let login = ["ada", "max", "fia"][n % 3];
        let text = if n % 2 == 0 { approval(&posted, 0) } else { APPROVE.to_owned() };
        approvals.spawn(async move { world.try_post(login, &text).await });
    }
    let (written, refused): (Vec<_>, Vec<_>) = approvals.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((written.len(), refused.len()), (1, 23));
    for refusal in refused {
        let problem = problem(refusal);
        assert!(["stale-approval", "not-waiting"].contains(&problem.as_str()), "{problem}");
    }
    assert_eq!(world.records("payment").await.len(), 1);
    let writes = world.audit().await.into_iter().filter(|row| row == "write written").count();
    assert_eq!(writes, 1);
    assert_eq!(statuses(&world.message("ada", id(&posted)).await), ["written"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_update_is_lost() {
    let world = Arc::new(World::with_sandbox("[[rules]]\nneeds_approval = false", patient()).await);
    let counter = world.record("counter", json!({"n": 0})).await;
    let text =
        code(&[&format!("c = records.get('counter', {counter})\nrecords.update('counter', {counter}, n=c['n'] + 1)")]);
    let mut posts = JoinSet::new();
    for _ in 0..12 {
        let (world, text) = (Arc::clone(&world), text.clone());
        posts.spawn(async move { world.try_post("robo", &text).await });
    }
    let mut written = 0;
    for post in posts.join_all().await {
        match post {
            Ok(message) => {
                assert_eq!(statuses(&message), ["written"]);
                written += 1;
            }
            Err(Refusal::Busy(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(written > 0);
    assert_eq!(world.fields("counter", counter).await["n"], written);
}

/// What a `find` did not find is a read too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_do_not_both_find_nothing() {
    let world = Arc::new(World::with_sandbox("[[rules]]\nneeds_approval = false", patient()).await);
    let text = code(&["if not records.find('booking', day='monday'):\n    records.create('booking', day='monday')"]);
    let absent = code(&["if records.get('counter', 1) is None:\n    records.create('counter')"]);
    let mut posts = JoinSet::new();
    for text in [&text, &absent].into_iter().cycle().take(12) {
        let (world, text) = (Arc::clone(&world), text.clone());
        posts.spawn(async move { world.try_post("robo", &text).await });
    }
    for post in posts.join_all().await {
        assert!(matches!(post, Ok(_) | Err(Refusal::Busy(_))), "{post:?}");
    }
    assert_eq!(world.records("booking").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_daily_limit_holds_under_a_rush() {
    let rules = "[[rules]]\nneeds_approval = false\noperation = 'create'\ndaily_limit = 3";
    let world = Arc::new(World::with_sandbox(rules, patient()).await);
    let mut posts = JoinSet::new();
    for _ in 0..8 {
        let world = Arc::clone(&world);
        posts.spawn(async move { world.try_post("robo", &code(&["records.create('note')"])).await });
    }
    let posts = posts.join_all().await;
    let waiting = posts.iter().flatten().filter(|message| statuses(message) == ["awaiting_approval"]).count();
    assert_eq!(world.records("note").await.len(), 3);
    assert!(waiting > 0, "the rest needs approval");
    world.let_pass(24 * 3_600);
    assert_eq!(statuses(&world.post("robo", &code(&["records.create('note')"])).await), ["written"], "a new day");
    let other = world.post("ben", &code(&["records.create('note')"])).await;
    assert_eq!(statuses(&other), ["written"], "another author");
}

#[tokio::test]
async fn a_limit_within_one_message_counts_its_blocks() {
    let world = World::with("[[rules]]\nneeds_approval = false\ndaily_limit = 3").await;
    let two = "records.create('note')\nrecords.create('note')";
    let posted = world.post("robo", &code(&[two, two, "records.create('note')"])).await;
    assert_eq!(statuses(&posted), ["written", "awaiting_approval", "written"]);
    assert_eq!(world.records("note").await.len(), 3);
    assert_eq!(statuses(&world.post("robo", &code(&["records.create('note')"])).await), ["awaiting_approval"]);
}

#[tokio::test]
async fn rights_that_were_lost_count_inside_the_transaction() {
    let world = World::new().await;
    let posted = world.post("robo", &code(&["records.create('payment')"])).await;
    let ada = world.viewer("ada").await;
    let target = ThreadTarget::Existing(world.thread);
    world.store.grant("ada", CLIENT, Some(false), world.now()).await.expect("granted");
    let late = world.desk.post(&ada, target.clone(), Some(approval(&posted, 0)), None, world.now()).await;
    assert!(matches!(late, Err(Refusal::Lost(_))), "{late:?}");
    let ben = world.viewer("ben").await;
    world.store.token_revoke(ben.token_id, world.now()).await.expect("revoked");
    let late = world.desk.post(&ben, target, Some("hello".to_owned()), None, world.now()).await;
    assert!(matches!(late, Err(Refusal::Lost(_))), "{late:?}");
    assert_eq!(world.records("payment").await.len(), 0);
    assert_eq!(world.messages().await.len(), 1);
}

#[tokio::test]
async fn code_in_a_first_message_runs_before_its_thread_has_an_id() {
    let world = World::with("[[rules]]\nneeds_approval = false").await;
    let draft = ThreadDraft { client_account_id: CLIENT, relation_id: Some(9), ..ThreadDraft::default() };
    let target = ThreadTarget::New(draft);
    let text = code(&["records.create('note', about=context.relation_id, thread=context.thread_id)"]);
    let viewer = world.viewer("robo").await;
    let answer = world.desk.post(&viewer, target.clone(), Some(text), None, world.now()).await.expect("a thread");
    let thread = json_of(&answer);
    assert_eq!(statuses(&thread["messages"][0]), ["written"]);
    assert_eq!(world.records("note").await[0].1, json!({"about": 9}));
    let decision = world.desk.post(&viewer, target, Some(APPROVE.to_owned()), None, world.now()).await;
    assert_eq!(problem(decision.map(|answer| json_of(&answer))), "invalid-message");
}

/// A store that another process changes, as an import beside the server does.
#[tokio::test]
async fn changes_from_beside_the_server_are_seen() {
    let world = World::new().await;
    let invoice = world.record("invoice", json!({"amount": 1})).await;
    let posted = world.post("robo", &code(&[&format!("records.delete('invoice', {invoice})")])).await;
    let draft = countersign::serve::store::query::RecordDraft {
        record_type: "invoice".to_owned(),
        id: Some(invoice),
        fields: [("amount".to_owned(), json!(2))].into_iter().collect(),
    };
    world.beside().record_import(CLIENT, vec![draft], world.now()).await.expect("an import");
    let approved = world.post("ada", &approval(&posted, 0)).await;
    assert_eq!(approved["results"][0]["action_mode"], "preview");
    assert_eq!(world.fields("invoice", invoice).await["amount"], 2);
}
