//! The form in which threads are filtered: one field for each filter of the API. A field is chosen from what
//! is known, or typed: a name, or the number of something that is not known here.

use super::{Composer, Filter, Model, finder::stepped, fuzzy};
use crate::{api::Id, safe_text::SafeText};

/// The form.
#[derive(Clone, Debug)]
pub struct FilterForm {
    pub fields: Vec<Field>,
    /// The field that has the focus.
    pub at: usize,
}

/// One filter.
#[derive(Clone, Debug)]
pub struct Field {
    pub kind: FieldKind,
    /// What can be chosen; the first is any.
    pub choices: Vec<Choice>,
    pub chosen: usize,
    /// Goes over the choice where it is not blank.
    pub typed: Composer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    ClientAccount,
    ProviderAccount,
    RelationType,
    RelationId,
    AwaitingApproval,
    Unread,
    Participant,
}

impl FieldKind {
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::ClientAccount => "Account",
            Self::ProviderAccount => "Provider",
            Self::RelationType => "About",
            Self::RelationId => "Number",
            Self::AwaitingApproval => "Approval",
            Self::Unread => "Read",
            Self::Participant => "With",
        }
    }
}

/// Something that a field can be set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub name: SafeText,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Any,
    Number(Id),
    Word(String),
    Flag(bool),
}

impl FilterForm {
    /// Filled in with what is in force.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        use FieldKind as K;
        let filter = &model.threads.listing.filter;
        let accounts = || accounts(model);
        let people = model.people.everybody().into_iter().map(|(id, name)| (Value::Number(id), name)).collect();
        let kinds = model.threads.items.iter().filter_map(|thread| thread.relation_type.clone());
        let mut kinds: Vec<String> = kinds.chain(filter.relation_type.clone()).collect();
        kinds.sort();
        kinds.dedup();
        let kinds = kinds.into_iter().map(|kind| (Value::Word(kind.clone()), SafeText::line(&kind))).collect();
        let flags = |yes: &str, no: &str| vec![(Value::Flag(true), yes.into()), (Value::Flag(false), no.into())];
        let number = |id: Option<Id>| id.map(Value::Number);
        let fields = vec![
            field(K::ClientAccount, accounts(), number(filter.client_account)),
            field(K::ProviderAccount, accounts(), number(filter.provider_account)),
            field(K::RelationType, kinds, filter.relation_type.clone().map(Value::Word)),
            field(K::RelationId, Vec::new(), number(filter.relation_id)),
            field(
                K::AwaitingApproval,
                flags("awaiting approval", "nothing to approve"),
                filter.awaiting_approval.map(Value::Flag),
            ),
            field(K::Unread, flags("unread", "all read"), filter.unread.map(Value::Flag)),
            field(K::Participant, people, number(filter.participant)),
        ];
        Self { fields, at: 0 }
    }

    /// What it says.
    ///
    /// # Errors
    /// The index of a field in which something was typed that is nothing known, and a sentence about it.
    pub fn filter(&self) -> Result<Filter, (usize, String)> {
        let mut filter = Filter::default();
        for (at, field) in self.fields.iter().enumerate() {
            let value = field.value().map_err(|words| (at, words))?;
            match (field.kind, value) {
                (FieldKind::ClientAccount, Value::Number(id)) => filter.client_account = Some(id),
                (FieldKind::ProviderAccount, Value::Number(id)) => filter.provider_account = Some(id),
                (FieldKind::RelationId, Value::Number(id)) => filter.relation_id = Some(id),
                (FieldKind::Participant, Value::Number(id)) => filter.participant = Some(id),
                (FieldKind::AwaitingApproval, Value::Flag(flag)) => filter.awaiting_approval = Some(flag),
                (FieldKind::Unread, Value::Flag(flag)) => filter.unread = Some(flag),
                (_, Value::Word(word)) => filter.relation_type = Some(word),
                (_, Value::Any | Value::Number(_) | Value::Flag(_)) => {}
            }
        }
        Ok(filter)
    }

    pub fn step(&mut self, rows: isize) {
        self.at = stepped(self.at, rows, self.fields.len());
    }

    /// The next choice of the focused field, or the one before.
    pub fn turn(&mut self, forward: bool) {
        if let Some(field) = self.fields.get_mut(self.at) {
            let count = field.choices.len().max(1);
            field.chosen = if forward { field.chosen + 1 } else { field.chosen + count - 1 } % count;
            field.typed.set("");
        }
    }

    /// Sets every field back to any.
    pub fn clear(&mut self) {
        for field in &mut self.fields {
            field.chosen = 0;
            field.typed.set("");
        }
    }

    pub fn input(&mut self) -> Option<&mut Composer> {
        self.fields.get_mut(self.at).map(|field| &mut field.typed)
    }
}

impl Field {
    /// What is shown of it: what is chosen, or what the typed text stands for.
    #[must_use]
    pub fn shown(&self) -> SafeText {
        match self.meant() {
            Ok(choice) => choice.name,
            Err(_) => "?".into(),
        }
    }

    #[must_use]
    pub fn is_typed(&self) -> bool {
        !self.typed.is_blank()
    }

    fn value(&self) -> Result<Value, String> {
        self.meant().map(|choice| choice.value)
    }

    fn meant(&self) -> Result<Choice, String> {
        let text = self.typed.text();
        let text = text.trim();
        if text.is_empty() {
            return Ok(self.choices.get(self.chosen).cloned().unwrap_or_else(any));
        }
        if self.kind == FieldKind::RelationType {
            return Ok(Choice { name: SafeText::line(text), value: Value::Word(text.to_owned()) });
        }
        if let Some(id) = text.trim_start_matches('#').parse::<Id>().ok().filter(|id| *id > 0) {
            let known = self.choices.iter().find(|choice| choice.value == Value::Number(id));
            let number = || Choice { name: SafeText::line(&format!("#{id}")), value: Value::Number(id) };
            return Ok(known.cloned().unwrap_or_else(number));
        }
        let fits = self.choices.iter().filter_map(|choice| Some((fuzzy::score(text, &choice.name)?, choice)));
        let best = fits.max_by_key(|(score, _)| *score).map(|(_, choice)| choice.clone());
        best.ok_or_else(|| match self.kind {
            FieldKind::RelationId => format!("`{text}` is no number."),
            _ => format!("Nothing is known here by the name of `{text}`; a number always works."),
        })
    }
}

fn any() -> Choice {
    Choice { name: "any".into(), value: Value::Any }
}

fn field(kind: FieldKind, known: Vec<(Value, SafeText)>, current: Option<Value>) -> Field {
    let mut choices = vec![any()];
    choices.extend(known.into_iter().map(|(value, name)| Choice { name, value }));
    let mut typed = Composer::one_line("");
    let chosen = match current {
        None => 0,
        Some(current) => choices.iter().position(|choice| choice.value == current).unwrap_or_else(|| {
            match current {
                Value::Number(id) => typed.set(&id.to_string()),
                Value::Word(word) => typed.set(&word),
                Value::Any | Value::Flag(_) => {}
            }
            0
        }),
    };
    Field { kind, choices, chosen, typed }
}

/// One's own accounts, and those that the loaded threads name.
fn accounts(model: &Model) -> Vec<(Value, SafeText)> {
    let own = model.me.iter().flat_map(|me| me.client_accounts.iter().map(|account| account.id));
    let of_threads = (model.threads.items.iter())
        .flat_map(|thread| [thread.client_account_id, thread.provider_client_account_id])
        .flatten();
    let mut ids: Vec<Id> = own.chain(of_threads).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| (Value::Number(id), model.account_name(id))).collect()
}
