//! Durations as people write them: `90d`, `12h`, `30m`, `45s`.

use std::{fmt, time::Duration};

use serde::{Deserializer, de};

/// Reads `90d`, `12h`, `30m` or `45s`.
///
/// # Errors
/// A sentence that says which forms there are.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration: write a whole number and a unit, such as 90d, 12h, 30m or 45s");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    // `parse` alone would take a sign too.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match &text[digits.len()..] {
        "d" => 24 * 3600,
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        _ => return Err(wrong()),
    };
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

/// For `#[serde(with = "duration")]`.
///
/// # Errors
/// As [`parse`].
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    struct Written;

    impl de::Visitor<'_> for Written {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration in quotes, such as \"90d\", \"12h\", \"30m\" or \"45s\"")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
            parse(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_unit_and_nothing_else() {
        for (text, seconds) in [("90d", 7_776_000), ("12h", 43_200), ("30m", 1_800), ("45s", 45), ("0s", 0)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in
            ["", "5", "d", "1.5h", "-1s", "+1s", "1w", "1 h", "1h30m", "99999999999999999999d", "18446744073709551615d"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
