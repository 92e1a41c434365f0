//! What everything looks like: a style for each role, read from a theme and fitted to what the terminal can
//! show. Every colour has a sign or a word beside it, so that nothing is lost without.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use toml::Spanned;

/// What a piece of text is, as far as its look is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Text,
    /// Present, but not to be looked at first.
    Dim,
    Strong,
    Emphasis,
    Heading,
    /// The focus, and what leads somewhere.
    Accent,
    Name,
    OwnName,
    BotName,
    Good,
    Warn,
    Bad,
    Added,
    Removed,
    /// A character that is shown in place of an invisible one.
    Placeholder,
    Link,
    Quote,
    /// A word that wants attention.
    Badge,
    /// What is searched for, among other text.
    Found,
    Selected,
    /// The status line.
    Bar,
    Code,
    CodeKeyword,
    CodeString,
    CodeNumber,
    CodeComment,
    CodeFunction,
    CodeType,
    CodeOperator,
}

/// Every role with its name in a theme file.
const ROLES: [(Role, &str); 29] = [
    (Role::Text, "text"),
    (Role::Dim, "dim"),
    (Role::Strong, "strong"),
    (Role::Emphasis, "emphasis"),
    (Role::Heading, "heading"),
    (Role::Accent, "accent"),
    (Role::Name, "name"),
    (Role::OwnName, "own_name"),
    (Role::BotName, "bot_name"),
    (Role::Good, "good"),
    (Role::Warn, "warn"),
    (Role::Bad, "bad"),
    (Role::Added, "added"),
    (Role::Removed, "removed"),
    (Role::Placeholder, "placeholder"),
    (Role::Link, "link"),
    (Role::Quote, "quote"),
    (Role::Badge, "badge"),
    (Role::Found, "found"),
    (Role::Selected, "selected"),
    (Role::Bar, "bar"),
    (Role::Code, "code"),
    (Role::CodeKeyword, "code_keyword"),
    (Role::CodeString, "code_string"),
    (Role::CodeNumber, "code_number"),
    (Role::CodeComment, "code_comment"),
    (Role::CodeFunction, "code_function"),
    (Role::CodeType, "code_type"),
    (Role::CodeOperator, "code_operator"),
];

/// The themes that come with the program; the first is the default.
const THEMES: [(&str, &str); 3] = [
    ("terminal", include_str!("../../assets/themes/terminal.toml")),
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
];

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colours {
    /// None are wanted (`NO_COLOR`) or there are none.
    None,
    /// The sixteen of the palette.
    Sixteen,
    TwoHundredFiftySix,
    TrueColour,
}

impl Colours {
    /// What the environment says about the terminal. `variable` looks one up.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let true_colour = variable("COLORTERM").is_some_and(|value| matches!(value.as_str(), "truecolor" | "24bit"));
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) || matches!(term.as_str(), "dumb" | "vt100") {
            Self::None
        } else if true_colour || term.ends_with("-direct") {
            Self::TrueColour
        } else if term.contains("256color") {
            Self::TwoHundredFiftySix
        } else {
            Self::Sixteen
        }
    }
}

/// What a theme of one's own says that it is made from.
const INHERITS: &str = "inherits";

/// What is wrong with a theme's file, and in which line, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub line: usize,
    pub words: String,
}

/// A style for each role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; ROLES.len()],
}

impl Theme {
    /// The theme of that name, as far as the terminal can show it.
    ///
    /// # Errors
    /// There is none of that name; the sentence names those there are.
    pub fn named(name: &str, colours: Colours) -> Result<Self, String> {
        let known = || THEMES.map(|(name, _)| name).join(", ");
        let found = THEMES.iter().find(|(known, _)| *known == name);
        let (_, text) = found.ok_or_else(|| format!("there is no theme `{name}`; there are: {}", known()))?;
        // Sixteen colours of an unknown palette can't stand for chosen ones: the terminal's own theme can.
        let fits = name == THEMES[0].0 || colours > Colours::Sixteen;
        Self::parse(if fits { text } else { THEMES[0].1 }, colours)
    }

    /// The terminal's own palette.
    #[must_use]
    pub fn terminal(colours: Colours) -> Self {
        Self::parse(THEMES[0].1, colours).unwrap_or(Self { styles: [Style::new(); ROLES.len()] })
    }

    /// Reads a theme file.
    ///
    /// # Errors
    /// It is no TOML, misses a role, has one that does not exist, or a word that is no style.
    pub fn parse(text: &str, colours: Colours) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        if let Some(unknown) = table.keys().find(|key| !ROLES.iter().any(|(_, name)| name == key)) {
            return Err(format!("`{unknown}` is no role of a theme"));
        }
        let mut styles = [Style::new(); ROLES.len()];
        for (style, (_, name)) in styles.iter_mut().zip(ROLES) {
            let words = table.get(name).and_then(toml::Value::as_str);
            let words = words.ok_or_else(|| format!("the role `{name}` has no style"))?;
            *style = parse_style(words, colours).map_err(|word| format!("{name}: `{word}` is no style"))?;
        }
        Ok(Self { styles })
    }

    /// Reads a theme of one's own: it says what it inherits (`inherits = "dark"`, else the terminal's palette) and
    /// which roles look otherwise.
    ///
    /// # Errors
    /// It is no TOML, names a role or a theme that does not exist, or a word that is no style.
    pub fn custom(text: &str, colours: Colours) -> Result<Self, Wrong> {
        let wrong =
            |at: usize, words: String| Wrong { line: text.bytes().take(at).filter(|b| *b == b'\n').count() + 1, words };
        let table: BTreeMap<Spanned<String>, Spanned<String>> = toml::from_str(text)
            .map_err(|error| wrong(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
        let base = table.iter().find(|(key, _)| key.get_ref() == INHERITS).map(|(_, name)| name);
        let mut theme = match base {
            Some(name) => Self::named(name.get_ref(), colours).map_err(|words| wrong(name.span().start, words))?,
            None => Self::terminal(colours),
        };
        for (key, words) in table.iter().filter(|(key, _)| key.get_ref() != INHERITS) {
            let role = ROLES.iter().find(|(_, name)| name == key.get_ref()).map(|(role, _)| *role);
            let no_role = || wrong(key.span().start, format!("`{}` is no role of a theme", key.get_ref()));
            let role = role.ok_or_else(no_role)?;
            let style = parse_style(words.get_ref(), colours)
                .map_err(|word| wrong(words.span().start, format!("`{word}` is no colour and no style")))?;
            if let Some(known) = theme.styles.get_mut(role as usize) {
                *known = style;
            }
        }
        Ok(theme)
    }

    /// The style of a role.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        // Roles are declared in the order of the table; the tests hold that.
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

/// Reads `bold #8fc1cf on black`.
fn parse_style(words: &str, colours: Colours) -> Result<Style, String> {
    let mut style = Style::new();
    let mut background = false;
    for word in words.split_whitespace() {
        style = match word {
            "on" => {
                background = true;
                continue;
            }
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "italic" => style.add_modifier(Modifier::ITALIC),
            "underline" => style.add_modifier(Modifier::UNDERLINED),
            "reverse" => style.add_modifier(Modifier::REVERSED),
            "crossed" => style.add_modifier(Modifier::CROSSED_OUT),
            colour => {
                let colour: Color = colour.parse().map_err(|_| word.to_owned())?;
                match (fitted(colour, colours), background) {
                    (None, false) => style,
                    // A badge without its background would vanish among the text.
                    (None, true) => style.add_modifier(Modifier::REVERSED),
                    (Some(colour), false) => style.fg(colour),
                    (Some(colour), true) => style.bg(colour),
                }
            }
        };
    }
    Ok(style)
}

/// The nearest colour that the terminal has; `None`: it has none.
fn fitted(colour: Color, colours: Colours) -> Option<Color> {
    match (colour, colours) {
        // Sixteen colours of an unknown palette can't stand for chosen ones.
        (_, Colours::None) | (Color::Rgb(..) | Color::Indexed(16..), Colours::Sixteen) => None,
        (Color::Rgb(r, g, b), Colours::TwoHundredFiftySix) => Some(Color::Indexed(nearest(r, g, b))),
        _ => Some(colour),
    }
}

/// The nearest colour of the 256: the grey ramp, or the cube of six levels a channel.
fn nearest(r: u8, g: u8, b: u8) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let level = |channel: u8| (0_u8..6).min_by_key(|at| LEVELS[usize::from(*at)].abs_diff(channel)).unwrap_or(0);
    let cube = [level(r), level(g), level(b)];
    let grey_step = (0_u8..24).min_by_key(|at| (8 + at * 10).abs_diff(g)).unwrap_or(0);
    let distance = |other: [u8; 3]| -> u32 {
        [r, g, b].iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
    };
    let grey = 8 + grey_step * 10;
    if distance([grey; 3]) < distance(cube.map(|at| LEVELS[usize::from(at)])) {
        232 + grey_step
    } else {
        16 + 36 * cube[0] + 6 * cube[1] + cube[2]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_is_whole_in_every_depth() {
        for (index, (role, _)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, index, "the table is in the order of the roles");
        }
        for (name, text) in THEMES {
            for colours in [Colours::None, Colours::Sixteen, Colours::TwoHundredFiftySix, Colours::TrueColour] {
                Theme::parse(text, colours).unwrap_or_else(|error| panic!("{name}: {error}"));
                Theme::named(name, colours).expect(name);
            }
        }
        let error = Theme::named("neon", Colours::Sixteen).expect_err("no such theme");
        assert!(error.contains("terminal, dark, light"), "{error}");
    }

    #[test]
    fn without_colours_no_style_carries_one() {
        for (name, _) in THEMES {
            let theme = Theme::named(name, Colours::None).expect(name);
            for (role, _) in ROLES {
                let style = theme.style(role);
                assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{name} {role:?}");
            }
        }
    }

    #[test]
    fn true_colours_are_fitted_to_256() {
        let theme = Theme::named("dark", Colours::TwoHundredFiftySix).expect("a theme");
        for (role, _) in ROLES {
            for colour in [theme.style(role).fg, theme.style(role).bg].into_iter().flatten() {
                assert!(matches!(colour, Color::Indexed(16..)), "{role:?}: {colour}");
            }
        }
        assert_eq!((nearest(255, 0, 0), nearest(255, 255, 255), nearest(128, 128, 128)), (196, 231, 244));
    }

    #[test]
    fn the_environment_tells_the_depth() {
        let colours = |pairs: &[(&str, &str)]| {
            Colours::of(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(colours(&[("TERM", "xterm-256color")]), Colours::TwoHundredFiftySix);
        assert_eq!(colours(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), Colours::TrueColour);
        assert_eq!(colours(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Colours::None);
        assert_eq!(colours(&[("TERM", "xterm"), ("NO_COLOR", "")]), Colours::Sixteen);
    }
}
