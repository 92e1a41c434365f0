//! One example of everything that is sent, as the types that are sent: an example cannot have a field that the
//! answer has not.

use serde_json::{Map, Value, json};

use crate::api::{
    AccountGrant, Action, Change, Id, Item, Kind, LastMessage, Me, Message, Mode, Operation, Participant, Person,
    Posted, QueuedAction, Record, Status, Thread, ThreadDetail, Time, UserKind,
};

const ACCOUNT: Id = 1;
const KARI: Id = 1;
const ROBO: Id = 2;
const THREAD: Id = 7;
const MESSAGE: Id = 123;
const TEXT: &str = "The reminder fee is missing.\n```codeaction\n[code hidden]\n```\n```coderesult\n[code hidden]\n```";

/// Something of which there is an example.
pub trait Example: serde::Serialize {
    fn example() -> Self;
}

/// 2026-11-22T09:34:00.123456Z.
fn time() -> Time {
    Time::from_microseconds(1_795_340_040_123_456)
}

impl Example for Thread {
    fn example() -> Self {
        Self {
            id: THREAD,
            client_account_id: Some(ACCOUNT),
            provider_client_account_id: None,
            relation_type: Some("invoice".to_owned()),
            relation_id: Some(2041),
            created_by_id: Some(KARI),
            subject: Some("Invoice 2041".to_owned()),
            created_at: Some(time()),
            updated_at: Some(time()),
            last_message: Some(LastMessage {
                id: MESSAGE,
                created_by_id: ROBO,
                created_at: time(),
                excerpt: "The reminder fee is missing. ```codeaction [code hidden] ```".to_owned(),
            }),
            unread_count: Some(1),
            awaiting_approval: Some(true),
        }
    }
}

impl Example for ThreadDetail {
    fn example() -> Self {
        Self {
            thread: Thread::example(),
            participants: vec![Participant::example()],
            messages: vec![Message::example()],
            has_more_messages: Some(false),
        }
    }
}

impl Example for Message {
    fn example() -> Self {
        Self {
            id: MESSAGE,
            thread_id: Some(THREAD),
            message: TEXT.to_owned(),
            created_at: Some(time()),
            created_by_id: Some(ROBO),
            action_items: items(),
            action_mode: Some(Mode::Preview),
            kind: Some(Kind::User),
            revision: Some(1),
            edited_at: None,
            actions: Some(vec![action()]),
        }
    }
}

impl Example for Posted {
    fn example() -> Self {
        Self { message: Message::example(), results: Vec::new() }
    }
}

impl Example for Participant {
    fn example() -> Self {
        Self { id: 11, thread_id: Some(THREAD), user_id: ROBO, user: Some(Person::example()) }
    }
}

impl Example for Person {
    fn example() -> Self {
        Self { id: ROBO, name: "Robo".to_owned(), kind: UserKind::Bot }
    }
}

impl Example for QueuedAction {
    fn example() -> Self {
        Self { thread_id: THREAD, message_id: MESSAGE, action: action(), action_items: items(), author_id: Some(ROBO) }
    }
}

impl Example for Record {
    fn example() -> Self {
        let fields = [("number", json!("2041")), ("amount", json!(129_900))];
        let fields: Map<String, Value> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { id: 31, record_type: "invoice".to_owned(), client_account_id: ACCOUNT, fields }
    }
}

impl Example for Me {
    fn example() -> Self {
        let account = AccountGrant { id: ACCOUNT, name: "Nordic Timber".to_owned(), can_approve: true };
        Self { id: KARI, name: "Kari Nordmann".to_owned(), kind: UserKind::Human, client_accounts: vec![account] }
    }
}

fn action() -> Action {
    let digest = crate::api::digest(THREAD, MESSAGE, 0, &items()).ok();
    Action {
        block: Some(0),
        status: Status::AwaitingApproval,
        digest,
        error: None,
        output: None,
        expires_at: Some(time().plus(std::time::Duration::from_hours(7 * 24))),
        decided_by_id: None,
        decided_at: None,
        decision_message_id: None,
        reason: None,
        result_message_id: None,
    }
}

fn items() -> Vec<Value> {
    let item = Item {
        item_type: "preview".to_owned(),
        id: 1,
        needs_approval: true,
        block: 0,
        operation: Operation::Update,
        object_type: "invoice".to_owned(),
        object_id: Some(31),
        title: "invoice 2041".to_owned(),
        changes: vec![Change {
            field: "reminder_fee".to_owned(),
            before: Value::Null,
            after: Some(json!(7_500)),
            after_created: None,
        }],
        record: Some(Record::example()),
        rule: "no rule allows it".to_owned(),
    };
    vec![json!(item)]
}
