//! What a posted text is to the server: plain, code to run, or a decision; and which texts it refuses. Reads
//! blocks through the one parser.

use super::{
    Refusal,
    decision::{self, Decision},
};
use crate::blocks::{self, Block, BlockType, Parsed};

/// The longest text, in bytes.
pub(super) const MAX_TEXT: usize = 65_536;

/// The most blocks of a message that act.
const MAX_BLOCKS: usize = 16;

/// What there is to do with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Plain,
    /// The code of each top-level codeaction, in order.
    Code(Vec<String>),
    Decision(Decision),
}

/// Whether something other than storing is to be done with `text`, if it is valid.
pub(super) fn acts(text: &str) -> bool {
    let parsed = blocks::parse(text);
    parsed.top_level().any(|block| block.block_type != BlockType::CodeResult)
}

/// What a new text is.
///
/// # Errors
/// 422, for a text that may not be posted.
pub(super) fn read(text: &str) -> Result<Content, Refusal> {
    let parsed = check(text, MAX_TEXT)?;
    if parsed.of_type(BlockType::CodeResult).next().is_some() {
        return Err(Refusal::message("a coderesult block comes from the server alone: leave it out, or quote it"));
    }
    let codes = codes(&parsed)?;
    let mut decisions = parsed
        .top_level()
        .filter(|block| matches!(block.block_type, BlockType::ApproveCodeAction | BlockType::RejectCodeAction));
    match (decisions.next(), decisions.next()) {
        (None, _) if codes.is_empty() => Ok(Content::Plain),
        (None, _) => Ok(Content::Code(codes)),
        (Some(_), Some(_)) => Err(Refusal::message("a message takes one decision: post the others each on its own")),
        (Some(_), None) if !codes.is_empty() => {
            Err(Refusal::message("a decision cannot stand beside a codeaction: post each on its own"))
        }
        (Some(block), None) => Ok(Content::Decision(decision::read(block)?)),
    }
}

/// What holds of every text, posted or edited, of at most so many bytes; gives its blocks.
///
/// # Errors
/// 422.
pub(super) fn check(text: &str, longest: usize) -> Result<Parsed, Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::message("is blank: write something"));
    }
    if text.contains('\0') {
        return Err(Refusal::message("contains a NUL character: take it out"));
    }
    if text.len() > longest {
        return Err(Refusal::message(format!("is longer than {longest} bytes of UTF-8: split it")));
    }
    let parsed = blocks::parse(&blocks::closed(text));
    if !parsed.html_fences.is_empty() {
        return Err(Refusal::message(
            "has a code block inside HTML, which would not be read as one: put a blank line before it, or take the HTML out",
        ));
    }
    let acting = parsed.top_level().filter(|block| block.block_type != BlockType::CodeResult).count();
    if acting > MAX_BLOCKS {
        return Err(Refusal::message(format!("has more than {MAX_BLOCKS} blocks that act: split it")));
    }
    Ok(parsed)
}

/// The code of each top-level codeaction.
///
/// # Errors
/// 422, where there is none in one of them.
pub(super) fn codes(parsed: &Parsed) -> Result<Vec<String>, Refusal> {
    let code = |block: &Block| {
        if block.is_redacted() {
            Err(Refusal::message("a codeaction says `[code hidden]` in place of its code: send the code itself"))
        } else if block.body.trim().is_empty() {
            Err(Refusal::message("a codeaction is empty: put code into it, or leave it out"))
        } else {
            Ok(block.body.clone())
        }
    };
    parsed.of_type(BlockType::CodeAction).map(code).collect()
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
