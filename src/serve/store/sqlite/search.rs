//! Which threads hold a text. The tail is scanned; for the rest an index of trigrams names candidates where
//! they are few, and where they are many, threads are looked through in the order in which they are listed,
//! which soon fills a page. Where it does not (the text stands in old threads, say), the index names them all
//! after all. In the end the folded text decides.

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
    /// Threads that are looked through in vain before the index is asked for all.
    pub in_vain: usize,
}

pub const LIMITS: Limits = Limits { streamed: 300, few: 1_000, wrong: 4_000, known: 50, named: 20_000, in_vain: 128 };

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
    /// What the index can still be asked.
    narrowing: Option<Narrowing>,
}

/// Finds out where a folded query is.
pub fn find(db: &Connection, query: &str, limits: Limits) -> Result<Found, StoreError> {
    let sql = "SELECT key FROM search_tail WHERE instr(folded, ?1) > 0";
    let in_tail: HashSet<Id> = db.all(sql, [query], |row| Ok(thread_of(row.get(0)?)))?.into_iter().collect();
    let expression = match all_of(query) {
        Some(expression) => Some(expression),
        None => any_of(db, query, limits)?,
    };
    let query = query.to_owned();
    let Some(expression) = expression else {
        return Ok(Found::Anywhere(Walk { query, in_tail, narrowing: None }));
    };
    let narrowing = Narrowing { query: query.clone(), expression, limits };
    Ok(match narrowing.threads(db, Many::Refused)? {
        Named::All(mut threads) => {
            threads.extend(in_tail);
            Found::In(threads)
        }
        Named::TooMany => Found::Anywhere(Walk { query, in_tail, narrowing: Some(narrowing) }),
        Named::TooManyWrong => Found::Anywhere(Walk { query, in_tail, narrowing: None }),
    })
}

impl Walk {
    /// Whether the thread holds the text.
    pub fn is_in(&self, db: &Connection, thread_id: Id) -> Result<bool, StoreError> {
        let (from, to) = keys_of(thread_id);
        let text = "SELECT 1 FROM search_texts WHERE key >= ?1 AND key < ?2 AND instr(folded, ?3) > 0";
        Ok(self.in_tail.contains(&thread_id) || db.exists(text, params![from, to, self.query])?)
    }

    /// After so many threads without the text: all that hold it, where it pays to ask the index after all.
    pub fn given_up(&mut self, db: &Connection, in_vain: usize) -> Result<Option<BTreeSet<Id>>, StoreError> {
        let Some(narrowing) = self.narrowing.take_if(|narrowing| in_vain >= narrowing.limits.in_vain) else {
            return Ok(None);
        };
        let Named::All(mut threads) = narrowing.threads(db, Many::Taken)? else { return Ok(None) };
        threads.extend(&self.in_tail);
        Ok(Some(threads))
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
    // The index takes the two for the mark of what is no character.
    let query = query.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}");
    let mut trigrams = db.prepare_cached("SELECT term, doc FROM search_trigrams WHERE term >= ?1 AND term <= ?2")?;
    let mut rows = trigrams.query([&query, &format!("{query}{}{}", char::MAX, char::MAX)])?;
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
struct Narrowing {
    query: String,
    expression: String,
    limits: Limits,
}

/// What becomes of a look that promises many threads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Many {
    Refused,
    Taken,
}

/// What the index named.
enum Named {
    All(BTreeSet<Id>),
    /// Threads; it was not asked to the end.
    TooMany,
    /// Texts that do not hold the query: it does not help here.
    TooManyWrong,
}

/// How many candidates are taken before the index is asked anew from further on. It counts its way there from the
/// beginning every time, so that it is asked the more rarely the longer it takes.
#[derive(Clone, Copy)]
struct Patience {
    streamed: usize,
    known: usize,
}

impl Patience {
    fn doubled(self) -> Self {
        Self { streamed: self.streamed.saturating_mul(2), known: self.known.saturating_mul(2) }
    }
}

impl Narrowing {
    /// The threads whose indexed texts hold the query.
    fn threads(&self, db: &Connection, many: Many) -> Result<Named, StoreError> {
        let newest = "SELECT max(key) FROM search_texts";
        let end: i64 = db.one(newest, [], |row| row.get(0))?.flatten().unwrap_or_default();
        let mut candidates = db.prepare_cached(
            "SELECT rowid FROM search_index WHERE search_index MATCH ?1 AND rowid >= ?2 ORDER BY rowid",
        )?;
        let mut found = BTreeSet::new();
        let (mut wrong, mut from) = (0, 0);
        let mut patience = Patience { streamed: self.limits.streamed, known: self.limits.known };
        if many == Many::Taken {
            patience.streamed = usize::MAX;
        }
        loop {
            match self.advance(db, &mut candidates, from, patience, &mut found, &mut wrong)? {
                None => return Ok(Named::All(found)),
                Some(next) => from = next,
            }
            patience = patience.doubled();
            if wrong > self.limits.wrong {
                return Ok(Named::TooManyWrong);
            }
            // As many more are to be expected as there are threads left, in proportion.
            let (done, all) = (i128::from(thread_of(from)) + 1, i128::from(thread_of(end)) + 1);
            let expected = i128::try_from(found.len()).unwrap_or(i128::MAX).saturating_mul(all) / done;
            if many == Many::Refused && expected > self.limits.few {
                return Ok(Named::TooMany);
            }
        }
    }

    /// Goes on from a key: adds threads until it pays to skip the rest of one. Gives where to go on from;
    /// `None`: that was all.
    fn advance(
        &self,
        db: &Connection,
        candidates: &mut CachedStatement<'_>,
        from: i64,
        patience: Patience,
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
                if in_known > patience.known {
                    return Ok(Some(keys_of(thread_id).1));
                }
            } else if self.is_at(db, key)? {
                found.insert(thread_id);
                in_known = 0;
            } else {
                *wrong += 1;
            }
            if streamed > patience.streamed || *wrong > self.limits.wrong {
                return Ok(Some(key + 1));
            }
        }
        Ok(None)
    }

    fn is_at(&self, db: &Connection, key: i64) -> Result<bool, StoreError> {
        db.exists("SELECT 1 FROM search_texts WHERE key = ?1 AND instr(folded, ?2) > 0", params![key, self.query])
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
