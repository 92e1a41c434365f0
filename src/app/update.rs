//! The one function that changes the model, and what several of its parts share.

use super::{
    Call, Command, Context, Decided, Drafts, Drawn, Editing, Effect, Event, Fault, Keymap, Loading, MessagesDrawn,
    Model, Moment, Overlay, Pane, Progress, Timer, answers, fresh, input, live,
    model::{Purpose, Unkept},
    outgoing::{self, Outgoing},
    palette, poll, review, signing_in, writing,
};
use crate::api::{Id, Thread};
use std::time::Duration;

/// How long a selection rests before its thread is fetched.
const REST: Duration = Duration::from_millis(120);
/// How long a thread is in sight beside the list before it counts as read.
const READING: Duration = Duration::from_secs(2);
/// Threads whose messages are kept; more are fetched again when they are opened.
const KEPT_THREADS: usize = 12;
/// How long after a change drafts are saved, with all that has changed by then: no more than this is lost with the
/// program, and the disk is not written to for every key.
const DRAFTS_REST: Duration = Duration::from_millis(150);
/// How long until drafts that could not be saved are tried again.
const DRAFTS_RETRY: Duration = Duration::from_secs(5);

/// Takes in what happened at `now`, and says what is to be done about it.
pub fn update(model: &mut Model, now: Moment, event: Event) -> Vec<Effect> {
    model.now = now;
    // Of these it is found out what they change.
    if !matches!(event, Event::Key(_) | Event::Drawn(_)) {
        model.scene += 1;
    }
    let mut effects = take_in(model, event);
    effects.extend(keep_together(model));
    effects
}

fn take_in(model: &mut Model, event: Event) -> Vec<Effect> {
    match event {
        Event::Started { drafts } => started(model, drafts),
        Event::Key(press) => input::key(model, press),
        Event::Paste(text) => input::paste(model, &text),
        Event::Mouse(mouse) => input::mouse(model, mouse),
        Event::Focus(focused) => {
            model.window_focused = Some(focused);
            disturb_review(model);
            if !focused {
                return Vec::new();
            }
            poll::soon()
        }
        // As good as pasted: a decision takes a key of its own.
        // And what lies there in another way has to be read anew.
        Event::Burst | Event::Resized => {
            disturb_review(model);
            Vec::new()
        }
        // A release is not enough to tell a held key by: terminals that report releases may still repeat plain
        // letters as if they were pressed anew.
        Event::KeyReleased => Vec::new(),
        Event::Resumed => {
            disturb_review(model);
            poll::soon()
        }
        Event::Drawn(drawn) => was_drawn(model, drawn),
        Event::Timer(timer) => woken(model, timer),
        Event::Answered { id, outcome } => answers::answered(model, id, outcome),
        Event::Heard { id, last, news } => live::heard(model, id, last, news),
        Event::SignedIn(Ok(())) => signing_in::signed_in(model),
        Event::SignedIn(Err(words)) => signing_in::refused(model, &words),
        Event::Settings(settings) => vec![settings_read(model, settings)],
        Event::SettingsGone => vec![settings_gone(model)],
        Event::Edited { thread, outcome } => writing::edited_elsewhere(model, thread, outcome),
        Event::Failed(words) => vec![model.say(words, true)],
        Event::DraftsSaved(result) => drafts_saved(model, result),
    }
}

/// Other settings are in force; or none are, which is said for as long as the file is broken.
fn settings_read(model: &mut Model, settings: Result<Keymap, Fault>) -> Effect {
    match settings {
        Ok(keymap) => {
            (model.keymap, model.fault) = (keymap, None);
            model.say("The config was read; it is in force.", false)
        }
        Err(fault) => {
            let help = model.keymap.key_for(Context::Everywhere, Command::Help);
            let again = help.map(|key| format!("; {key} says it again")).unwrap_or_default();
            let words = format!("{} – everything stays as it was{again}", fault.words);
            model.fault = Some(fault);
            model.say(words, true)
        }
    }
}

fn settings_gone(model: &mut Model) -> Effect {
    (model.keymap, model.fault) = (Keymap::default(), None);
    model.say("The config file is gone: the defaults are in force.", false)
}

/// Whether what was written is on the disk. Where it is not, that is tried again, and said until it is.
fn drafts_saved(model: &mut Model, result: Result<(), String>) -> Vec<Effect> {
    let Err(words) = result else {
        model.unkept = None;
        return Vec::new();
    };
    model.drafts_dirty = true;
    let mut effects = vec![Effect::Wake { timer: Timer::Drafts, after: DRAFTS_RETRY }];
    if model.unkept.is_none() {
        model.unkept = Some(Unkept::Told);
        let words = format!("What you write can't be saved ({words}): make room on the disk, or send it.");
        effects.push(model.say(words, true));
    }
    effects
}

fn started(model: &mut Model, drafts: Drafts) -> Vec<Effect> {
    let since = model.now;
    model.muted = drafts.muted;
    for (thread, text) in drafts.threads {
        model.conversations.entry(thread).or_default().composer.set(&text);
    }
    for (thread, edit) in drafts.edits {
        let conversation = model.conversations.entry(thread).or_default();
        let draft = conversation.composer.text();
        conversation.composer.set(&edit.text);
        conversation.editing = Some(Editing { draft, ..edit.editing });
    }
    // An older version kept decisions, too.
    let (decisions, unsent): (Vec<_>, Vec<_>) =
        drafts.unsent.into_iter().partition(|unsent| outgoing::decides(&unsent.text));
    for unsent in unsent {
        let words = "the program ended before the server had confirmed it".into();
        let progress = Progress::Failed { words, may_have_arrived: true };
        let since = Moment { wall: unsent.at.unwrap_or(since.wall), ..since };
        let outgoing = Outgoing { key: unsent.key, text: unsent.text, progress, since, found: unsent.at.is_some() };
        model.conversations.entry(unsent.thread).or_default().outgoing.push(outgoing);
    }
    if let Some(thread) = drafts.last {
        begin_in(model, thread);
    }
    let mut effects = poll::tick(model);
    if !decisions.is_empty() {
        effects.extend(drafts_changed(model));
        effects.push(model.say("A decision that was on its way is not sent again: look whether it was made.", true));
    }
    effects
}

/// Opens a thread of which no more is known yet than what it is called.
fn begin_in(model: &mut Model, thread: Thread) {
    let id = thread.id;
    model.conversations.entry(id).or_default().thread = Some(thread);
    model.threads.selected = Some(id);
    show_thread(model, id);
}

fn woken(model: &mut Model, timer: Timer) -> Vec<Effect> {
    match timer {
        Timer::Poll => poll::tick(model),
        Timer::Follow => live::keep(model),
        Timer::Review => Vec::new(),
        Timer::Notice => {
            let stale = |notice: &super::Notice| model.now.since(notice.since) >= super::model::NOTICE_STAYS;
            if model.notice.as_ref().is_some_and(stale) {
                model.notice = None;
            }
            Vec::new()
        }
        Timer::Drafts => save_drafts(model),
        Timer::Palette => palette::rested(model),
        Timer::Open => model.open.map(|id| fetch(model, id)).unwrap_or_default(),
    }
}

fn disturb_review(model: &mut Model) {
    let now = model.now;
    if let Some(review) = &mut model.review {
        review.arming.disturbed(now);
    }
}

/// Notes that drafts changed; they are saved after a moment.
pub fn drafts_changed(model: &mut Model) -> Vec<Effect> {
    if std::mem::replace(&mut model.drafts_dirty, true) {
        return Vec::new();
    }
    vec![Effect::Wake { timer: Timer::Drafts, after: DRAFTS_REST }]
}

/// Saves the drafts where anything about them has changed.
pub fn save_drafts(model: &mut Model) -> Vec<Effect> {
    let dirty = std::mem::replace(&mut model.drafts_dirty, false);
    dirty.then(|| Effect::SaveDrafts(model.drafts())).into_iter().collect()
}

/// Shows a thread, selects it where it is in the list, and fetches it.
pub fn open_thread(model: &mut Model, id: Id) -> Vec<Effect> {
    show_thread(model, id);
    fetch(model, id)
}

/// As [`open_thread`], but waits for the selection to rest before anything is fetched.
pub fn rest_on_thread(model: &mut Model, id: Id) -> Vec<Effect> {
    show_thread(model, id);
    vec![Effect::Wake { timer: Timer::Open, after: REST }]
}

/// The thread beside the list is the one that the list marks. Somebody who is in a thread stays there, whatever
/// becomes of the list meanwhile. The one place that sees to it, after whatever happened.
fn keep_together(model: &mut Model) -> Vec<Effect> {
    let is_in_thread = model.open.filter(|_| model.focus != Pane::Threads || model.review.is_some());
    if let Some(open) = is_in_thread.filter(|open| model.threads.get(*open).is_some()) {
        model.threads.selected = Some(open);
    }
    model.threads.hold();
    let marked = model.threads.marked();
    if is_in_thread.is_some() || marked == model.open {
        return Vec::new();
    }
    model.scene += 1;
    model.open = None;
    marked.map(|id| open_thread(model, id)).unwrap_or_default()
}

fn show_thread(model: &mut Model, id: Id) {
    if model.threads.get(id).is_some() {
        model.threads.selected = Some(id);
    }
    if model.open == Some(id) {
        return;
    }
    model.open = Some(id);
    fresh::open(model, id);
    forget_old_threads(model);
}

/// Lets go of the messages of threads that were opened long ago.
fn forget_old_threads(model: &mut Model) {
    let mut opened: Vec<(Moment, Id)> = (model.conversations.iter())
        .filter(|(_, conversation)| !conversation.entries.is_empty())
        .filter_map(|(id, conversation)| Some((conversation.opened_at?, *id)))
        .collect();
    opened.sort();
    let surplus = opened.len().saturating_sub(KEPT_THREADS);
    for (_, id) in opened.into_iter().take(surplus) {
        if let Some(conversation) = model.conversations.get_mut(&id) {
            conversation.forget_messages();
        }
    }
}

/// Fetches a thread, unless that is under way or it is here as it is; what is under way for others is of no use any more.
pub fn fetch(model: &mut Model, id: Id) -> Vec<Effect> {
    let reviewed = model.review.as_ref().map(|review| review.plan.subject.thread);
    let useless = |purpose: &Purpose| matches!(purpose, Purpose::Thread(other) | Purpose::Older(other) | Purpose::Newer(other) | Purpose::Seek(other) if *other != id && Some(*other) != reviewed);
    let useless: Vec<_> = model.requests.iter().filter(|(_, purpose)| useless(purpose)).map(|(id, _)| *id).collect();
    let mut effects = Vec::new();
    for request in useless {
        let purpose = model.requests.remove(&request);
        if let Some(Purpose::Older(other) | Purpose::Newer(other) | Purpose::Seek(other)) = purpose
            && let Some(conversation) = model.conversations.get_mut(&other)
        {
            conversation.loading_older = false;
            conversation.seek = None;
            if let Some(past) = &mut conversation.past {
                past.loading_newer = false;
            }
        }
        effects.push(Effect::Cancel(request));
    }
    if !live::is_current(model, id) && !model.awaits(&Purpose::Thread(id)) {
        effects.push(model.request(Purpose::Thread(id), Call::Thread(id)));
    }
    effects
}

/// A frame was drawn: what follows from what could be seen.
fn was_drawn(model: &mut Model, drawn: Drawn) -> Vec<Effect> {
    let mut effects = review::drawn(model, drawn.review.as_ref());
    if let Some(messages) = &drawn.messages {
        effects.extend(messages_seen(model, messages));
    }
    if let (Some(Overlay::Help { top } | Overlay::Decided(Decided { top, .. })), Some((first, _))) =
        (&mut model.overlay, drawn.help)
    {
        *top = first;
    }
    let in_sight = drawn.threads.is_some_and(|threads| threads.first + threads.page >= model.threads.items.len());
    if in_sight && model.threads.has_next && !model.threads.loading_next {
        effects.extend(poll::next_threads(model));
    }
    // What is as it was in the frame before, and asks for nothing, leaves everything as it is.
    if model.drawn != drawn || !effects.is_empty() {
        model.scene += 1;
    }
    model.drawn = drawn;
    effects
}

/// Far back in a thread its later part is fetched as the reader comes down to it.
fn newer_wanted(model: &mut Model, drawn: &MessagesDrawn) -> Option<Effect> {
    let thread = drawn.thread;
    let past = model.conversations.get_mut(&thread)?.past.as_mut()?;
    let after = past.entries.last()?.message.id;
    if !drawn.at_bottom || std::mem::replace(&mut past.loading_newer, true) {
        return None;
    }
    Some(model.request(Purpose::Newer(thread), Call::Newer { thread, after }))
}

fn messages_seen(model: &mut Model, drawn: &MessagesDrawn) -> Vec<Effect> {
    let (now, focus, id) = (model.now, model.focus, drawn.thread);
    let in_front = model.review.is_none() && model.overlay.is_none() && model.window_focused != Some(false);
    let me = model.me.as_ref().map(|me| me.id);
    let Some(conversation) = model.conversations.get_mut(&id) else { return Vec::new() };
    conversation.scroll = drawn.scroll;
    conversation.scroll_by = 0;
    conversation.fresh.seen |= drawn.new_seen;
    // At the end of a run further back, what has to be seen may move up once more is loaded.
    if !(drawn.at_bottom && conversation.past.is_some()) {
        conversation.reveal = None;
    }
    let mut effects = Vec::new();
    let loaded = conversation.loading == Loading::Loaded;
    let wants_older = drawn.at_top && loaded && conversation.shown_has_older() && !conversation.loading_older;
    if let Some(oldest) = conversation.shown().first().filter(|_| wants_older).map(|entry| entry.message.id) {
        conversation.loading_older = true;
        effects.push(model.request(Purpose::Older(id), Call::Older { thread: id, before: oldest }));
    }
    effects.extend(newer_wanted(model, drawn));
    let Some(conversation) = model.conversations.get_mut(&id) else { return effects };
    let read = focus != Pane::Threads || conversation.opened_at.is_some_and(|opened| now.since(opened) >= READING);
    let newest_seen = drawn.newest_seen.unwrap_or(0);
    if !(read && in_front && loaded && newest_seen > conversation.read_up_to) {
        return effects;
    }
    let others_after = |id: Id| conversation.messages().any(|message| message.id > id && message.created_by_id != me);
    let news = others_after(conversation.read_up_to);
    let all_read = !others_after(newest_seen);
    let counted = conversation.thread.as_ref().and_then(|thread| thread.unread_count).unwrap_or(0) > 0;
    conversation.read_up_to = newest_seen;
    if news && counted {
        if let Some(thread) = model.threads.get_mut(id).filter(|_| all_read) {
            thread.unread_count = Some(0);
            effects.push(Effect::Redraw);
        }
        effects.push(model.request(Purpose::ReadMark, Call::MarkRead { thread: id, message: newest_seen }));
    }
    effects
}
