//! Who may decide what, in which way: every way leads through the same door.

use serde_json::{Value, json};

use crate::support::{Answer, Client, FIRM, Settings, TIMBER, TestApp};

/// Whoever decides, on code of their own or of somebody else's.
struct Who {
    login: &'static str,
    /// Of the token; `None`: all that the user may have.
    scopes: Option<&'static str>,
    /// They wrote the code that is decided on.
    is_author: bool,
    /// They have changed it since.
    has_edited: bool,
    /// `ok`, or the last part of the problem's type.
    approve: &'static str,
    reject: &'static str,
}

const fn who(login: &'static str, approve: &'static str, reject: &'static str) -> Who {
    Who { login, scopes: None, is_author: false, has_edited: false, approve, reject }
}

/// What a decision can be bound to, and the two addresses of the same route.
const WAYS: [(Bound, &str); 6] = [
    (Bound::Not, ""),
    (Bound::Not, "/api/v2"),
    (Bound::Message, ""),
    (Bound::Message, "/api/v2"),
    (Bound::Block, ""),
    (Bound::Block, "/api/v2"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Not,
    Message,
    Block,
}

struct Court {
    app: TestApp,
    /// Reads what became of it.
    reader: Client,
    robo: Client,
}

impl Court {
    async fn open(approvals: &str) -> Self {
        let change = |settings: &mut Settings| settings.approvals = toml::from_str(approvals).expect("settings");
        let app = TestApp::with(change).await;
        let (reader, robo) = (app.sign_in("max").await, app.sign_in("robo").await);
        Self { app, reader, robo }
    }

    /// A thread with one proposal, by `author`.
    async fn proposal(&self, author: &Client, is_edited: bool) -> (i64, Value) {
        let thread = self.robo.thread(json!({"client_account_id": TIMBER, "provider_client_account_id": FIRM})).await;
        let thread = thread["id"].as_i64().expect("an id");
        let code = |amount: u8| format!("```codeaction\nrecords.create('payment', amount={amount})\n```");
        let mut posted = author.say(thread, &code(1)).await;
        if is_edited {
            let path = format!("/chat/threads/{thread}/messages/{}", posted["id"]);
            posted = author.patch(&path, json!({"message": code(2)})).await.ok();
        }
        (thread, posted)
    }

    async fn payments(&self) -> usize {
        self.app.store.record_list(TIMBER, Some("payment"), 0, 1_000).await.expect("records").len()
    }

    async fn refusals(&self) -> usize {
        let rows = self.app.store.audit_list(Some(TIMBER), 0, 10_000).await.expect("rows");
        rows.iter().filter(|row| row["event"] == "refusal").count()
    }

    /// Decides in one way, and looks at what became of it.
    async fn decide(&self, who: &Who, approves: bool, (bound, prefix): (Bound, &str)) {
        let expected = if approves { who.approve } else { who.reject };
        let case = format!("{} {approves} {bound:?} {prefix}", who.login);
        let own = self.app.sign_in(who.login).await;
        let author = if who.is_author { &own } else { &self.robo };
        let (thread, posted) = self.proposal(author, who.has_edited).await;
        let (before, refused) = (self.payments().await, self.refusals().await);
        let (client, _) = self.app.token(who.login, who.scopes, None).await;
        let digest = posted["actions"][0]["digest"].as_str().expect("a digest");
        let lines = match bound {
            Bound::Not => String::new(),
            Bound::Message => format!("message_id: {}\ndigest: {digest}\n", posted["id"]),
            Bound::Block => format!("message_id: {}\ndigest: {digest}\nblock: 0\n", posted["id"]),
        };
        let block = if approves { "approvecodeaction" } else { "rejectcodeaction" };
        let message = json!({"message": format!("```{block}\n{lines}```")});
        let answer = client.post(&format!("{prefix}/chat/threads/{thread}/messages"), message).await;
        assert_eq!(word(&answer), expected, "{case}: {}", answer.text);
        let seen = self.reader.get(&format!("/chat/threads/{thread}")).await.ok();
        let status = match (expected, approves) {
            ("ok", true) => "written",
            ("ok", false) => "rejected",
            _ => "awaiting_approval",
        };
        assert_eq!(seen["messages"][0]["actions"][0]["status"], status, "{case}");
        let posted = if expected == "ok" { 2 + usize::from(approves) } else { 1 };
        assert_eq!(seen["messages"].as_array().map(Vec::len), Some(posted), "{case}");
        assert_eq!(self.payments().await - before, usize::from(status == "written"), "{case}");
        // Whoever has no business in the thread does not get as far as its audit.
        let noted = !["ok", "forbidden"].contains(&expected);
        assert_eq!(self.refusals().await - refused, usize::from(noted), "{case}");
    }
}

fn word(answer: &Answer) -> String {
    if answer.status == 201 {
        return "ok".to_owned();
    }
    let problem = answer.problem(answer.status.as_u16());
    problem["type"].as_str().and_then(|uri| uri.rsplit('/').next()).unwrap_or_default().to_owned()
}

/// Holds a table against the router, each row in every way.
async fn hold(court: &Court, table: &[Who]) {
    for who in table {
        for way in WAYS {
            for approves in [true, false] {
                court.decide(who, approves, way).await;
            }
        }
    }
}

#[tokio::test]
async fn who_may_decide_on_somebody_elses_code() {
    let table = [
        who("ada", "ok", "ok"),
        // Through the provider's account.
        who("fia", "ok", "ok"),
        who("ben", "may-not-approve", "may-not-approve"),
        who("cleo", "forbidden", "forbidden"),
        who("nils", "forbidden", "forbidden"),
    ];
    hold(&Court::open("").await, &table).await;
}

#[tokio::test]
async fn who_may_decide_on_code_of_their_own() {
    let author = |login, approve, reject| Who { is_author: true, ..who(login, approve, reject) };
    let table = [
        author("ada", "ok", "ok"),
        Who { has_edited: true, ..author("ada", "ok", "ok") },
        // Taking back what one proposed needs no right to approve.
        author("ben", "may-not-approve", "ok"),
        author("robo", "missing-scope", "ok"),
    ];
    hold(&Court::open("").await, &table).await;
}

#[tokio::test]
async fn what_a_token_must_be_good_for() {
    let with = |scopes, who: Who| Who { scopes: Some(scopes), ..who };
    let author = |who: Who| Who { is_author: true, ..who };
    let table = [
        with("read post", who("ada", "missing-scope", "missing-scope")),
        with("read", who("ada", "missing-scope", "missing-scope")),
        with("approve", who("ada", "ok", "ok")),
        with("post", author(who("ada", "missing-scope", "ok"))),
        with("approve", author(who("ada", "ok", "ok"))),
        with("read", author(who("ada", "missing-scope", "missing-scope"))),
    ];
    hold(&Court::open("").await, &table).await;
}

#[tokio::test]
async fn four_eyes_see_what_is_written() {
    let author = |login, approve| Who { is_author: true, ..who(login, approve, "ok") };
    let table = [
        author("ada", "four-eyes"),
        Who { has_edited: true, ..author("ada", "four-eyes") },
        author("fia", "four-eyes"),
        who("ada", "ok", "ok"),
    ];
    hold(&Court::open("four_eyes = true").await, &table).await;
}

#[tokio::test]
async fn a_digest_may_be_required_of_approvals() {
    let court = Court::open("require_digest = true").await;
    for way in WAYS {
        let approve = if way.0 == Bound::Not { "digest-required" } else { "ok" };
        let ada = who("ada", approve, "ok");
        court.decide(&ada, true, way).await;
        court.decide(&ada, false, way).await;
    }
}

#[tokio::test]
async fn a_token_that_was_revoked_decides_nothing() {
    let court = Court::open("").await;
    let (thread, _) = court.proposal(&court.robo, false).await;
    let (ada, id) = court.app.token("ada", None, None).await;
    court.app.store.token_revoke(id, countersign::api::Time::now()).await.expect("revoked");
    for block in ["approvecodeaction", "rejectcodeaction"] {
        let message = json!({"message": format!("```{block}\n```")});
        ada.post(&format!("/chat/threads/{thread}/messages"), message).await.problem(401);
    }
    assert_eq!(court.payments().await, 0);
}
