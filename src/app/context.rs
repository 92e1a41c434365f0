//! Where the focus is, as far as keys are concerned.

/// A place where keys have meanings of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Works wherever one is; only keys that type nothing.
    Everywhere,
    /// The thread list and the messages.
    Lists,
    Threads,
    Messages,
    /// The messages, while words are searched in them.
    Finding,
    Composer,
    /// Writing, while something is offered that would complete a word.
    Completing,
    Review,
    /// The reason of a rejection.
    Reason,
    /// A one-line question.
    Prompt,
    /// Several things, one of which is meant.
    Choice,
    /// Nothing but text, to select from.
    Bare,
    Help,
    /// A list that typing narrows: the palette, people to add.
    Finder,
    /// The form of filters.
    Filter,
    /// The list of orders.
    Order,
    /// The participants of a thread.
    Members,
    /// A question that is answered by yes or no.
    Question,
}

impl Context {
    /// In the order of the help.
    pub const ALL: [Self; 18] = [
        Self::Lists,
        Self::Threads,
        Self::Messages,
        Self::Finding,
        Self::Composer,
        Self::Completing,
        Self::Review,
        Self::Reason,
        Self::Filter,
        Self::Order,
        Self::Members,
        Self::Question,
        Self::Finder,
        Self::Prompt,
        Self::Choice,
        Self::Bare,
        Self::Help,
        Self::Everywhere,
    ];

    /// What the help calls it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Lists => "Threads and messages",
            Self::Threads => "Threads",
            Self::Messages => "Messages",
            Self::Finding => "Found in the thread",
            Self::Composer => "Writing",
            Self::Completing => "Completing a word",
            Self::Review => "Review",
            Self::Reason => "Reason of a rejection",
            Self::Prompt => "Questions",
            Self::Choice => "Choosing",
            Self::Bare => "Bare view",
            Self::Help => "This help",
            Self::Finder => "Palette, and finding people",
            Self::Filter => "Filters",
            Self::Order => "Order of threads",
            Self::Members => "Participants",
            Self::Question => "Yes or no",
        }
    }

    /// Where a key is looked up, nearest first.
    pub fn lookups(self) -> &'static [Self] {
        match self {
            Self::Everywhere => &[Self::Everywhere],
            Self::Lists => &[Self::Lists, Self::Everywhere],
            Self::Threads => &[Self::Threads, Self::Lists, Self::Everywhere],
            Self::Messages => &[Self::Messages, Self::Lists, Self::Everywhere],
            Self::Finding => &[Self::Finding, Self::Messages, Self::Lists, Self::Everywhere],
            Self::Composer => &[Self::Composer, Self::Everywhere],
            Self::Completing => &[Self::Completing, Self::Composer, Self::Everywhere],
            Self::Review => &[Self::Review, Self::Everywhere],
            Self::Reason => &[Self::Reason, Self::Everywhere],
            Self::Prompt => &[Self::Prompt, Self::Everywhere],
            Self::Choice => &[Self::Choice, Self::Everywhere],
            Self::Bare => &[Self::Bare, Self::Everywhere],
            Self::Help => &[Self::Help, Self::Everywhere],
            Self::Finder => &[Self::Finder, Self::Everywhere],
            Self::Filter => &[Self::Filter, Self::Everywhere],
            Self::Order => &[Self::Order, Self::Everywhere],
            Self::Members => &[Self::Members, Self::Everywhere],
            Self::Question => &[Self::Question, Self::Everywhere],
        }
    }

    /// Whether it is a list to choose from, or a form, over the panes.
    #[must_use]
    pub fn is_choosing(self) -> bool {
        matches!(self, Self::Finder | Self::Filter | Self::Order | Self::Members | Self::Question)
    }
}
