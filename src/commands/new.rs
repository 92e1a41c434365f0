//! `countersign new`: starts a thread.

use super::{Exit, Failure, Output, output::text_or_stdin, words};
use crate::{
    api::{NewThread, ThreadDetail},
    cli::NewArgs,
    net::{Client, new_idempotency_key},
    safe_text::SafeText,
};

pub(super) async fn run(arguments: NewArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    let made = create(arguments, client).await?;
    if output.json {
        output.object(&made)?;
    } else {
        output.text(&SafeText::line(&format!("Thread {}: {}", made.thread.id, words::title(&made.thread))))?;
    }
    Ok(Exit::Done)
}

/// Starts it.
pub(super) async fn create(arguments: NewArgs, client: &Client) -> Result<ThreadDetail, Failure> {
    let thread = NewThread {
        client_account_id: arguments.client_account_id,
        provider_client_account_id: arguments.provider_client_account_id,
        relation_type: arguments.relation_type,
        relation_id: arguments.relation_id,
        subject: arguments.subject,
        participants: arguments.participants,
        message: arguments.text.map(text_or_stdin).transpose()?,
    };
    Ok(client.create_thread(&thread, &new_idempotency_key()).await?)
}
