use super::*;

fn frame(screen: &mut Screen) -> Option<String> {
    screen.take_frame().map(|bytes| String::from_utf8(bytes).expect("text"))
}

/// What ratatui asks of a backend for one frame.
fn draw(screen: &mut Screen, cells: &[(u16, u16, &Cell)], cursor: Option<(u16, u16)>) -> Option<String> {
    screen.draw(cells.iter().copied()).expect("no I/O");
    match cursor {
        None => screen.hide_cursor().expect("no I/O"),
        Some(position) => {
            screen.show_cursor().expect("no I/O");
            screen.set_cursor_position(position).expect("no I/O");
        }
    }
    frame(screen)
}

#[test]
fn a_frame_is_one_piece_and_one_without_changes_is_none() {
    let mut screen = Screen::default();
    let cells = vec![Cell::new("x"); 100];
    let placed: Vec<_> = (0..).zip(&cells).map(|(x, cell)| (x, 1, cell)).collect();
    let first = draw(&mut screen, &placed, Some((5, 1))).expect("a frame");
    assert!(first.starts_with("\x1b[?2026h\x1b[2H\x1b[mxx"), "{first:?}");
    assert!(first.ends_with("\x1b[?25h\x1b[95D\x1b[?2026l"), "{first:?}");
    assert_eq!(draw(&mut screen, &[], Some((5, 1))), None);
    assert_eq!(draw(&mut screen, &[], Some((6, 1))).as_deref(), Some("\x1b[C"), "a small one needs no marks");
    assert_eq!(draw(&mut screen, &[], None).as_deref(), Some("\x1b[?25l"));
    assert_eq!(draw(&mut screen, &[], None), None);
}

#[test]
fn the_cursor_is_put_back_after_cells_were_drawn() {
    let mut screen = Screen::default();
    let cell = Cell::new("x");
    let _ = draw(&mut screen, &[], Some((5, 1)));
    let again = draw(&mut screen, &[(0, 0, &cell)], Some((5, 1))).expect("a frame");
    assert!(again.ends_with("\x1b[2;6H"), "{again:?}");
    assert!(!again.contains("\x1b[?25h"), "it is shown already: {again:?}");
}

#[test]
fn clearing_counts_as_a_change_and_forgets_nothing_else() {
    let mut screen = Screen::default();
    let _ = draw(&mut screen, &[], None);
    screen.clear().expect("no I/O");
    assert_eq!(frame(&mut screen).as_deref(), Some("\x1b[m\x1b[2J"));
}
