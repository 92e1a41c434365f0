//! Waiting until something may have happened to a message: told by the server where it tells what happens, else
//! by the clock. Says when to look, not what is to be seen.

use std::time::Duration;

use serde_json::Value;

use crate::{
    api::Id,
    net::{Client, Error, EventStream, ServerEvent},
};

/// The first pause between two looks, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(150), Duration::from_secs(2));
/// How long the stream's first word may take: something in between may hold it back.
const FIRST_WORD: Duration = Duration::from_secs(5);

/// What happens to one message.
pub(super) struct News<'a> {
    client: &'a Client,
    message: Id,
    stream: Stream,
    pause: Duration,
}

enum Stream {
    Closed,
    Open(Box<EventStream>),
    Absent,
}

impl<'a> News<'a> {
    pub fn of(client: &'a Client, message: Id) -> Self {
        Self { client, message, stream: Stream::Closed, pause: PAUSES.0 }
    }

    /// Returns when it is worth looking.
    pub async fn next(&mut self) {
        match &mut self.stream {
            Stream::Absent => self.rest().await,
            Stream::Closed => match self.open().await {
                // Whatever happened before: one look after this misses nothing.
                Ok(stream) => self.stream = Stream::Open(Box::new(stream)),
                Err(error) => {
                    if !error.is_transient() {
                        self.stream = Stream::Absent;
                    }
                    self.rest().await;
                }
            },
            Stream::Open(stream) => {
                while let Ok(Some(event)) = stream.next().await {
                    if concerns(&event, self.message) {
                        return;
                    }
                }
                self.stream = Stream::Closed;
                self.rest().await;
            }
        }
    }

    async fn open(&self) -> Result<EventStream, Error> {
        let mut stream = self.client.events(None).await?;
        match tokio::time::timeout(FIRST_WORD, stream.next()).await {
            Ok(first) => first?.map(|_| stream).ok_or(Error::Unsupported),
            Err(_) => Err(Error::Unsupported),
        }
    }

    /// A pause, longer each time.
    async fn rest(&mut self) {
        tokio::time::sleep(self.pause).await;
        self.pause = self.pause.mul_f32(1.5).min(PAUSES.1);
    }
}

fn concerns(event: &ServerEvent, message: Id) -> bool {
    let about = || serde_json::from_str::<Value>(&event.data).ok()?.get("id")?.as_i64();
    match event.kind.as_str() {
        "message.created" | "message.updated" => about() == Some(message),
        // Access to the thread may be what was lost.
        "reset" | "thread.removed" => true,
        _ => false,
    }
}
