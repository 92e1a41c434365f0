//! Somebody who follows the event stream.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::{documented, support::Client};

/// A heartbeat comes well before this.
const BOUND: Duration = Duration::from_secs(20);

/// One event as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: String,
    pub kind: String,
    pub data: Value,
}

/// An open stream.
pub struct Follower {
    body: Body,
    text: String,
}

impl Follower {
    pub async fn open(client: &Client, last_event_id: Option<&str>) -> Self {
        let mut call = client.get("/chat/events");
        if let Some(id) = last_event_id {
            call = call.header("last-event-id", id);
        }
        let response = call.open().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { body: response.into_body(), text: String::new() }
    }

    /// What comes next, comments too; `None` at the end of the stream.
    pub async fn piece(&mut self) -> Option<String> {
        loop {
            if let Some((piece, _)) = self.text.split_once("\n\n") {
                let piece = piece.to_owned();
                self.text.drain(..piece.len() + 2);
                return Some(piece);
            }
            let frame = tokio::time::timeout(BOUND, self.body.frame()).await.expect("something comes in time")?;
            let data = frame.expect("a frame").into_data().expect("data");
            self.text.push_str(std::str::from_utf8(&data).expect("UTF-8"));
        }
    }

    /// The next event; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let piece = self.piece().await?;
            if piece.starts_with(':') {
                continue;
            }
            let field = |name: &str| {
                let lines = piece.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                lines.collect::<Vec<_>>().join("\n")
            };
            let data = serde_json::from_str(&field("data")).expect("JSON");
            let event = Event { id: field("id"), kind: field("event"), data };
            documented::event(&event);
            return Some(event);
        }
    }

    /// The next event, which is of this kind.
    pub async fn expect(&mut self, kind: &str) -> Event {
        let event = self.next().await.expect("the stream goes on");
        assert_eq!(event.kind, kind, "{event:?}");
        event
    }

    /// As many events as there are kinds; they may come in any order.
    pub async fn expect_all(&mut self, kinds: &[&str]) -> Vec<Event> {
        let mut events = Vec::new();
        for _ in kinds {
            events.push(self.next().await.expect("the stream goes on"));
        }
        let mut seen: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
        let mut kinds = kinds.to_vec();
        seen.sort_unstable();
        kinds.sort_unstable();
        assert_eq!(seen, kinds);
        events
    }
}
