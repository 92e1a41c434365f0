use proptest::prelude::*;

use super::*;
use crate::blocks;

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn read_text(text: &str) -> Result<Decision, Refusal> {
    let parsed = blocks::parse(text);
    read(parsed.top_level().next().expect("a block"))
}

fn approve(body: &str) -> Result<Decision, Refusal> {
    read_text(&format!("```approvecodeaction\n{body}\n```"))
}

fn reject(body: &str) -> Decision {
    read_text(&format!("```rejectcodeaction\n{body}\n```")).expect("a decision")
}

#[allow(clippy::unnecessary_wraps)] // a decision holds it so
fn bound(block: Option<u32>) -> Option<Binding> {
    Some(Binding { message_id: 12, digest: DIGEST.to_owned(), block })
}

#[test]
fn an_empty_approval_is_unbound() {
    for text in ["```approvecodeaction\n```", "```approvecodeaction", "```approvecodeaction\n\n  \n```"] {
        assert_eq!(read_text(text).expect("a decision"), Decision { binding: None, kind: Kind::Approve }, "{text:?}");
    }
}

#[test]
fn an_approval_is_bound_by_its_lines() {
    let upper = DIGEST.to_uppercase();
    for (body, block) in [
        (format!("message_id: 12\ndigest: {DIGEST}"), None),
        (format!("digest:{DIGEST}\n  message_id :12  "), None),
        (format!("message_id: 12\ndigest: {upper}\nblock: 3"), Some(3)),
        (format!("block: 0\nmessage_id: 12\r\ndigest: {DIGEST}\r"), Some(0)),
    ] {
        assert_eq!(approve(&body).expect("a decision").binding, bound(block), "{body:?}");
    }
}

#[test]
fn anything_else_in_an_approval_is_refused() {
    for body in [
        "looks good".to_owned(),
        "message_id: 12".to_owned(),
        format!("digest: {DIGEST}"),
        "block: 1".to_owned(),
        format!("message_id: 12\ndigest: {DIGEST}\nmessage_id: 12"),
        format!("message_id: 12\ndigest: {DIGEST}\nblock: one"),
        format!("message_id: 12\ndigest: {DIGEST}\nand more"),
        format!("message_id: 12\n\ndigest: {DIGEST}"),
        format!("message_id: 0\ndigest: {DIGEST}"),
        format!("message_id: x\ndigest: {DIGEST}"),
        format!("message_id: +12\ndigest: {DIGEST}"),
        format!("message_id: 12\ndigest: {DIGEST}\nblock: +1"),
        format!("message_id: 12\ndigest: {}", &DIGEST[1..]),
        format!("message_id: 12\ndigest: {}g", &DIGEST[1..]),
        "\nmessage_id: 12".to_owned(),
    ] {
        let refusal = approve(&body).expect_err(&body);
        assert!(matches!(refusal, Refusal::Invalid { ref errors, .. } if errors[0].pointer == "/message"), "{body}");
    }
}

#[test]
fn a_rejection_has_a_reason_or_not() {
    let lines = format!("message_id: 12\ndigest: {DIGEST}\n");
    for (body, binding, reason) in [
        (String::new(), None, None),
        ("too much".to_owned(), None, Some("too much")),
        ("\nblock: by mistake".to_owned(), None, Some("block: by mistake")),
        (lines.clone(), bound(None), None),
        (format!("{lines}too much\n\nreally"), bound(None), Some("too much\n\nreally")),
        (format!("{lines}block: that is a word"), bound(None), Some("block: that is a word")),
        (format!("{lines}block: 2\nno"), bound(Some(2)), Some("no")),
        (format!("{lines}\nmessage_id: 7 is better"), bound(None), Some("message_id: 7 is better")),
    ] {
        let kind = Kind::Reject { reason: reason.map(str::to_owned) };
        assert_eq!(reject(&body), Decision { binding, kind }, "{body:?}");
    }
    for body in ["message_id: 12", "message_id: the other one", "digest: no"] {
        assert!(read_text(&format!("```rejectcodeaction\n{body}\n```")).is_err(), "{body}");
    }
}

proptest! {
    /// What our own client writes is read as it was meant.
    #[test]
    fn a_binding_survives_its_lines(message_id in 1..Id::MAX, digest in "[0-9a-f]{64}", block: Option<u32>) {
        let binding = Binding { message_id, digest, block };
        let decision = approve(&binding.lines()).expect("a decision");
        prop_assert_eq!(decision.binding, Some(binding));
    }

    #[test]
    fn no_body_is_too_strange(body in "[a-z:_0-9 \\r\\n]{0,80}|(message_id|digest|block): .{0,20}") {
        let _ = approve(&body);
        let _ = read_text(&format!("~~~rejectcodeaction\n{body}"));
    }
}
