use std::{fmt::Write, path::Path};

use super::*;
use crate::config::Config;

fn parse(text: &str) -> Result<Keymap, String> {
    let config = Config::parse(text, Path::new("/home/ada/config.toml"));
    config.map(|config| config.keymap).map_err(|error| error.to_string())
}

fn key(name: &str) -> Key {
    name.parse().expect(name)
}

/// The part of the example that shows the keys: every place, every command, its keys and what it does.
fn documented() -> String {
    let mut text = String::new();
    let keymap = Keymap::default();
    for context in Context::ALL {
        let _ = writeln!(text, "\n# {}.\n#[keys.{}]", context.title(), context.name());
        for (_, command, keys, help) in keymap.bindings().filter(|(place, ..)| *place == context) {
            let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
            let line = format!("#{} = [{}]", command.name(), keys.join(", "));
            let _ = writeln!(text, "{line:44} # {help}");
        }
    }
    text
}

#[test]
fn the_example_shows_every_command_with_its_keys() {
    let example = include_str!("../../config.example.toml");
    let (_, keys) = example.split_once("# Their keys.\n").expect("the part about keys");
    let end = keys.find("\n# ----").expect("the next part");
    assert!(
        keys[..end].trim() == documented().trim(),
        "the keys have changed; after `# Their keys.` the example should say:\n{}",
        documented()
    );
}

#[test]
fn keys_are_given_by_place_and_command() {
    let keymap = parse("[keys.threads]\nopen = [\"Enter\", \"Ctrl+O\"]\n[keys.lists]\nquit = \"Q\"\nhelp = []\n");
    let keymap = keymap.expect("a good file");
    assert_eq!(keymap.command(Context::Threads, key("Ctrl+O")), Some(Command::Open));
    assert_eq!(keymap.command(Context::Threads, key("Q")), Some(Command::Quit));
    assert_eq!(keymap.command(Context::Threads, key("q")), None);
    assert_eq!(keymap.command(Context::Threads, key("?")), None);
    assert_eq!(keymap.command(Context::Messages, key("Enter")), Some(Command::Compose), "the others are as they were");
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, line, words) in [
        ("[keys.lists]\n\nfilterr = \"x\"", 3, "no command in [keys.lists] called `filterr`"),
        ("[keys.thread]\nopen = \"x\"", 1, "did you mean `threads`?"),
        ("[keys.lists]\nreview = \"Hyper+X\"", 2, "no modifier `Hyper`"),
        ("[keys.lists]\nreview = 3", 2, "a key such as"),
        ("[keys.composer]\nsend = \"s\"", 2, "types a character there"),
        ("[keys.review]\n\napprove = [\"y\", \"Enter\"]", 3, "`Enter` can't approve"),
        ("[keys.lists]\nmembers = \"a\"", 2, "both `members` and `review`"),
        ("[keys.lists]\nreview = \"z\"\nmembers = \"z\"", 3, "both `members` and `review`"),
        ("[keys.review]\nreject = \"y\"", 2, "both `reject` and `approve`"),
    ] {
        let complaint = parse(text).expect_err(text);
        assert!(complaint.starts_with(&format!("/home/ada/config.toml:{line}: ")), "{text}\n{complaint}");
        assert!(complaint.contains(words), "{text}\n{complaint}");
    }
    assert!(parse("[keys.lists]\nreview = \"p\"\nmembers = \"a\"").is_ok(), "two keys may change places");
}
