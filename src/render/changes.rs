//! Changes of records as rows: `− before`, `+ after`, and what stays the same around them, dimmed. Every value
//! is shown exactly and in full.

use serde_json::Value;

use super::{Piece, Role, Rows, Surroundings, Wrap, piece, value};
use crate::safe_text::{SafeText, width};

/// Names longer than this do not push the values of all other fields to the right.
const NAME_COLUMN: usize = 22;
/// Narrower than this, a value stands below its name.
const SIDE_BY_SIDE: usize = 36;

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Unchanged,
    Removed,
    Added,
    /// No field of the record: something else that the item says.
    Said,
}

impl Fate {
    fn sign(self) -> &'static str {
        match self {
            Self::Unchanged | Self::Said => "  ",
            Self::Removed => "− ",
            Self::Added => "+ ",
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Unchanged => Role::Dim,
            Self::Removed => Role::Removed,
            Self::Added => Role::Added,
            Self::Said => Role::Text,
        }
    }
}

/// One field with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub fate: Fate,
    pub name: SafeText,
    pub lines: Vec<SafeText>,
}

impl Field {
    pub fn new(fate: Fate, name: &str, value: &Value) -> Self {
        Self { fate, name: SafeText::exact(name), lines: value::lines(value) }
    }
}

/// What one change does to its field: what was, what will be, and anything else that it says.
pub fn of_change(change: &Value) -> Vec<Field> {
    let Some(parts) = change.as_object() else { return vec![Field::new(Fate::Said, "change", change)] };
    let name = parts.get("field").and_then(Value::as_str).unwrap_or("(no name)");
    let (before, after) = (parts.get("before"), parts.get("after"));
    let created = parts.get("after_created");
    let mut fields = Vec::new();
    let is_there = |value: &&Value| !value.is_null();
    fields.extend(before.filter(is_there).map(|before| Field::new(Fate::Removed, name, before)));
    match (after.filter(is_there), created) {
        (after, Some(created)) => fields.push(of_created(name, after, created)),
        (Some(after), None) => fields.push(Field::new(Fate::Added, name, after)),
        (None, None) => {}
    }
    align_numbers(&mut fields);
    if fields.is_empty() {
        fields.push(Field::new(Fate::Added, name, &Value::Null));
    }
    let known = ["field", "before", "after", "after_created"];
    let more = parts.iter().filter(|(key, _)| !known.contains(&key.as_str()));
    fields.extend(more.map(|(key, value)| Field::new(Fate::Said, &format!("{name}: {key}"), value)));
    fields
}

/// Two numbers below each other are easier to compare where their digits are.
fn align_numbers(fields: &mut [Field]) {
    let [before, after] = fields else { return };
    let ([before], [after]) = (before.lines.as_mut_slice(), after.lines.as_mut_slice()) else { return };
    let (Some(one), Some(other)) = (whole_part(before), whole_part(after)) else { return };
    let (shorter, padding) = if one < other { (before, other - one) } else { (after, one - other) };
    *shorter = SafeText::line(&format!("{}{shorter}", " ".repeat(padding)));
}

/// The columns before the decimal point of a number, be it one or spelt in a string.
fn whole_part(text: &str) -> Option<usize> {
    let number = text.trim_start_matches('"').trim_start_matches('-').trim_end_matches('"');
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && number.bytes().filter(|byte| *byte == b'.').count() <= 1;
    is_number.then(|| text.find('.').unwrap_or(text.trim_end_matches('"').len()))
}

/// A field that takes the id of a record which the plan creates.
fn of_created(name: &str, after: Option<&Value>, item: &Value) -> Field {
    let item = value::lines(item).into_iter().next().unwrap_or_default();
    let words = match after {
        Some(after) => {
            let after = value::lines(after).into_iter().next().unwrap_or_default();
            format!("{after} (the id of item {item})")
        }
        None => format!("the id of item {item}, once it is written"),
    };
    Field { fate: Fate::Added, name: SafeText::exact(name), lines: vec![SafeText::line(&words)] }
}

/// Lays fields out below each other, their values aligned.
pub fn lay_out_fields(rows: &mut Rows, with: &Surroundings, fields: &[Field]) {
    let names = fields.iter().map(|field| field.name.width());
    let column = names.filter(|name| *name <= NAME_COLUMN).max().unwrap_or(0);
    for field in fields {
        lay_out_field(rows, with, field, column);
    }
}

fn lay_out_field(rows: &mut Rows, with: &Surroundings, field: &Field, column: usize) {
    let style = with.style(field.fate.role());
    let name_style = with.style(if field.fate == Fate::Unchanged { Role::Dim } else { Role::Text });
    let sign = piece(field.fate.sign(), style);
    let name = marked(&field.name, name_style, with);
    let below = rows.room() < SIDE_BY_SIDE || field.name.width() > NAME_COLUMN;
    let indent = if below { 4 } else { 2 + column + 2 };
    let hang = [piece(" ".repeat(indent), style)];
    let mut lines = field.lines.iter();
    let mut first = vec![sign];
    first.extend(name);
    if below {
        rows.hanging(&first, &hang, Wrap::Exact);
    } else if let Some(line) = lines.next() {
        let padding = indent - 2 - width(&field.name);
        first.push(piece(" ".repeat(padding), style));
        first.extend(marked(line, style, with));
        rows.hanging(&first, &hang, Wrap::Exact);
    }
    for line in lines {
        let mut pieces = vec![hang[0].clone()];
        pieces.extend(marked(line, style, with));
        rows.hanging(&pieces, &hang, Wrap::Exact);
    }
}

/// Exact text with its placeholders set apart, so that they can't be taken for what they stand for.
pub fn marked(text: &SafeText, style: ratatui::style::Style, with: &Surroundings) -> Vec<Piece> {
    let is_picture = |c: char| matches!(c, '\u{2400}'..='\u{243f}');
    let mut pieces = Vec::new();
    let mut rest: &str = text;
    while let Some(at) = rest.find(|c| is_picture(c) || c == '⟨') {
        let placeholder = &rest[at..];
        let end = match placeholder.chars().next() {
            Some('⟨') => placeholder.find('⟩').map_or(placeholder.len(), |end| end + '⟩'.len_utf8()),
            Some(picture) => picture.len_utf8(),
            None => break,
        };
        if at > 0 {
            pieces.push(piece(&rest[..at], style));
        }
        pieces.push(piece(&placeholder[..end], with.style(Role::Placeholder)));
        rest = &placeholder[end..];
    }
    if !rest.is_empty() {
        pieces.push(piece(rest, style));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(width: usize, fields: &[Field]) -> Vec<String> {
        let mut rows = Rows::new(width);
        Surroundings::plain(|with| lay_out_fields(&mut rows, with, fields));
        rows.rows.iter().map(|row| row.line.to_string()).collect()
    }

    #[test]
    fn a_change_shows_both_sides() {
        let fields = of_change(&json!({"field": "amount", "before": 1250, "after": 1125, "why": "typo"}));
        assert_eq!(shown(40, &fields), ["− amount       1250", "+ amount       1125", "  amount: why  \"typo\""]);
    }

    #[test]
    fn numbers_stand_with_their_digits_below_each_other() {
        let change = |before, after| shown(40, &of_change(&json!({"field": "a", "before": before, "after": after})));
        assert_eq!(change(json!(1250), json!(95)), ["− a  1250", "+ a    95"]);
        assert_eq!(change(json!("9.5"), json!("-112.25")), ["− a     \"9.5\"", "+ a  \"-112.25\""]);
        assert_eq!(change(json!(5), json!(0.25)), ["− a  5", "+ a  0.25"]);
        assert_eq!(change(json!(5), json!("five")), ["− a  5", "+ a  \"five\""]);
        assert_eq!(change(json!("1.2.3"), json!("10")), ["− a  \"1.2.3\"", "+ a  \"10\""]);
    }

    #[test]
    fn what_comes_and_what_goes_shows_one_side() {
        assert_eq!(shown(40, &of_change(&json!({"field": "a", "before": null, "after": "x"}))), ["+ a  \"x\""]);
        assert_eq!(shown(40, &of_change(&json!({"field": "a", "before": "x", "after": null}))), ["− a  \"x\""]);
        let created = of_change(&json!({"field": "a", "before": null, "after_created": 1}));
        assert_eq!(shown(60, &created), ["+ a  the id of item 1, once it is written"]);
        let written = of_change(&json!({"field": "a", "before": null, "after": 7, "after_created": 1}));
        assert_eq!(shown(60, &written), ["+ a  7 (the id of item 1)"]);
    }

    #[test]
    fn long_values_are_wrapped_in_full() {
        let fields = of_change(&json!({"field": "note", "before": null, "after": "0123456789".repeat(5)}));
        let rows = shown(40, &fields);
        assert_eq!(rows.len(), 2);
        let joined: String = rows.iter().map(|row| row[2..].trim_start_matches("note").trim_start()).collect();
        assert_eq!(joined, format!("\"{}\"", "0123456789".repeat(5)));
        assert_eq!(shown(12, &fields)[0], "+ note", "below its name where it is narrow");
    }

    #[test]
    fn placeholders_stand_apart() {
        let style = ratatui::style::Style::new();
        Surroundings::plain(|with| {
            let texts: Vec<String> = marked(&SafeText::exact("a\u{202e}b "), style, with)
                .iter()
                .map(|piece| piece.text.to_string())
                .collect();
            assert_eq!(texts, ["a", "⟨U+202E⟩", "b", "␠"]);
        });
    }
}
