//! Which key does what, where. One table drives the keys, the key bar and the help, so that they agree.

use super::{Key, KeyCode};

/// Where the focus is, as far as keys are concerned.
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

/// What a key can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    Interrupt,
    Suspend,
    Quit,
    Help,
    NextPane,
    PreviousPane,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Open,
    Compose,
    Review,
    NextWaiting,
    PreviousWaiting,
    Search,
    NewThread,
    Refresh,
    Back,
    SendAgain,
    SelectNext,
    SelectPrevious,
    Edit,
    Reply,
    Copy,
    CopyBlock,
    OpenLink,
    ToNew,
    ToDate,
    Find,
    FindOlder,
    FindNewer,
    Bare,
    Drop,
    Mute,
    Decided,
    Send,
    BreakLine,
    Undo,
    Redo,
    Editor,
    Earlier,
    Later,
    Approve,
    Reject,
    LookAgain,
    Accept,
    Palette,
    Filter,
    Order,
    ShowAll,
    Members,
    PreviousChoice,
    NextChoice,
    Clear,
    Add,
    Remove,
    Reload,
    SignIn,
}

impl Command {
    /// Whether it does the same wherever one is.
    #[must_use]
    pub fn is_everywhere(self) -> bool {
        matches!(self, Self::Palette | Self::Help | Self::Interrupt | Self::Suspend)
    }

    /// Whether the palette offers it: not what moves about, and not what takes a key of its own.
    #[must_use]
    pub fn is_offered(self) -> bool {
        use Command as C;
        !matches!(
            self,
            C::Approve
                | C::Accept
                | C::Palette
                | C::Interrupt
                | C::Up
                | C::Down
                | C::PageUp
                | C::PageDown
                | C::BreakLine
                | C::LookAgain
                | C::PreviousChoice
                | C::NextChoice
                | C::FindOlder
                | C::FindNewer
                | C::Earlier
                | C::Later
        )
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binding {
    pub context: Context,
    pub command: Command,
    pub keys: &'static [&'static str],
    /// For the key bar; blank: not on it.
    pub label: &'static str,
    /// For the help: what it does.
    pub help: &'static str,
}

const fn bind(
    context: Context,
    command: Command,
    keys: &'static [&'static str],
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { context, command, keys, label, help }
}

/// The bindings that come with the program. Within a context, those for the key bar stand in its order.
const DEFAULTS: &[Binding] = {
    use Command as C;
    use Context::{
        Bare, Choice, Completing, Composer, Everywhere, Filter, Finder, Finding, Help, Lists, Members, Messages, Order,
        Prompt, Question, Reason, Review, Threads,
    };
    &[
        bind(Threads, C::Open, &["Enter"], "open", "read the thread"),
        bind(Threads, C::Filter, &["f"], "filter", "filter the threads"),
        bind(Threads, C::Order, &["o"], "", "order the threads"),
        bind(Threads, C::Mute, &["m"], "", "mute the thread: it stays, and keeps quiet; again: it speaks up"),
        bind(Threads, C::ShowAll, &["F"], "", "all threads again, in their usual order"),
        bind(Threads, C::Back, &["Esc"], "", "leave the search and the filters"),
        bind(Messages, C::Compose, &["Enter"], "write", "write to the thread"),
        bind(Messages, C::Back, &["Esc"], "threads", "back to the threads"),
        bind(Messages, C::SendAgain, &["R"], "", "send again what was not sent"),
        bind(Messages, C::Reply, &["r"], "", "answer with a quote"),
        bind(Messages, C::Edit, &["e"], "", "change your own message, or take back what was not sent"),
        bind(Messages, C::Drop, &["x"], "", "drop what was not sent"),
        bind(Messages, C::SelectNext, &["J"], "", "select the next message: what follows is about it"),
        bind(Messages, C::SelectPrevious, &["K"], "", "select the previous message"),
        bind(Messages, C::Copy, &["c"], "", "copy the message"),
        bind(Messages, C::CopyBlock, &["C"], "", "copy a block of code"),
        bind(Messages, C::OpenLink, &["o"], "", "open a link, or copy it where there is no browser"),
        bind(Messages, C::Find, &["f"], "", "find words in the thread"),
        bind(Messages, C::ToNew, &["u"], "", "to the first new message"),
        bind(Messages, C::ToDate, &["d"], "", "to a day: 2026-11-03, 3 nov, yesterday"),
        bind(Messages, C::Bare, &["b"], "", "the bare text, to select and copy with the terminal's own mouse"),
        bind(Finding, C::FindOlder, &["n"], "older", "the match before, further back"),
        bind(Finding, C::FindNewer, &["N"], "newer", "the match after"),
        bind(Finding, C::Back, &["Esc"], "done", "leave the search"),
        bind(Lists, C::Review, &["a"], "review", "review the action that awaits approval"),
        bind(Lists, C::Compose, &["i"], "", "write to the thread"),
        bind(Lists, C::NextWaiting, &["]"], "", "review the next action that awaits approval, in any thread"),
        bind(Lists, C::PreviousWaiting, &["["], "", "review the previous one"),
        bind(Lists, C::Decided, &["D"], "", "what you have decided today"),
        bind(Lists, C::Search, &["/"], "search", "find threads by subject or text"),
        bind(Lists, C::Members, &["p"], "", "participants of the thread"),
        bind(Lists, C::NewThread, &["n"], "new", "start a thread"),
        bind(Lists, C::Up, &["↑", "k"], "", "up"),
        bind(Lists, C::Down, &["↓", "j"], "", "down"),
        bind(Lists, C::PageUp, &["PgUp", "Ctrl+U", "Ctrl+B"], "", "a page up"),
        bind(Lists, C::PageDown, &["PgDn", "Ctrl+D", "Ctrl+F"], "", "a page down"),
        bind(Lists, C::Top, &["Home", "g"], "", "to the beginning"),
        bind(Lists, C::Bottom, &["End", "G"], "", "to the end"),
        bind(Lists, C::NextPane, &["→", "l"], "", "to the next pane"),
        bind(Lists, C::PreviousPane, &["←", "h"], "", "to the previous pane"),
        bind(Lists, C::Refresh, &["F5", "Ctrl+R"], "", "ask the server now"),
        bind(Lists, C::SignIn, &["L"], "", "sign in, with another token where one was refused"),
        bind(Lists, C::Reload, &[], "", "read the config anew"),
        bind(Lists, C::Help, &["?"], "help", "this help"),
        bind(Lists, C::Quit, &["q"], "quit", "leave the program; drafts are kept"),
        bind(Composer, C::Send, &["Enter"], "send", "send the message"),
        bind(Composer, C::BreakLine, &["Alt+Enter", "Ctrl+J"], "new line", "break the line"),
        bind(
            Composer,
            C::Back,
            &["Esc"],
            "leave",
            "back to the messages, the draft is kept; out of a change, the message too",
        ),
        bind(Composer, C::Undo, &["Alt+U", "Ctrl+/", "Ctrl+7"], "", "undo"),
        bind(Composer, C::Redo, &["Alt+R"], "", "redo"),
        bind(Composer, C::Editor, &["Ctrl+E"], "", "write on in your own editor ($VISUAL, $EDITOR)"),
        bind(Composer, C::Earlier, &["Alt+P"], "", "what you said before; so does ↑ while nothing is written"),
        bind(Composer, C::Later, &["Alt+N"], "", "what you said after that"),
        bind(Composer, C::PageUp, &["PgUp"], "", "the messages a page up"),
        bind(Composer, C::PageDown, &["PgDn"], "", "the messages a page down"),
        bind(Completing, C::Accept, &["Tab", "Enter"], "take", "take what is offered"),
        bind(Completing, C::Back, &["Esc"], "no", "go on without it"),
        bind(Completing, C::Up, &["↑"], "", "the one above"),
        bind(Completing, C::Down, &["↓"], "", "the one below"),
        bind(Review, C::Approve, &["y"], "approve", "approve exactly what is shown, once it was read to its end"),
        bind(Review, C::Reject, &["r"], "reject", "reject it, with a reason"),
        bind(Review, C::Back, &["Esc", "q"], "leave", "leave without a decision"),
        bind(Review, C::NextWaiting, &["]"], "next", "the next action that awaits approval, oldest first"),
        bind(Review, C::PreviousWaiting, &["["], "previous", "the previous one"),
        bind(Review, C::Decided, &["D"], "", "what you have decided today"),
        bind(Review, C::LookAgain, &["Enter", "Space"], "", "look at it anew, after it has changed"),
        bind(Review, C::Up, &["↑", "k"], "", "up"),
        bind(Review, C::Down, &["↓", "j"], "", "down"),
        bind(Review, C::PageUp, &["PgUp", "Ctrl+U", "Ctrl+B"], "", "a page up"),
        bind(Review, C::PageDown, &["PgDn", "Ctrl+D", "Ctrl+F"], "", "a page down"),
        bind(Review, C::Top, &["Home", "g"], "", "to the beginning"),
        bind(Review, C::Bottom, &["End", "G"], "", "to the end"),
        bind(Review, C::Help, &["?"], "", "this help"),
        bind(Reason, C::Accept, &["Enter"], "reject", "reject with this reason"),
        bind(Reason, C::Back, &["Esc"], "back", "back to the review, nothing decided"),
        bind(Prompt, C::Accept, &["Enter"], "go", "go on with what was typed"),
        bind(Prompt, C::Back, &["Esc"], "cancel", "forget the question"),
        bind(Choice, C::Accept, &["Enter"], "take", "take it; so does its number"),
        bind(Choice, C::Back, &["Esc", "q"], "cancel", "take none"),
        bind(Choice, C::Up, &["↑", "k"], "", "up"),
        bind(Choice, C::Down, &["↓", "j"], "", "down"),
        bind(Bare, C::Back, &["Esc", "q", "b"], "back", "back to the panes"),
        bind(Bare, C::Up, &["↑", "k"], "", "up"),
        bind(Bare, C::Down, &["↓", "j"], "", "down"),
        bind(Bare, C::PageUp, &["PgUp", "Ctrl+U", "Ctrl+B"], "", "a page up"),
        bind(Bare, C::PageDown, &["PgDn", "Ctrl+D", "Ctrl+F", "Space"], "", "a page down"),
        bind(Bare, C::Top, &["Home", "g"], "", "to the beginning"),
        bind(Bare, C::Bottom, &["End", "G"], "", "to the end"),
        bind(Help, C::Back, &["Esc", "q", "?", "F1"], "close", "close the help"),
        bind(Help, C::Up, &["↑", "k"], "", "up"),
        bind(Help, C::Down, &["↓", "j"], "", "down"),
        bind(Help, C::PageUp, &["PgUp"], "", "a page up"),
        bind(Help, C::PageDown, &["PgDn", "Space"], "", "a page down"),
        bind(Finder, C::Accept, &["Enter"], "go", "do it, go there, add them"),
        bind(Finder, C::Back, &["Esc"], "close", "close the list"),
        bind(Finder, C::Up, &["↑", "Shift+Tab"], "", "up"),
        bind(Finder, C::Down, &["↓", "Tab"], "", "down"),
        bind(Finder, C::PageUp, &["PgUp"], "", "a page up"),
        bind(Finder, C::PageDown, &["PgDn"], "", "a page down"),
        bind(Filter, C::Accept, &["Enter"], "filter", "show what fits all fields"),
        bind(Filter, C::PreviousChoice, &["←"], "", "the choice before"),
        bind(Filter, C::NextChoice, &["→"], "choose", "the next choice; a name or a number can be typed too"),
        bind(Filter, C::Clear, &["Ctrl+X"], "clear", "set every field back to any"),
        bind(Filter, C::Back, &["Esc"], "cancel", "leave the filters as they were"),
        bind(Filter, C::Up, &["↑", "Shift+Tab"], "", "the field above"),
        bind(Filter, C::Down, &["↓", "Tab"], "", "the field below"),
        bind(Order, C::Accept, &["Enter"], "order", "order the threads by it"),
        bind(Order, C::PreviousChoice, &["←", "h"], "", "the other way round"),
        bind(Order, C::NextChoice, &["→", "l", "Space"], "turn", "the other way round"),
        bind(Order, C::Back, &["Esc", "q", "o"], "cancel", "leave the order as it was"),
        bind(Order, C::Up, &["↑", "k"], "", "up"),
        bind(Order, C::Down, &["↓", "j"], "", "down"),
        bind(Members, C::Add, &["a", "+"], "add", "add somebody"),
        bind(Members, C::Remove, &["d", "Delete"], "take out", "take somebody out of the thread"),
        bind(Members, C::Back, &["Esc", "q", "p"], "close", "close the list"),
        bind(Members, C::Up, &["↑", "k"], "", "up"),
        bind(Members, C::Down, &["↓", "j"], "", "down"),
        bind(Question, C::Accept, &["y"], "yes", "yes"),
        bind(Question, C::Back, &["n", "Esc"], "no", "no"),
        bind(Everywhere, C::Palette, &["Ctrl+P"], "", "find any command or thread"),
        bind(Everywhere, C::NextPane, &["Tab"], "", "to the next pane"),
        bind(Everywhere, C::PreviousPane, &["Shift+Tab"], "", "to the previous pane"),
        bind(Everywhere, C::Help, &["F1"], "", "this help"),
        bind(Everywhere, C::Interrupt, &["Ctrl+C"], "", "leave the program, if the composer is empty"),
        bind(Everywhere, C::Suspend, &["Ctrl+Z"], "", "suspend the program; `fg` brings it back"),
    ]
};

/// The live bindings.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    bindings: Vec<(Binding, Vec<Key>)>,
}

impl Default for Keymap {
    fn default() -> Self {
        let read = |binding: &Binding| binding.keys.iter().filter_map(|name| name.parse().ok()).collect();
        Self { bindings: DEFAULTS.iter().map(|binding| (*binding, read(binding))).collect() }
    }
}

impl Keymap {
    /// What `key` asks for where the focus is.
    #[must_use]
    pub fn command(&self, context: Context, key: Key) -> Option<Command> {
        let asked = |key: Key| {
            context.lookups().iter().find_map(|place| {
                let of_place = self.bindings.iter().filter(|(binding, _)| binding.context == *place);
                of_place.into_iter().find(|(_, keys)| keys.contains(&key)).map(|(binding, _)| binding.command)
            })
        };
        // Some terminals report Shift with keys that have no shifted form of their own.
        let plain = Key { shift: false, ..key };
        asked(key).or_else(|| asked(plain).filter(|_| key.shift && key.code != KeyCode::Tab))
    }

    /// Gives a command other keys, whatever they are.
    pub(super) fn set(&mut self, context: Context, command: Command, keys: Vec<Key>) {
        let found =
            self.bindings.iter_mut().find(|(binding, _)| (binding.context, binding.command) == (context, command));
        if let Some((_, known)) = found {
            *known = keys;
        }
    }

    /// What the key bar shows for `context`: the first key of each binding with a label, the nearest first.
    pub fn bar(&self, context: Context) -> impl Iterator<Item = (Key, &'static str)> {
        context.lookups().iter().flat_map(move |place| {
            let of_place = self.bindings.iter().filter(move |(binding, _)| binding.context == *place);
            of_place.filter_map(|(binding, keys)| {
                Some((*keys.first().filter(|_| !binding.label.is_empty())?, binding.label))
            })
        })
    }

    /// Everything, by context, for the help.
    pub fn help(&self) -> impl Iterator<Item = (Context, Vec<(&[Key], &'static str)>)> {
        Context::ALL.into_iter().map(|context| {
            let live = move |(binding, keys): &&(Binding, Vec<Key>)| binding.context == context && !keys.is_empty();
            let of_context = self.bindings.iter().filter(live);
            (context, of_context.map(|(binding, keys)| (keys.as_slice(), binding.help)).collect())
        })
    }

    /// Every binding that is live.
    pub fn bindings(&self) -> impl Iterator<Item = (Context, Command, &[Key], &'static str)> {
        let all = self.bindings.iter();
        all.map(|(binding, keys)| (binding.context, binding.command, keys.as_slice(), binding.help))
    }

    /// The first key for a command, to name it in a sentence.
    #[must_use]
    pub fn key_for(&self, context: Context, command: Command) -> Option<Key> {
        let found = self.bindings.iter().find(|(binding, _)| binding.context == context && binding.command == command);
        found.and_then(|(_, keys)| keys.first().copied())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn key(name: &str) -> Key {
        name.parse().expect(name)
    }

    #[test]
    fn every_default_is_a_key_and_no_key_means_two_things() {
        let mut seen = HashSet::new();
        for binding in DEFAULTS {
            for name in binding.keys {
                assert!(seen.insert((binding.context, key(name))), "{name} twice in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn only_keys_that_type_nothing_work_everywhere() {
        for binding in DEFAULTS.iter().filter(|binding| binding.context == Context::Everywhere) {
            assert!(binding.keys.iter().all(|name| key(name).typed().is_none()), "{binding:?}");
        }
        let keymap = Keymap::default();
        for letter in ('!'..='~').chain(['æ']) {
            assert_eq!(keymap.command(Context::Composer, Key::plain(KeyCode::Char(letter))), None, "{letter}");
            assert_eq!(keymap.command(Context::Reason, Key::plain(KeyCode::Char(letter))), None, "{letter}");
        }
    }

    #[test]
    fn only_y_in_the_review_approves() {
        let keymap = Keymap::default();
        for binding in DEFAULTS.iter().filter(|binding| binding.command == Command::Approve) {
            assert_eq!((binding.context, binding.keys), (Context::Review, ["y"].as_slice()));
        }
        for name in ["Enter", "Space", "Y", "Ctrl+Y", "Alt+Y"] {
            assert_ne!(keymap.command(Context::Review, key(name)), Some(Command::Approve), "{name}");
        }
        assert_eq!(keymap.command(Context::Review, key("y")), Some(Command::Approve));
    }

    #[test]
    fn the_nearest_context_wins() {
        let keymap = Keymap::default();
        assert_eq!(keymap.command(Context::Threads, key("Enter")), Some(Command::Open));
        assert_eq!(keymap.command(Context::Messages, key("Enter")), Some(Command::Compose));
        assert_eq!(keymap.command(Context::Messages, key("q")), Some(Command::Quit));
        assert_eq!(keymap.command(Context::Composer, key("Shift+Tab")), Some(Command::PreviousPane));
    }
}
