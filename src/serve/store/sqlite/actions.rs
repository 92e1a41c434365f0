//! Rows of actions: what became of each codeaction.

use rusqlite::{Connection, Row, params};
use serde_json::Value;

use super::sql::{Sql, from_json, to_json};
use crate::{
    api::{Action, Id, Status, Time, digest},
    serve::{
        lifecycle::{self, Event},
        model::{StoreError, StoredAction},
        plan::Plan,
        served::ActionSource,
    },
};

/// An action as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRow {
    pub id: Id,
    pub thread_id: Id,
    pub message_id: Id,
    /// Its place among the message's actions as they were first posted.
    pub position: u32,
    pub author_id: Id,
    /// With everything that is for its author alone.
    pub action: Action,
    pub shown: Shown,
}

/// The plan that an action shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    pub items: Vec<Value>,
    pub first_item_id: u32,
    /// The existing records that it changes.
    pub touched: Vec<Id>,
}

impl Shown {
    /// What `plan` shows as `block` of a message.
    pub fn of(plan: &Plan, block: u32, first_item_id: u32) -> Result<Self, StoreError> {
        let items = plan.items(block, first_item_id, None);
        Ok(Self {
            items: items.iter().map(|item| serde_json::to_value(item).map_err(no_json)).collect::<Result<_, _>>()?,
            first_item_id,
            touched: plan.touched().collect(),
        })
    }

    /// The id after its last item's.
    pub fn end(&self) -> u32 {
        self.first_item_id.saturating_add(u32::try_from(self.items.len()).unwrap_or(u32::MAX))
    }
}

#[allow(clippy::needless_pass_by_value)] // for map_err
fn no_json(_: serde_json::Error) -> StoreError {
    StoreError::Internal("a plan has no JSON form".to_owned())
}

/// Where an action stands after `event`.
///
/// # Errors
/// When that cannot happen to it: whoever lets it happen has not looked.
pub fn after(status: Option<&Status>, event: Event) -> Result<Status, StoreError> {
    lifecycle::next(status, event).ok_or_else(|| {
        let was = status.map_or("new", Status::as_str);
        StoreError::Internal(format!("{event:?} cannot happen to an action that is {was}"))
    })
}

/// What a new or restarted action is before anything else is known of it.
pub fn blank(block: u32, status: Status) -> Action {
    Action {
        block: Some(block),
        status,
        digest: None,
        error: None,
        output: None,
        expires_at: None,
        decided_by_id: None,
        decided_at: None,
        decision_message_id: None,
        reason: None,
        result_message_id: None,
    }
}

const COLUMNS: &str = "id, thread_id, message_id, position, block, author_id, status, expires_at, digest,
    decided_by_id, decided_at, decision_message_id, result_message_id, reason, error, first_item_id, touched,
    output, items";

impl ActionRow {
    /// Where it stands at `now`.
    pub fn status_at(&self, now: Time) -> Status {
        lifecycle::at(&self.action.status, self.action.expires_at, now)
    }

    /// Lets something happen to it.
    ///
    /// # Errors
    /// When that cannot happen to an action that stands where it does.
    pub fn undergo(&mut self, event: Event) -> Result<(), StoreError> {
        self.action.status = after(Some(&self.action.status), event)?;
        Ok(())
    }

    /// Shows another plan, under another digest.
    pub fn show(&mut self, shown: Shown) -> Result<(), StoreError> {
        let block = self.action.block.unwrap_or_default();
        self.action.digest = Some(digest(self.thread_id, self.message_id, block, &shown.items).map_err(no_json)?);
        self.shown = shown;
        Ok(())
    }

    pub fn source(self) -> ActionSource {
        ActionSource { action: self.action, items: self.shown.items }
    }

    pub fn stored(self) -> StoredAction {
        StoredAction {
            id: self.id,
            message_id: self.message_id,
            thread_id: self.thread_id,
            block: self.action.block,
            status: self.action.status,
            author_id: self.author_id,
            items: self.shown.items,
            first_item_id: self.shown.first_item_id,
            digest: self.action.digest,
            expires_at: self.action.expires_at,
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, Texts)> {
        let action = Action {
            block: row.get(4)?,
            status: Status::from(row.get_ref(6)?.as_str()?),
            expires_at: row.get(7)?,
            digest: row.get(8)?,
            decided_by_id: row.get(9)?,
            decided_at: row.get(10)?,
            decision_message_id: row.get(11)?,
            result_message_id: row.get(12)?,
            reason: row.get(13)?,
            error: None,
            output: row.get(17)?,
        };
        let shown = Shown { items: Vec::new(), first_item_id: row.get(15)?, touched: Vec::new() };
        let texts = Texts { error: row.get(14)?, touched: row.get(16)?, items: row.get(18)? };
        let read = Self {
            id: row.get(0)?,
            thread_id: row.get(1)?,
            message_id: row.get(2)?,
            position: row.get(3)?,
            author_id: row.get(5)?,
            action,
            shown,
        };
        Ok((read, texts))
    }
}

/// Columns that hold JSON.
struct Texts {
    error: Option<String>,
    touched: String,
    items: String,
}

fn parse((mut row, texts): (ActionRow, Texts)) -> Result<ActionRow, StoreError> {
    row.action.error = texts.error.as_deref().map(from_json).transpose()?;
    row.shown.touched = from_json(&texts.touched)?;
    row.shown.items = from_json(&texts.items)?;
    Ok(row)
}

/// The actions of a message: by block, withdrawn ones last.
pub fn of_message(db: &Connection, thread_id: Id, message_id: Id) -> Result<Vec<ActionRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM actions WHERE thread_id = ?1 AND message_id = ?2
         ORDER BY block IS NULL, block, position"
    );
    db.all(&sql, params![thread_id, message_id], ActionRow::read)?.into_iter().map(parse).collect()
}

/// One block's action.
pub fn find(db: &Connection, message_id: Id, block: u32) -> Result<Option<ActionRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM actions
         WHERE thread_id = (SELECT thread_id FROM message_places WHERE id = ?1) AND message_id = ?1 AND block = ?2"
    );
    db.one(&sql, params![message_id, block], ActionRow::read)?.map(parse).transpose()
}

/// Where an action stands, as it is kept, and under which digest.
pub struct Standing {
    pub status: Status,
    pub expires_at: Option<Time>,
    pub digest: Option<String>,
}

/// Where one block's action stands.
pub fn standing(db: &Connection, message_id: Id, block: u32) -> Result<Option<Standing>, StoreError> {
    let sql = "SELECT status, expires_at, digest FROM actions
        WHERE thread_id = (SELECT thread_id FROM message_places WHERE id = ?1) AND message_id = ?1 AND block = ?2";
    db.one(sql, params![message_id, block], |row| {
        let status = Status::from(row.get_ref(0)?.as_str()?);
        Ok(Standing { status, expires_at: row.get(1)?, digest: row.get(2)? })
    })
}

/// An action that waits: what tells whether a later one takes its place.
pub struct Waiting {
    pub id: Id,
    pub message_id: Id,
    pub block: Option<u32>,
    pub status: Status,
    /// The existing records that it changes.
    pub touched: Vec<Id>,
}

/// The thread's actions that wait, expired ones left out.
pub fn waiting(db: &Connection, thread_id: Id, now: Time) -> Result<Vec<Waiting>, StoreError> {
    let sql = "SELECT id, message_id, block, status, touched FROM actions
        WHERE status IN ('awaiting_approval', 'drifted') AND thread_id = ?1 AND expires_at > ?2 ORDER BY id";
    let read = |row: &Row<'_>| {
        let status = Status::from(row.get_ref(3)?.as_str()?);
        let waiting =
            Waiting { id: row.get(0)?, message_id: row.get(1)?, block: row.get(2)?, status, touched: Vec::new() };
        Ok((waiting, row.get::<_, String>(4)?))
    };
    let rows = db.all(sql, params![thread_id, now], read)?;
    rows.into_iter().map(|(row, touched)| Ok(Waiting { touched: from_json(&touched)?, ..row })).collect()
}

/// Lets something happen to an action that waits, and saves that.
///
/// # Errors
/// When that cannot happen to it.
pub fn undergo(db: &Connection, waiting: &Waiting, event: Event) -> Result<(), StoreError> {
    let status = after(Some(&waiting.status), event)?;
    db.run("UPDATE actions SET status = ?2 WHERE id = ?1", params![waiting.id, status.as_str()])?;
    Ok(())
}

/// Some of the actions whose time is up but that are not marked so yet.
pub fn overdue(db: &Connection, now: Time, limit: u32) -> Result<Vec<ActionRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM actions
         WHERE status IN ('awaiting_approval', 'drifted') AND expires_at <= ?1 LIMIT ?2"
    );
    db.all(&sql, params![now, limit], ActionRow::read)?.into_iter().map(parse).collect()
}

/// Adds a row; its id is drawn.
pub fn insert(db: &Connection, row: &mut ActionRow) -> Result<(), StoreError> {
    row.id = db.insert(
        "INSERT INTO actions (thread_id, message_id, position, author_id, status, first_item_id, touched, items)
         VALUES (?1, ?2, ?3, ?4, '', 0, '', '')",
        params![row.thread_id, row.message_id, row.position, row.author_id],
    )?;
    save(db, row)
}

/// Writes everything that can change.
pub fn save(db: &Connection, row: &ActionRow) -> Result<(), StoreError> {
    let (action, shown) = (&row.action, &row.shown);
    db.run(
        "UPDATE actions SET block = ?2, status = ?3, expires_at = ?4, digest = ?5, decided_by_id = ?6,
             decided_at = ?7, decision_message_id = ?8, result_message_id = ?9, reason = ?10, error = ?11,
             first_item_id = ?12, touched = ?13, output = ?14, items = ?15
         WHERE id = ?1",
        params![
            row.id,
            action.block,
            action.status.as_str(),
            action.expires_at,
            action.digest,
            action.decided_by_id,
            action.decided_at,
            action.decision_message_id,
            action.result_message_id,
            action.reason,
            action.error.as_ref().map(to_json).transpose()?,
            shown.first_item_id,
            to_json(&shown.touched)?,
            action.output,
            to_json(&shown.items)?,
        ],
    )?;
    Ok(())
}
