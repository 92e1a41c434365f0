//! Fenced blocks of our types in a message's text: find them, hide their bodies, put hidden bodies back.
//!
//! This is the one reading of a text that execution, redaction and display share: two readings of one
//! text is how secrets leak. It decides nothing about what a block may do.

use std::{borrow::Cow, ops::Range};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::api::{Binding, CODE_HIDDEN};

#[path = "blocks_words.rs"]
mod words;

pub use words::{Decision, decisions_in_words, excerpt_in_words};

/// The Markdown dialect of every text in the product.
pub const OPTIONS: Options =
    Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// The types of block that mean something to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockType {
    CodeAction,
    CodeResult,
    ApproveCodeAction,
    RejectCodeAction,
}

impl BlockType {
    /// The type that an info string names: its first word, ASCII case-insensitive.
    #[must_use]
    pub fn of_info(info: &str) -> Option<Self> {
        let word = info.split_whitespace().next()?;
        [Self::CodeAction, Self::CodeResult, Self::ApproveCodeAction, Self::RejectCodeAction]
            .into_iter()
            .find(|known| word.eq_ignore_ascii_case(known.name()))
    }

    /// The word after the fence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CodeAction => "codeaction",
            Self::CodeResult => "coderesult",
            Self::ApproveCodeAction => "approvecodeaction",
            Self::RejectCodeAction => "rejectcodeaction",
        }
    }

    /// Whether nobody may be served the body.
    #[must_use]
    pub fn hides_body(self) -> bool {
        matches!(self, Self::CodeAction | Self::CodeResult)
    }
}

/// One fenced block of our types. Spans are byte offsets into the text it was found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub block_type: BlockType,
    /// Neither in a quote nor in a list. Only such blocks act.
    pub top_level: bool,
    /// The content as Markdown reads it: container prefixes and fence indentation gone, lines end in `\n`.
    pub body: String,
    /// From the opening fence to the end of the closing one, or of the text.
    pub span: Range<usize>,
    /// The lines between the fences, container prefixes included; empty where there are none.
    pub body_span: Range<usize>,
    /// Where what must be hidden begins. In a quote or a list that is after the prefix of the first line
    /// that is not blank, so that what takes its place stays inside; `None`: nothing but blank lines.
    hide_from: Option<usize>,
}

impl Block {
    /// Whether the body is exactly what the server serves in place of hidden code.
    #[must_use]
    pub fn is_redacted(&self) -> bool {
        self.body.strip_suffix('\n').unwrap_or(&self.body) == CODE_HIDDEN
    }

    /// Takes in a piece of the content, which stands at `span`.
    fn add(&mut self, content: &str, span: &Range<usize>) {
        if self.hide_from.is_none() && !content.trim().is_empty() {
            let blank_lines = content.len() - content.trim_start_matches('\n').len();
            self.hide_from = Some(span.start + blank_lines);
        }
        self.body.push_str(content);
        self.body_span.end = self.body_span.end.max(span.end);
    }

    /// Settles what depends on the whole block.
    fn finished(mut self, text: &str) -> Self {
        if self.top_level {
            if !self.is_closed(text) {
                self.body_span.end = self.span.end;
            }
            self.hide_from = Some(self.body_span.start).filter(|_| !self.body_span.is_empty());
        }
        self
    }

    /// The opening fence: its character and how often it stands there.
    fn fence(&self, text: &str) -> (char, usize) {
        let opening = &text[self.span.start..];
        let mark = opening.chars().next().unwrap_or('`');
        (mark, opening.chars().take_while(|c| *c == mark).count())
    }

    /// Whether a closing fence stands at the end; else the block runs to the end of the text.
    fn is_closed(&self, text: &str) -> bool {
        let (mark, length) = self.fence(text);
        let tail = text[self.body_span.end..self.span.end].trim();
        tail.len() >= length && tail.chars().all(|c| c == mark)
    }
}

/// What [`parse`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// In the order in which they stand.
    pub blocks: Vec<Block>,
    /// HTML blocks in which something looks like a fence of our types: Markdown reads none there, so
    /// the server refuses such a text.
    pub html_fences: Vec<Range<usize>>,
}

impl Parsed {
    /// The blocks that act.
    pub fn top_level(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.top_level)
    }

    /// The acting blocks of one type.
    pub fn of_type(&self, block_type: BlockType) -> impl Iterator<Item = &Block> {
        self.top_level().filter(move |block| block.block_type == block_type)
    }
}

/// Finds the blocks of our types in `text`.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    if may_hold_blocks(text) { parse_all(text) } else { Parsed::default() }
}

/// Whether `text` has a fence, and a name of ours or what may spell one otherwise: most texts have not, and are not
/// worth the parser's time.
fn may_hold_blocks(text: &str) -> bool {
    const NAMES: [&[u8]; 2] = [b"codeaction", b"coderesult"];
    let has_fence = text.contains("```") || text.contains("~~~");
    let is_name = |word: &[u8]| NAMES.iter().any(|name| word.eq_ignore_ascii_case(name));
    has_fence && (text.contains(['&', '\\']) || text.as_bytes().windows(NAMES[0].len()).any(is_name))
}

fn parse_all(text: &str) -> Parsed {
    let text = &*with_line_feeds(text);
    let mut parsed = Parsed::default();
    let mut containers = 0_usize;
    let mut open: Option<Block> = None;
    for (event, span) in Parser::new_ext(text, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(Tag::BlockQuote(_) | Tag::Item | Tag::FootnoteDefinition(_)) => containers += 1,
            Event::End(TagEnd::BlockQuote(_) | TagEnd::Item | TagEnd::FootnoteDefinition) => containers -= 1,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = BlockType::of_info(&info).map(|block_type| opened(text, block_type, containers == 0, span));
            }
            Event::Text(content) => {
                if let Some(block) = &mut open {
                    block.add(&content, &span);
                }
            }
            Event::End(TagEnd::CodeBlock) => parsed.blocks.extend(open.take().map(|block| block.finished(text))),
            Event::Start(Tag::HtmlBlock) if has_fence_of_ours(&text[span.clone()]) => parsed.html_fences.push(span),
            _ => {}
        }
    }
    parsed
}

/// `text` with a line feed for each carriage return that has none: both end a line (`CommonMark` 2.1), but the parser
/// takes the second for one in some places only. Every byte keeps its place.
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    let is_lone = |at: usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    if !text.match_indices('\r').any(|(at, _)| is_lone(at)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.char_indices().map(|(at, c)| if c == '\r' && is_lone(at) { '\n' } else { c }).collect())
}

/// A block of which only the opening line has been read.
fn opened(text: &str, block_type: BlockType, top_level: bool, span: Range<usize>) -> Block {
    let after = text[span.clone()].find('\n').map_or(span.end, |line| span.start + line + 1);
    Block { block_type, top_level, body: String::new(), body_span: after..after, hide_from: None, span }
}

/// Whether a run of three or more fence characters is followed by the name of one of our types.
fn has_fence_of_ours(html: &str) -> bool {
    html.lines().any(|line| {
        line.match_indices(['`', '~']).any(|(at, mark)| {
            let rest = &line[at..];
            let info = rest.trim_start_matches(mark);
            rest.len() - info.len() >= 3 && BlockType::of_info(info).is_some()
        })
    })
}

/// `text` as it may be served: every `codeaction` and `coderesult` body, wherever it stands, replaced by
/// `[code hidden]`; nothing else touched. Redacting twice changes nothing more.
#[must_use]
pub fn redact(text: &str) -> String {
    let parsed = parse(text);
    let bodies = parsed.blocks.iter().filter(|block| block.block_type.hides_body());
    let mut hidden: Vec<(usize, Range<usize>)> = bodies
        .filter_map(|block| Some((block.hide_from?, block.body_span.clone())))
        .chain(parsed.html_fences.iter().map(|span| (span.start, span.clone())))
        .collect();
    if hidden.is_empty() {
        return text.to_owned();
    }
    hidden.sort_by_key(|(_, span)| span.start);
    let lines = with_line_feeds(text);
    let mut redacted = String::with_capacity(text.len());
    let mut done = 0;
    for (from, span) in hidden {
        redacted.push_str(&text[done..span.start]);
        redacted.push_str(line_prefix(&lines[span.start..from]));
        redacted.push_str(CODE_HIDDEN);
        redacted.push_str(line_end(&lines[span.clone()]));
        done = span.end;
    }
    redacted.push_str(&text[done..]);
    redacted
}

/// What stands before the end of `text` on its last line.
fn line_prefix(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
}

fn line_end(text: &str) -> &str {
    if text.ends_with("\r\n") {
        "\r\n"
    } else if text.ends_with('\n') {
        "\n"
    } else {
        ""
    }
}

/// Why [`restore`] refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    #[error("a block says `[code hidden]`, but the stored message has no {} block in that place", .0.name())]
    NothingHidden(BlockType),
    #[error("the hidden code does not fit between these fences: leave the fences of hidden blocks as they were served")]
    DoesNotFit,
}

/// Puts the bodies that `stored` holds back where `edited` says `[code hidden]` (top-level blocks only,
/// matched by type and ordinal), so that a client can edit what it got redacted.
///
/// # Errors
/// When there is no such body, or when the text would then not parse to exactly those bodies.
pub fn restore(edited: &str, stored: &str) -> Result<String, RestoreError> {
    let (parsed, source) = (parse(edited), parse(stored));
    let mut restored = String::with_capacity(edited.len() + stored.len());
    let mut expected = Vec::new();
    let mut done = 0;
    let mut ordinals = [0_usize; 2];
    for block in parsed.top_level().filter(|block| block.block_type.hides_body()) {
        let ordinal = &mut ordinals[usize::from(block.block_type == BlockType::CodeResult)];
        let original = source.of_type(block.block_type).nth(*ordinal);
        *ordinal += 1;
        if !block.is_redacted() {
            expected.push(block.body.as_str());
            continue;
        }
        let original = original.ok_or(RestoreError::NothingHidden(block.block_type))?;
        expected.push(original.body.as_str());
        restored.push_str(&edited[done..block.body_span.start]);
        restored.push_str(&stored[original.body_span.clone()]);
        done = block.body_span.end;
    }
    restored.push_str(&edited[done..]);
    let result = parse(&restored);
    let bodies = result.top_level().filter(|block| block.block_type.hides_body()).map(|block| block.body.as_str());
    if bodies.eq(expected) && redact(&restored) == redact(edited) {
        Ok(restored)
    } else {
        Err(RestoreError::DoesNotFit)
    }
}

/// `text` with the closing fence of a top-level `codeaction` that was never closed: how such a text is read and
/// kept, since how the last line of an open block is read depends on what comes after it.
#[must_use]
pub fn closed(text: &str) -> Cow<'_, str> {
    let parsed = parse(text);
    match parsed.of_type(BlockType::CodeAction).last() {
        Some(block) if !block.is_closed(text) => {
            let (mark, length) = block.fence(text);
            let line_break = if text.ends_with('\n') { "" } else { "\n" };
            let fence: String = std::iter::repeat_n(mark, length).collect();
            Cow::Owned(format!("{text}{line_break}{fence}"))
        }
        _ => Cow::Borrowed(text),
    }
}

/// `text` with one `coderesult` block after each of its top-level `codeaction` blocks, in order: on the line
/// after the closing fence, which is added where the block was never closed.
#[must_use]
pub fn insert_results(text: &str, results: &[String]) -> String {
    let text = closed(text);
    let mut with_results =
        String::with_capacity(text.len() + results.iter().map(|json| json.len() + 24).sum::<usize>());
    let mut done = 0;
    for (block, json) in parse(&text).of_type(BlockType::CodeAction).zip(results) {
        with_results.push_str(&text[done..block.span.end]);
        done = block.span.end;
        with_results.push('\n');
        with_results.push_str(&result_block(json));
    }
    with_results.push_str(&text[done..]);
    with_results
}

/// A `coderesult` block around `json`, out of which nothing can break: fence characters are escaped.
#[must_use]
pub fn result_block(json: &str) -> String {
    let escaped = json.replace('`', "\\u0060").replace('~', "\\u007e");
    format!("```coderesult\n{escaped}\n```")
}

/// A block that approves or rejects. `binding`: what was seen; `None` only for a server that knows no bindings.
/// `reason` goes with a rejection. The fence is longer than any in the reason, which so cannot end it.
#[must_use]
pub fn decision_block(block_type: BlockType, binding: Option<&Binding>, reason: &str) -> String {
    let longest = reason.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    let lines = binding.map(Binding::lines).unwrap_or_default();
    let reason = reason.trim_end();
    let end = if reason.is_empty() { "" } else { "\n" };
    format!("{fence}{}\n{lines}{reason}{end}{fence}", block_type.name())
}

#[cfg(test)]
#[path = "blocks_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "blocks_fuzz.rs"]
mod fuzz_tests;
