//! The server on a real socket: slow and rude clients, a body one byte too long, a port in use, and its end.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use countersign::{
    api::Time,
    serve::{
        model::token_hash,
        server::{self, Running, StartError},
        store::query::TokenDraft,
    },
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    support::{Settings, TIMBER, eventually, people},
    wire::{self, BOUND, body, rest, status},
};

const TOKEN: &str = "csn_socket";

struct OnSocket {
    running: Running,
    address: SocketAddr,
    _folder: tempfile::TempDir,
    database: String,
}

impl OnSocket {
    async fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("test.db").display());
        let running = start(&database, change).await.expect("a server");
        people(running.store()).await;
        let draft = TokenDraft { hash: token_hash(TOKEN), scopes: None, expires_at: None };
        running.store().token_issue("ada", draft, Time::now()).await.expect("a token");
        Self { address: running.address(), running, _folder: folder, database }
    }

    async fn connect(&self) -> TcpStream {
        wire::connect(self.address).await
    }

    async fn ask(&self, request: impl AsRef<[u8]>) -> String {
        wire::ask(self.address, request).await
    }

    /// Sends a post of code that runs for a while, and returns as soon as it runs: the connection, which has
    /// not been answered, and the request.
    async fn running_post(&self, thread: i64, code: &str) -> (TcpStream, String) {
        for attempt in 0..10 {
            let key = format!("idempotency-key: attempt-{attempt}\r\n");
            let request = post(&format!("/chat/threads/{thread}/messages"), &key, &action(code));
            let mut stream = self.connect().await;
            stream.write_all(request.as_bytes()).await.expect("sent");
            self.ask(get("/users/me")).await;
            // Whichever of two equal requests comes second learns that the first is running.
            if status(&self.ask(&request).await) == 409 {
                return (stream, request);
            }
        }
        panic!("the second request came first ten times")
    }

    async fn messages(&self, thread: i64) -> String {
        self.ask(get(&format!("/chat/threads/{thread}/messages"))).await
    }

    async fn thread(&self) -> i64 {
        let made = self.ask(post("/chat/threads", "", &json!({"client_account_id": TIMBER}).to_string())).await;
        serde_json::from_str::<serde_json::Value>(body(&made)).expect("JSON")["id"].as_i64().expect("an id")
    }
}

async fn start(database: &str, change: impl FnOnce(&mut Settings)) -> Result<Running, StartError> {
    let mut settings = Settings::default();
    settings.serve.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.serve.database = Some(database.to_owned());
    settings.sandbox.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_countersign")));
    settings.sandbox.workers = 1;
    change(&mut settings);
    server::start(settings.serve, settings.approvals, settings.sandbox).await
}

fn get(path: &str) -> String {
    wire::get(TOKEN, path)
}

fn post(path: &str, headers: &str, body: &str) -> String {
    wire::post(TOKEN, path, headers, body)
}

/// Code that runs for a while, but within its limit.
const SLOW: &str = "total = 0\nfor number in range(3000000):\n    total += number\nprint(total)";
/// Code that runs until its time is up.
const ENDLESS: &str = "while True: pass";

/// The body of a post with an action.
fn action(code: &str) -> String {
    json!({"message": format!("```codeaction\n{code}\n```")}).to_string()
}

#[tokio::test]
async fn it_answers_on_a_free_port_until_it_is_stopped() {
    let server = OnSocket::start(|_| {}).await;
    assert_ne!(server.address.port(), 0);
    let answer = server.ask(get("/api/v2/users/me")).await;
    assert_eq!(status(&answer), 200, "{answer}");
    let address = server.address;
    tokio::time::timeout(BOUND, server.running.stop()).await.expect("it ends");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let server = OnSocket::start(|_| {}).await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("other.db");
    let second =
        start(&format!("sqlite:{}", database.display()), |settings| settings.serve.listen = server.address).await;
    let error = second.err().expect("refused").to_string();
    assert!(error.contains(&format!("port {} ", server.address.port())) && error.contains("--listen"), "{error}");
    assert!(!database.exists(), "a server that cannot listen makes no database");
}

#[tokio::test]
async fn a_second_server_on_one_database_refuses_to_start() {
    let server = OnSocket::start(|_| {}).await;
    let error = start(&server.database, |_| {}).await.err().expect("refused");
    assert!(matches!(error, StartError::Open(_)), "{error}");
    server.running.stop().await;
    start(&server.database, |_| {}).await.expect("free again").stop().await;
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own_that_ends_with_the_server() {
    let own = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = OnSocket::start(|settings| settings.serve.metrics_listen = Some(own)).await;
    let address = server.running.metrics_address().expect("a listener");
    assert_eq!(status(&server.ask(get("/users/me")).await), 200);
    let page = wire::ask(address, wire::get("none", "/metrics")).await;
    assert!(page.contains("countersign_http_requests_total{method=\"GET\",route=\"/users/me\""), "{page}");
    let taken = start("sqlite:nowhere.db", |settings| settings.serve.metrics_listen = Some(address)).await;
    assert!(matches!(taken, Err(StartError::PortInUse(port)) if port == address));
    server.running.stop().await;
    eventually("the port to be free", async || TcpStream::connect(address).await.is_err()).await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let server = OnSocket::start(|settings| settings.serve.header_timeout = Duration::from_millis(50)).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await.expect("sent");
    let answer = rest(&mut stream).await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

/// An answer, with the header and problem that every error has.
#[track_caller]
fn problem(answer: &str) -> (u16, String) {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase();
    for header in ["content-type: application/problem+json", "cache-control: no-store", "x-request-id: ", "nosniff"] {
        assert_eq!(head.matches(header).count(), 1, "{header} in {answer}");
    }
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).expect("a length");
    assert_eq!(length, body(answer).len().to_string());
    let problem: serde_json::Value = serde_json::from_str(body(answer)).expect("JSON");
    assert_eq!(problem["status"], status(answer));
    (status(answer), problem["type"].as_str().expect("a type").to_owned())
}

#[tokio::test]
async fn what_is_no_request_or_too_long_a_one_is_refused_with_a_problem_too() {
    let own = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = OnSocket::start(|settings| settings.serve.metrics_listen = Some(own)).await;
    let long = "x".repeat(70_000);
    let many = (0..101).fold(String::new(), |headers, number| format!("{headers}x-{number}: y\r\n"));
    let refused = |status, slug: &str| (status, format!("/problems/{slug}"));
    let requests = [
        (get("/chat/threads?free_text=\"x\""), refused(400, "bad-request")),
        (get("/chat/threads?free_text=two words"), refused(400, "bad-request")),
        ("nonsense\r\n\r\n".to_owned(), refused(400, "bad-request")),
        ("\u{16}\u{3}\u{1}\u{2}\r\n\r\n".to_owned(), refused(400, "bad-request")),
        (get("/").replace("HTTP/1.1", "HTTP/3.0"), refused(400, "bad-request")),
        (post("/chat/threads", "content-length: many\r\n", "{}"), refused(400, "bad-request")),
        (get(&format!("/chat/threads?free_text={long}")), refused(414, "uri-too-long")),
        (get("/").replace("host: x\r\n", &many), refused(431, "headers-too-large")),
        (get("/").replace("host: x", &format!("host: {}", long.repeat(8))), refused(431, "headers-too-large")),
    ];
    for (request, expected) in requests {
        let answer = server.ask(&request).await;
        assert_eq!(problem(&answer), expected, "{}", &request[..request.len().min(80)]);
    }
    let metrics = server.running.metrics_address().expect("a listener");
    assert_eq!(problem(&wire::ask(metrics, "nonsense\r\n\r\n").await), refused(400, "bad-request"));
    assert_eq!(status(&server.ask(get("/users/me")).await), 200);
}

#[tokio::test]
async fn a_refusal_on_a_connection_that_was_used_before_ends_it() {
    let server = OnSocket::start(|_| {}).await;
    let mut stream = server.connect().await;
    let first = get("/users/me").replace("connection: close\r\n", "");
    stream.write_all(first.as_bytes()).await.expect("sent");
    let mut seen = Vec::new();
    while !seen.ends_with(b"}") {
        let read = tokio::time::timeout(BOUND, stream.read_buf(&mut seen)).await.expect("an answer");
        assert_ne!(read.expect("an open connection"), 0);
    }
    stream.write_all(b"nonsense\r\n\r\n").await.expect("sent");
    assert_eq!(problem(&rest(&mut stream).await).0, 400);

    let text = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    let thread = server.thread().await;
    let body = json!({"message": text}).to_string();
    let said = server.ask(post(&format!("/chat/threads/{thread}/messages"), "", &body)).await;
    assert_eq!(status(&said), 201, "what looks like a refusal is not one: {said}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_408() {
    let server = OnSocket::start(|settings| settings.serve.body_timeout = Duration::from_millis(50)).await;
    let mut stream = server.connect().await;
    let request = post("/chat/threads", "", "").replace("content-length: 0", "content-length: 100");
    stream.write_all(request.as_bytes()).await.expect("sent");
    stream.write_all(b"{\"subject\":").await.expect("sent");
    let answer = rest(&mut stream).await;
    assert_eq!(status(&answer), 408, "{answer}");
}

#[tokio::test]
async fn a_body_that_says_that_it_is_too_large_is_refused_before_it_comes() {
    let server = OnSocket::start(|_| {}).await;
    for header in ["", "expect: 100-continue\r\n"] {
        let mut stream = server.connect().await;
        let request = post("/chat/threads", header, "").replace("content-length: 0", "content-length: 2000000");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        while !String::from_utf8_lossy(&answer).contains("\r\n\r\n") {
            let read = tokio::time::timeout(BOUND, stream.read_buf(&mut answer)).await.expect("it does not wait");
            assert_ne!(read.expect("an open stream"), 0);
        }
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(status(&answer), 413, "{answer}");
    }
}

#[tokio::test]
async fn the_answer_to_a_body_that_nobody_wants_arrives() {
    let server = OnSocket::start(|_| {}).await;
    let large = " ".repeat((1 << 20) + 1);
    for (request, expected) in [
        (post("/chat/threads", "", &large), 413),
        (post("/chat/threads", "", &large).replace(TOKEN, "csn_unknown"), 401),
        (post("/chat/threads", "content-type: application/xml\r\n", &large), 415),
        (post("/nowhere", "", &large), 404),
        (post("/nowhere", "", &large).replace(TOKEN, "csn_unknown"), 401),
        (post("/chat/threads", "", &" ".repeat(5 << 20)), 413),
    ] {
        let answer = server.ask(request).await;
        assert_eq!(status(&answer), expected, "{answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("x-request-id"));
    }
}

#[tokio::test]
async fn exactly_one_mebibyte_arrives_in_chunks_too() {
    let server = OnSocket::start(|_| {}).await;
    let body = format!("{{{}\"subject\":\"x\"}}", " ".repeat((1 << 20) - 15));
    let head = post("/chat/threads", "transfer-encoding: chunked\r\n", "").replace("content-length: 0\r\n", "");
    let chunked = |body: &str| {
        let chunks = body
            .as_bytes()
            .chunks(50_000)
            .map(|chunk| format!("{:x}\r\n{}\r\n", chunk.len(), std::str::from_utf8(chunk).expect("ASCII")));
        format!("{head}{}0\r\n\r\n", chunks.collect::<String>())
    };
    let taken = server.ask(chunked(&body)).await;
    assert_eq!(status(&taken), 201, "{taken}");
    let refused = server.ask(chunked(&format!(" {body}"))).await;
    assert_eq!(status(&refused), 413, "{refused}");
}

#[tokio::test]
async fn streams_end_in_order_when_it_stops() {
    let server = OnSocket::start(|_| {}).await;
    let mut stream = server.connect().await;
    stream.write_all(get("/chat/events").as_bytes()).await.expect("sent");
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("ready") {
        let read = tokio::time::timeout(BOUND, stream.read_buf(&mut seen)).await.expect("it opens");
        assert_ne!(read.expect("an open stream"), 0);
    }
    tokio::time::timeout(BOUND, server.running.stop()).await.expect("it ends");
    let end = rest(&mut stream).await;
    assert!(end.ends_with("0\r\n\r\n"), "it is ended, not torn: {end}");
}

#[tokio::test]
async fn while_another_program_holds_the_database_a_change_is_503_and_later_it_is_done() {
    let server = OnSocket::start(|_| {}).await;
    let thread = server.thread().await;
    let path = server.database.strip_prefix("sqlite:").expect("a path");
    let other = rusqlite::Connection::open(path).expect("the database");
    other.execute_batch("BEGIN IMMEDIATE").expect("held");
    let request = post(
        &format!("/chat/threads/{thread}/messages"),
        "idempotency-key: later\r\n",
        &json!({"message": "later"}).to_string(),
    );
    let refused = server.ask(&request).await;
    assert_eq!(status(&refused), 503, "{refused}");
    assert!(refused.contains("retry-after: ") && !refused.to_lowercase().contains("sql"), "{refused}");
    assert_eq!(body(&server.messages(thread).await), "[]", "reads go on");
    other.execute_batch("ROLLBACK").expect("let go");
    let done = server.ask(&request).await;
    assert_eq!(status(&done), 201, "{done}");
    assert!(!done.contains("idempotency-replayed"), "{done}");
}

#[tokio::test]
async fn while_all_workers_are_busy_code_is_503_and_everything_else_is_answered() {
    let server = OnSocket::start(|settings| {
        (settings.sandbox.workers, settings.sandbox.queue) = (1, 0);
        settings.sandbox.run_timeout = Duration::from_secs(5);
    })
    .await;
    let thread = server.thread().await;
    let (mut busy, _) = server.running_post(thread, ENDLESS).await;
    let path = format!("/chat/threads/{thread}/messages");
    let request = post(&path, "idempotency-key: refused\r\n", &action("records.create('note')"));
    let refused = server.ask(&request).await;
    assert_eq!(problem(&refused), (503, "/problems/unavailable".to_owned()));
    let seconds = refused.split("retry-after: ").nth(1).and_then(|rest| rest.lines().next()).expect("Retry-After");
    assert!(seconds.parse::<u64>().is_ok_and(|seconds| seconds > 0), "{refused}");
    assert_eq!(status(&server.ask(post(&path, "", &json!({"message": "hello"}).to_string())).await), 201);
    assert!(server.messages(thread).await.contains("hello"));
    let failed = rest(&mut busy).await;
    assert!(status(&failed) == 201 && failed.contains("TimeoutError"), "{failed}");
    let done = server.ask(&request).await;
    assert!(status(&done) == 201 && !done.contains("idempotency-replayed"), "its key is free: {done}");
}

#[tokio::test]
async fn work_outlives_a_client_that_hangs_up() {
    let server = OnSocket::start(|_| {}).await;
    let thread = server.thread().await;
    let (rude, request) = server.running_post(thread, SLOW).await;
    drop(rude);
    eventually("its work to be done", async || server.messages(thread).await.contains("coderesult")).await;
    let replayed = server.ask(&request).await;
    assert_eq!(status(&replayed), 201, "{replayed}");
    assert!(replayed.contains("idempotency-replayed: true"));
}

#[tokio::test]
async fn running_requests_are_finished_before_it_ends() {
    let server = OnSocket::start(|_| {}).await;
    let thread = server.thread().await;
    let (mut patient, _) = server.running_post(thread, SLOW).await;
    let mut idle = server.connect().await;
    let mut half_a_head = server.connect().await;
    half_a_head.write_all(b"GET / HT").await.expect("sent");
    tokio::time::timeout(BOUND, server.running.stop()).await.expect("it ends in time");
    let answer = rest(&mut patient).await;
    assert_eq!(status(&answer), 201, "{answer}");
    assert_eq!(rest(&mut idle).await, "");
    let again = start(&server.database, |_| {}).await.expect("starts again");
    assert!(again.store().thread_scope(thread).await.expect("a store").is_some());
    again.stop().await;
}
