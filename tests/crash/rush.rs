//! Many at once: several people approve the same, a second server comes, an operator works beside.

use std::{collections::BTreeMap, process::Stdio, sync::Arc};

use countersign::{
    api::{Id, Message, NewThread, Status},
    net::{Client, Error},
};
use tokio::task::JoinSet;

use crate::{client, client_of, read, server::Office};

const APPROVERS: [&str; 5] = ["kari", "ola", "eva", "per", "siv"];
const AT_ONCE: usize = 50;

fn office() -> Office {
    let mut office = Office::open(r#"{"type": "invoice", "id": 1, "fields": {"amount": 0}}"#);
    for login in &APPROVERS[1..] {
        office.add(login, login, &[]);
    }
    office
}

async fn proposal(client: &Client, thread: Id, code: &str) -> Message {
    let text = format!("```codeaction\n{code}\n```");
    client.post_message(thread, &text, "proposal").await.expect("a proposal").message
}

fn approval(message: &Message) -> String {
    let actions = message.actions.as_deref().expect("actions");
    let digest = actions[0].digest.as_deref().expect("a digest");
    format!("```approvecodeaction\nmessage_id: {}\ndigest: {digest}\n```", message.id)
}

#[tokio::test]
async fn of_fifty_approvals_at_once_one_writes() {
    let office = office();
    // Whoever waits for a worker is to be told what became of it, not that there is none.
    let server = office.serve("[sandbox]\nqueue = 1000\nrun_timeout = \"30s\"\nrequest_timeout = \"120s\"");
    let robo = client_of(&office, "robo", server.url());
    let thread = robo.create_thread(&NewThread::default(), "thread").await.expect("a thread").thread.id;
    let code = "records.create('payment', amount=1)\nrecords.update('invoice', 1, amount=1)";
    let proposed = proposal(&robo, thread, code).await;
    let kari = client(&office, server.url());
    let mut events = kari.events(None).await.expect("a stream");
    let mut approvals = JoinSet::new();
    for n in 0..AT_ONCE {
        let approver = client_of(&office, APPROVERS[n % APPROVERS.len()], server.url());
        let text = if n % 2 == 0 { approval(&proposed) } else { "```approvecodeaction\n```".to_owned() };
        approvals.spawn(async move { approver.post_message(thread, &text, &format!("{n}")).await });
    }
    let (done, refused): (Vec<_>, Vec<_>) = approvals.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), refused.len()), (1, AT_ONCE - 1));
    for refusal in refused {
        let refusal = refusal.expect_err("a refusal");
        assert!(matches!(refusal, Error::Conflict { .. }), "{refusal:?}");
    }
    let written = done.into_iter().flatten().next().expect("one");
    let records = office.admin(&["record", "list", "--account", "1"]);
    assert_eq!(records.iter().filter(|record| record["type"] == "payment").count(), 1);
    assert_eq!(records[0]["fields"]["amount"], 1);
    let audit = office.admin(&["audit"]);
    let count = |event: &str| audit.iter().filter(|row| row["event"] == event).count();
    assert_eq!((count("approval"), count("write"), count("refusal")), (1, 1, AT_ONCE - 1));
    assert!(office.admin(&["audit", "verify"]).iter().all(|verdict| verdict["sound"] == true));

    // What followers were told is what a reader finds: the approval, its result, and the message that was decided.
    let mut told = BTreeMap::from([(proposed.id, proposed.clone())]);
    let last = written.results.last().expect("a result").id;
    while !(told.contains_key(&last) && status(&told[&proposed.id]) == Some(Status::Written)) {
        let event = events.next().await.expect("a stream").expect("an event");
        if event.kind.starts_with("message.") {
            let message: Message = serde_json::from_str(&event.data).expect("a message");
            told.insert(message.id, message);
        }
    }
    assert_eq!(told.len(), 3, "nothing else was posted");
    for (id, _) in read(&kari, thread).await {
        assert_eq!(told.get(&id), Some(&kari.message(thread, id).await.expect("a message")));
    }
}

fn status(message: &Message) -> Option<Status> {
    message.actions.as_deref()?.first().map(|action| action.status.clone())
}

#[tokio::test]
async fn a_second_server_on_the_same_file_refuses_to_start() {
    let office = office();
    let server = office.serve("");
    let second = office.server("").stdout(Stdio::null()).stderr(Stdio::piped()).output().expect("the program starts");
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("another server is running on the database"), "{said}");
    client(&office, server.url()).me().await.expect("the first goes on");
    server.kill();
    office.serve("");
}

#[tokio::test]
async fn an_operator_works_beside_a_busy_server() {
    let office = Arc::new(office());
    let server = office.serve("[[approvals.rules]]\nneeds_approval = false");
    let kari = client(&office, server.url());
    let thread = kari.create_thread(&NewThread::default(), "thread").await.expect("a thread").thread.id;
    let mut writers = JoinSet::new();
    for writer in &APPROVERS[..4] {
        let client = client_of(&office, writer, server.url());
        writers.spawn(async move {
            for n in 0..15 {
                let text = if n % 5 == 0 {
                    format!("```codeaction\nrecords.create('note', n={n}, writer='{writer}')\n```")
                } else {
                    format!("{writer}: {n}")
                };
                client.post_message(thread, &text, &format!("{writer}-{n}")).await.expect("a post");
            }
        });
    }
    let operator = tokio::task::spawn_blocking({
        let office = Arc::clone(&office);
        move || {
            let file = office.folder().join("more.jsonl");
            for n in 0..8 {
                std::fs::write(&file, format!(r#"{{"type": "customer", "fields": {{"n": {n}}}}}"#)).expect("a file");
                office.admin(&["record", "import", &file.to_string_lossy(), "--account", "1"]);
                office.admin(&[
                    "grant",
                    "siv",
                    "--account",
                    "1",
                    if n % 2 == 0 { "--no-approver" } else { "--approver" },
                ]);
                let verdicts = office.admin(&["audit", "verify"]);
                assert!(verdicts.iter().all(|verdict| verdict["sound"] == true), "{verdicts:?}");
                office.admin(&["backup", &office.folder().join(format!("copy-{n}.db")).to_string_lossy()]);
            }
        }
    });
    writers.join_all().await;
    operator.await.expect("the operator's work");
    let notes = office.admin(&["record", "list", "--account", "1", "--type", "note"]);
    assert_eq!(notes.len(), 4 * 3);
    assert_eq!(office.admin(&["record", "list", "--account", "1", "--type", "customer"]).len(), 8);
    assert_eq!(read(&kari, thread).await.len(), 4 * (15 + 3));
    assert!(office.admin(&["audit", "verify"]).iter().all(|verdict| verdict["sound"] == true));
}
