//! What a run's end means to its code's author: the error's type, line and message, made from what a worker
//! says or how it died. Nothing that a worker says is passed on unbounded.

use std::time::Duration;

use super::{
    conversation::Told,
    process::Death,
    wire::{Exception, Report},
};
use crate::{api::ActionError, config::server::SandboxSettings};

/// The longest message of an error, in characters.
const MAX_MESSAGE: usize = 2_000;

/// The Python exceptions that limits of the interpreter raise.
const OUT_OF_TIME: &str = "TimeoutError";
const OUT_OF_MEMORY: &str = "MemoryError";

/// How the interpreter's words end for an exception that is made of anything else.
const ONE_STRING: &str = "exceptions can only be called with zero or one string argument";

/// How a run ended.
pub(super) struct Ended {
    /// Whether the value of the last expression counts as true, or what went wrong.
    pub result: Result<bool, ActionError>,
    pub output: String,
}

impl Ended {
    fn failed(error_type: &str, message: impl Into<String>) -> Self {
        let error = ActionError { error_type: error_type.to_owned(), line: None, message: Some(message.into()) };
        Self { result: Err(error), output: String::new() }
    }

    pub(super) fn is_out_of_time(&self) -> bool {
        matches!(&self.result, Err(error) if error.error_type == OUT_OF_TIME)
    }
}

/// Judges the end of a run of so many `lines`.
pub(super) struct Verdict<'a> {
    pub settings: &'a SandboxSettings,
    pub lines: usize,
}

impl Verdict<'_> {
    pub(super) fn of_report(&self, told: Told) -> Ended {
        let (result, output) = match told.report {
            Report::Finished { truth, output } => (Ok(truth), output),
            Report::Failed { error, line, output, flooded } => {
                let error = if flooded { self.flooded() } else { self.worded(error) };
                (Err((error, line)), output)
            }
            Report::Ready { .. } | Report::Call(_) => return self.of_death(Death::Crashed),
        };
        // A limit that the host has found broken counts whatever the worker says.
        let result = match (told.limit, result) {
            (None, result) => result,
            (Some(limit), Ok(_)) => Err((limit, None)),
            (Some(limit), Err((_, line))) => Err((limit, line)),
        };
        let result = result.map_err(|(error, line)| self.error(&error, line));
        Ended { result, output: cut(&output, self.settings.output) }
    }

    pub(super) fn of_death(&self, death: Death) -> Ended {
        match death {
            Death::OutOfTime => Ended::failed(OUT_OF_TIME, self.too_long()),
            Death::OutOfMemory => Ended::failed(OUT_OF_MEMORY, self.too_large()),
            Death::Crashed => Ended::failed("SandboxError", "the code broke the sandbox that it ran in"),
        }
    }

    fn error(&self, error: &Exception, line: Option<u32>) -> ActionError {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let class = error.class.trim();
        let known = !class.is_empty() && class.len() <= 64 && class.chars().all(is_name);
        let in_code = |line: &u32| (1..=self.lines.max(1)).contains(&usize::try_from(*line).unwrap_or(usize::MAX));
        ActionError {
            error_type: if known { class.to_owned() } else { "Exception".to_owned() },
            line: line.filter(in_code),
            message: Some(error.message.chars().take(MAX_MESSAGE).collect()),
        }
    }

    /// The interpreter's own words for its limits, put so that an author knows what to do.
    fn worded(&self, error: Exception) -> Exception {
        let message = match error.class.as_str() {
            OUT_OF_TIME if error.message.starts_with("time limit exceeded") => self.too_long(),
            OUT_OF_MEMORY if error.message.starts_with("memory limit exceeded") => self.too_large(),
            _ if error.message.ends_with(ONE_STRING) => {
                let message = "an exception takes one text at most here: raise KeyError('17'), not KeyError(17)";
                return Exception::new("TypeError", message);
            }
            _ => return error,
        };
        Exception { message, ..error }
    }

    fn flooded(&self) -> Exception {
        let message = format!("more was printed than the {} that a run may print", size(self.settings.output));
        Exception::new("OutputLimit", message)
    }

    fn too_long(&self) -> String {
        format!("the code ran longer than the {} that a run may take", seconds(self.settings.run_timeout))
    }

    fn too_large(&self) -> String {
        format!("the code's values took more than the {} that a run may use", size(self.settings.memory))
    }
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes.div_ceil(1 << 10)) }
}

/// The beginning of `text`: at most so many bytes of it.
fn cut(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}
