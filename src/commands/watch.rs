//! `countersign watch`: what happens, as it happens; over lost connections without gaps or repeats.

use serde::Serialize;
use serde_json::Value;

use super::{Exit, Failure, Output};
use crate::{
    api::Id,
    blocks,
    cli::WatchArgs,
    net::{Client, Error, ServerEvent, retry},
    safe_text::SafeText,
};

/// Columns of what a message says.
const EXCERPT: usize = 100;

pub(super) async fn run(arguments: WatchArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    let mut last = arguments.after.clone();
    let mut failures = 0;
    loop {
        let ended = follow(&arguments, client, output, &mut last, &mut failures).await;
        let error = match ended {
            Ok(()) => None,
            Err(Failure::Net(error)) if error.is_transient() => Some(error),
            Err(Failure::Net(Error::Unsupported)) => {
                return Err(Failure::Failed(
                    "this server does not tell what happens: ask for `countersign threads`".to_owned(),
                ));
            }
            Err(other) => return Err(other),
        };
        if let Some(error) = error.as_ref().filter(|_| failures == 0) {
            output.note(&format!("{error}; trying again"));
        }
        let asked = error.as_ref().and_then(Error::retry_after);
        tokio::time::sleep(retry::delay(failures, retry::random(), asked)).await;
        failures += 1;
    }
}

/// Reads one stream to its end.
async fn follow(
    arguments: &WatchArgs,
    client: &Client,
    output: Output,
    last: &mut Option<String>,
    failures: &mut u32,
) -> Result<(), Failure> {
    let mut stream = client.events(last.as_deref()).await?;
    while let Some(event) = stream.next().await? {
        *failures = 0;
        if event.id.is_some() {
            last.clone_from(&event.id);
        }
        let data = redacted(serde_json::from_str(&event.data).unwrap_or(Value::Null));
        if arguments.thread.is_none_or(|thread| concerns(&event, &data, thread)) {
            report(event, data, output)?;
        }
    }
    Ok(())
}

/// Hides code that a faulty server did not hide.
fn redacted(mut data: Value) -> Value {
    if let Some(Value::String(text)) = data.get_mut("message") {
        *text = blocks::redact(text);
    }
    data
}

/// Whether an event is about the thread. One that is about the stream itself is about every thread.
fn concerns(event: &ServerEvent, data: &Value, thread: Id) -> bool {
    let about = if event.kind.starts_with("thread.") { &data["id"] } else { &data["thread_id"] };
    matches!(event.kind.as_str(), "ready" | "reset") || about.as_i64() == Some(thread)
}

#[derive(Serialize)]
struct Line {
    id: Option<String>,
    event: String,
    data: Value,
}

fn report(event: ServerEvent, data: Value, output: Output) -> Result<(), Failure> {
    if output.json {
        return output.object(&Line { id: event.id, event: event.kind, data });
    }
    if event.kind == "ready" {
        output.note("Watching; Ctrl+C ends it.");
        return Ok(());
    }
    let thread = data.get("thread_id").map_or_else(String::new, |id| format!(" in thread {id}"));
    let id = data.get("id").map_or_else(String::new, |id| format!(" {id}"));
    let says = ["message", "subject"].iter().find_map(|key| data.get(*key)?.as_str());
    let says = says.map_or_else(String::new, |text| {
        format!(": {}", SafeText::line(&blocks::excerpt_in_words(text)).shortened(EXCERPT))
    });
    output.text(&SafeText::line(&format!("{}{id}{thread}{says}", SafeText::line(&event.kind))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_belongs_to_its_thread() {
        let event = |kind: &str| ServerEvent { id: None, kind: kind.to_owned(), data: String::new() };
        assert!(concerns(&event("thread.updated"), &json!({"id": 3}), 3));
        assert!(concerns(&event("message.created"), &json!({"id": 9, "thread_id": 3}), 3));
        assert!(!concerns(&event("message.created"), &json!({"id": 3, "thread_id": 4}), 3));
        assert!(!concerns(&event("record.changed"), &json!({"id": 3}), 3));
        assert!(concerns(&event("reset"), &json!({}), 3));
    }

    #[test]
    fn code_is_hidden_whatever_the_server_sends() {
        let data = redacted(json!({"message": "```codeaction\nsecret\n```"}));
        assert!(!data.to_string().contains("secret"));
    }
}
