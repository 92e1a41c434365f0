//! How it looks, weights and colours included: without colours (`NO_COLOR`), and in the light theme. Under each
//! row of text stands a row of letters, one for each style; what they mean stands at the end.

use std::fmt::Write;

use countersign::render::{Colours, Theme};
use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

use crate::{fixture, world::World};

type Look = (Color, Color, Modifier);

fn look(cell: &Cell) -> Look {
    (cell.fg, cell.bg, cell.modifier)
}

fn styled(buffer: &Buffer) -> String {
    let plain = (Color::Reset, Color::Reset, Modifier::empty());
    let mut known: Vec<Look> = vec![plain];
    let mut text = String::new();
    for (row, line) in crate::world::text(buffer).lines().enumerate() {
        let cells = (0..buffer.area.width).map(|x| &buffer[(x, u16::try_from(row).expect("a row"))]);
        let letters: String = cells
            .map(|cell| {
                let at = known.iter().position(|each| *each == look(cell)).unwrap_or_else(|| {
                    known.push(look(cell));
                    known.len() - 1
                });
                if at == 0 { ' ' } else { char::from(b'a' + u8::try_from(at - 1).expect("few styles")) }
            })
            .collect();
        let _ = writeln!(text, "{line}\n{}", letters.trim_end());
    }
    for (letter, (ink, paper, weight)) in ('a'..).zip(known.iter().skip(1)) {
        let _ = writeln!(text, "{letter}: {ink} on {paper} {weight:?}");
    }
    text
}

/// The panes, a review, and everything that lies over them.
const STATES: [(&str, &str); 14] = [
    ("threads", "Enter"),
    ("writing", "i h i"),
    ("completing", "i /"),
    ("review", "↓ a G"),
    ("reason", "↓ a r n o"),
    ("filter", "f ↓ ↓ ↓ ↓ →"),
    ("order", "o ↓"),
    ("members", "p ↓"),
    ("palette", "Ctrl+P"),
    ("help", "?"),
    ("finding", "Enter f t o t a l Enter"),
    ("selected", "Enter K"),
    ("day", "Enter d 2"),
    ("sign_in", "L s e c r e t"),
];

/// What is also looked at in windows of other sizes.
const IN_ALL_SIZES: [&str; 3] = ["threads", "writing", "review"];
const OTHER_SIZES: [(u16, u16); 3] = [(40, 10), (120, 40), (200, 60)];

fn picture(keys: &str, size: (u16, u16), theme: &Theme) -> String {
    let mut world = World::themed(fixture::server(), size, theme.clone());
    world.settle();
    world.keys(keys);
    world.wait(400);
    styled(&world.buffer())
}

fn pictures(name: &str, theme: &Theme) {
    for (what, keys) in STATES {
        insta::assert_snapshot!(format!("{name}_{what}"), picture(keys, (80, 24), theme));
    }
    for (what, keys) in STATES.iter().filter(|(what, _)| IN_ALL_SIZES.contains(what)) {
        for size in OTHER_SIZES {
            let picture = picture(keys, size, theme);
            insta::assert_snapshot!(format!("{name}_{what}_{}x{}", size.0, size.1), picture);
        }
    }
}

#[test]
fn without_colours() {
    pictures("no_color", &Theme::terminal(Colours::None));
}

#[test]
fn in_the_light_theme() {
    pictures("light", &Theme::named("light", Colours::TrueColour).expect("a theme"));
}
