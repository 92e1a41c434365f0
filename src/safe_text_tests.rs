use proptest::prelude::*;

use super::*;

fn message(text: &str) -> String {
    SafeText::message(text).into_string()
}

fn exact(text: &str) -> String {
    SafeText::exact(text).into_string()
}

#[test]
fn the_quick_answer_is_the_one_that_the_long_way_gives() {
    let mut plain = 0;
    for c in ('\0'..=char::MAX).filter(|c| is_plain(*c)) {
        let text = c.to_string();
        for mode in [Mode::Message, Mode::Line, Mode::Exact] {
            // Spaces at an end show in the exact mode.
            let text = if c == ' ' { "a b".to_owned() } else { text.clone() };
            assert_eq!(without_empty_clusters(&with_placeholders(&text, mode)), text, "{c:?}");
        }
        assert_eq!(cluster_width(&text), 1, "{c:?}");
        assert_eq!(clusters(&format!("{c}{c}a{c}")).count(), 4, "{c:?}");
        plain += 1;
    }
    assert!(plain > 400, "{plain}");
}

#[test]
fn escape_sequences_lose_their_teeth_and_stay_visible() {
    assert_eq!(message("a\u{1b}[31mred\u{1b}]0;title\u{7}"), "a␛[31mred␛]0;title␇");
    assert_eq!(message("\u{9b}2J \u{90} \u{7f} \0"), "⟨U+009B⟩2J ⟨U+0090⟩ ␡ ␀");
    assert_eq!(message("rm -rf\recho ok"), "rm -rf␍echo ok");
}

#[test]
fn bidi_controls_and_tags_are_spelt_out() {
    assert_eq!(message("abc\u{202e}def\u{2066}"), "abc⟨U+202E⟩def⟨U+2066⟩");
    assert_eq!(message("hi\u{e0041}\u{e007f}"), "hi⟨U+E0041⟩⟨U+E007F⟩");
    assert_eq!(message("\u{1f3f4}\u{e0067}\u{e007f}"), "\u{1f3f4}⟨U+E0067⟩⟨U+E007F⟩");
}

#[test]
fn lines_and_tabs_by_mode() {
    assert_eq!(message("a\r\nb\n\tc\nde\tf"), "a\nb\n    c\nde  f");
    assert_eq!(SafeText::line("a\r\nb\tc").into_string(), "a␍␊b␉c");
    assert_eq!(exact("a\r\nb\tc"), "a␍␊\nb␉c");
}

#[test]
fn what_people_write_stays_as_it_is() {
    for text in [
        "Blåbærsyltetøy, 12 500,00 kr — «ja»!",
        "e\u{301} n\u{303} क्षत्रिय 한국어 日本語 ｆｕｌｌ",
        "👩\u{200d}👩\u{200d}👧 🏳\u{fe0f}\u{200d}🌈 👍🏽 🇳🇴 ❤\u{fe0f} 1\u{fe0f}\u{20e3} ☎\u{fe0e}",
        "می\u{200c}خواهم",
        "葛\u{e0100}城",
        "שלום עולם",
    ] {
        assert_eq!(message(text), text);
        assert_eq!(SafeText::line(text).into_string(), text);
    }
}

#[test]
fn joiners_and_selectors_that_serve_nobody_are_spelt_out() {
    assert_eq!(message("pass\u{200b}word"), "pass⟨U+200B⟩word");
    assert_eq!(message("a\u{200d}b\u{fe0f}\u{ad}"), "a⟨U+200D⟩b⟨U+FE0F⟩⟨U+00AD⟩");
    assert_eq!(message("1\u{fe0f}2"), "1⟨U+FE0F⟩2");
    assert_eq!(message("\u{feff}\u{3164}\u{115f}"), "⟨U+FEFF⟩⟨U+3164⟩⟨U+115F⟩");
}

#[test]
fn a_mark_without_a_character_is_spelt_out() {
    assert_eq!(message("\u{301}a\n\u{301}"), "⟨U+0301⟩a\n⟨U+0301⟩");
    assert_eq!(SafeText::message(&format!("a{}", "\u{301}".repeat(9))).into_string(), {
        format!("a{}⟨U+0301⟩", "\u{301}".repeat(8))
    });
}

#[test]
fn exact_shows_spaces_that_nobody_would_see() {
    assert_eq!(exact("a b "), "a b␠");
    assert_eq!(exact("a  \nb"), "a␠␠␊\nb");
    assert_eq!(exact(" "), "␠");
    assert_eq!(exact("a\u{a0}b\u{3000}"), "a⟨U+00A0⟩b⟨U+3000⟩");
    assert_eq!(exact("❤\u{fe0f}"), "❤⟨U+FE0F⟩");
    assert_eq!(exact("␛ ⟨x⟩"), "⟨U+241B⟩ ⟨U+27E8⟩x⟩");
}

#[test]
fn widths_go_by_cluster() {
    for (text, columns) in
        [("abc", 3), ("日本", 4), ("e\u{301}", 1), ("👩\u{200d}👩\u{200d}👧", 2), ("🇳🇴", 2), ("❤\u{fe0f}", 2)]
    {
        assert_eq!(SafeText::message(text).width(), columns, "{text}");
    }
}

#[test]
fn shortening_keeps_whole_characters() {
    let text = SafeText::line("日本語 text");
    assert_eq!(&*text.shortened(11), "日本語 text");
    assert_eq!(&*text.shortened(6), "日本…");
    assert_eq!(&*text.shortened(1), "…");
    assert_eq!(&*text.shortened(0), "");
}

/// Text out of everything that is awkward, and plain characters between.
fn awkward() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[ -~æøå]{0,4}",
        proptest::sample::select(vec![
            "\u{1b}[2J",
            "\u{9b}",
            "\r\n",
            "\r",
            "\n",
            "\t",
            " ",
            "\u{202e}",
            "\u{2066}",
            "\u{200d}",
            "\u{fe0f}",
            "\u{301}",
            "👩",
            "❤",
            "1",
            "\u{e0041}",
            "\u{a0}",
            "⟨",
            "⟩",
            "␛",
            "U+202E",
            "\u{600}",
            "क",
            "\u{94d}",
            "\u{1160}",
            "한",
        ])
        .prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// What `exact` was made from: the proof that no two texts look the same.
fn decoded(shown: &str) -> String {
    let mut text = String::new();
    let mut rest = shown;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '⟨' => {
                let (code, after) = rest.split_once('⟩').expect("a closed placeholder");
                let code = u32::from_str_radix(code.strip_prefix("U+").expect("U+"), 16).expect("hex");
                text.push(char::from_u32(code).expect("a character"));
                rest = after;
            }
            '␊' => {
                rest = rest.strip_prefix('\n').expect("a break after its picture");
                text.push('\n');
            }
            '␠' => text.push(' '),
            '␡' => text.push('\u{7f}'),
            '\u{2400}'..='\u{241f}' => text.push(char::from_u32(u32::from(c) - 0x2400).expect("a control")),
            _ => text.push(c),
        }
    }
    text
}

#[test]
fn a_joiner_beside_a_placeholder_joins_nothing() {
    assert_eq!(message("\u{fe0f}\u{200d}👩"), "⟨U+FE0F⟩⟨U+200D⟩👩");
}

proptest! {
    #[test]
    fn nothing_forbidden_ever_comes_out(text in awkward()) {
        for (safe, breaks) in [(SafeText::message(&text), true), (SafeText::line(&text), false), (SafeText::exact(&text), true)] {
            prop_assert!(!safe.chars().any(|c| is_forbidden(c) && !(breaks && c == '\n')), "{safe:?}");
            prop_assert!(clusters(&safe).all(|cluster| cluster == "\n" || cluster_width(cluster) > 0), "{safe:?}");
        }
    }

    #[test]
    fn once_is_enough(text in awkward()) {
        let once = message(&text);
        prop_assert_eq!(message(&once), once);
    }

    #[test]
    fn exact_tells_any_two_texts_apart(text in awkward()) {
        prop_assert_eq!(decoded(&exact(&text)), text);
    }

    #[test]
    fn plain_text_is_unchanged(text in "[a-zA-Z0-9æøåéß .,:;!?(){}#%&/'\"\n日本語ελ-]{0,200}") {
        prop_assert_eq!(message(&text), text);
    }
}
