//! JSON values as a person reads them, exactly: types can be told apart (`"1"`, `1`, `true`), and nothing in
//! a string is invisible.

use serde_json::Value;

use crate::safe_text::SafeText;

/// Objects and lists that are at most this wide stand on one line.
const SHORT: usize = 72;

/// The lines of a value.
#[must_use]
pub fn lines(value: &Value) -> Vec<SafeText> {
    let text = written(value, 0);
    text.split('\n').map(SafeText::from).collect()
}

/// The value as text that is safe already: `\n` only where a new line begins.
fn written(value: &Value, depth: usize) -> String {
    let inner = "  ".repeat(depth + 1);
    let outer = "  ".repeat(depth);
    let block = |open: char, parts: Vec<String>, close: char| {
        let short = format!("{open}{}{close}", parts.join(", "));
        if parts.is_empty() || (short.len() <= SHORT && !short.contains('\n')) {
            return short;
        }
        format!("{open}\n{inner}{}\n{outer}{close}", parts.join(&format!(",\n{inner}")))
    };
    match value {
        Value::String(text) => quoted(text),
        Value::Array(values) => block('[', values.iter().map(|value| written(value, depth + 1)).collect(), ']'),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}: {}", quoted(name), written(value, depth + 1));
            block('{', fields.iter().map(field).collect(), '}')
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A string in quotes. What is between the first and the last quote is the string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", SafeText::exact(text).into_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(value: &Value) -> Vec<String> {
        lines(value).into_iter().map(SafeText::into_string).collect()
    }

    #[test]
    fn types_can_be_told_apart() {
        for (value, text) in [
            (json!(1), "1"),
            (json!("1"), "\"1\""),
            (json!(1.5), "1.5"),
            (json!(true), "true"),
            (json!(null), "null"),
            (json!(""), "\"\""),
            (json!([1, "a"]), "[1, \"a\"]"),
            (json!({"b": {}}), "{\"b\": {}}"),
        ] {
            assert_eq!(shown(&value), [text]);
        }
    }

    #[test]
    fn nothing_in_a_string_is_invisible() {
        assert_eq!(shown(&json!("a \n\u{202e}b")), ["\"a␠␊", "⟨U+202E⟩b\""]);
        assert_eq!(shown(&json!({"a\u{200b}": 1})), ["{\"a⟨U+200B⟩\": 1}"]);
    }

    #[test]
    fn large_values_are_laid_out() {
        let value = json!({"lines": [{"text": "Coffee beans, 1 kg, dark roast", "amount": 12500}, {"text": "Tea"}]});
        let expected = [
            "{",
            "  \"lines\": [",
            "    {\"amount\": 12500, \"text\": \"Coffee beans, 1 kg, dark roast\"},",
            "    {\"text\": \"Tea\"}",
            "  ]",
            "}",
        ];
        assert_eq!(shown(&value), expected);
    }
}
