use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::api::Status;

fn source(raw: &str) -> Source {
    Source {
        id: 7,
        thread_id: 3,
        ordinal: 1,
        author_id: 5,
        kind: Kind::User,
        mode: Some(Mode::Preview),
        revision: 1,
        created_at: Time::from_microseconds(0),
        edited_at: None,
        raw: raw.to_owned(),
        actions: vec![ActionSource {
            action: Action {
                block: Some(0),
                status: Status::Failed,
                digest: None,
                error: Some(ActionError {
                    error_type: "KeyError".into(),
                    line: Some(2),
                    message: Some("'secret'".into()),
                }),
                output: Some("secret".into()),
                expires_at: None,
                decided_by_id: None,
                decided_at: None,
                decision_message_id: None,
                reason: None,
                result_message_id: None,
            },
            items: vec![json!({"id": 1})],
        }],
        result_items: Vec::new(),
    }
}

#[test]
fn code_is_hidden_from_all_and_what_it_printed_from_all_but_its_author() {
    let source = source("Hi\n```codeaction\nsecret\n```\n```coderesult\n{\"secret\":1}\n```");
    let anyone = serde_json::to_string(&served(&source, Eyes::Anyone)).expect("json");
    assert!(!anyone.contains("secret"), "{anyone}");
    let author = served(&source, Eyes::CodeAuthor);
    assert!(!author.message.contains("secret"));
    let action = &author.actions.expect("actions")[0];
    assert_eq!(action.output.as_deref(), Some("secret"));
    assert_eq!(action.error.as_ref().and_then(|error| error.message.as_deref()), Some("'secret'"));
}

#[test]
fn the_items_of_a_withdrawn_action_are_gone() {
    let mut source = source("Hi");
    assert_eq!(served(&source, Eyes::Anyone).action_items.len(), 1);
    source.actions[0].action.block = None;
    assert_eq!(served(&source, Eyes::Anyone).action_items.len(), 0);
}

#[test]
fn what_waited_past_its_time_shows_as_expired() {
    let mut source = source("Hi");
    source.actions[0].action.status = Status::AwaitingApproval;
    source.actions[0].action.expires_at = Some(Time::from_microseconds(10));
    let status_at = |now| {
        let mut message = served(&source, Eyes::Anyone);
        expire(&mut message, Time::from_microseconds(now));
        message.actions.expect("actions")[0].status.clone()
    };
    assert_eq!(status_at(9), Status::AwaitingApproval);
    assert_eq!(status_at(10), Status::Expired);
}

#[test]
fn an_excerpt_is_one_line_and_says_that_it_was_cut() {
    assert_eq!(excerpt("  one\n\n two\t three "), "one two three");
    let cut = excerpt(&"å".repeat(500));
    assert_eq!(cut.chars().count(), EXCERPT + 1);
    assert!(cut.ends_with('…'));
}

#[test]
fn hidden_blocks_are_not_searched_and_leave_no_seam() {
    assert_eq!(searchable("before\n```codeaction\n[code hidden]\n```\nafter"), "before\n\0\nafter");
    assert_eq!(searchable("> quoted\n> ```coderesult\n> [code hidden]\n> ```\nafter"), "> quoted\n> \0\nafter");
    assert_eq!(searchable("```rust\nfn main() {}\n```"), "```rust\nfn main() {}\n```");
}

proptest! {
    #[test]
    fn nothing_of_a_hidden_block_is_searchable(
        before in "[a-z \n>-]{0,20}", fence in "(```|~~~~)", word in "(codeaction|CodeResult)", after in "[a-z \n]{0,20}"
    ) {
        let raw = format!("{before}\n\n{fence}{word}\nSECRET\n{fence}\n{after}");
        let text = served(&source(&raw), Eyes::Anyone).message;
        let parsed = blocks::parse(&raw);
        prop_assume!(!parsed.blocks.is_empty());
        prop_assert!(!text.contains("SECRET"));
        prop_assert!(!searchable(&text).contains("hidden"));
    }
}
