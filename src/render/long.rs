//! Long messages: laying them out takes longer than a frame may, so it is done elsewhere and a placeholder
//! stands in their place until then.

use std::{collections::HashMap, sync::Arc};

use super::{
    Days, MessageView, Rendered, Role, Rows, Surroundings, Theme, Wrap, cache,
    highlight::{Highlighter, Highlights, Key},
    lay_out, piece,
};
use crate::{
    api::{Action, Id, Mode},
    safe_text::SafeText,
};
use serde_json::Value;

/// Texts longer than this, in bytes, are not laid out while a frame waits.
const LONG: usize = 16 << 10;

/// A message to be laid out, with everything that takes. Cheap to clone.
#[derive(Clone)]
pub struct Order {
    pub key: cache::Key,
    work: Arc<Work>,
}

struct Work {
    text: String,
    items: Vec<Value>,
    mode: Option<Mode>,
    actions: Option<Vec<Action>>,
    is_confirmed: bool,
    theme: Theme,
    days: Days,
    names: HashMap<Id, SafeText>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Order").field(&self.key).finish()
    }
}

/// Whether a message is laid out elsewhere.
#[must_use]
pub fn is_long(view: &MessageView) -> bool {
    view.text.len() > LONG
}

impl Order {
    #[must_use]
    pub fn new(key: cache::Key, view: &MessageView, theme: &Theme, days: &Days, names: HashMap<Id, SafeText>) -> Self {
        let work = Work {
            text: view.text.to_owned(),
            items: view.items.to_vec(),
            mode: view.mode,
            actions: view.actions.map(<[Action]>::to_vec),
            is_confirmed: view.is_confirmed,
            theme: theme.clone(),
            days: days.clone(),
            names,
        };
        Self { key, work: Arc::new(work) }
    }

    /// Does it: plain at first, and once more where there is code to be highlighted. `done` takes each.
    pub fn run(&self, highlighter: &mut Option<Highlighter>, mut done: impl FnMut(Rendered)) {
        let mut rendered = self.lay_out(&HashMap::new());
        let wants = std::mem::take(&mut rendered.wants);
        done(rendered);
        if !wants.is_empty() {
            let highlighter = highlighter.get_or_insert_default();
            let highlights = wants.iter().map(|job| (job.key, highlighter.run(job).highlights)).collect();
            done(self.lay_out(&highlights));
        }
    }

    fn lay_out(&self, highlights: &HashMap<Key, Arc<Highlights>>) -> Rendered {
        let work = &self.work;
        let name = |id: Id| work.names.get(&id).cloned().unwrap_or_else(|| SafeText::line(&format!("user {id}")));
        let highlights = |key| highlights.get(&key).cloned();
        let with = Surroundings { theme: &work.theme, days: &work.days, name: &name, highlights: &highlights };
        let view = MessageView {
            text: &work.text,
            items: &work.items,
            mode: work.mode,
            actions: work.actions.as_deref(),
            is_confirmed: work.is_confirmed,
        };
        lay_out(&view, self.key.width, &with)
    }
}

/// What stands there meanwhile.
#[must_use]
pub fn placeholder(order: Order, theme: &Theme) -> Rendered {
    let mut rows = Rows::new(order.key.width);
    let words = format!("a long message, {} kB…", order.work.text.len() / 1_000);
    rows.text(&[piece(words, theme.style(Role::Dim))], Wrap::Words);
    Rendered { rows: rows.rows, order: Some(order), ..Rendered::default() }
}
