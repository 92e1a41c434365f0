//! Who is who: names by user id, gathered from everything the server says.

use std::collections::HashMap;

use crate::{
    api::{Id, Me, Participant, Person, UserKind},
    safe_text::SafeText,
};

/// Everybody known by name.
#[derive(Clone, Debug, Default)]
pub struct People {
    by_id: HashMap<Id, Person>,
    version: u64,
}

impl People {
    /// What to call a user.
    #[must_use]
    pub fn name(&self, id: Id) -> SafeText {
        match self.by_id.get(&id).map(|person| person.name.trim()) {
            Some(name) if !name.is_empty() => SafeText::line(name),
            _ => SafeText::line(&format!("user {id}")),
        }
    }

    /// Whether anything is known of a user.
    #[must_use]
    pub fn knows(&self, id: Id) -> bool {
        self.by_id.contains_key(&id)
    }

    /// Whether a user is known to be a program.
    #[must_use]
    pub fn is_bot(&self, id: Id) -> bool {
        self.by_id.get(&id).is_some_and(|person| person.kind == UserKind::Bot)
    }

    /// All of them with their names, in the order of those.
    #[must_use]
    pub fn everybody(&self) -> Vec<(Id, SafeText)> {
        let mut everybody: Vec<(Id, SafeText)> = self.by_id.keys().map(|id| (*id, self.name(*id))).collect();
        everybody.sort_by_cached_key(|(_, name)| name.to_lowercase());
        everybody
    }

    /// Everybody.
    #[must_use]
    pub fn ids(&self) -> Vec<Id> {
        self.by_id.keys().copied().collect()
    }

    /// Everybody's name by id.
    #[must_use]
    pub fn names(&self) -> HashMap<Id, SafeText> {
        self.by_id.keys().map(|id| (*id, self.name(*id))).collect()
    }

    /// Changes whenever somebody is known otherwise than before.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    pub fn learn(&mut self, people: impl IntoIterator<Item = Person>) {
        for person in people {
            if self.by_id.get(&person.id) != Some(&person) {
                self.version += 1;
                self.by_id.insert(person.id, person);
            }
        }
    }

    pub fn learn_participants(&mut self, participants: &[Participant]) {
        self.learn(participants.iter().filter_map(|participant| participant.user.clone()));
    }

    pub fn learn_me(&mut self, me: &Me) {
        self.learn([Person { id: me.id, name: me.name.clone(), kind: me.kind }]);
    }
}
