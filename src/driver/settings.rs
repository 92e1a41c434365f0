//! The config, read anew while the client runs: when somebody asks, or when the file was touched. Reads on a
//! thread of its own; what is broken changes nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tokio::sync::mpsc::UnboundedSender;

use crate::{
    app::Keymap,
    config::{Config, Environment},
    render::{Colours, Theme},
};

/// What the file looked like from outside; `None`: it was not there.
type Stamp = Option<(SystemTime, u64)>;

/// Where the settings lie, and which of them are in force.
pub struct Settings {
    file: Option<PathBuf>,
    colours: Colours,
    stamp: Stamp,
    reading: bool,
}

/// The settings that can change while the client runs.
pub struct Looks {
    pub keymap: Keymap,
    pub theme: Theme,
}

/// What came of looking.
pub struct Looked {
    stamp: Stamp,
    /// `None`: nothing has changed.
    pub read: Option<Result<Box<Looks>, String>>,
}

impl Settings {
    /// `file` has just been read.
    pub fn new(file: Option<PathBuf>, colours: Colours) -> Self {
        let stamp = file.as_deref().and_then(stamp);
        Self { file, colours, stamp, reading: false }
    }

    /// Looks at the file, and reads it where it was touched or `always`. One look at a time.
    pub fn look(&mut self, always: bool, answers: UnboundedSender<Looked>) {
        let Some(file) = self.file.clone().filter(|_| !self.reading) else { return };
        self.reading = true;
        let (before, colours) = (self.stamp, self.colours);
        tokio::task::spawn_blocking(move || {
            let stamp = stamp(&file);
            let read = (always || stamp != before).then(|| read(&file, colours).map(Box::new));
            let _ = answers.send(Looked { stamp, read });
        });
    }

    /// Notes what was seen.
    pub fn looked(&mut self, looked: &Looked) {
        self.reading = false;
        self.stamp = looked.stamp;
    }
}

fn stamp(file: &Path) -> Stamp {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn read(file: &Path, colours: Colours) -> Result<Looks, String> {
    let config = if file.exists() {
        Config::load(Some(file), &Environment::default()).map_err(|error| error.in_short())?
    } else {
        Config::default()
    };
    Ok(Looks { theme: theme_of(config.ui.theme.as_deref(), Some(file), colours)?, keymap: config.keymap })
}

/// The theme of that name: one of ours, or one of `themes/` beside the config.
pub fn theme_of(name: Option<&str>, config: Option<&Path>, colours: Colours) -> Result<Theme, String> {
    let Some(name) = name else { return Ok(Theme::terminal(colours)) };
    let builtin = Theme::named(name, colours);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
    let file = config.and_then(Path::parent).map(|folder| folder.join("themes").join(format!("{name}.toml")));
    match (builtin, file.filter(|_| is_name)) {
        (Ok(theme), _) => Ok(theme),
        (Err(words), None) => Err(words),
        (Err(words), Some(file)) => match fs::read_to_string(&file) {
            Ok(text) => Theme::custom(&text, colours)
                .map_err(|wrong| format!("{}:{}: {}", file.display(), wrong.line, wrong.words)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(format!("{words}, or make one of your own: {}", file.display()))
            }
            Err(error) => Err(format!("the theme {} can't be read: {error}", file.display())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_of_ones_own_lies_beside_the_config() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("config.toml");
        fs::create_dir(folder.path().join("themes")).expect("a folder");
        let own = folder.path().join("themes/mine.toml");
        fs::write(&own, "inherits = \"dark\"\naccent = \"bold #ff0000\"\n").expect("a theme");
        let theme = |name| theme_of(Some(name), Some(&config), Colours::TrueColour);
        let mine = theme("mine").expect("a good theme");
        assert_ne!(mine, theme("dark").expect("ours"));
        fs::write(&own, "accent = \"red\"\nacent = \"blue\"\n").expect("a theme");
        let wrong = theme("mine").expect_err("no such role");
        assert!(wrong.contains("mine.toml:2: `acent`"), "{wrong}");
        let missing = theme("other").expect_err("no such theme");
        assert!(missing.contains("terminal, dark, light") && missing.contains("themes/other.toml"), "{missing}");
        assert!(theme("../../etc/passwd").is_err_and(|words| !words.contains("passwd.toml")));
    }

    #[test]
    fn what_is_broken_names_its_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        assert!(read(&file, Colours::Sixteen).is_ok(), "no file is a good one");
        fs::write(&file, "[ui]\ntheme = \"dark\"\n\n[keys.lists]\nqiut = \"x\"\n").expect("a file");
        let words = read(&file, Colours::Sixteen).err().expect("a misspelt command");
        assert!(words.starts_with("config.toml:5: ") && words.contains("`quit`"), "{words}");
    }
}
