//! What must hold of any text whatever: no secret survives, what was redacted can be put back, and everybody who
//! reads the text reads the same blocks.

use proptest::prelude::*;

use super::*;
use crate::fuzz;

const SECRET: &str = "SECRET";

const WORDS: [&[u8]; 27] = [
    b"codeaction",
    b"CodeResult\n",
    b"```codeaction\n",
    b"```codeaction\r",
    b"~~~coderesult\n",
    b"```",
    b"~~~",
    b"````",
    b"\n",
    b"\r\n",
    b"\r",
    b"> ",
    b"- ",
    b"1. ",
    b"   ",
    b"    ",
    b"\t",
    b"<div>\n",
    b"-->\n",
    b"\n\n",
    b"SECRET\n",
    b"[code hidden]\n",
    b"`",
    b"\\",
    b"&#96;",
    b"[a]: b\n",
    b"| a |\n|---|\n",
];

/// How often the secret stands in what nobody may see.
fn hidden(text: &str, parsed: &Parsed) -> usize {
    let bodies = parsed.blocks.iter().filter(|block| block.block_type.hides_body()).map(|block| &block.body_span);
    bodies.chain(&parsed.html_fences).map(|span| text[span.clone()].matches(SECRET).count()).sum()
}

fn shape(parsed: &Parsed) -> Vec<(BlockType, bool)> {
    parsed.blocks.iter().map(|block| (block.block_type, block.top_level)).collect()
}

fn bodies(parsed: &Parsed, block_type: BlockType) -> Vec<String> {
    parsed.of_type(block_type).map(|block| block.body.clone()).collect()
}

fn holds(text: &str) {
    let parsed = parse(text);
    assert_eq!(parsed, parse_all(text), "{text:?}: what spares the parser changes nothing");
    let redacted = redact(text);
    // No secret survives, and nothing but secrets goes.
    let all = text.matches(SECRET).count();
    assert_eq!(redacted.matches(SECRET).count(), all - hidden(text, &parsed), "{text:?} → {redacted:?}");
    assert_eq!(redact(&redacted), redacted, "{text:?}");
    if !parsed.html_fences.is_empty() {
        return;
    }
    // Whoever reads what was served finds the same blocks.
    assert_eq!(shape(&parse(&redacted)), shape(&parsed), "{text:?} → {redacted:?}");
    let hides = |block: &&Block| block.block_type.hides_body();
    if parsed.blocks.iter().filter(hides).all(|block| block.top_level) {
        assert_eq!(restore(&redacted, text).as_deref(), Ok(text));
    } else if let Ok(restored) = restore(&redacted, text) {
        assert_eq!(redact(&restored), redacted);
        assert_eq!(bodies(&parse(&restored), BlockType::CodeAction), bodies(&parsed, BlockType::CodeAction));
    }
    // What the server puts in changes nothing of what is run.
    let codes = bodies(&parse(&closed(text)), BlockType::CodeAction);
    let results: Vec<String> = (0..codes.len()).map(|n| format!("{{\"SECRET\":\"```~~~{n}\"}}")).collect();
    let with_results = parse(&insert_results(text, &results));
    assert_eq!(bodies(&with_results, BlockType::CodeAction), codes, "{text:?}");
    assert_eq!(with_results.top_level().count(), parsed.top_level().count() + codes.len(), "{text:?}");
    assert_eq!(redact(&insert_results(text, &results)).matches(SECRET).count(), redacted.matches(SECRET).count());
}

#[test]
fn the_corpus_holds() {
    for text in fuzz::corpus("blocks") {
        holds(&String::from_utf8_lossy(&text));
    }
}

proptest! {
    #![proptest_config(fuzz::config())]

    #[test]
    fn any_text_holds(text in fuzz::mutated("blocks", &WORDS)) {
        holds(&String::from_utf8_lossy(&text));
    }
}
