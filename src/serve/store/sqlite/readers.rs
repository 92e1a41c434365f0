//! Threads that read: a few of them, each with its own connection and one snapshot a job.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    connection::{Mode, connect},
    sql::Sql,
};
use crate::serve::model::StoreError;

type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Fate + Send>;

enum Order {
    Read(Job),
    /// Close the connection and say so.
    Stop(oneshot::Sender<()>),
}

/// What a job says of the connection that it used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Keep,
    /// Something failed: the next job gets a fresh one.
    Replace,
}

/// The way to the reading threads. They end when it is gone.
pub struct Readers {
    orders: mpsc::Sender<Order>,
    count: usize,
}

impl Readers {
    /// Starts `count` threads that read the file at `path`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(path: &Path, count: usize) -> std::io::Result<Self> {
        let (orders, queue) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..count {
            let (queue, path) = (Arc::clone(&queue), path.to_owned());
            thread::Builder::new().name("store-read".to_owned()).spawn(move || work(&queue, &path))?;
        }
        Ok(Self { orders, count })
    }

    /// Runs `read` on one of the threads, in one snapshot of the database.
    ///
    /// # Errors
    /// What `read` gives, or `Unavailable` when the database cannot be opened.
    pub async fn run<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            let result = db.and_then(|db| {
                catch_unwind(AssertUnwindSafe(|| in_snapshot(db, read)))
                    .unwrap_or_else(|_| Err(StoreError::Internal("a read panicked".to_owned())))
            });
            let fate = if result.is_ok() { Fate::Keep } else { Fate::Replace };
            // Nobody may be waiting any more.
            let _ = answer.send(result);
            fate
        });
        let gone = || StoreError::Unavailable("it has been closed".to_owned());
        self.orders.send(Order::Read(job)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Waits until what was handed in is read and the connections are closed.
    pub async fn stop(&self) {
        let stops = (0..self.count).map(|_| {
            let (stopped, done) = oneshot::channel();
            self.orders.send(Order::Stop(stopped)).ok().map(|()| done)
        });
        for done in stops.collect::<Vec<_>>().into_iter().flatten() {
            let _ = done.await;
        }
    }
}

/// Reads in one snapshot. After an error the connection is not to be used again.
pub fn in_snapshot<T>(
    db: &Connection,
    read: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    db.run("BEGIN", [])?;
    let result = read(db)?;
    db.run("COMMIT", [])?;
    Ok(result)
}

fn work(queue: &Mutex<mpsc::Receiver<Order>>, path: &Path) {
    let mut connection = None;
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let job = match next {
            Ok(Order::Read(job)) => job,
            Ok(Order::Stop(stopped)) => {
                drop(connection);
                let _ = stopped.send(());
                return;
            }
            Err(mpsc::RecvError) => return,
        };
        if connection.is_none() {
            match connect(path, Mode::Read) {
                Ok(opened) => connection = Some(opened),
                Err(error) => {
                    job(Err(error.into()));
                    continue;
                }
            }
        }
        if let Some(db) = &connection
            && job(Ok(db)) == Fate::Replace
        {
            connection = None;
        }
    }
}
