//! What could complete what is being written: a command after `/`, somebody's name after `@`.

use super::{Conversation, Effect, Model, slash, update::drafts_changed};
use crate::{api::Id, safe_text::SafeText};

/// As many as are offered at once.
const MOST: usize = 6;

/// What is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What was written of it so far; it stands right before the cursor.
    pub begun: String,
    pub kind: Kind,
    pub items: Vec<Item>,
}

/// What is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Command,
    Person,
}

/// One of the things that are offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What takes the place of what was begun.
    pub insert: String,
    pub label: SafeText,
    pub note: SafeText,
}

impl Model {
    /// What is offered where one writes, unless it was declined.
    #[must_use]
    pub fn completion(&self) -> Option<Completion> {
        let conversation = self.conversation()?;
        let composer = &conversation.composer;
        let (before, after) = composer.line_around_cursor();
        if !after.is_empty() && !after.starts_with(char::is_whitespace) {
            return None;
        }
        let may_command = composer.is_one_line() && after.is_empty() && conversation.editing.is_none();
        let completion = if may_command { of_command(self, before) } else { None };
        let completion = completion.or_else(|| of_person(self, conversation, before))?;
        let is_whole = matches!(completion.items.as_slice(), [only] if only.insert.trim_end() == completion.begun);
        let declined = conversation.declined.as_ref() == Some(&completion.begun);
        (!is_whole && !declined && !completion.items.is_empty()).then_some(completion)
    }
}

fn of_command(model: &Model, before: &str) -> Option<Completion> {
    let name = before.strip_prefix('/').filter(|rest| !rest.starts_with('/'))?;
    if let Some(person) = name.strip_prefix("invite ") {
        return Some(people(model, None, person, ""));
    }
    let begun = slash::COMMANDS.iter().filter(|command| command.name.starts_with(name));
    let items = begun.map(|command| {
        let space = if command.argument.is_empty() { "" } else { " " };
        Item {
            insert: format!("/{}{space}", command.name),
            label: SafeText::line(format!("/{} {}", command.name, command.argument).trim_end()),
            note: command.help.into(),
        }
    });
    Some(Completion { begun: before.to_owned(), kind: Kind::Command, items: items.collect() })
}

fn of_person(model: &Model, conversation: &Conversation, before: &str) -> Option<Completion> {
    let at = before.rfind('@')?;
    let starts = before[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"' | '>'));
    let name = &before[at + 1..];
    if !starts || name.chars().any(char::is_whitespace) {
        return None;
    }
    Some(people(model, Some(conversation), name, "@"))
}

/// People whose name, or a word of it, begins so: those of the conversation, or everybody.
fn people(model: &Model, conversation: Option<&Conversation>, begun: &str, sign: &str) -> Completion {
    let wanted = begun.to_lowercase();
    let me = model.me.as_ref().map(|me| me.id);
    let ids: Vec<Id> = match conversation {
        Some(conversation) => conversation.participants.iter().map(|participant| participant.user_id).collect(),
        None => model.people.ids(),
    };
    let mut found: Vec<(SafeText, bool)> = (ids.into_iter())
        .filter(|id| Some(*id) != me)
        .map(|id| (model.people.name(id), model.people.is_bot(id)))
        .filter(|(name, _)| {
            let name = name.to_lowercase();
            name.starts_with(&wanted) || name.split(' ').any(|word| word.starts_with(&wanted))
        })
        .collect();
    found.sort();
    found.dedup();
    let item = |(name, is_bot): (SafeText, bool)| Item {
        insert: format!("{sign}{name} "),
        note: if is_bot { "bot".into() } else { SafeText::default() },
        label: name,
    };
    let items = found.into_iter().take(MOST).map(item).collect();
    Completion { begun: format!("{sign}{begun}"), kind: Kind::Person, items }
}

/// Takes the chosen one.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(completion) = model.completion() else { return Vec::new() };
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let at = conversation.completion.min(completion.items.len().saturating_sub(1));
    if let Some(item) = completion.items.get(at) {
        conversation.composer.replace_before_cursor(&completion.begun, &item.insert);
    }
    conversation.completion = 0;
    drafts_changed(model)
}

/// The next or the previous one is chosen.
pub fn choose(model: &mut Model, step: isize) {
    let count = model.completion().map_or(0, |completion| completion.items.len());
    if let Some(conversation) = model.conversation_mut() {
        let at = conversation.completion.min(count.saturating_sub(1));
        conversation.completion = at.saturating_add_signed(step).min(count.saturating_sub(1));
    }
}

/// Esc: not now.
pub fn decline(model: &mut Model) {
    let begun = model.completion().map(|completion| completion.begun);
    if let Some(conversation) = model.conversation_mut() {
        conversation.declined = begun;
    }
}
