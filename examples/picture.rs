//! Draws the product's real screen into an SVG: runs the demo in a pseudo-terminal, types keys, and writes
//! what a person would see. Build the binary first, then:
//!
//! `cargo run --features serve --example picture -- target/debug/countersign assets/review.svg 120x36 j a`
//! (`assets/threads.svg 120x34 j` and `assets/light.svg 100x30 --light j $'\r'` make the others)
//!
//! The last arguments are typed one after the other, each after the screen has come to rest; a word that
//! begins with `wait:` waits for the rest of it to be on the screen.
//! `--light` draws a light terminal.

// Helpers of tests and benches may give up loudly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/support/terminal.rs"]
#[allow(dead_code)]
mod terminal;

use std::{fmt::Write, time::Duration};

use terminal::Terminal;

const CELL: (f32, f32) = (8.4, 18.0);
const DARK: Palette = Palette {
    ink: "#d4d4d4",
    paper: "#1e1e1e",
    ansi: [
        "#3b3b3b", "#d7595a", "#6fa65a", "#c0a04c", "#5b8fd0", "#b070c0", "#4fa8a8", "#c8c8c8", "#7a7a7a", "#f07a7a",
        "#94cc7c", "#e8c86a", "#86b4f0", "#d49ae0", "#7ccccc", "#f4f4f4",
    ],
};
const LIGHT: Palette = Palette {
    ink: "#2b2b2b",
    paper: "#fbfbf8",
    ansi: [
        "#2b2b2b", "#b3282d", "#39751f", "#8a6a00", "#1f5fb0", "#8a3aa0", "#1c7a7a", "#8a8a8a", "#6a6a6a", "#c8383d",
        "#498a2c", "#9c7a00", "#2f72c8", "#9c4ab2", "#2a8c8c", "#b8b8b8",
    ],
};

struct Palette {
    ink: &'static str,
    paper: &'static str,
    ansi: [&'static str; 16],
}

impl Palette {
    fn color(&self, color: vt100::Color, default: &str) -> String {
        match color {
            vt100::Color::Default => default.to_owned(),
            vt100::Color::Idx(index @ 0..16) => self.ansi[usize::from(index)].to_owned(),
            vt100::Color::Idx(index @ 16..232) => {
                let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * u32::from(n) };
                let cube = index - 16;
                format!("#{:02x}{:02x}{:02x}", level(cube / 36), level(cube / 6 % 6), level(cube % 6))
            }
            vt100::Color::Idx(grey) => {
                let level = 8 + 10 * (u32::from(grey) - 232);
                format!("#{level:02x}{level:02x}{level:02x}")
            }
            vt100::Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
        }
    }
}

fn main() {
    let (flags, words): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|word| word == "--light");
    let [binary, out, size, keys @ ..] = words.as_slice() else {
        eprintln!("usage: picture BINARY OUT.svg COLUMNSxROWS [KEYS ...] [--light]");
        std::process::exit(2);
    };
    let size = size
        .split_once('x')
        .and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)))
        .unwrap_or((120, 36));
    let home = tempfile::tempdir().expect("a folder");
    let home_path = home.path().to_string_lossy().into_owned();
    let binary = std::fs::canonicalize(binary).expect("the program is there");
    let mut terminal = Terminal::start(binary, &["demo"], &[("HOME", &home_path)], size);
    come_to_rest(&terminal);
    for key in keys {
        match key.strip_prefix("wait:") {
            Some(text) => drop(terminal.wait_for(text)),
            None => terminal.send(key),
        }
        come_to_rest(&terminal);
    }
    let palette = if flags.is_empty() { &DARK } else { &LIGHT };
    let svg = terminal.look(|screen| draw(screen, palette));
    std::fs::write(out, svg).expect("the picture can be written");
}

/// Returns when nothing new has been written for a while.
fn come_to_rest(terminal: &Terminal) {
    let mut before = usize::MAX;
    loop {
        let now = terminal.bytes().len();
        if now == before && now > 0 {
            return;
        }
        before = now;
        std::thread::sleep(Duration::from_millis(600));
    }
}

fn draw(screen: &vt100::Screen, palette: &Palette) -> String {
    let (rows, columns) = screen.size();
    let (width, height) = (f32::from(columns.get()) * CELL.0, f32::from(rows.get()) * CELL.1);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{:.0}\" height=\"{:.0}\" font-size=\"14\" \
         font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{}\"/>\n<g transform=\"translate(12 12)\">\n",
        width + 24.0,
        height + 24.0,
        palette.paper
    );
    for row in 0..rows.get() {
        let cells = (0..columns.get()).filter_map(|column| Some((column, screen.cell(row, column)?)));
        let runs = runs(cells.filter(|(_, cell)| !cell.is_wide_continuation()), palette);
        for run in runs {
            draw_run(&mut svg, row, &run, palette);
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Neighbouring cells that look alike.
struct Run {
    column: u16,
    cells: u16,
    text: String,
    ink: String,
    paper: String,
    style: &'static str,
    dim: bool,
}

fn runs<'a>(cells: impl Iterator<Item = (u16, &'a vt100::Cell)>, palette: &Palette) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (column, cell) in cells {
        let mut ink = palette.color(cell.fgcolor(), palette.ink);
        let mut paper = palette.color(cell.bgcolor(), palette.paper);
        if cell.inverse() {
            std::mem::swap(&mut ink, &mut paper);
        }
        let style = match (cell.bold(), cell.italic(), cell.underline()) {
            (true, _, _) => " font-weight=\"bold\"",
            (_, true, _) => " font-style=\"italic\"",
            (_, _, true) => " text-decoration=\"underline\"",
            _ => "",
        };
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let cells = if cell.is_wide() { 2 } else { 1 };
        match runs.last_mut() {
            Some(last)
                if last.ink == ink
                    && last.paper == paper
                    && last.style == style
                    && last.dim == cell.dim()
                    && text.is_ascii() =>
            {
                last.text.push_str(text);
                last.cells += cells;
            }
            _ => runs.push(Run { column, cells, text: text.to_owned(), ink, paper, style, dim: cell.dim() }),
        }
    }
    runs
}

fn draw_run(svg: &mut String, row: u16, run: &Run, palette: &Palette) {
    let (x, y) = (f32::from(run.column) * CELL.0, f32::from(row) * CELL.1);
    let width = f32::from(run.cells) * CELL.0;
    if run.paper != palette.paper {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{}\"/>",
            CELL.1, run.paper
        );
    }
    if run.text.trim().is_empty() {
        return;
    }
    let text = run.text.replace('&', "&amp;").replace('<', "&lt;");
    let opacity = if run.dim { " opacity=\"0.6\"" } else { "" };
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" xml:space=\"preserve\" fill=\"{}\"{}{opacity}>{text}</text>",
        y + 13.5,
        run.ink,
        run.style
    );
}
