//! What of the model is shown, and when: a letter at once, what is being written by itself, or a whole frame.
//! Decides nothing of how it looks.

use ratatui::layout::Position;

use super::{Driver, Error};
use crate::{
    app::Event,
    driver::input,
    term::{self, Session},
    ui,
};

/// As often as drawing may ask to be done again before something else is listened to.
const REDRAWS: usize = 4;

impl Driver {
    /// Shows a letter as soon as it was typed, where it is certain what it will come to.
    pub(super) fn foresee(&self, input: &term::Input, session: &mut Session) -> Result<(), Error> {
        if let term::Input::Key(key) = input
            && !self.stale
            && let Some((letter, place)) = self.screen.foreseen(&self.model, input::key_press(*key).key)
        {
            session.echo(letter, Position::from(place))?;
        }
        Ok(())
    }

    /// Draws what there is to be seen, and tells the mind what was.
    pub(super) fn draw(&mut self, session: &mut Session) -> Result<(), Error> {
        session.set_mouse(self.model.wants_mouse())?;
        if let Some(area) = self.screen.touched(&self.model)
            && session.patch(area, |buffer| self.screen.touch_up(&self.model, buffer).map(Position::from))?
        {
            self.stale = false;
            return Ok(());
        }
        for _ in 0..REDRAWS {
            self.stale = false;
            let mut shown = ui::Frame::default();
            session.draw(|buffer| {
                shown = self.screen.draw(&self.model, buffer);
                shown.cursor.map(Position::from)
            })?;
            for job in shown.wants {
                if self.ordered.insert(job.key) {
                    self.highlighter.order(job);
                }
            }
            for order in shown.orders {
                if self.laying_out.insert(order.key) {
                    self.layouts.order(order);
                }
            }
            self.tell(Event::Drawn(shown.drawn));
            if !self.stale {
                break;
            }
        }
        Ok(())
    }
}
