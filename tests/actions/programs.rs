//! The corpus of hostile programs: those in `attacks.txt`, and deep or huge source that is made here.

const CORPUS: &str = include_str!("attacks.txt");

/// A program, and the types of error that may end it; none: it may also come to a good end.
pub struct Program {
    pub code: String,
    pub may_end_with: Vec<&'static str>,
}

/// All of them.
pub fn programs() -> Vec<Program> {
    let written = CORPUS.split("=== ").skip(1).map(|section| {
        let (types, code) = section.split_once('\n').expect("types, then a program");
        let code = code.split("\n\n# ").next().unwrap_or_default().trim_end();
        Program { code: code.to_owned(), may_end_with: types.split(' ').collect() }
    });
    written.chain(deep_source()).collect()
}

/// The parser's own limit on depth, the stack's, or what the broken program would do next.
const DEEP: [&str; 5] = ["SyntaxError", "RecursionError", "SandboxError", "MemoryError", "NameError"];

fn deep_source() -> impl Iterator<Item = Program> {
    let nested = |open: &str, close: &str, depth: usize| format!("x = {}1{}", open.repeat(depth), close.repeat(depth));
    let indented: Vec<String> = (0..200).map(|depth| format!("{}if 1:", " ".repeat(depth))).collect();
    let deep = [
        nested("(", ")", 20_000),
        nested("[", "]", 20_000),
        nested("{1:", "}", 15_000),
        nested("-", "", 50_000),
        nested("not ", "", 15_000),
        nested("lambda: ", "", 7_000),
        nested("f'{", "}'", 10_000),
        nested("f(", ")", 15_000),
        format!("x = a{}", ".b".repeat(30_000)),
        format!("x = a{}", "[0]".repeat(20_000)),
        format!("x = {}", "1 if 1 else ".repeat(5_000)),
        format!("{}\n{}x", indented.join("\n"), " ".repeat(200)),
    ];
    let harmless = [format!("x = 1{}", " + 1".repeat(15_000)), format!("x = {}", "9".repeat(60_000))];
    let deep = deep.into_iter().map(|code| Program { code, may_end_with: DEEP.to_vec() });
    deep.chain(harmless.into_iter().map(|code| Program { code, may_end_with: Vec::new() }))
}
