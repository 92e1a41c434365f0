use super::*;
use crate::serve::model::{Grant, Scopes, ThreadScope};

const AUTHOR: Id = 1;
const DIGEST: &str = "d";

/// Everybody who may come to a thread of account 1, served by account 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Author,
    Approver,
    ProviderApprover,
    Colleague,
    Stranger,
    ApprovingBot,
}

const EVERYBODY: [Who; 6] =
    [Who::Author, Who::Approver, Who::ProviderApprover, Who::Colleague, Who::Stranger, Who::ApprovingBot];

fn viewer(who: Who, scopes: Scopes) -> Viewer {
    let (user_id, account_id, can_approve) = match who {
        Who::Author => (AUTHOR, 1, true),
        Who::Approver => (2, 1, true),
        Who::ProviderApprover => (3, 2, true),
        Who::Colleague => (4, 1, false),
        Who::Stranger => (5, 3, true),
        Who::ApprovingBot => (6, 1, true),
    };
    Viewer {
        user_id,
        name: String::new(),
        kind: if who == Who::ApprovingBot { UserKind::Bot } else { UserKind::Human },
        token_id: 1,
        scopes,
        grants: vec![Grant { account_id, account_name: String::new(), can_approve }],
    }
}

const ALL: Scopes = Scopes { read: true, post: true, approve: true };

fn action(status: Status) -> StoredAction {
    StoredAction {
        id: 1,
        message_id: 10,
        thread_id: 20,
        block: Some(0),
        status,
        author_id: AUTHOR,
        items: Vec::new(),
        first_item_id: 1,
        digest: Some(DIGEST.to_owned()),
        expires_at: Some(Time::from_microseconds(1_000)),
    }
}

#[allow(clippy::unnecessary_wraps)] // a case takes it so
fn binding(digest: &str) -> Option<Binding> {
    Some(Binding { message_id: 10, digest: digest.to_owned(), block: None })
}

fn reject() -> Kind {
    Kind::Reject { reason: None }
}

/// What is asked, and how the answer is called: `ok` or the problem's type.
struct Case {
    who: Who,
    scopes: Scopes,
    kind: Kind,
    binding: Option<Binding>,
    status: Option<Status>,
    author_is_eligible: bool,
    settings: ApprovalSettings,
    now: i64,
}

impl Case {
    fn new(who: Who, kind: Kind) -> Self {
        Self {
            who,
            scopes: ALL,
            kind,
            binding: None,
            status: Some(Status::AwaitingApproval),
            author_is_eligible: true,
            settings: ApprovalSettings::default(),
            now: 0,
        }
    }

    fn answer(&self) -> &'static str {
        let viewer = viewer(self.who, self.scopes);
        let thread = ThreadScope {
            id: 20,
            client_account_id: 1,
            provider_client_account_id: Some(2),
            relation_type: None,
            relation_id: None,
        };
        let action = self.status.clone().map(action);
        let target = action.as_ref().map(|action| Target { action, author_is_eligible: self.author_is_eligible });
        let decider = Decider { viewer: &viewer, access: viewer.access(&thread) };
        let now = Time::from_microseconds(self.now);
        match authorize_decision(&decider, &self.kind, self.binding.as_ref(), target.as_ref(), &self.settings, now) {
            Ok(()) => "ok",
            Err(refusal) => refusal.outcome(),
        }
    }
}

#[test]
fn who_may_decide() {
    use Who::{Approver, ApprovingBot, Author, Colleague, ProviderApprover, Stranger};
    for (who, approve, rejecting) in [
        (Author, "ok", "ok"),
        (Approver, "ok", "ok"),
        (ProviderApprover, "ok", "ok"),
        (Colleague, "may-not-approve", "may-not-approve"),
        (Stranger, "forbidden", "forbidden"),
        (ApprovingBot, "may-not-approve", "may-not-approve"),
    ] {
        for binding in [None, binding(DIGEST)] {
            let case = |kind| Case { binding: binding.clone(), ..Case::new(who, kind) };
            assert_eq!((case(Kind::Approve).answer(), case(reject()).answer()), (approve, rejecting), "{who:?}");
        }
    }
}

#[test]
fn scopes_count() {
    let post_only = Scopes { approve: false, ..ALL };
    let approve_only = Scopes { read: false, post: false, approve: true };
    let read_only = Scopes { read: true, post: false, approve: false };
    for who in EVERYBODY.into_iter().filter(|who| *who != Who::Stranger) {
        assert_eq!(Case { scopes: post_only, ..Case::new(who, Kind::Approve) }.answer(), "missing-scope", "{who:?}");
        assert_eq!(Case { scopes: read_only, ..Case::new(who, reject()) }.answer(), "missing-scope", "{who:?}");
    }
    assert_eq!(Case { scopes: post_only, ..Case::new(Who::Author, reject()) }.answer(), "ok");
    assert_eq!(Case { scopes: post_only, ..Case::new(Who::Approver, reject()) }.answer(), "missing-scope");
    assert_eq!(Case { scopes: approve_only, ..Case::new(Who::Approver, Kind::Approve) }.answer(), "ok");
    assert_eq!(Case { scopes: approve_only, ..Case::new(Who::Author, reject()) }.answer(), "ok");
}

#[test]
fn four_eyes_keep_the_author_from_approving_but_not_from_withdrawing() {
    let settings = ApprovalSettings { four_eyes: true, ..ApprovalSettings::default() };
    let case = |who, kind| Case { settings: settings.clone(), ..Case::new(who, kind) };
    assert_eq!(case(Who::Author, Kind::Approve).answer(), "four-eyes");
    assert_eq!(case(Who::Author, reject()).answer(), "ok");
    assert_eq!(case(Who::Approver, Kind::Approve).answer(), "ok");
}

#[test]
fn a_digest_can_be_asked_for() {
    let settings = ApprovalSettings { require_digest: true, ..ApprovalSettings::default() };
    let case = |kind, binding| Case { settings: settings.clone(), binding, ..Case::new(Who::Approver, kind) };
    assert_eq!(case(Kind::Approve, None).answer(), "digest-required");
    assert_eq!(case(Kind::Approve, binding(DIGEST)).answer(), "ok");
    assert_eq!(case(reject(), None).answer(), "ok");
}

#[test]
fn only_what_waits_is_decided_and_only_as_it_was_seen() {
    for status in all_statuses() {
        for kind in [Kind::Approve, reject()] {
            let case = |binding| {
                Case { status: Some(status.clone()), binding, ..Case::new(Who::Approver, kind.clone()) }.answer()
            };
            let expected = if status.waits() { ["ok", "ok"] } else { ["not-waiting", "stale-approval"] };
            assert_eq!([case(None), case(binding(DIGEST))], expected, "{status:?} {kind:?}");
            assert_eq!(case(binding("another")), "stale-approval", "{status:?} {kind:?}");
        }
    }
    let gone = |kind, binding| Case { status: None, binding, ..Case::new(Who::Approver, kind) }.answer();
    for kind in [Kind::Approve, reject()] {
        assert_eq!([gone(kind.clone(), None), gone(kind, binding(DIGEST))], ["no-codeaction", "stale-approval"]);
    }
}

#[test]
fn time_runs_out_before_a_sweep_says_so() {
    for (now, expected) in [(999, "ok"), (1_000, "stale-approval")] {
        let case = Case { now, binding: binding(DIGEST), ..Case::new(Who::Approver, Kind::Approve) };
        assert_eq!(case.answer(), expected);
    }
}

#[test]
fn code_of_somebody_who_lost_the_account_can_only_be_rejected() {
    let case = |kind| Case { author_is_eligible: false, ..Case::new(Who::Approver, kind) };
    assert_eq!(case(Kind::Approve).answer(), "author-not-eligible");
    assert_eq!(case(reject()).answer(), "ok");
}

fn all_statuses() -> Vec<Status> {
    [
        "awaiting_approval",
        "drifted",
        "written",
        "rejected",
        "failed",
        "superseded",
        "withdrawn",
        "expired",
        "something_new",
    ]
    .map(Status::from)
    .to_vec()
}
