//! What keys, pastes and the mouse do: each is a command, text, or a step to somewhere.

use super::{
    Command, Composer, Context, Effect, Hit, Key, KeyCode, KeyPress, Listing, Model, Mouse, Overlay, Pane, PromptKind,
    completion,
    composer::LONGEST_MESSAGE,
    decided, find, fresh, history, members,
    model::Unkept,
    moving, overlays, palette, poll, questions, review, seek, subject,
    update::{drafts_changed, open_thread, save_drafts},
    writing::{drop_unsent, edit_or_take_back, is_writing, said_before, send, send_again, written},
};

/// Rows that one notch of the wheel scrolls.
const NOTCH: isize = 3;

/// A key went down.
pub fn key(model: &mut Model, press: KeyPress) -> Vec<Effect> {
    let was_idle = poll::is_idle(model);
    model.active_at = model.now;
    let hushed = model.hush();
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
        None if context == Context::Composer && !hushed => typed(model, context, press.key),
        command => {
            model.scene += 1;
            match command {
                Some(command) => run(model, context, command, press),
                None => typed(model, context, press.key),
            }
        }
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
        model.scene += 1;
        return effects;
    }
    let columns = model.drawn.composer;
    let Some(composer) = composer(model, context) else { return Vec::new() };
    let changed = match (columns, key) {
        (Some(columns), key) if key == Key::plain(KeyCode::Up) && is_writing(context) => {
            composer.go_by_rows(-1, columns)
        }
        (Some(columns), key) if key == Key::plain(KeyCode::Down) && is_writing(context) => {
            composer.go_by_rows(1, columns)
        }
        _ => composer.press(key),
    };
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
            moving::scroll_pane(model, hit, rows);
            Vec::new()
        }
        (Some(rows), Hit::Threads | Hit::Thread(_)) => moving::select_thread(model, rows.signum()),
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
        (None, Hit::Threads) => moving::focus(model, Pane::Threads),
        (None, Hit::Messages) => moving::focus(model, Pane::Messages),
        (None, Hit::Composer) => moving::focus(model, Pane::Composer),
    }
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
        Command::NextPane => moving::next_pane(model, context, 1),
        Command::PreviousPane => moving::next_pane(model, context, 2),
        Command::Up => moving::scroll(model, context, -1),
        Command::Down => moving::scroll(model, context, 1),
        Command::PageUp => moving::scroll(model, context, -moving::page(model, context)),
        Command::PageDown => moving::scroll(model, context, moving::page(model, context)),
        Command::Top => moving::to_end(model, context, false),
        Command::Bottom => moving::to_end(model, context, true),
        Command::Open => moving::focus(model, Pane::Messages),
        Command::Compose => moving::focus(model, Pane::Composer),
        Command::Review => review::open_here(model),
        Command::NextWaiting => review::step(model, true),
        Command::PreviousWaiting => review::step(model, false),
        Command::Search => questions::ask(model, PromptKind::Search),
        Command::NewThread => questions::ask(model, PromptKind::NewThread),
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
        Command::ToNew => fresh::go_to_first(model),
        Command::ToDate => questions::ask(model, PromptKind::Date),
        Command::Find => questions::ask(model, PromptKind::Find),
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
        Command::Accept => questions::answer(model),
        Command::Palette => palette::open(model),
        Command::Filter => overlays::open_filter(model),
        Command::Order => overlays::open_order(model),
        Command::ShowAll => overlays::show_all(model),
        Command::Members => members::open(model),
        Command::SignIn => questions::ask(model, PromptKind::SignIn),
        Command::Mute => overlays::mute(model),
        Command::Reload => vec![Effect::ReadSettings],
        // Only where something lies over the panes.
        Command::PreviousChoice | Command::NextChoice | Command::Clear | Command::Add | Command::Remove => Vec::new(),
    }
}

fn interrupt(model: &mut Model) -> Vec<Effect> {
    let writing = model.conversation().is_some_and(|conversation| !conversation.composer.is_empty());
    if writing {
        // The way out first: the window may be too small for more.
        let words = "Esc, then q quits, and the draft is kept. Ctrl+C does not, while there is one.";
        return vec![model.say(words, false)];
    }
    quit(model)
}

fn quit(model: &mut Model) -> Vec<Effect> {
    model.drafts_dirty = true;
    let mut effects = save_drafts(model);
    if model.unkept == Some(Unkept::Told) && model.drafts().hold_text() {
        model.unkept = Some(Unkept::ToldAtTheDoor);
        effects.push(model.say("What you wrote can't be saved: make room on the disk, or leave once more.", true));
    } else {
        effects.push(Effect::Quit);
    }
    effects
}

fn back(model: &mut Model, context: Context) -> Vec<Effect> {
    match context {
        Context::Help | Context::Prompt | Context::Choice | Context::Bare | Context::Filter | Context::Order => {
            model.overlay = None;
        }
        Context::Members | Context::Question | Context::Finder => members::back(model),
        Context::Reason => return review::leave_reason(model),
        Context::Review => return review::leave(model),
        Context::Completing => completion::decline(model),
        Context::Composer => {
            let editing = model.conversation().is_some_and(|open| open.editing.is_some());
            let mut effects = if editing { subject::stop_editing(model) } else { Vec::new() };
            effects.extend(moving::focus(model, Pane::Messages));
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
            return if selected.is_some() { Vec::new() } else { moving::focus(model, Pane::Threads) };
        }
        _ if model.threads.listing.narrows() => {
            let order = model.threads.listing.order;
            return questions::list(model, Listing { order, ..Listing::default() });
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

fn take_choice(model: &mut Model, at: usize) -> Vec<Effect> {
    let Some(Overlay::Choice(choice)) = &model.overlay else { return Vec::new() };
    let Some((_, item)) = choice.items.get(at).cloned() else { return Vec::new() };
    model.overlay = None;
    subject::take(model, item)
}
