//! Actions over HTTP: a codeaction is previewed, decided, written; and the queue of what waits.

use serde_json::{Value, json};

use crate::support::{Client, TIMBER, TestApp, user_id};

const KEY: &str = "idempotency-key";

/// A thread with an invoice's amount to be changed by a bot.
struct Proposal {
    app: TestApp,
    ada: Client,
    robo: Client,
    thread: i64,
    invoice: i64,
    posted: Value,
}

impl Proposal {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let (ada, robo) = (app.sign_in("ada").await, app.sign_in("robo").await);
        let invoice = app.record(TIMBER, "invoice", json!({"number": "2041", "amount": 100})).await;
        let thread = robo.thread_in(TIMBER, None).await;
        let posted = robo.say(thread, &change(invoice, 250)).await;
        Self { app, ada, robo, thread, invoice, posted }
    }

    fn messages(&self) -> String {
        format!("/chat/threads/{}/messages", self.thread)
    }

    /// An approval bound to what the message shows.
    fn approval(&self) -> Value {
        let digest = self.posted["actions"][0]["digest"].as_str().expect("a digest");
        json!({"message": format!("```approvecodeaction\nmessage_id: {}\ndigest: {digest}\n```", self.posted["id"])})
    }

    async fn amount(&self) -> Value {
        self.ada.get(&format!("/records/{}", self.invoice)).await.ok()["fields"]["amount"].clone()
    }
}

fn change(invoice: i64, amount: i64) -> String {
    format!("Please look:\n```codeaction\nrecords.update('invoice', {invoice}, amount={amount})\n```\nThanks")
}

#[tokio::test]
async fn a_codeaction_is_previewed_hidden_and_waits() {
    let proposal = Proposal::new().await;
    let posted = &proposal.posted;
    assert_eq!(
        posted["message"],
        "Please look:\n```codeaction\n[code hidden]\n```\n```coderesult\n[code hidden]\n```\nThanks"
    );
    assert_eq!((&posted["action_mode"], &posted["results"]), (&json!("preview"), &json!([])));
    let item = &posted["action_items"][0];
    assert_eq!((&item["type"], &item["id"], &item["needs_approval"]), (&json!("preview"), &json!(1), &json!(true)));
    assert_eq!(item["changes"], json!([{"field": "amount", "before": 100, "after": 250}]));
    assert_eq!(posted["actions"][0]["status"], "awaiting_approval");
    assert_eq!(proposal.amount().await, 100);
    for flag in [true, false] {
        let listed = proposal.ada.get(&format!("/chat/threads?awaiting_approval={flag}")).await.ids();
        assert_eq!(listed.contains(&proposal.thread), flag);
    }
    let everything = proposal.ada.get(&format!("/chat/threads/{}", proposal.thread)).await;
    assert!(!everything.text.contains("records.update"));
}

#[tokio::test]
async fn the_digest_is_that_of_what_is_served() {
    let Proposal { thread, posted, .. } = Proposal::new().await;
    let items: Vec<Value> = posted["action_items"].as_array().expect("items").clone();
    let digest = countersign::api::digest(thread, posted["id"].as_i64().expect("an id"), 0, &items).expect("a digest");
    assert_eq!(posted["actions"][0]["digest"], digest);
}

#[tokio::test]
async fn an_approval_writes_what_was_seen() {
    let proposal = Proposal::new().await;
    let approved = proposal.ada.post(&proposal.messages(), proposal.approval()).await.created();
    let result = &approved["results"][0];
    assert_eq!(result["message"], "```coderesult\n[code hidden]\n```");
    assert_eq!((&result["action_mode"], &result["kind"]), (&json!("write"), &json!("result")));
    assert_eq!(result["created_by_id"], user_id("ada"));
    assert_eq!(result["action_items"][0]["needs_approval"], false);
    assert_eq!(proposal.amount().await, 250);
    let again = proposal.ada.post(&proposal.messages(), proposal.approval()).await;
    assert_eq!(again.problem(409)["type"], "/problems/stale-approval");
    assert_eq!(proposal.ada.get("/chat/threads?awaiting_approval=true").await.ids(), [0; 0]);
}

#[tokio::test]
async fn an_approval_sent_twice_with_its_key_writes_once() {
    let proposal = Proposal::new().await;
    let send = || proposal.ada.post(&proposal.messages(), proposal.approval()).header(KEY, "approve-1");
    let first = send().await;
    first.created();
    let again = send().await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(proposal.amount().await, 250);
    let (no_approver, _) = proposal.app.token("ada", Some("read post"), None).await;
    no_approver.post(&proposal.messages(), proposal.approval()).header(KEY, "approve-1").await.problem(403);
}

#[tokio::test]
async fn a_refused_decision_is_replayed_too() {
    let proposal = Proposal::new().await;
    proposal.ada.post(&proposal.messages(), proposal.approval()).await.created();
    let send = || proposal.ada.post(&proposal.messages(), proposal.approval()).header(KEY, "late");
    let first = send().await;
    first.problem(409);
    let again = send().await;
    assert_eq!((again.header("idempotency-replayed"), &again.text), ("true", &first.text));
    assert_eq!(proposal.ada.get(&proposal.messages()).await.ids().len(), 3);
}

#[tokio::test]
async fn a_decision_wants_the_right_and_the_scope() {
    let proposal = Proposal::new().await;
    let app = &proposal.app;
    let ben = app.sign_in("ben").await;
    let (ada_posts, _) = app.token("ada", Some("read post"), None).await;
    let (ada_reads, _) = app.token("ada", Some("read"), None).await;
    for client in [&ben, &proposal.robo, &ada_posts, &ada_reads] {
        client.post(&proposal.messages(), proposal.approval()).await.problem(403);
        client.post(&proposal.messages(), json!({"message": "```approvecodeaction\n```"})).await.problem(403);
    }
    ben.post(&proposal.messages(), json!({"message": "```rejectcodeaction\n```"})).await.problem(403);
    ada_posts.post(&proposal.messages(), json!({"message": "```rejectcodeaction\n```"})).await.problem(403);
    assert_eq!(proposal.amount().await, 100);
    let (ada_approves, _) = app.token("ada", Some("approve"), None).await;
    ada_approves.post(&proposal.messages(), proposal.approval()).await.created();
    assert_eq!(proposal.amount().await, 250);
}

#[tokio::test]
async fn its_author_withdraws_with_the_scope_post_alone() {
    let proposal = Proposal::new().await;
    let (robo, _) = proposal.app.token("robo", Some("post"), None).await;
    robo.post(&proposal.messages(), json!({"message": "```rejectcodeaction\nmy mistake\n```"})).await.created();
    let message = proposal.ada.get(&format!("{}/{}", proposal.messages(), proposal.posted["id"])).await.ok();
    let action = &message["actions"][0];
    assert_eq!((&action["status"], &action["reason"]), (&json!("rejected"), &json!("my mistake")));
    assert_eq!(action["decided_by_id"], user_id("robo"));
}

#[tokio::test]
async fn without_a_codeaction_there_is_nothing_to_decide() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, Some("hello")).await;
    for block in ["approvecodeaction", "rejectcodeaction"] {
        let path = format!("/chat/threads/{thread}/messages");
        ada.post(&path, json!({"message": format!("```{block}\n```")})).await.problem(409);
    }
    assert_eq!(ada.get(&format!("/chat/threads/{thread}/messages")).await.ids().len(), 1);
}

#[tokio::test]
async fn what_fails_says_so_and_its_words_are_the_authors_alone() {
    let app = TestApp::new().await;
    let (ada, robo) = (app.sign_in("ada").await, app.sign_in("robo").await);
    let thread = robo.thread_in(TIMBER, None).await;
    let posted = robo.say(thread, "```codeaction\nprint('out')\nraise ValueError('canary')\n```").await;
    let action = &posted["actions"][0];
    assert_eq!(
        (&action["status"], &action["error"]["type"], &action["error"]["line"]),
        (&json!("failed"), &json!("ValueError"), &json!(2))
    );
    assert!(action["error"]["message"].as_str().expect("for the author").contains("canary"));
    assert!(action["output"].as_str().expect("for the author").contains("out"));
    let path = format!("/chat/threads/{thread}/messages/{}", posted["id"]);
    let others = ada.get(&path).await;
    assert!(!others.text.contains("canary"));
    let action = &others.ok()["actions"][0];
    assert_eq!(
        (&action["status"], &action["error"]["message"], &action["output"]),
        (&json!("failed"), &json!(null), &json!(null))
    );
    assert_eq!(robo.get(&path).await.ok()["actions"][0]["output"], posted["actions"][0]["output"]);
    robo.say(thread, "over").await;
    assert!(!ada.get(&format!("/chat/threads/{thread}")).await.text.contains("canary"));
}

#[tokio::test]
async fn an_empty_plan_needs_nobody_and_its_result_is_posted() {
    let app = TestApp::new().await;
    let robo = app.sign_in("robo").await;
    let thread = robo.thread_in(TIMBER, None).await;
    let posted = robo.say(thread, "```codeaction\nprint(len(records.find('invoice')))\n```").await;
    assert_eq!(posted["actions"][0]["status"], "written");
    assert_eq!(posted["results"][0]["action_mode"], "write");
    assert_eq!(posted["results"][0]["created_by_id"], user_id("robo"));
}

#[tokio::test]
async fn the_queue_lists_the_actions_of_all_accessible_threads_oldest_first() {
    let proposal = Proposal::new().await;
    let other = proposal.app.record(TIMBER, "invoice", json!({"amount": 1})).await;
    let second = proposal.robo.say(proposal.thread, &change(other, 2)).await;
    let ids = async |client: &Client, query: &str| {
        let listed = client.get(&format!("/chat/actions?{query}")).await.ok();
        listed.as_array().expect("an array").iter().map(|row| row["message_id"].clone()).collect::<Vec<_>>()
    };
    let both = vec![proposal.posted["id"].clone(), second["id"].clone()];
    assert_eq!(ids(&proposal.ada, "status=awaiting_approval").await, both);
    let row = proposal.ada.get("/chat/actions?per_page=1").await;
    assert!(row.header("link").contains("rel=\"next\""));
    let row = &row.ok()[0];
    assert_eq!((&row["thread_id"], &row["action_items"]), (&json!(proposal.thread), &proposal.posted["action_items"]));
    assert_eq!(
        (&row["status"], &row["digest"]),
        (&json!("awaiting_approval"), &proposal.posted["actions"][0]["digest"])
    );
    assert_eq!(ids(&proposal.app.sign_in("cleo").await, "").await, [Value::Null; 0]);
    proposal.ada.post(&proposal.messages(), proposal.approval()).await.created();
    assert_eq!(ids(&proposal.ada, "status=awaiting_approval").await, both[1..]);
    assert_eq!(ids(&proposal.ada, &format!("decided_by_id={}", user_id("ada"))).await, both[..1]);
    assert_eq!(ids(&proposal.ada, &format!("author_id={}", user_id("robo"))).await, both);
    assert_eq!(ids(&proposal.ada, "client_account_id=2").await, [Value::Null; 0]);
    assert_eq!(ids(&proposal.ada, "per_page=1&page=2").await, both[1..]);
}

#[tokio::test]
async fn what_is_settled_cannot_be_edited() {
    let proposal = Proposal::new().await;
    let approved = proposal.ada.post(&proposal.messages(), proposal.approval()).await.created();
    let result = &approved["results"][0];
    for (client, id) in [
        (&proposal.robo, &proposal.posted["id"]),
        (&proposal.ada, &approved["id"]),
        (&proposal.ada, &result["id"]),
        (&proposal.robo, &result["id"]),
    ] {
        client.patch(&format!("{}/{id}", proposal.messages()), json!({"message": "x"})).await.problem(409);
    }
}

#[tokio::test]
async fn only_the_last_codeaction_of_a_thread_may_change() {
    let proposal = Proposal::new().await;
    let other = proposal.app.record(TIMBER, "invoice", json!({"amount": 1})).await;
    let second = proposal.robo.say(proposal.thread, &change(other, 2)).await;
    let edit = |message: &Value, text: String| {
        proposal.robo.patch(&format!("{}/{}", proposal.messages(), message["id"]), json!({"message": text}))
    };
    edit(&proposal.posted, change(proposal.invoice, 300)).await.problem(409);
    edit(&proposal.posted, "taken away".to_owned()).await.problem(409);
    let edited = edit(&second, change(other, 3)).await.ok();
    assert_eq!(edited["action_items"][0]["changes"], json!([{"field": "amount", "before": 1, "after": 3}]));
    assert_ne!(edited["actions"][0]["digest"], second["actions"][0]["digest"]);
    let taken = edit(&second, "taken away".to_owned()).await.ok();
    let action = &taken["actions"][0];
    assert_eq!((&action["status"], &action["block"]), (&json!("withdrawn"), &json!(null)));
    let stale = format!(
        "```approvecodeaction\nmessage_id: {}\ndigest: {}\n```",
        second["id"],
        edited["actions"][0]["digest"].as_str().expect("a digest")
    );
    let refused = proposal.ada.post(&proposal.messages(), json!({"message": stale})).await.problem(409);
    assert_eq!(refused["type"], "/problems/stale-approval");
    let detail = refused["detail"].as_str().expect("words");
    assert!(detail.contains("its author withdrew it"), "{detail}");
}

#[tokio::test]
async fn a_decision_says_what_became_of_what_it_is_bound_to() {
    let proposal = Proposal::new().await;
    let says = async |words: &str| {
        for block in ["approvecodeaction", "rejectcodeaction"] {
            let decision = proposal.approval()["message"].as_str().expect("a text").replace("approvecodeaction", block);
            let refused = proposal.ada.post(&proposal.messages(), json!({"message": decision})).await.problem(409);
            assert_eq!(refused["type"], "/problems/stale-approval");
            assert!(refused["detail"].as_str().expect("words").contains(words), "{refused}");
        }
    };
    proposal.robo.say(proposal.thread, &change(proposal.invoice, 300)).await;
    says("a later one took its place").await;
    assert_eq!(proposal.amount().await, 100);
}

#[tokio::test]
async fn in_an_edit_a_result_stays_right_behind_its_code() {
    let proposal = Proposal::new().await;
    let path = format!("{}/{}", proposal.messages(), proposal.posted["id"]);
    let (code, result) = ("```codeaction\n[code hidden]\n```", "```coderesult\n[code hidden]\n```");
    for moved in [
        format!("{code}\nsome words\n{result}"),
        format!("{code}\n\n{result}"),
        format!("{result}\n{code}"),
        result.to_owned(),
    ] {
        assert_eq!(proposal.robo.patch(&path, json!({"message": moved})).await.pointers(), ["/message"], "{moved:?}");
    }
    assert_eq!(proposal.robo.get(&path).await.ok()["message"], proposal.posted["message"]);
    let edited = format!("New words\n{code}\n{result}\nand more");
    for sent in [edited.clone(), edited.replace(&format!("\n{result}"), "")] {
        let message = proposal.robo.patch(&path, json!({"message": sent})).await.ok();
        assert_eq!(message["actions"], proposal.posted["actions"]);
        assert_eq!(message["message"], edited);
    }
}

#[tokio::test]
async fn what_a_record_cannot_hold_is_an_error_and_not_bent() {
    let app = TestApp::new().await;
    let robo = app.sign_in("robo").await;
    let thread = robo.thread_in(TIMBER, None).await;
    let invoice = app.record(TIMBER, "invoice", json!({"amount": 1})).await;
    for (code, error, line, words) in [
        ("records.create('note', text='\\ud800')".to_owned(), "SyntaxError", 1, "half a character"),
        ("x = 1\nrecords.find('note', text='\\udfff')".to_owned(), "SyntaxError", 2, "half a character"),
        ("records.create('note', **{'': 1})".to_owned(), "ValueError", 1, "empty name"),
        ("records.create('note', **{'a\\0': 1})".to_owned(), "ValueError", 1, "NUL"),
        (format!("records.update('invoice', {invoice}, text='a\\0')"), "ValueError", 1, "NUL"),
        (
            "import json\nrecords.create('note', text=json.loads('\"\\\\ud800\"'))".to_owned(),
            "json.JSONDecodeError",
            2,
            "",
        ),
        ("records.create('note', text=chr(0xd800))".to_owned(), "ValueError", 1, ""),
    ] {
        let posted = robo.say(thread, &format!("```codeaction\n{code}\n```")).await;
        let action = &posted["actions"][0];
        assert_eq!(
            (&action["status"], &action["error"]["type"]),
            (&json!("failed"), &json!(error)),
            "{code}: {action}"
        );
        assert_eq!(action["error"]["line"], line, "{code}");
        assert!(action["error"]["message"].as_str().expect("words").contains(words), "{code}: {action}");
    }
}

#[tokio::test]
async fn what_was_read_can_be_approved_only_as_it_was_read() {
    let proposal = Proposal::new().await;
    proposal
        .robo
        .patch(
            &format!("{}/{}", proposal.messages(), proposal.posted["id"]),
            json!({"message": change(proposal.invoice, 999)}),
        )
        .await
        .ok();
    let stale = proposal.ada.post(&proposal.messages(), proposal.approval()).await;
    assert_eq!(stale.problem(409)["type"], "/problems/stale-approval");
    assert_eq!(proposal.amount().await, 100);
}
