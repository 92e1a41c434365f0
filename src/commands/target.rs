//! Which action of a thread a command means, and what a decision on it would be bound to.

use serde_json::Value;

use super::{Failure, patience::patiently, words};
use crate::{
    api::{self, Action, Binding, Id, Item, Message, Operation, Status},
    blocks::{self, BlockType},
    cli::ActionArgs,
    net::{ActionQuery, Client, Error, MessageWindow},
};

/// An action, with the message that holds it.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub thread: Id,
    pub message: Message,
    /// `None`: the server tells nothing of actions.
    pub action: Option<Action>,
    /// The action's preview objects, exactly as they came.
    pub items: Vec<Value>,
}

/// An action that waits in a thread.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Waiting {
    message: Id,
    block: Option<u32>,
    digest: Option<String>,
}

impl Waiting {
    fn of(message: Id, action: &Action) -> Self {
        Self { message, block: action.block, digest: action.digest.clone() }
    }
}

/// How each of the actions that wait is named on the command line.
pub(super) fn as_options(waiting: &[Waiting]) -> Vec<String> {
    let beside = |one: &Waiting| waiting.iter().filter(|other| other.message == one.message).count() > 1;
    let named = waiting.iter().map(|one| match one.block {
        Some(block) if beside(one) => format!("--message {} --block {block}", one.message),
        _ => format!("--message {}", one.message),
    });
    named.collect()
}

/// Finds the action that `wanted` names: the one with this digest, the only one that waits in the thread, or
/// else the last.
pub(super) async fn find(client: &Client, wanted: &ActionArgs, digest: Option<&str>) -> Result<Target, Failure> {
    if let Some(id) = wanted.message {
        let message = message(client, wanted.thread, id).await?;
        let block = wanted.block.or_else(|| block_with(&message, digest?));
        return of_message(wanted.thread, message, block);
    }
    let waiting = waiting(client, wanted.thread).await?;
    let named = waiting.iter().find(|each| digest.is_some() && each.digest.as_deref() == digest);
    match (named, waiting.as_slice()) {
        (None, []) => of_message(wanted.thread, last_codeaction(client, wanted.thread).await?, None),
        (Some(one), _) | (None, [one]) => {
            of_message(wanted.thread, message(client, wanted.thread, one.message).await?, one.block)
        }
        (None, _) if digest.is_some() => {
            Err(Failure::Refused("none of the actions that wait has that digest: look at them again".to_owned()))
        }
        (None, several) => Err(Failure::Usage(format!(
            "several actions wait in thread {}: choose one with {}",
            wanted.thread,
            as_options(several).join(" or ")
        ))),
    }
}

/// One message of a thread, also from a server that does not give single ones.
pub(super) async fn message(client: &Client, thread: Id, id: Id) -> Result<Message, Failure> {
    match patiently(async || client.message(thread, id).await).await {
        Err(Error::Unsupported) => {}
        other => return Ok(other?),
    }
    let found = newest_where(client, thread, |message| message.id == id).await?;
    found.ok_or_else(|| Failure::NotFound(format!("thread {thread} has no message {id}")))
}

/// The block of the action in `message` that has this digest.
fn block_with(message: &Message, digest: &str) -> Option<u32> {
    let mut actions = message.actions.iter().flatten();
    actions.find(|action| action.digest.as_deref() == Some(digest)).and_then(|action| action.block)
}

/// The actions that wait in the thread, oldest first.
pub(super) async fn waiting(client: &Client, thread: Id) -> Result<Vec<Waiting>, Failure> {
    // Also says at once when there is no such thread, or one may not see it.
    let window = MessageWindow::default();
    let detail = patiently(async || client.thread(thread, &window).await).await?;
    let mut found = Vec::new();
    for status in [Status::AwaitingApproval, Status::Drifted] {
        for number in 1.. {
            let query = ActionQuery {
                status: Some(status.as_str().to_owned()),
                client_account_id: detail.thread.client_account_id,
                page: Some(number),
                ..ActionQuery::default()
            };
            let page = match patiently(async || client.actions(&query).await).await {
                Err(Error::Unsupported) => return Ok(waiting_among(&detail.messages)),
                other => other?,
            };
            let of_thread =
                page.items.iter().filter(|queued| queued.thread_id == thread && queued.action.status.waits());
            found.extend(of_thread.map(|queued| Waiting::of(queued.message_id, &queued.action)));
            if !page.has_next || page.items.is_empty() {
                break;
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn waiting_among(messages: &[Message]) -> Vec<Waiting> {
    let actions = |message: &Message| {
        let waiting = message.actions.iter().flatten().filter(|action| action.status.waits());
        waiting.map(|action| Waiting::of(message.id, action)).collect::<Vec<_>>()
    };
    messages.iter().flat_map(actions).collect()
}

/// The thread's last message that holds code.
async fn last_codeaction(client: &Client, thread: Id) -> Result<Message, Failure> {
    let holds_code =
        |message: &Message| blocks::parse(&message.message).of_type(BlockType::CodeAction).next().is_some();
    let found = newest_where(client, thread, holds_code).await?;
    found.ok_or_else(|| Failure::Refused(format!("thread {thread} holds no action")))
}

/// Goes through a thread from its newest message to its oldest.
async fn newest_where(
    client: &Client,
    thread: Id,
    fits: impl Fn(&Message) -> bool,
) -> Result<Option<Message>, Failure> {
    for number in 1.. {
        let window = MessageWindow { page: Some(number), ..MessageWindow::default() };
        let mut detail = patiently(async || client.thread(thread, &window).await).await?;
        if let Some(at) = detail.messages.iter().rposition(&fits) {
            return Ok(Some(detail.messages.swap_remove(at)));
        }
        if detail.has_more_messages != Some(true) || detail.messages.is_empty() {
            break;
        }
    }
    Ok(None)
}

/// The action of `message` that is meant: the block that is named, the only one that waits, or the last.
pub(super) fn of_message(thread: Id, message: Message, block: Option<u32>) -> Result<Target, Failure> {
    let Some(actions) = &message.actions else {
        let items = message.action_items.clone();
        return Ok(Target { thread, message, action: None, items });
    };
    let waiting: Vec<&Action> = actions.iter().filter(|action| action.status.waits()).collect();
    let chosen = match (block, waiting.as_slice()) {
        (Some(block), _) => actions.iter().find(|action| action.block == Some(block)),
        (None, [only]) => Some(*only),
        (None, []) => actions.iter().rev().find(|action| action.block.is_some()).or(actions.last()),
        (None, _) => {
            let id = message.id;
            return Err(Failure::Usage(format!(
                "several actions wait in message {id}: choose one with --message {id} --block N"
            )));
        }
    };
    let Some(action) = chosen.cloned() else {
        let which = block.map_or_else(String::new, |block| format!(" {block}"));
        return Err(Failure::NotFound(format!("message {} has no action{which}", message.id)));
    };
    let of_block = |item: &&Value| item.get("block").and_then(Value::as_u64) == action.block.map(u64::from);
    let items = message.action_items.iter().filter(of_block).cloned().collect();
    Ok(Target { thread, message, action: Some(action), items })
}

impl Target {
    /// What an approval of exactly what is shown is bound to; `None` on a server that knows no bindings.
    ///
    /// # Errors
    /// Nothing waits, or what the server sent cannot be decided by.
    pub fn binding(&self) -> Result<Option<Binding>, Failure> {
        let id = self.message.id;
        let Some(action) = &self.action else { return Ok(None) };
        if !action.status.waits() {
            let status = words::status(&action.status);
            return Err(Failure::Refused(format!("nothing to decide: the action of message {id} is {status}")));
        }
        for item in &self.items {
            let known = serde_json::from_value::<Item>(item.clone())
                .is_ok_and(|item| !matches!(item.operation, Operation::Other(_)));
            if !known {
                return Err(Failure::Failed(format!(
                    "message {id} holds a change of a kind that this version does not know: update countersign to decide on it"
                )));
            }
        }
        let block = action.block.unwrap_or(0);
        let digest = api::digest(self.thread, id, block, &self.items)
            .map_err(|_| Failure::Failed(format!("what message {id} shows has no canonical form")))?;
        if action.digest.as_ref() != Some(&digest) {
            return Err(Failure::Failed(format!(
                "the digest that the server gives for message {id} is not that of the plan it shows: try again, and do not decide on it before they agree"
            )));
        }
        Ok(Some(Binding { message_id: id, digest, block: Some(block) }))
    }
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
