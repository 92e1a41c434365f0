//! The accept loop: every connection with a bound on the time that its requests' heads take, and an orderly
//! end. axum's own loop knows no such bound.

use std::time::Duration;

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, task::JoinSet};
use tower_service::Service;

use super::explained::Explained;
use crate::serve::http::{App, Peer};

/// How long to wait when the system has no file descriptor left for another connection.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `stopped`; then takes no more, and waits for what runs, and for `idle`, at most `patience`.
pub async fn accept(
    listener: TcpListener,
    (router, app): (Router, App),
    header_timeout: Duration,
    stopped: impl Future<Output = ()>,
    patience: Duration,
    idle: impl Future<Output = ()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout);
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = &mut stopped => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Answers are written whole: nothing is gained by waiting to fill a packet.
                let _ = stream.set_nodelay(true);
                let router = router.clone();
                let handle = service_fn(move |mut request: Request<Incoming>| {
                    request.extensions_mut().insert(Peer(peer.ip()));
                    router.clone().call(request)
                });
                let stream = TokioIo::new(Explained::new(stream, app.clone()));
                let connection = graceful.watch(http.serve_connection(stream, handle));
                connections.spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                });
            }
            Err(error) => {
                tracing::debug!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    let finished = async {
        graceful.shutdown().await;
        idle.await;
    };
    if tokio::time::timeout(patience, finished).await.is_err() {
        tracing::warn!("some requests did not finish in time: their connections are closed");
    }
}
