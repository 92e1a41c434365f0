use proptest::prelude::*;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::*;

const SIZE: (u16, u16) = (24, 6);

fn text(encoder: &mut Encoder) -> String {
    String::from_utf8(encoder.take()).expect("text")
}

#[test]
fn a_key_that_is_echoed_costs_its_own_bytes() {
    let mut encoder = Encoder::default();
    let (first, second) = (Cell::new("a"), Cell::new("æ"));
    encoder.draw([(4, 2, &first)].into_iter(), 80);
    encoder.move_to(Position::new(5, 2));
    assert_eq!(text(&mut encoder), "\x1b[3;5H\x1b[ma");
    encoder.draw([(5, 2, &second)].into_iter(), 80);
    encoder.move_to(Position::new(6, 2));
    assert_eq!(text(&mut encoder), "æ");
}

#[test]
fn the_cursor_takes_the_shortest_way() {
    let way = |from: (u16, u16), to: (u16, u16)| {
        let mut encoder = Encoder { at: Some(from.into()), ..Encoder::default() };
        encoder.move_to(to.into());
        text(&mut encoder)
    };
    assert_eq!(way((3, 3), (3, 3)), "");
    assert_eq!(way((3, 3), (0, 0)), "\x1b[H");
    assert_eq!(way((3, 3), (0, 3)), "\r");
    assert_eq!(way((3, 3), (0, 4)), "\r\n");
    assert_eq!(way((3, 3), (2, 3)), "\x08");
    assert_eq!(way((3, 3), (4, 3)), "\x1b[C");
    assert_eq!(way((30, 3), (70, 3)), "\x1b[40C");
    assert_eq!(way((3, 3), (9, 5)), "\x1b[6;10H");
    assert_eq!(way((3, 3), (9, 0)), "\x1b[;10H");
}

#[test]
fn after_a_cluster_that_terminals_measure_differently_the_place_is_said() {
    for symbol in ["👨‍👩‍👧", "❤️", "漢", "e\u{301}"] {
        let mut encoder = Encoder::default();
        let (cluster, letter) = (Cell::new(symbol), Cell::new("x"));
        encoder.draw([(0, 0, &cluster), (2, 0, &letter)].into_iter(), 80);
        assert!(text(&mut encoder).ends_with("\x1b[;3Hx"), "{symbol}");
    }
}

#[test]
fn the_end_of_a_row_is_not_taken_for_the_next() {
    let mut encoder = Encoder::default();
    let letter = Cell::new("x");
    encoder.draw([(9, 0, &letter), (0, 1, &letter)].into_iter(), 10);
    assert!(text(&mut encoder).ends_with("x\x1b[2Hx"));
}

fn terminal() -> vt100::Parser {
    vt100::Parser::new(SIZE.1.try_into().expect("rows"), SIZE.0.try_into().expect("columns"), 0)
}

/// What a terminal shows of the bytes: symbol, colours and style of every cell.
fn shown(parser: &vt100::Parser) -> Vec<String> {
    let screen = parser.screen();
    let cells = (0..SIZE.1).flat_map(|row| (0..SIZE.0).map(move |column| (row, column)));
    cells
        .filter_map(|(row, column)| screen.cell(row, column))
        .map(|cell| {
            let symbol = if cell.contents().is_empty() { " " } else { cell.contents() };
            // A blank shows its background alone, unless something is drawn through it.
            let drawn = symbol != " " || cell.underline() || cell.inverse();
            let foreground = if drawn { format!("{:?}", cell.fgcolor()) } else { String::new() };
            let style = drawn.then(|| (cell.bold(), cell.dim(), cell.italic(), cell.underline(), cell.inverse()));
            format!("{symbol:?} {foreground} {:?} {style:?}", cell.bgcolor())
        })
        .collect()
}

fn style() -> impl Strategy<Value = Style> {
    let colour = prop_oneof![
        3 => Just(Color::Reset),
        2 => Just(Color::Red),
        1 => Just(Color::LightCyan),
        1 => Just(Color::Indexed(200)),
        1 => Just(Color::Rgb(1, 2, 3)),
    ];
    let modifiers = prop_oneof![
        4 => Just(Modifier::empty()),
        1 => Just(Modifier::BOLD),
        1 => Just(Modifier::BOLD | Modifier::ITALIC),
        1 => Just(Modifier::DIM | Modifier::ITALIC),
        1 => Just(Modifier::UNDERLINED),
        1 => Just(Modifier::REVERSED),
    ];
    (colour.clone(), colour, modifiers).prop_map(|(foreground, background, modifiers)| {
        Style::new().fg(foreground).bg(background).remove_modifier(Modifier::all()).add_modifier(modifiers)
    })
}

/// Pieces of text at places.
fn frame() -> impl Strategy<Value = Vec<(u16, u16, String, Style)>> {
    let word = prop_oneof![2 => "[a-cæ─ ]{1,12}", 1 => Just(" ".repeat(24)), 1 => Just("x漢y".to_owned())];
    proptest::collection::vec((0..SIZE.0, 0..SIZE.1, word, style()), 0..8)
}

fn painted(pieces: &[(u16, u16, String, Style)]) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    for (x, y, text, style) in pieces {
        buffer.set_string(*x, *y, text, *style);
    }
    buffer
}

proptest! {
    /// However few bytes a frame takes, it shows the same as what ratatui's own backend makes of it.
    #[test]
    fn a_terminal_shows_what_was_painted(frames in proptest::collection::vec(frame(), 1..5)) {
        let mut encoder = Encoder::default();
        let (mut ours, mut theirs) = (terminal(), terminal());
        let mut last = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        for pieces in &frames {
            let next = painted(pieces);
            encoder.draw(last.diff(&next).into_iter(), SIZE.0);
            encoder.move_to(Position::new(3, 3));
            ours.process(&encoder.take());
            prop_assert_eq!(ours.screen().cursor_position(), (3, 3));
            let mut bytes = Vec::new();
            let mut backend = ratatui::backend::CrosstermBackend::new(&mut bytes);
            ratatui::backend::Backend::draw(&mut backend, last.diff(&next).into_iter()).expect("no I/O");
            theirs.process(&bytes);
            prop_assert_eq!(shown(&ours), shown(&theirs));
            last = next;
        }
    }
}

#[test]
fn blanks_are_erased_where_that_is_shorter() {
    let mut encoder = Encoder::default();
    let blank = Cell::default();
    let row: Vec<_> = (0..80).map(|x| (x, 0, &blank)).collect();
    encoder.draw(row.iter().copied(), 80);
    assert_eq!(text(&mut encoder), "\x1b[H\x1b[m\x1b[K");
    encoder.draw(row.iter().take(40).copied(), 80);
    assert_eq!(text(&mut encoder), "\x1b[40X");
    encoder.draw(row.iter().take(3).copied(), 80);
    assert_eq!(text(&mut encoder), "   ");
    let mut lined = Cell::default();
    lined.set_style(Style::new().add_modifier(Modifier::UNDERLINED));
    encoder.draw((0..20).map(|x| (x, 1, &lined)), 20);
    assert!(text(&mut encoder).ends_with(&" ".repeat(20)), "an underline is seen on blanks too");
}
