//! How texts become findable: at once in a tail that is scanned, later in an index, many in one go. An index
//! that every post had to keep up to date would make posting ten times slower.

use rusqlite::{Connection, params};

use super::sql::Sql;
use crate::{
    api::Id,
    serve::{model::StoreError, search::fold},
};

/// Where messages of one thread are counted within a key.
const ORDINAL_BITS: u32 = 26;
/// Stands behind a text in the index, so that its last letters begin a trigram too.
const END: &str = "\u{1}\u{1}";
/// So many texts are scanned before some are moved into the index.
const TAIL: i64 = 1_000;
/// So many are moved in one go.
const BATCH: i64 = 500;

/// Where a text stands; `None` past what a key can hold, far beyond any real thread.
pub fn key(thread_id: Id, ordinal: u64) -> Option<i64> {
    let ordinal = i64::try_from(ordinal).ok().filter(|ordinal| *ordinal < 1 << ORDINAL_BITS)?;
    (0..1 << (63 - ORDINAL_BITS)).contains(&thread_id).then_some((thread_id << ORDINAL_BITS) | ordinal)
}

/// The thread that a key stands in.
pub fn thread_of(key: i64) -> Id {
    key >> ORDINAL_BITS
}

/// The first key of a thread, and the first of the next.
pub fn keys_of(thread_id: Id) -> (i64, i64) {
    let first = key(thread_id, 0).unwrap_or(i64::MAX);
    (first, first.saturating_add(1 << ORDINAL_BITS))
}

/// Makes a text findable, in the place of what was findable there before.
pub fn put(db: &Connection, thread_id: Id, ordinal: u64, text: &str, is_new: bool) -> Result<(), StoreError> {
    let Some(key) = key(thread_id, ordinal) else { return Ok(()) };
    if !is_new {
        // The index may still name it: it is found no more, for its text is looked up here.
        db.run("DELETE FROM search_texts WHERE key = ?1", [key])?;
        db.run("DELETE FROM search_tail WHERE key = ?1", [key])?;
    }
    db.run("INSERT INTO search_tail (key, folded) VALUES (?1, ?2)", params![key, fold(text)])?;
    Ok(())
}

/// Moves a batch from the tail into the index where the tail has grown long enough (or at all, if
/// `everything`). Gives whether there is more to do.
pub fn move_in(db: &Connection, everything: bool) -> Result<bool, StoreError> {
    let waiting: i64 = db.one("SELECT count(*) FROM search_tail", [], |row| row.get(0))?.unwrap_or_default();
    if waiting == 0 || !everything && waiting < TAIL {
        return Ok(false);
    }
    let oldest = "SELECT seq, key, folded FROM search_tail ORDER BY seq LIMIT ?1";
    let mut batch: Vec<(i64, i64, String)> =
        db.all(oldest, [BATCH], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let last = batch.last().map(|(seq, ..)| *seq);
    // The index takes them best in the order of keys.
    batch.sort_unstable_by_key(|(_, key, _)| *key);
    for (_, key, folded) in &batch {
        let text = format!("{folded}{END}");
        db.run("INSERT OR REPLACE INTO search_index (rowid, folded) VALUES (?1, ?2)", params![key, text])?;
        db.run("INSERT OR REPLACE INTO search_texts (key, folded) VALUES (?1, ?2)", params![key, folded])?;
    }
    db.run("DELETE FROM search_tail WHERE seq <= ?1", [last])?;
    Ok(waiting > BATCH)
}
