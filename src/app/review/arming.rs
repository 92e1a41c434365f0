//! When `y` counts. A pure machine: it is told what was drawn, which keys came and what time it is, and says
//! whether this press of `y` approves. It knows neither plans nor servers.

use std::time::Duration;

use crate::app::{Layout, Moment, ReviewDrawn};

/// How long a plan has to have been there before it can be approved.
pub const SETTLING: Duration = Duration::from_millis(400);
/// How long `y` has to be silent, where a held key looks like many presses, before it counts as pressed anew.
pub const SILENCE: Duration = Duration::from_secs(1);

/// What one plan's reader has seen and pressed so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arming {
    /// Of the plan that this is about.
    identity: String,
    /// Opened, shown in this way, or disturbed, last.
    since: Moment,
    /// How it lay on the screen in the last frame; `None`: not at all.
    layout: Option<Layout>,
    /// The last row of exactly this plan has been on the screen while it lay there in this way.
    end_seen: bool,
    /// The deciding keys were on the screen in the last frame, beside exactly this plan.
    keys_seen: bool,
    /// The last `y`, whatever it did, as long as no other key came after it.
    last_y: Option<Moment>,
}

/// Why a press of `y` would not count, as far as the reader is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotYet {
    /// The plan is not on the screen, or something lies over it.
    OutOfSight,
    /// The keys that decide don't fit on the screen.
    NoRoom,
    /// The end has not been on the screen.
    ReadOn,
    /// It opened or changed a moment ago.
    Settling,
    /// `y` may still be held down from before.
    Held,
}

impl Arming {
    /// For a plan that opens now. `last_y`: from whatever was on the screen before, because a key that is held
    /// down does not stop at the end of a review.
    #[must_use]
    pub fn new(identity: String, now: Moment, last_y: Option<Moment>) -> Self {
        Self { identity, since: now, layout: None, end_seen: false, keys_seen: false, last_y }
    }

    /// For what opens after this.
    #[must_use]
    pub fn last_y(&self) -> Option<Moment> {
        self.last_y
    }

    /// A frame was drawn. One that shows another plan counts for nothing; one that shows this plan laid out in
    /// another way, or for the first time after something else, has to be read anew.
    pub fn drawn(&mut self, now: Moment, drawn: Option<&ReviewDrawn>) {
        let this = drawn.filter(|drawn| drawn.identity == self.identity);
        let layout = this.map(|drawn| drawn.layout);
        if self.layout != layout {
            self.layout = layout;
            self.end_seen = false;
            self.since = now;
        }
        self.end_seen |= this.is_some_and(|drawn| drawn.last_row);
        self.keys_seen = this.is_some_and(|drawn| drawn.keys);
    }

    /// Something happened that a reader has to take in first.
    pub fn disturbed(&mut self, now: Moment) {
        self.since = now;
    }

    /// A key other than `y` was pressed.
    pub fn other_key(&mut self) {
        self.last_y = None;
    }

    /// What is missing for a press of `y` to count now.
    #[must_use]
    pub fn missing(&self, now: Moment, repeats_reported: bool) -> Option<NotYet> {
        let held = !repeats_reported && self.last_y.is_some_and(|last| now.since(last) < SILENCE);
        [
            (self.layout.is_none(), NotYet::OutOfSight),
            (!self.keys_seen, NotYet::NoRoom),
            (!self.end_seen, NotYet::ReadOn),
            (held, NotYet::Held),
            (now.since(self.since) < SETTLING, NotYet::Settling),
        ]
        .into_iter()
        .find_map(|(missing, what)| missing.then_some(what))
    }

    /// `y` came. Whether it approves, where nothing else (`allowed`) speaks against it.
    pub fn press(&mut self, now: Moment, repeat: bool, repeats_reported: bool, allowed: bool) -> bool {
        let approves = allowed && !repeat && self.missing(now, repeats_reported).is_none();
        self.last_y = Some(now);
        approves
    }

    /// How long until it may be armed by time alone.
    #[must_use]
    pub fn wait(&self, now: Moment, repeats_reported: bool) -> Option<Duration> {
        let settled = SETTLING.checked_sub(now.since(self.since));
        let silent = self.last_y.filter(|_| !repeats_reported).and_then(|last| SILENCE.checked_sub(now.since(last)));
        settled.into_iter().chain(silent).max().filter(|wait| !wait.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Time;

    fn at(milliseconds: u64) -> Moment {
        let start = Moment { elapsed: Duration::ZERO, wall: Time::from_microseconds(0) };
        start.plus(Duration::from_millis(milliseconds))
    }

    fn frame(identity: &str, last_row: bool, keys: bool) -> ReviewDrawn {
        let layout = Layout { width: 76, page: 20, rows: 30 };
        ReviewDrawn { identity: identity.to_owned(), top: 0, last_row, keys, layout }
    }

    /// Opened at 0, read to its end.
    fn read() -> Arming {
        let mut arming = Arming::new("plan".to_owned(), at(0), None);
        arming.drawn(at(0), Some(&frame("plan", true, true)));
        arming
    }

    #[test]
    fn counts_once_read_and_settled() {
        assert!(!read().press(at(399), false, false, true));
        assert!(read().press(at(400), false, false, true));
        assert!(!read().press(at(400), true, true, true), "a repeat");
        assert!(!read().press(at(400), false, false, false), "something else forbids it");
    }

    #[test]
    fn the_end_and_the_keys_must_be_on_the_screen_of_this_plan() {
        let mut arming = Arming::new("plan".to_owned(), at(0), None);
        assert_eq!(arming.missing(at(500), false), Some(NotYet::OutOfSight));
        arming.drawn(at(0), Some(&frame("another", true, true)));
        assert_eq!(arming.missing(at(500), false), Some(NotYet::OutOfSight));
        arming.drawn(at(0), Some(&frame("plan", false, true)));
        assert_eq!(arming.missing(at(500), false), Some(NotYet::ReadOn));
        arming.drawn(at(100), Some(&frame("plan", true, true)));
        arming.drawn(at(200), Some(&frame("plan", false, true)));
        assert_eq!(arming.missing(at(500), false), None, "it stays read when scrolled back");
        arming.drawn(at(500), Some(&frame("plan", true, false)));
        assert_eq!(arming.missing(at(500), false), Some(NotYet::NoRoom), "the keys went away");
    }

    #[test]
    fn what_lies_there_in_another_way_is_read_anew() {
        let wider = Layout { width: 116, ..frame("plan", true, true).layout };
        let lower = Layout { page: 10, ..frame("plan", true, true).layout };
        let longer = Layout { rows: 31, ..frame("plan", true, true).layout };
        for layout in [wider, lower, longer] {
            let mut arming = read();
            arming.drawn(at(1_000), Some(&ReviewDrawn { layout, ..frame("plan", false, true) }));
            assert_eq!(arming.missing(at(2_000), false), Some(NotYet::ReadOn), "{layout:?}");
            arming.drawn(at(2_000), Some(&ReviewDrawn { layout, ..frame("plan", true, true) }));
            assert_eq!(arming.missing(at(2_000), false), None, "{layout:?}");
            arming.drawn(at(3_000), Some(&frame("plan", true, true)));
            assert_eq!(arming.missing(at(3_399), false), Some(NotYet::Settling), "{layout:?}");
        }
        let mut arming = read();
        arming.drawn(at(1_000), None);
        assert_eq!(arming.missing(at(2_000), false), Some(NotYet::OutOfSight));
        arming.drawn(at(2_000), Some(&frame("plan", false, true)));
        assert_eq!(arming.missing(at(3_000), false), Some(NotYet::ReadOn), "something else was there meanwhile");
    }

    #[test]
    fn a_held_y_does_not_arm_itself() {
        let mut arming = read();
        for press in (0..3_000).step_by(30) {
            assert!(!arming.press(at(press), false, false, true), "at {press} ms");
        }
        assert_eq!(arming.missing(at(3_900), false), Some(NotYet::Held));
        assert!(arming.clone().press(at(3_970), false, false, true), "after a second of silence");
        arming.other_key();
        assert!(arming.press(at(3_000), false, false, true), "after another key");
    }

    #[test]
    fn where_repeats_are_reported_a_fresh_press_is_fresh() {
        let mut arming = read();
        assert!(!arming.press(at(100), false, true, true));
        assert!(!arming.press(at(450), true, true, true));
        assert!(arming.press(at(500), false, true, true));
    }

    #[test]
    fn the_y_of_the_last_review_does_not_decide_this_one() {
        let mut first = read();
        assert!(first.press(at(1_000), false, false, true));
        let mut next = Arming::new("next".to_owned(), at(1_050), first.last_y());
        next.drawn(at(1_050), Some(&frame("next", true, true)));
        assert!(!next.press(at(1_660), false, false, true), "the first repeat of a slow keyboard");
        assert!(next.press(at(2_700), false, false, true));
    }

    #[test]
    fn a_disturbance_starts_the_delay_anew() {
        let mut arming = read();
        arming.disturbed(at(1_000));
        assert_eq!(arming.wait(at(1_100), false), Some(Duration::from_millis(300)));
        assert!(!arming.clone().press(at(1_399), false, false, true));
        assert!(arming.press(at(1_400), false, false, true));
    }
}
