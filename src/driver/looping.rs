//! The loop: everything that has happened is taken in, then one frame is drawn, then it waits. No tick, no
//! frame without a reason. What is asked for between frames is done in [`effects`].

mod drawing;
mod effects;

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use tokio::{
    sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel},
    task::AbortHandle,
};

use super::{
    Error, Options,
    drafts::Place,
    editor,
    highlighter::Highlighter,
    input::Step,
    layouts::{LaidOut, Layouts},
    links,
    saver::{Saved, Saver},
    settings::{Looked, Settings},
    sign_in::{SignIn, Tried},
    stream::Heard,
    timers::Timers,
};
use crate::{
    api::{Id, Time},
    app::{Drafts, Effect, Event, Model, Moment, Outcome, RequestId, Setup, update},
    net::{self, Client, Token},
    render::{
        Colours, Days, Theme, cache,
        highlight::{self, Done},
    },
    safe_text::SafeText,
    term::{self, Session},
    ui::Screen,
};

/// Pieces of the event stream that may wait before it is read on.
const HEARD_AT_ONCE: usize = 64;

/// Runs the client to its end.
pub async fn run(options: Options) -> Result<(), Error> {
    let mut driver = Driver::new(&options)?;
    let mut session = Session::enter(term::Options { mouse: true })?;
    driver.dress(&options, &session)?;
    if driver.settings.wants_background() {
        session.ask_background()?;
    }
    let (drafts, problem) = driver.load_drafts();
    driver.tell(Event::Started { drafts });
    if let Some(words) = problem {
        driver.tell(Event::Failed(format!("What was written earlier can't be read: {words}")));
    }
    // The first frame comes before anything else is begun.
    driver.draw(&mut session)?;
    let result = driver.go_on(&mut session).await;
    result.and(driver.finish())
}

/// Both ends of a channel.
type Channel<T> = (UnboundedSender<T>, UnboundedReceiver<T>);

struct Driver {
    model: Model,
    screen: Screen,
    started: Instant,
    client: Option<Client>,
    place: Option<Place>,
    saver: Option<Saver>,
    timers: Timers,
    requests: HashMap<RequestId, AbortHandle>,
    answers: Channel<(RequestId, Box<Outcome>)>,
    /// What the event stream tells.
    heard: (Sender<Heard>, Receiver<Heard>),
    highlighter: Highlighter,
    /// What the highlighter has been given and not yet done.
    ordered: HashSet<highlight::Key>,
    highlighted: UnboundedReceiver<Done>,
    layouts: Layouts,
    /// What is being laid out elsewhere.
    laying_out: HashSet<cache::Key>,
    laid_out: UnboundedReceiver<LaidOut>,
    /// What failed beside the server, in words.
    troubles: Channel<String>,
    saved: Channel<Saved>,
    settings: Settings,
    looked: Channel<Looked>,
    sign_in: SignIn,
    signed_in: Channel<Tried>,
    /// To be carried out after the next frame.
    effects: Vec<Effect>,
    /// A draft that is to be edited in the person's own editor.
    to_edit: Option<(Id, String)>,
    stale: bool,
    quit: bool,
}

/// One thing that the loop wakes up for.
enum Woken {
    Terminal(term::Input),
    Answer(RequestId, Box<Outcome>),
    Heard(Heard),
    Highlighted(Done),
    LaidOut(Box<LaidOut>),
    Trouble(String),
    Saved(Saved),
    LookAtSettings,
    Looked(Looked),
    SignedIn(Box<Tried>),
    Timers,
}

impl Driver {
    fn new(options: &Options) -> Result<Self, Error> {
        let started = Instant::now();
        let rules = net::Options { insecure_http: options.insecure_http, ..net::Options::default() };
        let token = options.token.as_deref().and_then(Token::new);
        let client = token.map(|token| Client::new(&options.url, &token, rules.clone())).transpose()?;
        let sign_in = SignIn { url: options.url.clone(), rules, keeper: options.keeper.clone() };
        let setup = Setup {
            profile: SafeText::line(&options.profile),
            session: net::new_idempotency_key(),
            now: Moment { elapsed: started.elapsed(), wall: Time::now() },
        };
        let mut model = Model::new(setup);
        model.keymap = options.keymap.clone();
        let (done, highlighted) = unbounded_channel();
        let (finished, laid_out) = unbounded_channel();
        model.zone = jiff::tz::TimeZone::system();
        model.opens_links = links::can_be_opened(|name| std::env::var(name).ok());
        let place = options.state_folder.as_ref().map(|folder| Place::new(folder, &options.url, &options.profile));
        Ok(Self {
            model,
            screen: Screen::new(Theme::terminal(Colours::None), Days::of_system()),
            started,
            client,
            place,
            saver: None,
            timers: Timers::default(),
            requests: HashMap::new(),
            answers: unbounded_channel(),
            heard: channel(HEARD_AT_ONCE),
            highlighter: Highlighter::new(done),
            ordered: HashSet::new(),
            highlighted,
            layouts: Layouts::new(finished),
            laying_out: HashSet::new(),
            laid_out,
            troubles: unbounded_channel(),
            saved: unbounded_channel(),
            settings: Settings::new(None, None, Colours::None),
            looked: unbounded_channel(),
            sign_in,
            signed_in: unbounded_channel(),
            effects: Vec::new(),
            to_edit: None,
            stale: true,
            quit: false,
        })
    }

    /// Takes the theme that was asked for, as far as the terminal has the colours for it.
    fn dress(&mut self, options: &Options, session: &Session) -> Result<(), Error> {
        let colours = match session.capabilities().colors {
            term::Colors::None => Colours::None,
            term::Colors::Sixteen => Colours::Sixteen,
            term::Colors::Palette => Colours::TwoHundredFiftySix,
            term::Colors::True => Colours::TrueColour,
        };
        self.settings = Settings::new(options.config_file.clone(), options.theme.clone(), colours);
        self.screen = Screen::new(self.settings.theme().map_err(|fault| Error::Theme(fault.words))?, Days::of_system());
        Ok(())
    }

    fn load_drafts(&mut self) -> (Drafts, Option<String>) {
        self.place.as_mut().map(Place::load).unwrap_or_default()
    }

    fn save_drafts(&mut self, drafts: Drafts) {
        if let Some(place) = self.place.take() {
            let saved = self.saved.0.clone();
            self.saver = Some(Saver::start(place, move |result| {
                let _ = saved.send(result);
            }));
        }
        if let Some(saver) = &mut self.saver {
            saver.save(drafts);
        }
    }

    /// Saves the drafts for the last time. What can't be saved is handed to the person.
    fn finish(mut self) -> Result<(), Error> {
        let drafts = self.model.drafts();
        self.save_drafts(drafts.clone());
        match self.saver.map_or(Ok(()), Saver::finish) {
            Err(words) if drafts.hold_text() => Err(Error::NotKept { words, texts: drafts.to_text() }),
            _ => Ok(()),
        }
    }

    async fn go_on(&mut self, session: &mut Session) -> Result<(), Error> {
        loop {
            self.carry_out_effects(session)?;
            if self.quit {
                return Ok(());
            }
            if let Some((thread, text)) = self.to_edit.take() {
                let edited = editor::edit(session, &text).await?;
                self.tell(Event::Edited { thread, outcome: edited.text });
                self.quit = edited.end;
                if !self.quit {
                    self.draw(session)?;
                }
                continue;
            }
            let woken = self.wait(session).await;
            self.take_in(woken, session)?;
            self.drain(session)?;
            if self.stale && !self.quit {
                self.draw(session)?;
            }
        }
    }

    async fn wait(&mut self, session: &mut Session) -> Woken {
        tokio::select! {
            biased;
            input = session.next() => Woken::Terminal(input),
            Some((id, outcome)) = self.answers.1.recv() => Woken::Answer(id, outcome),
            Some(heard) = self.heard.1.recv() => Woken::Heard(heard),
            () = self.timers.next() => Woken::Timers,
            Some(done) = self.highlighted.recv() => Woken::Highlighted(done),
            Some(done) = self.laid_out.recv() => Woken::LaidOut(Box::new(done)),
            Some(words) = self.troubles.1.recv() => Woken::Trouble(words),
            Some(saved) = self.saved.1.recv() => Woken::Saved(saved),
            () = self.settings.due() => Woken::LookAtSettings,
            Some(looked) = self.looked.1.recv() => Woken::Looked(looked),
            Some(tried) = self.signed_in.1.recv() => Woken::SignedIn(Box::new(tried)),
        }
    }

    fn take_in(&mut self, woken: Woken, session: &mut Session) -> Result<(), Error> {
        match woken {
            Woken::Terminal(input) => {
                self.foresee(&input, session)?;
                let inputs = std::iter::once(input).chain(session.drain()).collect();
                self.heed_all(inputs, session)?;
            }
            Woken::Answer(id, outcome) => {
                // An answer that was cancelled meanwhile is told to nobody.
                if self.requests.remove(&id).is_some() {
                    self.tell(Event::Answered { id, outcome: *outcome });
                }
            }
            Woken::Heard(Heard { id, last, news }) => self.tell(Event::Heard { id, last, news }),
            Woken::Timers => {
                for timer in self.timers.due() {
                    self.tell(Event::Timer(timer));
                }
            }
            Woken::Highlighted(done) => {
                self.ordered.remove(&done.key);
                self.screen.highlighted(done);
                self.stale = true;
            }
            Woken::LaidOut(done) => {
                let (key, rendered) = *done;
                self.laying_out.remove(&key);
                self.screen.laid_out(key, rendered);
                self.stale = true;
            }
            Woken::Trouble(words) => self.tell(Event::Failed(words)),
            Woken::Saved(saved) => self.tell(Event::DraftsSaved(saved)),
            Woken::LookAtSettings => self.settings.look(false, self.looked.0.clone()),
            Woken::Looked(looked) => self.heed_settings(looked, session)?,
            Woken::SignedIn(tried) => self.signed_in(*tried),
        }
        Ok(())
    }

    /// A token was tried: from now on it is the one, or everything stays as it was.
    fn signed_in(&mut self, tried: Tried) {
        let outcome = tried.map(|(client, token)| {
            self.client = Some(client);
            self.sign_in.keep(token, self.troubles.0.clone());
        });
        self.tell(Event::SignedIn(outcome));
    }

    fn heed_settings(&mut self, looked: Looked, session: &mut Session) -> Result<(), Error> {
        self.settings.looked(&looked);
        let Some(read) = looked.read else { return Ok(()) };
        if self.settings.wants_background() {
            session.ask_background()?;
        }
        let event = match read {
            Ok(looks) => {
                self.screen.dress(looks.theme);
                if looks.is_default { Event::SettingsGone } else { Event::Settings(Ok(looks.keymap)) }
            }
            Err(fault) => Event::Settings(Err(fault)),
        };
        self.tell(event);
        Ok(())
    }

    /// Takes in whatever else has happened by now, so that one frame shows all of it.
    fn drain(&mut self, session: &mut Session) -> Result<(), Error> {
        let inputs = session.drain();
        self.heed_all(inputs, session)?;
        while let Ok((id, outcome)) = self.answers.1.try_recv() {
            self.take_in(Woken::Answer(id, outcome), session)?;
        }
        while let Ok(heard) = self.heard.1.try_recv() {
            self.take_in(Woken::Heard(heard), session)?;
        }
        while let Ok(done) = self.highlighted.try_recv() {
            self.take_in(Woken::Highlighted(done), session)?;
        }
        while let Ok(done) = self.laid_out.try_recv() {
            self.take_in(Woken::LaidOut(Box::new(done)), session)?;
        }
        Ok(())
    }

    /// Takes in inputs that were there at the same time.
    fn heed_all(&mut self, inputs: Vec<term::Input>, session: &mut Session) -> Result<(), Error> {
        if inputs.iter().filter(|input| matches!(input, term::Input::Key(_))).count() > 1 {
            self.tell(Event::Burst);
        }
        inputs.into_iter().try_for_each(|input| self.heed(input, session))
    }

    fn heed(&mut self, input: term::Input, session: &mut Session) -> Result<(), Error> {
        match Step::from(input) {
            Step::Tell(event) => self.tell(*event),
            Step::Background(background) => {
                if let Some(theme) = self.settings.background_is(background) {
                    self.screen.dress(theme);
                    self.stale = true;
                }
            }
            Step::Suspend => session.suspend()?,
            Step::End => self.quit = true,
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) {
        let drawn = matches!(event, Event::Drawn(_));
        let now = Moment { elapsed: self.started.elapsed(), wall: Time::now() };
        let effects = update(&mut self.model, now, event);
        self.stale |= !drawn || effects.contains(&Effect::Redraw);
        self.effects.extend(effects);
    }
}
