//! What is posted and edited on the tests' server, and what its decisions do.

use countersign::{
    api::{self, Id, Posted},
    app::{Answer, FailureKind, Outcome},
    blocks::{self, BlockType},
};
use serde_json::{Value, json};

use crate::server::{Server, failure, typed};

impl Server {
    pub fn post_once(&mut self, thread: Id, text: &str, key: &str) -> Outcome {
        if let Some(answer) = self.answered.get(key).filter(|_| !self.seed_only) {
            return answer.clone();
        }
        let outcome = self.post(thread, text, key);
        self.answered.insert(key.to_owned(), outcome.clone());
        outcome
    }

    fn post(&mut self, thread: Id, text: &str, key: &str) -> Outcome {
        let parsed = blocks::parse(text);
        let approves = parsed.of_type(BlockType::ApproveCodeAction).next().cloned();
        let rejects = parsed.of_type(BlockType::RejectCodeAction).next().cloned();
        let mut results = Vec::new();
        if let Some(block) = approves.as_ref().or(rejects.as_ref()) {
            if self.refuses {
                return Err(failure(FailureKind::Forbidden, "not allowed: you may not approve here", true));
            }
            self.decisions.push(text.to_owned());
            let line =
                |name: &str| block.body.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()));
            let (message, digest) = (line("message_id:"), line("digest:"));
            let target = message.and_then(|id| id.parse().ok()).unwrap_or_else(|| self.last_code(thread));
            let number: usize = line("block:").and_then(|block| block.parse().ok()).unwrap_or(0);
            let me = self.me.as_ref().map(|me| me.id);
            let seed_only = self.seed_only;
            if !seed_only {
                let action = &self.message(target)["actions"][number];
                let waits = matches!(action["status"].as_str(), Some("awaiting_approval" | "drifted"));
                if !waits || digest.as_deref() != action["digest"].as_str() {
                    return Err(failure(FailureKind::Conflict, "refused: it does not wait any more", true));
                }
                let drifts = self.drifts && approves.is_some();
                let status = match (drifts, approves.is_some()) {
                    (true, _) => "drifted",
                    (false, true) => "written",
                    (false, false) => "rejected",
                };
                self.change(target, |message| {
                    message["actions"][number]["status"] = json!(status);
                    if drifts {
                        drift(thread, message);
                        return;
                    }
                    message["actions"][number]["decided_by_id"] = json!(me);
                    message["actions"][number]["decided_at"] = json!("2026-11-22T09:34:30Z");
                });
            }
            if approves.is_some() {
                let mut items = self.message(target)["action_items"].clone();
                if seed_only && self.drifts {
                    items[0]["changes"][0]["after"] = json!(7);
                }
                results.push(items);
            }
        }
        let mode = if self.drifts { "preview" } else { "write" };
        self.posted.push((key.to_owned(), text.to_owned()));
        let posted = self.append(thread, text, "user", Value::Null, json!([]));
        let results: Vec<Value> = results
            .into_iter()
            .map(|items| self.append(thread, "```coderesult\n[code hidden]\n```", "result", json!(mode), items))
            .collect();
        Ok(Answer::Posted(Posted { message: typed(posted), results: results.into_iter().map(typed).collect() }))
    }

    /// The newest message of a thread with code in it.
    fn last_code(&self, thread: Id) -> Id {
        let code = self.messages[&thread]
            .iter()
            .rfind(|message| message["message"].as_str().is_some_and(|text| text.contains("codeaction\n[")));
        code.expect("code")["id"].as_i64().expect("an id")
    }

    /// Posts as somebody else would have.
    pub fn append(&mut self, thread: Id, text: &str, kind: &str, mode: Value, items: Value) -> Value {
        self.next_id += 1;
        let me = self.me.as_ref().map(|me| me.id);
        let mut message = json!({
            "id": self.next_id, "thread_id": thread, "message": text, "created_by_id": me,
            "created_at": "2026-11-22T09:34:00Z", "action_items": items, "action_mode": mode,
        });
        if !self.seed_only {
            message["kind"] = json!(kind);
            message["revision"] = json!(1);
            message["actions"] = json!([]);
        }
        self.messages.get_mut(&thread).expect("the thread").push(message.clone());
        self.touch(thread);
        message
    }

    pub fn edit(&mut self, id: Id, text: &str, revision: Option<u64>) -> Outcome {
        let known = self.message(id)["revision"].as_u64();
        if revision.is_some() && revision != known {
            return Err(failure(FailureKind::Conflict, "somebody was faster", true));
        }
        self.change(id, |message| {
            message["message"] = json!(text);
            message["edited_at"] = json!("2026-11-22T09:34:00Z");
        });
        let message = typed(self.message(id).clone());
        Ok(Answer::Posted(Posted { message, results: Vec::new() }))
    }
}

/// The record of the first change has another value now, and the plan is made anew from it.
fn drift(thread: Id, message: &mut Value) {
    let item = &mut message["action_items"][0];
    let field = item["changes"][0]["field"].as_str().expect("a field").to_owned();
    item["record"]["fields"][&field] = json!(5);
    item["changes"][0]["before"] = json!(5);
    item["changes"][0]["after"] = json!(6);
    let id = message["id"].as_i64().expect("an id");
    let items = message["action_items"].as_array().expect("items");
    let digest = api::digest(thread, id, 0, items).expect("a digest");
    message["actions"][0]["digest"] = json!(digest);
}
