//! A bearer token, kept from being shown by accident. Where it comes from is `config`'s matter.

use std::fmt;

/// A bearer token. Neither `Debug` nor any error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token as it was pasted or read from a file: white space around it is not part of it.
    /// `None` when nothing is left, or when it holds what no HTTP header can (control characters, non-ASCII).
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let token = text.trim();
        let sendable = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        sendable.then(|| Self(token.to_owned()))
    }

    /// The secret itself: for the `Authorization` header and for the place where `login` keeps it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_trimmed_checked_and_never_shown() {
        let token = Token::new(" secret-1\n").expect("a token");
        assert_eq!(token.reveal(), "secret-1");
        assert!(!format!("{token:?}").contains("secret"));
        for bad in ["", " \n", "two words", "ål", "a\u{7}b"] {
            assert_eq!(Token::new(bad), None, "{bad:?}");
        }
    }
}
