//! What a message says without its markup, and what in it can be copied or opened.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::{
    api::Message,
    blocks::{self, BlockType},
};

/// The words of a message as they are read on the screen: text, code, where links lead, what its actions do.
#[must_use]
pub fn of(message: &Message) -> String {
    let mut words = String::with_capacity(message.message.len());
    let mut targets = Vec::new();
    for event in Parser::new_ext(&message.message, blocks::OPTIONS) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                words.push_str(&text);
            }
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                targets.push((words.len(), dest_url));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                // A link that names its own target shows it once.
                if let Some((from, target)) = targets.pop()
                    && words.get(from..) != Some(&target)
                {
                    words.push_str(&target);
                }
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => words.push('\n'),
            _ => {}
        }
    }
    for item in &message.action_items {
        push_strings(&mut words, item.get("title"));
        for change in item.get("changes").and_then(Value::as_array).into_iter().flatten() {
            for part in ["field", "before", "after"] {
                push_strings(&mut words, change.get(part));
            }
        }
    }
    words
}

fn push_strings(words: &mut String, value: Option<&Value>) {
    match value {
        Some(Value::String(text)) => {
            words.push('\n');
            words.push_str(text);
        }
        Some(Value::Number(number)) => {
            words.push('\n');
            words.push_str(&number.to_string());
        }
        _ => {}
    }
}

/// A block of code that can be copied by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    pub language: String,
    pub code: String,
}

/// The blocks of code in a text, hidden ones aside.
#[must_use]
pub fn code_blocks(text: &str) -> Vec<CodeBlock> {
    use pulldown_cmark::CodeBlockKind;
    let mut found = Vec::new();
    let mut open: Option<CodeBlock> = None;
    for event in Parser::new_ext(text, blocks::OPTIONS) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = if let CodeBlockKind::Fenced(info) = kind { info.to_string() } else { String::new() };
                let language = info.split_whitespace().next().unwrap_or_default().to_owned();
                open = Some(CodeBlock { language, code: String::new() })
                    .filter(|_| !BlockType::of_info(&info).is_some_and(BlockType::hides_body));
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

/// Where a text's links lead, in order, each once: those written as links, and addresses that just stand there.
#[must_use]
pub fn links(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |target: &str| {
        if !target.is_empty() && !found.iter().any(|known| known == target) {
            found.push(target.to_owned());
        }
    };
    let mut code = false;
    // The parser may hand out a line's text in several pieces.
    let mut line = String::new();
    for event in Parser::new_ext(text, blocks::OPTIONS) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                bare_addresses(&line).for_each(&mut add);
                line.clear();
                add(&dest_url);
            }
            Event::Text(text) if !code => line.push_str(&text),
            _ => {
                bare_addresses(&line).for_each(&mut add);
                line.clear();
            }
        }
    }
    bare_addresses(&line).for_each(&mut add);
    found
}

fn bare_addresses(text: &str) -> impl Iterator<Item = &str> {
    let begins = |word: &&str| word.starts_with("https://") || word.starts_with("http://");
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '(' | ')' | '‹' | '›'));
    words.filter(begins).map(|word| word.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']))
}

/// Whether a link may be handed to a browser: what leads to the web or to a letter, and nothing else.
#[must_use]
pub fn may_be_opened(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| matches!(scheme.as_str(), "http" | "https" | "mailto"))
        && !target.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// A text as a quote, its hidden code left out.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut kept = text.to_owned();
    // From the end, so that what comes before keeps its place.
    for block in blocks::parse(text).top_level().collect::<Vec<_>>().into_iter().rev() {
        kept.replace_range(block.span.clone(), "");
    }
    let mut quote = String::with_capacity(kept.len() + 16);
    for line in kept.trim().lines() {
        quote.push_str(if line.is_empty() { ">" } else { "> " });
        quote.push_str(line);
        quote.push('\n');
    }
    quote
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_once_wherever_they_stand() {
        let text = "See [the list](https://a.example/x), https://b.example/y. and <https://a.example/x>\n\n`https://c.example`\n\n```\nhttps://d.example\n```\n![logo](img.png) (http://e.example)";
        assert_eq!(links(text), ["https://a.example/x", "https://b.example/y", "img.png", "http://e.example"]);
    }

    #[test]
    fn only_the_web_and_letters_are_opened() {
        for (target, opened) in [
            ("https://a.example", true),
            ("mailto:a@b.example", true),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)", false),
            ("--help", false),
            ("https://a.example/\nx", false),
        ] {
            assert_eq!(may_be_opened(target), opened, "{target}");
        }
    }

    #[test]
    fn blocks_of_code_are_given_out_without_hidden_ones() {
        let text = "a\n```py x\na = 1\n```\n```codeaction\n[code hidden]\n```\n    plain\n";
        let found: Vec<_> = code_blocks(text).into_iter().map(|block| (block.language, block.code)).collect();
        assert_eq!(found, [("py".to_owned(), "a = 1\n".to_owned()), (String::new(), "plain\n".to_owned())]);
    }

    #[test]
    fn a_quote_leaves_out_what_acts() {
        let text = "Here is the booking.\n\nSoon\n```codeaction\n[code hidden]\n```\n";
        assert_eq!(quoted(text), "> Here is the booking.\n>\n> Soon\n");
    }
}
