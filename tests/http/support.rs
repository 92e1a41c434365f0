//! A server without a socket, a small world in it, and clients for its people.

use std::{future::IntoFuture, path::PathBuf, pin::Pin, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, StatusCode},
};
use countersign::{
    api::{Id, Time, UserKind},
    config::server::{ApprovalSettings, SandboxSettings, ServeSettings},
    serve::{
        actions::Desk,
        http::{self, App, Peer},
        model::{Scopes, token_hash},
        sandbox::Pool,
        store::{
            Role, Store,
            query::{RecordDraft, TokenDraft, UserDraft},
        },
    },
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::documented;

/// Account ids of the small world: two clients, the firm that serves the first, and one that nobody is linked to.
pub const TIMBER: Id = 1;
pub const FISH: Id = 2;
pub const FIRM: Id = 3;

/// A server with its people: see [`PEOPLE`].
pub struct TestApp {
    pub app: App,
    pub router: Router,
    pub store: Store,
    _folder: tempfile::TempDir,
}

type Person = (&'static str, UserKind, &'static [(Id, bool)]);

/// Login, kind, accounts (with whether they may approve there).
const PEOPLE: [Person; 7] = [
    ("ada", UserKind::Human, &[(TIMBER, true)]),
    ("ben", UserKind::Human, &[(TIMBER, false)]),
    ("cleo", UserKind::Human, &[(FISH, true)]),
    ("fia", UserKind::Human, &[(FIRM, true)]),
    ("max", UserKind::Human, &[(TIMBER, true), (FISH, true)]),
    ("robo", UserKind::Bot, &[(TIMBER, false)]),
    ("nils", UserKind::Human, &[]),
];

/// What a server is set up with.
#[derive(Default)]
pub struct Settings {
    pub serve: ServeSettings,
    pub approvals: ApprovalSettings,
    pub sandbox: SandboxSettings,
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::default();
        settings.sandbox.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_countersign")));
        settings.sandbox.workers = 1;
        change(&mut settings);
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("test.db").display());
        let store = Store::open(&database, Role::Server).expect("a store");
        people(&store).await;
        let pool = Pool::new(&settings.sandbox);
        let desk = Desk::new(store.clone(), pool.clone(), settings.approvals);
        let app = App::new(store.clone(), desk, pool, settings.serve);
        Self { router: http::router(app.clone()), app, store, _folder: folder }
    }

    /// A client with a token of this user, which may all that the user may.
    pub async fn sign_in(&self, login: &str) -> Client {
        self.token(login, None, None).await.0
    }

    /// A client with a token of its own, and the token's id.
    pub async fn token(&self, login: &str, scopes: Option<&str>, expires_at: Option<Time>) -> (Client, Id) {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let token = format!("csn_test{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let draft = TokenDraft { hash: token_hash(&token), scopes: scopes.map(named), expires_at };
        let issued = self.store.token_issue(login, draft, Time::now()).await.expect("a token");
        (Client { router: self.router.clone(), token: Some(token) }, issued.id)
    }

    /// A client without a token.
    pub fn stranger(&self) -> Client {
        Client { router: self.router.clone(), token: None }
    }

    /// Puts a record into an account.
    pub async fn record(&self, account: Id, record_type: &str, fields: Value) -> Id {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let draft = RecordDraft { record_type: record_type.to_owned(), id: None, fields };
        self.store.record_import(account, vec![draft], Time::now()).await.expect("an import")[0]
    }
}

pub async fn people(store: &Store) {
    let now = Time::now();
    for (id, name) in [(TIMBER, "Nordic Timber"), (FISH, "Fjord Fish"), (FIRM, "Ledger & Co")] {
        assert_eq!(store.account_add(name, now).await.expect("an account"), id);
    }
    store.account_link(TIMBER, FIRM, now).await.expect("a link");
    for ((login, kind, accounts), id) in PEOPLE.into_iter().zip(1..) {
        let user = UserDraft { login: login.to_owned(), name: format!("Name of {login}"), kind };
        assert_eq!(store.user_add(user, now).await.expect("a user"), id);
        for (account, approver) in accounts {
            store.grant(login, *account, Some(*approver), now).await.expect("a grant");
        }
    }
}

/// The user's id in the small world.
pub fn user_id(login: &str) -> Id {
    let index = PEOPLE.iter().position(|(name, ..)| *name == login).expect("a login of the small world");
    Id::try_from(index + 1).expect("small")
}

/// Whoever calls the server.
#[derive(Clone)]
pub struct Client {
    pub router: Router,
    pub token: Option<String>,
}

impl Client {
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str, body: Value) -> Call {
        self.call(Method::POST, path).json(&body)
    }

    pub fn patch(&self, path: &str, body: Value) -> Call {
        self.call(Method::PATCH, path).json(&body)
    }

    pub fn put(&self, path: &str, body: Value) -> Call {
        self.call(Method::PUT, path).json(&body)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        let peer: std::net::IpAddr = "127.0.0.1".parse().expect("an address");
        let mut request = Request::builder().method(method.clone()).uri(path).extension(Peer(peer));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        Call { router: self.router.clone(), method, target: path.to_owned(), request, body: Body::empty() }
    }

    /// A new thread with these fields.
    pub async fn thread(&self, fields: Value) -> Value {
        self.post("/chat/threads", fields).await.created()
    }

    /// The id of a new thread in an account, with a first message where there is one.
    pub async fn thread_in(&self, account: Id, message: Option<&str>) -> Id {
        self.thread(json!({"client_account_id": account, "message": message})).await["id"].as_i64().expect("an id")
    }

    /// A new message.
    pub async fn say(&self, thread: Id, text: &str) -> Value {
        self.post(&format!("/chat/threads/{thread}/messages"), json!({"message": text})).await.created()
    }
}

/// A request to be; awaiting it sends it, and holds the answer against the server's own document.
pub struct Call {
    router: Router,
    method: Method,
    target: String,
    request: axum::http::request::Builder,
    body: Body,
}

impl Call {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }
}

impl Call {
    /// Sends it, and leaves the answer's body to be read.
    pub async fn open(self) -> axum::response::Response {
        let request = self.request.body(self.body).expect("a request");
        self.router.oneshot(request).await.expect("an answer")
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (method, target) = (self.method.clone(), self.target.clone());
            let (parts, body) = self.open().await.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.expect("a body");
            let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
            let answer = Answer { status: parts.status, headers: parts.headers, text };
            documented::check(&method, &target, &answer);
            answer
        })
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The body of a 200.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/json");
        self.json()
    }

    /// The body of a 201.
    #[track_caller]
    pub fn created(&self) -> Value {
        assert_eq!(self.status, StatusCode::CREATED, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/json");
        self.json()
    }

    /// The ids of the objects in the array of a 200.
    #[track_caller]
    pub fn ids(&self) -> Vec<Id> {
        ids(&self.ok())
    }

    /// A problem of this status, as RFC 9457 and the contract want it.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for member in ["title", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        assert!(problem["type"].as_str().is_some_and(|uri| uri.starts_with("/problems/")), "{problem}");
        if status == 422 {
            let errors = problem["errors"].as_array().expect("errors");
            assert!(
                !errors.is_empty()
                    && errors.iter().all(|error| error["pointer"].is_string() && error["detail"].is_string())
            );
        }
        problem
    }

    /// The pointers of a 422, in order.
    #[track_caller]
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.problem(422);
        let errors = problem["errors"].as_array().expect("errors");
        errors.iter().map(|error| error["pointer"].as_str().expect("a pointer").to_owned()).collect()
    }
}

/// The ids of the objects in an array.
pub fn ids(array: &Value) -> Vec<Id> {
    array.as_array().expect("an array").iter().map(|object| object["id"].as_i64().expect("an id")).collect()
}

/// Scopes by name, with blanks between.
fn named(names: &str) -> Scopes {
    let has = |name| names.split(' ').any(|each| each == name);
    Scopes { read: has("read"), post: has("post"), approve: has("approve") }
}

/// Waits until `is_so`, at most a minute.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let mut waited = Duration::ZERO;
    while !is_so().await {
        assert!(waited < Duration::from_mins(1), "waited too long for {what}");
        let pause = Duration::from_millis(10);
        tokio::time::sleep(pause).await;
        waited += pause;
    }
}
