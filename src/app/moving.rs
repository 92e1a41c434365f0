//! Going about: from pane to pane, through the threads, up and down in what is shown.

use super::{
    Context, Decided, Effect, Hit, Model, Overlay, Pane, completion, poll, seek,
    update::{rest_on_thread, save_drafts},
};

/// More rows than anything has: to the very end.
const FAR: isize = isize::MAX / 4;

pub fn focus(model: &mut Model, pane: Pane) -> Vec<Effect> {
    if pane != Pane::Threads && model.open.is_none() {
        let words = match pane {
            Pane::Composer => "Choose a thread to write in, or start one.",
            _ => "There is no thread here.",
        };
        return vec![model.say(words, false)];
    }
    let left = std::mem::replace(&mut model.focus, pane);
    if left == Pane::Composer && pane != Pane::Composer { save_drafts(model) } else { Vec::new() }
}

pub fn next_pane(model: &mut Model, context: Context, steps: usize) -> Vec<Effect> {
    if !matches!(context, Context::Threads | Context::Messages | Context::Composer) {
        return Vec::new();
    }
    let panes = [Pane::Threads, Pane::Messages, Pane::Composer];
    let at = panes.iter().position(|pane| *pane == model.focus).unwrap_or(0);
    let next = panes[(at + steps) % panes.len()];
    let next = if model.open.is_none() { Pane::Threads } else { next };
    focus(model, next)
}

/// How far a page key goes in rows (or threads), leaving one in sight.
pub fn page(model: &Model, context: Context) -> isize {
    let drawn = &model.drawn;
    let rows = match context {
        Context::Threads => drawn.threads.map(|threads| threads.page),
        Context::Review => drawn.review.as_ref().map(|review| review.layout.page),
        Context::Help => drawn.help.map(|(_, page)| page),
        _ => drawn.messages.as_ref().map(|messages| messages.page),
    };
    isize::try_from(rows.unwrap_or(10)).unwrap_or(10).saturating_sub(1).max(1)
}

pub fn scroll(model: &mut Model, context: Context, rows: isize) -> Vec<Effect> {
    match context {
        Context::Threads => return select_thread(model, rows),
        Context::Review => scroll_pane(model, Hit::Review, rows),
        Context::Help => scroll_pane(model, Hit::Help, rows),
        Context::Completing => completion::choose(model, rows),
        Context::Choice => {
            if let Some(Overlay::Choice(choice)) = &mut model.overlay {
                choice.at = choice.at.saturating_add_signed(rows).min(choice.items.len().saturating_sub(1));
            }
        }
        _ => scroll_pane(model, Hit::Messages, rows),
    }
    Vec::new()
}

pub fn scroll_pane(model: &mut Model, pane: Hit, rows: isize) {
    match pane {
        Hit::Review => {
            if let Some(review) = &mut model.review {
                review.scroll_by = review.scroll_by.saturating_add(rows);
            }
        }
        Hit::Help => {
            if let Some(Overlay::Help { top } | Overlay::Decided(Decided { top, .. })) = &mut model.overlay {
                *top = top.saturating_add_signed(rows);
            }
        }
        _ => {
            if let Some(conversation) = model.conversation_mut() {
                conversation.reveal = None;
                conversation.scroll_by = conversation.scroll_by.saturating_add(rows);
            }
        }
    }
}

pub fn to_end(model: &mut Model, context: Context, down: bool) -> Vec<Effect> {
    match (context, model.open) {
        (Context::Messages | Context::Finding | Context::Bare, Some(thread)) if down => {
            let effects = seek::stop(model, thread);
            if let Some(conversation) = model.conversation_mut() {
                conversation.go_to_end();
            }
            effects
        }
        (Context::Messages | Context::Finding | Context::Bare, _) => seek::to_first(model),
        _ => scroll(model, context, if down { FAR } else { -FAR }),
    }
}

pub fn select_thread(model: &mut Model, step: isize) -> Vec<Effect> {
    if !model.threads.select_by(step) {
        return Vec::new();
    }
    let Some(id) = model.threads.selected else { return Vec::new() };
    let mut effects = rest_on_thread(model, id);
    if model.threads.wants_next() {
        effects.extend(poll::next_threads(model));
    }
    effects
}
