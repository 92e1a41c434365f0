//! A post that decides nothing: plain text, or code, in a thread that exists or comes with it.

use super::{
    Desk, Refusal,
    committing::{Around, Committed, Key, RERUNS},
    process::{Processor, Scene},
    text::Content,
};
use crate::{
    api::Time,
    serve::{
        model::{ActionRun, Answer, Expect, MessageDraft, Post, ThreadTarget, Viewer, Work},
        sandbox::SandboxError,
    },
};

/// What is to be posted.
pub(super) struct Request {
    pub text: Option<String>,
    pub content: Option<Content>,
    pub key: Option<Key>,
    pub now: Time,
}

pub(super) async fn post(
    desk: &Desk,
    viewer: &Viewer,
    target: ThreadTarget,
    request: Request,
) -> Result<Answer, Refusal> {
    let mut post = Post {
        thread: target.clone(),
        author_id: viewer.user_id,
        message: request.text.map(|raw| MessageDraft { raw, runs: Vec::new() }),
        decision: None,
        supersede: desk.approvals.supersede,
    };
    let admission = admission(viewer, &target);
    let around = |expect, audit| Around { expect, audit, key: request.key.clone(), now: request.now };
    let Some(Content::Code(codes)) = request.content else {
        return match desk.commit(viewer, Work::Post(post), around(vec![admission], Vec::new())).await? {
            Committed::Done(answer) => Ok(answer),
            Committed::Outrun | Committed::Moved => Err(Refusal::contended()),
        };
    };
    let scene = scene(desk, &target).await?;
    let mut session = desk.pool.session(scene.client_account_id);
    for attempt in 0..=RERUNS {
        let mut processor = Processor::new(desk, &mut session, &scene, viewer.user_id, request.now).await?;
        let runs = run_all(&mut processor, &codes, attempt == 0).await?;
        let (mut expect, audit) = processor.finish()?;
        expect.insert(0, admission.clone());
        if let Some(message) = &mut post.message {
            message.runs = runs;
        }
        if let Committed::Done(answer) = desk.commit(viewer, Work::Post(post.clone()), around(expect, audit)).await? {
            return Ok(answer);
        }
    }
    Err(Refusal::contended())
}

/// Processes every codeaction, each after what the ones before it write.
async fn run_all(processor: &mut Processor<'_>, codes: &[String], is_first: bool) -> Result<Vec<ActionRun>, Refusal> {
    let mut runs: Vec<ActionRun> = Vec::with_capacity(codes.len());
    let mut next_item_id = 1;
    for (block, code) in (0..).zip(codes) {
        let run = match processor.process(block, code, next_item_id).await {
            // A run that is repeated through no fault of the code must not fail for want of time.
            Err(SandboxError::OutOfTime) if is_first => processor.out_of_time(block, next_item_id),
            run => run?,
        };
        next_item_id += u32::try_from(run.plan.changes.len()).unwrap_or_default();
        runs.push(run);
    }
    Ok(runs)
}

/// What lets the viewer post there.
fn admission(viewer: &Viewer, target: &ThreadTarget) -> Expect {
    let user_id = viewer.user_id;
    match target {
        ThreadTarget::Existing(thread_id) => Expect::Eligible { user_id, thread_id: *thread_id },
        ThreadTarget::New(draft) => Expect::Account { user_id, account_id: draft.client_account_id },
    }
}

async fn scene(desk: &Desk, target: &ThreadTarget) -> Result<Scene, Refusal> {
    match target {
        ThreadTarget::Existing(id) => desk.scene(*id).await,
        ThreadTarget::New(draft) => Ok(Scene {
            thread_id: None,
            client_account_id: draft.client_account_id,
            relation_type: draft.relation_type.clone(),
            relation_id: draft.relation_id,
        }),
    }
}

impl Desk {
    /// Where a thread's code runs.
    pub(super) async fn scene(&self, thread_id: crate::api::Id) -> Result<Scene, Refusal> {
        let scope = self.store.thread_scope(thread_id).await?;
        scope.map(Scene::from).ok_or_else(|| Refusal::NotFound("There is no such thread.".to_owned()))
    }
}
