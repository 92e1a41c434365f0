//! Connections for the thread that asks: what is found by key in a few steps takes less time than handing
//! it to another thread. Not for what may read much, and never waits for anything.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::Connection;

use super::{
    connection::{Mode, connect},
    readers::in_snapshot,
};
use crate::serve::model::StoreError;

/// As many connections as threads ask at one time.
pub struct AtHand {
    path: PathBuf,
    idle: Mutex<Idle>,
}

struct Idle {
    connections: Vec<Connection>,
    /// How many more may be opened.
    unopened: usize,
}

impl AtHand {
    /// At most `count` connections to the file at `path`, each opened when it is first needed.
    pub fn new(path: &Path, count: usize) -> Self {
        Self { path: path.to_owned(), idle: Mutex::new(Idle { connections: Vec::new(), unopened: count }) }
    }

    /// Runs `look` on this very thread, in one snapshot of the database. `None` where that gives nothing, cannot
    /// be done at once, or fails: then it is for the readers.
    pub fn look<T>(&self, look: impl FnOnce(&Connection) -> Result<Option<T>, StoreError>) -> Option<T> {
        let db = self.take()?;
        let found = catch_unwind(AssertUnwindSafe(|| in_snapshot(&db, look)));
        let mut idle = self.idle();
        if let Ok(Ok(found)) = found {
            idle.connections.push(db);
            return found;
        }
        // Whatever state it is in, the next look gets a fresh one.
        idle.unopened += 1;
        None
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
        if let Some(db) = idle.connections.pop() {
            return Some(db);
        }
        idle.unopened = idle.unopened.checked_sub(1)?;
        drop(idle);
        let opened = connect(&self.path, Mode::Read).and_then(|db| db.busy_timeout(Duration::ZERO).map(|()| db));
        if opened.is_err() {
            self.idle().unopened += 1;
        }
        opened.ok()
    }

    /// Closes the connections for good. Nobody is looking any more.
    pub fn close(&self) {
        let mut idle = self.idle();
        idle.connections.clear();
        idle.unopened = 0;
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
