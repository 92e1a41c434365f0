//! How wide characters are: as wide as a terminal emulator draws them, checked with one.

use countersign::safe_text::{SafeText, width};
use unicode_width::UnicodeWidthStr as _;

/// What people write, and how many columns it takes.
const TEXTS: [(&str, usize); 26] = [
    ("a", 1),
    ("é", 1),
    ("e\u{301}", 1),
    ("e\u{301}\u{323}", 1),
    ("ｗ", 2),
    ("日", 2),
    ("日本語", 6),
    ("한글", 4),
    ("ｱ", 1),
    ("ไทย", 3),
    ("กำ", 2),
    ("हिन्दी", 5),
    ("العربية", 7),
    ("עברית", 5),
    ("Ω", 1),
    ("—", 1),
    ("…", 1),
    ("🙂", 2),
    ("✅", 2),
    ("⚠", 1),
    ("⚠\u{fe0f}", 2),
    ("👍🏽", 2),
    ("👩\u{200d}👩\u{200d}👧", 2),
    ("🇳🇴", 2),
    ("1\u{fe0f}\u{20e3}", 2),
    ("❤\u{fe0f}", 2),
];

/// Where the emulator of these tests is wrong: it counts code points, so that what several make together comes
/// out wider or narrower than terminals that know grapheme clusters draw it. There the Unicode tables decide.
const EMULATOR_DIFFERS: [&str; 8] =
    ["⚠\u{fe0f}", "👍🏽", "👩\u{200d}👩\u{200d}👧", "🇳🇴", "1\u{fe0f}\u{20e3}", "❤\u{fe0f}", "กำ", "हिन्दी"];

/// The columns that the emulator's cursor has moved by.
fn emulated(text: &str) -> usize {
    let mut parser = vt100::Parser::new(2.try_into().expect("rows"), 80.try_into().expect("columns"), 0);
    parser.process(text.as_bytes());
    parser.screen().cursor_position().1.into()
}

#[test]
fn texts_are_as_wide_as_a_terminal_draws_them() {
    for (text, columns) in TEXTS {
        assert_eq!(width(text), columns, "{text}");
        assert_eq!(SafeText::line(text).width(), columns, "{text} is shown as it is");
        if EMULATOR_DIFFERS.contains(&text) {
            assert_eq!(text.width(), columns, "{text} by the tables");
        } else {
            assert_eq!(emulated(text), columns, "{text} in the emulator");
        }
    }
}
