//! Rights that are lost while a decision is on its way: it was allowed when it came, its code has run, and nothing
//! comes of it.

use countersign::{
    api::{Id, NewThread, Status},
    net::{Client, Error, MessageWindow},
};

use crate::{client, client_of, hold::Holds, server::Office};

struct Desk {
    office: Office,
    holds: Holds,
}

/// What is taken away, and which problem the decision runs into.
struct Loss {
    what: &'static [&'static str],
    problem: &'static str,
}

impl Desk {
    fn open() -> Self {
        let mut office = Office::open(r#"{"type": "invoice", "id": 1, "fields": {"amount": 0}}"#);
        office.add("ola", "Ola", &[]);
        office.add("eva", "Eva", &[]);
        Self { office, holds: Holds::new() }
    }

    /// A proposal of ola's that waits, and the lines that bind a decision to it.
    async fn proposal(&self, url: &str, amount: i64) -> (Id, Id, String) {
        let ola = client_of(&self.office, "ola", url);
        let thread = ola.create_thread(&NewThread::default(), &format!("{amount}")).await.expect("a thread").thread.id;
        let code = format!("```codeaction\nrecords.update('invoice', 1, amount={amount})\n```");
        let posted = ola.post_message(thread, &code, &format!("code-{amount}")).await.expect("a proposal");
        let actions = posted.message.actions.expect("actions");
        let digest = actions[0].digest.clone().expect("a digest");
        (thread, posted.message.id, format!("message_id: {}\ndigest: {digest}\n", posted.message.id))
    }

    /// Decides as eva; while that is on its way, `meanwhile` happens.
    async fn decide(&self, eva: &Client, thread: Id, text: String, meanwhile: impl FnOnce()) -> Result<(), Error> {
        self.holds.arm("ready");
        let sent = tokio::spawn({
            let eva = eva.clone();
            async move { eva.post_message(thread, &text, "decide").await.map(|_| ()) }
        });
        self.holds.reached("ready").await;
        meanwhile();
        self.holds.release("ready");
        sent.await.expect("a task")
    }
}

/// The last part of a problem's type.
fn words(refusal: &Error) -> String {
    let slug = |problem: &str| problem.rsplit('/').next().unwrap_or_default().to_owned();
    match refusal {
        Error::Unauthorized => "unauthorized".to_owned(),
        other => other.problem().map_or_else(|| other.to_string(), |problem| slug(&problem.problem_type)),
    }
}

#[tokio::test]
async fn a_right_that_is_lost_on_the_way_stops_a_decision() {
    let losses = [
        Loss { what: &["grant", "eva", "--account", "1", "--no-approver"], problem: "may-not-approve" },
        Loss { what: &["revoke", "eva", "--account", "1"], problem: "forbidden" },
        Loss { what: &["token", "revoke", "4"], problem: "unauthorized" },
        Loss { what: &["revoke", "ola", "--account", "1"], problem: "author-not-eligible" },
    ];
    for (loss, amount) in losses.into_iter().zip(1..) {
        for bound in [true, false] {
            let desk = Desk::open();
            let server = desk.office.serve_held("", desk.holds.folder());
            let (thread, message, lines) = desk.proposal(server.url(), amount).await;
            let text = format!("```approvecodeaction\n{}```", if bound { &lines } else { "" });
            let eva = client_of(&desk.office, "eva", server.url());
            let decided = desk.decide(&eva, thread, text, || {
                desk.office.admin(loss.what);
            });
            assert_eq!(words(&decided.await.expect_err(loss.problem)), loss.problem);
            let kari = client(&desk.office, server.url());
            let seen = kari.message(thread, message).await.expect("a message");
            assert_eq!(seen.actions.expect("actions")[0].status, Status::AwaitingApproval);
            assert_eq!(kari.messages(thread, &MessageWindow::default()).await.expect("messages").items.len(), 1);
            assert_eq!(desk.office.admin(&["record", "list", "--account", "1"])[0]["fields"]["amount"], 0);
            let audit = desk.office.admin(&["audit"]);
            assert!(!audit.iter().any(|row| row["event"] == "write" || row["event"] == "approval"), "{audit:?}");
            assert_eq!(audit.iter().filter(|row| row["event"] == "refusal").count(), 1, "{audit:?}");
        }
    }
}

/// Three times the code is run again, and then no more.
#[tokio::test]
async fn what_keeps_changing_is_given_up_and_can_be_sent_again() {
    let desk = Desk::open();
    let server = desk.office.serve_held("", desk.holds.folder());
    let kari = client(&desk.office, server.url());
    let thread = kari.create_thread(&NewThread::default(), "thread").await.expect("a thread").thread.id;
    let file = desk.office.folder().join("more.jsonl");
    std::fs::write(&file, r#"{"type": "invoice", "fields": {}}"#).expect("a file");
    let text = "```codeaction\nrecords.create('note', seen=len(records.find('invoice')))\n```";
    desk.holds.arm("ready");
    let sent = tokio::spawn({
        let kari = kari.clone();
        async move { kari.post_message(thread, text, "contended").await }
    });
    for attempt in 0..4 {
        desk.holds.reached("ready").await;
        desk.office.admin(&["record", "import", &file.to_string_lossy(), "--account", "1"]);
        if attempt < 3 {
            desk.holds.arm("ready");
        }
        desk.holds.release("ready");
    }
    let given_up = sent.await.expect("a task").expect_err("nothing was posted");
    assert!(matches!(given_up, Error::Unavailable { status: 503, retry_after: Some(_), .. }), "{given_up:?}");
    assert_eq!(kari.messages(thread, &MessageWindow::default()).await.expect("messages").items.len(), 0);
    assert!(!desk.office.admin(&["audit"]).iter().any(|row| row["event"] == "preview"));
    // Its key is free again.
    let posted = kari.post_message(thread, text, "contended").await.expect("posted");
    assert_eq!(posted.message.action_items[0]["changes"][0]["after"], 5);
}

#[tokio::test]
async fn what_was_decided_on_may_change_on_the_way() {
    let desk = Desk::open();
    let server = desk.office.serve_held("", desk.holds.folder());
    let (thread, message, lines) = desk.proposal(server.url(), 7).await;
    let eva = client_of(&desk.office, "eva", server.url());
    let file = desk.office.folder().join("changed.jsonl");
    std::fs::write(&file, r#"{"type": "invoice", "id": 1, "fields": {"amount": 0, "note": "new"}}"#).expect("a file");
    let import = || {
        desk.office.admin(&["record", "import", &file.to_string_lossy(), "--account", "1"]);
    };
    // The run is repeated, and comes to something else than what was approved.
    desk.decide(&eva, thread, format!("```approvecodeaction\n{lines}```"), import).await.expect("an answer");
    let seen = eva.message(thread, message).await.expect("a message");
    assert_eq!(seen.actions.expect("actions")[0].status, Status::Drifted);
    assert_eq!(desk.office.admin(&["record", "list", "--account", "1"])[0]["fields"]["amount"], 0);
}
