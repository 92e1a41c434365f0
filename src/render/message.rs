//! One message as rows: its Markdown, and its actions framed, each with where it stands and what it changes.
//! Code is never shown: the text is redacted once more, whatever came in.

use std::{cell::Cell, sync::Arc};

use ratatui::style::Style;
use serde_json::Value;

use super::{
    Days, Piece, Role, Row, Rows, Theme, Wrap,
    changes::{Fate, Field, lay_out_fields, marked, of_change},
    highlight::{Highlights, Job, Key},
    long::Order,
    markdown::{Found, lay_out_markdown},
    operation_sign, piece,
};
use crate::{
    api::{Action, Id, Mode, Operation, Status},
    blocks::{self, BlockType, Decision},
    safe_text::SafeText,
};

/// What rendering takes from around it.
pub struct Surroundings<'a> {
    pub theme: &'a Theme,
    pub days: &'a Days,
    /// What to call a user.
    pub name: &'a dyn Fn(Id) -> SafeText,
    /// Highlights that have been made.
    pub highlights: &'a dyn Fn(Key) -> Option<Arc<Highlights>>,
}

impl Surroundings<'_> {
    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Plain surroundings, for tests.
    #[cfg(test)]
    pub fn plain(then: impl FnOnce(&Surroundings)) {
        then(&Surroundings {
            theme: &Theme::terminal(super::Colours::Sixteen),
            days: &Days::utc(),
            name: &|id| SafeText::line(&format!("user {id}")),
            highlights: &|_| None,
        });
    }
}

/// What is shown of a message.
#[derive(Clone, Copy, Debug)]
pub struct MessageView<'a> {
    pub text: &'a str,
    pub items: &'a [Value],
    pub mode: Option<Mode>,
    /// `None`: the server does not say what became of code.
    pub actions: Option<&'a [Action]>,
    /// The server has it: only then has it decided anything.
    pub is_confirmed: bool,
}

/// A message as rows.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    pub rows: Vec<Row>,
    /// Code in it that could be highlighted and has not been.
    pub wants: Vec<Job>,
    /// These rows only hold its place: it is still to be laid out.
    pub order: Option<Order>,
}

/// Lays out a message.
#[must_use]
pub fn lay_out(view: &MessageView, width: usize, with: &Surroundings) -> Rendered {
    let text = blocks::redact(view.text);
    let mut rows = Rows::new(width);
    let blocks_seen = Cell::new(0_u32);
    let framed = Cell::new(false);
    let mut ours = |rows: &mut Rows, found: Found| {
        let after_its_code = framed.replace(found.top_level && found.block_type == BlockType::CodeAction);
        match (found.block_type, found.top_level) {
            (BlockType::CodeAction, true) => {
                let block = blocks_seen.replace(blocks_seen.get() + 1);
                frame_of_action(rows, with, view, block);
            }
            // The result of the code above it: its items stand in that frame.
            (BlockType::CodeResult, true) if after_its_code => {}
            (BlockType::CodeResult, true) => frame_of_result(rows, with, view),
            (BlockType::ApproveCodeAction | BlockType::RejectCodeAction, true) => {
                if let Some(decision) = Decision::read(found.block_type, found.body) {
                    lay_out_decision(rows, with, &decision, view.is_confirmed);
                }
            }
            (block_type, false) => {
                let words = format!("{} (quoted: it does nothing)", block_type.name());
                rows.row(&[piece(words, with.style(Role::Dim))]);
            }
        }
    };
    let wants = lay_out_markdown(&mut rows, with, &text, &mut ours);
    rows.trim_end();
    Rendered { rows: rows.rows, wants, order: None }
}

/// The sign, words and role of a status.
fn status_words(status: &Status) -> (&'static str, String, Role) {
    let (sign, words, role) = match status {
        Status::AwaitingApproval => ("◆", "awaits approval", Role::Warn),
        Status::Drifted => ("◆", "drifted, awaits approval anew", Role::Warn),
        Status::Written => ("✓", "written", Role::Good),
        Status::Rejected => ("✗", "rejected", Role::Bad),
        Status::Failed => ("!", "failed", Role::Bad),
        Status::Superseded => ("→", "superseded by a later action", Role::Dim),
        Status::Withdrawn => ("–", "withdrawn", Role::Dim),
        Status::Expired => ("○", "expired", Role::Dim),
        Status::Other(word) => return ("?", word.clone(), Role::Warn),
    };
    (sign, words.to_owned(), role)
}

fn frame_of_action(rows: &mut Rows, with: &Surroundings, view: &MessageView, block: u32) {
    let action = view.actions.and_then(|actions| actions.iter().find(|action| action.block == Some(block)));
    let (sign, words, role) = match (action, view.mode) {
        (Some(action), _) => status_words(&action.status),
        (None, Some(Mode::Preview)) => ("◇", "preview".to_owned(), Role::Accent),
        (None, Some(Mode::Write)) => ("✓", "written".to_owned(), Role::Good),
        (None, _) => ("◇", "not run yet".to_owned(), Role::Dim),
    };
    let until = action.filter(|action| action.status.waits()).and_then(|action| action.expires_at);
    let right = until.map(|until| piece(format!("until {}", with.days.stamp(until)), with.style(Role::Dim)));
    let badge = action.is_some_and(|action| action.status.waits());
    open_frame(rows, with, "action", (sign, &words), (role, badge), right);
    // Servers that know blocks put the block into every item; from others all items belong to the first.
    let of_block = |item: &&Value| item.get("block").map_or(block == 0, |of| of.as_u64() == Some(u64::from(block)));
    let items: Vec<&Value> = view.items.iter().filter(of_block).collect();
    let awaiting = badge || (action.is_none() && items.iter().any(|item| needs_approval(item)));
    lay_out_items(rows, with, &items);
    for line in action.into_iter().flat_map(|action| outcome_lines(action, with)) {
        rows.text(&[line], Wrap::Words);
    }
    close_frame(rows, with, role, if awaiting { "code hidden · a opens the review" } else { "code hidden" });
}

fn needs_approval(item: &Value) -> bool {
    item.get("needs_approval").and_then(Value::as_bool).unwrap_or(true)
}

/// What became of an action, beyond its status.
fn outcome_lines(action: &Action, with: &Surroundings) -> Vec<Piece> {
    let mut lines = Vec::new();
    if let Some(error) = &action.error {
        lines.push(piece(error.words(), with.style(Role::Bad)));
    }
    if let Some(by) = action.decided_by_id {
        let name = (with.name)(by);
        let when = action.decided_at.map(|at| format!(" · {}", with.days.stamp(at))).unwrap_or_default();
        let reason = action.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let verb = match action.status {
            Status::Written | Status::Failed => "approved by",
            Status::Rejected => "rejected by",
            _ => "decided by",
        };
        lines.push(piece(format!("{verb} {name}{when}{reason}"), with.style(Role::Dim)));
    }
    if let Some(output) = action.output.as_deref().map(str::trim_end).filter(|output| !output.is_empty()) {
        lines.push(piece("it printed:", with.style(Role::Dim)));
        lines.push(Piece { text: SafeText::message(output), style: with.style(Role::Code) });
    }
    lines
}

fn frame_of_result(rows: &mut Rows, with: &Surroundings, view: &MessageView) {
    let (sign, words, role) = match view.mode {
        Some(Mode::Write) if view.items.is_empty() => ("○", "nothing was changed", Role::Dim),
        Some(Mode::Write) => ("✓", "written", Role::Good),
        Some(Mode::Preview) => ("◆", "a fresh preview: the records had changed", Role::Warn),
        _ => ("○", "result", Role::Dim),
    };
    open_frame(rows, with, "result", (sign, words), (role, false), None);
    lay_out_items(rows, with, &view.items.iter().collect::<Vec<_>>());
    close_frame(rows, with, role, "");
}

/// `╭ ◆ action · awaits approval`, and from here on the frame's left side.
fn open_frame(
    rows: &mut Rows,
    with: &Surroundings,
    kind: &str,
    (sign, words): (&str, &str),
    (role, badge): (Role, bool),
    right: Option<Piece>,
) {
    let frame = with.style(role);
    let state = if badge {
        piece(format!(" {sign} {words} "), with.style(Role::Badge))
    } else {
        piece(format!("{sign} {words}"), frame)
    };
    rows.row_with_right(&[piece("╭ ", frame), piece(format!("{kind} "), with.style(Role::Dim)), state], right);
    rows.push_prefix(None, vec![piece("│ ", frame)]);
}

fn close_frame(rows: &mut Rows, with: &Surroundings, role: Role, hint: &str) {
    rows.pop_prefix();
    rows.row(&[piece("╰ ", with.style(role)), piece(hint, with.style(Role::Dim))]);
}

fn lay_out_items(rows: &mut Rows, with: &Surroundings, items: &[&Value]) {
    for (number, item) in items.iter().enumerate() {
        if number > 0 {
            rows.gap();
        }
        let operation = item.get("operation").and_then(Value::as_str);
        let operation: Option<Operation> = operation.and_then(|word| serde_json::from_value(Value::from(word)).ok());
        let (sign, role) = operation.as_ref().map_or(("?", Role::Dim), operation_sign);
        let word = operation.as_ref().map_or("preview", Operation::as_str);
        let title = item.get("title").and_then(Value::as_str).unwrap_or_default();
        let mut pieces = vec![piece(format!("{sign} {word} "), with.style(role))];
        pieces.extend(marked(&SafeText::exact(title), with.style(Role::Strong), with));
        rows.hanging(&pieces, &[piece("  ", Style::new())], Wrap::Words);
        let changes = item.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let fields: Vec<Field> = changes.iter().flat_map(of_change).filter(|field| field.fate != Fate::Said).collect();
        rows.push_prefix(None, vec![piece("  ", Style::new())]);
        lay_out_fields(rows, with, &fields);
        rows.pop_prefix();
    }
}

/// A decision: what it decided, in words, or what it would decide.
fn lay_out_decision(rows: &mut Rows, with: &Surroundings, decision: &Decision, is_confirmed: bool) {
    let (words, role) = match (decision.approves, is_confirmed) {
        (true, true) => ("✓ approved", Role::Good),
        (false, true) => ("✗ rejected", Role::Bad),
        (true, false) => ("wants to approve", Role::Dim),
        (false, false) => ("wants to reject", Role::Dim),
    };
    let open = if is_confirmed { "" } else { ", not confirmed" };
    let about = format!("{}{open}", decision.about());
    rows.text(&[piece(words, with.style(role)), piece(about, with.style(Role::Dim))], Wrap::Words);
    if !decision.reason.is_empty() {
        rows.text(&[Piece { text: SafeText::message(&decision.reason), style: with.style(Role::Text) }], Wrap::Words);
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
