//! A one-line question above the status line.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget},
};

use super::{Frame, composer, paint};
use crate::{
    app::{Prompt, PromptKind},
    render::{Role, Theme, piece},
};

pub fn draw(theme: &Theme, prompt: &Prompt, line: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let question = match prompt.kind {
        PromptKind::Search => " Search for: ",
        PromptKind::NewThread => " Subject of the new thread: ",
        PromptKind::Find => " Find in this thread: ",
        PromptKind::Date => " Day (3 nov, yesterday): ",
        PromptKind::SignIn => " Token: ",
    };
    Clear.render(line, buffer);
    let x = paint::left(&[piece(question, theme.style(Role::Heading))], line, buffer);
    frame.cursor = composer::edit(&prompt.input, Rect { x, width: line.right().saturating_sub(x), ..line }, buffer);
}
