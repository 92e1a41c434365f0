//! Markdown to rows, in the one dialect of the product ([`blocks::OPTIONS`]). Blocks of our own types are left
//! to whoever knows what became of them.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use ratatui::style::{Modifier, Style};

use super::{Piece, Role, Rows, Surroundings, Wrap, code::lay_out_code, highlight::Job, piece, table::Table};
use crate::{
    blocks::{self, BlockType},
    safe_text::SafeText,
};

/// The longest line that separates parts of a text.
const RULE: usize = 48;

/// A block of our types, as it stands in the text.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    pub block_type: BlockType,
    /// Neither in a quote nor in a list: it acts.
    pub top_level: bool,
    pub body: &'a str,
}

/// Lays out `text`; `ours` lays out each block of our types. Returns what could be highlighted.
pub fn lay_out_markdown(
    rows: &mut Rows,
    with: &Surroundings,
    text: &str,
    ours: &mut dyn FnMut(&mut Rows, Found),
) -> Vec<Job> {
    let mut writer = Writer {
        rows,
        with,
        ours,
        inline: Vec::new(),
        styles: Vec::new(),
        lists: Vec::new(),
        containers: 0,
        code: None,
        links: Vec::new(),
        table: None,
        jobs: Vec::new(),
    };
    for event in Parser::new_ext(text, blocks::OPTIONS) {
        writer.take(event);
    }
    writer.flush();
    writer.jobs
}

struct Writer<'a, 'w> {
    rows: &'a mut Rows,
    with: &'a Surroundings<'w>,
    ours: &'a mut dyn FnMut(&mut Rows, Found),
    /// Text of the paragraph, heading or cell that is being read.
    inline: Vec<Piece>,
    /// Styles of the open spans, outermost first.
    styles: Vec<Style>,
    /// The number of the next item of each open list; `None` in one without numbers.
    lists: Vec<Option<u64>>,
    /// Open quotes and list items.
    containers: usize,
    /// Info string and body of the open code block.
    code: Option<(String, String)>,
    /// Targets of the open links and images, with the text read so far.
    links: Vec<(String, String)>,
    table: Option<Table>,
    jobs: Vec<Job>,
}

impl Writer<'_, '_> {
    fn take(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, body)) => body.push_str(&text),
                None => self.say(&text, Style::new()),
            },
            Event::Code(code) => {
                let dim = self.with.style(Role::Dim);
                self.say("`", dim);
                self.say(&code, self.with.style(Role::Accent));
                self.say("`", dim);
            }
            // Whoever writes line by line in a chat means lines.
            Event::SoftBreak | Event::HardBreak => self.push(SafeText::message("\n"), Style::new()),
            Event::Html(html) | Event::InlineHtml(html) => {
                self.push(SafeText::message(&html), self.with.style(Role::Dim));
            }
            Event::Rule => {
                self.rows.gap();
                let rule = "─".repeat(self.rows.room().min(RULE));
                self.rows.row(&[piece(rule, self.with.style(Role::Dim))]);
            }
            Event::TaskListMarker(done) => {
                self.say(if done { "[x] " } else { "[ ] " }, self.with.style(Role::Accent));
            }
            // Not in this dialect.
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.say(&text, Style::new());
            }
        }
    }

    fn start(&mut self, tag: Tag) {
        let theme = |role| self.with.style(role);
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.begin_block(),
            Tag::Heading { level, .. } => {
                self.begin_block();
                let underline = if level == HeadingLevel::H1 { Modifier::UNDERLINED } else { Modifier::empty() };
                self.styles.push(self.with.style(Role::Heading).add_modifier(underline));
            }
            Tag::BlockQuote(_) => {
                self.begin_block();
                let bar = vec![piece("▎ ", theme(Role::Accent))];
                self.rows.push_prefix(Some(bar.clone()), bar);
                self.styles.push(self.with.style(Role::Quote));
                self.containers += 1;
            }
            Tag::CodeBlock(kind) => {
                self.begin_block();
                let info = if let CodeBlockKind::Fenced(info) = kind { info.to_string() } else { String::new() };
                self.code = Some((info, String::new()));
            }
            Tag::List(start) => {
                self.flush();
                if self.lists.is_empty() {
                    self.rows.gap();
                }
                self.lists.push(start);
            }
            Tag::Item => self.begin_item(),
            Tag::Table(alignments) => {
                self.begin_block();
                self.table = Some(Table::new(alignments));
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.begin_row();
                }
            }
            Tag::Emphasis => self.styles.push(theme(Role::Emphasis)),
            Tag::Strong => self.styles.push(theme(Role::Strong)),
            Tag::Strikethrough => self.styles.push(Style::new().add_modifier(Modifier::CROSSED_OUT)),
            Tag::Link { dest_url, .. } => {
                self.links.push((dest_url.to_string(), String::new()));
                self.styles.push(self.with.style(Role::Link));
            }
            Tag::Image { dest_url, .. } => {
                self.links.push((dest_url.to_string(), String::new()));
                self.say("image: ", self.with.style(Role::Dim));
                self.styles.push(self.with.style(Role::Emphasis));
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.flush(),
            TagEnd::Heading(_) => {
                self.flush();
                self.styles.pop();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.rows.pop_prefix();
                self.styles.pop();
                self.containers -= 1;
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
            }
            TagEnd::Item => {
                self.flush();
                self.rows.pop_prefix();
                self.containers -= 1;
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(table) = &mut self.table {
                    table.push_cell(cell);
                }
            }
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    table.lay_out(self.rows, self.with);
                }
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => {
                self.styles.pop();
                self.end_link();
            }
            _ => {}
        }
    }

    fn begin_block(&mut self) {
        self.flush();
        self.rows.gap();
    }

    fn begin_item(&mut self) {
        self.flush();
        let depth = self.lists.len();
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number += 1;
                mark
            }
            _ if depth % 2 == 1 => "• ".to_owned(),
            _ => "◦ ".to_owned(),
        };
        let indent = piece(" ".repeat(mark.chars().count()), Style::new());
        self.rows.push_prefix(Some(vec![piece(mark, self.with.style(Role::Accent))]), vec![indent]);
        self.containers += 1;
    }

    fn end_code(&mut self) {
        let Some((info, body)) = self.code.take() else { return };
        if let Some(block_type) = BlockType::of_info(&info) {
            (self.ours)(self.rows, Found { block_type, top_level: self.containers == 0, body: &body });
        } else {
            let language = info.split_whitespace().next().unwrap_or_default();
            self.jobs.extend(lay_out_code(self.rows, self.with, language, &body));
        }
    }

    /// Where a link leads is always to be seen, unless its text says so.
    fn end_link(&mut self) {
        let Some((target, text)) = self.links.pop() else { return };
        let told = target == text || target.strip_prefix("mailto:") == Some(&text);
        if !told && !target.is_empty() {
            self.say(&format!(" ‹{target}›"), self.with.style(Role::Dim));
        }
    }

    fn say(&mut self, text: &str, style: Style) {
        self.push(SafeText::line(text), style);
    }

    fn push(&mut self, text: SafeText, style: Style) {
        if let Some((_, link_text)) = self.links.last_mut() {
            link_text.push_str(&text);
        }
        let base = self.styles.iter().fold(self.with.style(Role::Text), |style, span| style.patch(*span));
        self.inline.push(Piece { text, style: base.patch(style) });
    }

    /// The paragraph that has been read becomes rows.
    fn flush(&mut self) {
        let mut inline = std::mem::take(&mut self.inline);
        // An HTML block's text ends in a line break.
        if let Some(last) = inline.last_mut().filter(|last| last.text.ends_with('\n')) {
            last.text = SafeText::message(last.text.trim_end_matches('\n'));
        }
        if inline.iter().any(|piece| !piece.text.is_empty()) {
            self.rows.text(&inline, Wrap::Words);
        }
    }
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
