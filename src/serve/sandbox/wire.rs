//! What server and worker say to each other: frames of JSON, each after its length (four bytes, little
//! endian). The server trusts nothing that a worker sends; a frame that is too long or makes no sense ends it.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::confine::Means;

/// The longest frame that a worker takes: the result of a large `find`.
pub(super) const MAX_ORDER: usize = 32 << 20;

/// What the server tells a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Comes first, once: the limits of the whole process.
    Start {
        memory: usize,
        cpu_seconds: u64,
    },
    Run {
        code: String,
        inputs: Inputs,
        limits: Limits,
    },
    /// What a call came to.
    Return(Value),
    /// The call raises this.
    Raise(Exception),
    /// The run ends with this; no `except` catches it.
    Abort(Exception),
}

/// What a run's code finds defined.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Inputs {
    /// `records` and `context`, whose attributes these are.
    Action { context: Map<String, Value> },
    /// `before` and `after`.
    Condition { before: Value, after: Value },
}

/// What one run may use up, as far as the worker itself counts it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Limits {
    pub milliseconds: u64,
    pub call_depth: usize,
    /// Bytes.
    pub output: usize,
}

/// What a worker tells the server.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The answer to `Start`.
    Ready { confined_by: Vec<Means> },
    /// Waits for `Return`, `Raise` or `Abort`.
    Call(Call),
    Finished {
        /// Whether the value of the last expression counts as true.
        truth: bool,
        output: String,
    },
    Failed {
        error: Exception,
        line: Option<u32>,
        output: String,
        /// More was printed than may be.
        flooded: bool,
    },
}

/// A call of a method of `records`.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Call {
    pub method: String,
    pub positional: Vec<Value>,
    pub named: Map<String, Value>,
}

/// A Python exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// The class.
    pub class: String,
    pub message: String,
}

impl Exception {
    pub(super) fn new(class: &str, message: impl Into<String>) -> Self {
        Self { class: class.to_owned(), message: message.into() }
    }

    pub(super) fn type_error(message: impl Into<String>) -> Self {
        Self::new("TypeError", message)
    }

    pub(super) fn value_error(message: impl Into<String>) -> Self {
        Self::new("ValueError", message)
    }
}

/// Reads a frame; `None` at the end of the stream.
pub(super) fn read<T: DeserializeOwned>(from: &mut impl Read, longest: usize) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut frame = vec![0; checked(u32::from_le_bytes(length), longest)?];
    from.read_exact(&mut frame)?;
    Ok(Some(serde_json::from_slice(&frame)?))
}

/// Writes a frame.
pub(super) fn write(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    to.write_all(&frame(message)?)?;
    to.flush()
}

/// [`read`] on the server's side, where the end of the stream is an error.
pub(super) async fn receive<T: DeserializeOwned>(from: &mut (impl AsyncRead + Unpin), longest: usize) -> io::Result<T> {
    let length = from.read_u32_le().await?;
    let mut frame = vec![0; checked(length, longest)?];
    from.read_exact(&mut frame).await?;
    Ok(serde_json::from_slice(&frame)?)
}

/// [`write`] on the server's side; takes a whole frame.
pub(super) async fn send(to: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    to.write_all(frame).await?;
    to.flush().await
}

pub(super) fn frame(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = u32::try_from(frame.len() - 4).map_err(io::Error::other)?;
    frame[..4].copy_from_slice(&length.to_le_bytes());
    Ok(frame)
}

fn checked(length: u32, longest: usize) -> io::Result<usize> {
    usize::try_from(length)
        .ok()
        .filter(|length| *length <= longest)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a frame is longer than may be"))
}

#[cfg(test)]
#[path = "wire_fuzz.rs"]
mod fuzz_tests;
