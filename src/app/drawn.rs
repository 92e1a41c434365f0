//! What the last frame really showed, as the ui reports it back: the mind decides by what was on the screen,
//! not by what it meant to put there.

use super::Scroll;
use crate::api::Id;

/// One frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// One pane at a time, because the window is narrow.
    pub one_pane: bool,
    pub threads: Option<ThreadsDrawn>,
    pub messages: Option<MessagesDrawn>,
    /// Columns of what is being written.
    pub composer: Option<usize>,
    pub review: Option<ReviewDrawn>,
    /// The help's first row, after it was kept within its text, and how many rows fit.
    pub help: Option<(usize, usize)>,
    /// What a click or the wheel hits; the last that contains the point counts.
    pub hits: Vec<(Area, Hit)>,
}

/// The thread list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadsDrawn {
    /// Index of the first row's thread.
    pub first: usize,
    /// How many threads fit.
    pub page: usize,
}

/// The messages of the open thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagesDrawn {
    pub thread: Id,
    /// Where the pane stands, after all scrolling asked for.
    pub scroll: Scroll,
    /// The oldest message that is loaded can be seen.
    pub at_top: bool,
    /// The last message that is loaded here can be seen to its end.
    pub at_bottom: bool,
    /// The newest message whose end can be seen.
    pub newest_seen: Option<Id>,
    /// Every message of which something can be seen, in order.
    pub visible: Vec<Id>,
    /// The *new* line is on the screen.
    pub new_seen: bool,
    /// Rows that fit.
    pub page: usize,
}

/// The review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewDrawn {
    /// [`super::review::Plan::identity`] of the plan that is on the screen.
    pub identity: String,
    /// The offset of the first row, after all scrolling asked for.
    pub top: usize,
    /// Its last row is on the screen.
    pub last_row: bool,
    /// The keys that decide are on the screen.
    pub keys: bool,
    pub layout: Layout,
}

/// How a text lies on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub width: u16,
    /// Rows that fit.
    pub page: usize,
    /// Rows that there are.
    pub rows: usize,
}

/// A part of the screen, in columns and rows from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub column: u16,
    pub row: u16,
    pub width: u16,
    pub height: u16,
}

impl Area {
    #[must_use]
    pub fn contains(&self, column: u16, row: u16) -> bool {
        (self.column..self.column.saturating_add(self.width)).contains(&column)
            && (self.row..self.row.saturating_add(self.height)).contains(&row)
    }
}

/// What lies under a point of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    Threads,
    Thread(Id),
    Messages,
    Composer,
    Review,
    Help,
    /// A row of the list or form that lies over the panes.
    Row(usize),
    /// The rest of what lies over the panes.
    Overlay,
    /// Around it.
    Outside,
}

impl Drawn {
    /// What lies there.
    #[must_use]
    pub fn hit(&self, column: u16, row: u16) -> Option<Hit> {
        self.hits.iter().rev().find(|(area, _)| area.contains(column, row)).map(|(_, hit)| *hit)
    }
}
