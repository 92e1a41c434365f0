//! A client in a world of its own: it is told keys and time, its calls are answered by a [`Server`], and what
//! it draws can be read.

use std::{collections::BTreeMap, time::Duration};

use countersign::{
    api::Time,
    app::{
        Answer, Call, Drafts, Effect, Event, FailureKind, KeyPress, Model, Moment, Outcome, RequestId, Setup, Timer,
        update,
    },
    render::{Colours, Days, Theme, highlight::Highlighter},
    safe_text::SafeText,
    ui::Screen,
};
use ratatui::{
    buffer::{Buffer, Cell},
    layout::Rect,
};

use crate::{
    server::{Mood, Server, failure},
    stream::Stream,
};

pub struct World {
    pub model: Model,
    pub screen: Screen,
    pub server: Server,
    pub stream: Stream,
    pub size: (u16, u16),
    pub now: Moment,
    /// Calls without an answer yet.
    pub calls: Vec<(RequestId, Call)>,
    /// Everything else that was asked for.
    pub effects: Vec<Effect>,
    timers: BTreeMap<String, (Moment, Timer)>,
    highlighter: Option<Highlighter>,
    /// What takes long is not done yet.
    pub is_busy: bool,
    /// The last frame.
    shown: Option<Buffer>,
}

impl World {
    /// A client that has just been started on `server`.
    pub fn new(server: Server, size: (u16, u16)) -> Self {
        Self::themed(server, size, Theme::terminal(Colours::Sixteen))
    }

    /// One that finds these drafts on its disk.
    pub fn with_drafts(server: Server, drafts: Drafts) -> Self {
        Self::started(server, (80, 24), Theme::terminal(Colours::Sixteen), drafts)
    }

    pub fn themed(server: Server, size: (u16, u16), theme: Theme) -> Self {
        Self::started(server, size, theme, Drafts::default())
    }

    fn started(server: Server, size: (u16, u16), theme: Theme, drafts: Drafts) -> Self {
        let wall: Time = "2026-11-22T09:34:00Z".parse().expect("a time");
        let now = Moment { elapsed: Duration::ZERO, wall };
        let setup = Setup { profile: SafeText::line("work"), session: "session".to_owned(), now };
        let mut world = Self {
            model: Model::new(setup),
            screen: Screen::new(theme, Days::utc()),
            stream: Stream::of(&server),
            server,
            size,
            now,
            calls: Vec::new(),
            effects: Vec::new(),
            timers: BTreeMap::new(),
            highlighter: None,
            is_busy: false,
            shown: None,
        };
        world.tell(Event::Started { drafts });
        world
    }

    /// A client whose first answers have arrived.
    pub fn settled(server: Server, size: (u16, u16)) -> Self {
        let mut world = Self::new(server, size);
        world.settle();
        world
    }

    pub fn tell(&mut self, event: Event) {
        for effect in update(&mut self.model, self.now, event) {
            match effect {
                Effect::Request { id, call: call @ Call::Follow { .. } } if self.is_live() => {
                    self.serve(id, &call);
                }
                Effect::Request { id, call } => self.calls.push((id, call)),
                Effect::Cancel(id) => {
                    self.calls.retain(|(known, _)| *known != id);
                    self.stream.close(id);
                }
                Effect::Wake { timer, after } => {
                    self.timers.insert(format!("{timer:?}"), (self.now.plus(after), timer));
                }
                other => self.effects.push(other),
            }
        }
    }

    fn is_live(&self) -> bool {
        self.server.is_live && !matches!(self.server.mood, Mood::Gone | Mood::SignsOut)
    }

    /// The server's answer; `None`: it is a stream, which is open now.
    pub fn serve(&mut self, id: RequestId, call: &Call) -> Option<Outcome> {
        match call {
            Call::Follow { after } if self.is_live() => {
                self.stream.open(&self.server, id, after.as_deref());
                None
            }
            _ => Some(self.server.answer(call)),
        }
    }

    /// Has everything that happened told, where somebody follows; a server that is gone ends the stream.
    pub fn hear(&mut self) {
        self.stream.send(&self.server);
        self.arrive();
        if !self.is_live() {
            self.cut();
        }
    }

    /// What was sent arrives.
    pub fn arrive(&mut self) {
        if let Some((id, last, news)) = self.stream.arrives() {
            self.tell(Event::Heard { id, last: Some(last), news });
        }
    }

    /// The stream ends; what was on its way is lost.
    pub fn cut(&mut self) {
        let Some(id) = self.stream.follower() else { return };
        self.stream.close(id);
        let broken = failure(FailureKind::Unreachable, "the connection broke", false);
        let outcome = if self.is_live() { Ok(Answer::Done) } else { Err(broken) };
        self.tell(Event::Answered { id, outcome });
    }

    /// Has the server answer everything that was asked, and what follows from the answers.
    pub fn answer(&mut self) {
        for _ in 0..20 {
            self.hear();
            let calls = std::mem::take(&mut self.calls);
            if calls.is_empty() {
                return;
            }
            for (id, call) in calls {
                if let Some(outcome) = self.serve(id, &call) {
                    self.tell(Event::Answered { id, outcome });
                }
            }
        }
        panic!("it never stops asking: {:?}", self.calls);
    }

    /// Answers, draws, and does so again until nothing is left to do at this moment.
    pub fn settle(&mut self) {
        for _ in 0..10 {
            self.answer();
            self.draw();
            if self.calls.is_empty() && !self.timers.values().any(|(at, _)| *at <= self.now) {
                return;
            }
            self.wait(0);
        }
        panic!("it never comes to rest");
    }

    /// As [`Self::settle`], with nobody to see it.
    pub fn calm(&mut self) {
        for _ in 0..10 {
            self.answer();
            if self.calls.is_empty() && !self.timers.values().any(|(at, _)| *at <= self.now) {
                return;
            }
            self.wait(0);
        }
        panic!("it never comes to rest");
    }

    /// Lets time pass, with whatever is due in it.
    pub fn wait(&mut self, milliseconds: u64) {
        let end = self.now.plus(Duration::from_millis(milliseconds));
        loop {
            let due = self.timers.iter().filter(|(_, (at, _))| *at <= end).min_by_key(|(_, (at, _))| *at);
            let Some((name, (at, timer))) = due.map(|(name, due)| (name.clone(), *due)) else { break };
            self.timers.remove(&name);
            self.now = self.now.max(at);
            self.tell(Event::Timer(timer));
            if self.now == end && milliseconds == 0 {
                break;
            }
        }
        self.now = end;
    }

    /// Presses a key, named as in the help.
    pub fn key(&mut self, name: &str) {
        let key = name.parse().expect(name);
        let foreseen = self.screen.foreseen(&self.model, key).filter(|_| self.shown.is_some());
        self.tell(Event::Key(KeyPress { key, repeat: false }));
        self.touch_up();
        if let Some((letter, (x, y))) = foreseen {
            let mut whole = Buffer::empty(self.window());
            let frame = self.screen.draw(&self.model, &mut whole);
            let mut cell = Cell::EMPTY;
            cell.set_char(letter);
            assert_eq!((&whole[(x, y)], frame.cursor), (&cell, Some((x + 1, y))), "{name} was foreseen");
        }
    }

    /// Draws no more than what has been touched, where that is known, and sees to it that a whole frame would not
    /// look otherwise.
    fn touch_up(&mut self) {
        let Some(mut shown) = self.shown.take().filter(|shown| shown.area == self.window()) else { return };
        let Some(area) = self.screen.touched(&self.model) else { return };
        let mut patch = Buffer::empty(area);
        let cursor = self.screen.touch_up(&self.model, &mut patch);
        shown.merge(&patch);
        let mut whole = Buffer::empty(self.window());
        let frame = self.screen.draw(&self.model, &mut whole);
        assert_eq!((text(&shown), cursor), (text(&whole), frame.cursor));
        assert_eq!(shown, whole);
        self.shown = Some(shown);
    }

    fn window(&self) -> Rect {
        Rect::new(0, 0, self.size.0, self.size.1)
    }

    /// Presses keys one after the other, everything being answered and drawn between them.
    pub fn keys(&mut self, names: &str) {
        for name in names.split(' ') {
            self.key(name);
            self.settle();
        }
    }

    pub fn write(&mut self, text: &str) {
        for c in text.chars() {
            self.key(&c.to_string().replace(' ', "Space"));
        }
        self.settle();
    }

    /// What is written to the open thread.
    pub fn draft(&self) -> String {
        self.model.conversation().map(|conversation| conversation.composer.text()).unwrap_or_default()
    }

    /// The drafts that were saved last.
    pub fn saved(&self) -> Drafts {
        let saved = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::SaveDrafts(drafts) => Some(drafts.clone()),
            _ => None,
        });
        saved.expect("the drafts are saved")
    }

    /// Draws, does at once what is done elsewhere (highlighting, long messages), and tells what was drawn.
    pub fn buffer(&mut self) -> Buffer {
        let mut buffer = Buffer::empty(self.window());
        for _ in 0..5 {
            buffer.reset();
            let frame = self.screen.draw(&self.model, &mut buffer);
            let (wants, orders) = if self.is_busy { Default::default() } else { (frame.wants, frame.orders) };
            self.tell(Event::Drawn(frame.drawn));
            let again = self.effects.contains(&Effect::Redraw);
            self.effects.retain(|effect| *effect != Effect::Redraw);
            if wants.is_empty() && orders.is_empty() && !again {
                break;
            }
            for order in orders {
                order.run(&mut self.highlighter, |rendered| self.screen.laid_out(order.key, rendered));
            }
            for job in wants {
                let done = self.highlighter.get_or_insert_default().run(&job);
                self.screen.highlighted(done);
            }
        }
        self.shown = Some(buffer.clone());
        buffer
    }

    /// What is on the screen, a line a row.
    pub fn draw(&mut self) -> String {
        text(&self.buffer())
    }
}

/// A buffer's text, without the spaces at the end of its lines.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
                skip = countersign::safe_text::width(symbol).saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
