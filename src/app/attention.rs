//! What deserves the attention of somebody who is not looking at the window: said once, in one sentence.
//! Whether the server told it or was asked makes no difference here.

use std::collections::BTreeSet;

use super::{Effect, Loading, Model, model::title, review::Subject};
use crate::{
    api::{Id, Thread},
    blocks,
    safe_text::SafeText,
};

/// Columns of what a message says.
const EXCERPT: usize = 100;

/// What has been noticed so far.
#[derive(Clone, Debug, Default)]
pub struct Attention {
    /// What waited; `None`: not known yet.
    waiting: Option<BTreeSet<Subject>>,
    /// The newest message.
    newest: Option<Id>,
}

/// Notices what is new, and says it where nobody looks.
pub fn news(model: &mut Model) -> Option<Effect> {
    let actions = new_actions(model);
    let mut threads = threads_with_news(model);
    if model.window_focused == Some(true) {
        return None;
    }
    let heeded = |id: &Id| !model.muted.contains(id);
    let actions: Vec<Id> = actions.into_iter().filter(heeded).collect();
    // A proposal is a message too.
    threads.retain(|thread| heeded(&thread.id) && !actions.contains(&thread.id));
    let words = match (actions.as_slice(), threads.as_slice()) {
        ([], []) => return None,
        ([thread], []) => format!("{}: an action awaits approval", model.title(*thread)),
        ([], [thread]) => said(model, thread),
        _ => {
            let actions = counted(actions.len(), "an action awaits approval", "actions await approval");
            let threads = counted(threads.len(), "something new in a thread", "threads with something new");
            actions.into_iter().chain(threads).collect::<Vec<_>>().join(", ")
        }
    };
    Some(Effect::Notify(SafeText::line(&words)))
}

fn counted(count: usize, one: &str, several: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(one.to_owned()),
        _ => Some(format!("{count} {several}")),
    }
}

/// `Ola Nordmann in Credit on invoice 2041: They close at four.`
fn said(model: &Model, thread: &Thread) -> String {
    let Some(last) = &thread.last_message else { return title(thread).into_string() };
    let excerpt = SafeText::line(&blocks::excerpt_in_words(&last.excerpt)).shortened(EXCERPT);
    format!("{} in {}: {excerpt}", model.people.name(last.created_by_id), title(thread))
}

/// The threads of actions that did not wait before.
fn new_actions(model: &mut Model) -> Vec<Id> {
    if !model.queue.is_known() {
        return Vec::new();
    }
    let now: BTreeSet<Subject> = model.queue.subjects().collect();
    let before = model.attention.waiting.replace(now.clone());
    before.map_or_else(Vec::new, |before| now.difference(&before).map(|subject| subject.thread).collect())
}

/// The threads in which others have posted.
fn threads_with_news(model: &mut Model) -> Vec<Thread> {
    let threads = &model.threads;
    if threads.loading != Loading::Loaded {
        return Vec::new();
    }
    let newest = threads.items.iter().filter_map(|thread| thread.last_message.as_ref()).map(|last| last.id).max();
    let before = model.attention.newest;
    model.attention.newest = newest.max(before).or(Some(0));
    let Some(before) = before else { return Vec::new() };
    let me = model.me.as_ref().map(|me| me.id);
    let has_news = |thread: &&Thread| {
        thread.unread_count.unwrap_or(0) > 0
            && thread.last_message.as_ref().is_some_and(|last| last.id > before && Some(last.created_by_id) != me)
    };
    threads.items.iter().filter(has_news).cloned().collect()
}
