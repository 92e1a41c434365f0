//! The audit: every event that it promises is a row, and what is done to it behind the server's back is found.

use countersign::{
    api::Time,
    serve::store::{Role, Store, query::AuditVerdict},
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Client, FISH, TIMBER, TestApp, user_id};

/// A thread in which something of everything has happened.
async fn eventful() -> TestApp {
    let rule = "[[rules]]\nneeds_approval = false\nobject_type = 'note'";
    let app = TestApp::with(|settings| settings.approvals = toml::from_str(rule).expect("settings")).await;
    let (ada, robo) = (app.sign_in("ada").await, app.sign_in("robo").await);
    let invoice = app.record(TIMBER, "invoice", json!({"amount": 100})).await;
    let thread = robo.thread_in(TIMBER, None).await;
    let change = |amount: i64| format!("```codeaction\nrecords.update('invoice', {invoice}, amount={amount})\n```");
    robo.say(thread, "```codeaction\nrecords.create('note')\n```").await;
    let posted = robo.say(thread, &change(1)).await;
    robo.patch(&format!("/chat/threads/{thread}/messages/{}", posted["id"]), json!({"message": change(2)})).await.ok();
    let decide = async |client: &Client, block: &str| {
        let message = json!({"message": format!("```{block}\n```")});
        client.post(&format!("/chat/threads/{thread}/messages"), message).await.status.as_u16()
    };
    assert_eq!(decide(&robo, "approvecodeaction").await, 403);
    let raise = format!("{{\"type\":\"invoice\",\"id\":{invoice},\"fields\":{{\"amount\":7}}}}");
    let draft = serde_json::from_str::<Value>(&raise).expect("json");
    let fields = draft["fields"].as_object().expect("fields").clone();
    let draft =
        countersign::serve::store::query::RecordDraft { record_type: "invoice".into(), id: Some(invoice), fields };
    app.store.record_import(TIMBER, vec![draft], Time::now()).await.expect("an import");
    assert_eq!(decide(&ada, "approvecodeaction").await, 201);
    assert_eq!(decide(&ada, "approvecodeaction").await, 201);
    robo.say(thread, &change(3)).await;
    assert_eq!(decide(&ada, "rejectcodeaction").await, 201);
    app
}

#[tokio::test]
async fn everything_that_counts_is_a_row() {
    let app = eventful().await;
    let rows = app.store.audit_list(Some(TIMBER), 0, 1_000).await.expect("rows");
    let rows: Vec<_> = rows.iter().filter(|row| row["event"] != "grant").collect();
    let told: Vec<_> = rows
        .iter()
        .map(|row| format!("{} {}", row["event"].as_str().unwrap_or("?"), row["outcome"].as_str().unwrap_or("?")))
        .collect();
    assert_eq!(
        told,
        [
            "import 1 records",
            "preview allowed",
            "write written",
            "preview awaiting_approval",
            "edit edited",
            "preview awaiting_approval",
            "refusal missing-scope",
            "import 1 records",
            "approval drifted",
            "drift drifted",
            "approval written",
            "write written",
            "preview awaiting_approval",
            "rejection rejected",
        ]
    );
    for row in &rows {
        let event = row["event"].as_str().unwrap_or_default();
        assert_eq!(row["client_account_id"], TIMBER, "{row}");
        let planned = ["preview", "write", "drift"].contains(&event);
        assert_eq!(row["plan_hash"].is_string(), planned, "{row}");
        let about_an_action = !["import", "edit"].contains(&event);
        assert_eq!(row["digest"].is_string(), about_an_action, "{row}");
        let who = match event {
            "import" => Value::Null,
            "approval" | "drift" | "rejection" => user_id("ada").into(),
            _ if row["outcome"] == "written" && row["id"] == rows[11]["id"] => user_id("ada").into(),
            _ => user_id("robo").into(),
        };
        assert_eq!(row["user_id"], who, "{row}");
    }
    // What was decided on is what was shown.
    assert_eq!(rows[8]["digest"], rows[5]["digest"]);
    assert_eq!((&rows[10]["digest"], &rows[11]["digest"]), (&rows[9]["digest"], &rows[9]["digest"]));
    let grants = app.store.audit_list(Some(FISH), 0, 1_000).await.expect("rows");
    assert!(!grants.is_empty() && grants.iter().all(|row| row["event"] == "grant"), "each account has its own chain");
}

/// A copy of the database, and its file opened behind everybody's back.
struct Copy {
    _folder: tempfile::TempDir,
    database: String,
    db: Connection,
}

impl Copy {
    async fn of(app: &TestApp) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("copy.db");
        app.store.backup(&path).await.expect("a copy");
        let db = Connection::open(&path).expect("a database");
        Self { _folder: folder, database: format!("sqlite:{}", path.display()), db }
    }

    async fn verdict(&self, head: Option<&str>) -> AuditVerdict {
        let store = Store::open(&self.database, Role::Operator).expect("a store");
        let verdicts = store.audit_verify(Some(TIMBER), head).await.expect("a verdict");
        store.close().await;
        verdicts[0].1.clone()
    }
}

#[tokio::test]
async fn what_is_done_to_it_behind_the_servers_back_is_found() {
    let app = eventful().await;
    let rows = app.store.audit_list(Some(TIMBER), 0, 1_000).await.expect("rows");
    let id = |place: usize| rows[place]["id"].as_i64().expect("an id");
    let middle = rows.iter().position(|row| row["event"] == "refusal").expect("a refusal");
    let last = rows.len() - 1;
    let head = rows[last]["hash"].as_str().expect("a hash");
    let swap = format!(
        "UPDATE audit SET id = -1 WHERE id = {0}; UPDATE audit SET id = {0} WHERE id = {1};
         UPDATE audit SET id = {1} WHERE id = -1;",
        id(middle),
        id(middle + 1)
    );
    let column = |name: &str, value: &str| format!("UPDATE audit SET {name} = {value} WHERE id = {}", id(middle));
    let tampered = [
        (column("outcome", "'written'"), id(middle)),
        (column("user_id", "3"), id(middle)),
        (column("at", "at + 1"), id(middle)),
        (column("event", "'approval'"), id(middle)),
        (column("digest", "NULL"), id(middle)),
        (column("message_id", "1000"), id(middle)),
        (column("previous_hash", "hash"), id(middle)),
        (column("hash", "previous_hash"), id(middle)),
        (column("client_account_id", &FISH.to_string()), id(middle + 1)),
        (format!("DELETE FROM audit WHERE id = {}", id(middle)), id(middle + 1)),
        (format!("DELETE FROM audit WHERE id = {}", id(0)), id(1)),
        (swap, id(middle)),
    ];
    for (sql, row) in tampered {
        let copy = Copy::of(&app).await;
        assert!(matches!(copy.verdict(Some(head)).await, AuditVerdict::Sound { .. }));
        copy.db.execute_batch(&sql).expect("tampered with");
        assert_eq!(copy.verdict(None).await, AuditVerdict::Broken { row }, "{sql}");
    }

    let copy = Copy::of(&app).await;
    copy.db.execute("DELETE FROM audit WHERE id = ?1", [id(last)]).expect("deleted");
    assert!(matches!(copy.verdict(None).await, AuditVerdict::Sound { .. }), "nothing in the chain tells of it");
    let before = rows[last - 1]["hash"].as_str().map(str::to_owned);
    assert_eq!(copy.verdict(Some(head)).await, AuditVerdict::HeadMissing { head: before });
    copy.db.execute("DELETE FROM audit WHERE client_account_id = ?1", [TIMBER]).expect("deleted");
    assert_eq!(copy.verdict(Some(head)).await, AuditVerdict::HeadMissing { head: None });
}

#[tokio::test]
async fn a_plans_text_may_be_pruned_but_not_changed() {
    let app = eventful().await;
    let copy = Copy::of(&app).await;
    let kept: usize = copy.db.query_row("SELECT count(*) FROM audit_plans", [], |row| row.get(0)).expect("a count");
    assert!(kept > 0);
    copy.db.execute("DELETE FROM audit_plans WHERE hash = (SELECT min(hash) FROM audit_plans)", []).expect("pruned");
    assert!(matches!(copy.verdict(None).await, AuditVerdict::Sound { .. }));
    copy.db
        .execute("UPDATE audit_plans SET plan = CAST(replace(CAST(plan AS TEXT), 'block', 'bloch') AS BLOB)", [])
        .expect("changed");
    assert!(matches!(copy.verdict(None).await, AuditVerdict::PlanChanged { .. }));
    copy.db.execute("DELETE FROM audit_plans", []).expect("pruned");
    assert!(matches!(copy.verdict(None).await, AuditVerdict::Sound { .. }));
}
