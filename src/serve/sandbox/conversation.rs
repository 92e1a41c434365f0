//! The talk between server and worker during one run: the worker calls, the host answers, until it ends.

use serde_json::Value;

use super::{
    process::Worker,
    wire::{Call, Exception, MAX_ORDER, Order, Report, frame},
};
use crate::serve::model::StoreError;

/// Whoever answers the calls of a run.
pub(super) trait Host: Send {
    fn call(&mut self, call: Call) -> impl Future<Output = Result<Value, CallError>> + Send;
}

/// Why a call has no result.
#[derive(Debug)]
pub(super) enum CallError {
    /// The code may catch it.
    Raise(Exception),
    /// A limit is broken: the run ends.
    Limit(Exception),
    Store(StoreError),
}

impl From<Exception> for CallError {
    fn from(exception: Exception) -> Self {
        Self::Raise(exception)
    }
}

impl From<StoreError> for CallError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a run is left with that came to its own end.
pub(super) struct Told {
    /// `Finished` or `Failed`.
    pub report: Report,
    /// The limit that the host ended it for.
    pub limit: Option<Exception>,
}

/// Why a run came to no end of its own.
pub(super) enum Broken {
    /// The worker is gone, or talks nonsense.
    Worker,
    Store(StoreError),
}

/// Has `worker` carry out `order` and answers its calls.
pub(super) async fn converse(worker: &mut Worker, order: &Order, host: &mut impl Host) -> Result<Told, Broken> {
    let mut limit = None;
    tell(worker, order).await?;
    loop {
        let call = match worker.receive().await.map_err(|_| Broken::Worker)? {
            Report::Call(call) => call,
            Report::Ready { .. } => return Err(Broken::Worker),
            report @ (Report::Finished { .. } | Report::Failed { .. }) => return Ok(Told { report, limit }),
        };
        if limit.is_some() {
            return Err(Broken::Worker);
        }
        let answer = match host.call(call).await {
            Ok(value) => Order::Return(value),
            Err(CallError::Raise(exception)) => Order::Raise(exception),
            Err(CallError::Limit(exception)) => {
                limit = Some(exception.clone());
                Order::Abort(exception)
            }
            Err(CallError::Store(error)) => return Err(Broken::Store(error)),
        };
        tell(worker, &answer).await?;
    }
}

async fn tell(worker: &mut Worker, order: &Order) -> Result<(), Broken> {
    let mut bytes = frame(order).map_err(|_| Broken::Worker)?;
    if bytes.len() > MAX_ORDER {
        let too_much = Exception::new("MemoryError", "that is too much at once: ask for fewer records");
        bytes = frame(&Order::Raise(too_much)).map_err(|_| Broken::Worker)?;
    }
    worker.send(&bytes).await.map_err(|_| Broken::Worker)
}

/// The host of a run that has no `records`.
pub(super) struct NoRecords;

impl Host for NoRecords {
    async fn call(&mut self, _: Call) -> Result<Value, CallError> {
        Err(Exception::new("NameError", "name 'records' is not defined").into())
    }
}
