//! Runs the codeactions of a message, one after the other: preview, policy, and the write run where nobody has
//! to approve. It gathers what the commit needs and commits nothing.

use std::collections::BTreeSet;

use super::{
    Desk,
    committing::audit,
    policy::{self, DailyUses, LetThrough},
    refusal::no_canonical_form,
    source::StoreRecords,
};
use crate::{
    api::{ActionError, Id, Mode, Time, canonical},
    serve::{
        fault,
        model::{ActionRun, AuditEntry, Expect, Outcome, ResultDraft, Seen, StoreError, ThreadScope},
        plan::Plan,
        sandbox::{Context, Overlay, Ran, SandboxError, Session},
    },
};

/// The most bytes of an action's items, in canonical form.
const MAX_PLAN: usize = 512 << 10;

/// Where code runs: the thread and its records; a thread that comes with the message has no id yet.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub thread_id: Option<Id>,
    pub client_account_id: Id,
    pub relation_type: Option<String>,
    pub relation_id: Option<Id>,
}

impl From<ThreadScope> for Scene {
    fn from(scope: ThreadScope) -> Self {
        Self {
            thread_id: Some(scope.id),
            client_account_id: scope.client_account_id,
            relation_type: scope.relation_type,
            relation_id: scope.relation_id,
        }
    }
}

/// The runs of one attempt of a request.
pub(super) struct Processor<'a> {
    desk: &'a Desk,
    session: &'a mut Session,
    scene: &'a Scene,
    author_id: Id,
    now: Time,
    /// What the blocks so far write.
    overlay: Overlay,
    uses: DailyUses,
    seen: BTreeSet<Seen>,
    audit: Vec<AuditEntry>,
}

impl<'a> Processor<'a> {
    pub(super) async fn new(
        desk: &'a Desk,
        session: &'a mut Session,
        scene: &'a Scene,
        author_id: Id,
        now: Time,
    ) -> Result<Self, StoreError> {
        let uses = DailyUses::load(&desk.store, &desk.approvals.rules, author_id, now).await?;
        let (overlay, seen, audit) = (Overlay::default(), BTreeSet::new(), Vec::new());
        Ok(Self { desk, session, scene, author_id, now, overlay, uses, seen, audit })
    }

    /// What must hold for all of it to be written, and what the audit is to say. Gives the worker back.
    pub(super) fn finish(self) -> Result<(Vec<Expect>, Vec<AuditEntry>), StoreError> {
        self.session.rest();
        let mut expect = self.uses.expect(&self.desk.approvals.rules)?;
        expect.extend(self.seen.into_iter().map(Expect::Seen));
        Ok((expect, self.audit))
    }

    /// Processes a codeaction to its end. `first_item_id`: the id that its first item would like.
    pub(super) async fn process(
        &mut self,
        block: u32,
        code: &str,
        first_item_id: u32,
    ) -> Result<ActionRun, SandboxError> {
        let preview = self.run(code, Mode::Preview, None).await?;
        let mut plan = match preview.result {
            Ok(plan) => plan,
            Err(error) => return Ok(self.failed("preview", block, first_item_id, error, preview.output)),
        };
        let let_through = self.judge(&mut plan).await?;
        let canonical_plan = for_audit(&plan, block)?;
        if let Some(error) = too_large(&canonical_plan) {
            return Ok(self.failed("preview", block, first_item_id, error, preview.output));
        }
        let outcome = if plan.needs_approval() { "awaiting_approval" } else { "allowed" };
        self.note("preview", block, canonical_plan, outcome);
        if plan.needs_approval() {
            let outcome = Outcome::Waits { expires_at: self.expires_at() };
            return Ok(ActionRun { block, plan, first_item_id, outcome, output: preview.output });
        }
        self.write_at_once(block, code, first_item_id, preview.output, plan, &let_through).await
    }

    /// The write run of a plan that nobody has to approve.
    async fn write_at_once(
        &mut self,
        block: u32,
        code: &str,
        first_item_id: u32,
        output: String,
        plan: Plan,
        let_through: &LetThrough,
    ) -> Result<ActionRun, SandboxError> {
        let written = self.run(code, Mode::Write, None).await?;
        let mut written_plan = match written.result {
            Ok(plan) => plan,
            Err(error) => return Ok(self.failed("write", block, first_item_id, error, written.output)),
        };
        if comparable(&written_plan, true)? != comparable(&plan, true)? {
            if let Some(error) = self.judge_anew(&mut written_plan, block).await? {
                return Ok(self.failed("write", block, first_item_id, error, written.output));
            }
            let plan = written_plan;
            self.note("drift", block, for_audit(&plan, block)?, "drifted");
            let outcome = Outcome::Drifted { expires_at: self.expires_at() };
            return Ok(ActionRun { block, plan, first_item_id, outcome, output: written.output });
        }
        self.uses.add(let_through);
        self.overlay.absorb(block, &plan);
        self.note("write", block, for_audit(&plan, block)?, "written");
        let result = ResultDraft { mode: Mode::Write, plan: plan.clone(), output: written.output };
        Ok(ActionRun { block, plan, first_item_id, outcome: Outcome::Written { result }, output })
    }

    /// The write run of what a person approved: its plan, or how it failed, and what it printed.
    pub(super) async fn write_approved(
        &mut self,
        code: &str,
        approver_id: Id,
    ) -> Result<(Result<Plan, ActionError>, String), SandboxError> {
        let ran = self.run(code, Mode::Write, Some(approver_id)).await?;
        Ok((ran.result, ran.output))
    }

    /// Judges a plan that is to be shown in the place of another: a person has to look at it in any case.
    /// Gives the error, if it is too large to be shown.
    pub(super) async fn judge_anew(
        &mut self,
        plan: &mut Plan,
        block: u32,
    ) -> Result<Option<ActionError>, SandboxError> {
        self.judge(plan).await?;
        if !plan.needs_approval() {
            for change in &mut plan.changes {
                change.needs_approval = true;
                "the plan is not the one that was shown before: approval is needed".clone_into(&mut change.rule);
            }
        }
        Ok(too_large(&for_audit(plan, block)?))
    }

    /// Adds a row to the audit, about a block of the message; `plan`: as [`for_audit`] gives it.
    fn note(&mut self, event: &str, block: u32, plan: Vec<u8>, outcome: &str) {
        self.audit.push(AuditEntry { block: Some(block), plan: Some(plan), ..audit(event, outcome) });
    }

    pub(super) fn expires_at(&self) -> Time {
        self.now.plus(self.desk.approvals.expire_after)
    }

    /// What becomes of a block whose request has no time left for it.
    pub(super) fn out_of_time(&mut self, block: u32, first_item_id: u32) -> ActionRun {
        let error = ActionError {
            error_type: "TimeoutError".to_owned(),
            line: None,
            message: Some("the code of this message took more time than one request may take".to_owned()),
        };
        self.failed("preview", block, first_item_id, error, String::new())
    }

    async fn run(&mut self, code: &str, mode: Mode, approver_id: Option<Id>) -> Result<Ran, SandboxError> {
        let context = Context {
            thread_id: self.scene.thread_id,
            client_account_id: self.scene.client_account_id,
            relation_type: self.scene.relation_type.clone(),
            relation_id: self.scene.relation_id,
            author_id: self.author_id,
            approver_id,
            mode,
        };
        let source = StoreRecords { store: &self.desk.store, account_id: self.scene.client_account_id };
        let ran = self.session.run(code, &context, &source, &self.overlay).await?;
        self.seen.extend(ran.seen.iter().cloned());
        fault::point(if mode == Mode::Write { "run-to-write" } else { "previewed" });
        Ok(ran)
    }

    async fn judge(&mut self, plan: &mut Plan) -> Result<LetThrough, SandboxError> {
        policy::judge(plan, &self.desk.approvals.rules, &self.uses, &self.overlay, self.session).await
    }

    fn failed(&mut self, run: &str, block: u32, first_item_id: u32, error: ActionError, output: String) -> ActionRun {
        self.audit.push(AuditEntry { block: Some(block), ..audit(run, "failed") });
        let outcome = Outcome::Failed { error };
        ActionRun { block, plan: Plan::default(), first_item_id, outcome, output }
    }
}

/// The error of a plan that is too large to be shown whole; `plan`: as [`for_audit`] gives it.
fn too_large(plan: &[u8]) -> Option<ActionError> {
    (plan.len() > MAX_PLAN).then(|| ActionError {
        error_type: "PlanLimit".to_owned(),
        line: None,
        message: Some(format!(
            "the changes take more than the {} KiB that can be shown for approval: change fewer records at a time",
            MAX_PLAN >> 10
        )),
    })
}

/// A plan as the audit keeps it.
pub(super) fn for_audit(plan: &Plan, block: u32) -> Result<Vec<u8>, StoreError> {
    canonical(&plan.items(block, 1, None)).map_err(no_canonical_form)
}

/// What of a plan a later run's must equal.
pub(super) fn comparable(plan: &Plan, whole_records: bool) -> Result<Vec<u8>, StoreError> {
    plan.comparable(whole_records).map_err(no_canonical_form)
}
