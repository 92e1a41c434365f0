//! What keys, pastes and the mouse do.

use super::{
    Call, Command, Composer, Context, Decided, Effect, Hit, Key, KeyCode, KeyPress, Listing, Loading, Model, Mouse,
    Overlay, Pane, Prompt, PromptKind, Scroll, completion,
    composer::LONGEST_MESSAGE,
    decided, find, history, members,
    model::Purpose,
    overlays, palette, poll, review, seek, signing_in, subject,
    update::{drafts_changed, open_thread, rest_on_thread, save_drafts},
    writing::{drop_unsent, edit_or_take_back, is_writing, said_before, send, send_again, written},
};
use crate::api::NewThread;

/// Rows that one notch of the wheel scrolls.
const NOTCH: isize = 3;
/// More rows than anything has: to the very end.
const FAR: isize = isize::MAX / 4;

/// A key went down.
pub fn key(model: &mut Model, press: KeyPress) -> Vec<Effect> {
    let was_idle = poll::is_idle(model);
    model.active_at = model.now;
    model.notice = None;
    // A repeat of a letter that is marked as one: the next ones will be too.
    model.reports_repeats |= press.repeat && press.key.typed().is_some();
    let context = model.context();
    let command = model.keymap.command(context, press.key);
    if let Some(review) = &mut model.review {
        review.said = None;
        if command != Some(Command::Approve) {
            review.arming.other_key();
        }
    }
    let mut effects = match command {
        Some(command) => run(model, context, command, press),
        None => typed(model, context, press.key),
    };
    if was_idle {
        effects.extend(poll::soon());
    }
    effects
}

/// A key that stands for no command, where one can type.
fn typed(model: &mut Model, context: Context, key: Key) -> Vec<Effect> {
    if context == Context::Choice {
        let number = key.typed().and_then(|c| c.to_digit(10)).and_then(|digit| usize::try_from(digit).ok());
        return number.and_then(|number| number.checked_sub(1)).map(|at| take_choice(model, at)).unwrap_or_default();
    }
    if let Some(effects) = said_before(model, context, key) {
        return effects;
    }
    let Some(composer) = composer(model, context) else { return Vec::new() };
    let changed = composer.press(key);
    text_changed(model, context, changed)
}

fn text_changed(model: &mut Model, context: Context, changed: bool) -> Vec<Effect> {
    match context {
        _ if !changed => Vec::new(),
        context if is_writing(context) => written(model),
        _ => overlays::typed(model),
    }
}

/// The text that has the focus.
fn composer(model: &mut Model, context: Context) -> Option<&mut Composer> {
    match context {
        Context::Composer | Context::Completing => {
            model.conversation_mut().map(|conversation| &mut conversation.composer)
        }
        Context::Reason => model.review.as_mut()?.reason.as_mut(),
        _ => overlays::input(model.overlay.as_mut()?),
    }
}

/// Text was pasted: it goes where one is writing, and nowhere else; it is never a command.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    model.active_at = model.now;
    let context = model.context();
    match composer(model, context) {
        Some(composer) => {
            composer.insert(text);
            let bytes = composer.bytes();
            let mut effects = text_changed(model, context, true);
            if is_writing(context) && bytes > LONGEST_MESSAGE {
                let words = format!("{} It is kept: Ctrl+E edits it.", subject::too_long(bytes));
                effects.push(model.say(words, true));
            }
            effects
        }
        None => vec![model.say("Pasted text is only taken where you write.", false)],
    }
}

/// Stands for the key that a click on a command was: none, so that nothing takes it for one.
const CLICK: KeyPress = KeyPress { key: Key::plain(KeyCode::Esc), repeat: true };

/// The mouse chooses and scrolls; it decides nothing.
pub fn mouse(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    model.active_at = model.now;
    let (column, row, rows) = match mouse {
        Mouse::Click { column, row } => (column, row, None),
        Mouse::WheelUp { column, row } => (column, row, Some(-NOTCH)),
        Mouse::WheelDown { column, row } => (column, row, Some(NOTCH)),
    };
    let Some(hit) = model.drawn.hit(column, row) else { return Vec::new() };
    match (rows, hit) {
        (Some(rows), Hit::Help | Hit::Review | Hit::Messages) => {
            scroll_pane(model, hit, rows);
            Vec::new()
        }
        (Some(rows), Hit::Threads | Hit::Thread(_)) => select_thread(model, rows.signum()),
        (Some(rows), Hit::Row(_) | Hit::Overlay) => overlays::step(model, rows.signum()),
        (None, Hit::Row(row)) => overlays::click(model, row, CLICK),
        (None, Hit::Outside) => {
            let context = model.context();
            back(model, context)
        }
        (Some(_), Hit::Composer | Hit::Outside) | (None, Hit::Help | Hit::Review | Hit::Overlay) => Vec::new(),
        (None, Hit::Thread(id)) => {
            model.focus = Pane::Threads;
            open_thread(model, id)
        }
        (None, Hit::Threads) => focus(model, Pane::Threads),
        (None, Hit::Messages) => focus(model, Pane::Messages),
        (None, Hit::Composer) => focus(model, Pane::Composer),
    }
}

fn focus(model: &mut Model, pane: Pane) -> Vec<Effect> {
    if pane == Pane::Composer && model.open.is_none() {
        return vec![model.say("Choose a thread to write in, or start one.", false)];
    }
    let left = std::mem::replace(&mut model.focus, pane);
    if left == Pane::Composer && pane != Pane::Composer { save_drafts(model) } else { Vec::new() }
}

/// Carries out a command where the focus is.
pub fn run(model: &mut Model, context: Context, command: Command, press: KeyPress) -> Vec<Effect> {
    if context.is_choosing() && !matches!(command, Command::Back) && !command.is_everywhere() {
        return overlays::run(model, command, press);
    }
    match command {
        Command::Interrupt => interrupt(model),
        Command::Quit => quit(model),
        Command::Suspend => vec![Effect::Suspend],
        Command::Help => {
            model.overlay = Some(Overlay::Help { top: 0 });
            Vec::new()
        }
        Command::NextPane => next_pane(model, context, 1),
        Command::PreviousPane => next_pane(model, context, 2),
        Command::Up => scroll(model, context, -1),
        Command::Down => scroll(model, context, 1),
        Command::PageUp => scroll(model, context, -page(model, context)),
        Command::PageDown => scroll(model, context, page(model, context)),
        Command::Top => to_end(model, context, false),
        Command::Bottom => to_end(model, context, true),
        Command::Open => focus(model, Pane::Messages),
        Command::Compose => focus(model, Pane::Composer),
        Command::Review => review::open_here(model),
        Command::NextWaiting => review::step(model, true),
        Command::PreviousWaiting => review::step(model, false),
        Command::Search => ask(model, PromptKind::Search),
        Command::NewThread => ask(model, PromptKind::NewThread),
        Command::Refresh => poll::everything(model),
        Command::Back => back(model, context),
        Command::SendAgain => send_again(model),
        Command::SelectNext => subject::select(model, true),
        Command::SelectPrevious => subject::select(model, false),
        Command::Edit => edit_or_take_back(model),
        Command::Reply => subject::reply(model),
        Command::Copy => subject::copy(model),
        Command::CopyBlock => subject::copy_block(model),
        Command::OpenLink => subject::open_link(model),
        Command::ToNew => subject::to_new(model),
        Command::ToDate => ask(model, PromptKind::Date),
        Command::Find => ask(model, PromptKind::Find),
        Command::FindOlder => find::step(model, true),
        Command::FindNewer => find::step(model, false),
        Command::Bare => {
            model.overlay = model.conversation().map(|_| Overlay::Bare);
            Vec::new()
        }
        Command::Drop => drop_unsent(model),
        Command::Decided => decided::show(model),
        Command::Send => send(model),
        Command::BreakLine | Command::Undo | Command::Redo => edit(model, context, command),
        Command::Editor => {
            let open = model.open.zip(model.conversation());
            let editor = open.map(|(thread, open)| Effect::Editor { thread, text: open.composer.text() });
            editor.into_iter().collect()
        }
        Command::Earlier => history::recall(model, true),
        Command::Later => history::recall(model, false),
        Command::Accept if context == Context::Completing => completion::accept(model),
        Command::Approve => review::approve(model, press),
        Command::Reject => review::reject(model),
        Command::LookAgain => review::look_again(model),
        Command::Accept if context == Context::Reason => review::send_rejection(model),
        Command::Accept if context == Context::Choice => {
            let at = if let Some(Overlay::Choice(choice)) = &model.overlay { choice.at } else { 0 };
            take_choice(model, at)
        }
        Command::Accept => answer_prompt(model),
        Command::Palette => palette::open(model),
        Command::Filter => overlays::open_filter(model),
        Command::Order => overlays::open_order(model),
        Command::ShowAll => overlays::show_all(model),
        Command::Members => members::open(model),
        Command::SignIn => ask(model, PromptKind::SignIn),
        Command::Mute => overlays::mute(model),
        Command::Reload => vec![Effect::ReadSettings { always: true }],
        // Only where something lies over the panes.
        Command::PreviousChoice | Command::NextChoice | Command::Clear | Command::Add | Command::Remove => Vec::new(),
    }
}

fn interrupt(model: &mut Model) -> Vec<Effect> {
    let writing = model.conversation().is_some_and(|conversation| !conversation.composer.is_empty());
    if writing {
        return vec![
            model.say("There is a draft, so Ctrl+C does not quit. Esc, then q does; the draft is kept.", false),
        ];
    }
    quit(model)
}

fn quit(model: &mut Model) -> Vec<Effect> {
    model.drafts_dirty = true;
    let mut effects = save_drafts(model);
    effects.push(Effect::Quit);
    effects
}

fn next_pane(model: &mut Model, context: Context, steps: usize) -> Vec<Effect> {
    if !matches!(context, Context::Threads | Context::Messages | Context::Composer) {
        return Vec::new();
    }
    let panes = [Pane::Threads, Pane::Messages, Pane::Composer];
    let at = panes.iter().position(|pane| *pane == model.focus).unwrap_or(0);
    let next = panes[(at + steps) % panes.len()];
    let next = if next == Pane::Composer && model.open.is_none() { Pane::Threads } else { next };
    focus(model, next)
}

/// How far a page key goes in rows (or threads), leaving one in sight.
fn page(model: &Model, context: Context) -> isize {
    let drawn = &model.drawn;
    let rows = match context {
        Context::Threads => drawn.threads.map(|threads| threads.page),
        Context::Review => drawn.review.as_ref().map(|review| review.page),
        Context::Help => drawn.help.map(|(_, page)| page),
        _ => drawn.messages.as_ref().map(|messages| messages.page),
    };
    isize::try_from(rows.unwrap_or(10)).unwrap_or(10).saturating_sub(1).max(1)
}

fn scroll(model: &mut Model, context: Context, rows: isize) -> Vec<Effect> {
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

fn scroll_pane(model: &mut Model, pane: Hit, rows: isize) {
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

fn to_end(model: &mut Model, context: Context, down: bool) -> Vec<Effect> {
    let far = if down { FAR } else { -FAR };
    if matches!(context, Context::Messages | Context::Finding | Context::Bare) {
        let Some(thread) = model.open.filter(|_| down) else {
            if let Some(conversation) = model.conversation_mut() {
                let oldest = conversation.shown().first().map(|entry| entry.message.id);
                conversation.scroll = oldest.map_or(Scroll::Latest, |message| Scroll::At { message, offset: 0 });
                conversation.scroll_by = 0;
            }
            return Vec::new();
        };
        let effects = seek::stop(model, thread);
        if let Some(conversation) = model.conversation_mut() {
            conversation.go_to_end();
        }
        return effects;
    }
    scroll(model, context, far)
}

fn select_thread(model: &mut Model, step: isize) -> Vec<Effect> {
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

fn back(model: &mut Model, context: Context) -> Vec<Effect> {
    match context {
        Context::Help | Context::Prompt | Context::Choice | Context::Bare | Context::Filter | Context::Order => {
            model.overlay = None;
        }
        Context::Members | Context::Question | Context::Finder => members::back(model),
        Context::Reason => {
            if let Some(review) = &mut model.review {
                review.reason = None;
            }
        }
        Context::Review => model.review = None,
        Context::Completing => completion::decline(model),
        Context::Composer => {
            let editing = model.conversation().is_some_and(|open| open.editing.is_some());
            let mut effects = if editing { subject::stop_editing(model) } else { Vec::new() };
            effects.extend(focus(model, Pane::Messages));
            return effects;
        }
        Context::Finding => {
            let effects = model.open.map(|thread| seek::stop(model, thread)).unwrap_or_default();
            if let Some(conversation) = model.conversation_mut() {
                conversation.find = None;
            }
            return effects;
        }
        Context::Messages => {
            let selected = model.conversation_mut().and_then(|conversation| conversation.selected.take());
            return if selected.is_some() { Vec::new() } else { focus(model, Pane::Threads) };
        }
        _ if model.threads.listing.narrows() => {
            let order = model.threads.listing.order;
            return list(model, Listing { order, ..Listing::default() });
        }
        _ => {}
    }
    Vec::new()
}

fn edit(model: &mut Model, context: Context, command: Command) -> Vec<Effect> {
    if let Some(composer) = composer(model, context) {
        match command {
            Command::BreakLine => composer.break_line(),
            Command::Undo => composer.undo(),
            _ => composer.redo(),
        }
    }
    drafts_changed(model)
}

pub fn ask(model: &mut Model, kind: PromptKind) -> Vec<Effect> {
    let start = match kind {
        PromptKind::Search => model.threads.listing.search.clone().unwrap_or_default(),
        PromptKind::NewThread | PromptKind::Date | PromptKind::SignIn => String::new(),
        PromptKind::Find => {
            let before = model.conversation().and_then(|open| open.find.as_ref());
            before.map(|find| find.words.to_string()).unwrap_or_default()
        }
    };
    let input = if kind == PromptKind::SignIn { Composer::hidden_line() } else { Composer::one_line(&start) };
    model.overlay = Some(Overlay::Prompt(Box::new(Prompt { kind, input })));
    Vec::new()
}

fn answer_prompt(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = model.overlay.take() else { return Vec::new() };
    let text = prompt.input.text().trim().to_owned();
    match prompt.kind {
        PromptKind::Search => search(model, Some(text).filter(|text| !text.is_empty())),
        PromptKind::Find => find::begin(model, &text),
        PromptKind::NewThread | PromptKind::Date | PromptKind::SignIn if text.is_empty() => Vec::new(),
        PromptKind::Date => match subject::day_named(&text, model.now.wall, &model.zone) {
            Some((time, words)) => seek::to_time(model, time, words),
            None => vec![model.say(format!("“{text}” is no day: write 2026-11-03, 3 nov or yesterday."), true)],
        },
        PromptKind::NewThread => new_thread(model, text),
        PromptKind::SignIn => signing_in::attempt(model, text),
    }
}

/// Makes a thread, in the account that one is looking at; else the server takes one's only account.
pub fn new_thread(model: &mut Model, subject: String) -> Vec<Effect> {
    let beside = model.open.and_then(|id| model.thread(id)).and_then(|thread| thread.client_account_id);
    let first = model.me.as_ref().and_then(|me| me.client_accounts.first()).map(|account| account.id);
    let new = NewThread { client_account_id: beside.or(first), subject: Some(subject), ..NewThread::default() };
    let key = model.new_key();
    vec![model.request(Purpose::NewThread, Call::CreateThread { new, key })]
}

/// Lists the threads that hold `text`; all where it is `None`.
pub fn search(model: &mut Model, text: Option<String>) -> Vec<Effect> {
    let listing = Listing { search: text, ..model.threads.listing.clone() };
    list(model, listing)
}

/// Lists other threads, or in another order.
pub fn list(model: &mut Model, listing: Listing) -> Vec<Effect> {
    let threads = &mut model.threads;
    threads.listing = listing;
    threads.items.clear();
    threads.pages = 0;
    threads.has_next = false;
    threads.loading = Loading::Waiting;
    threads.loading_next = false;
    model.focus = Pane::Threads;
    let listing = Box::new(model.threads.listing.clone());
    let purpose = Purpose::Threads { listing: listing.clone(), page: 1 };
    vec![model.request(purpose, Call::Threads { listing, page: 1 })]
}

fn take_choice(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some(Overlay::Choice(choice)) = &model.overlay else { return Vec::new() };
    let Some((_, item)) = choice.items.get(at).cloned() else { return Vec::new() };
    model.overlay = None;
    subject::take(model, item)
}
