//! Everything the client knows. Plain data with small questions; what changes it is `update`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use super::{
    Call, Context, Conversation, Drafts, Drawn, Edit, Effect, Fault, Keymap, Listing, Live, MembersStep, Moment,
    Overlay, People, RequestId, ThreadList, Unsent,
    attention::Attention,
    review::{Decisions, Queue, Review, Subject},
    signing_in::Arrival,
    starting::Unmade,
};
use crate::{
    api::{Id, Me, Participant, Thread},
    safe_text::SafeText,
};

/// What the client is started with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The profile's name.
    pub profile: SafeText,
    /// Unlike that of any other run: idempotency keys begin with it.
    pub session: String,
    pub now: Moment,
}

/// The client's whole state.
#[derive(Clone, Debug)]
pub struct Model {
    pub profile: SafeText,
    pub now: Moment,
    pub keymap: Keymap,
    pub link: Link,
    pub live: Live,
    pub me: Option<Me>,
    pub people: People,
    pub threads: ThreadList,
    pub conversations: HashMap<Id, Conversation>,
    /// The thread in the message pane.
    pub open: Option<Id>,
    pub focus: Pane,
    pub overlay: Option<Overlay>,
    pub review: Option<Review>,
    pub queue: Queue,
    pub decisions: Decisions,
    pub notice: Option<Notice>,
    /// The config on the disk is broken: what was read before it is in force.
    pub fault: Option<Fault>,
    /// Threads that are to keep quiet: no notification, no part in what is counted as new.
    pub muted: BTreeSet<Id>,
    pub drawn: Drawn,
    /// Counts everything after which the screen may look otherwise, but for what is typed into the composer:
    /// where it stands still, only that has to be drawn.
    pub scene: u64,
    /// `None`: the terminal has not said yet.
    pub window_focused: Option<bool>,
    /// The terminal tells a held key from a pressed one.
    pub reports_repeats: bool,
    /// Texts that were sent since the program began, the newest last.
    pub(super) sent: Vec<String>,
    /// For days that a person names.
    pub zone: jiff::tz::TimeZone,
    /// There is a display here on which a browser would open.
    pub opens_links: bool,
    pub(super) session: String,
    pub(super) counter: u64,
    /// The number of the last request that was made with another token.
    pub(super) signed_in: u64,
    pub(super) arriving: Option<Arrival>,
    pub(super) requests: BTreeMap<RequestId, Purpose>,
    /// The last key, click or paste.
    pub(super) active_at: Moment,
    pub(super) drafts_dirty: bool,
    pub(super) unmade: Option<Unmade>,
    /// What was written last could not be saved.
    pub unkept: Option<Unkept>,
    pub(super) lacks: Lacks,
    pub(super) people_at: Option<Moment>,
    pub(super) attention: Attention,
}

/// How far somebody has been warned that what they wrote is on no disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unkept {
    Told,
    /// They wanted to leave, and were told what that would cost.
    ToldAtTheDoor,
}

/// Extensions that the server turned out not to have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lacks {
    pub me: bool,
    pub people: bool,
    pub queue: bool,
}

/// The panes that can have the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    Threads,
    Messages,
    Composer,
}

/// How things stand with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Nothing has been answered yet.
    Connecting,
    Online,
    /// The last call got no answer.
    Offline {
        words: SafeText,
        failures: u32,
        retry_at: Moment,
    },
    /// The token is not accepted, or there is none.
    SignedOut {
        words: SafeText,
    },
}

/// A sentence for the person, there for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub words: SafeText,
    pub is_bad: bool,
    pub since: Moment,
}

/// How long a notice stays.
pub const NOTICE_STAYS: Duration = Duration::from_secs(8);
/// For how long not even a key takes it away: who types would not have read it.
const NOTICE_IS_NEW: Duration = Duration::from_secs(1);

/// What a request was made for, so that its answer finds its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    Me,
    People,
    Threads {
        listing: Box<Listing>,
        page: u32,
    },
    /// Threads for what is typed into the palette.
    Found(String),
    Members(Id),
    MemberAdded(Id),
    MemberRemoved {
        thread: Id,
        member: Box<Participant>,
    },
    Thread(Id),
    Older(Id),
    Newer(Id),
    /// A page in which something is looked for.
    Seek(Id),
    /// A change of one's own message.
    Edit {
        thread: Id,
    },
    Message {
        thread: Id,
    },
    Queue,
    Follow,
    Decided,
    Send {
        thread: Id,
        key: String,
    },
    NewThread,
    ReadMark,
    Decision(Subject),
    /// Finding out what became of a decision whose answer was lost.
    Look(Subject),
}

impl Model {
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            profile: setup.profile,
            now: setup.now,
            keymap: Keymap::default(),
            link: Link::Connecting,
            live: Live::new(setup.now),
            me: None,
            people: People::default(),
            threads: ThreadList::default(),
            conversations: HashMap::new(),
            open: None,
            focus: Pane::Threads,
            overlay: None,
            review: None,
            queue: Queue::default(),
            decisions: Decisions::default(),
            notice: None,
            fault: None,
            muted: BTreeSet::new(),
            drawn: Drawn::default(),
            scene: 0,
            window_focused: None,
            attention: Attention::default(),
            reports_repeats: false,
            sent: Vec::new(),
            zone: jiff::tz::TimeZone::UTC,
            opens_links: false,
            session: setup.session,
            counter: 0,
            signed_in: 0,
            arriving: None,
            requests: BTreeMap::new(),
            active_at: setup.now,
            drafts_dirty: false,
            unmade: None,
            unkept: None,
            lacks: Lacks::default(),
            people_at: None,
        }
    }

    /// Where keys go.
    #[must_use]
    pub fn context(&self) -> Context {
        match (&self.overlay, &self.review) {
            (Some(Overlay::Help { .. } | Overlay::Decided(_)), _) => Context::Help,
            (Some(Overlay::Prompt(_)), _) => Context::Prompt,
            (Some(Overlay::Palette(_)), _) => Context::Finder,
            (Some(Overlay::Filter(_)), _) => Context::Filter,
            (Some(Overlay::Order { .. }), _) => Context::Order,
            (Some(Overlay::Members(members)), _) => match members.step {
                MembersStep::Looking => Context::Members,
                MembersStep::Adding(_) => Context::Finder,
                MembersStep::Removing(_) => Context::Question,
            },
            (Some(Overlay::Choice(_)), _) => Context::Choice,
            (Some(Overlay::Bare), _) => Context::Bare,
            (None, Some(review)) if review.reason.is_some() => Context::Reason,
            (None, Some(_)) => Context::Review,
            (None, None) => match self.focus {
                Pane::Threads => Context::Threads,
                Pane::Messages if self.conversation().is_some_and(|open| open.find.is_some()) => Context::Finding,
                Pane::Messages => Context::Messages,
                Pane::Composer if self.completion().is_some() => Context::Completing,
                Pane::Composer => Context::Composer,
            },
        }
    }

    /// The mouse is the client's, not the terminal's own.
    #[must_use]
    pub fn wants_mouse(&self) -> bool {
        !matches!(self.overlay, Some(Overlay::Bare))
    }

    /// The thread in the message pane, as far as it is here.
    #[must_use]
    pub fn conversation(&self) -> Option<&Conversation> {
        self.conversations.get(&self.open?)
    }

    pub(super) fn conversation_mut(&mut self) -> Option<&mut Conversation> {
        self.conversations.get_mut(&self.open?)
    }

    /// A thread as it is known best.
    #[must_use]
    pub fn thread(&self, id: Id) -> Option<&Thread> {
        self.threads.get(id).or_else(|| self.conversations.get(&id)?.thread.as_ref())
    }

    /// What to call a thread.
    #[must_use]
    pub fn title(&self, id: Id) -> SafeText {
        self.thread(id).map_or_else(|| SafeText::line(&format!("thread {id}")), title)
    }

    /// What to call a client account.
    #[must_use]
    pub fn account_name(&self, id: Id) -> SafeText {
        let mut accounts = self.me.iter().flat_map(|me| &me.client_accounts);
        accounts
            .find(|account| account.id == id)
            .map_or_else(|| SafeText::line(&format!("account {id}")), |account| SafeText::line(&account.name))
    }

    /// Whether one may approve in a thread, as far as is known; the server has the last word.
    #[must_use]
    pub fn may_approve(&self, thread: Id) -> bool {
        let (Some(me), Some(thread)) = (&self.me, self.thread(thread)) else { return true };
        let accounts = [thread.client_account_id, thread.provider_client_account_id];
        let mut grants = me.client_accounts.iter().filter(|account| accounts.contains(&Some(account.id)));
        accounts == [None, None] || grants.any(|account| account.can_approve)
    }

    /// Whether the server tells a message that is sent again from a second one: as far as is known, whoever has
    /// any extension has that one.
    pub(super) fn knows_keys(&self) -> bool {
        self.me.is_some() || self.threads.items.iter().any(|thread| thread.updated_at.is_some())
    }

    /// A request that is answered as `purpose`.
    pub(super) fn request(&mut self, purpose: Purpose, call: Call) -> Effect {
        self.counter += 1;
        let id = RequestId(self.counter);
        self.requests.insert(id, purpose);
        Effect::Request { id, call }
    }

    /// Whether an answer for that purpose is still to come that says how things are now.
    pub(super) fn awaits(&self, purpose: &Purpose) -> bool {
        self.requests.iter().any(|(id, known)| known == purpose && !self.live.is_outdated(id.0))
    }

    /// A fresh idempotency key.
    pub(super) fn new_key(&mut self) -> String {
        self.counter += 1;
        format!("{}-{}", self.session, self.counter)
    }

    /// Says something in the status line.
    pub(super) fn say(&mut self, words: impl Into<SafeText>, is_bad: bool) -> Effect {
        self.notice = Some(Notice { words: words.into(), is_bad, since: self.now });
        Effect::Wake { timer: super::Timer::Notice, after: NOTICE_STAYS }
    }

    /// A key was pressed: what stood there has been read, unless it had only just come. Whether it goes away.
    pub(super) fn hush(&mut self) -> bool {
        self.notice.take_if(|notice| self.now.since(notice.since) >= NOTICE_IS_NEW).is_some()
    }

    /// Everything that was written and not yet confirmed.
    #[must_use]
    pub fn drafts(&self) -> Drafts {
        let last = self.open.or(self.threads.selected).and_then(|id| self.thread(id)).cloned();
        let last = last.map(|thread| Thread { last_message: None, ..thread });
        let mut drafts = Drafts { muted: self.muted.clone(), last, ..Drafts::default() };
        for (thread, conversation) in &self.conversations {
            let draft = match &conversation.editing {
                Some(editing) => {
                    let text = conversation.composer.text();
                    drafts.edits.insert(*thread, Edit { editing: editing.clone(), text });
                    editing.draft.clone()
                }
                None => conversation.composer.text(),
            };
            if !draft.trim().is_empty() {
                drafts.threads.insert(*thread, draft);
            }
            // What decides is on no disk: from there it could be sent again.
            let kept = conversation.outgoing.iter().filter(|outgoing| !outgoing.decides());
            drafts.unsent.extend(kept.map(|outgoing| Unsent {
                thread: *thread,
                key: outgoing.key.clone(),
                text: outgoing.text.clone(),
                at: (!outgoing.was_refused()).then_some(outgoing.since.wall),
            }));
        }
        // Stable: within a thread they are sent in the order in which they were written.
        drafts.unsent.sort_by_key(|unsent| unsent.thread);
        drafts
    }

    /// Others' unread messages, over all loaded threads that don't keep quiet.
    #[must_use]
    pub fn unread(&self) -> u64 {
        let loud = self.threads.items.iter().filter(|thread| !self.muted.contains(&thread.id));
        loud.filter_map(|thread| thread.unread_count).sum()
    }

    /// How many actions await approval: the queue's length, or where there is none the threads that say so.
    #[must_use]
    pub fn waiting_count(&self) -> usize {
        if self.queue.is_known() {
            self.queue.len()
        } else {
            self.threads.items.iter().filter(|thread| thread.awaiting_approval == Some(true)).count()
        }
    }
}

/// What to call a thread: its subject, else what it is about.
#[must_use]
pub fn title(thread: &Thread) -> SafeText {
    let subject = thread.subject.as_deref().map(str::trim).filter(|subject| !subject.is_empty());
    match (subject, &thread.relation_type, thread.relation_id) {
        (Some(subject), ..) => SafeText::line(subject),
        (None, Some(relation), Some(id)) => SafeText::line(&format!("{relation} #{id}")),
        (None, Some(relation), None) => SafeText::line(relation),
        _ => SafeText::line(&format!("thread {}", thread.id)),
    }
}
