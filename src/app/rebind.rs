//! Other keys for commands: what commands and places are called in a config, and which keys can't stand for
//! what. The table of what comes with the program is in `keymap`.

use super::{Command, Context, Key, Keymap};

impl Context {
    /// As a config names it.
    #[must_use]
    pub fn name(self) -> String {
        spelt(&format!("{self:?}"))
    }

    /// Whether a key that types a character is wanted as that character.
    fn takes_text(self) -> bool {
        matches!(
            self,
            Self::Everywhere
                | Self::Composer
                | Self::Completing
                | Self::Reason
                | Self::Prompt
                | Self::Finder
                | Self::Filter
        )
    }
}

impl Command {
    /// As a config names it.
    #[must_use]
    pub fn name(self) -> String {
        spelt(&format!("{self:?}"))
    }
}

/// `NextPane` as `next_pane`.
fn spelt(variant: &str) -> String {
    let mut name = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(c.to_lowercase());
    }
    name
}

impl Keymap {
    /// The commands that keys can be given in a place.
    pub fn commands(&self, context: Context) -> impl Iterator<Item = Command> {
        self.bindings().filter(move |(place, ..)| *place == context).map(|(_, command, ..)| command)
    }

    /// Gives a command other keys; none leaves it to the palette.
    ///
    /// # Errors
    /// A sentence about a key that can't stand for it.
    pub fn rebind(&mut self, context: Context, command: Command, keys: Vec<Key>) -> Result<(), String> {
        if let Some(objection) = keys.iter().find_map(|key| objection(context, command, *key)) {
            return Err(objection);
        }
        self.set(context, command, keys);
        Ok(())
    }

    /// A key of this command that stands for another one in the same place.
    #[must_use]
    pub fn clash(&self, context: Context, command: Command) -> Option<(Key, Command)> {
        let of_place: Vec<_> = self.bindings().filter(|(place, ..)| *place == context).collect();
        let own = of_place.iter().find(|(_, known, ..)| *known == command).map_or(&[][..], |(_, _, keys, _)| keys);
        let others = of_place.iter().filter(|(_, known, ..)| *known != command);
        others.flat_map(|(_, other, keys, _)| keys.iter().map(|key| (*key, *other))).find(|(key, _)| own.contains(key))
    }
}

/// Why a key can't stand for a command.
fn objection(context: Context, command: Command, key: Key) -> Option<String> {
    if command == Command::Approve && key.typed().is_none_or(|typed| typed == ' ') {
        return Some(format!("`{key}` can't approve: only a key that types a visible character does"));
    }
    if context.takes_text() && key.typed().is_some() {
        return Some(format!("`{key}` types a character there, so it can't be a command"));
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn key(name: &str) -> Key {
        name.parse().expect(name)
    }

    #[test]
    fn every_place_and_every_command_of_it_has_a_name_of_its_own() {
        assert_eq!((Command::NextPane.name().as_str(), Context::Lists.name().as_str()), ("next_pane", "lists"));
        let places: HashSet<String> = Context::ALL.into_iter().map(Context::name).collect();
        assert_eq!(places.len(), Context::ALL.len());
        let mut seen = HashSet::new();
        for (context, command, ..) in Keymap::default().bindings() {
            assert!(seen.insert((context, command)), "{command:?} twice in {context:?}");
            assert!(Context::ALL.contains(&context), "the help and the config miss {context:?}");
        }
    }

    #[test]
    fn a_command_gets_other_keys_and_loses_its_old_ones() {
        let mut keymap = Keymap::default();
        keymap.rebind(Context::Lists, Command::Quit, vec![key("Q"), key("Ctrl+X")]).expect("allowed");
        assert_eq!(keymap.command(Context::Threads, key("Q")), Some(Command::Quit));
        assert_eq!(keymap.command(Context::Threads, key("q")), None);
        keymap.rebind(Context::Lists, Command::Quit, Vec::new()).expect("allowed");
        assert_eq!(keymap.key_for(Context::Lists, Command::Quit), None);
        assert!(keymap.help().all(|(_, lines)| lines.iter().all(|(keys, _)| !keys.is_empty())), "no key, no line");
    }

    #[test]
    fn only_a_plain_key_ever_approves() {
        let mut keymap = Keymap::default();
        for name in ["Enter", "Space", "Esc", "Ctrl+Y", "Alt+Y", "F2", "Tab", "↓"] {
            let refused = keymap.rebind(Context::Review, Command::Approve, vec![key(name)]);
            assert!(refused.is_err_and(|words| words.contains("can't approve")), "{name}");
        }
        keymap.rebind(Context::Review, Command::Approve, vec![key("Y")]).expect("allowed");
        assert_eq!(keymap.command(Context::Review, key("y")), None);
    }

    #[test]
    fn letters_stay_letters_where_one_writes() {
        let mut keymap = Keymap::default();
        for (context, command) in [(Context::Composer, Command::Send), (Context::Everywhere, Command::Palette)] {
            assert!(keymap.rebind(context, command, vec![key("s")]).is_err(), "{context:?}");
            assert!(keymap.rebind(context, command, vec![key("Space")]).is_err(), "{context:?}");
        }
    }

    #[test]
    fn no_default_clashes_and_every_default_could_be_bound() {
        let keymap = Keymap::default();
        for (context, command, keys, _) in keymap.bindings() {
            assert_eq!(keymap.clash(context, command), None);
            assert!(Keymap::default().rebind(context, command, keys.to_vec()).is_ok(), "{context:?} {command:?}");
        }
        let mut keymap = Keymap::default();
        keymap.rebind(Context::Lists, Command::Members, vec![key("a")]).expect("allowed by itself");
        assert_eq!(keymap.clash(Context::Lists, Command::Members), Some((key("a"), Command::Review)));
    }
}
