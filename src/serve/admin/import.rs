//! Records from JSON lines: `{"type", "id"?, "fields"}`. Every line is judged before anything is stored.

use std::{
    io::{self, Read},
    path::Path,
};

use serde_json::{Map, Value};

use super::AdminError;
use crate::{
    api::canonical,
    serve::{
        fields,
        store::query::RecordDraft,
        strict_json::{self, Fault, MAX_INTEGER},
    },
};

/// Bytes that a record's fields may have in canonical form.
const MAX_BYTES: usize = 64 << 10;
/// Levels of arrays and objects in a record's fields, the fields themselves included.
const MAX_LEVELS: usize = 32;

/// The text of a file, or of stdin for `-`.
pub fn read(path: &Path) -> Result<String, AdminError> {
    let text = if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|reason| AdminError::CannotRead { path: path.to_path_buf(), reason })
}

/// The records of all lines that are not blank, and the number of each one's line. A byte order mark, which
/// some editors put first, is skipped.
pub fn parse(text: &str, path: &Path) -> Result<(Vec<RecordDraft>, Vec<usize>), AdminError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let mut drafts = Vec::new();
    let mut numbers = Vec::new();
    for (number, line) in lines {
        let draft =
            record(line).map_err(|detail| AdminError::Line { path: path.to_path_buf(), line: number, detail })?;
        drafts.push(draft);
        numbers.push(number);
    }
    Ok((drafts, numbers))
}

/// One record, or what is wrong with its line.
fn record(line: &str) -> Result<RecordDraft, String> {
    let document = strict_json::read(line, MAX_LEVELS + 1).map_err(|error| format!("this is not JSON: {error}"))?;
    if let Some(finding) = document.findings.first() {
        return Err(match finding.fault {
            Fault::TooDeep(_) => format!("{} is nested too deep: fields may have {MAX_LEVELS} levels", finding.pointer),
            fault => format!("{} {fault}", finding.pointer),
        });
    }
    let Value::Object(mut object) = document.value else {
        return Err(r#"a record is an object: {"type": "invoice", "fields": {…}}"#.to_owned());
    };
    let record_type = match object.remove("type") {
        Some(Value::String(name)) if !name.trim().is_empty() && !name.contains(char::is_control) => name,
        _ => return Err("`type` must be a string that is not blank".to_owned()),
    };
    let id = match object.remove("id") {
        None | Some(Value::Null) => None,
        Some(id) => Some(
            id.as_i64()
                .filter(|id| (1..=MAX_INTEGER).contains(id))
                .ok_or("`id` must be a positive integer below 2^53")?,
        ),
    };
    let Some(Value::Object(fields)) = object.remove("fields") else {
        return Err("`fields` must be an object".to_owned());
    };
    if let Some(unknown) = object.keys().next() {
        return Err(format!("`{unknown}` is not known: a record has `type`, `id` and `fields`"));
    }
    Ok(RecordDraft { record_type, id, fields: checked(fields)? })
}

/// `fields` without those that are `null`, which is as good as absent.
fn checked(mut fields: Map<String, Value>) -> Result<Map<String, Value>, String> {
    fields::check(&fields).map_err(|fault| fault.to_string())?;
    fields.retain(|_, value| !value.is_null());
    let size = canonical(&fields).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err(format!("the fields have {size} bytes: {MAX_BYTES} are the most"));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(line: &str) -> String {
        record(line).expect_err(line)
    }

    #[test]
    fn a_line_is_a_record() {
        let draft = record(r#"{"type":"invoice","id":7,"fields":{"amount":129900,"rate":0.25,"gone":null}}"#)
            .expect("a record");
        assert_eq!((draft.record_type.as_str(), draft.id), ("invoice", Some(7)));
        assert_eq!(Value::Object(draft.fields), json!({"amount": 129_900, "rate": 0.25}));
    }

    #[test]
    fn whatever_would_be_lost_or_misread_is_refused() {
        for (line, why) in [
            ("[]", "object"),
            ("{", "not JSON"),
            (r#"{"fields":{}}"#, "`type`"),
            (r#"{"type":" ","fields":{}}"#, "`type`"),
            (r#"{"type":"a"}"#, "`fields`"),
            (r#"{"type":"a","fields":[]}"#, "`fields`"),
            (r#"{"type":"a","id":0,"fields":{}}"#, "`id`"),
            (r#"{"type":"a","id":"1","fields":{}}"#, "`id`"),
            (r#"{"type":"a","fields":{},"extra":1}"#, "`extra`"),
            (r#"{"type":"a","fields":{"id":1}}"#, "named `id`"),
            (r#"{"type":"a","fields":{"type":1}}"#, "named `type`"),
            (r#"{"type":"a","fields":{"":1}}"#, "empty name"),
            (r#"{"type":"a","fields":{"a\u0000b":1}}"#, "NUL"),
            (r#"{"type":"a","fields":{"x":["a\u0000"]}}"#, "`x` contains the character NUL"),
            (r#"{"type":"a","fields":{"x":{"a\u0000":1}}}"#, "`x` contains the character NUL"),
            (r#"{"type":"a","fields":{"x":1,"x":1}}"#, "/fields/x"),
            (r#"{"type":"a","fields":{"x":0.1000000000000000055511151231257827}}"#, "/fields/x"),
            (r#"{"type":"a","fields":{"x":[9007199254740992]}}"#, "/fields/x/0"),
        ] {
            assert!(refusal(line).contains(why), "{line}: {}", refusal(line));
        }
    }

    #[test]
    fn size_and_depth_have_a_limit_each() {
        let sized =
            |bytes: usize| format!(r#"{{"type":"a","fields":{{"x":"{}"}}}}"#, "y".repeat(bytes - r#"{"x":""}"#.len()));
        assert!(record(&sized(MAX_BYTES)).is_ok());
        assert!(refusal(&sized(MAX_BYTES + 1)).contains("65537 bytes"));
        let deep = |levels: usize| {
            format!(r#"{{"type":"a","fields":{{"x":{}{}}}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1))
        };
        assert!(record(&deep(MAX_LEVELS)).is_ok());
        assert!(refusal(&deep(MAX_LEVELS + 1)).contains("32 levels"));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        let path = Path::new("records.jsonl");
        let good = r#"{"type":"a","fields":{}}"#;
        let (drafts, lines) = parse(&format!("\u{feff}{good}\n"), path).expect("records");
        assert_eq!((drafts.len(), lines), (1, vec![1]));
        assert!(parse(&format!("{good}\n\u{feff}{good}\n"), path).is_err(), "only in front of the file");
    }

    #[test]
    fn blank_lines_count_as_lines_but_not_as_records() {
        let path = Path::new("records.jsonl");
        let good = r#"{"type":"a","fields":{}}"#;
        let (drafts, lines) = parse(&format!("\n{good}\r\n\n{good}"), path).expect("records");
        assert_eq!((drafts.len(), lines), (2, vec![2, 4]));
        let error = parse(&format!("{good}\n\nnonsense\n"), path).expect_err("line 3");
        assert!(error.to_string().starts_with("records.jsonl: line 3: "), "{error}");
    }
}
