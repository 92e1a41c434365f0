//! `coderesult` blocks: what stands in them, and where they stand in a text. No store.

use serde::Serialize;
use serde_json::Value;

use crate::{
    api::{ActionError, Mode},
    blocks::{self, BlockType},
    serve::model::StoreError,
};

/// The content of one `coderesult` block.
pub fn result_json(
    mode: Mode,
    items: &[Value],
    output: Option<&str>,
    error: Option<&ActionError>,
) -> Result<String, StoreError> {
    #[derive(Serialize)]
    struct Content<'a> {
        error: Option<&'a ActionError>,
        items: &'a [Value],
        mode: Mode,
        output: Option<&'a str>,
    }
    serde_json::to_string(&Content { error, items, mode, output })
        .map_err(|_| StoreError::Internal("a result has no JSON form".to_owned()))
}

/// `text` with exactly these results after its codeactions, in order; those that stood in it are gone.
pub fn with_results(text: &str, results: &[String]) -> String {
    blocks::insert_results(&without_results(text), results)
}

/// `text` without its top-level `coderesult` blocks and the line break before each.
fn without_results(text: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut done = 0;
    for block in blocks::parse(text).of_type(BlockType::CodeResult) {
        let before = &text[done..block.span.start];
        rest.push_str(before.strip_suffix('\n').unwrap_or(before));
        done = block.span.end;
    }
    rest.push_str(&text[done..]);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn putting_results_in_again_replaces_them() {
        for text in [
            "Hi\n```codeaction\nx\n```\nthere\n\n~~~codeaction\ny\n~~~",
            "```codeaction\r\nx\r\n```\r\nthere\r\n```codeaction\r\ny\r\n```\r\n",
            "```codeaction\nx\n```\n```codeaction\nunclosed",
        ] {
            let results = |word: &str| [format!("\"{word} one\""), format!("\"{word} two\"")];
            let first = with_results(text, &results("first"));
            let second = with_results(&first, &results("second"));
            assert!(first.contains("first two"), "{first}");
            assert_eq!(second, first.replace("first", "second"));
            assert_eq!(blocks::redact(&second), blocks::redact(&first));
        }
    }
}
