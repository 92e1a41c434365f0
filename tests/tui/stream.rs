//! The event stream of the tests' server: what happened is found by comparing, so that nothing can be changed
//! without being told. What is told is made when it is sent, and takes its time to arrive.

use std::collections::BTreeMap;

use countersign::{
    api::{Id, Message, Thread},
    app::{Listing, News, RequestId},
};

use crate::server::Server;

/// What there was, what has happened since, and who follows it.
#[derive(Debug, Default)]
pub struct Stream {
    threads: BTreeMap<Id, Thread>,
    messages: BTreeMap<Id, Message>,
    /// What happened, in order; an event's id is its place, counted from 1.
    log: Vec<What>,
    /// Events up to this one are not kept any more.
    pub forgotten: usize,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Thread(Id),
    Removed(Id),
    Message(Id),
}

#[derive(Debug)]
struct Open {
    id: RequestId,
    /// Sent and not yet arrived.
    on_the_way: Vec<News>,
    sent: usize,
}

impl Stream {
    /// As things stand before anybody follows.
    pub fn of(server: &Server) -> Self {
        let mut stream = Self::default();
        stream.note(server);
        stream.log.clear();
        stream
    }

    /// Notes what has happened.
    pub fn note(&mut self, server: &Server) {
        let threads: BTreeMap<Id, Thread> =
            server.list(&Listing::default()).into_iter().map(|thread| (thread.id, thread)).collect();
        let messages = server.messages_in_sight();
        let changed = messages.iter().filter(|(id, message)| self.messages.get(id) != Some(message));
        self.log.extend(changed.map(|(id, _)| What::Message(*id)));
        let gone = self.threads.keys().filter(|id| !threads.contains_key(id));
        self.log.extend(gone.map(|id| What::Removed(*id)));
        let changed = threads.iter().filter(|(id, thread)| self.threads.get(id) != Some(thread));
        self.log.extend(changed.map(|(id, _)| What::Thread(*id)));
        (self.threads, self.messages) = (threads, messages);
    }

    /// Somebody follows, from now on or from an event on.
    pub fn open(&mut self, server: &Server, id: RequestId, after: Option<&str>) {
        self.note(server);
        let after: Option<usize> = after.map(|id| id.parse().expect("an id of ours"));
        let mut on_the_way = vec![News::Ready];
        let missed = after.is_some_and(|after| after < self.forgotten);
        on_the_way.extend(missed.then_some(News::Reset));
        let sent = after.filter(|_| !missed).unwrap_or(self.log.len());
        self.open = Some(Open { id, on_the_way, sent });
    }

    /// Nobody follows any more; what was on the way is lost.
    pub fn close(&mut self, id: RequestId) {
        if self.open.as_ref().is_some_and(|open| open.id == id) {
            self.open = None;
        }
    }

    pub fn follower(&self) -> Option<RequestId> {
        self.open.as_ref().map(|open| open.id)
    }

    /// How many events there have been.
    pub fn length(&self) -> usize {
        self.log.len()
    }

    /// Sends what has happened, as it is now.
    pub fn send(&mut self, server: &Server) {
        self.note(server);
        let Some(open) = &mut self.open else { return };
        let news = self.log[open.sent..].iter().filter_map(|what| match what {
            What::Thread(id) => self.threads.get(id).cloned().map(News::Thread),
            What::Message(id) => self.messages.get(id).cloned().map(News::Message),
            What::Removed(id) => Some(News::ThreadRemoved(*id)),
        });
        open.on_the_way.extend(news);
        open.sent = self.log.len();
    }

    /// What arrives, with the id of the last event.
    pub fn arrives(&mut self) -> Option<(RequestId, String, Vec<News>)> {
        let open = self.open.as_mut()?;
        let news = std::mem::take(&mut open.on_the_way);
        (!news.is_empty()).then(|| (open.id, open.sent.to_string(), news))
    }
}
