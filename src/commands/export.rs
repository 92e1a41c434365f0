//! `countersign export`: all messages of a thread, oldest first, as JSON lines.

use super::{Exit, Failure, Output, patience::patiently};
use crate::{
    api::{Id, Message},
    blocks,
    cli::ExportArgs,
    net::{Client, Error, MessageWindow},
};

/// Messages a call.
const BATCH: u32 = 100;

pub(super) async fn run(arguments: ExportArgs, client: &Client, output: Output) -> Result<Exit, Failure> {
    // Ids begin at 1, and `after` takes no 0: the very first message is the one that it does not reach.
    let mut after = 1;
    match patiently(async || client.message(arguments.thread, after).await).await {
        Ok(first) => print(&[first], output)?,
        Err(Error::NotFound { .. }) => {}
        Err(Error::Unsupported) => return by_page(client, arguments.thread, output).await,
        Err(error) => return Err(error.into()),
    }
    loop {
        let window = MessageWindow { after: Some(after), limit: Some(BATCH), ..MessageWindow::default() };
        match patiently(async || client.messages(arguments.thread, &window).await).await {
            Ok(page) => {
                print(&page.items, output)?;
                match page.items.last() {
                    Some(last) if page.has_next => after = last.id,
                    _ => return Ok(Exit::Done),
                }
            }
            Err(Error::Unsupported) => return by_page(client, arguments.thread, output).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// From a server that pages from the newest back: the oldest page is found first.
async fn by_page(client: &Client, thread: Id, output: Output) -> Result<Exit, Failure> {
    let mut pages = Vec::new();
    for number in 1.. {
        let window = MessageWindow { page: Some(number), ..MessageWindow::default() };
        let detail = patiently(async || client.thread(thread, &window).await).await?;
        let more = detail.has_more_messages == Some(true) && !detail.messages.is_empty();
        pages.push(detail.messages);
        if !more {
            break;
        }
    }
    for messages in pages.iter().rev() {
        print(messages, output)?;
    }
    Ok(Exit::Done)
}

fn print(messages: &[Message], output: Output) -> Result<(), Failure> {
    for message in messages {
        let shown = Message { message: blocks::redact(&message.message), ..message.clone() };
        output.object(&shown)?;
    }
    Ok(())
}
