use proptest::prelude::*;

use super::*;

/// The one sequence that `bytes` are.
fn all_of(bytes: &str) -> Sequence {
    let (sequence, length) = read(bytes.as_bytes()).unwrap_or_else(|| panic!("{bytes:?} is unfinished"));
    assert_eq!(length, bytes.len(), "{bytes:?}");
    sequence
}

fn stroke(bytes: &str) -> Stroke {
    match all_of(bytes) {
        Sequence::Key(stroke) => stroke,
        other => panic!("{bytes:?} is {other:?}"),
    }
}

fn plain(code: KeyCode) -> Stroke {
    Stroke::plain(code)
}

#[test]
fn text_is_read_character_by_character() {
    for text in ["y", "Y", " ", "~", "é", "я", "漢", "🦀", "\u{301}"] {
        assert_eq!(stroke(text), plain(KeyCode::Char(text.chars().next().expect("one"))));
    }
    assert_eq!(read("🦀y".as_bytes()).expect("read").1, 4);
    assert_eq!(all_of("\u{85}"), Sequence::Unknown);
    assert_eq!(read(b"\xff\xfey"), Some((Sequence::Unknown, 1)));
    assert_eq!(read(b"y\xff"), Some((Sequence::Key(plain(KeyCode::Char('y'))), 1)));
    assert_eq!(read(&"🦀".as_bytes()[..3]), None);
}

#[test]
fn control_characters_are_keys() {
    assert_eq!(stroke("\r"), plain(KeyCode::Enter));
    assert_eq!(stroke("\t"), plain(KeyCode::Tab));
    assert_eq!(stroke("\x7f"), plain(KeyCode::Backspace));
    for (byte, c) in
        [("\0", ' '), ("\x01", 'a'), ("\n", 'j'), ("\x1a", 'z'), ("\x1c", '\\'), ("\x1d", ']'), ("\x1f", '_')]
    {
        assert_eq!(stroke(byte), Stroke::ctrl(c));
    }
}

#[test]
fn alt_comes_before_the_key() {
    let alt = |code| Stroke { alt: true, ..plain(code) };
    assert_eq!(stroke("\x1by"), alt(KeyCode::Char('y')));
    assert_eq!(stroke("\x1b\r"), alt(KeyCode::Enter));
    assert_eq!(stroke("\x1b\x7f"), alt(KeyCode::Backspace));
    assert_eq!(stroke("\x1bé"), alt(KeyCode::Char('é')));
    assert_eq!(stroke("\x1b\x03"), Stroke { alt: true, ..Stroke::ctrl('c') });
    assert_eq!(read(b"\x1b\x1b[A"), Some((Sequence::Key(plain(KeyCode::Esc)), 1)), "Escape, then an arrow");
}

#[test]
fn function_keys_in_all_their_spellings() {
    for (code, spellings) in [
        (KeyCode::Up, &["\x1b[A", "\x1bOA", "\x1b[1A", "\x1b[57419u"][..]),
        (KeyCode::Left, &["\x1b[D", "\x1bOD"]),
        (KeyCode::Home, &["\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"]),
        (KeyCode::End, &["\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"]),
        (KeyCode::Delete, &["\x1b[3~", "\x1b[57426u"]),
        (KeyCode::PageUp, &["\x1b[5~"]),
        (KeyCode::PageDown, &["\x1b[6~"]),
        (KeyCode::F(1), &["\x1bOP", "\x1b[P", "\x1b[11~", "\x1b[[A"]),
        (KeyCode::F(4), &["\x1bOS", "\x1b[14~", "\x1b[[D"]),
        (KeyCode::F(5), &["\x1b[15~", "\x1b[[E"]),
        (KeyCode::F(6), &["\x1b[17~"]),
        (KeyCode::F(10), &["\x1b[21~"]),
        (KeyCode::F(12), &["\x1b[24~"]),
        (KeyCode::F(13), &["\x1b[57376u"]),
        (KeyCode::Esc, &["\x1b[27u"]),
        (KeyCode::Enter, &["\x1bOM", "\x1b[13u", "\x1b[57414u"]),
    ] {
        for spelling in spellings {
            assert_eq!(stroke(spelling), plain(code), "{spelling:?}");
        }
    }
    for nobodys in ["\x1b[2~", "\x1b[57358u", "\x1b[99~"] {
        assert_eq!(stroke(nobodys).code, None, "{nobodys:?}");
    }
}

#[test]
fn modifiers_and_motions() {
    let up = plain(KeyCode::Up);
    assert_eq!(stroke("\x1b[1;2A"), Stroke { shift: true, ..up });
    assert_eq!(stroke("\x1b[1;3A"), Stroke { alt: true, ..up });
    assert_eq!(stroke("\x1b[1;6A"), Stroke { ctrl: true, shift: true, ..up });
    assert_eq!(stroke("\x1b[1;9A"), Stroke { foreign: true, ..up });
    assert_eq!(stroke("\x1b[1;193A"), up, "Caps Lock and Num Lock");
    assert_eq!(stroke("\x1b[1;1:2A"), Stroke { motion: Motion::Held, ..up });
    assert_eq!(stroke("\x1b[3;5:3~"), Stroke { ctrl: true, motion: Motion::Up, ..plain(KeyCode::Delete) });
    assert_eq!(stroke("\x1b[Z"), Stroke { shift: true, ..plain(KeyCode::Tab) });
    assert_eq!(stroke("\x1b[9;2u"), stroke("\x1b[Z"));
    assert_eq!(stroke("\x1b[106;5u"), Stroke::ctrl('j'));
    assert_eq!(stroke("\x1b[27;5;106~"), Stroke::ctrl('j'), "as xterm and tmux write it");
    assert_eq!(stroke("\x1b[121;9u"), Stroke { foreign: true, ..plain(KeyCode::Char('y')) });
    assert_eq!(stroke("\x1b[121;1:3u"), Stroke { motion: Motion::Up, ..plain(KeyCode::Char('y')) });
    assert_eq!(stroke("\x1b[121;2u"), Stroke { shift: true, ..plain(KeyCode::Char('Y')) });
    assert_eq!(stroke("\x1b[50:64;2u").code, Some(KeyCode::Char('@')));
    assert_eq!(stroke("\x1b[57400;129u").code, Some(KeyCode::Char('1')));
}

#[test]
fn the_mouse_and_the_window() {
    let mouse = |bytes| match all_of(bytes) {
        Sequence::Mouse(mouse) => Some(mouse),
        Sequence::Unknown => None,
        other => panic!("{other:?}"),
    };
    assert_eq!(mouse("\x1b[<0;300;4M"), Some(Mouse::Click { column: 299, row: 3 }));
    assert_eq!(mouse("\x1b[<64;1;1M"), Some(Mouse::WheelUp { column: 0, row: 0 }));
    assert_eq!(mouse("\x1b[<65;1;1M"), Some(Mouse::WheelDown { column: 0, row: 0 }));
    assert_eq!(mouse("\x1b[M !\""), Some(Mouse::Click { column: 0, row: 1 }), "the old way");
    for ignored in ["\x1b[<0;3;4m", "\x1b[<2;3;4M", "\x1b[<32;3;4M", "\x1b[<16;3;4M", "\x1b[<0;3M", "\x1b[M#!!"] {
        assert_eq!(mouse(ignored), None, "{ignored:?}");
    }
    assert_eq!(all_of("\x1b[I"), Sequence::Focus(true));
    assert_eq!(all_of("\x1b[O"), Sequence::Focus(false));
    assert_eq!(all_of("\x1b[200~"), Sequence::PasteBegins);
}

#[test]
fn answers_that_nobody_asked_for_are_no_keys() {
    for answer in [
        "\x1b[?1;2c",
        "\x1b[>0;276;0c",
        "\x1b[?3u",
        "\x1b[12;5R",
        "\x1b]11;rgb:0/0/0\x1b\\",
        "\x1b]0;x\x07",
        "\x1bP1+r\x1b\\",
    ] {
        assert!(!matches!(all_of(answer), Sequence::Key(Stroke { code: Some(KeyCode::Char(_)), .. })), "{answer:?}");
    }
}

#[test]
fn beginnings_wait_for_the_rest() {
    for whole in ["\x1b[1;2A", "\x1b[<0;3;4M", "\x1bOA", "\x1b[200~", "\x1b]0;x\x1b\\", "\x1b[M !!", "\x1b[[A", "\x1bé"]
    {
        for end in 0..whole.len() {
            assert_eq!(read(&whole.as_bytes()[..end]), None, "{:?}", &whole.as_bytes()[..end]);
        }
    }
    assert_eq!(read(b"\x1b[1;2\x1b[A"), Some((Sequence::Unknown, 5)), "a broken one ends where the next begins");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_awaited(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Some((_, length)) = read(&bytes) {
            prop_assert!((1..=bytes.len()).contains(&length));
        }
    }

    #[test]
    fn any_sequence_of_numbers_is_read(parameters in "[<?>]?[0-9:;]{0,20}", last in "[A-Za-z~]") {
        let bytes = format!("\x1b[{parameters}{last}");
        prop_assume!(bytes != "\x1b[M");
        prop_assert_eq!(read(bytes.as_bytes()).map(|(_, length)| length), Some(bytes.len()));
    }
}
