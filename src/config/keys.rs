//! `[keys.PLACE]`: which keys stand for which command, by the names that the client gives both. What a key may
//! stand for is the keymap's affair; here it gets a line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::file::nearest;
use crate::app::{Command, Context, Key, Keymap};

/// The tables as they stand in the file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct KeySettings(BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<Keys>>>);

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "a key such as \"q\", or a list of keys")]
enum Keys {
    One(String),
    Several(Vec<String>),
}

/// What is wrong, and at which byte of the file.
#[derive(Debug)]
pub(super) struct Objection {
    pub at: usize,
    pub message: String,
}

impl KeySettings {
    /// The keymap that comes with the program, changed as the tables say.
    pub(super) fn keymap(&self) -> Result<Keymap, Objection> {
        let mut keymap = Keymap::default();
        let mut changed = Vec::new();
        for (place, commands) in &self.0 {
            let context = named(place, Context::ALL, Context::name, "table of keys")?;
            for (name, keys) in commands {
                let known: Vec<Command> = keymap.commands(context).collect();
                let what = format!("command in [keys.{}]", place.get_ref());
                let command = named(name, known, Command::name, &what)?;
                let object = |message: String| Objection {
                    at: name.span().start,
                    message: format!("`{}` in [keys.{}]: {message}", name.get_ref(), place.get_ref()),
                };
                let keys = parsed(keys.get_ref()).map_err(object)?;
                keymap.rebind(context, command, keys).map_err(object)?;
                changed.push((name.span().start, context, command));
            }
        }
        // Of two lines that contradict each other the later one is wrong.
        changed.sort_by_key(|(at, ..)| std::cmp::Reverse(*at));
        let clash = changed.iter().find_map(|(at, context, command)| {
            let (key, other) = keymap.clash(*context, *command)?;
            let (context, command, other) = (context.name(), command.name(), other.name());
            let message = format!(
                "`{key}` stands for both `{command}` and `{other}` in [keys.{context}]: give one of them other keys, or none with []"
            );
            Some(Objection { at: *at, message })
        });
        clash.map_or(Ok(keymap), Err)
    }
}

fn parsed(keys: &Keys) -> Result<Vec<Key>, String> {
    match keys {
        Keys::One(name) => Ok(vec![name.parse()?]),
        Keys::Several(names) => names.iter().map(|name| name.parse()).collect(),
    }
}

/// The one of `known` that is called so.
fn named<T: Copy>(
    name: &Spanned<String>,
    known: impl IntoIterator<Item = T>,
    called: impl Fn(T) -> String,
    what: &str,
) -> Result<T, Objection> {
    let known: Vec<(String, T)> = known.into_iter().map(|each| (called(each), each)).collect();
    if let Some((_, found)) = known.iter().find(|(known, _)| known == name.get_ref()) {
        return Ok(*found);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let hint = nearest(name.get_ref(), &names).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let message = format!("there is no {what} called `{}`: {hint}(known here: {})", name.get_ref(), names.join(", "));
    Err(Objection { at: name.span().start, message })
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
