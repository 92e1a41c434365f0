//! What lies over the panes: lists to choose from, forms, questions.

use super::{Composer, FilterForm, Members, Order, Palette, decided::Decided};
use crate::safe_text::SafeText;

/// What lies over the panes.
#[derive(Clone, Debug)]
pub enum Overlay {
    Help {
        /// The first row shown.
        top: usize,
    },
    Prompt(Box<Prompt>),
    /// What one has decided today.
    Decided(Decided),
    Palette(Box<Palette>),
    Filter(Box<FilterForm>),
    Order {
        /// The row that is chosen.
        at: usize,
        order: Order,
    },
    Members(Box<Members>),
    Choice(Box<Choice>),
    /// The messages as they were written, and nothing else: for the terminal's own selection.
    Bare,
}

/// Several things, one of which is meant.
#[derive(Clone, Debug)]
pub struct Choice {
    pub question: &'static str,
    pub items: Vec<(SafeText, ChoiceItem)>,
    /// The one that Enter takes.
    pub at: usize,
}

/// What a choice leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChoiceItem {
    CopyBlock(String),
    OpenLink(String),
}

/// A one-line question.
#[derive(Clone, Debug)]
pub struct Prompt {
    pub kind: PromptKind,
    pub input: Composer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptKind {
    Search,
    NewThread,
    /// Words in the open thread.
    Find,
    /// A day to go to.
    Date,
    /// A token, which is not shown.
    SignIn,
}
