//! Text to styled rows: Markdown, code, changes, wrapping, and the cache of what was laid out. Knows messages
//! and preview objects as the wire has them; knows nothing of panes, focus or the model.

pub mod cache;
mod changes;
mod code;
mod days;
pub mod highlight;
pub mod long;
mod markdown;
mod message;
mod plan;
mod rows;
mod table;
pub mod theme;
mod value;

pub use days::Days;
pub use message::{MessageView, Rendered, Surroundings, lay_out};
pub use plan::{PlanView, lay_out_plan, operation_sign};
pub use rows::{MARGIN, Piece, Row, Rows, Wrap, piece};
pub use theme::{Colours, Role, Theme};
