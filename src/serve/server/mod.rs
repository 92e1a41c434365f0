//! A running server: its database, its workers and its listener, started and stopped together. What it
//! answers is in `http`.

mod connections;
mod explained;

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    task::JoinHandle,
};

use super::{
    actions::{self, BadCondition, Desk},
    http::{self, App},
    model::{Commit, Work},
    sandbox::Pool,
    store::{OpenError, Role, Store},
};
use crate::{
    api::Time,
    config::{
        default_database,
        server::{ApprovalSettings, SandboxSettings, ServeSettings},
    },
};

/// How long running requests may take to finish once the server is told to stop.
const PATIENCE: Duration = Duration::from_secs(8);
/// How often the server looks for actions whose time is up.
const SWEEP_EVERY: Duration = Duration::from_secs(2);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    NoDatabase(String),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(
        "port {port} on {ip} is in use: stop the program that listens there, or choose another port with --listen {ip}:PORT",
        port = .0.port(), ip = .0.ip()
    )]
    PortInUse(SocketAddr),
    #[error("cannot listen on {0} ({1}): choose another address with --listen ADDRESS:PORT")]
    CannotListen(SocketAddr, io::Error),
    #[error(transparent)]
    Condition(#[from] BadCondition),
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
}

/// A server that answers. Dropped, it stops too, but nobody waits for it.
pub struct Running {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    store: Store,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` is.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Its database, for whoever fills it in the same process.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Takes no more requests, lets those that run finish, and ends within ten seconds.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.ended.await;
    }
}

/// Starts a server; it answers from when this returns.
///
/// # Errors
/// See [`StartError`].
pub async fn start(
    serve: ServeSettings,
    approvals: ApprovalSettings,
    sandbox: SandboxSettings,
) -> Result<Running, StartError> {
    // These first: a server that cannot listen, or may not start, leaves no new database behind.
    let listener = listen(serve.listen).await?;
    let metrics_listener = match serve.metrics_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let pool = Pool::new(&sandbox);
    actions::check_conditions(&approvals, &pool).await?;
    let database = match &serve.database {
        Some(database) => database.clone(),
        None => default_database().map_err(StartError::NoDatabase)?,
    };
    let store = Store::open(&database, Role::Server)?;
    log_database(&store);
    let desk = Desk::new(store.clone(), pool.clone(), approvals);
    let address = listener.local_addr().map_err(|error| StartError::CannotListen(serve.listen, error))?;
    let metrics_address = metrics_listener.as_ref().and_then(|listener| listener.local_addr().ok());
    let header_timeout = serve.header_timeout;
    let app = App::new(store.clone(), desk, pool, serve);
    let (stop, stopped) = oneshot::channel();
    let kept = store.clone();
    let ended = tokio::spawn(async move {
        let sweep = tokio::spawn(sweep(store.clone()));
        let metrics = metrics_listener.map(|listener| {
            let (routes, never) = ((http::metrics_router(app.clone()), app.clone()), std::future::pending);
            tokio::spawn(connections::accept(listener, routes, header_timeout, never(), PATIENCE, never()))
        });
        let routes = (http::router(app.clone()), app.clone());
        let stopped = async {
            let _ = stopped.await;
            app.end_streams();
        };
        connections::accept(listener, routes, header_timeout, stopped, PATIENCE, app.idle()).await;
        sweep.abort();
        metrics.inspect(tokio::task::JoinHandle::abort);
        store.close().await;
    });
    tracing::info!("listening on http://{address}");
    if let Some(address) = metrics_address {
        tracing::info!("metrics on http://{address}/metrics");
    }
    Ok(Running { address, metrics_address, store: kept, stop, ended })
}

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// See [`StartError`].
pub async fn serve(
    serve: ServeSettings,
    approvals: ApprovalSettings,
    sandbox: SandboxSettings,
) -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
    let running = start(serve, approvals, sandbox).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: running requests are finished first");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// Keeps what a panic says out of the log: it may quote what it was working on. Its place is enough to find it.
pub fn log_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!("panicked at {place}");
        tracing::debug!("{panic}");
    }));
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => StartError::PortInUse(address),
        _ => StartError::CannotListen(address, error),
    })
}

fn log_database(store: &Store) {
    let path: PathBuf = store.path().to_path_buf();
    if store.was_created() {
        tracing::info!("created the database {}", path.display());
    } else {
        tracing::info!("using the database {}", path.display());
    }
}

/// Records actions whose time is up, again and again.
async fn sweep(store: Store) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let commit = Commit {
            now: Time::now(),
            actor: None,
            expect: Vec::new(),
            work: Work::Expire,
            key: None,
            audit: Vec::new(),
        };
        if let Err(error) = store.commit(commit).await {
            tracing::debug!(%error, "expired actions were not recorded");
        }
    }
}
