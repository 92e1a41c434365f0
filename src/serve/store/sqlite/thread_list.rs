//! Lists of threads: filters, order, pages. Accounts are in the SQL, so that nothing is cut from a page
//! after it was counted.

use std::collections::BTreeSet;

use rusqlite::{Connection, params_from_iter, types::Value};

use super::{
    search::{self, Found, Walk},
    sql::{Sql, to_json},
    thread_page::{OpenThread, Opening},
};
use crate::{
    api::{Id, Time},
    serve::{
        model::{StoreError, Viewer},
        search::fold,
        store::query::{Listing, ThreadAttribute, ThreadOrder, ThreadQuery},
    },
};

/// Up to this many accounts are read each in its own order and merged; beyond that all threads are walked.
const MERGED: usize = 40;

/// A page of the threads that a viewer may see.
pub fn list(db: &Connection, viewer: &Viewer, query: &ThreadQuery, now: Time) -> Result<Listing, StoreError> {
    let mut ids = choose(db, viewer, query, now)?;
    let has_next = ids.len() as u64 > query.paging.per_page;
    ids.truncate(usize::try_from(query.paging.per_page).unwrap_or(usize::MAX));
    let mut open = Opening::new(db, viewer.user_id, now)?;
    let mut threads = Vec::with_capacity(ids.len());
    for id in ids {
        threads.extend(open.thread(id)?.map(OpenThread::closed));
    }
    Ok(Listing { body: format!("[{}]", threads.join(",")), has_next })
}

/// The ids of the page's threads in order, and one more where there is one.
fn choose(db: &Connection, viewer: &Viewer, query: &ThreadQuery, now: Time) -> Result<Vec<Id>, StoreError> {
    let found = match &query.free_text {
        None => None,
        // No text holds one; in what is searched it stands where hidden code was.
        Some(text) if text.contains('\0') => return Ok(Vec::new()),
        Some(text) => Some(search::find(db, &fold(text), search::LIMITS)?),
    };
    match found {
        None => page(db, viewer, query, None, now),
        Some(Found::In(threads)) => page(db, viewer, query, Some(&threads), now),
        Some(Found::Anywhere(walk)) => walked_page(db, viewer, query, walk, now),
    }
}

/// The same, of all threads or `among` these.
fn page(
    db: &Connection,
    viewer: &Viewer,
    query: &ThreadQuery,
    among: Option<&BTreeSet<Id>>,
    now: Time,
) -> Result<Vec<Id>, StoreError> {
    let Some(mut sql) = Statement::new(viewer, query, among, now)? else { return Ok(Vec::new()) };
    let (limit, offset) = query.paging.limit_and_offset();
    let (limit, offset) = (sql.bind(limit.saturating_add(1)), sql.bind(offset));
    let text = format!("{} LIMIT {limit} OFFSET {offset}", sql.text);
    db.all(&text, params_from_iter(sql.values), |row| row.get(0))
}

/// The same, of the threads in which a walk finds its text.
fn walked_page(
    db: &Connection,
    viewer: &Viewer,
    query: &ThreadQuery,
    mut walk: Walk,
    now: Time,
) -> Result<Vec<Id>, StoreError> {
    let Some(sql) = Statement::new(viewer, query, None, now)? else { return Ok(Vec::new()) };
    let (limit, offset) = query.paging.limit_and_offset();
    let wanted = usize::try_from(limit.saturating_add(1)).unwrap_or(usize::MAX);
    let mut statement = db.prepare_cached(&sql.text)?;
    let mut rows = statement.query(params_from_iter(sql.values))?;
    let (mut in_vain, mut skipped, mut ids) = (0, 0, Vec::new());
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if !walk.is_in(db, id)? {
            in_vain += 1;
            if let Some(threads) = walk.given_up(db, in_vain)? {
                return page(db, viewer, query, Some(&threads), now);
            }
        } else if skipped < offset {
            skipped += 1;
        } else {
            ids.push(id);
            if ids.len() == wanted {
                break;
            }
        }
    }
    Ok(ids)
}

/// Ways to a viewer's threads, as conditions that no thread meets twice.
fn arms(
    sql: &mut Statement,
    accounts: &[Id],
    query: &ThreadQuery,
    among: Option<&BTreeSet<Id>>,
) -> Result<Vec<String>, StoreError> {
    let asked = |only: Option<Id>, account: Id| only.is_none_or(|only| only == account);
    let as_client = accounts.iter().filter(|account| asked(query.client_account_id, **account));
    let as_provider = accounts.iter().filter(|account| asked(query.provider_client_account_id, **account));
    let (as_client, as_provider): (Vec<&Id>, Vec<&Id>) = (as_client.collect(), as_provider.collect());
    if among.is_some() || as_client.len() + as_provider.len() > MERGED {
        let all = sql.bind(to_json(accounts)?);
        let mine = format!("IN (SELECT value FROM json_each({all}))");
        let arm = format!("(client_account_id {mine} OR provider_client_account_id {mine})");
        let Some(ids) = among else { return Ok(vec![arm]) };
        let ids = sql.bind(to_json(ids)?);
        return Ok(vec![format!("{arm} AND id IN (SELECT value FROM json_each({ids}))")]);
    }
    let mut arms: Vec<String> =
        as_client.into_iter().map(|account| format!("client_account_id = {}", sql.bind(*account))).collect();
    if !as_provider.is_empty() {
        let mine: Vec<String> = accounts.iter().map(|account| sql.bind(*account)).collect();
        let not_as_client = format!("client_account_id NOT IN ({})", mine.join(", "));
        arms.extend(
            as_provider
                .into_iter()
                .map(|account| format!("provider_client_account_id = {} AND {not_as_client}", sql.bind(*account))),
        );
    }
    Ok(arms)
}

/// Absent values last either way; ids break ties in the same direction.
fn order_by(order: ThreadOrder) -> String {
    let direction = if order.descending { "DESC" } else { "ASC" };
    let may_be_absent = matches!(
        order.by,
        ThreadAttribute::ProviderClientAccountId
            | ThreadAttribute::RelationType
            | ThreadAttribute::RelationId
            | ThreadAttribute::Subject
    );
    let absent_last = if may_be_absent { " NULLS LAST" } else { "" };
    format!("k {direction}{absent_last}, id {direction}")
}

/// A statement and its values, each under its number.
#[derive(Default)]
struct Statement {
    text: String,
    values: Vec<Value>,
}

impl Statement {
    /// The ids of the threads that a viewer may see and asks for, in order. `among`: no others than these.
    /// `None`: there are none.
    fn new(
        viewer: &Viewer,
        query: &ThreadQuery,
        among: Option<&BTreeSet<Id>>,
        now: Time,
    ) -> Result<Option<Self>, StoreError> {
        let mut sql = Self::default();
        let filters = sql.filters(viewer.user_id, query, now);
        let accounts: Vec<Id> = viewer.grants.iter().map(|grant| grant.account_id).collect();
        let arms = arms(&mut sql, &accounts, query, among)?;
        let key = query.order.by.name();
        let select = |arm: &String| format!("SELECT id, {key} AS k FROM threads WHERE {arm}{filters}");
        let arms: Vec<String> = arms.iter().map(select).collect();
        sql.text = format!("{} ORDER BY {}", arms.join(" UNION ALL "), order_by(query.order));
        Ok((!arms.is_empty()).then_some(sql))
    }

    /// The placeholder of a value.
    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// The conditions of a query, each with `AND` before it.
    fn filters(&mut self, user_id: Id, query: &ThreadQuery, now: Time) -> String {
        let mut conditions = Vec::new();
        let ids = [
            ("client_account_id", query.client_account_id),
            ("provider_client_account_id", query.provider_client_account_id),
            ("relation_id", query.relation_id),
        ];
        for (column, value) in ids {
            conditions.extend(value.map(|value| format!("{column} = {}", self.bind(value))));
        }
        if let Some(relation_type) = &query.relation_type {
            conditions.push(format!("relation_type = {}", self.bind(relation_type.clone())));
        }
        if let Some(awaits) = query.awaiting_approval {
            let now = self.bind(now.as_microseconds());
            conditions.push(format!("coalesce(waits_until > {now}, 0) = {}", i64::from(awaits)));
        }
        if let Some(unread) = query.unread {
            let user = self.bind(user_id);
            conditions.push(format!(
                "(message_count > coalesce((SELECT own + others_read FROM reading
                     WHERE user_id = {user} AND thread_id = threads.id), 0)) = {}",
                i64::from(unread)
            ));
        }
        if let Some(participant) = query.participant_id {
            let user = self.bind(participant);
            conditions
                .push(format!("EXISTS (SELECT 1 FROM participants WHERE thread_id = threads.id AND user_id = {user})"));
        }
        if conditions.is_empty() { String::new() } else { format!(" AND {}", conditions.join(" AND ")) }
    }
}
