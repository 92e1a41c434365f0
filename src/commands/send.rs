//! `countersign send`: posts a message, and says what became of its code.

use super::{Exit, Failure, Output, output::text_or_stdin, words};
use crate::{
    api::Posted,
    cli::SendArgs,
    net::{Client, new_idempotency_key},
    safe_text::SafeText,
};

pub(super) async fn run(arguments: SendArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    let text = text_or_stdin(arguments.text.unwrap_or_else(|| "-".to_owned()))?;
    if text.trim().is_empty() {
        return Err(Failure::Usage("there is nothing to send: the text is blank".to_owned()));
    }
    let key = arguments.idempotency_key.unwrap_or_else(new_idempotency_key);
    let posted = client.post_message(arguments.thread, &text, &key).await.map_err(|error| {
        if error.had_no_effect() {
            return Failure::from(error);
        }
        Failure::Failed(format!(
            "{error}\nWhether it was posted is unknown. The same command with --idempotency-key {key} posts it once."
        ))
    })?;
    report(&posted, output)?;
    Ok(Exit::Done)
}

/// The message's id, what its code came to, and the results.
pub(super) fn report(posted: &Posted, output: Output) -> Result<(), Failure> {
    if output.json {
        return output.object(posted);
    }
    output.text(&SafeText::line(&format!("Posted as message {}", posted.message.id)))?;
    for action in posted.message.actions.iter().flatten() {
        output.text(&SafeText::line(&format!("Its action: {}", words::status(&action.status))))?;
    }
    for result in &posted.results {
        output.text(&SafeText::line(&format!("Result: message {}", result.id)))?;
    }
    Ok(())
}
