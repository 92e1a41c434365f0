//! What the store serves: bodies of answers, put together from what was serialised when it was written.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::watch;

use super::{
    Store,
    query::{
        ActionQuery, Events, Listing, Lookup, MessageListing, MessagePage, Paging, RecordQuery, ServedMessage,
        ThreadQuery,
    },
    sqlite::{
        self,
        page::{self, Asked},
    },
};
use crate::{
    api::{Id, Time},
    serve::model::{StoreError, Viewer},
};

/// What is served. Access is checked in the read that answers.
impl Store {
    /// Who a token belongs to; `None` for one that is unknown, expired or revoked.
    pub async fn viewer(&self, token_hash: [u8; 32], now: Time) -> Result<Option<Viewer>, StoreError> {
        if let Some(viewer) = self.sqlite().look(|db| sqlite::viewer(db, &token_hash, now)) {
            return Ok(Some(viewer));
        }
        self.sqlite().read(move |db| sqlite::viewer(db, &token_hash, now)).await
    }

    /// `GET /chat/threads`.
    pub async fn threads(&self, viewer: &Viewer, query: &ThreadQuery, now: Time) -> Result<Listing, StoreError> {
        let (viewer, query) = (viewer.clone(), query.clone());
        let is_search = query.free_text.is_some();
        let list = move |db: &Connection| sqlite::threads_page(db, &viewer, &query, now);
        if is_search { self.sqlite().read_long(list).await } else { self.sqlite().read(list).await }
    }

    /// `GET /chat/threads/{id}`: the thread with its participants and a page of messages.
    pub async fn thread(
        &self,
        viewer: &Viewer,
        thread_id: Id,
        page: MessagePage,
        now: Time,
    ) -> Result<Lookup<MessageListing>, StoreError> {
        self.page(viewer, Asked { thread_id, page, whole: true }, now).await
    }

    /// `GET …/messages`.
    pub async fn messages(
        &self,
        viewer: &Viewer,
        thread_id: Id,
        page: MessagePage,
        now: Time,
    ) -> Result<Lookup<MessageListing>, StoreError> {
        self.page(viewer, Asked { thread_id, page, whole: false }, now).await
    }

    /// `GET …/messages/{mid}`.
    pub async fn message(
        &self,
        viewer: &Viewer,
        thread_id: Id,
        message_id: Id,
        now: Time,
    ) -> Result<Lookup<ServedMessage>, StoreError> {
        self.in_thread(viewer, thread_id, move |db, user_id| page::message(db, user_id, thread_id, message_id, now))
            .await
    }

    /// `GET …/messages/{mid}/revisions`: the message as it was before each edit, oldest first.
    pub async fn revisions(
        &self,
        viewer: &Viewer,
        thread_id: Id,
        message_id: Id,
    ) -> Result<Lookup<String>, StoreError> {
        self.in_thread(viewer, thread_id, move |db, _| page::revisions(db, thread_id, message_id)).await
    }

    /// `GET …/participants`.
    pub async fn participants(
        &self,
        viewer: &Viewer,
        thread_id: Id,
        paging: Paging,
    ) -> Result<Lookup<Listing>, StoreError> {
        self.in_thread(viewer, thread_id, move |db, _| page::participants_page(db, thread_id, paging).map(Some)).await
    }

    /// `GET /users`: the people one shares an account (that one) with, oneself included, by id.
    pub async fn users(&self, viewer: &Viewer, client_account_id: Option<Id>) -> Result<String, StoreError> {
        let viewer = viewer.clone();
        self.sqlite().read(move |db| sqlite::users(db, &viewer, client_account_id)).await
    }

    /// `GET /chat/actions`.
    pub async fn actions(&self, viewer: &Viewer, query: &ActionQuery, now: Time) -> Result<Listing, StoreError> {
        let (viewer, query) = (viewer.clone(), query.clone());
        self.sqlite().read(move |db| sqlite::actions(db, &viewer, &query, now)).await
    }

    /// `GET /records`.
    pub async fn records(&self, viewer: &Viewer, query: &RecordQuery) -> Result<Listing, StoreError> {
        let (viewer, query) = (viewer.clone(), query.clone());
        self.sqlite().read(move |db| sqlite::records_page(db, &viewer, &query)).await
    }

    /// `GET /records/{id}`.
    pub async fn record_by_id(&self, viewer: &Viewer, id: Id) -> Result<Lookup<String>, StoreError> {
        let viewer = viewer.clone();
        self.sqlite().read(move |db| sqlite::record_by_id(db, &viewer, id)).await
    }
}

/// The event stream.
impl Store {
    /// Changes whenever events may be new: a wake-up, never the delivery.
    #[must_use]
    pub fn wake_ups(&self) -> watch::Receiver<i64> {
        self.sqlite().wake_ups()
    }

    /// Where a stream that starts now goes on from.
    pub async fn newest_event(&self) -> Result<i64, StoreError> {
        self.sqlite().read(sqlite::newest_event).await
    }

    /// What follows `after` for this viewer; at most `limit` events.
    pub async fn events_after(
        &self,
        viewer: &Viewer,
        after: i64,
        limit: usize,
        now: Time,
    ) -> Result<Events, StoreError> {
        let viewer = viewer.clone();
        self.sqlite().read(move |db| sqlite::events_after(db, &viewer, after, limit, now)).await
    }

    /// The same for whoever holds a token, looked up in the snapshot that is read: nothing is told that came after
    /// access was lost. `None`: the token is no longer valid, or may not read.
    pub async fn events_for(
        &self,
        token_hash: [u8; 32],
        after: i64,
        limit: usize,
        now: Time,
    ) -> Result<Option<Events>, StoreError> {
        let read = move |db: &Connection| {
            let viewer = sqlite::viewer(db, &token_hash, now)?.filter(|viewer| viewer.scopes.read);
            viewer.map(|viewer| sqlite::events_after(db, &viewer, after, limit, now)).transpose()
        };
        self.sqlite().read(read).await
    }
}

impl Store {
    /// A page that is kept, or one that is now.
    async fn page(&self, viewer: &Viewer, asked: Asked, now: Time) -> Result<Lookup<MessageListing>, StoreError> {
        let kept = self.sqlite().kept();
        if let Some(found) = self.sqlite().look(|db| page::kept(db, kept, viewer, asked, now)) {
            return Ok(found);
        }
        let (kept, viewer) = (Arc::clone(kept), viewer.clone());
        self.sqlite().read(move |db| page::answer(db, &kept, &viewer, asked, now)).await
    }

    /// Reads something of a thread, if it is there and for this viewer.
    async fn in_thread<T, F>(&self, viewer: &Viewer, thread_id: Id, read: F) -> Result<Lookup<T>, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, Id) -> Result<Option<T>, StoreError> + Send + 'static,
    {
        let viewer = viewer.clone();
        let look = move |db: &Connection| match page::look_up(db, &viewer, thread_id)? {
            Lookup::Found(()) => Ok(read(db, viewer.user_id)?.map_or(Lookup::Absent, Lookup::Found)),
            Lookup::Forbidden => Ok(Lookup::Forbidden),
            Lookup::Absent => Ok(Lookup::Absent),
        };
        self.sqlite().read(look).await
    }
}
