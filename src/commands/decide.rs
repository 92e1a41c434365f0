//! `countersign approve` and `countersign reject`: a person's decision, bound to what was shown.

use std::time::Duration;

use super::{
    Exit, Failure, Output,
    output::text_or_stdin,
    patience::patiently,
    plan,
    target::{self, Target},
    words,
};
use crate::{
    api::{Binding, Id, Mode, Person, Posted, Status, UserKind},
    blocks::{BlockType, decision_block},
    cli::{ActionArgs, ApproveArgs, RejectArgs},
    net::{Client, Error, MessageWindow, new_idempotency_key, retry},
    safe_text::SafeText,
};

/// How long a plan has to have been there before it can be approved.
const SETTLING: Duration = Duration::from_millis(400);
/// How often a decision whose answer was lost is looked for.
const LOOKS: u32 = 6;

pub(super) async fn approve(arguments: ApproveArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    approve_with(arguments, client, output, "yes").await
}

/// Prints what an action would change, and decides nothing.
pub(super) async fn read_aloud(action: &ActionArgs, client: &Client) -> Result<(), Failure> {
    let target = target::find(client, action, None).await?;
    let binding = target.binding()?;
    Output { json: false }.show(&preview(client, &target, binding.as_ref()).await)
}

/// Approves exactly what it has just printed, if the answer to its question is `word`.
pub(super) async fn approve_with(
    arguments: ApproveArgs,
    client: &Client,
    output: Output,
    word: &str,
) -> Result<Exit, Failure> {
    if arguments.digest.is_none() && !output.has_person() {
        return Err(Failure::Usage(
            "nobody can be asked here: approve on a terminal, or name what is approved with --digest".to_owned(),
        ));
    }
    let target = target::find(client, &arguments.action, arguments.digest.as_deref()).await?;
    let binding = target.binding()?;
    output.show(&preview(client, &target, binding.as_ref()).await)?;
    match (&arguments.digest, &binding) {
        (None, _) => {
            // What was pasted together with the command has all come by then, and is no answer.
            tokio::time::sleep(SETTLING).await;
            let answer = output.ask(&format!("Approve exactly this? Type {word}: "))?;
            if answer.as_deref() != Some(word) {
                output.note("Not approved; it still waits.");
                return Ok(Exit::NotDone);
            }
        }
        (Some(digest), Some(binding)) if *digest == binding.digest => {}
        (Some(_), Some(_)) => {
            return Err(Failure::Refused(
                "what waits is not what that digest names: nothing was approved; look at it again".to_owned(),
            ));
        }
        (Some(_), None) => {
            return Err(Failure::Usage(
                "this server knows no digests, so an approval cannot be bound to one: approve on a terminal".to_owned(),
            ));
        }
    }
    let text = decision_block(BlockType::ApproveCodeAction, binding.as_ref(), "");
    let posted = match decide(client, &target, &text).await? {
        Sent::Posted(posted) => posted,
        Sent::Decided(target) => return conclude(&target, output),
    };
    if output.json {
        output.object(&posted)?;
    }
    conclude(&after(client, &target, &posted).await?, output)
}

pub(super) async fn reject(arguments: RejectArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    let reason = arguments.reason.map(text_or_stdin).transpose()?.unwrap_or_default();
    let target = target::find(client, &arguments.action, None).await?;
    let Some(binding) = target.binding()? else {
        return Err(Failure::Failed("this server knows no rejection: say in the thread what is wrong".to_owned()));
    };
    let text = decision_block(BlockType::RejectCodeAction, Some(&binding), &reason);
    match decide(client, &target, &text).await? {
        Sent::Posted(posted) => {
            if output.json {
                output.object(&posted)?;
            } else {
                output.text(&SafeText::line(&format!("Rejected the action of message {}", target.message.id)))?;
            }
            Ok(Exit::Done)
        }
        Sent::Decided(target) => match status(&target) {
            Some(Status::Rejected) => Ok(Exit::Done),
            _ => conclude(&target, output),
        },
    }
}

/// What is decided about, in full.
async fn preview(client: &Client, target: &Target, binding: Option<&Binding>) -> Vec<SafeText> {
    let mut lines = vec![
        SafeText::line(&format!("Action of message {} in thread {}", target.message.id, target.thread)),
        written_by(client, target).await,
    ];
    if let Some(action) = &target.action {
        let until = action.expires_at.map_or_else(String::new, |end| format!(", until {}", words::when(Some(end))));
        lines.push(SafeText::line(&format!("{}{until}", words::status(&action.status))));
    }
    lines.extend(plan::lines(&target.items));
    if target.items.is_empty() {
        lines.push(SafeText::line("  No record would change."));
    }
    lines.push(match binding {
        Some(binding) => SafeText::line(&format!("Digest {}", binding.digest)),
        None => SafeText::line("Unbound: this server cannot tie an approval to what is shown here."),
    });
    lines
}

/// Who wrote the code, and when.
async fn written_by(client: &Client, target: &Target) -> SafeText {
    let who = match target.message.created_by_id {
        Some(id) => match person(client, target.thread, id).await {
            Some(Person { name, kind: UserKind::Bot, .. }) => format!("{name} (bot)"),
            Some(Person { name, .. }) => name,
            None => format!("user {id}"),
        },
        None => "somebody whom the server does not name".to_owned(),
    };
    let when = target.message.created_at.map_or_else(String::new, |at| format!(", {}", words::when(Some(at))));
    SafeText::line(&format!("Code written by {who}{when}"))
}

/// Somebody who takes part in a thread, or did. Where that can't be found out, the number has to do.
async fn person(client: &Client, thread: Id, id: Id) -> Option<Person> {
    let taking_part = patiently(async || client.participants(thread).await).await.unwrap_or_default();
    let found = taking_part.into_iter().find(|one| one.user_id == id).and_then(|one| one.user);
    if found.is_some() {
        return found;
    }
    patiently(async || client.users(None).await).await.unwrap_or_default().into_iter().find(|person| person.id == id)
}

/// What became of sending a decision.
enum Sent {
    Posted(Box<Posted>),
    /// The answer was lost, but the action shows that something was decided.
    Decided(Box<Target>),
}

/// Sends a decision once. Where the answer is lost it looks, and sends it again only under the same key and
/// only to a server that binds decisions, which carries it out once.
async fn decide(client: &Client, target: &Target, text: &str) -> Result<Sent, Failure> {
    let key = new_idempotency_key();
    let mut lost = match client.post_message(target.thread, text, &key).await {
        Ok(posted) => return Ok(Sent::Posted(Box::new(posted))),
        Err(error) if error.had_no_effect() => return Err(error.into()),
        Err(error) => error,
    };
    for attempt in 0..LOOKS {
        if target.action.is_none() {
            break;
        }
        tokio::time::sleep(retry::delay(attempt, retry::random(), lost.retry_after())).await;
        let Ok(now) = look(client, target).await else { continue };
        if status(&now).is_some_and(|status| !status.waits()) {
            return Ok(Sent::Decided(Box::new(now)));
        }
        match client.post_message(target.thread, text, &key).await {
            Ok(posted) => return Ok(Sent::Posted(Box::new(posted))),
            Err(Error::Conflict { .. }) => {}
            Err(error) if error.had_no_effect() && !error.is_transient() => return Err(error.into()),
            Err(error) => lost = error,
        }
    }
    Err(Failure::Failed(format!(
        "{lost}\nWhether the decision was carried out is unknown: look with `countersign show {}`.",
        target.thread
    )))
}

/// The action as it is now.
async fn look(client: &Client, target: &Target) -> Result<Target, Failure> {
    let message = target::message(client, target.thread, target.message.id).await?;
    target::of_message(target.thread, message, target.action.as_ref().and_then(|action| action.block))
}

fn status(target: &Target) -> Option<&Status> {
    target.action.as_ref().map(|action| &action.status)
}

/// The action after an approval; for a server that tells nothing of actions, as its results show it.
async fn after(client: &Client, target: &Target, posted: &Posted) -> Result<Target, Failure> {
    if target.action.is_some() {
        return look(client, target).await;
    }
    let window = MessageWindow::default();
    let detail = patiently(async || client.thread(target.thread, &window).await).await?;
    let newer = detail.messages.iter().filter(|message| message.id > posted.message.id);
    let written = newer.chain(&posted.results).any(|message| message.action_mode == Some(Mode::Write));
    let word = if written { Status::Written } else { Status::Other("not known to be written".to_owned()) };
    let action = serde_json::from_value(serde_json::json!({ "status": word })).ok();
    Ok(Target { action, ..target.clone() })
}

/// Says what an approval came to.
fn conclude(target: &Target, output: Output) -> Result<Exit, Failure> {
    let id = target.message.id;
    let (words, exit) = match status(target) {
        Some(Status::Written) => (format!("Written: the action of message {id}"), Exit::Done),
        Some(Status::Drifted | Status::AwaitingApproval) => (
            format!(
                "Nothing was written: the records have changed since. Message {id} shows what would be written now; look at it again"
            ),
            Exit::Refused,
        ),
        Some(Status::Failed) => {
            (format!("Nothing was written: the code of message {id} failed as it was to write"), Exit::NotDone)
        }
        Some(Status::Rejected) => (format!("The action of message {id} is rejected"), Exit::Refused),
        Some(other) => (format!("The action of message {id} is {}", words::status(other)), Exit::NotDone),
        None => (format!("What became of message {id} is not known"), Exit::NotDone),
    };
    if exit == Exit::Done {
        output.text(&SafeText::line(&words))?;
    } else {
        output.note(&words);
    }
    Ok(exit)
}
