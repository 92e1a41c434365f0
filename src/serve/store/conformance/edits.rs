//! Edits: the text, the code in it, and what is kept of before.

use serde_json::{Value, json};

use super::world::{World, at, json_of, sets, value, waits};
use crate::{
    api::{Id, digest},
    blocks,
    config::server::Supersede,
    serve::{
        model::{ActionRun, CommitError, Edit, EditedBlock, Invalid, Work},
        plan::Plan,
        store::query::{Lookup, ThreadQuery},
    },
};

fn id(message: &Value) -> Id {
    message["id"].as_i64().expect("an id")
}

fn edit(thread_id: Id, message: &Value, text: &str, blocks: Vec<EditedBlock>) -> Work {
    Work::Edit(Edit {
        thread_id,
        message_id: id(message),
        editor_id: message["created_by_id"].as_i64().expect("an author"),
        raw: text.to_owned(),
        supersede: Supersede::Overlap,
        blocks,
    })
}

fn rerun(plan: Plan, first_item_id: u32, now: u64) -> ActionRun {
    ActionRun { block: 0, plan, first_item_id, outcome: waits(at(now)), output: "again".into() }
}

#[tokio::test]
async fn an_edit_changes_the_text_everywhere_and_keeps_the_old_one() {
    let world = World::new().await;
    let thread = world.thread().await;
    world.say(&world.ada, thread, "first", at(1)).await;
    let posted = world.say(&world.bo, thread, "before", at(2)).await;
    let answer = world.commit(edit(thread, &posted, "after\nwards", vec![]), at(3)).await.expect("edited");
    assert_eq!((answer.status, answer.etag, answer.location.as_deref()), (200, Some(2), None));
    let edited = json_of(&answer);
    assert_eq!(edited["message"], "after\nwards");
    assert_eq!(edited["edited_at"], "2026-11-22T12:00:03.000000Z");
    assert_eq!(edited["created_at"], posted["created_at"]);
    assert_eq!((&edited["revision"], &edited["results"]), (&json!(2), &json!([])));
    let seen = world.see(&world.ada, thread, at(4)).await;
    assert_eq!(seen["updated_at"], edited["edited_at"]);
    assert_eq!(seen["last_message"]["excerpt"], "after wards");
    assert_eq!(seen["unread_count"], 1, "an edit is not another message");
    let find = async |text: &str| {
        let query = ThreadQuery { free_text: Some(text.into()), ..ThreadQuery::default() };
        world.ids(&world.ada, &query, at(5)).await
    };
    assert!(find("afterwards").await.is_empty());
    assert_eq!(find("WARDS").await, [thread]);
    assert!(find("before").await.is_empty(), "old revisions are not searched");
    let revisions = async || match world.store.revisions(&world.ada, thread, id(&posted)).await.expect("a store") {
        Lookup::Found(body) => value(&body),
        other => panic!("{other:?}"),
    };
    let mut as_posted = posted.clone();
    as_posted.as_object_mut().expect("an object").remove("results");
    assert_eq!(revisions().await, json!([as_posted]));
    world.commit(edit(thread, &posted, "third", vec![]), at(6)).await.expect("edited");
    let texts: Vec<Value> =
        revisions().await.as_array().expect("rows").iter().map(|row| row["message"].clone()).collect();
    assert_eq!(texts, ["before", "after\nwards"]);
}

#[tokio::test]
async fn an_edit_of_an_older_message_leaves_the_newest_in_the_list() {
    let world = World::new().await;
    let thread = world.thread().await;
    let old = world.say(&world.ada, thread, "old", at(1)).await;
    world.say(&world.ada, thread, "new", at(2)).await;
    world.commit(edit(thread, &old, "changed", vec![]), at(3)).await.expect("edited");
    assert_eq!(world.see(&world.bo, thread, at(4)).await["last_message"]["excerpt"], "new");
    let elsewhere = world.thread().await;
    let refused = world.commit(edit(elsewhere, &old, "changed", vec![]), at(5)).await;
    assert!(matches!(refused, Err(CommitError::Invalid(Invalid::Message))));
}

#[tokio::test]
async fn words_around_kept_code_leave_its_action_as_it_is() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[1]).await);
    let posted = world.waiting(&world.bo, thread, sets(&invoices[0], 2), at(1)).await;
    let stored = world.store.stored_message(thread, id(&posted)).await.expect("a store").expect("a message");
    // What a client does: changes what it was served and sends that back.
    let served = posted["message"].as_str().expect("text").replace("Look:", "Please look:");
    let restored = blocks::restore(&served, &stored.raw).expect("restored");
    let kept = vec![EditedBlock::Kept { was_block: 0 }];
    let edited = json_of(&world.commit(edit(thread, &posted, &restored, kept), at(2)).await.expect("edited"));
    assert_eq!(edited["message"], served);
    assert_eq!(edited["actions"], posted["actions"]);
    assert_eq!(edited["action_items"], posted["action_items"]);
    assert_eq!(edited["action_mode"], "preview");
    let again = world.store.stored_message(thread, id(&posted)).await.expect("a store").expect("a message");
    assert_eq!(again.raw, stored.raw.replace("Look:", "Please look:"));
}

#[tokio::test]
async fn changed_code_starts_anew_and_code_that_is_gone_is_withdrawn() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[1, 2, 3]).await);
    let older = world.waiting(&world.bo, thread, sets(&invoices[2], 7), at(1)).await;
    let runs = vec![(sets(&invoices[0], 7), waits(at(1))), (sets(&invoices[1], 7), waits(at(1)))];
    let posted =
        json_of(&world.commit(Work::Post(World::propose(&world.bo, thread, runs)), at(1)).await.expect("posted"));
    let text = "Only:\n```codeaction\nother_code()\n```";
    let work =
        edit(thread, &posted, text, vec![EditedBlock::Rerun { was_block: 1, run: rerun(sets(&invoices[2], 8), 1, 2) }]);
    let edited = json_of(&world.commit(work, at(2)).await.expect("edited"));
    assert_eq!(edited["message"], "Only:\n```codeaction\n[code hidden]\n```\n```coderesult\n[code hidden]\n```");
    let actions = edited["actions"].as_array().expect("actions");
    assert_eq!(actions.len(), 2);
    assert_eq!((&actions[0]["block"], &actions[0]["status"]), (&json!(0), &json!("awaiting_approval")));
    assert_eq!((&actions[1]["block"], &actions[1]["status"]), (&Value::Null, &json!("withdrawn")));
    let items = edited["action_items"].as_array().expect("items");
    assert_eq!(items.len(), 1, "what was withdrawn shows nothing");
    assert_eq!(actions[0]["digest"], digest(thread, id(&posted), 0, items).expect("a digest"));
    assert_eq!(actions[0]["output"], "again");
    let stored = world.store.stored_message(thread, id(&older)).await.expect("a store").expect("a message");
    assert_eq!(stored.actions[0].status.as_str(), "superseded", "a new plan replaces older ones");
    assert_eq!(world.store.last_codeaction(thread).await.expect("a store"), Some((id(&posted), 0)));
    let work = edit(thread, &posted, "Nothing.", vec![]);
    let bare = json_of(&world.commit(work, at(3)).await.expect("edited"));
    assert_eq!(bare["action_mode"], Value::Null);
    assert_eq!(bare["action_items"], json!([]));
    assert_eq!(bare["actions"].as_array().map(Vec::len), Some(2));
    assert_eq!(world.store.last_codeaction(thread).await.expect("a store"), Some((id(&older), 0)));
    assert_eq!(world.see(&world.ada, thread, at(4)).await["awaiting_approval"], false);
}

#[tokio::test]
async fn a_block_that_moves_up_is_shown_under_its_new_number() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[1, 2]).await);
    let runs = vec![(sets(&invoices[0], 7), waits(at(1))), (sets(&invoices[1], 7), waits(at(1)))];
    let posted =
        json_of(&world.commit(Work::Post(World::propose(&world.bo, thread, runs)), at(1)).await.expect("posted"));
    let text = "```codeaction\nsecret_code()\n```";
    let work = edit(thread, &posted, text, vec![EditedBlock::Kept { was_block: 1 }]);
    let edited = json_of(&world.commit(work, at(2)).await.expect("edited"));
    let items = edited["action_items"].as_array().expect("items");
    assert_eq!((&items[0]["block"], &items[0]["id"]), (&json!(0), &json!(2)));
    assert_eq!(edited["actions"][0]["digest"], digest(thread, id(&posted), 0, items).expect("a digest"));
    assert_eq!(edited["actions"][0]["status"], "awaiting_approval");
}

#[tokio::test]
async fn a_rerun_takes_no_item_ids_of_the_blocks_beside_it() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[1, 2, 3]).await);
    let runs = vec![(sets(&invoices[0], 7), waits(at(1))), (sets(&invoices[1], 7), waits(at(1)))];
    let posted =
        json_of(&world.commit(Work::Post(World::propose(&world.bo, thread, runs)), at(1)).await.expect("posted"));
    let mut larger = sets(&invoices[0], 8);
    larger.changes.extend(sets(&invoices[2], 8).changes);
    let text = "```codeaction\nmore()\n```\n```codeaction\nsecret_code()\n```";
    let blocks =
        vec![EditedBlock::Rerun { was_block: 0, run: rerun(larger, 1, 2) }, EditedBlock::Kept { was_block: 1 }];
    let edited = json_of(&world.commit(edit(thread, &posted, text, blocks), at(2)).await.expect("edited"));
    let ids: Vec<_> =
        edited["action_items"].as_array().expect("items").iter().map(|item| item["id"].as_u64()).collect();
    assert_eq!(ids, [Some(3), Some(4), Some(2)]);
    assert_eq!(edited["actions"][1]["digest"], posted["actions"][1]["digest"]);
}
