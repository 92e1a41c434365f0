//! JSON read strictly (I-JSON, RFC 7493): duplicate keys, numbers that a double does not reproduce and values
//! nested too deep are found, each with its JSON pointer. Knows no meaning of what it reads.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Number, Value, value::RawValue};

/// The largest integer that every JSON reader takes for itself: 2^53 − 1.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// As many findings as are worth telling of one document.
const MAX_FINDINGS: usize = 20;

/// A document and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it says; the first of duplicate keys counts, and `null` stands for what could not be read.
    pub value: Value,
    /// Empty for a faultless one.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("stands here twice: send each key once")]
    DuplicateKey,
    #[error("is nested too deep: at most {0} levels are read")]
    TooDeep(usize),
    #[error("is a number that a double does not reproduce: send it as a string, or with at most 15 digits")]
    Number,
}

/// The text is not JSON at all.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl From<serde_json::Error> for Malformed {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// Reads `text`. An array or object in which nothing more is nested counts as one level.
///
/// # Errors
/// When it is not JSON; the sentence says where, and quotes nothing.
pub fn read(text: &str, max_depth: usize) -> Result<Document, Malformed> {
    let raw: &RawValue = serde_json::from_str(text)?;
    let mut reader = Reader { pointer: String::new(), depth: 0, max_depth, findings: Vec::new() };
    let value = reader.value(raw)?;
    Ok(Document { value, findings: reader.findings })
}

struct Reader {
    /// Where in the document the reader is.
    pointer: String,
    depth: usize,
    max_depth: usize,
    findings: Vec<Finding>,
}

impl Reader {
    fn value(&mut self, raw: &RawValue) -> Result<Value, Malformed> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'{' | b'[') if self.depth == self.max_depth => {
                self.found(Fault::TooDeep(self.max_depth));
                Ok(Value::Null)
            }
            Some(b'{') => self.object(text),
            Some(b'[') => self.array(text),
            Some(b'-' | b'0'..=b'9') => Ok(number(text).map_or_else(
                || {
                    self.found(Fault::Number);
                    Value::Null
                },
                Value::Number,
            )),
            _ => Ok(serde_json::from_str(text)?),
        }
    }

    fn object(&mut self, text: &str) -> Result<Value, Malformed> {
        let Entries(entries) = serde_json::from_str(text)?;
        let mut object = Map::new();
        for (key, raw) in entries {
            let value = self.nested(&escaped(&key), |reader| {
                if object.contains_key(&key) {
                    reader.found(Fault::DuplicateKey);
                    return Ok(None);
                }
                reader.value(raw).map(Some)
            })?;
            if let Some(value) = value {
                object.insert(key, value);
            }
        }
        Ok(Value::Object(object))
    }

    fn array(&mut self, text: &str) -> Result<Value, Malformed> {
        let elements: Vec<&RawValue> = serde_json::from_str(text)?;
        let values = elements.iter().enumerate();
        values
            .map(|(index, raw)| self.nested(&index.to_string(), |reader| reader.value(raw)))
            .collect::<Result<_, _>>()
            .map(Value::Array)
    }

    /// Reads what stands one level further down, at `token`.
    fn nested<T>(&mut self, token: &str, read: impl FnOnce(&mut Self) -> Result<T, Malformed>) -> Result<T, Malformed> {
        let parent = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(token);
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        self.pointer.truncate(parent);
        value
    }

    fn found(&mut self, fault: Fault) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { pointer: self.pointer.clone(), fault });
        }
    }
}

/// A key as a JSON pointer writes it.
#[must_use]
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// An object's entries as they stand, duplicates included.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The number that `text` writes, where a double holds exactly that and an integer stays within ±(2^53 − 1).
fn number(text: &str) -> Option<Number> {
    if !text.contains(['.', 'e', 'E']) {
        let integer: i64 = text.parse().ok()?;
        return (-MAX_INTEGER..=MAX_INTEGER).contains(&integer).then(|| integer.into());
    }
    let double: f64 = text.parse().ok()?;
    (decimal(text)? == decimal(&format!("{double:e}"))?).then(|| Number::from_f64(double))?
}

/// A number's significant digits and the exponent of the last one.
fn decimal(text: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some((String::new(), 0));
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let exponent: i64 = exponent.parse().ok()?;
    let last = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?.checked_add(i64::try_from(trailing).ok()?)?;
    Some((significant.to_owned(), last))
}

#[cfg(test)]
#[path = "strict_json_tests.rs"]
mod tests;
