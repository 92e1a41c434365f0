//! The calls, one method each.

use std::{sync::Arc, time::Duration};

use reqwest::{
    Method,
    header::{ACCEPT, HeaderName, IF_MATCH},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    ActionQuery, BaseUrl, Error, EventStream, Extension, MAX_BODY, MessageWindow, Page, RecordQuery, ThreadQuery,
    Token,
    extension::Extensions,
    query::Pairs,
    transport::{Answer, Call, Failure, Transport},
};
use crate::api::{
    Id, Me, Message, NewMessage, NewParticipant, NewThread, Participant, Person, Posted, QueuedAction, Record, Thread,
    ThreadDetail,
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How patient a client is, and whom it trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Plain http to other machines is accepted.
    pub insecure_http: bool,
    pub connect_timeout: Duration,
    /// Between two pieces of an answer.
    pub read_timeout: Duration,
    /// For a whole call.
    pub timeout: Duration,
    /// Longer answers are not read.
    pub max_body: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            insecure_http: false,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            timeout: Duration::from_mins(1),
            max_body: MAX_BODY,
        }
    }
}

/// A signed-in connection to one server. Cheap to clone; clones share the connections and what is known of
/// the server's extensions. Making one does no I/O. Its calls need a tokio runtime with I/O and time.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    extensions: Extensions,
}

impl Client {
    /// # Errors
    /// [`Error::Address`] when `base_url` is none, or is plain http to another machine without
    /// [`Options::insecure_http`].
    pub fn new(base_url: &str, token: &Token, options: Options) -> Result<Self, Error> {
        let base = BaseUrl::parse(base_url, options.insecure_http)?;
        let transport = Transport::new(base, token, options);
        Ok(Self { inner: Arc::new(Inner { transport, extensions: Extensions::default() }) })
    }

    /// Where it connects to.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        self.inner.transport.base()
    }

    /// Whether the server turned out not to have an extension.
    #[must_use]
    pub fn lacks(&self, extension: Extension) -> bool {
        self.inner.extensions.is_absent(extension)
    }

    /// The connection was lost and is there again: what the server did not have is asked for once more.
    pub fn ask_anew(&self) {
        self.inner.extensions.ask_anew();
    }

    /// Who one is. Extension.
    pub async fn me(&self) -> Result<Me, Error> {
        self.extension(Extension::Me, get("users/me", Vec::new())).await?.json()
    }

    /// The people one shares an account with. Extension.
    pub async fn users(&self, client_account_id: Option<Id>) -> Result<Vec<Person>, Error> {
        let query = client_account_id.map(|id| ("client_account_id", id.to_string()));
        self.extension(Extension::Users, get("users", query.into_iter().collect())).await?.json()
    }

    /// One page of the threads that one may see.
    pub async fn threads(&self, query: &ThreadQuery) -> Result<Page<Thread>, Error> {
        let answer = self.send(get("chat/threads", query.pairs())).await?;
        page(&answer, query.per_page)
    }

    /// A thread with participants and one page of its messages.
    pub async fn thread(&self, id: Id, window: &MessageWindow) -> Result<ThreadDetail, Error> {
        self.send(get(&format!("chat/threads/{id}"), window.thread_pairs())).await?.json()
    }

    /// Makes a thread; answers as [`Self::thread`] would.
    pub async fn create_thread(&self, thread: &NewThread, idempotency_key: &str) -> Result<ThreadDetail, Error> {
        self.send(post("chat/threads", thread, Some(idempotency_key))).await?.json()
    }

    /// Part of a thread's messages, oldest first. Extension.
    pub async fn messages(&self, thread_id: Id, window: &MessageWindow) -> Result<Page<Message>, Error> {
        let path = format!("chat/threads/{thread_id}/messages");
        let answer = self.extension(Extension::MessageList, get(&path, window.message_pairs())).await?;
        page(&answer, window.limit)
    }

    /// One message. Extension.
    pub async fn message(&self, thread_id: Id, id: Id) -> Result<Message, Error> {
        let path = format!("chat/threads/{thread_id}/messages/{id}");
        self.extension(Extension::SingleMessage, get(&path, Vec::new())).await?.json()
    }

    /// Posts a message. The same key with the same text posts it once, however often it is sent, on a server
    /// that knows keys; others may post it twice, so a lost answer ([`Error::had_no_effect`]) is looked into
    /// before anything is sent again.
    pub async fn post_message(&self, thread_id: Id, text: &str, idempotency_key: &str) -> Result<Posted, Error> {
        let path = format!("chat/threads/{thread_id}/messages");
        let body = NewMessage { message: text.to_owned() };
        self.send(post(&path, &body, Some(idempotency_key))).await?.json()
    }

    /// Changes one's own message. `revision`: the one that was changed; [`Error::Conflict`] when there is a
    /// newer one.
    pub async fn edit_message(
        &self,
        thread_id: Id,
        id: Id,
        text: &str,
        revision: Option<u64>,
    ) -> Result<Posted, Error> {
        let path = format!("chat/threads/{thread_id}/messages/{id}");
        let mut call = with_body(Method::PATCH, &path, &NewMessage { message: text.to_owned() });
        call.headers.extend(revision.map(|revision| (IF_MATCH, format!("\"{revision}\""))));
        self.send(call).await?.json()
    }

    /// Everybody who takes part in a thread.
    pub async fn participants(&self, thread_id: Id) -> Result<Vec<Participant>, Error> {
        let path = format!("chat/threads/{thread_id}/participants");
        let mut everybody = Vec::new();
        for number in 1_u32.. {
            // The first page is asked for as the seed document has it, without a parameter.
            let query = if number == 1 { Vec::new() } else { vec![("page", number.to_string())] };
            let answer = self.send(get(&path, query)).await?;
            let some: Vec<Participant> = answer.json()?;
            let more = !some.is_empty() && answer.names_next() == Some(true);
            everybody.extend(some);
            if !more {
                break;
            }
        }
        Ok(everybody)
    }

    /// Adds somebody to a thread; also fine when they are in it.
    pub async fn add_participant(&self, thread_id: Id, user_id: Id) -> Result<Participant, Error> {
        let path = format!("chat/threads/{thread_id}/participants");
        self.send(post(&path, &NewParticipant { user_id }, None)).await?.json()
    }

    /// Takes somebody out of a thread. Extension.
    pub async fn remove_participant(&self, thread_id: Id, participant_id: Id) -> Result<(), Error> {
        let path = format!("chat/threads/{thread_id}/participants/{participant_id}");
        self.extension(Extension::RemoveParticipant, bare(Method::DELETE, &path, Vec::new())).await?;
        Ok(())
    }

    /// Marks a thread as read up to a message. Extension.
    pub async fn mark_read(&self, thread_id: Id, message_id: Id) -> Result<(), Error> {
        #[derive(Serialize)]
        struct ReadMark {
            message_id: Id,
        }
        let path = format!("chat/threads/{thread_id}/read");
        self.extension(Extension::ReadMark, with_body(Method::PUT, &path, &ReadMark { message_id })).await?;
        Ok(())
    }

    /// One page of the actions of all threads that one may see, oldest first. Extension.
    pub async fn actions(&self, query: &ActionQuery) -> Result<Page<QueuedAction>, Error> {
        let answer = self.extension(Extension::Actions, get("chat/actions", query.pairs())).await?;
        page(&answer, query.per_page)
    }

    /// One page of the records that one may see. Extension.
    pub async fn records(&self, query: &RecordQuery) -> Result<Page<Record>, Error> {
        let answer = self.extension(Extension::Records, get("records", query.pairs())).await?;
        page(&answer, query.per_page)
    }

    /// One record. Extension.
    pub async fn record(&self, id: Id) -> Result<Record, Error> {
        self.send(get(&format!("records/{id}"), Vec::new())).await?.json()
    }

    /// What happens from now on; or, with the id of the last event that was seen, since then. Extension.
    pub async fn events(&self, last_event_id: Option<&str>) -> Result<EventStream, Error> {
        let mut call = Call { endless: true, ..get("chat/events", Vec::new()) };
        call.headers.push((ACCEPT, "text/event-stream".to_owned()));
        call.headers.extend(last_event_id.map(|id| (LAST_EVENT_ID, id.to_owned())));
        let transport = &self.inner.transport;
        let response = self.known(Extension::Events, transport.open(call)).await?;
        Ok(EventStream::new(response, transport.broken(), transport.options().max_body))
    }

    async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        self.inner.transport.send(call).await.map_err(|failure| failure.error)
    }

    /// Sends to a route that not every server has.
    async fn extension(&self, extension: Extension, call: Call<'_>) -> Result<Answer, Error> {
        self.known(extension, self.inner.transport.send(call)).await
    }

    /// Waits for an extension's answer, unless it is known not to be there, and learns from it.
    async fn known<T>(
        &self,
        extension: Extension,
        answer: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Error> {
        let known = &self.inner.extensions;
        if known.is_absent(extension) {
            return Err(Error::Unsupported);
        }
        match answer.await {
            Ok(answer) => {
                known.learn(extension, 200);
                Ok(answer)
            }
            Err(failure) if failure.status.is_some_and(|status| known.learn(extension, status)) => {
                Err(Error::Unsupported)
            }
            Err(failure) => Err(failure.error),
        }
    }
}

/// How many items a page holds where none was asked for.
const PER_PAGE: u32 = 100;

fn page<T: DeserializeOwned>(answer: &Answer, per_page: Option<u32>) -> Result<Page<T>, Error> {
    let items: Vec<T> = answer.json()?;
    let full = u32::try_from(items.len()).unwrap_or(u32::MAX) >= per_page.unwrap_or(PER_PAGE);
    let has_next = answer.names_next().unwrap_or(full);
    Ok(Page { items, has_next })
}

fn bare(method: Method, path: &str, query: Pairs) -> Call<'_> {
    Call { method, path, query, headers: Vec::new(), body: None, endless: false }
}

fn get(path: &str, query: Pairs) -> Call<'_> {
    bare(Method::GET, path, query)
}

fn with_body<'a>(method: Method, path: &'a str, body: &impl Serialize) -> Call<'a> {
    // Plain structs of ours: there is nothing in them that JSON could not hold.
    Call { body: serde_json::to_vec(body).ok(), ..bare(method, path, Vec::new()) }
}

fn post<'a>(path: &'a str, body: &impl Serialize, idempotency_key: Option<&str>) -> Call<'a> {
    let mut call = with_body(Method::POST, path, body);
    call.headers.extend(idempotency_key.map(|key| (IDEMPOTENCY_KEY, key.to_owned())));
    call
}
