//! `countersign show`: a thread and its newest messages, oldest first, with what their actions would change.

use super::{
    Exit, Failure, Output,
    patience::patiently,
    plan,
    words::{self, Names},
};
use crate::{
    api::{Action, Kind, Message, ThreadDetail},
    blocks,
    cli::ShowArgs,
    net::{Client, MessageWindow},
    safe_text::SafeText,
};

pub(super) async fn run(arguments: ShowArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    let window = match arguments.before {
        None => MessageWindow { per_page: Some(arguments.limit), ..MessageWindow::default() },
        before => MessageWindow { before, limit: Some(arguments.limit), ..MessageWindow::default() },
    };
    let mut detail = patiently(async || client.thread(arguments.thread, &window).await).await?;
    hide_code(&mut detail);
    if output.json {
        output.object(&detail)?;
        return Ok(Exit::Done);
    }
    for line in lines(&detail) {
        output.text(&line)?;
    }
    if detail.has_more_messages == Some(true)
        && let Some(oldest) = detail.messages.first()
    {
        output.note(&format!("There are older messages: --before {}", oldest.id));
    }
    Ok(Exit::Done)
}

/// A server that forgets to hide code does not make us show it.
pub(super) fn hide_code(detail: &mut ThreadDetail) {
    for message in &mut detail.messages {
        message.message = blocks::redact(&message.message);
    }
}

pub(super) fn lines(detail: &ThreadDetail) -> Vec<SafeText> {
    let names = Names::of(&detail.participants);
    let people: Vec<String> = detail.participants.iter().map(|one| names.name(Some(one.user_id)).to_string()).collect();
    let mut lines = vec![
        SafeText::line(&format!("Thread {}: {}", detail.thread.id, words::title(&detail.thread))),
        SafeText::line(&format!("With {}", people.join(", "))),
    ];
    for message in &detail.messages {
        lines.push(SafeText::default());
        lines.extend(message_lines(message, &names));
    }
    lines
}

fn message_lines(message: &Message, names: &Names) -> Vec<SafeText> {
    let caused = if message.kind == Some(Kind::Result) { "the server, for " } else { "" };
    let edited = if message.edited_at.is_some() { ", edited" } else { "" };
    let who = names.name(message.created_by_id);
    let head = format!("Message {}, {caused}{who}, {}{edited}", message.id, words::when(message.created_at));
    let mut lines = vec![SafeText::line(&head)];
    lines.extend(SafeText::message(&blocks::decisions_in_words(&message.message)).lines());
    let actions = message.actions.as_deref().unwrap_or_default();
    lines.extend((1..).zip(actions).map(|(number, action)| action_line(action, (number, actions.len()), names)));
    lines.extend(plan::lines(&message.action_items));
    lines
}

/// Where an action stands, who decided and why, and what went wrong. One of several has a number, and the name by
/// which commands know it.
fn action_line(action: &Action, (number, count): (usize, usize), names: &Names) -> SafeText {
    let name = action.block.map_or_else(String::new, |block| format!(" (--block {block})"));
    let which = if count > 1 { format!(" {number} of {count}{name}") } else { String::new() };
    let mut parts = vec![format!("  Action{which}: {}", words::status(&action.status))];
    if action.decided_by_id.is_some() {
        let who = names.name(action.decided_by_id);
        parts.push(format!("decided by {who} {}", words::when(action.decided_at)));
    }
    if let Some(reason) = &action.reason {
        parts.push(format!("because: {}", SafeText::line(reason)));
    }
    if let Some(error) = &action.error {
        let place = error.line.map_or_else(String::new, |line| format!(" in line {line}"));
        let message = error.message.as_deref().unwrap_or("only its author is told more");
        parts.push(format!("{}{place}: {}", SafeText::line(&error.error_type), SafeText::line(message)));
    }
    SafeText::line(&parts.join(", "))
}
