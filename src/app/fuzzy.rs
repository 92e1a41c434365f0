//! How well a few typed letters fit a name: all of them have to occur in it in their order, and the closer
//! together and the nearer to the beginnings of words, the better.

/// For a letter that fits, at the beginning of a word, and right after the one before.
const FITS: i32 = 1;
const STARTS_WORD: i32 = 8;
const FOLLOWS: i32 = 6;
/// Names are looked at no further than this.
const LONGEST: usize = 200;

/// How well `typed` fits `name`; `None`: not at all. Words of `typed` may stand anywhere in the name.
#[must_use]
pub fn score(typed: &str, name: &str) -> Option<i32> {
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).take(LONGEST).collect();
    let words = typed.split_whitespace().map(|word| word.chars().flat_map(char::to_lowercase).collect::<Vec<char>>());
    words.map(|word| of_word(&word, &name)).sum::<Option<i32>>().map(|score| score * 8 - length(&name))
}

/// Of equals the shorter name is the nearer one.
fn length(name: &[char]) -> i32 {
    i32::try_from(name.len()).unwrap_or(i32::MAX / 2)
}

/// The best way to find the letters of `word` in `name`, one after the other.
fn of_word(word: &[char], name: &[char]) -> Option<i32> {
    // best[at]: the best score of the letters so far, the last of them at `at`.
    let mut best: Vec<Option<i32>> = Vec::new();
    for (nth, letter) in word.iter().enumerate() {
        let mut next = vec![None; name.len()];
        let mut before: Option<i32> = None;
        for at in 0..name.len() {
            let far = before;
            let near = at.checked_sub(1).and_then(|left| best.get(left).copied().flatten());
            before = before.max(near);
            if name.get(at) != Some(letter) {
                continue;
            }
            let starts = at.checked_sub(1).and_then(|left| name.get(left)).is_none_or(|left| !left.is_alphanumeric());
            let here = if starts { FITS + STARTS_WORD } else { FITS };
            let reached = if nth == 0 { Some(0) } else { near.map(|score| score + FOLLOWS).max(far) };
            if let (Some(cell), Some(reached)) = (next.get_mut(at), reached) {
                *cell = Some(reached + here);
            }
        }
        best = next;
    }
    best.into_iter().flatten().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that fit, the best first.
    fn found<'a>(typed: &str, names: &[&'a str]) -> Vec<&'a str> {
        let mut found: Vec<_> = names.iter().filter_map(|name| Some((score(typed, name)?, *name))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn letters_have_to_come_in_order_and_may_leave_gaps() {
        assert_eq!(found("crin", &["Credit on invoice 2041", "Incredible", "Reminders"]), ["Credit on invoice 2041"]);
        assert_eq!(found("ÆR", &["ærlig"]), ["ærlig"]);
        assert_eq!(score("x", ""), None);
    }

    #[test]
    fn whole_words_and_their_beginnings_come_first() {
        let names = ["filter the threads", "leave the filter", "find threads", "the felt interval"];
        assert_eq!(found("filter", &names)[..2], ["leave the filter", "filter the threads"]);
        assert_eq!(found("ft", &["after that", "filter the threads"])[0], "filter the threads");
        assert_eq!(found("2041 cred", &["Credit on invoice 2041", "Order 2041"]), ["Credit on invoice 2041"]);
    }

    #[test]
    fn nothing_typed_fits_everything() {
        assert!(score("", "anything").is_some() && score("  ", "anything").is_some());
    }
}
