//! `countersign threads`: the list.

use super::{Exit, Failure, Output, patience::patiently, words};
use crate::{
    api::Thread,
    blocks,
    cli::ThreadsArgs,
    net::{Client, Page, ThreadQuery},
    safe_text::SafeText,
};

/// Columns of an excerpt.
const EXCERPT: usize = 60;

pub(super) async fn run(arguments: ThreadsArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    let page = page(&arguments, client).await?;
    for thread in &page.items {
        if output.json {
            output.object(thread)?;
        } else {
            output.text(&line(thread))?;
        }
    }
    if page.items.is_empty() {
        output.note("No thread matches.");
    } else if page.has_next {
        output.note(&format!("There may be more: --page {}", arguments.page.unwrap_or(1) + 1));
    }
    Ok(Exit::Done)
}

/// One page of the list.
pub(super) async fn page(arguments: &ThreadsArgs, client: &Client) -> Result<Page<Thread>, Failure> {
    if arguments.free_text.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(Failure::Usage("--free-text is blank: say what to look for, or leave it out".to_owned()));
    }
    let query = ThreadQuery {
        client_account_id: arguments.client_account_id,
        provider_client_account_id: arguments.provider_client_account_id,
        relation_type: arguments.relation_type.clone(),
        relation_id: arguments.relation_id,
        free_text: arguments.free_text.clone(),
        order_by: arguments.order_by.clone(),
        page: arguments.page,
        per_page: arguments.per_page,
        awaiting_approval: arguments.awaiting_approval.then_some(true),
        unread: arguments.unread.then_some(true),
        participant_id: arguments.participant_id,
    };
    Ok(patiently(async || client.threads(&query).await).await?)
}

/// `12  2026-11-22 09:34  Invoice 2041  [awaiting approval, 2 unread]  Can you book …`
pub(super) fn line(thread: &Thread) -> SafeText {
    let mut marks = Vec::new();
    if thread.awaiting_approval == Some(true) {
        marks.push("awaiting approval".to_owned());
    }
    if let Some(unread) = thread.unread_count.filter(|unread| *unread > 0) {
        marks.push(format!("{unread} unread"));
    }
    let marks = if marks.is_empty() { String::new() } else { format!("  [{}]", marks.join(", ")) };
    let excerpt = thread
        .last_message
        .as_ref()
        .map(|last| SafeText::line(&blocks::excerpt_in_words(&last.excerpt)).shortened(EXCERPT));
    let (when, title) = (words::when(thread.updated_at), words::title(thread));
    SafeText::line(&format!("{:>6}  {when:16}  {title}{marks}  {}", thread.id, excerpt.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_in_words_that_something_was_approved() {
        let last = serde_json::json!({
            "id": 3, "created_by_id": 5, "created_at": "2026-11-22T09:00:00Z",
            "excerpt": "```approvecodeaction message_id: 2 digest: ab ```",
        });
        let thread = serde_json::json!({ "id": 1, "subject": "Boards", "last_message": last });
        let line = line(&serde_json::from_value(thread).expect("a thread"));
        assert!(line.ends_with("Boards  approved"), "{}", &*line);
    }
}
