use proptest::prelude::*;

use super::*;
use crate::term::Mouse;

fn decoder() -> Decoder {
    Decoder::new(Capabilities::from_variables(|_| None))
}

fn decoded(bytes: &str) -> Vec<Input> {
    decoder().feed(bytes.as_bytes())
}

fn key(code: KeyCode) -> Key {
    Key { code, ctrl: false, alt: false, shift: false, press: Press::Unknown }
}

/// How each press among `bytes` looks.
fn presses(decoder: &mut Decoder, bytes: &str) -> Vec<Press> {
    let inputs = decoder.feed(bytes.as_bytes()).into_iter();
    inputs
        .filter_map(|input| match input {
            Input::Key(key) => Some(key.press),
            _ => None,
        })
        .collect()
}

/// One that has seen a release.
fn experienced() -> Decoder {
    let mut decoder = decoder();
    let _ = decoder.feed(UP.as_bytes());
    decoder
}

/// The key y goes up.
const UP: &str = "\x1b[121;1:3u";

#[test]
fn keys_have_one_name_each() {
    assert_eq!(decoded("A"), [Input::Key(key(KeyCode::Char('A')))]);
    assert_eq!(decoded("\x1b[67;6u"), [Input::Key(Key { ctrl: true, ..key(KeyCode::Char('c')) })]);
    assert_eq!(decoded("\x1bA"), [Input::Key(Key { alt: true, ..key(KeyCode::Char('a')) })]);
    assert_eq!(decoded("\x1b[Z"), [Input::Key(Key { shift: true, ..key(KeyCode::Tab) })]);
    assert_eq!(decoded("\x1b[121;9u\x1b[2~"), [], "Super and y is not y, Insert is nobody's");
}

#[test]
fn without_releases_nobody_knows_what_is_held() {
    let mut decoder = decoder();
    assert_eq!(presses(&mut decoder, "yy\x1b[A"), [Press::Unknown; 3]);
    assert!(!decoder.capabilities.repeats);
}

#[test]
fn a_release_teaches_and_text_that_comes_again_without_one_is_held() {
    let mut decoder = decoder();
    assert_eq!(decoder.feed(b"\x1b[1;1:3A"), [Input::KeyReleased]);
    assert!(decoder.capabilities.repeats);
    assert_eq!(presses(&mut decoder, &format!("yyy{UP}y")), [Press::Fresh, Press::Repeat, Press::Repeat, Press::Fresh]);
}

#[test]
fn another_key_or_window_ends_the_hold() {
    let mut decoder = experienced();
    assert_eq!(presses(&mut decoder, "yny"), [Press::Fresh; 3]);
    assert_eq!(decoder.feed(b"\x1b[O"), [Input::Focus(false)]);
    assert!(decoder.capabilities.focus);
    assert_eq!(presses(&mut decoder, "y"), [Press::Fresh]);
}

#[test]
fn the_release_of_another_key_does_not_end_the_hold() {
    assert_eq!(presses(&mut experienced(), "y\x1b[110;1:3uy"), [Press::Fresh, Press::Repeat]);
}

#[test]
fn a_shifted_key_may_go_up_without_shift() {
    assert_eq!(presses(&mut experienced(), &format!("Y{UP}Y\x1b[121;2:3uy")), [Press::Fresh; 3]);
}

#[test]
fn reported_repeats_are_believed() {
    let mut decoder = decoder();
    assert_eq!(
        presses(&mut decoder, "\x1b[121;1:2u\x1b[27u\x1b[27;1:2u"),
        [Press::Repeat, Press::Fresh, Press::Repeat]
    );
    assert_eq!(presses(&mut decoder, "\r"), [Press::Unknown], "its release is never reported");
}

#[test]
fn pastes_are_text_whatever_is_in_them() {
    let pasted = |text: &str| decoded(&format!("\x1b[200~{text}\x1b[201~y"));
    let is = |text: &str| [Input::Paste(text.to_owned()), Input::Key(key(KeyCode::Char('y')))];
    assert_eq!(pasted("a\r\nb\rc\nd\te"), is("a\nb\nc\nd\te"));
    assert_eq!(pasted("\x1b[31mrot\x1b[0m\x07\u{9b}2J\0\x1b[200~"), is("[31mrot[0m2J[200~"));
    assert_eq!(pasted(""), is(""));
    assert_eq!(decoder().feed(b"\x1b[200~\xff\xfe\x1b[201~"), [Input::Paste("\u{fffd}\u{fffd}".to_owned())]);
}

#[test]
fn a_paste_is_waited_for_and_has_an_end() {
    let mut decoder = decoder();
    assert_eq!(decoder.feed(b"\x1b[200~half"), []);
    assert!(!decoder.is_unclear(), "silence does not end it");
    let piece = vec![b'x'; 1024 * 1024];
    let inputs: Vec<_> = (0..LONGEST_PASTE / piece.len()).flat_map(|_| decoder.feed(&piece)).collect();
    assert!(matches!(inputs.as_slice(), [Input::Paste(text)] if text.len() >= LONGEST_PASTE));
    assert_eq!(decoder.feed(b"y\x1b[201~"), [Input::Paste("y".to_owned())], "still no key");
}

#[test]
fn silence_tells_escape_from_what_it_begins() {
    let mut decoder = decoder();
    assert_eq!(decoder.feed(b"\x1b"), []);
    assert!(decoder.is_unclear());
    assert_eq!(decoder.settle(), Some(Input::Key(key(KeyCode::Esc))));
    assert_eq!(decoder.feed(b"\x1b["), []);
    assert_eq!(decoder.settle(), Some(Input::Key(Key { alt: true, ..key(KeyCode::Char('[')) })));
    assert_eq!(decoder.feed(b"\x1b[1;"), []);
    assert_eq!(decoder.settle(), None);
    assert!(!decoder.is_unclear());
    assert_eq!(decoder.feed(b"\x1b"), []);
    assert_eq!(decoder.feed(b"y"), [Input::Key(Key { alt: true, ..key(KeyCode::Char('y')) })], "never a bare y");
}

#[test]
fn the_mouse_is_passed_on() {
    assert_eq!(decoded("\x1b[<0;5;3M"), [Input::Mouse(Mouse::Click { column: 4, row: 2 })]);
}

proptest! {
    /// However the bytes arrive in pieces.
    #[test]
    fn pieces_make_no_difference(
        parts in prop::collection::vec(prop_oneof![
            Just("\x1b[200~".to_owned()), Just("\x1b[201~".to_owned()), Just("\x1b[121;1:3u".to_owned()),
            Just("\x1b[<0;5;3M".to_owned()), Just("\x1b".to_owned()), "[a-z🦀é\r]{0,3}", "\\PC{0,4}",
        ], 0..20),
        cuts in prop::collection::vec(1..7_usize, 1..10),
    ) {
        let bytes = parts.concat().into_bytes();
        let (mut whole, mut cut) = (decoder(), decoder());
        let mut inputs = Vec::new();
        let (mut rest, mut lengths) = (bytes.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(*lengths.next().expect("a cycle").min(&rest.len()));
            inputs.extend(cut.feed(piece));
            rest = after;
        }
        prop_assert_eq!(whole.feed(&bytes), inputs);
        prop_assert_eq!(whole.settle(), cut.settle());
    }
}
