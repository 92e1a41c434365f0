//! A change of one's own message: puts hidden code back, finds out which code changed, and runs that anew.

use super::{
    Desk, Refusal,
    committing::{Around, Committed, RERUNS, audit},
    process::Processor,
    text,
};
use crate::{
    api::{Id, ProblemType, Status, Time},
    blocks::{self, Block, BlockType, Parsed},
    serve::{
        lifecycle::{Event, next},
        model::{Answer, AuditEntry, Edit, EditedBlock, Expect, StoredMessage, Viewer, Work},
        sandbox::SandboxError,
    },
};

/// A text may be served longer than it was posted: results are added, and `[code hidden]` is longer than short code.
/// What counts is its length with the code put back; this only bounds what is read until then.
const LONGEST_SERVED: usize = 2 * text::MAX_TEXT;

/// How often an edit looks anew when the message has moved.
const LOOKS: usize = 8;

/// An edit that was asked for.
pub(super) struct Request {
    pub thread_id: Id,
    pub message_id: Id,
    pub text: String,
    /// The revision that the client saw.
    pub if_match: Option<u64>,
    pub now: Time,
}

/// What the new text makes of the message's codeactions.
struct Changes {
    /// The whole text, hidden code put back.
    raw: String,
    /// The code of each, and which stored block it was.
    codes: Vec<(String, Origin)>,
    /// Some code is another, or gone.
    code_changed: bool,
}

/// Where a codeaction of the new text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Kept(u32),
    Changed(u32),
}

impl Origin {
    /// The stored block that it was.
    fn block(self) -> u32 {
        match self {
            Self::Kept(block) | Self::Changed(block) => block,
        }
    }
}

pub(super) async fn edit(desk: &Desk, viewer: &Viewer, request: Request) -> Result<Answer, Refusal> {
    let scene = desk.scene(request.thread_id).await?;
    let mut session = desk.pool.session(scene.client_account_id);
    let mut reruns = 0;
    for _ in 0..LOOKS {
        let stored = desk.store.stored_message(request.thread_id, request.message_id).await?;
        let stored = stored.ok_or_else(|| Refusal::NotFound("The thread has no such message.".to_owned()))?;
        may_edit(viewer, &stored)?;
        if request.if_match.is_some_and(|seen| seen != stored.revision) {
            return Err(Refusal::Precondition(stored.revision));
        }
        let changes = changes(&request.text, &stored)?;
        let last = desk.store.last_codeaction(request.thread_id).await?;
        may_change(&stored, &changes)?;
        if changes.code_changed && last.is_none_or(|(message_id, _)| message_id != stored.id) {
            return Err(Refusal::conflict(
                ProblemType::NotTheLastCodeaction,
                "A later message of the thread has code: this one's code can no longer change. Its text can, if you send the code as you got it.",
            ));
        }
        let mut processor = Processor::new(desk, &mut session, &scene, viewer.user_id, request.now).await?;
        let blocks = run_changed(&mut processor, &changes, &stored, reruns == 0).await?;
        let (mut expect, mut rows) = processor.finish()?;
        expect.extend(expectations(viewer, &request, &stored, &changes, last));
        rows.insert(0, AuditEntry { message_id: Some(stored.id), ..audit("edit", "edited") });
        let work = Work::Edit(Edit {
            thread_id: request.thread_id,
            message_id: stored.id,
            editor_id: viewer.user_id,
            raw: changes.raw,
            supersede: desk.approvals.supersede,
            blocks,
        });
        let around = Around { expect, audit: rows, key: None, now: request.now };
        match desk.commit(viewer, work, around).await? {
            Committed::Done(answer) => return Ok(answer),
            Committed::Outrun if reruns == RERUNS => break,
            Committed::Outrun => reruns += 1,
            Committed::Moved => {}
        }
    }
    Err(Refusal::contended())
}

/// Whether the message may be edited at all.
fn may_edit(viewer: &Viewer, stored: &StoredMessage) -> Result<(), Refusal> {
    if stored.is_result {
        return Err(Refusal::conflict(
            ProblemType::PostedByServer,
            "The server posted this message: it stays as it is.",
        ));
    }
    if stored.author_id != viewer.user_id {
        return Err(Refusal::forbidden(ProblemType::NotTheAuthor, "Only a message's author may edit it."));
    }
    if stored.is_decision {
        return Err(Refusal::conflict(ProblemType::Decided, "This message decided on an action: it stays as it is."));
    }
    if stored.actions.iter().any(|action| action.status == Status::Written) {
        return Err(written());
    }
    Ok(())
}

/// Whether every action may go where the new text sends it.
fn may_change(stored: &StoredMessage, changes: &Changes) -> Result<(), Refusal> {
    for action in stored.actions.iter().filter(|action| action.block.is_some()) {
        let origin = changes.codes.iter().find(|(_, origin)| Some(origin.block()) == action.block);
        let event = match origin {
            Some((_, Origin::Kept(_))) => continue,
            Some((_, Origin::Changed(_))) => Event::Proposed,
            None => Event::Withdrawn,
        };
        if next(Some(&action.status), event).is_none() {
            return Err(written());
        }
    }
    Ok(())
}

fn written() -> Refusal {
    Refusal::conflict(ProblemType::Written, "What this message proposed was written: it stays as it is.")
}

/// Reads the new text beside the stored one.
fn changes(edited: &str, stored: &StoredMessage) -> Result<Changes, Refusal> {
    let sent = text::check(edited, LONGEST_SERVED)?;
    let before = blocks::parse(&stored.raw);
    if sent.of_type(BlockType::CodeResult).any(|block| !block.is_redacted()) {
        return Err(Refusal::message("a coderesult block comes from the server alone: send it back as you got it"));
    }
    leaves_results(&blocks::closed(edited), &sent)?;
    adds_nothing(&sent, &before)?;
    let raw = blocks::restore(edited, &stored.raw).map_err(|error| Refusal::message(error.to_string()))?;
    let after = blocks::parse(&blocks::closed(&raw));
    let new = text::codes(&after)?;
    // Each with the line break before it.
    let results: usize = after.of_type(BlockType::CodeResult).map(|block| block.span.len() + 1).sum();
    if raw.len() - results > text::MAX_TEXT {
        return Err(Refusal::message(format!(
            "is longer than {} bytes of UTF-8 with the code that it hides: split it",
            text::MAX_TEXT
        )));
    }
    let old: Vec<&str> = before.of_type(BlockType::CodeAction).map(|block| block.body.as_str()).collect();
    let origins = align(&old, &new);
    let code_changed = new.len() != old.len() || origins.iter().any(|origin| matches!(origin, Origin::Changed(_)));
    Ok(Changes { raw, codes: new.into_iter().zip(origins).collect(), code_changed })
}

/// A result may be left out, but stands nowhere else than on the line after its code.
fn leaves_results(text: &str, sent: &Parsed) -> Result<(), Refusal> {
    let is_in_place = |result: &Block| {
        let codes = sent.of_type(BlockType::CodeAction).filter(|code| code.span.end <= result.span.start);
        codes.last().is_some_and(|code| &text[code.span.end..result.span.start] == "\n")
    };
    if sent.of_type(BlockType::CodeResult).all(is_in_place) {
        Ok(())
    } else {
        Err(Refusal::message(
            "a coderesult block stands on the line after its codeaction: leave it there, or leave it out",
        ))
    }
}

/// An edit can take blocks away, but not add any.
fn adds_nothing(sent: &Parsed, before: &Parsed) -> Result<(), Refusal> {
    let types =
        [BlockType::CodeAction, BlockType::CodeResult, BlockType::ApproveCodeAction, BlockType::RejectCodeAction];
    match types.into_iter().find(|kind| sent.of_type(*kind).count() > before.of_type(*kind).count()) {
        Some(kind) => Err(Refusal::message(format!("an edit cannot add the block `{}`: post it anew", kind.name()))),
        None => Ok(()),
    }
}

/// Which stored block each new one was: the same code in the same order first, then what is left in order.
pub(super) fn align(old: &[&str], new: &[String]) -> Vec<Origin> {
    // How many blocks of old[i..] and new[j..] can be kept.
    let mut kept = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            kept[i][j] = if old[i] == new[j] { kept[i + 1][j + 1] + 1 } else { kept[i + 1][j].max(kept[i][j + 1]) };
        }
    }
    let mut origins = vec![None; new.len()];
    let mut free = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() {
        if j < new.len() && old[i] == new[j] {
            origins[j] = Some(Origin::Kept(number(i)));
            (i, j) = (i + 1, j + 1);
        } else if j < new.len() && kept[i][j + 1] > kept[i + 1][j] {
            j += 1;
        } else {
            free.push(number(i));
            i += 1;
        }
    }
    let mut free = free.into_iter();
    origins
        .into_iter()
        .map(|origin| origin.or_else(|| free.next().map(Origin::Changed)))
        .map_while(|origin| origin)
        .collect()
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Runs what changed, in the order of the new text.
async fn run_changed(
    processor: &mut Processor<'_>,
    changes: &Changes,
    stored: &StoredMessage,
    is_first: bool,
) -> Result<Vec<EditedBlock>, Refusal> {
    let mut edited = Vec::with_capacity(changes.codes.len());
    for (block, (code, origin)) in (0..).zip(&changes.codes) {
        edited.push(match *origin {
            Origin::Kept(was_block) => EditedBlock::Kept { was_block },
            Origin::Changed(was_block) => {
                let action = stored.actions.iter().find(|action| action.block == Some(was_block));
                let first_item_id = action.map_or(1, |action| action.first_item_id.max(1));
                let run = match processor.process(block, code, first_item_id).await {
                    Err(SandboxError::OutOfTime) if is_first => processor.out_of_time(block, first_item_id),
                    run => run?,
                };
                EditedBlock::Rerun { was_block, run }
            }
        });
    }
    Ok(edited)
}

fn expectations(
    viewer: &Viewer,
    request: &Request,
    stored: &StoredMessage,
    changes: &Changes,
    last: Option<(Id, u32)>,
) -> Vec<Expect> {
    let thread_id = request.thread_id;
    let mut expect = vec![
        Expect::Eligible { user_id: viewer.user_id, thread_id },
        Expect::Revision { message_id: stored.id, revision: stored.revision },
    ];
    if changes.code_changed {
        expect.push(Expect::LastCodeaction { thread_id, last });
    }
    expect
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
