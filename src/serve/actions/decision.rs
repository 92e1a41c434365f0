//! What stands in an `approvecodeaction` or `rejectcodeaction` block: what it is bound to, and why.

use std::str::FromStr;

use super::Refusal;
use crate::{
    api::{Binding, Id},
    blocks::{Block, BlockType},
};

/// A decision as it was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// What was seen; `None`: the thread's last codeaction, whatever it shows.
    pub binding: Option<Binding>,
    pub kind: Kind,
}

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Approve,
    Reject { reason: Option<String> },
}

/// Reads a decision block.
///
/// # Errors
/// 422, for a body that is no decision.
pub(super) fn read(block: &Block) -> Result<Decision, Refusal> {
    let (lines, rest) = binding_lines(&block.body)?;
    let binding = lines.finish()?;
    let rest = rest.trim();
    if block.block_type == BlockType::RejectCodeAction {
        let reason = (!rest.is_empty()).then(|| rest.to_owned());
        return Ok(Decision { binding, kind: Kind::Reject { reason } });
    }
    if !rest.is_empty() {
        return Err(Refusal::message(
            "an approvecodeaction block is empty, or holds the lines `message_id:`, `digest:` and perhaps `block:`",
        ));
    }
    Ok(Decision { binding, kind: Kind::Approve })
}

/// The lines of a binding, as far as they were read.
#[derive(Default)]
struct Lines {
    message_id: Option<Id>,
    digest: Option<String>,
    block: Option<u32>,
}

/// Takes the binding lines off the beginning of a body. A blank line ends them, and so does any other line.
fn binding_lines(body: &str) -> Result<(Lines, &str), Refusal> {
    let mut lines = Lines::default();
    let mut rest = body;
    while let Some((line, after)) = first_line(rest)
        && lines.take(line)?
    {
        rest = after;
    }
    Ok((lines, rest))
}

fn first_line(text: &str) -> Option<(&str, &str)> {
    (!text.is_empty()).then(|| text.split_once('\n').unwrap_or((text, "")))
}

impl Lines {
    /// Takes a line in, if it is one of a binding.
    fn take(&mut self, line: &str) -> Result<bool, Refusal> {
        let Some((name, value)) = line.split_once(':') else { return Ok(false) };
        let value = value.trim();
        match name.trim() {
            "message_id" => set(&mut self.message_id, number(value).filter(|id| *id > 0), name),
            "digest" => set(&mut self.digest, digest(value), name),
            // After the two others it may just as well be the first word of a reason.
            "block" if self.is_bound() && number::<u32>(value).is_none() => Ok(false),
            "block" => set(&mut self.block, number(value), name),
            _ => Ok(false),
        }
    }

    fn is_bound(&self) -> bool {
        self.message_id.is_some() && self.digest.is_some()
    }

    fn finish(self) -> Result<Option<Binding>, Refusal> {
        match (self.message_id, self.digest, self.block) {
            (None, None, None) => Ok(None),
            (Some(message_id), Some(digest), block) => Ok(Some(Binding { message_id, digest, block })),
            _ => Err(Refusal::message("a decision is bound by both lines, `message_id:` and `digest:`, or by neither")),
        }
    }
}

fn set<T>(place: &mut Option<T>, value: Option<T>, name: &str) -> Result<bool, Refusal> {
    match value {
        None => {
            Err(Refusal::message(format!("the line `{}:` of a decision does not hold what it should", name.trim())))
        }
        Some(_) if place.is_some() => {
            Err(Refusal::message(format!("the line `{}:` of a decision stands there twice", name.trim())))
        }
        Some(value) => {
            *place = Some(value);
            Ok(true)
        }
    }
}

/// What decimal digits alone write, without a sign.
fn number<T: FromStr>(value: &str) -> Option<T> {
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok())?
}

fn digest(value: &str) -> Option<String> {
    (value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| value.to_ascii_lowercase())
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
