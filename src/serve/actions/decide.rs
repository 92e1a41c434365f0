//! A post that approves or rejects: finds the action, asks whether it may be decided, runs an approved one in
//! write mode, and commits decision, outcome and records together.

use super::{
    Desk, Refusal,
    approval::{Decider, Target, authorize_decision},
    committing::{Around, Committed, Key, RERUNS, audit},
    decision::{Decision, Kind},
    process::{Processor, Scene, comparable, for_audit},
    refusal::no_canonical_form,
};
use crate::{
    api::{ActionError, Binding, Id, Mode, ProblemType, Time},
    blocks::{self, BlockType},
    config::server::Drift,
    serve::{
        lifecycle::{Event, next},
        model::{
            self, Answer, AuditEntry, Expect, MessageDraft, Post, ResultDraft, StoreError, StoredAction, StoredMessage,
            ThreadScope, ThreadTarget, Verdict, Viewer, Work,
        },
        plan::Plan,
        sandbox::Session,
    },
};

/// How often a decision looks anew when what it decides on has moved.
const LOOKS: usize = 8;

/// A decision that was posted.
pub(super) struct Request {
    pub text: String,
    pub decision: Decision,
    pub key: Option<Key>,
    pub now: Time,
}

/// What a decision is about, as it stands now.
struct Found {
    message: StoredMessage,
    action: StoredAction,
    block: u32,
    author_is_eligible: bool,
}

pub(super) async fn decide(desk: &Desk, viewer: &Viewer, thread_id: Id, request: Request) -> Result<Answer, Refusal> {
    let scope = desk.store.thread_scope(thread_id).await?;
    let scope = scope.ok_or_else(|| Refusal::NotFound("There is no such thread.".to_owned()))?;
    let mut about = None;
    let decided = try_to_decide(desk, viewer, scope, &request, &mut about).await;
    if let Err(refusal) = &decided
        && refusal.refuses_decision()
    {
        let at = (request.key.clone(), request.now);
        if let Some(answer) = desk.audit_refusal(viewer, thread_id, about, refusal, at).await? {
            return Ok(answer);
        }
    }
    decided
}

/// Decides, looking anew where something moved meanwhile. `about`: the action that was found.
async fn try_to_decide(
    desk: &Desk,
    viewer: &Viewer,
    scope: ThreadScope,
    request: &Request,
    about: &mut Option<(Id, u32)>,
) -> Result<Answer, Refusal> {
    let thread_id = scope.id;
    let Decision { binding, kind } = &request.decision;
    let decider = Decider { viewer, access: viewer.access(&scope) };
    let mut session = desk.pool.session(scope.client_account_id);
    let scene = Scene::from(scope);
    let (mut first_found, mut reruns) = (None, 0);
    for _ in 0..LOOKS {
        let last = desk.store.last_codeaction(thread_id).await?;
        let found = find(desk, thread_id, binding.as_ref(), last).await?;
        *about = found.as_ref().map(|found| (found.message.id, found.block));
        let target = found.as_ref().map(Found::target);
        authorize_decision(&decider, kind, binding.as_ref(), target.as_ref(), &desk.approvals, request.now)?;
        let Some(found) = found else { break };
        // An unbound decision is about what was there when it came, not about what came meanwhile.
        let shown = (found.message.id, found.block, found.action.digest.clone());
        if *first_found.get_or_insert_with(|| shown.clone()) != shown {
            return Err(Refusal::conflict(
                ProblemType::Changed,
                "The thread's last codeaction changed while you decided. Nothing was done: look at it again.",
            ));
        }
        let deciding = Deciding { desk, viewer, scene: &scene, thread_id, request, found: &found, last };
        match deciding.carry_out(&mut session).await? {
            Committed::Done(answer) => return Ok(answer),
            Committed::Outrun if reruns == RERUNS => break,
            Committed::Outrun => reruns += 1,
            Committed::Moved => {}
        }
    }
    Err(Refusal::contended())
}

/// The action that the decision is bound to, or the thread's last.
async fn find(
    desk: &Desk,
    thread_id: Id,
    binding: Option<&Binding>,
    last: Option<(Id, u32)>,
) -> Result<Option<Found>, StoreError> {
    let (message_id, block) = match (binding, last) {
        (Some(binding), _) => (binding.message_id, binding.block),
        (None, Some((message_id, block))) => (message_id, Some(block)),
        (None, None) => return Ok(None),
    };
    let Some(message) = desk.store.stored_message(thread_id, message_id).await? else { return Ok(None) };
    let block = block.or_else(|| message.actions.iter().filter_map(|action| action.block).max());
    let was_seen =
        |action: &&StoredAction| binding.is_some_and(|binding| action.digest.as_ref() == Some(&binding.digest));
    let standing = message.actions.iter().find(|action| action.block.is_some() && action.block == block);
    // What was withdrawn has no block any more: it is known by what was seen of it.
    let withdrawn = message.actions.iter().find(|action| action.block.is_none() && was_seen(action));
    let Some(action) = standing.filter(was_seen).or(withdrawn).or(standing).cloned() else { return Ok(None) };
    let block = action.block.or(block).unwrap_or_default();
    let author_is_eligible = desk.store.access(action.author_id, thread_id).await?.eligible;
    Ok(Some(Found { message, action, block, author_is_eligible }))
}

impl Found {
    fn target(&self) -> Target<'_> {
        Target { action: &self.action, author_is_eligible: self.author_is_eligible }
    }
}

/// One attempt at a decision that may be made.
struct Deciding<'a> {
    desk: &'a Desk,
    viewer: &'a Viewer,
    scene: &'a Scene,
    thread_id: Id,
    request: &'a Request,
    found: &'a Found,
    last: Option<(Id, u32)>,
}

/// What a decision came to.
struct Outcome {
    verdict: Verdict,
    audit: Vec<AuditEntry>,
    /// What the write run read.
    expect: Vec<Expect>,
}

impl Deciding<'_> {
    async fn carry_out(&self, session: &mut Session) -> Result<Committed, Refusal> {
        let outcome = match &self.request.decision.kind {
            Kind::Reject { reason } => Outcome {
                verdict: Verdict::Rejected { reason: reason.clone() },
                audit: vec![self.row("rejection", "rejected", None)?],
                expect: Vec::new(),
            },
            Kind::Approve => self.approve(session).await?,
        };
        let status = self.found.action.status_at(self.request.now);
        if next(Some(&status), Event::from(&outcome.verdict)).is_none() {
            return Err(StoreError::Internal("a decision on what does not wait".to_owned()).into());
        }
        let mut expect = self.expectations();
        expect.extend(outcome.expect);
        let work = Work::Post(Post {
            thread: ThreadTarget::Existing(self.thread_id),
            author_id: self.viewer.user_id,
            message: Some(MessageDraft { raw: self.request.text.clone(), runs: Vec::new() }),
            decision: Some(model::Decision {
                message_id: self.found.message.id,
                block: self.found.block,
                verdict: outcome.verdict,
            }),
            supersede: self.desk.approvals.supersede,
        });
        let (key, now) = (self.request.key.clone(), self.request.now);
        self.desk.commit(self.viewer, work, Around { expect, audit: outcome.audit, key, now }).await
    }

    /// All that the decision was allowed for, to be looked at again inside the transaction.
    fn expectations(&self) -> Vec<Expect> {
        let (user_id, thread_id) = (self.viewer.user_id, self.thread_id);
        let action = &self.found.action;
        let approves = self.request.decision.kind == Kind::Approve;
        let mut expect = vec![Expect::Eligible { user_id, thread_id }];
        if approves || action.author_id != user_id {
            expect.push(Expect::CanApprove { user_id, thread_id });
        }
        if approves {
            expect.push(Expect::Eligible { user_id: action.author_id, thread_id });
        }
        if self.request.decision.binding.is_none() {
            expect.push(Expect::LastCodeaction { thread_id, last: self.last });
        }
        expect.push(Expect::Action {
            message_id: self.found.message.id,
            block: self.found.block,
            status: action.status_at(self.request.now),
            digest: action.digest.clone(),
        });
        expect
    }

    /// Runs the approved code in write mode and compares what it came to with what was approved.
    async fn approve(&self, session: &mut Session) -> Result<Outcome, Refusal> {
        let Found { message, action, block, .. } = self.found;
        let parsed = blocks::parse(&message.raw);
        let code = parsed.of_type(BlockType::CodeAction).nth(usize::try_from(*block).unwrap_or(usize::MAX));
        let code = code.ok_or_else(|| StoreError::Internal("an action without its code".to_owned()))?;
        let mut processor = Processor::new(self.desk, session, self.scene, action.author_id, self.request.now).await?;
        let (result, output) = processor.write_approved(&code.body, self.viewer.user_id).await?;
        let (verdict, audit) = match result {
            Err(error) => self.failed(error, output)?,
            Ok(plan) if self.is_as_approved(&plan)? => self.written(plan, output)?,
            Ok(mut plan) => {
                if let Some(error) = processor.judge_anew(&mut plan, *block).await? {
                    self.failed(error, output)?
                } else {
                    self.drifted(plan, output, processor.expires_at())?
                }
            }
        };
        let (expect, _) = processor.finish()?;
        Ok(Outcome { verdict, audit, expect })
    }

    fn is_as_approved(&self, plan: &Plan) -> Result<bool, StoreError> {
        let whole_records = self.desk.approvals.drift == Drift::Record;
        let shown = self.found.action.shown_plan(whole_records).map_err(no_canonical_form)?;
        Ok(comparable(plan, whole_records)? == shown)
    }

    fn written(&self, mut plan: Plan, output: String) -> Result<(Verdict, Vec<AuditEntry>), StoreError> {
        for change in &mut plan.changes {
            change.needs_approval = false;
            "approved".clone_into(&mut change.rule);
        }
        let rows = vec![self.row("approval", "written", None)?, self.row("write", "written", Some(&plan))?];
        Ok((Verdict::Written(ResultDraft { mode: Mode::Write, plan, output }), rows))
    }

    fn drifted(&self, plan: Plan, output: String, expires_at: Time) -> Result<(Verdict, Vec<AuditEntry>), StoreError> {
        // The drift stands under the digest that the message shows from now on.
        let drift = AuditEntry { digest: None, ..self.row("drift", "drifted", Some(&plan))? };
        let rows = vec![self.row("approval", "drifted", None)?, drift];
        Ok((Verdict::Drifted { result: ResultDraft { mode: Mode::Preview, plan, output }, expires_at }, rows))
    }

    fn failed(&self, error: ActionError, output: String) -> Result<(Verdict, Vec<AuditEntry>), StoreError> {
        Ok((Verdict::Failed { error, output }, vec![self.row("approval", "failed", None)?]))
    }

    /// An audit row about the action that is decided, under the digest that was decided on.
    fn row(&self, event: &str, outcome: &str, plan: Option<&Plan>) -> Result<AuditEntry, StoreError> {
        Ok(AuditEntry {
            thread_id: Some(self.thread_id),
            message_id: Some(self.found.message.id),
            block: Some(self.found.block),
            digest: self.found.action.digest.clone(),
            plan: plan.map(|plan| for_audit(plan, self.found.block)).transpose()?,
            ..audit(event, outcome)
        })
    }
}
