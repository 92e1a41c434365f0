//! A server for the tests: answers calls from plain data, and can be told to misbehave.

use std::collections::{BTreeMap, BTreeSet};

use countersign::{
    api::{self, Id, Me, Message, Participant, Person, Thread, ThreadDetail},
    app::{Answer, Attribute, Call, Failure, FailureKind, Listing, Outcome},
};
use serde_json::{Value, json};

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// Nobody listens.
    Gone,
    /// It does what it is asked and its answers get lost.
    LosesAnswers,
    /// Requests are lost on the way.
    LosesRequests,
    /// The token is not accepted.
    SignsOut,
    /// One has no access to any thread.
    Forbids,
}

/// Its data, and every decision that reached it.
#[derive(Clone, Debug)]
pub struct Server {
    pub mood: Mood,
    pub me: Option<Me>,
    pub people: Option<Vec<Person>>,
    pub threads: BTreeMap<Id, Value>,
    /// By thread, oldest first.
    pub messages: BTreeMap<Id, Vec<Value>>,
    /// It offers the seed document alone.
    pub seed_only: bool,
    /// It gives messages after one of them.
    pub pages_by_id: bool,
    /// It tells what happens.
    pub is_live: bool,
    /// Threads that one may not see.
    pub hidden: BTreeSet<Id>,
    pub decisions: Vec<String>,
    pub read: Vec<(Id, Id)>,
    pub posted: Vec<(String, String)>,
    /// The records change before anything is written.
    pub drifts: bool,
    /// Nobody may decide.
    pub refuses: bool,
    /// Messages of a page.
    pub page: usize,
    /// Every list that was asked for.
    pub listings: Vec<Listing>,
    /// Participants who were taken out, by thread.
    pub gone: Vec<(Id, Id)>,
    pub answered: BTreeMap<String, Outcome>,
    pub next_id: Id,
}

impl Server {
    pub fn new() -> Self {
        Self {
            mood: Mood::Well,
            me: None,
            people: None,
            threads: BTreeMap::new(),
            messages: BTreeMap::new(),
            seed_only: false,
            pages_by_id: true,
            is_live: false,
            hidden: BTreeSet::new(),
            decisions: Vec::new(),
            read: Vec::new(),
            posted: Vec::new(),
            drifts: false,
            refuses: false,
            page: 100,
            listings: Vec::new(),
            gone: Vec::new(),
            answered: BTreeMap::new(),
            next_id: 1000,
        }
    }

    pub fn in_mood(self, mood: Mood) -> Self {
        Self { mood, ..self }
    }

    pub fn message(&mut self, id: Id) -> &mut Value {
        let mut all = self.messages.values_mut().flatten();
        all.find(|message| message["id"] == id).expect("the message")
    }

    /// Changes a message as our server would: with a new revision, and the thread's time moved on.
    pub fn change(&mut self, id: Id, change: impl FnOnce(&mut Value)) {
        let message = self.message(id);
        change(message);
        message["revision"] = json!(message["revision"].as_u64().unwrap_or(0) + 1);
        let thread = message["thread_id"].as_i64().expect("a thread");
        self.touch(thread);
    }

    pub fn touch(&mut self, thread: Id) {
        self.next_id += 1;
        let now = format!("2026-11-22T09:40:00.{:06}Z", self.next_id);
        self.threads.get_mut(&thread).expect("the thread")["updated_at"] = json!(now);
    }

    /// Answers a call.
    pub fn answer(&mut self, call: &Call) -> Outcome {
        match self.mood {
            Mood::Gone => {
                return Err(failure(FailureKind::Unreachable, "nothing answers at http://127.0.0.1:8080", true));
            }
            Mood::SignsOut => {
                return Err(failure(FailureKind::SignedOut, "the server does not accept the token", true));
            }
            Mood::LosesRequests => return Err(failure(FailureKind::Unreachable, "the connection broke", false)),
            Mood::Forbids if matches!(call, Call::Thread(_) | Call::Message { .. } | Call::Post { .. }) => {
                return Err(failure(FailureKind::Forbidden, "not allowed: no access to this thread", true));
            }
            _ => {}
        }
        let outcome = self.carry_out(call);
        if self.mood == Mood::LosesAnswers {
            return Err(failure(FailureKind::Unreachable, "the connection broke", false));
        }
        outcome
    }

    fn carry_out(&mut self, call: &Call) -> Outcome {
        let unsupported = || Err(failure(FailureKind::Unsupported, "this server does not offer that", true));
        match call {
            Call::Me => self.me.clone().map(Answer::Me).map_or_else(unsupported, Ok),
            Call::People => self.people.clone().map(Answer::People).map_or_else(unsupported, Ok),
            Call::Threads { listing, page } => Ok(self.page_of(listing, *page)),
            Call::Thread(id) | Call::Older { thread: id, .. } | Call::Message { thread: id, .. }
                if self.hidden.contains(id) =>
            {
                Err(failure(FailureKind::Forbidden, "not allowed: no access to this thread", true))
            }
            Call::Thread(id) => self.thread(*id, Id::MAX),
            Call::Older { thread, before } => self.thread(*thread, *before),
            Call::Newer { thread, after } => self.newer(*thread, *after),
            Call::Edit { message, text, revision, .. } => self.edit(*message, text, *revision),
            Call::Follow { .. } => unsupported(),
            Call::Message { .. } | Call::Waiting | Call::Decided { .. } | Call::RemoveParticipant { .. }
                if self.seed_only =>
            {
                unsupported()
            }
            Call::Decided { by } => Ok(Answer::Decided(self.actions(|action| action["decided_by_id"] == *by))),
            Call::Message { message, .. } => {
                let found = self.messages.values().flatten().find(|known| known["id"] == *message).cloned();
                found.map(|message| Answer::Message(typed(message))).ok_or_else(not_found)
            }
            Call::Waiting => Ok(Answer::Waiting(self.waiting())),
            Call::Post { thread, text, key } => self.post_once(*thread, text, key),
            Call::CreateThread { new, .. } => {
                self.next_id += 1;
                let id = self.next_id;
                self.threads.insert(
                    id,
                    json!({ "id": id, "subject": new.subject, "client_account_id": new.client_account_id }),
                );
                self.touch(id);
                self.messages.insert(id, Vec::new());
                self.thread(id, Id::MAX)
            }
            Call::MarkRead { thread, message } => {
                self.read.push((*thread, *message));
                self.threads.get_mut(thread).expect("the thread")["unread_count"] = json!(0);
                Ok(Answer::Done)
            }
            Call::Participants(thread) => Ok(Answer::Participants(self.participants(*thread))),
            Call::AddParticipant { thread, user } => self.add(*thread, *user),
            Call::RemoveParticipant { thread, participant } => {
                self.gone.push((*thread, *participant));
                Ok(Answer::Done)
            }
        }
    }

    fn page_of(&mut self, listing: &Listing, page: u32) -> Answer {
        self.listings.push(listing.clone());
        let all = self.list(listing);
        let before = (page as usize - 1) * self.page;
        let items: Vec<Thread> = all.iter().skip(before).take(self.page).cloned().collect();
        Answer::Threads { items, has_next: before + self.page < all.len() }
    }

    /// Who takes part: everybody who can, less those who were taken out.
    fn participants(&self, thread: Id) -> Vec<Participant> {
        let people = self.people.clone().unwrap_or_default();
        let participants = people.into_iter().map(|person| Participant {
            id: person.id,
            thread_id: Some(thread),
            user_id: person.id,
            user: Some(person),
        });
        participants.filter(|one| !self.gone.contains(&(thread, one.id))).collect()
    }

    fn add(&mut self, thread: Id, user: Id) -> Outcome {
        self.gone.retain(|gone| *gone != (thread, user));
        let added = self.participants(thread).into_iter().find(|one| one.user_id == user);
        added.map(Answer::Participant).ok_or_else(|| failure(FailureKind::Refused, "refused: no such user", true))
    }

    fn newer(&self, id: Id, after: Id) -> Outcome {
        let Ok(Answer::Thread(mut detail)) = self.thread(id, Id::MAX) else { return Err(not_found()) };
        if !self.pages_by_id {
            return Ok(Answer::Thread(detail));
        }
        let newer = self.messages[&id].iter().filter(|message| message["id"].as_i64() > Some(after));
        detail.messages = newer.take(self.page).cloned().map(typed).collect();
        Ok(Answer::Thread(detail))
    }

    /// The messages that one may see, by id.
    pub fn messages_in_sight(&self) -> BTreeMap<Id, Message> {
        let threads = self.messages.iter().filter(|(thread, _)| !self.hidden.contains(thread));
        let messages = threads.flat_map(|(_, messages)| messages).cloned().map(typed::<Message>);
        messages.map(|message| (message.id, message)).collect()
    }

    pub fn list(&self, listing: &Listing) -> Vec<Thread> {
        let mut threads: Vec<Thread> = self.threads.values().cloned().map(typed).collect();
        threads.retain(|thread| !self.hidden.contains(&thread.id));
        if !self.seed_only {
            let waiting: Vec<Id> = self.waiting().iter().map(|row| row.thread_id).collect();
            for thread in &mut threads {
                thread.awaiting_approval = Some(waiting.contains(&thread.id));
            }
        }
        threads.sort_by_key(|thread| std::cmp::Reverse((thread.updated_at, thread.id)));
        if let Some(text) = &listing.search {
            threads.retain(|thread| thread.subject.as_deref().unwrap_or_default().contains(text));
        }
        let filter = &listing.filter;
        threads.retain(|thread| {
            filter.client_account.is_none_or(|id| thread.client_account_id == Some(id))
                && filter.awaiting_approval.is_none_or(|waits| thread.awaiting_approval == Some(waits))
                && filter.unread.is_none_or(|unread| (thread.unread_count.unwrap_or(0) > 0) == unread)
        });
        if listing.order.by == Attribute::Subject {
            threads.sort_by(|one, other| one.subject.cmp(&other.subject));
        }
        threads
    }

    fn thread(&self, id: Id, before: Id) -> Outcome {
        let mut thread = self.threads.get(&id).cloned().ok_or_else(not_found)?;
        let older: Vec<Value> =
            self.messages[&id].iter().filter(|message| message["id"].as_i64() < Some(before)).cloned().collect();
        let from = older.len().saturating_sub(self.page);
        thread["messages"] = json!(older[from..]);
        thread["has_more_messages"] = if self.seed_only { Value::Null } else { json!(from > 0) };
        thread["participants"] = json!(self.participants(id));
        if !self.seed_only {
            thread["awaiting_approval"] = json!(self.waiting().iter().any(|row| row.thread_id == id));
        }
        Ok(Answer::Thread(typed::<ThreadDetail>(thread)))
    }

    fn waiting(&self) -> Vec<api::QueuedAction> {
        self.actions(|action| matches!(action["status"].as_str(), Some("awaiting_approval" | "drifted")))
    }

    fn actions(&self, wanted: impl Fn(&Value) -> bool) -> Vec<api::QueuedAction> {
        let mut rows = Vec::new();
        let in_sight = self.messages.iter().filter(|(thread, _)| !self.hidden.contains(thread));
        for message in in_sight.flat_map(|(_, messages)| messages) {
            for action in message["actions"].as_array().into_iter().flatten() {
                if wanted(action) {
                    let mut row = action.clone();
                    row["thread_id"] = message["thread_id"].clone();
                    row["message_id"] = message["id"].clone();
                    row["author_id"] = message["created_by_id"].clone();
                    row["action_items"] = message["action_items"].clone();
                    rows.push(typed(row));
                }
            }
        }
        rows
    }
}

pub fn failure(kind: FailureKind, words: &str, had_no_effect: bool) -> Failure {
    Failure { kind, words: words.to_owned(), had_no_effect, retry_after: None }
}

fn not_found() -> Failure {
    failure(FailureKind::NotFound, "not found: there is no such thing", true)
}

pub fn typed<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("what the API would serve")
}
