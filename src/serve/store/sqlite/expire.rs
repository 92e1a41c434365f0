//! What passes with time: actions that nobody decided, answers that are no longer replayed, old events.

use std::{collections::BTreeSet, time::Duration};

use rusqlite::{Connection, params};

use super::{
    actions,
    commit::Done,
    events::{self, Event},
    keys, messages,
    sql::Sql,
    threads,
};
use crate::{
    api::Time,
    serve::{
        lifecycle,
        model::{Answer, StoreError},
    },
};

/// Actions that are marked in one go; the rest follow in the next.
const AT_ONCE: u32 = 200;
/// How long events can be followed up; more than the day that is promised.
const EVENTS_KEPT: Duration = Duration::from_hours(48);

/// Marks what expired and forgets what is no longer needed.
pub fn expire(db: &Connection, now: Time) -> Result<Done, StoreError> {
    let (mut changed, mut touched) = (BTreeSet::new(), BTreeSet::new());
    for mut row in actions::overdue(db, now, AT_ONCE)? {
        row.undergo(lifecycle::Event::Expired)?;
        actions::save(db, &row)?;
        changed.insert(row.message_id);
        touched.insert(row.thread_id);
    }
    for message_id in changed {
        messages::refresh(db, message_id, now)?;
    }
    for thread_id in touched {
        if let Some(mut thread) = threads::load(db, thread_id)? {
            thread.look_for_waiting(db)?;
            threads::save(db, &thread)?;
            events::add(db, now, &Event::thread("thread.updated", thread_id))?;
        }
    }
    keys::purge(db, now)?;
    // They are numbered as they came: nothing old stands behind the first that is young.
    db.run(
        "DELETE FROM events WHERE seq < coalesce((SELECT seq FROM events WHERE at > ?1 ORDER BY seq LIMIT 1), ?2)",
        params![now.minus(EVENTS_KEPT), i64::MAX],
    )?;
    Ok(Done { answer: Answer::empty(), thread_id: None, message_id: None })
}
