//! The one thread that writes. What waits in its queue is written in one transaction; answers go out after the
//! commit. A piece of work that fails after it has written takes nothing of the others with it: then the group is
//! written anew, each piece in a savepoint of its own. It knows nothing of what is written.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use super::{
    checkpoints,
    connection::{Mode, connect},
    sql::Sql,
};
use crate::{
    api::Id,
    serve::{fault, model::StoreError},
};

/// How much is written in one transaction at most.
const GROUP: usize = 64;
/// So much is written before the upkeep has its turn.
const TENDED_AFTER: usize = 256;
/// How often the file is looked at for what another process (`admin`) wrote.
const LOOK: Duration = Duration::from_millis(500);

/// One piece of work and whoever waits for it.
trait Job: Send {
    /// Does the work; `false`: it failed, and what it wrote has to be undone. Done anew after that was undone, it
    /// answers anew.
    fn write(&mut self, db: &Connection) -> bool;
    /// Sends the answer: the work's own, or that the database failed.
    fn answer(self: Box<Self>, written: Result<(), &StoreError>);
}

/// Upkeep that no request waits for.
pub type Tend = fn(&Connection) -> Result<bool, StoreError>;

/// The way to the writing thread. It ends when this is gone and the queue is empty.
pub struct Writer {
    orders: mpsc::Sender<Order>,
    newest_event: watch::Receiver<i64>,
}

enum Order {
    Write(Box<dyn Job>),
    /// Close the file and say so.
    Stop(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread on a connection that is open already; `path` is for opening it again. `tend` is done
    /// now and then, in a transaction of its own, and says whether there is more to do.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(db: Connection, path: &Path, tend: Tend) -> std::io::Result<Self> {
        let (orders, queue) = mpsc::channel();
        let (events, newest_event) = watch::channel(newest_event(&db).unwrap_or_default());
        let written = checkpoints::start(path)?;
        let path = path.to_owned();
        let thread =
            Thread { db: Some(db), path, queue, stopping: None, events, seen: None, tend, untended: 0, written };
        thread::Builder::new().name("store-write".to_owned()).spawn(move || thread.work())?;
        Ok(Self { orders, newest_event })
    }

    /// The newest event's number; changes after each commit that made one.
    pub fn newest_event(&self) -> watch::Receiver<i64> {
        self.newest_event.clone()
    }

    /// Runs `write` in the writer's transaction; gives its answer once that is on the disk. After an error
    /// nothing that it wrote remains. It may be run a second time, when all that the first wrote is undone.
    ///
    /// # Errors
    /// What `write` gives, or that the database is not available.
    pub async fn run<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let gone = || StoreError::Unavailable("it has been closed".to_owned());
        let work = Box::new(Work { write, result: None, answer });
        self.orders.send(Order::Write(work)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Waits until what was handed in is written and the file is closed.
    pub async fn stop(&self) {
        let (stopped, done) = oneshot::channel();
        if self.orders.send(Order::Stop(stopped)).is_ok() {
            let _ = done.await;
        }
    }
}

struct Work<T, E, F> {
    write: F,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&Connection) -> Result<T, E> + Send,
{
    fn write(&mut self, db: &Connection) -> bool {
        let result = catch_unwind(AssertUnwindSafe(|| (self.write)(db)))
            .unwrap_or_else(|_| Err(StoreError::Internal("a write panicked".to_owned()).into()));
        self.result.insert(result).is_ok()
    }

    fn answer(self: Box<Self>, written: Result<(), &StoreError>) {
        let result = match (written, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Internal("a write was not begun".to_owned()).into()),
            // A refusal too: it may rest on what another of the group wrote, which is now undone.
            (Err(error), _) => Err(again(error).into()),
        };
        // Nobody may be waiting any more.
        let _ = self.answer.send(result);
    }
}

/// One failure, told to each of a group: none of it was written, all of it may be sent again.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(reason) | StoreError::Internal(reason) => StoreError::Unavailable(reason.clone()),
    }
}

struct Thread {
    db: Option<Connection>,
    path: PathBuf,
    queue: mpsc::Receiver<Order>,
    /// Whoever asked to stop in the middle of a group.
    stopping: Option<oneshot::Sender<()>>,
    events: watch::Sender<i64>,
    /// SQLite's number for what other processes committed.
    seen: Option<i64>,
    tend: Tend,
    /// How much was written since it was tended.
    untended: usize,
    /// To whoever copies the log into the file.
    written: mpsc::SyncSender<()>,
}

impl Thread {
    fn work(mut self) {
        while self.stopping.is_none() {
            match self.queue.recv_timeout(LOOK) {
                Ok(Order::Write(first)) => {
                    self.write_group(first);
                    if self.untended >= TENDED_AFTER {
                        self.tend();
                    }
                }
                Ok(Order::Stop(stopped)) => self.stopping = Some(stopped),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    self.look();
                    if self.untended > 0 {
                        self.tend();
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
        drop(self.db.take());
        if let Some(stopped) = self.stopping.take() {
            let _ = stopped.send(());
        }
    }

    /// Writes `first` and what waits behind it.
    fn write_group(&mut self, first: Box<dyn Job>) {
        let mut group = vec![first];
        let written = self.begin().and_then(|()| self.fill(&mut group)).and_then(|()| self.commit());
        if written.is_err() {
            // Whatever state the connection is in, the next group gets a fresh one.
            self.db = None;
        } else {
            fault::point("committed");
            self.tell();
            // Full: it has been told already.
            let _ = self.written.try_send(());
        }
        self.untended += group.len();
        for job in group {
            job.answer(written.as_ref().copied());
        }
    }

    /// Does some of the upkeep. What fails is tried again another time.
    fn tend(&mut self) {
        let tend = self.tend;
        let tended = self.begin().and_then(|()| tend(self.db()?)).and_then(|more| self.commit().map(|()| more));
        match tended {
            Ok(true) => self.untended = TENDED_AFTER,
            Ok(false) => self.untended = 0,
            Err(_) => {
                self.db = None;
                self.untended = 0;
            }
        }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        let db = match self.db.take() {
            Some(db) => db,
            None => connect(&self.path, Mode::Write)?,
        };
        self.db.insert(db).run("BEGIN IMMEDIATE", [])?;
        Ok(())
    }

    fn db(&self) -> Result<&Connection, StoreError> {
        self.db.as_ref().ok_or_else(|| StoreError::Unavailable("it is not open".to_owned()))
    }

    /// Does the work of the group's first job and of those that come while it is not full.
    fn fill(&mut self, group: &mut Vec<Box<dyn Job>>) -> Result<(), StoreError> {
        let mut place = 0;
        while let Some(job) = group.get_mut(place) {
            if leaves_a_rest(self.db()?, job.as_mut())? {
                return self.write_apart(group);
            }
            place += 1;
            if place < GROUP && self.stopping.is_none() {
                match self.queue.try_recv() {
                    Ok(Order::Write(next)) => group.push(next),
                    Ok(Order::Stop(stopped)) => self.stopping = Some(stopped),
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Does the work of the whole group anew, so that what fails takes nothing of the others with it. Savepoints
    /// are dear, and hardly anything fails that has written already.
    fn write_apart(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        self.db()?.run("ROLLBACK", [])?;
        self.begin()?;
        let db = self.db()?;
        group.iter_mut().try_for_each(|job| write_one(db, job.as_mut()))
    }

    fn commit(&self) -> Result<(), StoreError> {
        self.db()?.run("COMMIT", []).map(|_| ())
    }

    /// Wakes those who follow, when there are new events.
    fn tell(&self) {
        if let Ok(newest) = self.db().and_then(newest_event) {
            self.events.send_if_modified(|known| std::mem::replace(known, newest) != newest);
        }
    }

    /// Notices what another process committed.
    fn look(&mut self) {
        let version = self.db().and_then(|db| db.one("PRAGMA data_version", [], |row| row.get::<_, i64>(0)));
        if let Ok(version) = version
            && version != self.seen
        {
            self.seen = version;
            self.tell();
        }
    }
}

/// Does one piece of work; gives whether it failed and something that it wrote is still there.
fn leaves_a_rest(db: &Connection, job: &mut dyn Job) -> Result<bool, StoreError> {
    let before = db.total_changes();
    let good = attempt(db, job)?;
    Ok(!good && db.total_changes() != before)
}

/// Does one piece of work in a savepoint; undoes it where it failed.
fn write_one(db: &Connection, job: &mut dyn Job) -> Result<(), StoreError> {
    db.run("SAVEPOINT work", [])?;
    if !attempt(db, job)? {
        db.run("ROLLBACK TO work", [])?;
    }
    db.run("RELEASE work", [])?;
    Ok(())
}

fn attempt(db: &Connection, job: &mut dyn Job) -> Result<bool, StoreError> {
    let good = job.write(db);
    if db.is_autocommit() {
        // SQLite itself has undone the whole transaction: the disk is full, or worse.
        return Err(StoreError::Unavailable("the transaction was undone".to_owned()));
    }
    Ok(good)
}

/// The number of the newest event that there ever was.
pub fn newest_event(db: &Connection) -> Result<Id, StoreError> {
    Ok(db.one("SELECT seq FROM sqlite_sequence WHERE name = 'events'", [], |row| row.get(0))?.unwrap_or_default())
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
