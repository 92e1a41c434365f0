//! Another token while the client runs, where the old one is refused. What was written stays, whoever it is now;
//! what was read is asked for anew.

use super::{
    Command, Effect, Failure, FailureKind, Model, Overlay, PromptKind, Secret, link::came_online, live, outgoing, poll,
    questions, review, update::drafts_changed,
};
use crate::{api::Me, safe_text::SafeText};

/// Another token is in force, and whose it is is being asked.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who one was until then, as far as was known.
    before: Option<Me>,
}

/// What to press where the token is not accepted.
#[must_use]
pub fn way_in(model: &Model) -> String {
    let way = model.keymap.way_to(model.context(), Command::SignIn);
    way.map_or_else(|| "the palette signs in".to_owned(), |way| format!("{way} signs in"))
}

/// A failure that says so.
pub(super) fn with_way_in(model: &Model, failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::SignedOut => Failure { words: format!("{} – {}", failure.words, way_in(model)), ..failure },
        _ => failure,
    }
}

/// Tries a token that was typed. The question stays until one works: who types it again types it nowhere else.
pub fn attempt(model: &mut Model, token: String) -> Vec<Effect> {
    questions::ask(model, PromptKind::SignIn);
    vec![model.say("Trying the token…", false), Effect::SignIn(Secret(token))]
}

/// The token works and is in force: everything from here on is asked with it.
pub fn signed_in(model: &mut Model) -> Vec<Effect> {
    model.signed_in = model.counter;
    model.overlay.take_if(|overlay| matches!(overlay, Overlay::Prompt(prompt) if prompt.kind == PromptKind::SignIn));
    // It may be somebody else's.
    model.arriving = Some(Arrival { before: model.me.take() });
    model.people_at = None;
    let mut effects = live::start_anew(model);
    effects.extend(came_online(model));
    effects.extend(poll::soon());
    effects.push(model.say("Signed in. Everything you wrote is still here.", false));
    effects
}

/// The server has said who one is: that is named where a token has just been taken, and a warning goes with it where
/// it is not who one was.
pub fn named(model: &mut Model) -> Vec<Effect> {
    let Some(me) = &model.me else { return Vec::new() };
    let Some(Arrival { before }) = model.arriving.take() else { return Vec::new() };
    let other = before.filter(|before| before.id != me.id);
    let (now, is_other) = (me.name.clone(), other.is_some());
    let words = match other {
        Some(before) => {
            review::put_reasons_away(model);
            outgoing::hold(model, &SafeText::line(&format!("written by {}, and you are {now} now", before.name)));
            format!(
                "Signed in as {now}, not as {} any more. What was written is still here: look at it before you send it.",
                before.name
            )
        }
        None => format!("Signed in as {now}. Everything you wrote is still here."),
    };
    let mut effects = outgoing::send_waiting(model);
    effects.extend(drafts_changed(model));
    effects.push(model.say(words, is_other));
    effects
}

/// Whether it is being asked who one is by now, where it was known who one was.
pub fn is_anybody(model: &Model) -> bool {
    !model.lacks.me && model.arriving.as_ref().is_some_and(|arrival| arrival.before.is_some())
}

/// It does not work, or could not be tried: everything is as before.
pub fn refused(model: &mut Model, words: &str) -> Vec<Effect> {
    vec![model.say(format!("Not signed in: {words}"), true)]
}
