//! What an approval is bound to: the SHA-256 of a canonical form (RFC 8785) of what was shown.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Id;

/// RFC 8785 canonical JSON: equal documents, and only those, have equal bytes (`1` equals `1.0`).
///
/// # Errors
/// When a number in `value` is not one that JSON can hold; none that was parsed from JSON is.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(value)
}

/// The digest that binds a decision to one block's plan exactly as served: lower-case hex of the SHA-256
/// of canonical `{thread_id, message_id, block, action_items}`. `items` are that block's alone.
///
/// # Errors
/// As [`canonical`].
pub fn digest(thread_id: Id, message_id: Id, block: u32, items: &[Value]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        thread_id: Id,
        message_id: Id,
        block: u32,
        action_items: &'a [Value],
    }
    let shown = Shown { thread_id, message_id, block, action_items: items };
    Ok(hex::encode(Sha256::digest(canonical(&shown)?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn canonical_form_tells_types_apart_but_not_spellings_of_a_number() {
        let form = |text: &str| canonical(&serde_json::from_str::<Value>(text).expect("json")).expect("canonical");
        assert_eq!(form(r#"{"b":1.0,"a":1e2}"#), br#"{"a":100,"b":1}"#);
        assert_ne!(form("1"), form("true"));
        assert_ne!(form("1"), form("\"1\""));
    }

    #[test]
    fn every_part_counts() {
        let items = [json!({"id": 1, "unknown": "field"})];
        let base = digest(1, 2, 0, &items).expect("digest");
        assert_eq!(base.len(), 64);
        assert_eq!(
            base,
            hex::encode(Sha256::digest(
                br#"{"action_items":[{"id":1,"unknown":"field"}],"block":0,"message_id":2,"thread_id":1}"#
            ))
        );
        for other in [digest(2, 2, 0, &items), digest(1, 3, 0, &items), digest(1, 2, 1, &items), digest(1, 2, 0, &[])] {
            assert_ne!(base, other.expect("digest"));
        }
    }
}
