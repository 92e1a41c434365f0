//! A change of one's own message.

use rusqlite::{Connection, params};

use super::{
    actions::{self, ActionRow},
    commit::Done,
    messages::{self, Change},
    post::{posted, show_results},
    sql::Sql,
    stage::Stage,
    threads,
};
use crate::{
    api::{Mode, Status, Time},
    serve::{
        lifecycle,
        model::{ActionRun, CommitError, Edit, EditedBlock, Expect, Invalid, StoreError},
        served::Source,
    },
};

/// Carries out an edit.
///
/// # Errors
/// When the message, or a block that it keeps, is gone.
pub fn edit(db: &Connection, edit: &Edit, now: Time) -> Result<Done, CommitError> {
    let missing = || CommitError::Invalid(Invalid::Message);
    let found = messages::load(db, edit.message_id)?;
    let mut source = found.filter(|source| source.thread_id == edit.thread_id).ok_or_else(missing)?;
    let thread = threads::load(db, edit.thread_id)?.ok_or_else(missing)?;
    keep_revision(db, &source)?;
    let mut stage = Stage::new(db, now, thread, edit.editor_id);
    settle(&mut stage, edit)?;
    source.raw.clone_from(&edit.raw);
    source.revision += 1;
    source.edited_at = Some(now);
    source.mode = (!edit.blocks.is_empty()).then_some(Mode::Preview);
    show_results(db, &mut source)?;
    messages::save(db, &source)?;
    let (message, results) = stage.finish(Some((&source, Change::Edited)))?;
    let message = message.ok_or_else(|| StoreError::Internal("an edit published nothing".to_owned()))?;
    Ok(Done {
        answer: posted(200, edit.thread_id, message, results)?,
        thread_id: Some(edit.thread_id),
        message_id: Some(edit.message_id),
    })
}

/// Keeps the message as it was served.
fn keep_revision(db: &Connection, source: &Source) -> Result<(), StoreError> {
    db.run(
        "INSERT INTO message_revisions (message_id, revision, served)
         SELECT id, revision, served FROM messages WHERE thread_id = ?1 AND ordinal = ?2",
        params![source.thread_id, source.ordinal],
    )?;
    Ok(())
}

/// Gives each codeaction of the new text its action; what is left is withdrawn.
fn settle(stage: &mut Stage<'_>, edit: &Edit) -> Result<(), CommitError> {
    let mut rows = actions::of_message(stage.db, edit.thread_id, edit.message_id)?;
    rows.retain(|row| row.action.block.is_some());
    let mut placed = Vec::new();
    for (block, edited) in (0..).zip(&edit.blocks) {
        let was = match edited {
            EditedBlock::Kept { was_block } | EditedBlock::Rerun { was_block, .. } => *was_block,
        };
        let at = rows.iter().position(|row| row.action.block == Some(was)).ok_or_else(|| gone(edit, was))?;
        placed.push((block, rows.swap_remove(at), edited));
    }
    for mut row in rows {
        row.action.block = None;
        row.undergo(lifecycle::Event::Withdrawn)?;
        stage.keep(&row)?;
    }
    let mut taken: Vec<(u32, u32)> = placed.iter().filter_map(|(_, row, edited)| ids_kept(row, edited)).collect();
    for (block, row, edited) in &mut placed {
        match edited {
            EditedBlock::Kept { .. } => renumber(row, *block)?,
            EditedBlock::Rerun { run, .. } => {
                let run = ActionRun { block: *block, ..run.clone() };
                let was = row.action.status.clone();
                stage.process(row, Some(&was), &run, &taken)?;
                taken.push((row.shown.first_item_id, row.shown.end()));
            }
        }
        stage.keep(row)?;
    }
    let is_new = |edited: &EditedBlock| matches!(edited, EditedBlock::Rerun { .. });
    if edit.blocks.iter().any(is_new) {
        // As if the text had been posted so: what waits takes the place of what stands before it.
        for (_, row, edited) in &placed {
            if is_new(edited) || row.status_at(stage.now).waits() {
                stage.supersede(row, edit.supersede)?;
            }
        }
    }
    Ok(())
}

fn ids_kept(row: &ActionRow, edited: &EditedBlock) -> Option<(u32, u32)> {
    matches!(edited, EditedBlock::Kept { .. }).then(|| (row.shown.first_item_id, row.shown.end()))
}

/// Counts an action as another block. Its items say so, whether it was decided or not: else nobody could tell them
/// from those of the block that has its number now.
fn renumber(row: &mut ActionRow, block: u32) -> Result<(), StoreError> {
    if row.action.block == Some(block) {
        return Ok(());
    }
    row.action.block = Some(block);
    if row.action.digest.is_none() {
        return Ok(());
    }
    let mut shown = row.shown.clone();
    for item in &mut shown.items {
        item["block"] = block.into();
    }
    row.show(shown)
}

fn gone(edit: &Edit, block: u32) -> CommitError {
    let message_id = edit.message_id;
    CommitError::Changed(Expect::Action { message_id, block, status: Status::AwaitingApproval, digest: None })
}
