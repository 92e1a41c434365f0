//! What a key can ask for.

/// Something that a key, or the palette, asks for.
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
