//! The event stream, read to its end and told to the mind in its own words.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::sync::mpsc::Sender;

use super::calls;
use crate::{
    api::Id,
    app::{Answer, News, Outcome, RequestId},
    net::{Client, Error, ServerEvent},
};

/// What came at once: the id of its last event, and what it tells; nothing, where the server only says that it
/// is still there.
pub struct Heard {
    pub id: RequestId,
    pub last: Option<String>,
    pub news: Vec<News>,
}

/// Follows what happens until the stream ends.
pub async fn follow(client: &Client, id: RequestId, after: Option<String>, mind: Sender<Heard>) -> Outcome {
    match read(client, id, after, mind).await {
        Ok(()) => Ok(Answer::Done),
        Err(error) => Err(calls::failure(&error)),
    }
}

async fn read(client: &Client, id: RequestId, after: Option<String>, mind: Sender<Heard>) -> Result<(), Error> {
    let mut stream = client.events(after.as_deref()).await?;
    while let Some(events) = stream.next_piece().await? {
        let last = events.iter().rev().find_map(|event| event.id.clone());
        let news = events.iter().filter_map(news).collect();
        // Waits where the mind is behind: then the server waits too.
        if mind.send(Heard { id, last, news }).await.is_err() {
            break;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Removed {
    id: Id,
}

#[derive(Deserialize)]
struct Changed {
    id: Id,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    fields: Option<Map<String, Value>>,
}

/// What an event tells; `None`: nothing that this version knows of.
fn news(event: &ServerEvent) -> Option<News> {
    let data = event.data.as_str();
    Some(match event.kind.as_str() {
        "ready" => News::Ready,
        "reset" => News::Reset,
        "thread.created" | "thread.updated" | "thread.read" => read_as(data, News::Thread),
        "thread.removed" => read_as(data, |removed: Removed| News::ThreadRemoved(removed.id)),
        "message.created" | "message.updated" => read_as(data, News::Message),
        "participant.added" => read_as(data, News::ParticipantAdded),
        "participant.removed" => read_as(data, News::ParticipantRemoved),
        "record.changed" => read_as(data, |changed: Changed| News::RecordChanged {
            record_type: changed.kind,
            id: changed.id,
            fields: changed.fields,
        }),
        _ => return None,
    })
}

/// What can't be read has been missed.
fn read_as<T: DeserializeOwned>(data: &str, news: impl FnOnce(T) -> News) -> News {
    serde_json::from_str(data).map_or(News::Reset, news)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, data: &str) -> Option<News> {
        news(&ServerEvent { id: None, kind: kind.to_owned(), data: data.to_owned() })
    }

    #[test]
    fn every_kind_is_understood_and_an_unknown_one_is_passed_over() {
        assert_eq!(told("ready", "{}"), Some(News::Ready));
        assert_eq!(told("thread.removed", r#"{"id": 3}"#), Some(News::ThreadRemoved(3)));
        assert!(matches!(told("thread.read", r#"{"id": 3}"#), Some(News::Thread(thread)) if thread.id == 3));
        assert!(matches!(told("message.updated", r#"{"id": 3, "message": ""}"#), Some(News::Message(_))));
        assert!(matches!(told("participant.removed", r#"{"id": 3, "user_id": 1}"#), Some(News::ParticipantRemoved(_))));
        let deleted = told("record.changed", r#"{"id": 3, "type": "invoice", "client_account_id": 1, "fields": null}"#);
        assert_eq!(deleted, Some(News::RecordChanged { record_type: "invoice".to_owned(), id: 3, fields: None }));
        assert_eq!(told("weather.changed", "{}"), None);
    }

    #[test]
    fn what_cannot_be_read_counts_as_missed() {
        for data in ["", "{", "[]", r#"{"id": "3"}"#] {
            assert_eq!(told("message.created", data), Some(News::Reset), "{data}");
        }
    }
}
