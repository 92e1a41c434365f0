//! Finding text: how it is folded before it is compared. What is searched in is decided by
//! [`served`](super::served); where it is kept, by the store.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

/// `text` as it is compared: NFC, then full Unicode case folding of each character. The same for what is
/// searched in and what is searched for, so a substring of the one is found in the other.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.nfc().default_case_fold().collect() }
}

/// Whether `text` holds `query`. Indexes may narrow; this decides.
#[must_use]
pub fn contains(text: &str, query: &str) -> bool {
    fold(text).contains(&fold(query))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_composition_do_not_matter() {
        for (text, query) in [
            ("ÆRLIG talt", "ærlig"),
            ("Straße", "strasse"),
            ("STRASSE", "ß"),
            ("ΟΔΟΣ οδος", "οδοσ"),
            ("οδοσ", "ΟΔΟΣ"),
            ("οδος", "οδοσ"),
            ("A\u{30a}rsrapport", "årsrapport"),
            ("İstanbul", "i\u{307}stanbul"),
            ("100 % \\ _ \"x\"", "% \\ _ \"X\""),
            ("👩‍👩‍👧 familie", "👩‍👩‍👧"),
        ] {
            assert!(contains(text, query), "{query} in {text}");
        }
        assert!(!contains("Straße", "strase"));
    }

    proptest! {
        #[test]
        fn folding_ascii_takes_no_short_cut_to_another_answer(text in "[ -~\n\t]{0,40}") {
            let long_way: String = text.nfc().default_case_fold().collect();
            prop_assert_eq!(fold(&text), long_way);
        }

        #[test]
        fn every_text_holds_what_it_is_made_of(before in "[a-zA-Z ]{0,5}", word in "[ßİςΣÆa-zA-Z%_]{1,6}", after in "[a-zA-Z ]{0,5}") {
            let text = format!("{before}{word}{after}");
            prop_assert!(contains(&text, &word));
            prop_assert!(contains(&text.to_uppercase(), &word) || word.contains('İ'));
        }
    }
}
