//! Who takes part in a thread: listed, added from the people one shares an account with, taken out after a
//! question.

use super::{
    Answer, Call, Effect, Failure, FailureKind, Finder, Loading, Model, Outcome, Overlay, finder::stepped,
    model::Purpose,
};
use crate::{
    api::{Id, Participant},
    safe_text::SafeText,
};

/// The participants of one thread.
#[derive(Clone, Debug)]
pub struct Members {
    pub thread: Id,
    pub list: Vec<Participant>,
    pub loading: Loading,
    pub at: usize,
    pub step: MembersStep,
}

/// What one is about to do.
#[derive(Clone, Debug)]
pub enum MembersStep {
    Looking,
    /// Somebody is looked for, to be added.
    Adding(Box<Candidates>),
    /// Whether this one is to be taken out is asked.
    Removing(Participant),
}

/// Those who could be added.
#[derive(Clone, Debug)]
pub struct Candidates {
    pub finder: Finder,
    pub people: Vec<(Id, SafeText)>,
    /// The server does not say who there is: whoever is named by their number could be added as well.
    pub by_number: bool,
}

impl Candidates {
    fn of(people: Vec<(Id, SafeText)>, by_number: bool) -> Self {
        let finder = Finder::new(people.iter().map(|(_, name)| &**name));
        Self { finder, people, by_number }
    }

    fn find(&mut self) {
        let people = &self.people;
        self.finder.find(people.iter().map(|(_, name)| &**name));
    }

    /// Whose number is typed, where that is how somebody is named and no row fits.
    #[must_use]
    pub fn typed_number(&self) -> Option<Id> {
        let typed = self.finder.query.text().trim().parse().ok();
        typed.filter(|id| *id > 0 && self.by_number && self.finder.found.is_empty())
    }

    fn chosen(&self) -> Option<Id> {
        let row = self.finder.chosen().and_then(|at| self.people.get(at));
        row.map(|(id, _)| *id).or_else(|| self.typed_number())
    }
}

/// Opens the list for the thread in the message pane.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let Some(thread) = model.open else { return vec![model.say("Choose a thread first.", false)] };
    let list = model.conversation().map(|conversation| conversation.participants.clone()).unwrap_or_default();
    let members = Members { thread, list, loading: Loading::Waiting, at: 0, step: MembersStep::Looking };
    model.overlay = Some(Overlay::Members(Box::new(members)));
    if model.awaits(&Purpose::Members(thread)) {
        return Vec::new();
    }
    vec![model.request(Purpose::Members(thread), Call::Participants(thread))]
}

fn members(model: &mut Model) -> Option<&mut Members> {
    match &mut model.overlay {
        Some(Overlay::Members(members)) => Some(members),
        _ => None,
    }
}

pub fn step(model: &mut Model, rows: isize) {
    match members(model) {
        Some(Members { step: MembersStep::Adding(candidates), .. }) => candidates.finder.step(rows),
        Some(members) => members.at = stepped(members.at, rows, members.list.len()),
        None => {}
    }
}

/// Looks for somebody to add.
pub fn add(model: &mut Model) -> Vec<Effect> {
    let (everybody, by_number) = (model.people.everybody(), model.lacks.people);
    let Some(members) = members(model) else { return Vec::new() };
    let takes_part = |id: Id| members.list.iter().any(|member| member.user_id == id);
    let people: Vec<(Id, SafeText)> = everybody.into_iter().filter(|(id, _)| !takes_part(*id)).collect();
    if people.is_empty() && !by_number {
        return vec![model.say("Everybody you share an account with takes part already.", false)];
    }
    members.step = MembersStep::Adding(Box::new(Candidates::of(people, by_number)));
    Vec::new()
}

/// Something was typed to find somebody.
pub fn typed(model: &mut Model) {
    if let Some(Members { step: MembersStep::Adding(candidates), .. }) = members(model) {
        candidates.find();
    }
}

/// Asks whether the chosen one is to be taken out.
pub fn remove(model: &mut Model) -> Vec<Effect> {
    if let Some(members) = members(model)
        && let Some(member) = members.list.get(members.at).cloned()
    {
        members.step = MembersStep::Removing(member);
    }
    Vec::new()
}

/// Adds the one who was found, or takes out the one who was asked about.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    let Some(members) = members(model) else { return Vec::new() };
    let thread = members.thread;
    match std::mem::replace(&mut members.step, MembersStep::Looking) {
        MembersStep::Looking => Vec::new(),
        MembersStep::Adding(candidates) => {
            let Some(user) = candidates.chosen() else { return Vec::new() };
            vec![model.request(Purpose::MemberAdded(thread), Call::AddParticipant { thread, user })]
        }
        MembersStep::Removing(member) => {
            let call = Call::RemoveParticipant { thread, participant: member.id };
            vec![model.request(Purpose::MemberRemoved { thread, member: Box::new(member) }, call)]
        }
    }
}

/// One step back: to the list, then out of it.
pub fn back(model: &mut Model) {
    match members(model) {
        Some(members) if !matches!(members.step, MembersStep::Looking) => members.step = MembersStep::Looking,
        _ => model.overlay = None,
    }
}

/// The list came, or did not.
pub fn listed(model: &mut Model, thread: Id, outcome: Outcome) {
    if let Ok(Answer::Participants(list)) = &outcome {
        model.people.learn_participants(list);
        if let Some(conversation) = model.conversations.get_mut(&thread) {
            conversation.participants.clone_from(list);
        }
    }
    let Some(members) = members(model).filter(|members| members.thread == thread) else { return };
    match outcome {
        Ok(Answer::Participants(list)) => {
            members.list = list;
            members.loading = Loading::Loaded;
            members.at = stepped(members.at, 0, members.list.len());
        }
        Ok(_) => {}
        Err(failure) => members.loading = Loading::Failed(SafeText::line(&failure.words)),
    }
}

/// Somebody was added, or not.
pub fn added(model: &mut Model, thread: Id, outcome: Outcome) -> Vec<Effect> {
    let member = match outcome {
        Ok(Answer::Participant(member)) => member,
        Ok(_) => return Vec::new(),
        Err(failure) => return refused(model, "Nobody was added", &failure),
    };
    model.people.learn_participants(std::slice::from_ref(&member));
    let name = model.people.name(member.user_id);
    change(model, thread, |list| {
        if !list.iter().any(|known| known.id == member.id) {
            list.push(member.clone());
        }
    });
    vec![model.say(format!("{name} takes part now."), false)]
}

/// Somebody was taken out, or not.
pub fn removed(model: &mut Model, thread: Id, member: &Participant, outcome: Outcome) -> Vec<Effect> {
    if let Err(failure) = outcome {
        return refused(model, "Nobody was taken out", &failure);
    }
    let name = model.people.name(member.user_id);
    change(model, thread, |list| list.retain(|known| known.id != member.id));
    vec![model.say(format!("{name} takes part no longer."), false)]
}

/// Changes the list wherever it is held; who is chosen stays chosen.
pub fn change(model: &mut Model, thread: Id, change: impl Fn(&mut Vec<Participant>)) {
    if let Some(conversation) = model.conversations.get_mut(&thread) {
        change(&mut conversation.participants);
    }
    if let Some(members) = members(model).filter(|members| members.thread == thread) {
        let chosen = members.list.get(members.at).map(|member| member.id);
        change(&mut members.list);
        let at = members.list.iter().position(|member| Some(member.id) == chosen);
        members.at = at.unwrap_or_else(|| stepped(members.at, 0, members.list.len()));
    }
}

fn refused(model: &mut Model, what: &str, failure: &Failure) -> Vec<Effect> {
    let words = match failure.kind {
        FailureKind::Unsupported => "this server can't do that",
        _ => &failure.words,
    };
    vec![model.say(format!("{what}: {words}"), true)]
}
