//! Where on laid-out rows something stands that is searched for. A match may run on from one row to the next.

use std::ops::Range;

use crate::{
    app::find,
    render::Row,
    safe_text::{clusters, width},
};

/// A part of a match: the part of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedPart {
    pub row: usize,
    pub columns: Range<u16>,
}

/// Every match of `needle`, squeezed, in order, each in as many parts as it takes rows.
pub fn matches(rows: &[Row], needle: &str) -> Vec<Vec<MarkedPart>> {
    if needle.is_empty() {
        return Vec::new();
    }
    let (text, places) = squeezed(rows);
    text.match_indices(needle).map(|(at, found)| parts(&places[at..at + found.len()])).collect()
}

/// The rows' text as it is compared, and for every byte of it where it stands.
fn squeezed(rows: &[Row]) -> (String, Vec<(usize, u16, u16)>) {
    let (mut text, mut places) = (String::new(), Vec::new());
    for (number, row) in rows.iter().enumerate() {
        let mut column = 0_u16;
        for cluster in row.line.spans.iter().flat_map(|span| clusters(&span.content)) {
            let columns = u16::try_from(width(cluster)).unwrap_or(0);
            if cluster.chars().any(find::counts) {
                text.push_str(&find::squeezed(cluster));
                places.resize(text.len(), (number, column, columns));
            }
            column = column.saturating_add(columns);
        }
    }
    (text, places)
}

fn parts(places: &[(usize, u16, u16)]) -> Vec<MarkedPart> {
    let mut parts: Vec<MarkedPart> = Vec::new();
    for (row, column, columns) in places {
        let end = column.saturating_add(*columns);
        match parts.last_mut() {
            Some(last) if last.row == *row => last.columns.end = end,
            _ => parts.push(MarkedPart { row: *row, columns: *column..end }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;
    use crate::render::{Rows, Wrap, piece};

    #[test]
    fn a_match_runs_on_over_rows_and_bars() {
        let mut rows = Rows::new(12);
        rows.push_prefix(None, vec![piece("│ ", Style::new())]);
        rows.text(&[piece("order the BEANS today, 日本 beans", Style::new())], Wrap::Words);
        let found = matches(&rows.rows, &find::squeezed("the beans"));
        let part = |row, columns| MarkedPart { row, columns };
        assert_eq!(found, [vec![part(0, 8..11), part(1, 2..7)]]);
        assert_eq!(matches(&rows.rows, "beans").len(), 2);
        assert_eq!(matches(&rows.rows, "本"), [vec![part(3, 2..4)]]);
        assert!(matches(&rows.rows, "").is_empty());
    }
}
