//! Reading again where that may help. Only for calls that change nothing.

use std::time::Duration;

use crate::net::{Error, NetworkKind, retry};

/// How often a call is made at most.
const ATTEMPTS: u32 = 4;
/// A server that wants to be left alone for longer than this is not waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Makes an idempotent call until it succeeds, or until more of it is no use.
pub(super) async fn patiently<T>(call: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    let mut attempt = 0;
    loop {
        let error = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let pause = retry::delay(attempt, retry::random(), error.retry_after());
        attempt += 1;
        if attempt == ATTEMPTS || pause > PATIENCE || !is_worth_a_retry(&error) {
            return Err(error);
        }
        tokio::time::sleep(pause).await;
    }
}

/// Somebody sits before the command: an address where nobody answers is said at once.
fn is_worth_a_retry(error: &Error) -> bool {
    match error {
        Error::Network { kind, .. } => *kind == NetworkKind::Broken,
        other => other.is_transient(),
    }
}
