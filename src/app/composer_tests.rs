//! Keys and pastes, character by character.

use super::*;

fn typed(composer: &mut Composer, keys: &[&str]) {
    for name in keys {
        composer.press(name.parse().expect(name));
    }
}

#[test]
fn backspace_takes_a_whole_character() {
    for character in ["e\u{301}", "👩\u{200d}👩\u{200d}👧", "🇳🇴", "👍🏽", "a", "日"] {
        let mut composer = Composer::multi_line(&format!("x{character}"));
        typed(&mut composer, &["Backspace"]);
        assert_eq!(composer.text(), "x", "{character}");
        composer.undo();
        assert_eq!(composer.text(), format!("x{character}"));
    }
}

#[test]
fn the_cursor_steps_over_whole_characters() {
    let mut composer = Composer::multi_line("a🇳🇴b");
    typed(&mut composer, &["←", "←", "x"]);
    assert_eq!(composer.text(), "ax🇳🇴b");
    typed(&mut composer, &["→", "y", "Home", "Delete"]);
    assert_eq!(composer.text(), "x🇳🇴yb");
}

#[test]
fn a_paste_keeps_its_lines_and_loses_its_control_characters() {
    let mut composer = Composer::multi_line("");
    composer.insert("a\r\nb\rc\u{1b}[31m\td\0");
    assert_eq!(composer.text(), "a\nb\nc[31m\td");
    let mut line = Composer::one_line("");
    line.insert("a\nb");
    line.break_line();
    assert_eq!(line.text(), "a b");
}

#[test]
fn a_paste_that_no_server_would_take_is_held_apart_and_never_lost() {
    let mut composer = Composer::multi_line("see: ");
    let paste = "line 日本\n".repeat(80_000);
    composer.insert(&paste);
    composer.insert(" and");
    assert_eq!(composer.area.lines().join("\n"), "see: [pasted: 80000 lines, 960 kB] and");
    assert_eq!(composer.text(), format!("see: {paste} and"));
    assert_eq!(composer.bytes(), composer.text().len());
    typed(&mut composer, &["Backspace", "Backspace", "Backspace", "Backspace", "Backspace"]);
    assert_eq!(composer.text(), "see: ", "it goes as a whole");
    composer.undo();
    assert_eq!(composer.text(), format!("see: {paste}"));
    let whole = composer.text();
    composer.set(&whole);
    assert_eq!(composer.text(), whole);
    assert_eq!(composer.area.lines().len(), 1);
}

#[test]
fn a_word_that_was_begun_is_completed_in_its_place() {
    let mut composer = Composer::multi_line("hello @ol");
    composer.replace_before_cursor("@ol", "@Ola Nordmann ");
    assert_eq!(composer.text(), "hello @Ola Nordmann ");
    typed(&mut composer, &["Home"]);
    composer.replace_before_cursor("@ol", "x");
    assert_eq!(composer.text(), "hello @Ola Nordmann ");
}

#[test]
fn backspace_at_the_start_of_a_line_joins_it() {
    let mut composer = Composer::multi_line("a\nb");
    typed(&mut composer, &["Home", "Backspace"]);
    assert_eq!(composer.text(), "ab");
}
