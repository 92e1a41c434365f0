//! The palette: every command that makes sense where one is, and every thread, found by a few letters. It
//! runs commands as their keys would; what takes a key of its own (an approval) is not offered.

use std::time::Duration;

use super::{
    Call, Command, Context, Effect, Finder, KeyPress, Listing, Model, Overlay, Pane, Timer, input,
    model::{self, Purpose},
    review,
    update::open_thread,
};
use crate::{
    api::{Id, Thread},
    safe_text::SafeText,
};

/// How long typing rests before the server is asked for threads.
const REST: Duration = Duration::from_millis(150);
/// Less than this finds too much to be worth asking the server.
const ENOUGH: usize = 2;

/// What the palette offers.
#[derive(Clone, Debug)]
pub struct Palette {
    pub finder: Finder,
    pub rows: Vec<Offer>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub name: SafeText,
    /// Its keys, or the thread's account.
    pub beside: SafeText,
    pub target: Target,
    /// What is typed has to fit this, or be what the server found it by.
    fits: String,
    found_by: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// As if typed there.
    Command(Context, Command),
    Thread(Id),
}

/// Opens it over whatever is there.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let below = model.context();
    let mut rows = commands(model, below);
    rows.extend(model.threads.items.iter().map(|thread| offer(model, thread, None)));
    let finder = Finder::new(rows.iter().map(|row| row.fits.as_str()));
    model.overlay = Some(Overlay::Palette(Box::new(Palette { finder, rows })));
    Vec::new()
}

fn commands(model: &Model, below: Context) -> Vec<Offer> {
    let on_panes = matches!(below, Context::Threads | Context::Messages | Context::Composer);
    let panes = [Context::Lists, Context::Threads, Context::Messages, Context::Everywhere];
    let mut rows: Vec<Offer> = Vec::new();
    for (context, command, keys, help) in model.keymap.bindings() {
        let here = below.lookups().contains(&context) || (on_panes && panes.contains(&context));
        let known = rows.iter().any(|row| matches!(row.target, Target::Command(_, known) if known == command));
        if !here || known || !command.is_offered() {
            continue;
        }
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        rows.push(Offer {
            name: SafeText::line(help),
            beside: SafeText::line(&keys.join(" ")),
            target: Target::Command(context, command),
            fits: help.to_owned(),
            found_by: None,
        });
    }
    rows
}

fn offer(model: &Model, thread: &Thread, found_by: Option<&str>) -> Offer {
    let name = model::title(thread);
    let fits = format!("{name} ");
    let beside = thread.client_account_id.map(|id| model.account_name(id)).unwrap_or_default();
    Offer { name, beside, target: Target::Thread(thread.id), fits, found_by: found_by.map(str::to_owned) }
}

fn palette(model: &mut Model) -> Option<&mut Palette> {
    match &mut model.overlay {
        Some(Overlay::Palette(palette)) => Some(palette),
        _ => None,
    }
}

impl Palette {
    /// What fits by its name, and after that what the server found by what is said in it.
    fn find(&mut self) {
        let rows = &self.rows;
        self.finder.find(rows.iter().map(|row| row.fits.as_str()));
        let typed = self.finder.query.text();
        let said = |row: &Offer| row.found_by.as_deref() == Some(typed.trim());
        let found = &mut self.finder.found;
        let others = (0..rows.len()).filter(|at| rows.get(*at).is_some_and(said) && !found.contains(at));
        let others: Vec<usize> = others.collect();
        found.extend(others);
    }
}

/// Something was typed.
pub fn typed(model: &mut Model) -> Vec<Effect> {
    let Some(palette) = palette(model) else { return Vec::new() };
    palette.find();
    vec![Effect::Wake { timer: Timer::Palette, after: REST }]
}

/// Typing has rested: the server knows more threads than are loaded, and what is said in them.
pub fn rested(model: &mut Model) -> Vec<Effect> {
    let Some(palette) = palette(model) else { return Vec::new() };
    let query = palette.finder.query.text().trim().to_owned();
    let purpose = Purpose::Found(query.clone());
    if query.chars().count() < ENOUGH || model.awaits(&purpose) {
        return Vec::new();
    }
    let listing = Box::new(Listing { search: Some(query), ..Listing::default() });
    vec![model.request(purpose, Call::Threads { listing, page: 1 })]
}

/// The server found threads for something that was typed.
pub fn found(model: &mut Model, query: &str, threads: &[Thread]) {
    let offers: Vec<Offer> = threads.iter().map(|thread| offer(model, thread, Some(query))).collect();
    let Some(palette) = palette(model) else { return };
    palette.rows.retain(|row| !offers.iter().any(|new| new.target == row.target));
    palette.rows.extend(offers);
    let chosen = palette.finder.chosen().and_then(|at| palette.rows.get(at)).map(|row| row.target);
    palette.find();
    let kept = palette.finder.found.iter().position(|at| palette.rows.get(*at).map(|row| row.target) == chosen);
    palette.finder.at = kept.unwrap_or(0);
}

/// Does what is chosen.
pub fn accept(model: &mut Model, press: KeyPress) -> Vec<Effect> {
    let Some(palette) = palette(model) else { return Vec::new() };
    let target = palette.finder.chosen().and_then(|at| palette.rows.get(at)).map(|row| row.target);
    model.overlay = None;
    match target {
        None => Vec::new(),
        Some(Target::Thread(id)) => {
            let mut effects = review::leave(model);
            model.focus = Pane::Messages;
            effects.extend(open_thread(model, id));
            effects
        }
        Some(Target::Command(context, command)) => {
            match context {
                Context::Threads => model.focus = Pane::Threads,
                Context::Messages => model.focus = Pane::Messages,
                _ => {}
            }
            let context = model.context();
            input::run(model, context, command, press)
        }
    }
}
