//! Which changes a person has to approve: the operator's rules, first match decides. It judges a plan; it
//! neither runs code of its own nor writes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::refusal::no_canonical_form;
use crate::{
    api::{ActionError, Id, Time, canonical},
    config::server::{OneOrMany, Rule},
    serve::{
        model::{Expect, RuleUse, StoreError},
        plan::{Plan, PlannedChange},
        sandbox::{Overlay, SandboxError, Session},
        store::Store,
    },
};

/// Whoever evaluates conditions.
pub(super) trait Conditions {
    /// Whether `condition` holds of a change, or how it failed.
    async fn holds(
        &mut self,
        condition: &str,
        before: Value,
        after: Value,
    ) -> Result<Result<bool, ActionError>, SandboxError>;
}

impl Conditions for Session {
    async fn holds(
        &mut self,
        condition: &str,
        before: Value,
        after: Value,
    ) -> Result<Result<bool, ActionError>, SandboxError> {
        Session::holds(self, condition, before, after).await
    }
}

/// How many changes the rules with a daily limit have let through, for one author on one UTC day.
#[derive(Clone, Debug, Default)]
pub(super) struct DailyUses {
    author_id: Id,
    day: String,
    /// By the rule's place: what is in the store, and what this request adds.
    stored: BTreeMap<usize, u32>,
    added: BTreeMap<usize, u32>,
}

/// What judging one plan came to, beside what it noted in the plan.
pub(super) type LetThrough = BTreeMap<usize, u32>;

impl DailyUses {
    pub(super) async fn load(store: &Store, rules: &[Rule], author_id: Id, now: Time) -> Result<Self, StoreError> {
        let day: String = now.to_string().chars().take("2026-11-22".len()).collect();
        let mut stored = BTreeMap::new();
        for (place, rule) in limited(rules) {
            stored.insert(place, store.rule_uses(&name(rule)?, author_id, &day).await?);
        }
        Ok(Self { author_id, day, stored, added: BTreeMap::new() })
    }

    /// Counts what a plan that is written took.
    pub(super) fn add(&mut self, let_through: &LetThrough) {
        for (place, more) in let_through {
            *self.added.entry(*place).or_default() += more;
        }
    }

    /// What must hold for the request's plans to be written without a person.
    pub(super) fn expect(&self, rules: &[Rule]) -> Result<Vec<Expect>, StoreError> {
        let used = self.added.iter().filter_map(|(place, more)| Some((rules.get(*place)?, *more)));
        used.filter_map(|(rule, more)| Some((rule, more, rule.daily_limit?)))
            .map(|(rule, more, limit)| {
                let (author_id, day) = (self.author_id, self.day.clone());
                Ok(Expect::DailyLimit { use_of: RuleUse { rule: name(rule)?, author_id, day, more }, limit })
            })
            .collect()
    }

    fn used(&self, place: usize) -> u32 {
        let count = |uses: &BTreeMap<usize, u32>| uses.get(&place).copied().unwrap_or_default();
        count(&self.stored).saturating_add(count(&self.added))
    }
}

/// Notes on every change of `plan` whether a person has to approve it, and why. `earlier`: what the blocks before
/// it write. Gives how many changes each rule with a daily limit lets through, should the plan be written without a
/// person.
///
/// # Errors
/// When a condition could not be evaluated at all; that one failed only means that approval is needed.
pub(super) async fn judge(
    plan: &mut Plan,
    rules: &[Rule],
    uses: &DailyUses,
    earlier: &Overlay,
    conditions: &mut impl Conditions,
) -> Result<LetThrough, SandboxError> {
    let mut let_through = LetThrough::new();
    for change in &mut plan.changes {
        let waits_for_ids = takes_an_id_to_come(change, earlier);
        let (needs_approval, why) = verdict(change, waits_for_ids, rules, uses, &mut let_through, conditions).await?;
        change.needs_approval = needs_approval;
        change.rule = why;
    }
    Ok(let_through)
}

/// Whether a field takes the id of a record that is not there yet: what will be written is not what a condition
/// would see.
fn takes_an_id_to_come(change: &PlannedChange, earlier: &Overlay) -> bool {
    let of_earlier = |value: &Value| value.as_i64().is_some_and(|id| earlier.stands_in(id));
    !change.references.is_empty() || change.after().is_some_and(|fields| fields.values().any(of_earlier))
}

async fn verdict(
    change: &PlannedChange,
    waits_for_ids: bool,
    rules: &[Rule],
    uses: &DailyUses,
    let_through: &mut LetThrough,
    conditions: &mut impl Conditions,
) -> Result<(bool, String), SandboxError> {
    for (place, rule) in rules.iter().enumerate().filter(|(_, rule)| matches(rule, change)) {
        let number = place + 1;
        if let Some(condition) = &rule.when {
            if waits_for_ids {
                let why = format!(
                    "rule {number} has a condition, and the change takes the id of a record that is not there yet: \
                     approval is needed"
                );
                return Ok((true, why));
            }
            match conditions.holds(condition, as_dict(change, Side::Before), as_dict(change, Side::After)).await? {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    let why =
                        format!("the condition of rule {number} failed ({}): approval is needed", error.error_type);
                    return Ok((true, why));
                }
            }
        }
        let what = in_words(rule);
        if rule.needs_approval {
            return Ok((true, format!("rule {number} asks for approval of {what}")));
        }
        if let Some(limit) = rule.daily_limit {
            let taken = let_through.entry(place).or_default();
            if uses.used(place).saturating_add(*taken) >= limit {
                let why = format!("rule {number} lets through {limit} changes a day and author, and they are used up");
                return Ok((true, why));
            }
            *taken += 1;
        }
        return Ok((false, format!("rule {number} lets through {what}")));
    }
    Ok((true, "no rule lets this through: approval is needed".to_owned()))
}

/// A rule whose condition can never hold, because it is no expression or names what nothing defines.
#[derive(Debug, thiserror::Error)]
#[error(
    "the condition of approval rule {number} cannot be evaluated: {what}. It is a Python expression over `before` and `after`"
)]
pub struct BadCondition {
    /// The rule's place, from 1.
    pub number: usize,
    pub what: String,
}

/// Tries every condition on a record without fields. Only what no record could mend is an error: most conditions
/// fail on this one.
///
/// # Errors
/// Names the first that is bad.
pub(super) async fn check(rules: &[Rule], conditions: &mut impl Conditions) -> Result<(), BadCondition> {
    let record = || json!({"id": 1});
    for (number, rule) in (1..).zip(rules) {
        let Some(condition) = &rule.when else { continue };
        match conditions.holds(condition, record(), record()).await {
            Ok(Err(error)) if ["SyntaxError", "NameError"].contains(&error.error_type.as_str()) => {
                let what = format!("{}: {}", error.error_type, error.message.as_deref().unwrap_or("no reason given"));
                return Err(BadCondition { number, what });
            }
            Ok(_) => {}
            Err(error) => tracing::warn!("the conditions of approval rules could not be tried: {error}"),
        }
    }
    Ok(())
}

/// Whether a rule speaks of such a change, its condition aside.
fn matches(rule: &Rule, change: &PlannedChange) -> bool {
    let is = |wanted: &Option<OneOrMany>, word: &str| wanted.as_ref().is_none_or(|wanted| wanted.contains(word));
    is(&rule.operation, change.operation().as_str())
        && is(&rule.object_type, &change.record_type)
        && rule.fields.as_ref().is_none_or(|fields| change.fields().all(|field| fields.contains(field)))
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// The record as a condition sees it: a flat dict with `id`; `None` where there is no record.
fn as_dict(change: &PlannedChange, side: Side) -> Value {
    let (fields, id) = match side {
        Side::Before => (change.before().map(|record| &record.fields), change.before().map(|record| record.id)),
        Side::After => (change.after(), Some(change.id_seen())),
    };
    fields.cloned().map_or(Value::Null, |mut fields| {
        fields.insert("id".to_owned(), id.into());
        Value::Object(fields)
    })
}

/// What a rule says, for whoever reads a review.
fn in_words(rule: &Rule) -> String {
    let words = |wanted: &Option<OneOrMany>, any: &str| match wanted {
        None => any.to_owned(),
        Some(OneOrMany::One(word)) => word.clone(),
        Some(OneOrMany::Many(words)) => words.join(" or "),
    };
    let mut said = format!("{} of {}", words(&rule.operation, "any change"), words(&rule.object_type, "any record"));
    if let Some(fields) = &rule.fields {
        said = format!("{said} that changes nothing but {}", fields.join(", "));
    }
    if let Some(condition) = &rule.when {
        said = format!("{said} where {condition}");
    }
    said
}

fn limited(rules: &[Rule]) -> impl Iterator<Item = (usize, &Rule)> {
    rules.iter().enumerate().filter(|(_, rule)| rule.daily_limit.is_some() && !rule.needs_approval)
}

/// Names a rule across restarts, wherever it stands: the hash of what it says.
fn name(rule: &Rule) -> Result<String, StoreError> {
    let list = |wanted: &Option<OneOrMany>| match wanted {
        None => Value::Null,
        Some(OneOrMany::One(word)) => json!([word]),
        Some(OneOrMany::Many(words)) => json!(words),
    };
    let said = json!({
        "operation": list(&rule.operation),
        "object_type": list(&rule.object_type),
        "fields": rule.fields,
        "when": rule.when,
        "daily_limit": rule.daily_limit,
        "needs_approval": rule.needs_approval,
    });
    Ok(hex::encode(Sha256::digest(canonical(&said).map_err(no_canonical_form)?)))
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
