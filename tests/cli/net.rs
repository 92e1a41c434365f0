//! Typed calls against a server that misbehaves.

use std::time::Duration;

use countersign::net::{
    ActionQuery, Client, Error, Extension, MessageWindow, NetworkKind, Options, ThreadQuery, Token,
};

use tokio::io::AsyncWriteExt;

use crate::fake_server::{FakeServer, Reply, Request};

const SECRET: &str = "csn_s3cret";

fn client(url: &str) -> Client {
    client_with(url, Options::default())
}

fn client_with(url: &str, options: Options) -> Client {
    Client::new(url, &Token::new(SECRET).expect("a token"), options).expect("a client")
}

/// The error of asking for threads where every request is answered with `reply`.
async fn error_of(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Error {
    let server = FakeServer::start(move |_: &Request| reply()).await;
    let error = client(&server.url()).threads(&ThreadQuery::default()).await.expect_err("an error");
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(SECRET), "{text}");
    }
    error
}

#[tokio::test]
async fn asks_as_the_api_has_it() {
    let server = FakeServer::start(|_| Reply::json(200, "[]")).await;
    let query = ThreadQuery {
        free_text: Some("50 % & ærlig".to_owned()),
        client_account_id: Some(3),
        awaiting_approval: Some(true),
        page: Some(2),
        ..ThreadQuery::default()
    };
    let page = client(&server.url()).threads(&query).await.expect("a page");
    assert!(page.items.is_empty() && !page.has_next);
    let requests = server.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!(
        request.line,
        "GET /api/v2/chat/threads?client_account_id=3&free_text=50+%25+%26+%C3%A6rlig&page=2&awaiting_approval=true"
    );
    assert_eq!(request.header("authorization"), Some("Bearer csn_s3cret"));
}

#[tokio::test]
async fn posts_and_edits_with_their_headers() {
    let message = r#"{"id": 7, "message": "hi", "action_items": [], "action_mode": null}"#;
    let server = FakeServer::start(move |_| Reply::json(201, message)).await;
    let client = client(&server.url());
    let posted = client.post_message(1, "hi", "key-1").await.expect("a message");
    assert_eq!((posted.message.id, posted.results.len()), (7, 0));
    client.edit_message(1, 7, "ho", Some(4)).await.expect("a message");
    let requests = server.requests();
    assert_eq!(requests[0].line, "POST /api/v2/chat/threads/1/messages");
    assert_eq!(requests[0].header("idempotency-key"), Some("key-1"));
    assert_eq!(requests[0].header("content-type"), Some("application/json"));
    assert_eq!(requests[0].body, r#"{"message":"hi"}"#);
    assert_eq!(requests[1].line, "PATCH /api/v2/chat/threads/1/messages/7");
    assert_eq!(requests[1].header("if-match"), Some("\"4\""));
}

#[tokio::test]
async fn pages_by_link_or_else_by_count() {
    let linked = ["link: </api/v2/chat/threads?page=2>; rel=\"next\""];
    let server = FakeServer::start(move |_| Reply::with_headers(200, &linked, "[]")).await;
    assert!(client(&server.url()).threads(&ThreadQuery::default()).await.expect("a page").has_next);

    let server = FakeServer::start(|_| Reply::json(200, r#"[{"id": 1}, {"id": 2}]"#)).await;
    for (per_page, has_next) in [(2, true), (3, false)] {
        let query = ThreadQuery { per_page: Some(per_page), ..ThreadQuery::default() };
        assert_eq!(client(&server.url()).threads(&query).await.expect("a page").has_next, has_next);
    }
}

#[tokio::test]
async fn fetches_every_page_of_participants() {
    let server = FakeServer::start(|request| {
        let linked = ["link: </api/v2/chat/threads/1/participants?page=2>; rel=\"next\""];
        if request.line.ends_with("page=2") {
            Reply::json(200, r#"[{"id": 2, "user_id": 6}]"#)
        } else {
            Reply::with_headers(200, &linked, r#"[{"id": 1, "user_id": 5}]"#)
        }
    })
    .await;
    let users: Vec<i64> =
        client(&server.url()).participants(1).await.expect("participants").iter().map(|one| one.user_id).collect();
    assert_eq!(users, [5, 6]);
}

#[tokio::test]
async fn statuses_become_errors_that_say_what_to_do() {
    let stale = r#"{"type": "/problems/stale-approval", "title": "Stale", "status": 409, "detail": "Look again."}"#;
    let error = error_of(move || Reply::problem(409, stale)).await;
    assert!(
        matches!(&error, Error::Conflict { problem } if problem.problem_type == "/problems/stale-approval"),
        "{error:?}"
    );
    assert!(error.to_string().contains("Look again."));

    let error = error_of(|| Reply::problem(401, "{}")).await;
    assert_eq!(error, Error::Unauthorized);
    assert!(error.to_string().contains("countersign login") || error.to_string().contains("COUNTERSIGN_TOKEN"));

    assert!(matches!(error_of(|| Reply::json(403, "nonsense")).await, Error::Forbidden { .. }));
    assert!(matches!(error_of(|| Reply::json(404, "{}")).await, Error::NotFound { .. }));
    assert!(matches!(error_of(|| Reply::json(412, "{}")).await, Error::Conflict { .. }));
    assert!(matches!(error_of(|| Reply::json(418, "{}")).await, Error::Refused { status: 418, .. }));

    let fields = r#"{"detail": "Not like that.", "errors": [{"pointer": "/message", "detail": "is blank"}]}"#;
    let error = error_of(move || Reply::problem(422, fields)).await.to_string();
    assert!(error.contains("Not like that.") && error.contains("/message: is blank"), "{error}");

    let error = error_of(|| Reply::with_headers(429, &["retry-after: 7"], "{}")).await;
    assert_eq!(error, Error::RateLimited { retry_after: Some(Duration::from_secs(7)) });
    let error = error_of(|| Reply::with_headers(503, &["retry-after: soon", "x-request-id: r-17"], "<html>")).await;
    assert!(matches!(error, Error::Unavailable { status: 503, retry_after: None, .. }), "{error:?}");
    assert!(error.to_string().contains("X-Request-Id: r-17"), "{error}");
    assert!(error.is_transient() && !error.had_no_effect());
}

#[tokio::test]
async fn what_is_not_the_api_is_garbage() {
    for body in ["", "<html>Welcome</html>", "{\"id\": 1}", "[{\"no\": \"id\"}]", "[{\"id\": 1}", "[{\"id\": \"1\"}]"] {
        let error = error_of(move || Reply::json(200, body)).await;
        assert!(matches!(error, Error::Garbage { .. }), "{body}: {error:?}");
    }
    let error = error_of(|| Reply::Bytes(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())).await;
    assert!(matches!(error, Error::Network { kind: NetworkKind::Broken, .. }), "{error:?}");
}

#[tokio::test]
async fn a_cut_answer_is_a_broken_connection() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{\"id\": 1}]".to_vec();
    let error = error_of(move || Reply::Bytes(cut.clone())).await;
    assert!(matches!(error, Error::Network { kind: NetworkKind::Broken, .. }), "{error:?}");
    assert!(error.is_transient() && !error.had_no_effect());
    let error = error_of(|| Reply::Bytes(Vec::new())).await;
    assert!(matches!(error, Error::Network { kind: NetworkKind::Broken, .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 209715200\r\n\r\n[".to_vec();
    assert!(matches!(error_of(move || Reply::Silence(announced.clone())).await, Error::TooLarge { .. }));

    let server = FakeServer::start(|_| Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n ".to_vec())).await;
    let options = Options { max_body: 1 << 20, ..Options::default() };
    let error = client_with(&server.url(), options).threads(&ThreadQuery::default()).await.expect_err("too long");
    assert_eq!(error, Error::TooLarge { limit: 1 << 20 });
}

#[tokio::test]
async fn silence_comes_to_an_end() {
    let quick = Options { timeout: Duration::from_millis(200), ..Options::default() };
    for start in ["", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n["] {
        let server = FakeServer::start(move |_| Reply::Silence(start.as_bytes().to_vec())).await;
        let client = client_with(&server.url(), quick.clone());
        let error = client.threads(&ThreadQuery::default()).await.expect_err("no answer");
        assert!(matches!(error, Error::Network { kind: NetworkKind::TimedOut, .. }), "{error:?}");
        assert!(!error.had_no_effect());
    }
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let error = client(&format!("http://{free}")).me().await.expect_err("nobody");
    assert!(matches!(error, Error::Network { kind: NetworkKind::Refused, .. }), "{error:?}");
    assert!(error.had_no_effect() && error.to_string().contains(&free.to_string()));

    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = plain.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Speak up\r\n\r\n").await;
        }
    });
    let error = client(&format!("https://{address}")).me().await.expect_err("no TLS there");
    assert!(matches!(error, Error::Network { kind: NetworkKind::Tls, .. }), "{error:?}");

    let error = client("https://no-such-host.invalid").me().await.expect_err("no such host");
    assert!(matches!(error, Error::Network { kind: NetworkKind::Name, .. }), "{error:?}");
}

#[tokio::test]
async fn the_token_is_not_carried_elsewhere() {
    let elsewhere = FakeServer::start(|_| Reply::json(200, "[]")).await;
    let location = format!("location: {}/api/v2/chat/threads", elsewhere.url());
    let server = FakeServer::start(move |_| Reply::with_headers(307, &[&location], "")).await;
    let error = client(&server.url()).threads(&ThreadQuery::default()).await.expect_err("a redirect");
    assert!(
        matches!(&error, Error::Redirected { location, .. } if location.starts_with(&elsewhere.url())),
        "{error:?}"
    );
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_extension_that_is_not_there_is_asked_for_once() {
    let server = FakeServer::start(|request| match request.line.as_str() {
        line if line.ends_with("/read") => Reply::json(404, "{}"),
        line if line.contains("/chat/threads/1/messages") => Reply::json(405, "{}"),
        line if line.contains("/chat/threads/1") => Reply::json(200, r#"{"id": 1, "messages": []}"#),
        _ => Reply::json(404, r#"{"detail": "Not Found"}"#),
    })
    .await;
    let client = client(&server.url());
    let shared = client.clone();
    for _ in 0..3 {
        assert_eq!(client.actions(&ActionQuery::default()).await.expect_err("absent"), Error::Unsupported);
        assert_eq!(shared.me().await.expect_err("absent"), Error::Unsupported);
        assert_eq!(client.messages(1, &MessageWindow::default()).await.expect_err("absent"), Error::Unsupported);
        assert_eq!(client.mark_read(1, 1).await.expect_err("absent"), Error::Unsupported);
    }
    assert_eq!(server.requests().len(), 4);
    assert!(client.lacks(Extension::Actions) && shared.lacks(Extension::ReadMark));
    let detail = client.thread(1, &MessageWindow::default()).await.expect("the seed's own route");
    assert_eq!((detail.thread.id, detail.has_more_messages), (1, None));
}
