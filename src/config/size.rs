//! Sizes as people write them: `64MiB`, `512KiB`, or a plain number of bytes.

use serde::{Deserialize, Deserializer, de};

/// Reads `64MiB`, `512KiB` or `4096`.
///
/// # Errors
/// A sentence that says which forms there are.
pub fn parse(text: &str) -> Result<usize, String> {
    let wrong = || format!("`{text}` is no size: write a whole number of bytes, or one with KiB or MiB such as 64MiB");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let digits_only = digits.trim_end();
    if !digits_only.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: usize = digits_only.parse().map_err(|_| wrong())?;
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

/// For `#[serde(with = "size")]`: takes text or a plain number.
///
/// # Errors
/// As [`parse`].
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a size: a whole number of bytes, or one with KiB or MiB such as \"64MiB\"")]
    enum Written {
        Bytes(usize),
        Text(String),
    }
    match Written::deserialize(deserializer)? {
        Written::Bytes(bytes) => Ok(bytes),
        Written::Text(text) => parse(&text).map_err(de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bytes_and_units() {
        for (text, bytes) in [("4096", 4096), ("1B", 1), ("512KiB", 512 << 10), ("64 MiB", 64 << 20), ("0", 0)] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for bad in ["", "MiB", "64MB", "-1", "+1", "1.5MiB", "99999999999999999999", "18446744073709551615MiB"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
