//! What a decision does to the action that it decides.

use super::{
    actions::{self, ActionRow},
    stage::{Stage, show, values},
};
use crate::{
    api::{Id, Mode, Status},
    config::server::Supersede,
    serve::{
        lifecycle::Event,
        model::{CommitError, Decision, Expect, StoreError, Verdict},
        store::results::result_json,
    },
};

/// Carries out the decision that message `decision_id` holds.
///
/// # Errors
/// `Changed` where the action is gone, or what its plan changes is.
pub fn decide(
    stage: &mut Stage<'_>,
    decision_id: Id,
    decision: &Decision,
    supersede: Supersede,
) -> Result<(), CommitError> {
    let (message_id, block) = (decision.message_id, decision.block);
    let found = actions::find(stage.db, message_id, block)?;
    let mut row =
        found.filter(|row| row.thread_id == stage.thread_id()).ok_or(CommitError::Changed(Expect::Action {
            message_id,
            block,
            status: Status::AwaitingApproval,
            digest: None,
        }))?;
    row.undergo(Event::from(&decision.verdict))?;
    match &decision.verdict {
        Verdict::Written(result) => {
            let result_id = stage.write(&row, result)?;
            decided(stage, &mut row, decision_id);
            row.action.result_message_id = Some(result_id);
            row.action.output = Some(result.output.clone());
        }
        Verdict::Drifted { result, expires_at } => {
            let taken = others(stage, &row)?;
            let first = row.shown.first_item_id;
            show(&mut row, &result.plan, first, &taken)?;
            row.action.expires_at = Some(*expires_at);
            row.action.output = Some(result.output.clone());
            let items = values(&result.plan.items(block, row.shown.first_item_id, None))?;
            let json = result_json(Mode::Preview, &items, Some(&result.output), None)?;
            stage.insert_result(Mode::Preview, items, &json)?;
        }
        Verdict::Failed { error, output } => {
            let json = result_json(Mode::Write, &[], Some(output), Some(error))?;
            let result_id = stage.insert_result(Mode::Write, Vec::new(), &json)?;
            decided(stage, &mut row, decision_id);
            row.action.result_message_id = Some(result_id);
            row.action.error = Some(error.clone());
            row.action.output = Some(output.clone());
        }
        Verdict::Rejected { reason } => {
            decided(stage, &mut row, decision_id);
            row.action.reason.clone_from(reason);
        }
    }
    stage.keep_elsewhere(&row)?;
    if matches!(decision.verdict, Verdict::Drifted { .. }) {
        // What it changes now, an earlier one may change too.
        stage.supersede(&row, supersede)?;
    }
    Ok(())
}

/// Puts the deciding user's name on it.
fn decided(stage: &Stage<'_>, row: &mut ActionRow, decision_id: Id) {
    row.action.decided_by_id = Some(stage.author_id);
    row.action.decided_at = Some(stage.now);
    row.action.decision_message_id = Some(decision_id);
}

/// The item ids that the message's other blocks hold, from and up to.
fn others(stage: &Stage<'_>, row: &ActionRow) -> Result<Vec<(u32, u32)>, StoreError> {
    let rows = actions::of_message(stage.db, row.thread_id, row.message_id)?;
    let others = rows.iter().filter(|other| other.id != row.id && other.action.block.is_some());
    Ok(others.map(|other| (other.shown.first_item_id, other.shown.end())).collect())
}
