//! A thread while a commit changes it: messages that come, actions that change, and at the end what of it
//! all readers and followers see.

use std::collections::{BTreeSet, HashSet};

use rusqlite::{Connection, params};
use serde_json::Value;

use super::{
    actions::{self, ActionRow, Shown},
    events,
    messages::{self, Change, Draft},
    records,
    sql::Sql,
    threads::{self, ThreadRow},
};
use crate::{
    api::{Id, Item, Kind, Message, Mode, Status, Time},
    blocks::result_block,
    config::server::Supersede,
    serve::{
        lifecycle::Event,
        model::{ActionRun, CommitError, Outcome, ResultDraft, StoreError},
        plan::{Plan, StandIns},
        served::Source,
        store::results::result_json,
    },
};

/// The thread, and what has happened to it so far.
pub struct Stage<'c> {
    pub db: &'c Connection,
    pub now: Time,
    pub thread: ThreadRow,
    /// Who causes all of it.
    pub author_id: Id,
    /// What this commit's plans have created, for those of later blocks.
    created: StandIns,
    /// Messages that the server posts; published at the end.
    results: Vec<Source>,
    /// Messages whose actions changed.
    changed: BTreeSet<Id>,
    /// How many messages came.
    posted: u64,
    actions_changed: bool,
}

impl<'c> Stage<'c> {
    pub fn new(db: &'c Connection, now: Time, thread: ThreadRow, author_id: Id) -> Self {
        Self {
            db,
            now,
            thread,
            author_id,
            created: StandIns::default(),
            results: Vec::new(),
            changed: BTreeSet::new(),
            posted: 0,
            actions_changed: false,
        }
    }

    pub fn thread_id(&self) -> Id {
        self.thread.thread.id
    }

    /// The account whose records the thread's code reaches.
    fn account_id(&self) -> Id {
        self.thread.thread.client_account_id.unwrap_or_default()
    }

    /// Keeps a message's source at the end of the thread.
    pub fn insert(
        &mut self,
        kind: Kind,
        is_decision: bool,
        mode: Option<Mode>,
        raw: &str,
    ) -> Result<Source, StoreError> {
        self.thread.message_count += 1;
        self.posted += 1;
        let draft = Draft {
            thread_id: self.thread_id(),
            ordinal: self.thread.message_count,
            author_id: self.author_id,
            kind,
            is_decision,
            mode,
            raw,
        };
        messages::insert(self.db, &draft, self.now)
    }

    /// Posts a message that holds only a result.
    pub fn insert_result(&mut self, mode: Mode, items: Vec<Value>, json: &str) -> Result<Id, StoreError> {
        let mut source = self.insert(Kind::Result, false, Some(mode), &result_block(json))?;
        let id = source.id;
        source.result_items = items;
        self.results.push(source);
        Ok(id)
    }

    /// Keeps what running a codeaction came to in `row`, which is in the table already. `was`: where it stood,
    /// if it is not new. `taken`: item ids that other blocks of the message hold.
    pub fn process(
        &mut self,
        row: &mut ActionRow,
        was: Option<&Status>,
        run: &ActionRun,
        taken: &[(u32, u32)],
    ) -> Result<(), CommitError> {
        let mut plan = run.plan.clone();
        plan.settle(&self.created);
        row.action = actions::blank(run.block, actions::after(was, Event::from(&run.outcome))?);
        match &run.outcome {
            Outcome::Failed { error } => {
                row.shown = Shown { first_item_id: run.first_item_id, ..Shown::default() };
                row.action.error = Some(error.clone());
            }
            Outcome::Waits { expires_at } | Outcome::Drifted { expires_at } => {
                show(row, &plan, run.first_item_id, taken)?;
                row.action.expires_at = Some(*expires_at);
            }
            Outcome::Written { result } => {
                show(row, &plan, run.first_item_id, taken)?;
                row.action.result_message_id = Some(self.write(row, result)?);
            }
        }
        row.action.output = Some(run.output.clone());
        self.keep(row)?;
        Ok(())
    }

    /// Writes a plan and posts what was written, under the item ids that the action shows.
    pub fn write(&mut self, row: &ActionRow, result: &ResultDraft) -> Result<Id, CommitError> {
        let mut plan = result.plan.clone();
        plan.settle(&self.created);
        let created = records::apply(self.db, &plan, self.account_id(), self.now)?;
        let block = row.action.block.unwrap_or_default();
        let mut items = plan.items(block, row.shown.first_item_id, Some(&created));
        for item in &mut items {
            item.needs_approval = false;
        }
        self.created.add(block, &created);
        let items = values(&items)?;
        let json = result_json(Mode::Write, &items, Some(&result.output), None)?;
        Ok(self.insert_result(Mode::Write, items, &json)?)
    }

    /// Saves an action that changed.
    pub fn keep(&mut self, row: &ActionRow) -> Result<(), StoreError> {
        self.actions_changed = true;
        actions::save(self.db, row)
    }

    /// Saves an action of another message, which readers are to see.
    pub fn keep_elsewhere(&mut self, row: &ActionRow) -> Result<(), StoreError> {
        self.changed.insert(row.message_id);
        self.keep(row)
    }

    /// Marks the waiting actions that stand before `later` and that it replaces.
    pub fn supersede(&mut self, later: &ActionRow, which: Supersede) -> Result<(), StoreError> {
        let changed: HashSet<Id> = later.shown.touched.iter().copied().collect();
        for earlier in actions::waiting(self.db, self.thread_id(), self.now)? {
            let stands_before = (earlier.message_id, earlier.block) < (later.message_id, later.action.block);
            let overlaps = earlier.touched.iter().any(|id| changed.contains(id));
            if !stands_before || !(overlaps || which == Supersede::Thread) {
                continue;
            }
            actions::undergo(self.db, &earlier, Event::Superseded)?;
            self.actions_changed = true;
            if earlier.message_id != later.message_id {
                self.changed.insert(earlier.message_id);
            }
        }
        Ok(())
    }

    /// Publishes everything: the message that the commit is about, results, changed messages, the thread.
    /// Gives the message and the results as their author sees them.
    pub fn finish(mut self, main: Option<(&Source, Change)>) -> Result<(Option<Message>, Vec<Message>), StoreError> {
        let mut message = None;
        if let Some((source, change)) = main {
            let published = messages::publish(self.db, source, change, self.now)?;
            if change == Change::Created {
                self.thread.show_last(&published);
            } else {
                self.thread.show_changed(&published);
            }
            self.changed.remove(&source.id);
            message = Some(published);
        }
        let mut results = Vec::new();
        for source in std::mem::take(&mut self.results) {
            let published = messages::publish(self.db, &source, Change::Created, self.now)?;
            self.thread.show_last(&published);
            results.push(published);
        }
        for message_id in &self.changed {
            messages::refresh(self.db, *message_id, self.now)?;
        }
        self.close()?;
        Ok((message, results))
    }

    /// Brings the thread itself up to date.
    fn close(mut self) -> Result<(), StoreError> {
        if self.posted > 0 {
            self.db.run(
                "INSERT INTO reading (user_id, thread_id, read_id, others_read, own) VALUES (?1, ?2, 0, 0, ?3)
                 ON CONFLICT DO UPDATE SET own = own + excluded.own",
                params![self.author_id, self.thread_id(), self.posted],
            )?;
        }
        if self.actions_changed {
            self.thread.look_for_waiting(self.db)?;
        }
        self.thread.thread.updated_at = Some(self.now);
        threads::save(self.db, &self.thread)?;
        events::add(self.db, self.now, &events::Event::thread("thread.updated", self.thread_id()))
    }
}

/// Items as JSON values.
pub fn values(items: &[Item]) -> Result<Vec<Value>, StoreError> {
    let value = |item| serde_json::to_value(item).map_err(|_| StoreError::Internal("an item has no JSON form".into()));
    items.iter().map(value).collect()
}

/// Lets an action show a plan; its items get ids that no other block holds.
pub fn show(row: &mut ActionRow, plan: &Plan, first_item_id: u32, taken: &[(u32, u32)]) -> Result<(), StoreError> {
    let block = row.action.block.unwrap_or_default();
    let mut shown = Shown::of(plan, block, first_item_id)?;
    if taken.iter().any(|(from, to)| shown.first_item_id < *to && *from < shown.end()) {
        let free = taken.iter().map(|(_, to)| *to).max().unwrap_or(1);
        shown = Shown::of(plan, block, free)?;
    }
    row.show(shown)
}
