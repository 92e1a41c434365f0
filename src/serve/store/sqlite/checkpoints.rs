//! A thread that copies what was written from the log into the database file, so that no post waits for it.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, SyncSender},
    thread,
    time::Duration,
};

use super::connection::{LOG_LENGTH, Mode, connect};

/// Commits come in crowds: one look at the length serves all of this time.
const PAUSE: Duration = Duration::from_millis(100);

/// Starts the thread. Whoever writes says so through the sender; the thread ends when that is gone.
///
/// # Errors
/// When the system gives no thread.
pub fn start(path: &Path) -> std::io::Result<SyncSender<()>> {
    let (written, told) = mpsc::sync_channel(1);
    let path = path.to_owned();
    thread::Builder::new().name("store-checkpoint".to_owned()).spawn(move || work(&told, &path))?;
    Ok(written)
}

fn work(told: &Receiver<()>, path: &Path) {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    let mut db = None;
    while told.recv().is_ok() {
        if log.metadata().is_ok_and(|log| log.len() > u64::from(LOG_LENGTH)) {
            db = db.or_else(|| connect(path, Mode::Write).ok());
            // Passive: takes nothing from readers or the writer. What fails is tried again.
            let copied = db.as_ref().map(|db| db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())));
            if !matches!(copied, Some(Ok(()))) {
                db = None;
            }
        }
        thread::sleep(PAUSE);
    }
}
