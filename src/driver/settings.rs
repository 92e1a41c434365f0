//! The config, read anew while the client runs: when somebody asks, or when it or a theme beside it was touched,
//! which is looked for every second. Reads on a thread of its own; what is broken changes nothing.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::{sync::mpsc::UnboundedSender, time::Instant};

use crate::{
    app::{Fault, Keymap},
    config::{
        Config, Environment, FileError,
        theme::{AUTO, ThemeSource},
    },
    render::{Colours, Theme},
    term::Background,
};

/// How often it is looked whether somebody touched a file.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the files that there are look like from outside: the config, and the themes beside it.
type Stamp = BTreeMap<PathBuf, (SystemTime, u64)>;

/// Where the settings lie, and which of them are in force.
pub struct Settings {
    file: Option<PathBuf>,
    terminal: Terminal,
    /// The theme's name.
    theme: Option<String>,
    stamp: Stamp,
    reading: bool,
    next_look: Instant,
}

/// What a theme has to go with.
#[derive(Clone, Copy)]
pub struct Terminal {
    pub colours: Colours,
    /// `None`: it has not said.
    pub background: Option<Background>,
}

/// The settings that can change while the client runs.
pub struct Looks {
    pub keymap: Keymap,
    /// The theme's name.
    name: Option<String>,
    pub theme: Theme,
    /// They are the defaults: there is no file.
    pub is_default: bool,
}

/// What came of looking.
pub struct Looked {
    stamp: Stamp,
    /// `None`: nothing has changed.
    pub read: Option<Result<Box<Looks>, Fault>>,
}

impl Settings {
    /// `file` has just been read, and names that theme.
    pub fn new(file: Option<PathBuf>, theme: Option<String>, colours: Colours) -> Self {
        let stamp = file.as_deref().map(stamp).unwrap_or_default();
        let terminal = Terminal { colours, background: None };
        Self { file, theme, terminal, stamp, reading: false, next_look: Instant::now() + LOOK_AGAIN }
    }

    /// Whether how it looks depends on a background that is not known.
    pub fn wants_background(&self) -> bool {
        // Of sixteen colours nobody knows how they look; the terminal's own theme takes them as they are.
        let depends = self.theme.as_deref() == Some(AUTO) && self.terminal.colours > Colours::Sixteen;
        depends && self.terminal.background.is_none()
    }

    /// The terminal has said what it is. The theme, where that changes it.
    pub fn background_is(&mut self, background: Background) -> Option<Theme> {
        let known = self.terminal.background.replace(background);
        if self.theme.as_deref() != Some(AUTO) || known == Some(background) {
            return None;
        }
        self.theme().ok()
    }

    /// The theme that is in force.
    ///
    /// # Errors
    /// There is none of that name, or its file is broken.
    pub fn theme(&self) -> Result<Theme, Fault> {
        theme_of(self.theme.as_deref(), self.file.as_deref(), self.terminal)
    }

    /// Returns when it is time to look again; never, where there is nothing to look at.
    pub async fn due(&self) {
        match self.file {
            Some(_) => tokio::time::sleep_until(self.next_look).await,
            None => std::future::pending().await,
        }
    }

    /// Looks at the files, and reads them where one was touched or `always`. One look at a time.
    pub fn look(&mut self, always: bool, answers: UnboundedSender<Looked>) {
        self.next_look = Instant::now() + LOOK_AGAIN;
        let Some(file) = self.file.clone().filter(|_| !self.reading) else { return };
        self.reading = true;
        let (before, terminal) = (self.stamp.clone(), self.terminal);
        tokio::task::spawn_blocking(move || {
            let stamp = stamp(&file);
            let read = (always || stamp != before).then(|| read(&file, terminal).map(Box::new));
            let _ = answers.send(Looked { stamp, read });
        });
    }

    /// Notes what was seen.
    pub fn looked(&mut self, looked: &Looked) {
        self.reading = false;
        self.stamp.clone_from(&looked.stamp);
        if let Some(Ok(looks)) = &looked.read {
            self.theme.clone_from(&looks.name);
        }
    }
}

fn stamp(file: &Path) -> Stamp {
    let themes = file.parent().map(|folder| fs::read_dir(folder.join("themes"))).into_iter().flatten();
    let themes = themes.flatten().flatten().map(|theme| theme.path());
    let seen = |path: PathBuf| {
        let metadata = fs::metadata(&path).ok()?;
        Some((path, (metadata.modified().ok()?, metadata.len())))
    };
    std::iter::once(file.to_owned()).chain(themes).filter_map(seen).collect()
}

fn read(file: &Path, terminal: Terminal) -> Result<Looks, Fault> {
    let is_default = !file.exists();
    let config = if is_default {
        Config::default()
    } else {
        Config::load(Some(file), &Environment::default()).map_err(|error| fault(&error))?
    };
    let name = config.ui.theme;
    Ok(Looks { theme: theme_of(name.as_deref(), Some(file), terminal)?, name, keymap: config.keymap, is_default })
}

fn fault(error: &FileError) -> Fault {
    Fault { place: error.place(), words: error.in_short() }
}

/// The theme of that name: one of ours, or one of `themes/` beside the config.
fn theme_of(name: Option<&str>, config: Option<&Path>, terminal: Terminal) -> Result<Theme, Fault> {
    let colours = terminal.colours;
    let name = match (name, terminal.background) {
        (None, _) | (Some(AUTO), None) => return Ok(Theme::terminal(colours)),
        (Some(AUTO), Some(Background::Dark)) => "dark",
        (Some(AUTO), Some(Background::Light)) => "light",
        (Some(name), _) => name,
    };
    let unknown = |words: String| Fault { place: format!("theme {name}"), words };
    match ThemeSource::find(name, config).map_err(unknown)? {
        ThemeSource::Ours => Theme::named(name, colours).map_err(unknown),
        ThemeSource::File(file) => {
            let path = file.display();
            let text = fs::read_to_string(&file).map_err(|error| Fault {
                place: format!("{name}.toml"),
                words: format!("the theme {path} can't be read: {error}"),
            })?;
            Theme::custom(&text, colours).map_err(|wrong| Fault {
                place: format!("{name}.toml, line {}", wrong.line),
                words: format!("{path}:{}: {}", wrong.line, wrong.words),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUE: Terminal = Terminal { colours: Colours::TrueColour, background: None };

    #[test]
    fn the_theme_follows_the_background_where_it_may() {
        let themed = |name: &str, colours| Settings::new(None, Some(name.to_owned()), colours);
        let mut auto = themed("auto", Colours::TrueColour);
        assert!(auto.wants_background());
        assert_eq!(auto.theme(), Ok(Theme::terminal(Colours::TrueColour)), "until then");
        assert_eq!(auto.background_is(Background::Light), Theme::named("light", Colours::TrueColour).ok());
        assert!(!auto.wants_background());
        assert_eq!(auto.background_is(Background::Light), None, "nothing new");
        assert_eq!(auto.background_is(Background::Dark), Theme::named("dark", Colours::TrueColour).ok());
        for mut fixed in [themed("light", Colours::TrueColour), themed("terminal", Colours::TrueColour)] {
            assert!(!fixed.wants_background());
            assert_eq!(fixed.background_is(Background::Dark), None);
        }
        assert!(!themed("auto", Colours::Sixteen).wants_background());
        assert!(!Settings::new(None, None, Colours::TrueColour).wants_background());
    }

    #[test]
    fn a_theme_of_ones_own_lies_beside_the_config() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config.toml");
        fs::create_dir(folder.path().join("themes")).expect("a folder");
        let own = folder.path().join("themes/mine.toml");
        fs::write(&own, "inherits = \"dark\"\naccent = \"bold #ff0000\"\n").expect("a theme");
        let theme = |name| theme_of(Some(name), Some(&config), TRUE);
        let mine = theme("mine").expect("a good theme");
        assert_ne!(mine, theme("dark").expect("ours"));
        fs::write(&own, "accent = \"red\"\nacent = \"blue\"\n").expect("a theme");
        let wrong = theme("mine").expect_err("no such role");
        assert!(wrong.words.contains("mine.toml:2: `acent`"), "{wrong:?}");
        assert_eq!(wrong.place, "mine.toml, line 2");
        let missing = theme("other").expect_err("no such theme").words;
        assert!(missing.contains("terminal, dark, light") && missing.contains("themes/other.toml"), "{missing}");
        assert!(theme("../../etc/passwd").is_err_and(|fault| !fault.words.contains("passwd.toml")));
    }

    #[tokio::test]
    async fn a_theme_that_was_touched_is_read_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let (config, own) = (folder.path().join("config.toml"), folder.path().join("themes/mine.toml"));
        fs::create_dir(folder.path().join("themes")).expect("a folder");
        fs::write(&config, "[ui]\ntheme = \"mine\"\n").expect("a config");
        fs::write(&own, "inherits = \"dark\"\n").expect("a theme");
        let mut settings = Settings::new(Some(config), Some("mine".to_owned()), Colours::TrueColour);
        let (answers, mut looked) = tokio::sync::mpsc::unbounded_channel();
        let mut look = async |theme: Option<&str>| {
            if let Some(text) = theme {
                fs::write(&own, text).expect("a theme");
            }
            settings.look(false, answers.clone());
            let looked = looked.recv().await.expect("it was looked");
            settings.looked(&looked);
            looked.read.map(|read| read.map(drop))
        };
        assert_eq!(look(None).await, None, "nothing was touched");
        assert_eq!(look(Some("inherits = \"light\"\n")).await, Some(Ok(())));
        let fault = look(Some("acent = \"blue\"\n")).await.expect("it was read").expect_err("no such role");
        assert!(fault.words.contains("mine.toml:1: "), "{fault:?}");
        assert_eq!(look(Some("accent = \"blue\"\n")).await, Some(Ok(())), "mended");
        assert_eq!(look(None).await, None);
    }

    #[test]
    fn what_is_broken_names_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        assert!(read(&file, TRUE).is_ok(), "no file is a good one");
        fs::write(&file, "[ui]\ntheme = \"dark\"\n\n[keys.lists]\nqiut = \"x\"\n").expect("a file");
        let fault = read(&file, TRUE).err().expect("a misspelt command");
        assert!(fault.words.starts_with("config.toml:5: ") && fault.words.contains("`quit`"), "{fault:?}");
        assert_eq!(fault.place, "config.toml, line 5");
    }
}
