//! `countersign wait`: returns when an action is decided; its exit status says how.

use serde::Serialize;

use super::{
    Exit, Failure, Output,
    news::News,
    target::{self, Target},
    words,
};
use crate::{
    api::{Action, Id, Mode, Status},
    cli::WaitArgs,
    net::{Client, MessageWindow},
    safe_text::SafeText,
};

pub(super) async fn run(arguments: WaitArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    let decided = async {
        let target = target::find(client, &arguments.action, None).await?;
        until_decided(client, target, output).await
    };
    let Some(timeout) = arguments.timeout else { return report(&decided.await?, output) };
    if let Ok(decided) = tokio::time::timeout(timeout, decided).await {
        return report(&decided?, output);
    }
    output.note("Time is up, and nothing is decided yet.");
    Ok(Exit::TimeUp)
}

/// Looks whenever something may have happened, until the action no longer waits.
async fn until_decided(client: &Client, mut target: Target, output: Output) -> Result<Target, Failure> {
    let mut news = News::of(client, target.message.id);
    let mut complained = false;
    loop {
        if target.action.is_none() {
            target.action = told_by_results(client, &target).await?;
        }
        if target.action.as_ref().is_some_and(|action| !action.status.waits()) {
            return Ok(target);
        }
        news.next().await;
        match look(client, &target).await {
            Ok(now) => target = now,
            Err(Failure::Net(error)) if error.is_transient() => {
                if !std::mem::replace(&mut complained, true) {
                    output.note(&format!("{error}; still waiting"));
                }
            }
            Err(other) => return Err(other),
        }
    }
}

async fn look(client: &Client, target: &Target) -> Result<Target, Failure> {
    let message = target::message(client, target.thread, target.message.id).await?;
    let block = target.action.as_ref().and_then(|action| action.block);
    let gone = |action: &Action| action.block != block;
    if let (Some(block), Some(actions)) = (block, &message.actions)
        && actions.iter().all(gone)
    {
        // An edit took code away, and with it this block or one before it.
        let withdrawn = actions.iter().rev().find(|action| action.status == Status::Withdrawn).cloned();
        return match withdrawn {
            Some(action) if block == 0 => Ok(Target { action: Some(action), ..target.clone() }),
            _ => Err(Failure::Failed(format!("message {} was edited: look at it and name a block", message.id))),
        };
    }
    target::of_message(target.thread, message, block)
}

/// What a server that tells nothing of actions lets one conclude: a result in write mode after the code.
async fn told_by_results(client: &Client, target: &Target) -> Result<Option<Action>, Failure> {
    let detail = client.thread(target.thread, &MessageWindow::default()).await?;
    let later = detail.messages.iter().filter(|message| message.id >= target.message.id);
    let written = later.into_iter().any(|message| message.action_mode == Some(Mode::Write));
    let status = if written { Status::Written } else { return Ok(None) };
    Ok(serde_json::from_value(serde_json::json!({ "status": status })).ok())
}

/// An action with its place.
#[derive(Serialize)]
struct Decided<'a> {
    thread_id: Id,
    message_id: Id,
    #[serde(flatten)]
    action: &'a Action,
}

fn report(target: &Target, output: Output) -> Result<Exit, Failure> {
    let Some(action) = &target.action else { return Ok(Exit::NotDone) };
    if output.json {
        output.object(&Decided { thread_id: target.thread, message_id: target.message.id, action })?;
    } else {
        let reason = action.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", SafeText::line(reason)));
        let line = format!("The action of message {} is {}{reason}", target.message.id, words::status(&action.status));
        output.text(&SafeText::line(&line))?;
    }
    Ok(match action.status {
        Status::Written => Exit::Done,
        Status::Rejected => Exit::Rejected,
        _ => Exit::Ended,
    })
}
