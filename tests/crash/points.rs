//! The power goes at every boundary between the steps of a post, an approval and an automatic write. After a new
//! start all of the request is there or nothing of it, and the same key brings it to its end exactly once.

use countersign::{
    api::{Id, NewThread, Status},
    net::{Client, Error},
};
use serde_json::{Value, json};

use crate::{
    client, client_of,
    hold::Holds,
    read,
    server::{Office, Server},
};

/// The steps in their order, the same for all requests that run code.
const BEFORE_COMMIT: [&str; 7] = ["claimed", "ready", "checked", "worked", "audited", "kept", "committed"];

/// A request that changes an invoice's amount, or would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// A post whose plan waits.
    Post,
    /// A post whose plan nobody has to approve.
    AutoWrite,
    Approval,
}

impl Request {
    fn points(self) -> Vec<&'static str> {
        let run: &[&str] = match self {
            Self::Post => &["previewed"],
            Self::AutoWrite => &["previewed", "run-to-write"],
            Self::Approval => &["run-to-write"],
        };
        [run, &BEFORE_COMMIT, &["answered"]].concat()
    }

    /// The amounts that need nobody are those below 10.
    fn amount(self, round: i64) -> i64 {
        if self == Self::AutoWrite { round } else { 100 + round }
    }

    fn config() -> &'static str {
        "[[approvals.rules]]\nneeds_approval = false\nwhen = \"after['amount'] < 1000 and after['free']\""
    }
}

/// Everything that a request may leave behind.
#[derive(Clone, Debug, PartialEq)]
struct State {
    messages: Vec<(Id, String)>,
    statuses: Vec<Status>,
    records: Vec<Value>,
    /// Event and outcome.
    audit: Vec<(Value, Value)>,
}

struct Scene {
    office: Office,
    holds: Holds,
    request: Request,
}

impl Scene {
    fn new(request: Request) -> Self {
        let free = request == Request::AutoWrite;
        let record = json!({"type": "invoice", "id": 1, "fields": {"amount": 0, "free": free}});
        Self { office: Office::open(&record.to_string()), holds: Holds::new(), request }
    }

    fn start(&self) -> (Server, Client) {
        let server = self.office.serve_held(Request::config(), self.holds.folder());
        let client = client(&self.office, server.url());
        (server, client)
    }

    /// What is there now, and that its audit is sound.
    async fn state(&self, client: &Client, thread: Id) -> State {
        let messages: Vec<(Id, String)> = read(client, thread).await.into();
        let mut statuses = Vec::new();
        for (id, _) in &messages {
            let actions = client.message(thread, *id).await.expect("a message").actions.unwrap_or_default();
            statuses.extend(actions.into_iter().map(|action| action.status));
        }
        let verdicts = self.office.admin(&["audit", "verify"]);
        assert!(verdicts.iter().all(|verdict| verdict["sound"] == true), "{verdicts:?}");
        let audit = self.office.admin(&["audit"]);
        State {
            messages,
            statuses,
            records: self.office.admin(&["record", "list", "--account", "1"]),
            audit: audit.iter().map(|row| (row["event"].clone(), row["outcome"].clone())).collect(),
        }
    }

    /// The text of the request, what it decides on being there.
    async fn text(&self, client: &Client, thread: Id, amount: i64) -> String {
        let code = format!("```codeaction\nrecords.update('invoice', 1, amount={amount})\n```");
        if self.request != Request::Approval {
            return code;
        }
        let posted = client.post_message(thread, &code, &format!("propose-{amount}")).await.expect("a proposal");
        let actions = posted.message.actions.expect("actions");
        let digest = actions[0].digest.as_deref().expect("a digest");
        format!("```approvecodeaction\nmessage_id: {}\ndigest: {digest}\n```", posted.message.id)
    }

    /// What the request has left behind, once and whole.
    fn is_done(&self, before: &State, after: &State, amount: i64) {
        let (messages, rows, last): (_, &[(&str, &str)], _) = match self.request {
            Request::Post => (1, &[("preview", "awaiting_approval")], Status::AwaitingApproval),
            Request::AutoWrite => (2, &[("preview", "allowed"), ("write", "written")], Status::Written),
            Request::Approval => (2, &[("approval", "written"), ("write", "written")], Status::Written),
        };
        assert_eq!(after.messages[..before.messages.len()], before.messages);
        assert_eq!(after.messages.len(), before.messages.len() + messages, "{:?}", after.messages);
        assert_eq!(after.audit[..before.audit.len()], before.audit);
        let rows: Vec<_> = rows.iter().map(|(event, outcome)| (json!(event), json!(outcome))).collect();
        assert_eq!(after.audit[before.audit.len()..], rows);
        assert_eq!(after.statuses.last(), Some(&last));
        let written =
            if self.request == Request::Post { &before.records[0]["fields"]["amount"] } else { &json!(amount) };
        assert_eq!(&after.records[0]["fields"]["amount"], written);
    }

    /// Sends a post of a text under a key, lets the power go at `point` of it, and starts the server anew.
    async fn interrupt(&self, server: Server, post: (Id, &str, &str), point: &str) -> (Server, Client) {
        // Others commit too: ours is the next once it is held within its transaction.
        let first = if point == "committed" { "kept" } else { point };
        self.holds.arm(first);
        let sent = tokio::spawn({
            let client = client_of(&self.office, "kari", server.url());
            let (thread, text, key) = (post.0, post.1.to_owned(), post.2.to_owned());
            async move { client.post_message(thread, &text, &key).await }
        });
        self.holds.reached(first).await;
        if first != point {
            self.holds.arm(point);
            self.holds.release(first);
            self.holds.reached(point).await;
        }
        server.kill();
        let answer = sent.await.expect("a task").expect_err("no post");
        assert!(matches!(answer, Error::Network { .. }), "{point}: it was never answered: {answer:?}");
        self.holds.clear();
        self.start()
    }

    /// Lets the power go at `point` of one request, and sees what comes of it.
    async fn cut(&self, server: Server, client: Client, thread: Id, point: &str, round: i64) -> (Server, Client) {
        let amount = self.request.amount(round);
        let (text, key) = (self.text(&client, thread, amount).await, format!("round-{round}"));
        let before = self.state(&client, thread).await;
        let (server, client) = self.interrupt(server, (thread, &text, &key), point).await;
        let after = self.state(&client, thread).await;
        if ["committed", "answered"].contains(&point) {
            self.is_done(&before, &after, amount);
        } else {
            assert_eq!(after, before, "{point}: nothing is there");
        }
        let posted = client.post_message(thread, &text, &key).await.expect("the same key again, at once");
        let done = self.state(&client, thread).await;
        self.is_done(&before, &done, amount);
        let again = client.post_message(thread, &text, &key).await.expect("and again");
        assert_eq!(again.message.id, posted.message.id);
        assert_eq!(self.state(&client, thread).await, done);
        (server, client)
    }
}

async fn cut_everywhere(request: Request) {
    let scene = Scene::new(request);
    let (mut server, mut client) = scene.start();
    let thread = client.create_thread(&NewThread::default(), "thread").await.expect("a thread").thread.id;
    for (point, round) in request.points().into_iter().zip(1..) {
        (server, client) = scene.cut(server, client, thread, point, round).await;
    }
}

#[tokio::test]
async fn a_post_is_there_whole_or_not_at_all() {
    cut_everywhere(Request::Post).await;
}

#[tokio::test]
async fn an_automatic_write_is_done_once_or_not_at_all() {
    cut_everywhere(Request::AutoWrite).await;
}

#[tokio::test]
async fn an_approval_writes_once_or_not_at_all() {
    cut_everywhere(Request::Approval).await;
}

#[tokio::test]
async fn a_refusal_is_noted_with_its_answer_or_not_at_all() {
    let scene = Scene::new(Request::Approval);
    let (mut server, mut client) = scene.start();
    let thread = client.create_thread(&NewThread::default(), "thread").await.expect("a thread").thread.id;
    let text = scene.text(&client, thread, 100).await;
    let digest = text.split("digest: ").nth(1).and_then(|rest| rest.get(..64)).expect("a digest");
    let stale = text.replace(digest, &"0".repeat(64));
    for (point, round) in ["claimed", "checked", "worked", "audited", "kept", "committed"].into_iter().zip(1..) {
        let key = format!("refused-{round}");
        let before = scene.state(&client, thread).await;
        (server, client) = scene.interrupt(server, (thread, &stale, &key), point).await;
        let after = scene.state(&client, thread).await;
        let mut noted = before.clone();
        noted.audit.push((json!("refusal"), json!("stale-approval")));
        assert_eq!(&after, if point == "committed" { &noted } else { &before }, "{point}");
        for _ in 0..2 {
            let refused = client.post_message(thread, &stale, &key).await.expect_err("another digest");
            assert!(matches!(refused, Error::Conflict { .. }), "{refused:?}");
            assert_eq!(scene.state(&client, thread).await, noted, "{point}: noted once");
        }
    }
}
