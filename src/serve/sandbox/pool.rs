//! How many workers there are, and whose turn it is: a bounded number of runs at one time, a bounded queue,
//! accounts served in turn and none with more than its share, clean workers started ahead.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::available_parallelism,
};

use tokio::{sync::oneshot, time::timeout};

use super::{
    Account, SandboxError,
    confine::Means,
    process::{Recipe, Worker},
};
use crate::config::server::SandboxSettings;

/// The workers, and who is waiting for one; cheap to clone.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Arc<SandboxSettings>,
    recipe: Recipe,
    /// Runs at one time.
    places: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Places that are taken, by account.
    taken: BTreeMap<Account, usize>,
    queue: Queue,
    /// Workers that have run nothing yet.
    clean: Vec<Worker>,
    starting: usize,
    /// What confines the workers; `None` until the first has started.
    confined_by: Option<Vec<Means>>,
}

/// An account's right to keep one worker busy. Dropping it hands it on.
pub(super) struct Place {
    account: Account,
    pool: Option<Pool>,
}

impl Pool {
    /// A pool that starts its first workers at once. Needs a tokio runtime.
    #[must_use]
    pub fn new(settings: &SandboxSettings) -> Self {
        let cores = || available_parallelism().map_or(1, std::num::NonZero::get);
        let places = if settings.workers == 0 { 2 * cores() } else { settings.workers };
        let recipe = Recipe::new(settings);
        let inner = Inner { settings: Arc::new(settings.clone()), recipe, places, state: Mutex::default() };
        let pool = Self { inner: Arc::new(inner) };
        pool.prepare();
        pool
    }

    /// Whether code can be run, and what confines it.
    ///
    /// # Errors
    /// With the reason, when no worker starts.
    pub async fn ready(&self) -> Result<Vec<Means>, String> {
        if !self.state().has_clean() {
            let worker = self.start().await.map_err(|error| self.complaint(&error))?;
            self.state().clean.push(worker);
        }
        Ok(self.state().confined_by.clone().unwrap_or_default())
    }

    pub(super) fn settings(&self) -> Arc<SandboxSettings> {
        Arc::clone(&self.inner.settings)
    }

    /// Waits for the account's turn.
    pub(super) async fn place(&self, account: Account) -> Result<Place, SandboxError> {
        let waiting = {
            let mut state = self.state();
            if state.has_place_for(account, self.inner.places) {
                return Ok(self.give(&mut state, account));
            }
            state.queue.join(account, self.inner.settings.queue).ok_or(SandboxError::Busy)?
        };
        // The other end is dropped where another account's turn takes precedence in a full queue. Nobody waits
        // longer than the runs of a request may take: by then its client has given up.
        match timeout(self.inner.settings.request_timeout, waiting).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(SandboxError::Busy),
        }
    }

    fn give(&self, state: &mut State, account: Account) -> Place {
        *state.taken.entry(account).or_default() += 1;
        Place { account, pool: Some(self.clone()) }
    }

    /// Gives free places to those whose turn it is.
    fn hand_on(&self) {
        let places = self.inner.places;
        loop {
            let mut state = self.state();
            let State { taken, queue, .. } = &mut *state;
            let Some((account, waiting)) = queue.next(|account| has_place_for(taken, account, places)) else { return };
            let place = self.give(&mut state, account);
            // Dropping a place locks the state.
            drop(state);
            if let Err(mut refused) = waiting.send(place) {
                // Whoever waited is gone: the place goes to the next, not back through this function.
                refused.pool = None;
                self.state().leave(account);
            }
        }
    }

    /// A clean worker.
    pub(super) async fn worker(&self) -> Result<Worker, SandboxError> {
        let ready = {
            let mut state = self.state();
            if state.has_clean() { state.clean.pop() } else { None }
        };
        let worker = match ready {
            Some(worker) => worker,
            None => self.start().await.map_err(|error| SandboxError::Broken(self.complaint(&error)))?,
        };
        self.prepare();
        Ok(worker)
    }

    /// Starts as many clean workers as there are places, so that the next request need not wait for one.
    fn prepare(&self) {
        let missing = {
            let mut state = self.state();
            let missing = self.inner.places.saturating_sub(state.clean.len() + state.starting);
            state.starting += missing;
            missing
        };
        for _ in 0..missing {
            let pool = self.clone();
            tokio::spawn(async move {
                let started = pool.start().await;
                let mut state = pool.state();
                state.starting -= 1;
                match started {
                    Ok(worker) => state.clean.push(worker),
                    Err(error) => tracing::warn!("{}", pool.complaint(&error)),
                }
            });
        }
    }

    async fn start(&self) -> std::io::Result<Worker> {
        let (worker, confined_by) = self.inner.recipe.start().await?;
        if self.state().confined_by.replace(confined_by.clone()).is_none() {
            announce(&confined_by);
        }
        Ok(worker)
    }

    fn complaint(&self, error: &std::io::Error) -> String {
        format!("no sandbox worker starts from {}: {error}", self.inner.recipe.program().display())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says once what confines the workers, and what does not.
fn announce(confined_by: &[Means]) {
    tracing::info!(?confined_by, "sandbox workers start");
    let lacking = Means::lacking(confined_by);
    if !lacking.is_empty() {
        tracing::warn!(?lacking, "this system confines sandbox workers less than others do");
    }
}

impl State {
    /// Whether a worker that has run nothing yet is there; forgets those that died.
    fn has_clean(&mut self) -> bool {
        self.clean.retain_mut(Worker::is_alive);
        !self.clean.is_empty()
    }

    fn has_place_for(&self, account: Account, places: usize) -> bool {
        has_place_for(&self.taken, account, places)
    }

    fn leave(&mut self, account: Account) {
        if let Some(own) = self.taken.get_mut(&account) {
            *own -= 1;
            if *own == 0 {
                self.taken.remove(&account);
            }
        }
    }
}

/// Half of the places, and never more than are free: one account cannot keep the others from all of them.
fn has_place_for(taken: &BTreeMap<Account, usize>, account: Account, places: usize) -> bool {
    let own = taken.get(&account).copied().unwrap_or_default();
    taken.values().sum::<usize>() < places && own < places.div_ceil(2)
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(pool) = self.pool.take() else { return };
        pool.state().leave(self.account);
        pool.hand_on();
    }
}

/// Who waits for a place: first come, first served within an account, and the accounts in turn.
struct Queue<T = Place> {
    waiting: BTreeMap<Account, VecDeque<oneshot::Sender<T>>>,
    /// The account whose turn was last.
    last: Option<Account>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), last: None }
    }
}

impl<T> Queue<T> {
    /// Joins the queue of at most `longest`; `None` when it is full. From a full queue an account with fewer
    /// waiting takes the last place of the one with the most, so that no account can shut out another.
    fn join(&mut self, account: Account, longest: usize) -> Option<oneshot::Receiver<T>> {
        self.forget_gone();
        if self.len() >= longest {
            let own = self.waiting.get(&account).map_or(0, VecDeque::len);
            let (_, most) = self.waiting.iter_mut().max_by_key(|(_, queue)| queue.len())?;
            if own + 1 >= most.len() {
                return None;
            }
            most.pop_back();
        }
        let (place, waiting) = oneshot::channel();
        self.waiting.entry(account).or_default().push_back(place);
        Some(waiting)
    }

    /// Whose turn it is, of those who may.
    fn next(&mut self, may: impl Fn(Account) -> bool) -> Option<(Account, oneshot::Sender<T>)> {
        self.forget_gone();
        let may_go = || self.waiting.keys().copied().filter(|account| may(*account));
        let account = may_go().find(|account| Some(*account) > self.last).or_else(|| may_go().next())?;
        self.last = Some(account);
        Some((account, self.waiting.get_mut(&account)?.pop_front()?))
    }

    fn len(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    fn forget_gone(&mut self) {
        self.waiting.retain(|_, queue| {
            queue.retain(|place| !place.is_closed());
            !queue.is_empty()
        });
    }
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
