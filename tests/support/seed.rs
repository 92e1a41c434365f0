//! A server that offers the seed document alone: seven routes, no extension. It keeps what it is told,
//! and an approval that reaches it is carried out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use crate::fake_server::{FakeServer, Reply, Request};

/// The only way in which the seed document has an action approved.
pub const APPROVAL: &str = "```approvecodeaction\n```";

const THREADS: &str = "/api/v2/chat/threads";

/// What it knows. Thread 1 is a conversation of its own kind; the others hold nothing.
pub struct Seed {
    /// Messages of thread 1, oldest first.
    pub messages: Vec<Value>,
    /// User ids of thread 1.
    pub participants: Vec<i64>,
    /// Threads there are.
    pub threads: i64,
    /// What is posted is kept, but the answer gets lost.
    pub loses_answers: bool,
}

impl Seed {
    /// One thread with a greeting and an action that waits.
    pub fn new() -> Self {
        let action = json!({
            "id": 2, "thread_id": 1, "created_at": "2026-11-22T09:00:00Z", "created_by_id": 6,
            "message": "```codeaction\nsecret = 1\n```\n```coderesult\n[code hidden]\n```", "action_mode": "preview",
            "action_items": [{"type": "preview", "needs_approval": true, "id": 1}],
        });
        let messages = vec![message(1, "Hello"), action];
        Self { messages, participants: vec![5], threads: 1, loses_answers: false }
    }

    pub async fn start(self) -> FakeServer {
        let seed = Mutex::new(self);
        FakeServer::start(move |request| seed.lock().unwrap_or_else(PoisonError::into_inner).answer(request)).await
    }

    fn answer(&mut self, request: &Request) -> Reply {
        let (method, target) = request.line.split_once(' ').expect("a request line");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: HashMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        match (method, path.strip_prefix(THREADS)) {
            ("GET", Some("")) => self.list(&query),
            ("GET", Some("/1")) => self.thread(&query),
            ("POST", Some("/1/messages")) => self.post(text(&body)),
            ("PATCH", Some(rest)) if rest.starts_with("/1/messages/") => self.edit(rest, text(&body)),
            ("GET", Some("/1/participants")) => Reply::json(200, &self.people().to_string()),
            ("POST", Some("/1/participants")) => self.add(body["user_id"].as_i64().expect("a user")),
            (_, Some(rest)) if rest.starts_with("/1/messages") || rest.starts_with("/1/participants") => {
                Reply::json(405, "{}")
            }
            ("GET", Some(rest)) => match rest.trim_start_matches('/').parse() {
                Ok(id) if id <= self.threads => Reply::json(200, &thread(id, json!([]), json!([])).to_string()),
                _ => not_found(),
            },
            _ => not_found(),
        }
    }

    /// A page of the threads, the newest first; those whose subject or message has a text.
    fn list(&self, query: &HashMap<&str, &str>) -> Reply {
        let wanted = |id: &i64| {
            query.get("free_text").is_none_or(|text| {
                let words = self.messages.iter().filter_map(|message| message["message"].as_str());
                *id == 1 && words.into_iter().any(|known| known.to_lowercase().contains(&text.to_lowercase()))
            })
        };
        let threads: Vec<Value> = (1..=self.threads).filter(wanted).map(bare).collect();
        Reply::json(200, &json!(page(threads, query)).to_string())
    }

    fn thread(&self, query: &HashMap<&str, &str>) -> Reply {
        let newest_first = self.messages.iter().rev().cloned().collect();
        let mut messages = page(newest_first, query);
        messages.reverse();
        Reply::json(200, &thread(1, json!(messages), self.people()).to_string())
    }

    fn post(&mut self, text: &str) -> Reply {
        let posted = message(self.next_id(), text);
        self.messages.push(posted.clone());
        if text == APPROVAL {
            let mut result = message(self.next_id(), "```coderesult\n[code hidden]\n```");
            result["action_mode"] = json!("write");
            result["action_items"] = json!([{"type": "preview", "needs_approval": false, "id": 1}]);
            self.messages.push(result);
        }
        if self.loses_answers { Reply::Bytes(Vec::new()) } else { Reply::json(201, &posted.to_string()) }
    }

    fn edit(&mut self, path: &str, text: &str) -> Reply {
        let id: i64 = path.trim_start_matches("/1/messages/").parse().expect("a number");
        let known = self.messages.iter_mut().find(|message| message["id"] == id);
        let Some(known) = known else { return not_found() };
        known["message"] = json!(text);
        Reply::json(200, &known.to_string())
    }

    fn people(&self) -> Value {
        let people = self.participants.iter().zip(1..);
        people.map(|(user, id)| json!({"id": id, "thread_id": 1, "user_id": user})).collect()
    }

    fn add(&mut self, user: i64) -> Reply {
        self.participants.push(user);
        let id = self.participants.len();
        Reply::json(201, &json!({"id": id, "thread_id": 1, "user_id": user}).to_string())
    }

    fn next_id(&self) -> i64 {
        self.messages.last().and_then(|message| message["id"].as_i64()).unwrap_or(0) + 1
    }
}

/// A message as the seed document has it, of user 5.
pub fn message(id: i64, text: &str) -> Value {
    json!({
        "id": id, "thread_id": 1, "message": text, "created_at": "2026-11-22T09:00:00Z", "created_by_id": 5,
        "action_items": [], "action_mode": null,
    })
}

/// Posts of the approval that reached the server.
pub fn approvals(server: &FakeServer) -> usize {
    server.requests().iter().filter(|request| request.body.contains("approvecodeaction")).count()
}

fn bare(id: i64) -> Value {
    json!({
        "id": id, "client_account_id": 1, "provider_client_account_id": null, "relation_type": "invoice",
        "relation_id": 16 + id, "created_by_id": 5,
    })
}

fn thread(id: i64, messages: Value, participants: Value) -> Value {
    let mut thread = bare(id);
    thread["messages"] = messages;
    thread["participants"] = participants;
    thread
}

/// The page that is asked for.
fn page(all: Vec<Value>, query: &HashMap<&str, &str>) -> Vec<Value> {
    let number = |name: &str, otherwise| query.get(name).map_or(otherwise, |value| value.parse().expect("a number"));
    let (page, size): (usize, usize) = (number("page", 1), number("per_page", 100));
    all.into_iter().skip((page - 1) * size).take(size).collect()
}

fn text(body: &Value) -> &str {
    body["message"].as_str().expect("a text")
}

fn not_found() -> Reply {
    Reply::json(404, r#"{"detail": "Not Found"}"#)
}
