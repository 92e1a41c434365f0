//! Blocks said in words, for where a fence would tell nobody anything. What a block is, [`parse`] says.

use super::{BlockType, parse, redact};

/// What a block that decides says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub approves: bool,
    /// The message whose action it names.
    pub message: Option<String>,
    pub reason: String,
}

impl Decision {
    /// Reads a block's body; `None`: blocks of that type decide nothing.
    #[must_use]
    pub fn read(block_type: BlockType, body: &str) -> Option<Self> {
        let approves = match block_type {
            BlockType::ApproveCodeAction => true,
            BlockType::RejectCodeAction => false,
            BlockType::CodeAction | BlockType::CodeResult => return None,
        };
        let binds = |line: &&str| ["message_id:", "digest:", "block:"].iter().any(|key| line.trim().starts_with(key));
        let binding: Vec<&str> = body.lines().take_while(binds).collect();
        let message = binding.iter().find_map(|line| line.trim().strip_prefix("message_id:"));
        let reason: Vec<&str> = body.lines().skip(binding.len()).collect();
        Some(Self {
            approves,
            message: message.map(|id| id.trim().to_owned()),
            reason: reason.join("\n").trim().to_owned(),
        })
    }

    /// ` the action in message 4`; nothing where it names none.
    #[must_use]
    pub fn about(&self) -> String {
        self.message.as_ref().map(|id| format!(" the action in message {id}")).unwrap_or_default()
    }
}

/// A message's text with its decisions in words, the reason on lines of its own.
#[must_use]
pub fn decisions_in_words(text: &str) -> String {
    let mut said = String::new();
    let mut end = 0;
    for block in parse(text).top_level() {
        let Some(decision) = Decision::read(block.block_type, &block.body) else { continue };
        said.push_str(&text[end..block.span.start]);
        said.push_str(if decision.approves { "approved" } else { "rejected" });
        said.push_str(&decision.about());
        if !decision.reason.is_empty() {
            said.push('\n');
            said.push_str(&decision.reason);
        }
        end = block.span.end;
    }
    said.push_str(&text[end..]);
    said
}

/// An excerpt, its blocks named instead of shown as fences, and nothing hidden in it: an excerpt is one line,
/// so they can't be read as blocks any more.
#[must_use]
pub fn excerpt_in_words(excerpt: &str) -> String {
    let excerpt = redact(excerpt);
    let mut words = Vec::new();
    let (mut open, mut before) = (None, "");
    for word in excerpt.split_whitespace() {
        let bare = word.trim_start_matches('>');
        match (open, fence_of(bare)) {
            (None, Some((mark, length, info))) => {
                open = Some((mark, length));
                let is_nested = bare.len() < word.len() || is_marker(before);
                words.push(match BlockType::of_info(info) {
                    Some(_) if is_nested => "a quoted block",
                    Some(BlockType::CodeAction) => "an action",
                    Some(BlockType::CodeResult) => "a result",
                    Some(BlockType::ApproveCodeAction) => "approved",
                    Some(BlockType::RejectCodeAction) => "rejected",
                    None => "code",
                });
            }
            (None, None) => words.push(word),
            (Some((mark, length)), Some((other, longer, ""))) if mark == other && longer >= length => open = None,
            (Some(_), _) => {}
        }
        before = word;
    }
    // A result stands right after its action.
    words.dedup_by(|after, before| (*before, *after) == ("an action", "a result"));
    words.join(" ")
}

/// The mark and length of the fence that a word begins with, and what follows it.
fn fence_of(word: &str) -> Option<(char, usize, &str)> {
    let mark = word.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let info = word.trim_start_matches(mark);
    let length = word.len() - info.len();
    // Between backticks it is a piece of code in a sentence.
    (length >= 3 && !(mark == '`' && info.contains(mark))).then_some((mark, length, info))
}

/// Whether what follows a word stands in a quotation or a list, where a block does nothing.
fn is_marker(word: &str) -> bool {
    let number = word.trim_end_matches(['.', ')']);
    let is_number = number.len() < word.len() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    is_number || matches!(word, "-" | "*" | "+") || (!word.is_empty() && word.bytes().all(|b| b == b'>'))
}
