//! One-line questions over the panes, and what their answers do.

use super::{
    Call, Composer, Effect, Listing, Model, Overlay, Pane, Prompt, PromptKind, find, model::Purpose, seek, signing_in,
    starting, subject,
};

pub fn ask(model: &mut Model, kind: PromptKind) -> Vec<Effect> {
    let start = match kind {
        PromptKind::Search => model.threads.listing.search.clone().unwrap_or_default(),
        PromptKind::NewThread => model.unmade.as_ref().map(|unmade| unmade.subject.clone()).unwrap_or_default(),
        PromptKind::Date | PromptKind::SignIn => String::new(),
        PromptKind::Find => {
            let before = model.conversation().and_then(|open| open.find.as_ref());
            before.map(|find| find.words.to_string()).unwrap_or_default()
        }
    };
    let input = if kind == PromptKind::SignIn { Composer::hidden_line() } else { Composer::one_line(&start) };
    model.overlay = Some(Overlay::Prompt(Box::new(Prompt { kind, input })));
    Vec::new()
}

pub fn answer(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = model.overlay.take() else { return Vec::new() };
    let text = prompt.input.text().trim().to_owned();
    match prompt.kind {
        PromptKind::Search => search(model, Some(text).filter(|text| !text.is_empty())),
        PromptKind::Find => find::begin(model, &text),
        PromptKind::NewThread if text.is_empty() => {
            model.unmade = None;
            Vec::new()
        }
        PromptKind::Date | PromptKind::SignIn if text.is_empty() => Vec::new(),
        PromptKind::Date => match subject::day_named(&text, model.now.wall, &model.zone) {
            Some((time, words)) => seek::to_time(model, time, words),
            None => vec![model.say(format!("“{text}” is no day: write 2026-11-03, 3 nov or yesterday."), true)],
        },
        PromptKind::NewThread => {
            let effects = starting::start(model, text);
            // The question stays until there is a thread: nothing has to be typed twice.
            model.overlay = Some(Overlay::Prompt(prompt));
            effects
        }
        PromptKind::SignIn => signing_in::attempt(model, text),
    }
}

/// Lists the threads that hold `text`; all where it is `None`.
pub fn search(model: &mut Model, text: Option<String>) -> Vec<Effect> {
    let listing = Listing { search: text, ..model.threads.listing.clone() };
    list(model, listing)
}

/// Lists other threads, or in another order.
pub fn list(model: &mut Model, listing: Listing) -> Vec<Effect> {
    model.threads.ask(listing.clone());
    model.focus = Pane::Threads;
    let listing = Box::new(listing);
    let purpose = Purpose::Threads { listing: listing.clone(), page: 1 };
    vec![model.request(purpose, Call::Threads { listing, page: 1 })]
}
