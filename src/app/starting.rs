//! Starting a thread. What was typed for one stays until the server has it: it is asked for again where that failed.

use super::{
    Answer, Call, Command, Context, Effect, Failure, FailureKind, Model, Outcome, Overlay, Pane, PromptKind,
    model::Purpose, update::open_thread,
};
use crate::api::{LONGEST_SUBJECT, NewThread};

const UNDER_WAY: &str = "Starting the thread…";

/// A thread that was asked for and is not known to be there.
#[derive(Clone, Debug)]
pub struct Unmade {
    pub subject: String,
    /// What was asked and under which idempotency key, so long as it may still be made: asked again it is the same.
    asked: Option<(NewThread, String)>,
}

/// Asks for a thread in the account that one is looking at; else the server takes one's only account. One that was
/// asked for before stays in the account that it was meant for.
pub fn start(model: &mut Model, subject: String) -> Vec<Effect> {
    if model.awaits(&Purpose::NewThread) {
        return vec![model.say(UNDER_WAY, false)];
    }
    if let Some(words) = too_long(&subject) {
        model.unmade = Some(Unmade { subject, asked: None });
        return vec![model.say(words, true)];
    }
    let before = model.unmade.take().filter(|unmade| unmade.subject == subject).and_then(|unmade| unmade.asked);
    let (new, key) = before.unwrap_or_else(|| (new_thread(model, subject.clone()), model.new_key()));
    model.unmade = Some(Unmade { subject, asked: Some((new.clone(), key.clone())) });
    vec![model.say(UNDER_WAY, false), model.request(Purpose::NewThread, Call::CreateThread { new, key })]
}

/// What is said of a subject that no thread can have.
fn too_long(subject: &str) -> Option<String> {
    let length = subject.chars().count();
    let words = || format!("The subject must have at most {LONGEST_SUBJECT} characters; it has {length}.");
    (length > LONGEST_SUBJECT).then(words)
}

fn new_thread(model: &Model, subject: String) -> NewThread {
    let beside = model.open.and_then(|id| model.thread(id)).and_then(|thread| thread.client_account_id);
    let first = model.me.as_ref().and_then(|me| me.client_accounts.first()).map(|account| account.id);
    NewThread { client_account_id: beside.or(first), subject: Some(subject), ..NewThread::default() }
}

/// What came of it: the thread opens, or one can try again.
pub fn answered(model: &mut Model, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Ok(Answer::Thread(detail)) => {
            let (id, now) = (detail.thread.id, model.now);
            model.unmade = None;
            model.overlay.take_if(|overlay| is_question(overlay));
            model.notice.take_if(|notice| *notice.words == *UNDER_WAY);
            model.threads.items.insert(0, detail.thread.clone());
            model.conversations.entry(id).or_default().take_newest(detail, now);
            model.focus = Pane::Composer;
            open_thread(model, id)
        }
        Ok(_) => Vec::new(),
        Err(failure) => {
            let in_doubt = matches!(failure.kind, FailureKind::Unreachable | FailureKind::SignedOut);
            if let Some(unmade) = model.unmade.as_mut().filter(|_| !in_doubt) {
                // The server will not have it like that: the next try may be another one.
                unmade.asked = None;
            }
            let words = format!("{}: {}{}", unknown_or_not_made(model, &failure), failure.words, again(model));
            vec![model.say(words, true)]
        }
    }
}

fn is_question(overlay: &Overlay) -> bool {
    matches!(overlay, Overlay::Prompt(prompt) if prompt.kind == PromptKind::NewThread)
}

fn unknown_or_not_made(model: &Model, failure: &Failure) -> &'static str {
    match (failure.had_no_effect, model.knows_keys()) {
        (true, _) => "The thread was not made",
        (false, true) => "It is not known whether the thread was made (trying again makes no second one)",
        (false, false) => "It is not known whether the thread was made, so look for it in the list first",
    }
}

/// What to press to try once more.
fn again(model: &Model) -> String {
    if model.overlay.as_ref().is_some_and(is_question) {
        let key = model.keymap.key_for(Context::Prompt, Command::Accept);
        return key.map(|key| format!(" – {key} tries again")).unwrap_or_default();
    }
    let way = model.keymap.way_to(model.context(), Command::NewThread);
    way.map(|way| format!(" – {way} asks for it again, its subject is kept")).unwrap_or_default()
}
