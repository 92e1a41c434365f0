//! Keys and clicks in what lies over the panes, where it is a list to choose from or a form to fill in.

use super::{
    Attribute, Command, Composer, Context, Effect, FilterForm, KeyPress, Listing, MembersStep, Model, Order, Overlay,
    finder::stepped, members, palette, questions, update::save_drafts,
};

/// Rows that a page key goes.
const PAGE: isize = 8;

/// Opens the form of filters.
pub fn open_filter(model: &mut Model) -> Vec<Effect> {
    model.overlay = Some(Overlay::Filter(Box::new(FilterForm::new(model))));
    Vec::new()
}

/// Opens the list of orders, on the one in force.
pub fn open_order(model: &mut Model) -> Vec<Effect> {
    let order = model.threads.listing.order;
    let at = Attribute::ALL.iter().position(|attribute| *attribute == order.by).unwrap_or(0);
    model.overlay = Some(Overlay::Order { at, order });
    Vec::new()
}

/// All threads again, in their usual order.
pub fn show_all(model: &mut Model) -> Vec<Effect> {
    questions::list(model, Listing::default())
}

/// The selected thread keeps quiet, or speaks up again.
pub fn mute(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.open else { return vec![model.say("There is no thread here.", false)] };
    let muted = model.muted.insert(id);
    if !muted {
        model.muted.remove(&id);
    }
    let words = if muted { "keeps quiet from now on." } else { "speaks up again." };
    let words = format!("{} {words}", model.title(id));
    model.drafts_dirty = true;
    let mut effects = save_drafts(model);
    effects.push(model.say(words, false));
    effects
}

/// The text that is typed into an overlay.
pub fn input(overlay: &mut Overlay) -> Option<&mut Composer> {
    match overlay {
        Overlay::Palette(palette) => Some(&mut palette.finder.query),
        Overlay::Filter(form) => form.input(),
        Overlay::Members(members) => match &mut members.step {
            MembersStep::Adding(candidates) => Some(&mut candidates.finder.query),
            _ => None,
        },
        Overlay::Prompt(prompt) => Some(&mut prompt.input),
        Overlay::Help { .. } | Overlay::Decided(_) | Overlay::Order { .. } | Overlay::Choice(_) | Overlay::Bare => None,
    }
}

/// What was typed into it has changed.
pub fn typed(model: &mut Model) -> Vec<Effect> {
    match &model.overlay {
        Some(Overlay::Palette(_)) => palette::typed(model),
        Some(Overlay::Members(_)) => {
            members::typed(model);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// Moves the choice by so many rows.
pub fn step(model: &mut Model, rows: isize) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Palette(palette)) => palette.finder.step(rows),
        Some(Overlay::Filter(form)) => form.step(rows),
        Some(Overlay::Order { at, order }) => choose_order(at, order, rows),
        Some(Overlay::Members(_)) => members::step(model, rows),
        _ => {}
    }
    Vec::new()
}

/// The way of an attribute that is not in force is the one that it is expected to have.
fn choose_order(at: &mut usize, order: &mut Order, rows: isize) {
    *at = stepped(*at, rows, Attribute::ALL.len());
    if let Some(by) = Attribute::ALL.get(*at).copied().filter(|by| *by != order.by) {
        *order = Order { by, descending: by.starts_descending() };
    }
}

/// A command of an overlay, other than leaving it.
pub fn run(model: &mut Model, command: Command, press: KeyPress) -> Vec<Effect> {
    match command {
        Command::Up => step(model, -1),
        Command::Down => step(model, 1),
        Command::PageUp => step(model, -PAGE),
        Command::PageDown => step(model, PAGE),
        Command::Accept => accept(model, press),
        Command::PreviousChoice | Command::NextChoice => {
            match &mut model.overlay {
                Some(Overlay::Filter(form)) => form.turn(command == Command::NextChoice),
                Some(Overlay::Order { order, .. }) => order.descending = !order.descending,
                _ => {}
            }
            Vec::new()
        }
        Command::Clear => {
            if let Some(Overlay::Filter(form)) = &mut model.overlay {
                form.clear();
            }
            Vec::new()
        }
        Command::Add => members::add(model),
        Command::Remove => members::remove(model),
        _ => Vec::new(),
    }
}

fn accept(model: &mut Model, press: KeyPress) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Palette(_)) => palette::accept(model, press),
        Some(Overlay::Members(_)) => members::accept(model),
        Some(Overlay::Order { order, .. }) => {
            let listing = Listing { order: *order, ..model.threads.listing.clone() };
            model.overlay = None;
            questions::list(model, listing)
        }
        Some(Overlay::Filter(form)) => match form.filter() {
            Ok(filter) => {
                let listing = Listing { filter, ..model.threads.listing.clone() };
                model.overlay = None;
                questions::list(model, listing)
            }
            Err((at, words)) => {
                form.at = at;
                vec![model.say(words, true)]
            }
        },
        _ => Vec::new(),
    }
}

/// A click on a row: it is chosen, and where that is all there is to do, done.
pub fn click(model: &mut Model, row: usize, press: KeyPress) -> Vec<Effect> {
    let context = model.context();
    match &mut model.overlay {
        Some(Overlay::Palette(palette)) => palette.finder.at = row,
        Some(Overlay::Filter(form)) => {
            let again = form.at == row;
            form.at = row;
            if again {
                form.turn(true);
            }
        }
        Some(Overlay::Order { at, order }) => {
            let again = *at == row;
            choose_order(at, order, isize::try_from(row).unwrap_or(0) - isize::try_from(*at).unwrap_or(0));
            if again {
                order.descending = !order.descending;
            }
        }
        Some(Overlay::Members(members)) => match &mut members.step {
            MembersStep::Adding(candidates) => candidates.finder.at = row,
            MembersStep::Looking => members.at = row,
            MembersStep::Removing(_) => {}
        },
        _ => {}
    }
    if context == Context::Finder { accept(model, press) } else { Vec::new() }
}
