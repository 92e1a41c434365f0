//! What the terminal can do: read from the environment, or learnt from what it sends. No frame waits for an
//! answer.

use super::outgoing::Notifier;

/// How many colours there are to paint with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colors {
    /// None are wanted (`NO_COLOR`) or there are none: no style may carry a colour at all.
    None,
    Sixteen,
    Palette,
    True,
}

/// What the terminal can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    pub colors: Colors,
    /// tmux stands in between.
    pub tmux: bool,
    /// The terminal is on another machine, over ssh.
    pub remote: bool,
    /// Key releases have been reported, so repeats can be told from fresh presses.
    pub repeats: bool,
    /// A change of focus has been reported.
    pub focus: bool,
    /// It may know the colour of its background; those that surely don't might print the question.
    pub(super) tells_background: bool,
    pub(super) notifier: Notifier,
}

impl Capabilities {
    /// What the process environment says.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// What these environment variables say. An empty one counts as not set.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        let tmux = variable("TMUX").is_some();
        let colors = match colors(&term, variable("COLORTERM").as_deref()) {
            _ if variable("NO_COLOR").is_some() => Colors::None,
            // It makes the best of 256 colours in whatever terminal it runs, under any name that it gives itself.
            Colors::Sixteen if tmux => Colors::Palette,
            colors => colors,
        };
        let notifier = if matches!(term.as_str(), "" | "dumb" | "linux") {
            Notifier::Bell
        } else if variable("VTE_VERSION").is_some() || term.starts_with("foot") || term.starts_with("rxvt") {
            Notifier::Osc777
        } else {
            Notifier::Osc9
        };
        let is_simple = matches!(term.as_str(), "" | "dumb" | "linux") || term.starts_with("vt");
        Self {
            colors,
            tells_background: !is_simple,
            tmux,
            remote: variable("SSH_TTY").or_else(|| variable("SSH_CONNECTION")).is_some(),
            repeats: false,
            focus: false,
            notifier,
        }
    }
}

fn colors(term: &str, colorterm: Option<&str>) -> Colors {
    const TRUE: [&str; 6] = ["-direct", "kitty", "ghostty", "alacritty", "foot", "wezterm"];
    if matches!(colorterm, Some("truecolor" | "24bit")) || TRUE.iter().any(|name| term.contains(name)) {
        Colors::True
    } else if term.contains("256color") {
        Colors::Palette
    } else if matches!(term, "" | "dumb") || term.starts_with("vt1") || term.starts_with("vt2") {
        Colors::None
    } else {
        Colors::Sixteen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Capabilities {
        Capabilities::from_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colours_follow_the_environment() {
        let colors = |term, colorterm| with(&[("TERM", term), ("COLORTERM", colorterm)]).colors;
        assert_eq!(colors("xterm-256color", "truecolor"), Colors::True);
        assert_eq!(colors("xterm-256color", "24bit"), Colors::True);
        assert_eq!(colors("xterm-256color", ""), Colors::Palette);
        assert_eq!(colors("tmux-256color", "yes"), Colors::Palette);
        assert_eq!(colors("xterm-kitty", ""), Colors::True);
        assert_eq!(colors("xterm-direct", ""), Colors::True);
        assert_eq!(colors("xterm", ""), Colors::Sixteen);
        assert_eq!(colors("linux", ""), Colors::Sixteen);
        assert_eq!(colors("dumb", ""), Colors::None);
        assert_eq!(colors("vt220", ""), Colors::None);
        assert_eq!(with(&[]).colors, Colors::None);
    }

    #[test]
    fn tmux_has_the_palette_and_is_asked_for_its_background() {
        for term in ["screen", "screen-256color", "tmux", "tmux-256color"] {
            let within = with(&[("TERM", term), ("TMUX", "/tmp/tmux,1,0")]);
            assert_eq!((within.colors, within.tells_background), (Colors::Palette, true), "{term}");
        }
        assert_eq!(with(&[("TERM", "screen")]).colors, Colors::Sixteen, "another program of that kind");
    }

    #[test]
    fn no_color_wins_unless_empty() {
        let colors = |no_color| with(&[("TERM", "xterm"), ("COLORTERM", "truecolor"), ("NO_COLOR", no_color)]).colors;
        assert_eq!(colors("1"), Colors::None);
        assert_eq!(colors("0"), Colors::None);
        assert_eq!(colors(""), Colors::True);
    }

    #[test]
    fn what_stands_in_between_is_known() {
        let bare = with(&[("TERM", "xterm-256color"), ("TMUX", "")]);
        assert!(!bare.tmux && !bare.remote && !bare.repeats && !bare.focus);
        let nested = with(&[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux,1,0"), ("SSH_CONNECTION", "a b c d")]);
        assert!(nested.tmux && nested.remote);
    }

    #[test]
    fn notifications_suit_the_terminal() {
        let notifier = |name, value| with(&[("TERM", "xterm-256color"), (name, value)]).notifier;
        assert_eq!(notifier("TERM_PROGRAM", "iTerm.app"), Notifier::Osc9);
        assert_eq!(notifier("VTE_VERSION", "7600"), Notifier::Osc777);
        assert_eq!(with(&[("TERM", "foot")]).notifier, Notifier::Osc777);
        assert_eq!(with(&[("TERM", "linux")]).notifier, Notifier::Bell);
    }
}
