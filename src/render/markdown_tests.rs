use super::*;

fn shown(text: &str, width: usize) -> String {
    let mut rows = Rows::new(width);
    Surroundings::plain(|with| {
        lay_out_markdown(&mut rows, with, text, &mut |rows, found| {
            rows.row(&[piece(format!("<{} {}>", found.block_type.name(), found.top_level), Style::new())]);
        });
    });
    let lines: Vec<String> = rows.rows.iter().map(|row| row.line.to_string().trim_end().to_owned()).collect();
    lines.join("\n")
}

#[test]
fn paragraphs_headings_and_rules() {
    assert_eq!(
        shown("# Title\ntext *a* **b** ~~c~~\n\n---\nmore", 20),
        "Title\n\ntext a b c\n\n────────────────────\n\nmore"
    );
    assert_eq!(shown("one\ntwo\\\nthree", 20), "one\ntwo\nthree");
}

#[test]
fn lists_nest_and_count() {
    let text = "- one\n  - inner\n    text\n- two\n\n3. three\n4. four\n\n   more\n\n- [x] done\n- [ ] open";
    assert_eq!(
        shown(text, 30),
        "• one\n  ◦ inner\n    text\n• two\n\n3. three\n4. four\n\n   more\n\n• [x] done\n• [ ] open"
    );
}

#[test]
fn quotes_keep_their_bar() {
    assert_eq!(shown("> said\n>\n> - a\n\nafter", 20), "▎ said\n▎\n▎ • a\n\nafter");
}

#[test]
fn a_link_shows_where_it_leads() {
    assert_eq!(shown("[here](https://evil.example)", 60), "here ‹https://evil.example›");
    assert_eq!(shown("<https://a.example> ![logo](x.png)", 60), "https://a.example image: logo ‹x.png›");
}

#[test]
fn tables_fit_their_width() {
    let text = "| item | amount |\n|:--|--:|\n| Coffee | 12 |\n| Tea and more | 3 |";
    assert_eq!(
        shown(text, 40),
        "item          amount\n────────────  ──────\nCoffee            12\nTea and more       3"
    );
    assert_eq!(shown(text, 16), "item      amount\n────────  ──────\nCoffee        12\nTea and        3\nmore");
    assert_eq!(shown(text, 8), "item:\n  Coffee\namount:\n  12\n\nitem:\n  Tea\n  and\n  more\namount:\n  3");
}

#[test]
fn code_keeps_its_lines() {
    assert_eq!(shown("```py\na = 1\n\tb\n```\ntext", 20), "│ py\n│ a = 1\n│     b\n\ntext");
    assert_eq!(shown("    indented\n", 20), "│ indented");
}

#[test]
fn blocks_of_ours_are_left_to_the_caller() {
    let text = "a\n```codeaction\nx\n```\n> ```CodeResult y\n> z\n> ```\n";
    assert_eq!(shown(text, 40), "a\n\n<codeaction true>\n\n▎ <coderesult false>");
}

#[test]
fn entities_open_no_door() {
    assert_eq!(shown("a&#27;[31mb &#x202e;", 40), "a␛[31mb ⟨U+202E⟩");
    assert_eq!(shown("<b\u{1b}>x</b>", 40), "<b␛>x</b>");
}

proptest::proptest! {
    #[test]
    fn nothing_forbidden_comes_out_and_nothing_is_too_wide(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "# ", "- ", "> ", "1. ", "`", "```\n", "```rust\n", "| a | b |\n|--|--|\n", "**", "[x](", ")", "\n", "\n\n",
            "word ", "&#27;", "\u{1b}[2J", "\u{202e}", "日本", "<b>", "    ", "\t", "~~", "![", "]", "&#10;", "- [ ] ",
        ]), 0..24),
        width in 1_usize..50,
    ) {
        let text = parts.concat();
        let mut rows = Rows::new(width);
        Surroundings::plain(|with| { lay_out_markdown(&mut rows, with, &text, &mut |_, _| {}); });
        for row in &rows.rows {
            let line = row.line.to_string();
            proptest::prop_assert!(!line.contains(crate::safe_text::is_forbidden), "{line:?}");
        }
    }
}
