//! What commands about one message do: selecting it, answering it with a quote, changing one's own, copying,
//! opening its links.

use super::{
    Call, Choice, ChoiceItem, Conversation, Effect, Failure, FailureKind, Model, Outcome, Overlay, Pane, Part, Reveal,
    answers::take_posted,
    composer::LONGEST_MESSAGE,
    model::Purpose,
    plain_text,
    update::{drafts_changed, fetch},
};
use crate::{
    api::{Id, Kind, Message, Time},
    safe_text::SafeText,
};
use serde::{Deserialize, Serialize};

/// The most that is offered for choosing by number.
const MOST_CHOICES: usize = 9;

/// A message of one's own that is in the composer to be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editing {
    pub message: Id,
    /// The revision that it is a change of.
    pub revision: Option<u64>,
    /// What was being written before.
    pub draft: String,
    /// The change is on its way.
    #[serde(skip)]
    pub sending: bool,
    /// Somebody else has changed the message since.
    #[serde(default)]
    pub outdated: bool,
}

/// `J` and `K`: the next message is the selected one.
pub fn select(model: &mut Model, forward: bool) -> Vec<Effect> {
    let visible = model.drawn.messages.as_ref().map(|drawn| drawn.visible.clone()).unwrap_or_default();
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let shown = conversation.shown();
    let place = |id: Id| shown.binary_search_by_key(&id, |entry| entry.message.id).ok();
    let at = match conversation.selected.and_then(place) {
        Some(at) if forward => at + 1,
        Some(at) => at.saturating_sub(1),
        // The first one is chosen from what is in sight.
        None => {
            let first = if forward { visible.first() } else { visible.last() };
            first.copied().and_then(place).unwrap_or_else(|| shown.len().saturating_sub(1))
        }
    };
    let Some(id) = shown.get(at).map(|entry| entry.message.id) else { return Vec::new() };
    conversation.selected = Some(id);
    conversation.reveal = Some(Reveal { message: id, part: Part::Any });
    Vec::new()
}

/// The message that a command is about: the selected one, else the newest in sight that `fits`.
fn subject(model: &Model, fits: impl Fn(&Message) -> bool) -> Option<Message> {
    let conversation = model.conversation()?;
    if let Some(selected) = conversation.selected {
        return conversation.shown_message(selected).filter(|message| fits(message)).cloned();
    }
    let in_sight = model.drawn.messages.as_ref().filter(|drawn| Some(drawn.thread) == model.open);
    let visible = in_sight.into_iter().flat_map(|drawn| drawn.visible.iter().rev());
    let mut candidates = visible.filter_map(|id| conversation.shown_message(*id));
    candidates.find(|message| fits(message)).cloned()
}

fn is_own(model: &Model, message: &Message) -> bool {
    let is_mine = match &model.me {
        Some(me) => message.created_by_id == Some(me.id),
        // Where nobody says who one is, whoever selects a message says so; the server has the last word.
        None => model.conversation().is_some_and(|conversation| conversation.selected == Some(message.id)),
    };
    is_mine && message.kind != Some(Kind::Result)
}

/// Puts one's own message into the composer.
pub fn edit(model: &mut Model) -> Vec<Effect> {
    let chosen = model.conversation().is_some_and(|conversation| conversation.selected.is_some());
    let mut found = subject(model, |message| is_own(model, message));
    if found.is_none() && !chosen {
        let conversation = model.conversation();
        found = conversation.and_then(|known| known.messages().rfind(|message| is_own(model, message)).cloned());
    }
    let Some(message) = found else {
        let words = match (chosen, &model.me) {
            (true, _) => "Only your own messages can be changed.",
            (false, Some(_)) => "Nothing here is yours to change.",
            (false, None) => "Select your message first: the server does not say which ones are yours.",
        };
        return vec![model.say(words, false)];
    };
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let draft = match conversation.editing.take() {
        Some(before) => before.draft,
        None => conversation.composer.text(),
    };
    let (message, revision, text) = (message.id, message.revision, message.message);
    conversation.editing = Some(Editing { message, revision, draft, sending: false, outdated: false });
    conversation.composer.set(&text);
    conversation.reveal = Some(Reveal { message, part: Part::Any });
    model.focus = Pane::Composer;
    drafts_changed(model)
}

/// Leaves the change; the draft that was there before comes back.
pub fn stop_editing(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    if let Some(editing) = conversation.editing.take() {
        conversation.composer.set(&editing.draft);
    }
    drafts_changed(model)
}

/// Sends the change.
pub fn send_edit(model: &mut Model) -> Vec<Effect> {
    let Some(thread) = model.open else { return Vec::new() };
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    let Some(editing) = conversation.editing.clone().filter(|editing| !editing.sending) else { return Vec::new() };
    let text = conversation.composer.text();
    if conversation.composer.is_blank() {
        return vec![model.say("A message can't become empty: Esc leaves it as it was.", false)];
    }
    if text.len() > LONGEST_MESSAGE {
        return vec![model.say(too_long(text.len()), true)];
    }
    let (message, revision) = (editing.message, editing.revision);
    let unchanged = conversation.message(message).is_some_and(|known| known.message == text);
    if unchanged {
        return stop_editing(model);
    }
    conversation.editing = Some(Editing { sending: true, ..editing });
    let call = Call::Edit { thread, message, text, revision };
    vec![model.request(Purpose::Edit { thread }, call)]
}

/// What came of a change.
pub fn edited(model: &mut Model, thread: Id, outcome: Outcome) -> Vec<Effect> {
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    let Some(editing) = &mut conversation.editing else { return Vec::new() };
    editing.sending = false;
    match outcome {
        Ok(super::Answer::Posted(posted)) => {
            let draft = std::mem::take(&mut editing.draft);
            conversation.editing = None;
            conversation.composer.set(&draft);
            take_posted(model, thread, posted);
            drafts_changed(model)
        }
        Ok(_) => Vec::new(),
        Err(Failure { kind: FailureKind::Conflict, words, .. }) => {
            editing.outdated = true;
            let words = format!("Not changed, your text is kept: {words}");
            let mut effects = vec![model.say(words, true)];
            effects.extend(fetch(model, thread));
            effects
        }
        Err(failure) => vec![model.say(format!("Not changed, your text is kept: {}", failure.words), true)],
    }
}

/// The thread was fetched after a change was refused: the next try is one of what is there now, and says so.
pub fn catch_up(conversation: &mut Conversation) {
    let Some(editing) = conversation.editing.as_mut().filter(|editing| editing.outdated) else { return };
    let now = conversation.entries.iter().find(|entry| entry.message.id == editing.message);
    if let Some(entry) = now {
        editing.revision = entry.message.revision;
    }
}

/// `r`: the message as a quote in the composer.
pub fn reply(model: &mut Model) -> Vec<Effect> {
    let Some(message) = subject(model, |_| true) else {
        return vec![model.say("There is nothing to answer yet.", false)];
    };
    let quote = plain_text::quoted(&message.message);
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let draft = conversation.composer.text();
    let before = if draft.trim().is_empty() { String::new() } else { format!("{}\n\n", draft.trim_end()) };
    conversation.composer.set(&format!("{before}{quote}\n"));
    conversation.selected = None;
    model.focus = Pane::Composer;
    drafts_changed(model)
}

/// `c`: the whole message into the clipboard.
pub fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(message) = subject(model, |_| true) else { return vec![model.say("There is nothing to copy.", false)] };
    put(model, message.message, "the message")
}

/// `C`: a block of code into the clipboard.
pub fn copy_block(model: &mut Model) -> Vec<Effect> {
    let found = subject(model, |message| !plain_text::code_blocks(&message.message).is_empty());
    let blocks = found.map(|message| plain_text::code_blocks(&message.message)).unwrap_or_default();
    let label = |block: &plain_text::CodeBlock| {
        let first = block.code.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        SafeText::line(format!("{}  {}", block.language, first.trim()).trim())
    };
    let items = blocks.into_iter().map(|block| (label(&block), ChoiceItem::CopyBlock(block.code))).collect();
    choose(model, "Copy which block?", "There is no block of code to copy here.", items)
}

/// `o`: a link of the message.
pub fn open_link(model: &mut Model) -> Vec<Effect> {
    let found = subject(model, |message| !plain_text::links(&message.message).is_empty());
    let links = found.map(|message| plain_text::links(&message.message)).unwrap_or_default();
    let items = links.into_iter().map(|link| (SafeText::line(&link), ChoiceItem::OpenLink(link))).collect();
    choose(model, "Open which link?", "There is no link here.", items)
}

/// Takes the only item at once; asks where there are several.
fn choose(model: &mut Model, question: &'static str, none: &str, items: Vec<(SafeText, ChoiceItem)>) -> Vec<Effect> {
    match items.len() {
        0 => return vec![model.say(none, false)],
        1 => return items.into_iter().next().map(|(_, item)| take(model, item)).unwrap_or_default(),
        _ => {}
    }
    let items = items.into_iter().take(MOST_CHOICES).collect();
    model.overlay = Some(Overlay::Choice(Box::new(Choice { question, items, at: 0 })));
    Vec::new()
}

/// What was chosen.
pub fn take(model: &mut Model, item: ChoiceItem) -> Vec<Effect> {
    match item {
        ChoiceItem::CopyBlock(code) => put(model, code, "the block"),
        ChoiceItem::OpenLink(link) if model.opens_links && plain_text::may_be_opened(&link) => {
            let words = SafeText::line(&format!("Opening {link}"));
            vec![model.say(words, false), Effect::OpenLink(link)]
        }
        ChoiceItem::OpenLink(link) => put(model, link, "the link"),
    }
}

fn put(model: &mut Model, text: String, what: &str) -> Vec<Effect> {
    let size = match text.len() {
        ..=999 => String::new(),
        bytes => format!(", {}", crate::app::composer::size(bytes)),
    };
    let words = format!("Copied {what}{size}.");
    vec![model.say(words, false), Effect::Copy(text)]
}

/// What is said of a text that the server would refuse.
pub fn too_long(bytes: usize) -> String {
    format!("Too long to send: {bytes} bytes, where {LONGEST_MESSAGE} are the most.")
}

/// The first moment of the day that a person means, and how it is said back.
pub fn day_named(text: &str, now: Time, zone: &jiff::tz::TimeZone) -> Option<(Time, SafeText)> {
    let date = super::dates::read(text, now.timestamp().to_zoned(zone.clone()).date())?;
    let start = date.to_zoned(zone.clone()).ok()?.timestamp();
    Some((Time::from(start), SafeText::line(&date.strftime("%-d %B %Y").to_string())))
}
