//! A one-line question above the status line.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget},
};

use super::{Frame, composer, paint};
use crate::{
    api::LONGEST_SUBJECT,
    app::{Prompt, PromptKind},
    render::{Role, Theme, piece},
};

pub fn draw(theme: &Theme, prompt: &Prompt, line: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let length = prompt.input.text().trim().chars().count();
    let too_long = prompt.kind == PromptKind::NewThread && length > LONGEST_SUBJECT;
    let too_long = too_long.then(|| format!(" Subject, too long ({length} of {LONGEST_SUBJECT}): "));
    let question = match prompt.kind {
        PromptKind::Search => " Search for: ",
        PromptKind::NewThread => " Subject of the new thread: ",
        PromptKind::Find => " Find in this thread: ",
        PromptKind::Date => " Day (3 nov, yesterday): ",
        PromptKind::SignIn => " Token: ",
    };
    Clear.render(line, buffer);
    let question = match too_long {
        Some(words) => piece(words, theme.style(Role::Bad)),
        None => piece(question, theme.style(Role::Heading)),
    };
    let x = paint::left(&[question], line, buffer);
    frame.cursor = composer::edit(&prompt.input, Rect { x, width: line.right().saturating_sub(x), ..line }, buffer);
}
