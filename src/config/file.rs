//! One config file: read, parsed, and what is wrong with it said by line, with the nearest keys there are.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{
    Config, folders,
    theme::{AUTO, ThemeSource},
};

/// What is wrong with a config file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("the config file {} cannot be read: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// `line` counts from 1.
    #[error("{}:{line}: {message}", path.display())]
    Wrong { path: PathBuf, line: usize, message: String },
}

impl FileError {
    /// As it is, but without the folders: for a line that has little room.
    #[must_use]
    pub fn in_short(&self) -> String {
        match self {
            Self::Wrong { path, line, message } => format!("{}:{line}: {message}", name_of(path)),
            Self::Unreadable { .. } => self.to_string(),
        }
    }

    /// Where something is wrong, and nothing else.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::Wrong { path, line, .. } => format!("{}, line {line}", name_of(path)),
            Self::Unreadable { path, .. } => name_of(path),
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

pub(super) fn read(path: &Path) -> Result<Config, FileError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| FileError::Unreadable { path: path.to_path_buf(), reason: error.to_string() })?;
    parse(&text, path)
}

pub(super) fn parse(text: &str, path: &Path) -> Result<Config, FileError> {
    let mut config: Config = toml::from_str(text).map_err(|error| FileError::Wrong {
        path: path.to_path_buf(),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        message: explain(text, &error),
    })?;
    config.keymap = config.keys.keymap().map_err(|objection| FileError::Wrong {
        path: path.to_path_buf(),
        line: line_of(text, objection.at),
        message: objection.message,
    })?;
    if let Some(words) = theme_objection(&config, path) {
        return Err(FileError::Wrong { path: path.to_path_buf(), line: line_of_theme(text), message: words });
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    for profile in config.profiles.values_mut() {
        profile.token_file = profile.token_file.take().map(|file| folder.join(folders::expand_home(file)));
    }
    Ok(config)
}

/// What is wrong with the theme's name.
fn theme_objection(config: &Config, path: &Path) -> Option<String> {
    let name = config.ui.theme.as_deref().filter(|name| *name != AUTO)?;
    ThemeSource::find(name, Some(path)).err().map(|words| format!("`theme` in [ui]: {words}"))
}

/// The line, from 1, that names the theme.
fn line_of_theme(text: &str) -> usize {
    #[derive(Deserialize)]
    struct Written {
        ui: Ui,
    }
    #[derive(Deserialize)]
    struct Ui {
        theme: toml::Spanned<String>,
    }
    toml::from_str(text).map_or(1, |written: Written| line_of(text, written.ui.theme.span().start))
}

/// The line, from 1, of the condition of the approval rule in this place, from 1.
pub(super) fn line_of_condition(text: &str, rule: usize) -> Option<usize> {
    #[derive(Deserialize)]
    struct Written {
        approvals: Approvals,
    }
    #[derive(Deserialize)]
    struct Approvals {
        rules: Vec<Rule>,
    }
    #[derive(Deserialize)]
    struct Rule {
        when: Option<toml::Spanned<String>>,
    }
    let written: Written = toml::from_str(text).ok()?;
    let condition = written.approvals.rules.get(rule.checked_sub(1)?)?.when.as_ref()?;
    Some(line_of(text, condition.span().start))
}

/// The line, from 1, in which the byte at `offset` stands.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The parser's words; for an unknown key, the keys that it may have been meant to be.
fn explain(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let table = table_at(text, start).map(|table| format!(" in {table}")).unwrap_or_default();
    let message = error.message();
    if let Some(key) = message.strip_prefix("missing field ") {
        return format!("{key} is missing here, and has no default");
    }
    let Some(rest) = message.strip_prefix("unknown field ") else {
        return match key_at(text, start) {
            Some(key) => format!("`{key}`{table}: {message}"),
            None => message.to_owned(),
        };
    };
    // serde writes: unknown field `a`, expected one of `b`, `c`.
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let key = quoted.next().unwrap_or_default();
    let known: Vec<&str> = quoted.collect();
    let hint = match nearest(key, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "there is no such setting".to_owned(),
    };
    format!("unknown key `{key}`{table}: {hint} (known here: {})", known.join(", "))
}

/// The header of the table that the byte at `offset` stands in; none where it stands in a header itself.
fn table_at(text: &str, offset: usize) -> Option<&str> {
    let line_start = text.get(..offset)?.rfind('\n')? + 1;
    if text[line_start..].trim_start().starts_with('[') {
        return None;
    }
    text[..line_start].lines().rev().map(str::trim).find(|line| line.starts_with('[')).map(|line| {
        let end = line.find('#').unwrap_or(line.len());
        line[..end].trim_end()
    })
}

/// The key on the line of the byte at `offset`, where one stands there.
fn key_at(text: &str, offset: usize) -> Option<&str> {
    let line = text.lines().nth(line_of(text, offset) - 1)?;
    let (key, _) = line.split_once('=')?;
    Some(key.trim()).filter(|key| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-.\"".contains(c)))
}

/// A key has to be so long before one that contains it is taken to be meant: a letter or two stand in many.
const TELLING: usize = 3;

/// The known key that `key` is most like, if it is like any.
pub(super) fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let distances = known.iter().map(|known| (strsim::damerau_levenshtein(key, known), *known));
    let (distance, near) = distances.min()?;
    let tells = |known: &&&str| key.len().min(known.len()) >= TELLING;
    let contains = known.iter().filter(tells).find(|known| known.contains(key) || key.contains(**known));
    if distance <= 1 + key.len() / 4 { Some(near) } else { contains.copied() }
}
