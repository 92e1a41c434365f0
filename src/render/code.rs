//! A block of code: its language, a line at its left, its own lines unbroken as far as they fit.

use super::{
    Role, Rows, Surroundings,
    highlight::{Highlights, Job},
    piece,
    rows::Piece,
};
use crate::safe_text::SafeText;

/// Lays out a block and returns the job that would make it more readable, where that has not been done.
pub fn lay_out_code(rows: &mut Rows, with: &Surroundings, language: &str, code: &str) -> Option<Job> {
    let code = SafeText::message(code.strip_suffix('\n').unwrap_or(code));
    let job = Job::of(language, &code);
    let done = job.as_ref().and_then(|job| (with.highlights)(job.key));
    let bar = piece("│ ", with.style(Role::Dim));
    rows.push_prefix(None, vec![bar]);
    if !language.is_empty() {
        rows.row(&[piece(language, with.style(Role::Dim))]);
    }
    for (number, line) in code.split('\n').enumerate() {
        rows.code(&pieces(line, number, done.as_deref(), with));
    }
    rows.pop_prefix();
    job.filter(|_| done.is_none())
}

fn pieces(line: &str, number: usize, highlights: Option<&Highlights>, with: &Surroundings) -> Vec<Piece> {
    let parts = highlights.and_then(|lines| lines.get(number)).map_or(&[][..], Vec::as_slice);
    let mut pieces = Vec::new();
    let mut done = 0;
    for (range, role) in parts {
        // Ranges are of this very text; one that does not fit it is left out.
        let (Some(before), Some(part)) = (line.get(done..range.start), line.get(range.clone())) else { continue };
        pieces.push(piece(before, with.style(Role::Code)));
        pieces.push(piece(part, with.style(*role)));
        done = range.end;
    }
    pieces.push(piece(line.get(done..).unwrap_or_default(), with.style(Role::Code)));
    pieces
}
