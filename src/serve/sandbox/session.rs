//! One request's runs: they share one worker and one allowance of time. Turns whatever happens to a worker
//! into a plan or an error that its code's author understands.

use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::time::timeout;

use super::{
    Account, SandboxError,
    conversation::{Broken, Host, NoRecords, converse},
    pool::{Place, Pool},
    process::{Death, Worker},
    records::{Overlay, RecordSource, Workspace},
    verdict::{Ended, Verdict},
    wire::{Inputs, Limits, Order},
};
use crate::{
    api::{ActionError, Id, Mode},
    config::server::SandboxSettings,
    serve::{model::Seen, plan::Plan},
};

/// What `context` holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// `None` while the thread comes to exist with the message.
    pub thread_id: Option<Id>,
    pub client_account_id: Id,
    pub relation_type: Option<String>,
    pub relation_id: Option<Id>,
    pub author_id: Id,
    /// Who approved; `None` in a preview and where no approval was needed.
    pub approver_id: Option<Id>,
    pub mode: Mode,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Ran {
    pub result: Result<Plan, ActionError>,
    /// What the code printed.
    pub output: String,
    /// What it read.
    pub seen: Vec<Seen>,
}

/// The runs of one request.
pub struct Session {
    pool: Pool,
    account: Account,
    left: Duration,
    held: Option<Held>,
}

/// A place in the pool with a worker in it; the worker goes with the place.
struct Held {
    worker: Option<Worker>,
    _place: Place,
}

impl Pool {
    /// For one request's runs, in the account's turn.
    #[must_use]
    pub fn session(&self, account: Account) -> Session {
        Session { pool: self.clone(), account, left: self.settings().request_timeout, held: None }
    }
}

impl Session {
    /// Runs an action's code on what `source` holds, as the blocks before it in `overlay` left it.
    ///
    /// # Errors
    /// When it could not be run; that it failed is in the result.
    pub async fn run(
        &mut self,
        code: &str,
        context: &Context,
        source: &impl RecordSource,
        overlay: &Overlay,
    ) -> Result<Ran, SandboxError> {
        let inputs = Inputs::Action { context: context.attributes() };
        let settings = self.pool.settings();
        let mut workspace = Workspace::new(source, overlay, &settings);
        let ended = self.execute(code, inputs, &mut workspace).await?;
        let (plan, seen) = workspace.finish();
        Ok(Ran { result: ended.result.map(|_| plan), output: ended.output, seen })
    }

    /// Whether a rule's condition holds of a change.
    ///
    /// # Errors
    /// As [`Self::run`]; that the condition failed is in the result.
    pub async fn holds(
        &mut self,
        condition: &str,
        before: Value,
        after: Value,
    ) -> Result<Result<bool, ActionError>, SandboxError> {
        let inputs = Inputs::Condition { before, after };
        // Between parentheses nothing is an expression but an expression, on however many lines.
        let expression = format!("(\n{condition}\n)");
        Ok(self.execute(&expression, inputs, &mut NoRecords).await?.result)
    }

    /// Gives the worker back while no code runs. The next run gets another one.
    pub fn rest(&mut self) {
        self.held = None;
    }

    async fn execute(&mut self, code: &str, inputs: Inputs, host: &mut impl Host) -> Result<Ended, SandboxError> {
        let mut worker = self.worker().await?;
        let settings = self.pool.settings();
        let allowed = settings.run_timeout.min(self.left);
        let order = Order::Run { code: code.to_owned(), inputs, limits: limits(&settings, allowed) };
        let started = Instant::now();
        let conversation = timeout(allowed, converse(&mut worker, &order, host)).await;
        self.left = self.left.saturating_sub(started.elapsed());
        let verdict = Verdict { settings: &settings, lines: code.lines().count() };
        let ended = match conversation {
            Ok(Ok(told)) => {
                if let Some(held) = &mut self.held {
                    held.worker = Some(worker);
                }
                verdict.of_report(told)
            }
            Ok(Err(Broken::Store(error))) => return Err(error.into()),
            Ok(Err(Broken::Worker)) => verdict.of_death(worker.death().await),
            Err(_) => verdict.of_death(Death::OutOfTime),
        };
        let cut_short = allowed < settings.run_timeout;
        if cut_short && ended.is_out_of_time() { Err(SandboxError::OutOfTime) } else { Ok(ended) }
    }

    /// The request's worker; a new one where there is none, or its last one died.
    async fn worker(&mut self) -> Result<Worker, SandboxError> {
        if self.left.is_zero() {
            return Err(SandboxError::OutOfTime);
        }
        let kept = match &mut self.held {
            Some(held) => held.worker.take(),
            none => {
                *none = Some(Held { worker: None, _place: self.pool.place(self.account).await? });
                None
            }
        };
        match kept {
            Some(worker) => Ok(worker),
            None => self.pool.worker().await,
        }
    }
}

/// The interpreter stops a little before its worker is killed, so that it can say in which line.
fn limits(settings: &SandboxSettings, allowed: Duration) -> Limits {
    Limits {
        milliseconds: u64::try_from(allowed.mul_f64(0.95).as_millis()).unwrap_or(u64::MAX),
        call_depth: settings.call_depth,
        output: settings.output,
    }
}

impl Context {
    fn attributes(&self) -> Map<String, Value> {
        let mode = if self.mode == Mode::Write { "write" } else { "preview" };
        [
            ("thread_id", self.thread_id.into()),
            ("client_account_id", self.client_account_id.into()),
            ("relation_type", self.relation_type.clone().into()),
            ("relation_id", self.relation_id.into()),
            ("author_id", self.author_id.into()),
            ("approver_id", self.approver_id.into()),
            ("mode", mode.into()),
            ("is_approved", self.approver_id.is_some().into()),
        ]
        .map(|(name, value): (&str, Value)| (name.to_owned(), value))
        .into_iter()
        .collect()
    }
}
