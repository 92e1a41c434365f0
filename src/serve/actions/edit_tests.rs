use Origin::{Changed, Kept};
use proptest::prelude::*;

use super::*;

fn aligned(old: &str, new: &str) -> Vec<Origin> {
    let old: Vec<&str> = old.split_inclusive(|_: char| true).collect();
    let new: Vec<String> = new.chars().map(String::from).collect();
    align(&old, &new)
}

#[test]
fn code_that_stays_keeps_its_action() {
    assert_eq!(aligned("ab", "ab"), [Kept(0), Kept(1)]);
    assert_eq!(aligned("ab", "b"), [Kept(1)]);
    assert_eq!(aligned("ab", "a"), [Kept(0)]);
    assert_eq!(aligned("ab", "xb"), [Changed(0), Kept(1)]);
    assert_eq!(aligned("ab", "ax"), [Kept(0), Changed(1)]);
    assert_eq!(aligned("abc", "xc"), [Changed(0), Kept(2)]);
    assert_eq!(aligned("aa", "a"), [Kept(0)]);
    assert_eq!(aligned("a", ""), []);
    assert_eq!(aligned("abc", "xyz"), [Changed(0), Changed(1), Changed(2)]);
}

proptest! {
    /// Every new block has a stored one of its own, and none that is the same was taken for another.
    #[test]
    fn each_block_has_one_origin(old in "[abc]{1,8}", new in "[abcd]{0,8}") {
        let new: String = new.chars().take(old.len()).collect();
        let origins = aligned(&old, &new);
        prop_assert_eq!(origins.len(), new.len());
        let mut taken: Vec<u32> = origins.iter().map(|origin| origin.block()).collect();
        taken.sort_unstable();
        taken.dedup();
        prop_assert_eq!(taken.len(), new.len());
        for (origin, code) in origins.iter().zip(new.chars()) {
            if let Kept(block) = origin {
                prop_assert_eq!(old.chars().nth(*block as usize), Some(code));
            }
        }
        if old == new {
            prop_assert!(origins.iter().all(|origin| matches!(origin, Kept(_))));
        }
    }
}
