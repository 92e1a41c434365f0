//! Names and times as people read them.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::{
    api::{Id, Participant, Status, Thread, Time},
    safe_text::SafeText,
};

/// What to call the users whose ids stand in messages.
#[derive(Default)]
pub(super) struct Names(HashMap<Id, SafeText>);

impl Names {
    pub fn of(participants: &[Participant]) -> Self {
        let named = participants.iter().filter_map(|one| one.user.as_ref());
        Self(named.map(|user| (user.id, SafeText::line(&user.name))).collect())
    }

    /// A user's name, or where it is not known, the id.
    pub fn name(&self, user_id: Option<Id>) -> SafeText {
        match user_id {
            Some(id) => self.0.get(&id).cloned().unwrap_or_else(|| SafeText::line(&format!("user {id}"))),
            None => SafeText::line("somebody"),
        }
    }
}

/// What a thread is called: its subject, or what it is about.
pub(super) fn title(thread: &Thread) -> SafeText {
    let about = match (&thread.relation_type, thread.relation_id) {
        (Some(kind), Some(id)) => format!("{kind} #{id}"),
        (Some(kind), None) => kind.clone(),
        (None, Some(id)) => format!("#{id}"),
        (None, None) => format!("thread {}", thread.id),
    };
    match thread.subject.as_deref().filter(|subject| !subject.trim().is_empty()) {
        Some(subject) => SafeText::line(subject),
        None => SafeText::line(&about),
    }
}

/// In the reader's time zone, to the minute.
pub(super) fn when(time: Option<Time>) -> String {
    time.map_or_else(String::new, |time| {
        time.timestamp().to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
    })
}

/// A status as words.
pub(super) fn status(status: &Status) -> SafeText {
    match status {
        Status::Drifted => "drifted, awaiting approval anew".into(),
        other => SafeText::line(&other.as_str().replace('_', " ")),
    }
}
