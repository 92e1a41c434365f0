//! Which key does what, where: the table as it is in force.

use super::{
    Command, Context, Key, KeyCode,
    bindings::{Binding, DEFAULTS},
};

/// The live bindings.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    bindings: Vec<(Binding, Vec<Key>)>,
}

impl Default for Keymap {
    fn default() -> Self {
        let read = |binding: &Binding| binding.keys.iter().filter_map(|name| name.parse().ok()).collect();
        Self { bindings: DEFAULTS.iter().map(|binding| (*binding, read(binding))).collect() }
    }
}

impl Keymap {
    /// What `key` asks for where the focus is.
    #[must_use]
    pub fn command(&self, context: Context, key: Key) -> Option<Command> {
        // Some terminals report Shift with keys that have no shifted form of their own.
        let plain = Key { shift: false, ..key };
        let found = self.nearest(context, key);
        let found = found.or_else(|| self.nearest(context, plain).filter(|_| key.shift && key.code != KeyCode::Tab));
        found.map(|binding| binding.command)
    }

    fn nearest(&self, context: Context, key: Key) -> Option<&Binding> {
        context.lookups().iter().find_map(|place| {
            let mut of_place = self.bindings.iter().filter(|(binding, _)| binding.context == *place);
            of_place.find(|(_, keys)| keys.contains(&key)).map(|(binding, _)| binding)
        })
    }

    /// Gives a command other keys, whatever they are.
    pub(super) fn set(&mut self, context: Context, command: Command, keys: Vec<Key>) {
        let found =
            self.bindings.iter_mut().find(|(binding, _)| (binding.context, binding.command) == (context, command));
        if let Some((_, known)) = found {
            *known = keys;
        }
    }

    /// What the key bar shows for `context`: the first key of each binding with a label, the nearest first, so long
    /// as it means that here.
    pub fn bar(&self, context: Context) -> impl Iterator<Item = (Key, &'static str)> {
        context.lookups().iter().flat_map(move |place| {
            let of_place = self.bindings.iter().filter(move |(binding, _)| binding.context == *place);
            of_place.filter_map(move |(binding, keys)| {
                let key = *keys.first().filter(|_| !binding.label.is_empty())?;
                (self.nearest(context, key) == Some(binding)).then_some((key, binding.label))
            })
        })
    }

    /// Everything, by context, for the help.
    pub fn help(&self) -> impl Iterator<Item = (Context, Vec<(&[Key], &'static str)>)> {
        Context::ALL.into_iter().map(|context| {
            let live = move |(binding, keys): &&(Binding, Vec<Key>)| binding.context == context && !keys.is_empty();
            let of_context = self.bindings.iter().filter(live);
            (context, of_context.map(|(binding, keys)| (keys.as_slice(), binding.help)).collect())
        })
    }

    /// Every binding that is live.
    pub fn bindings(&self) -> impl Iterator<Item = (Context, Command, &[Key], &'static str)> {
        let all = self.bindings.iter();
        all.map(|(binding, keys)| (binding.context, binding.command, keys.as_slice(), binding.help))
    }

    /// The first key for a command, to name it in a sentence.
    #[must_use]
    pub fn key_for(&self, context: Context, command: Command) -> Option<Key> {
        let found = self.bindings.iter().find(|(binding, _)| binding.context == context && binding.command == command);
        found.and_then(|(_, keys)| keys.first().copied())
    }

    /// What to press for a command of the panes: where its key stands for something else, what leads there comes first.
    #[must_use]
    pub fn way_to(&self, from: Context, command: Command) -> Option<String> {
        let key = self.key_for(Context::Lists, command)?;
        if from.lookups().contains(&Context::Lists) {
            return Some(key.to_string());
        }
        let back = from.lookups().iter().find_map(|place| self.key_for(*place, Command::Back));
        Some(back.map(|back| format!("{back}, ")).unwrap_or_default() + &key.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn key(name: &str) -> Key {
        name.parse().expect(name)
    }

    #[test]
    fn every_default_is_a_key_and_no_key_means_two_things() {
        let mut seen = HashSet::new();
        for binding in DEFAULTS {
            for name in binding.keys {
                assert!(seen.insert((binding.context, key(name))), "{name} twice in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn only_keys_that_type_nothing_work_everywhere() {
        for binding in DEFAULTS.iter().filter(|binding| binding.context == Context::Everywhere) {
            assert!(binding.keys.iter().all(|name| key(name).typed().is_none()), "{binding:?}");
        }
        let keymap = Keymap::default();
        for letter in ('!'..='~').chain(['æ']) {
            assert_eq!(keymap.command(Context::Composer, Key::plain(KeyCode::Char(letter))), None, "{letter}");
            assert_eq!(keymap.command(Context::Reason, Key::plain(KeyCode::Char(letter))), None, "{letter}");
        }
    }

    #[test]
    fn only_y_in_the_review_approves() {
        let keymap = Keymap::default();
        for binding in DEFAULTS.iter().filter(|binding| binding.command == Command::Approve) {
            assert_eq!((binding.context, binding.keys), (Context::Review, ["y"].as_slice()));
        }
        for name in ["Enter", "Space", "Y", "Ctrl+Y", "Alt+Y"] {
            assert_ne!(keymap.command(Context::Review, key(name)), Some(Command::Approve), "{name}");
        }
        assert_eq!(keymap.command(Context::Review, key("y")), Some(Command::Approve));
    }

    #[test]
    fn the_bar_shows_no_key_that_means_something_nearer() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            let keys: Vec<Key> = keymap.bar(context).map(|(key, _)| key).collect();
            let different: HashSet<&Key> = keys.iter().collect();
            assert_eq!(different.len(), keys.len(), "{context:?}: {keys:?}");
        }
        assert!(keymap.bar(Context::Completing).all(|(_, label)| label != "send"));
    }

    #[test]
    fn the_nearest_context_wins() {
        let keymap = Keymap::default();
        assert_eq!(keymap.command(Context::Threads, key("Enter")), Some(Command::Open));
        assert_eq!(keymap.command(Context::Messages, key("Enter")), Some(Command::Compose));
        assert_eq!(keymap.command(Context::Messages, key("q")), Some(Command::Quit));
        assert_eq!(keymap.command(Context::Composer, key("Shift+Tab")), Some(Command::PreviousPane));
    }
}
