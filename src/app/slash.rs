//! Commands that are typed where one writes. None of them decides anything: `/approve` and `/reject` open the
//! review, where the keys are.

use super::{
    Call, Effect, Model, Overlay, PromptKind, find,
    model::Purpose,
    questions::{ask, search},
    review, starting, subject,
    update::drafts_changed,
};
use crate::api::Id;

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub name: &'static str,
    /// What comes after it, in a word.
    pub argument: &'static str,
    pub help: &'static str,
}

const fn command(name: &'static str, argument: &'static str, help: &'static str) -> Command {
    Command { name, argument, help }
}

/// Every command.
pub const COMMANDS: &[Command] = &[
    command("approve", "", "open the review of what awaits approval"),
    command("reject", "why", "open the review, this reason filled in"),
    command("new", "subject", "start a thread"),
    command("invite", "name", "add somebody to this thread"),
    command("search", "words", "find threads"),
    command("find", "words", "find words in this thread"),
    command("edit", "", "change your last message here"),
    command("help", "", "all keys"),
];

/// What a text is, as far as commands are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// Something to say.
    Text(String),
    Command {
        name: &'a str,
        argument: &'a str,
    },
}

/// Reads a text: `/name argument` is a command, `//` a slash.
#[must_use]
pub fn meaning(text: &str) -> Meaning<'_> {
    if let Some(rest) = text.strip_prefix("//") {
        return Meaning::Text(format!("/{rest}"));
    }
    match text.strip_prefix('/') {
        Some(rest) => {
            let (name, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            Meaning::Command { name, argument: argument.trim() }
        }
        None => Meaning::Text(text.to_owned()),
    }
}

/// Carries out a command. The composer is emptied where it could be.
pub fn run(model: &mut Model, name: &str, argument: &str) -> Vec<Effect> {
    if !COMMANDS.iter().any(|command| command.name == name) {
        let words = format!("There is no command /{name}. Write // for a text that begins with a slash.");
        return vec![model.say(words, true)];
    }
    let missing = COMMANDS.iter().any(|command| command.name == name && command.argument == "name");
    if missing && argument.is_empty() {
        return vec![model.say("Write a name after /invite; Tab completes it.", true)];
    }
    if let Some(conversation) = model.conversation_mut() {
        conversation.composer.set("");
    }
    let mut effects = drafts_changed(model);
    effects.extend(match name {
        "approve" => review::open_here(model),
        "reject" => reject(model, argument),
        "new" if argument.is_empty() => ask(model, PromptKind::NewThread),
        "new" => starting::start(model, argument.to_owned()),
        "invite" => invite(model, argument),
        "search" if argument.is_empty() => ask(model, PromptKind::Search),
        "search" => search(model, Some(argument.to_owned())),
        "find" if argument.is_empty() => ask(model, PromptKind::Find),
        "find" => find::begin(model, argument),
        "edit" => subject::edit(model),
        _ => {
            model.overlay = Some(Overlay::Help { top: 0 });
            Vec::new()
        }
    });
    effects
}

fn reject(model: &mut Model, why: &str) -> Vec<Effect> {
    let mut effects = review::open_here(model);
    if model.review.is_some() {
        effects.extend(review::reject(model));
    }
    let reason = model.review.as_mut().and_then(|review| review.reason.as_mut());
    if let Some(reason) = reason.filter(|_| !why.is_empty()) {
        reason.set(why);
    }
    effects
}

fn invite(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(thread) = model.open else { return Vec::new() };
    let wanted = name.to_lowercase();
    let ids: Vec<Id> = model.people.ids();
    let called = |id: &Id| model.people.name(*id).to_lowercase();
    let exact: Vec<Id> = ids.iter().copied().filter(|id| called(id) == wanted).collect();
    let begun: Vec<Id> = ids.iter().copied().filter(|id| called(id).starts_with(&wanted)).collect();
    let found = if exact.is_empty() { begun } else { exact };
    match *found.as_slice() {
        [user] => vec![model.request(Purpose::MemberAdded(thread), Call::AddParticipant { thread, user })],
        [] => vec![model.say(format!("Nobody is known as {name}."), true)],
        _ => vec![model.say(format!("Several people are called {name}: write the whole name."), true)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_begins_a_command_and_two_begin_a_text() {
        assert_eq!(meaning("/reject  too much "), Meaning::Command { name: "reject", argument: "too much" });
        assert_eq!(meaning("/help"), Meaning::Command { name: "help", argument: "" });
        assert_eq!(meaning("//usr/bin"), Meaning::Text("/usr/bin".to_owned()));
        assert_eq!(meaning("and/or"), Meaning::Text("and/or".to_owned()));
    }

    #[test]
    fn every_name_is_one_word_and_there_once() {
        let names: std::collections::HashSet<_> = COMMANDS.iter().map(|command| command.name).collect();
        assert_eq!(names.len(), COMMANDS.len());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase())));
    }
}
