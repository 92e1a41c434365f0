//! The client's face: draws the model, one file a pane, and reports what was really on the screen. Changes
//! nothing, asks nothing of anybody, and lets no text through that did not come by `safe_text`.

mod choice;
mod chrome;
mod completion;
mod composer;
mod decided;
mod filter;
mod heads;
mod help;
mod marks;
mod members;
mod messages;
mod paint;
mod palette;
mod panel;
mod pile;
mod prompt;
mod review;
mod status;
mod threads;

use std::{collections::HashMap, sync::Arc};

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    app::{self, Area, Context, Conversation, Drawn, Hit, LONGEST_MESSAGE, Model, Overlay, Pane},
    render::{
        Days, Rendered, Row, Surroundings, Theme,
        cache::{self, BUDGET, Cache},
        highlight::{Done, Highlights, Job, Key},
        long::Order,
    },
};

/// Below this the client only asks for more room.
pub const SMALLEST: (u16, u16) = (40, 10);
/// Below this there is one pane at a time.
const TWO_PANES: u16 = 80;
/// Highlighted blocks that are kept.
const KEPT_HIGHLIGHTS: usize = 512;

/// What drawing keeps from frame to frame: layouts and highlights, never state.
pub struct Screen {
    theme: Theme,
    days: Days,
    layouts: Cache,
    highlights: HashMap<Key, Arc<Highlights>>,
    /// The first thread in the list's pane.
    first_thread: usize,
    review: Option<review::Kept>,
    writing: composer::Writing,
    /// What the last frame showed around what is being written.
    scene: Option<Scene>,
}

/// A frame in which nothing lies over the panes and somebody writes.
struct Scene {
    /// [`Model::scene`], as it was.
    number: u64,
    /// The pane that the composer is a part of.
    pane: Rect,
    composer: Rect,
}

impl Scene {
    fn of(model: &Model, pane: Rect, composer: Rect) -> Option<Self> {
        is_plainly_writing(model).then_some(Self { number: model.scene, pane, composer })
    }
}

/// Somebody writes, nothing is offered to complete it, and nothing is to be said of its length.
fn is_plainly_writing(model: &Model) -> bool {
    let fits = |open: &Conversation| open.composer.bytes() <= LONGEST_MESSAGE;
    model.conversation().is_some_and(fits) && model.context() == Context::Composer
}

/// What came of a frame.
#[derive(Debug, Default)]
pub struct Frame {
    pub drawn: Drawn,
    /// Where the terminal's cursor belongs; `None`: nowhere.
    pub cursor: Option<(u16, u16)>,
    /// Code on the screen that could be highlighted and has not been.
    pub wants: Vec<Job>,
    /// Messages on the screen that are too long to be laid out meanwhile.
    pub orders: Vec<Order>,
}

impl Screen {
    #[must_use]
    pub fn new(theme: Theme, days: Days) -> Self {
        Self {
            theme,
            days,
            layouts: Cache::new(BUDGET),
            highlights: HashMap::new(),
            first_thread: 0,
            review: None,
            writing: composer::Writing::default(),
            scene: None,
        }
    }

    /// Puts on another theme: everything is laid out anew.
    pub fn dress(&mut self, theme: Theme) {
        self.theme = theme;
        self.layouts = Cache::new(BUDGET);
        self.review = None;
        self.scene = None;
    }

    /// Takes in what highlighting came to: layouts that waited for it are made anew.
    pub fn highlighted(&mut self, done: Done) {
        self.scene = None;
        if self.highlights.len() >= KEPT_HIGHLIGHTS {
            self.highlights.clear();
        }
        self.layouts.forget(|rendered| rendered.wants.iter().any(|job| job.key == done.key));
        self.highlights.insert(done.key, done.highlights);
    }

    /// Takes in a long message that was laid out.
    pub fn laid_out(&mut self, key: cache::Key, rendered: Rendered) {
        self.scene = None;
        self.layouts.put(key, rendered);
    }

    /// The part of the window in which alone something can have changed since the last frame; `None`: it can be
    /// anywhere.
    pub fn touched(&mut self, model: &Model) -> Option<Rect> {
        let scene = self.scene.as_ref().filter(|scene| scene.number == model.scene)?;
        let same_place = composer::height(&mut self.writing, model, scene.pane) == scene.composer.height;
        (same_place && is_plainly_writing(model)).then(|| composer::changeable(scene.composer))
    }

    /// The letter that a key writes and where it will stand, with the cursor after it, whatever else the next frame
    /// shows; `None`: that is not certain.
    #[must_use]
    pub fn foreseen(&self, model: &Model, key: app::Key) -> Option<(char, (u16, u16))> {
        let letter = key.typed().filter(char::is_ascii_alphanumeric)?;
        self.scene.as_ref().filter(|scene| scene.number == model.scene && model.notice.is_none())?;
        let is_text = model.keymap.command(Context::Composer, key).is_none() && is_plainly_writing(model);
        self.writing.next.filter(|_| is_text).map(|place| (letter, place))
    }

    /// Draws that part, into a blank buffer of it. Where the cursor belongs.
    pub fn touch_up(&mut self, model: &Model, buffer: &mut Buffer) -> Option<(u16, u16)> {
        let text = Rect { width: buffer.area.width.saturating_sub(composer::MARGIN), ..buffer.area };
        let cursor = composer::draw_text(&mut self.writing, &model.conversation()?.composer, text, buffer);
        paint::scrub(buffer);
        Some(cursor)
    }

    /// Draws everything into `buffer`.
    pub fn draw(&mut self, model: &Model, buffer: &mut Buffer) -> Frame {
        let area = buffer.area;
        let mut frame = Frame::default();
        self.scene = None;
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            let notice = model.notice.as_ref().map(|notice| &notice.words);
            paint::too_small(&self.theme, notice, area, buffer);
            return frame;
        }
        let rows = status::height(&self.theme, model, area);
        let status = Rect { y: area.bottom() - rows, height: rows, ..area };
        let body = Rect { height: area.height - rows, ..area };
        match (&model.overlay, &model.review) {
            (Some(Overlay::Help { top }), _) => help::draw(self, model, *top, body, buffer, &mut frame),
            (Some(Overlay::Bare), _) => messages::draw_bare(self, model, body, buffer, &mut frame),
            (Some(Overlay::Decided(decided)), _) => decided::draw(self, model, decided, body, buffer, &mut frame),
            (_, Some(_)) => review::draw(self, model, body, buffer, &mut frame),
            _ => self.panes(model, body, buffer, &mut frame),
        }
        self.over(model, body, buffer, &mut frame);
        status::draw(&self.theme, model, status, buffer);
        paint::scrub(buffer);
        frame
    }

    /// What lies over the panes.
    fn over(&self, model: &Model, body: Rect, buffer: &mut Buffer, frame: &mut Frame) {
        let theme = &self.theme;
        match &model.overlay {
            Some(Overlay::Prompt(prompt)) => {
                let line = Rect { y: body.bottom() - 1, height: 1, ..body };
                prompt::draw(theme, prompt, line, buffer, frame);
            }
            Some(Overlay::Palette(palette)) => palette::draw(theme, palette, body, buffer, frame),
            Some(Overlay::Filter(form)) => filter::draw(theme, form, body, buffer, frame),
            Some(Overlay::Order { at, order }) => filter::draw_order(theme, *at, *order, body, buffer, frame),
            Some(Overlay::Members(members)) => members::draw(theme, model, members, body, buffer, frame),
            Some(Overlay::Choice(choice)) => {
                frame.cursor = None;
                choice::draw(theme, choice, body, buffer);
            }
            Some(Overlay::Help { .. } | Overlay::Decided(_) | Overlay::Bare) | None => {}
        }
    }

    fn panes(&mut self, model: &Model, body: Rect, buffer: &mut Buffer, frame: &mut Frame) {
        if body.width < TWO_PANES {
            frame.drawn.one_pane = true;
            match model.focus {
                Pane::Threads => threads::draw(self, model, body, buffer, frame),
                Pane::Messages | Pane::Composer => messages::draw(self, model, body, buffer, frame),
            }
            return;
        }
        let list = (body.width * 3 / 10).clamp(28, 46);
        threads::draw(self, model, Rect { width: list, ..body }, buffer, frame);
        chrome::vertical_rule(&self.theme, Rect { x: body.x + list, width: 1, ..body }, buffer);
        let rest = Rect { x: body.x + list + 1, width: body.width - list - 1, ..body };
        messages::draw(self, model, rest, buffer, frame);
        if let Some((area, _)) = frame.drawn.hits.iter().find(|(_, hit)| *hit == Hit::Composer) {
            chrome::junction(&self.theme, (body.x + list, area.row), buffer);
        }
    }
}

/// What rendering needs, made of the parts of a screen that drawing does not change meanwhile.
fn surroundings<'a>(
    theme: &'a Theme,
    days: &'a Days,
    name: &'a dyn Fn(crate::api::Id) -> crate::safe_text::SafeText,
    highlights: &'a dyn Fn(Key) -> Option<Arc<Highlights>>,
) -> Surroundings<'a> {
    Surroundings { theme, days, name, highlights }
}

impl Frame {
    /// Notes what a click there means.
    fn hit(&mut self, area: Rect, hit: Hit) {
        let area = Area { column: area.x, row: area.y, width: area.width, height: area.height };
        self.drawn.hits.push((area, hit));
    }
}

/// Draws rows from the top of `area`; what does not fit is left out. Returns how many were drawn.
fn draw_rows<'a>(rows: impl IntoIterator<Item = &'a Row>, area: Rect, buffer: &mut Buffer) -> u16 {
    let mut drawn = 0;
    for (y, row) in (area.top()..area.bottom()).zip(rows) {
        buffer.set_line(area.x, y, &row.line, area.width);
        drawn += 1;
    }
    drawn
}
