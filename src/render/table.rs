//! Tables: columns as wide as they need, narrowed where they don't fit; where even that is too narrow to read,
//! one row below the other.

use pulldown_cmark::Alignment;
use ratatui::style::Style;

use super::{Piece, Role, Rows, Surroundings, Wrap, piece};
use crate::safe_text::width;

/// Between columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const NARROWEST: usize = 6;

/// A table being read.
#[derive(Clone, Debug)]
pub struct Table {
    alignments: Vec<Alignment>,
    /// The head first; cells as pieces.
    rows: Vec<Vec<Vec<Piece>>>,
}

impl Table {
    pub fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, rows: Vec::new() }
    }

    pub fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub fn push_cell(&mut self, cell: Vec<Piece>) {
        if let Some(row) = self.rows.last_mut() {
            row.push(cell);
        }
    }

    pub fn lay_out(&self, rows: &mut Rows, with: &Surroundings) {
        let columns = self.alignments.len();
        if columns == 0 {
            return;
        }
        let gaps = GAP * (columns - 1);
        match fitted(&self.natural_widths(), rows.room().saturating_sub(gaps)) {
            Some(widths) => self.side_by_side(rows, with, &widths),
            None => self.one_below_the_other(rows, with),
        }
    }

    fn natural_widths(&self) -> Vec<usize> {
        let widest =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell_width(cell)).max();
        (0..self.alignments.len()).map(|column| widest(column).unwrap_or(0).max(1)).collect()
    }

    fn side_by_side(&self, rows: &mut Rows, with: &Surroundings, widths: &[usize]) {
        for (number, row) in self.rows.iter().enumerate() {
            let head = number == 0;
            let cells: Vec<Vec<Vec<Piece>>> = (0..widths.len())
                .map(|column| wrapped(row.get(column).map_or(&[][..], Vec::as_slice), widths[column], head, with))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for line in 0..height {
                let mut pieces = Vec::new();
                for (column, cell) in cells.iter().enumerate() {
                    if column > 0 {
                        pieces.push(piece(" ".repeat(GAP), Style::new()));
                    }
                    let content = cell.get(line).map_or(&[][..], Vec::as_slice);
                    pieces.extend(aligned(content, widths[column], self.alignments[column]));
                }
                rows.row(&pieces);
            }
            if head {
                let rules: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                rows.row(&[piece(rules.join(&" ".repeat(GAP)), with.style(Role::Dim))]);
            }
        }
    }

    fn one_below_the_other(&self, rows: &mut Rows, with: &Surroundings) {
        let Some((head, body)) = self.rows.split_first() else { return };
        for row in body {
            rows.gap();
            for (column, cell) in row.iter().enumerate() {
                let mut pieces: Vec<Piece> = head.get(column).cloned().unwrap_or_default();
                pieces.push(piece(": ", Style::new()));
                for name in &mut pieces {
                    name.style = with.style(Role::Dim);
                }
                pieces.extend(cell.iter().cloned());
                rows.hanging(&pieces, &[piece("  ", Style::new())], Wrap::Words);
            }
        }
    }
}

/// Widths that fit into `room`: the widest columns give way first. `None`: not without becoming unreadable.
fn fitted(natural: &[usize], room: usize) -> Option<Vec<usize>> {
    let total: usize = natural.iter().sum();
    if total <= room {
        return Some(natural.to_vec());
    }
    let least: usize = natural.iter().map(|width| (*width).min(NARROWEST)).sum();
    if least > room {
        return None;
    }
    // The limit that, put on every column, makes them fit.
    let limit =
        (NARROWEST..=room).rev().find(|limit| natural.iter().map(|width| width.min(limit)).sum::<usize>() <= room)?;
    Some(natural.iter().map(|width| (*width).min(limit)).collect())
}

fn cell_width(cell: &[Piece]) -> usize {
    cell.iter().map(|piece| piece.text.width()).sum()
}

/// A cell's lines at a width.
fn wrapped(cell: &[Piece], columns: usize, head: bool, with: &Surroundings) -> Vec<Vec<Piece>> {
    let strong = with.style(Role::Strong);
    let styled: Vec<Piece> = cell
        .iter()
        .map(|part| if head { Piece { style: part.style.patch(strong), ..part.clone() } } else { part.clone() })
        .collect();
    let mut rows = Rows::new(columns);
    rows.text(&styled, Wrap::Words);
    let spans_of =
        |row: super::Row| row.line.spans.into_iter().map(|span| piece(span.content.into_owned(), span.style));
    rows.rows.into_iter().map(|row| spans_of(row).collect()).collect()
}

fn aligned(content: &[Piece], columns: usize, alignment: Alignment) -> Vec<Piece> {
    let used: usize = content.iter().map(|piece| width(&piece.text)).sum();
    let free = columns.saturating_sub(used);
    let before = match alignment {
        Alignment::Right => free,
        Alignment::Center => free / 2,
        Alignment::Left | Alignment::None => 0,
    };
    let spaces = |count: usize| piece(" ".repeat(count), Style::new());
    let mut pieces = vec![spaces(before)];
    pieces.extend(content.iter().cloned());
    pieces.push(spaces(free - before));
    pieces
}
