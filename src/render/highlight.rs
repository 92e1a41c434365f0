//! Which part of a piece of code is what, by its language. Slow, so it runs off the drawing thread: code is
//! shown plain first, and again when this is done.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
    sync::Arc,
};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::Role;

/// Longer blocks stay plain, in bytes.
pub const LONGEST_BLOCK: usize = 48 << 10;
/// Blocks with a longer line stay plain, in bytes.
const LONGEST_LINE: usize = 2_000;

/// Code that is to be highlighted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub key: Key,
    pub language: String,
    pub code: String,
}

/// Names one piece of code in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u64);

/// The parts of each line that are something special: byte ranges, in order, without overlap.
pub type Highlights = Vec<Vec<(Range<usize>, Role)>>;

/// What a [`Job`] came to.
#[derive(Clone, Debug)]
pub struct Done {
    pub key: Key,
    pub highlights: Arc<Highlights>,
}

impl Job {
    /// The job for a block, unless it stays plain whatever happens.
    #[must_use]
    pub fn of(language: &str, code: &str) -> Option<Self> {
        let plain =
            language.is_empty() || code.len() > LONGEST_BLOCK || code.lines().any(|line| line.len() > LONGEST_LINE);
        if plain {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        (language, code).hash(&mut hasher);
        Some(Self { key: Key(hasher.finish()), language: language.to_owned(), code: code.to_owned() })
    }
}

/// All languages. Loading them takes milliseconds and megabytes: only where code is shown.
pub struct Highlighter {
    syntaxes: SyntaxSet,
    scopes: Vec<(Scope, Role)>,
}

/// What scopes mean, the more exact ones first.
const SCOPES: [(&str, Role); 16] = [
    ("comment", Role::CodeComment),
    ("constant.character.escape", Role::CodeNumber),
    ("string", Role::CodeString),
    ("constant.numeric", Role::CodeNumber),
    ("constant", Role::CodeNumber),
    ("keyword.operator.word", Role::CodeKeyword),
    ("keyword.operator", Role::CodeOperator),
    ("keyword", Role::CodeKeyword),
    ("storage", Role::CodeKeyword),
    ("entity.name.function", Role::CodeFunction),
    ("variable.function", Role::CodeFunction),
    ("support.function", Role::CodeFunction),
    ("entity.name.tag", Role::CodeKeyword),
    ("entity.name", Role::CodeType),
    ("support.type", Role::CodeType),
    ("support.class", Role::CodeType),
];

impl Default for Highlighter {
    fn default() -> Self {
        let scopes = SCOPES.iter().filter_map(|(name, role)| Some((Scope::new(name).ok()?, *role))).collect();
        Self { syntaxes: two_face::syntax::extra_newlines(), scopes }
    }
}

impl Highlighter {
    /// Does a job. In a language that nobody knows nothing is special.
    #[must_use]
    pub fn run(&self, job: &Job) -> Done {
        let syntax = self.syntaxes.find_syntax_by_token(&job.language);
        let highlights = syntax.map(|syntax| self.highlights(syntax, &job.code)).unwrap_or_default();
        Done { key: job.key, highlights: Arc::new(highlights) }
    }

    fn highlights(&self, syntax: &SyntaxReference, code: &str) -> Highlights {
        let mut state = ParseState::new(syntax);
        let mut stack = ScopeStack::new();
        let mut all = Vec::new();
        for line in code.split('\n') {
            let with_end = format!("{line}\n");
            // A syntax that fails on a line leaves the rest plain.
            let Ok(changes) = state.parse_line(&with_end, &self.syntaxes) else { break };
            let mut parts = Vec::new();
            let mut from = 0;
            for (at, change) in changes {
                self.push_part(&mut parts, from..at.min(line.len()), &stack);
                from = at;
                if stack.apply(&change).is_err() {
                    return all;
                }
            }
            self.push_part(&mut parts, from..line.len(), &stack);
            all.push(parts);
        }
        all
    }

    fn push_part(&self, parts: &mut Vec<(Range<usize>, Role)>, range: Range<usize>, stack: &ScopeStack) {
        let role_of = |scope: &Scope| self.scopes.iter().find(|(known, _)| known.is_prefix_of(*scope));
        let Some((_, role)) = stack.as_slice().iter().rev().find_map(role_of) else { return };
        match parts.last_mut() {
            _ if range.is_empty() => {}
            Some((last, known)) if *known == *role && last.end == range.start => last.end = range.end,
            _ => parts.push((range, *role)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_what_in_several_languages() {
        let highlighter = Highlighter::default();
        for (language, code, part, role) in [
            ("python", "def total(rows):\n    return 'sum'  # all", "'sum'", Role::CodeString),
            ("rust", "fn main() { let x = 42; }", "42", Role::CodeNumber),
            ("sql", "SELECT 1 -- one", "-- one", Role::CodeComment),
            ("json", "{\"a\": true}", "true", Role::CodeNumber),
            ("ts", "const a: string = `x`", "const", Role::CodeKeyword),
        ] {
            let done = highlighter.run(&Job::of(language, code).expect("a job"));
            let found = code.lines().zip(done.highlights.iter()).any(|(line, parts)| {
                parts.iter().any(|(range, found)| *found == role && line[range.clone()].trim() == part)
            });
            assert!(found, "{language}: {:?}", done.highlights);
        }
    }

    #[test]
    fn what_would_take_too_long_stays_plain() {
        assert_eq!(Job::of("python", &"x".repeat(LONGEST_LINE + 1)), None);
        assert_eq!(Job::of("python", &"x\n".repeat(LONGEST_BLOCK)), None);
        assert_eq!(Job::of("", "x"), None);
        let unknown = Job::of("klingon", "x").expect("a job");
        assert!(Highlighter::default().run(&unknown).highlights.is_empty());
    }
}
