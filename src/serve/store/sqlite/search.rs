//! Which threads hold a text. The tail is scanned; for the rest an index of trigrams names candidates where
//! they are few, and where they are many, threads are looked through in the order in which they are listed,
//! which soon fills a page. In the end the folded text decides.

use std::collections::{BTreeSet, HashSet};

use rusqlite::{CachedStatement, Connection, params};

use super::{
    search_index::{keys_of, thread_of},
    sql::Sql,
};
use crate::{api::Id, serve::model::StoreError};

/// When the index stops paying.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Candidates that are looked at one after the other before it is asked whether to go on.
    pub streamed: usize,
    /// From so many threads on, looking through all of them takes longer than through the list.
    pub few: i128,
    /// Candidates that turn out wrong: the trigrams do not tell this query apart.
    pub wrong: usize,
    /// Candidates in a thread that is known already before the rest of it is skipped.
    pub known: usize,
    /// Texts that the trigrams of a query of one or two letters may name, together.
    pub named: u64,
}

pub const LIMITS: Limits = Limits { streamed: 2_000, few: 1_000, wrong: 4_000, known: 50, named: 20_000 };

/// Trigrams of a long query that are looked up; the text decides anyway.
const ALL_OF: usize = 12;
/// Trigrams that a short query may begin.
const ANY_OF: usize = 400;

/// What is known of where a text is.
pub enum Found {
    /// In these threads and no other.
    In(BTreeSet<Id>),
    /// Perhaps anywhere: each thread has to be looked through.
    Anywhere(Walk),
}

/// Looks threads through, one by one.
pub struct Walk {
    query: String,
    in_tail: HashSet<Id>,
}

/// Finds out where a folded query is.
pub fn find(db: &Connection, query: &str, limits: Limits) -> Result<Found, StoreError> {
    let sql = "SELECT key FROM search_tail WHERE instr(folded, ?1) > 0";
    let in_tail: HashSet<Id> = db.all(sql, [query], |row| Ok(thread_of(row.get(0)?)))?.into_iter().collect();
    let expression = match all_of(query) {
        Some(expression) => Some(expression),
        None => any_of(db, query, limits)?,
    };
    if let Some(expression) = expression
        && let Some(mut threads) = (Narrowing { db, query, expression, limits }).threads()?
    {
        threads.extend(in_tail);
        return Ok(Found::In(threads));
    }
    Ok(Found::Anywhere(Walk { query: query.to_owned(), in_tail }))
}

impl Walk {
    /// Whether the thread holds the text.
    pub fn is_in(&self, db: &Connection, thread_id: Id) -> Result<bool, StoreError> {
        let (from, to) = keys_of(thread_id);
        let text = "SELECT 1 FROM search_texts WHERE key >= ?1 AND key < ?2 AND instr(folded, ?3) > 0";
        Ok(self.in_tail.contains(&thread_id) || db.exists(text, params![from, to, self.query])?)
    }
}

/// An expression that asks for all trigrams of a query; `None`: it is too short to have any.
fn all_of(query: &str) -> Option<String> {
    let letters: Vec<char> = query.chars().collect();
    let all: Vec<String> = letters.windows(3).map(|three| three.iter().collect()).collect();
    // Of a long query some from everywhere: neighbours tell each other's story.
    let step = all.len().div_ceil(ALL_OF).max(1);
    let some: BTreeSet<String> = all.into_iter().step_by(step).collect();
    (!some.is_empty()).then(|| joined(&some, " AND "))
}

/// An expression that asks for any trigram that begins with a short query; `None`: they name too many texts.
fn any_of(db: &Connection, query: &str, limits: Limits) -> Result<Option<String>, StoreError> {
    let mut trigrams = db.prepare_cached("SELECT term, doc FROM search_trigrams WHERE term >= ?1 AND term <= ?2")?;
    let mut rows = trigrams.query([query, &format!("{query}{}{}", char::MAX, char::MAX)])?;
    let (mut some, mut named) = (BTreeSet::new(), 0);
    while let Some(row) = rows.next()? {
        some.insert(row.get(0)?);
        named += row.get::<_, u64>(1)?;
        if named > limits.named || some.len() > ANY_OF {
            return Ok(None);
        }
    }
    // Nothing begins with it: ask for what nothing holds, for there is no empty expression.
    Ok(Some(if some.is_empty() { "\"\u{1}\u{1}\u{1}\"".to_owned() } else { joined(&some, " OR ") }))
}

fn joined(trigrams: &BTreeSet<String>, word: &str) -> String {
    let quoted: Vec<String> = trigrams.iter().map(|three| format!("\"{}\"", three.replace('"', "\"\""))).collect();
    quoted.join(word)
}

/// A look into the index.
struct Narrowing<'q> {
    db: &'q Connection,
    query: &'q str,
    expression: String,
    limits: Limits,
}

impl Narrowing<'_> {
    /// All threads whose indexed texts hold the query, where they are few.
    fn threads(&self) -> Result<Option<BTreeSet<Id>>, StoreError> {
        let newest = "SELECT max(key) FROM search_texts";
        let end: i64 = self.db.one(newest, [], |row| row.get(0))?.flatten().unwrap_or_default();
        let mut candidates = self.db.prepare_cached(
            "SELECT rowid FROM search_index WHERE search_index MATCH ?1 AND rowid >= ?2 ORDER BY rowid",
        )?;
        let mut found = BTreeSet::new();
        let (mut wrong, mut from) = (0, 0);
        loop {
            match self.advance(&mut candidates, from, &mut found, &mut wrong)? {
                None => return Ok(Some(found)),
                Some(next) => from = next,
            }
            // As many more are to be expected as there are threads left, in proportion.
            let (done, all) = (i128::from(thread_of(from)) + 1, i128::from(thread_of(end)) + 1);
            let expected = i128::try_from(found.len()).unwrap_or(i128::MAX).saturating_mul(all) / done;
            if expected > self.limits.few || wrong > self.limits.wrong {
                return Ok(None);
            }
        }
    }

    /// Goes on from a key: adds threads until it pays to skip the rest of one. Gives where to go on from;
    /// `None`: that was all.
    fn advance(
        &self,
        candidates: &mut CachedStatement<'_>,
        from: i64,
        found: &mut BTreeSet<Id>,
        wrong: &mut usize,
    ) -> Result<Option<i64>, StoreError> {
        let mut rows = candidates.query(params![self.expression, from])?;
        let mut in_known = 0;
        let mut streamed = 0;
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            streamed += 1;
            let thread_id = thread_of(key);
            if found.contains(&thread_id) {
                in_known += 1;
                if in_known > self.limits.known {
                    return Ok(Some(keys_of(thread_id).1));
                }
            } else if self.is_at(key)? {
                found.insert(thread_id);
                in_known = 0;
            } else {
                *wrong += 1;
            }
            if streamed > self.limits.streamed || *wrong > self.limits.wrong {
                return Ok(Some(key + 1));
            }
        }
        Ok(None)
    }

    fn is_at(&self, key: i64) -> Result<bool, StoreError> {
        self.db.exists("SELECT 1 FROM search_texts WHERE key = ?1 AND instr(folded, ?2) > 0", params![key, self.query])
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
