//! The demo: a server on a free loopback port with a database in a temporary folder, a company made up of
//! the files in `assets/demo/`, and everything gone when it ends. It decides nothing: whatever happens in the
//! demo company is posted, run and approved by the server's own code.

mod company;
mod leftovers;
mod script;
mod seed;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write},
    net::SocketAddr,
    path::Path,
};

use serde::Serialize;
use tempfile::TempDir;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::oneshot,
};

use self::{company::Company, script::Script};
use crate::{
    config::server::{ApprovalSettings, SandboxSettings, ServeSettings},
    serve::{
        admin::AdminError,
        model::{CommitError, StoreError},
        server::{self, Running, StartError},
    },
};

/// Why the demo did not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("no temporary folder for the demo's database: {0}")]
    Folder(io::Error),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the demo's data is wrong: {file}: {what}")]
    Data { file: &'static str, what: String },
    #[error(transparent)]
    Token(#[from] AdminError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A demo company that can be talked to.
pub struct Demo {
    running: Running,
    details: Details,
    /// After the server, which has let go of the database when the folder is removed.
    folder: TempDir,
    /// Last: until then the folder is in use.
    _held: File,
}

/// Where the demo is, and how to sign in as each of its people.
#[derive(Clone, Debug, Serialize)]
pub struct Details {
    pub url: String,
    /// Of the user whom the client is signed in as.
    pub token: String,
    pub signed_in: String,
    /// By login.
    pub tokens: BTreeMap<String, String>,
    /// The temporary folder that holds the database.
    pub folder: String,
}

impl Demo {
    /// Starts the server and lets the company live through its last days.
    ///
    /// # Errors
    /// See [`DemoError`].
    pub async fn start() -> Result<Self, DemoError> {
        let company = Company::read()?;
        let scripts = Script::read_all()?;
        leftovers::sweep(&std::env::temp_dir());
        let folder = tempfile::Builder::new().prefix(leftovers::PREFIX).tempdir().map_err(DemoError::Folder)?;
        let held = leftovers::hold(folder.path()).map_err(DemoError::Folder)?;
        let settings = ServeSettings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: Some(format!("sqlite:{}", folder.path().join("demo.db").display())),
            ..ServeSettings::default()
        };
        let running = server::start(settings, ApprovalSettings::default(), SandboxSettings::default()).await?;
        let tokens = match seed::fill(running.store(), &company, &scripts).await {
            Ok(tokens) => tokens,
            Err(error) => {
                running.stop().await;
                return Err(error);
            }
        };
        let details = Details {
            url: format!("http://{}", running.address()),
            token: tokens.get(&company.signed_in).cloned().unwrap_or_default(),
            signed_in: company.signed_in,
            tokens,
            folder: folder.path().display().to_string(),
        };
        Ok(Self { running, details, folder, _held: held })
    }

    /// Where it is, and how to sign in.
    #[must_use]
    pub fn details(&self) -> &Details {
        &self.details
    }

    /// Writes [`Self::details`] as JSON to a file that only its owner can read.
    ///
    /// # Errors
    /// The file cannot be made; one that is there already is not touched.
    pub fn write_details(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt;
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{}", serde_json::to_string(&self.details)?)
    }

    /// Ends the server and removes the folder.
    pub async fn stop(self) {
        self.running.stop().await;
        if let Err(error) = self.folder.close() {
            let _ = writeln!(io::stderr(), "countersign: the demo's folder could not be removed: {error}");
        }
    }
}

/// The signals that ask a program to end. From when it is made they end nothing by themselves, so that the
/// demo can be cleared away.
pub struct EndSignals([Signal; 3]);

impl EndSignals {
    /// Needs a tokio runtime.
    ///
    /// # Errors
    /// Signals cannot be waited for.
    pub fn listen() -> io::Result<Self> {
        let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
        let [terminate, interrupt, hangup] = kinds.map(signal);
        Ok(Self([terminate?, interrupt?, hangup?]))
    }

    /// Returns when one has come.
    pub async fn came(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// Whether one has come already.
    pub async fn has_come(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.came() => true,
            () = std::future::ready(()) => false,
        }
    }
}

/// Returns at the end of stdin.
pub async fn end_of_input() {
    let (at_end, ended) = oneshot::channel();
    // A thread of its own: a runtime would wait for a read that nobody ends.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = at_end.send(());
    });
    let _ = ended.await;
}
