use std::time::Duration;

use serde_json::json;

use super::*;
use crate::api::Time;

fn now() -> Moment {
    Moment { elapsed: Duration::ZERO, wall: Time::from_microseconds(0) }
}

fn message(id: Id, text: &str, revision: u64) -> serde_json::Value {
    json!({ "id": id, "message": text, "created_by_id": id % 2 + 1, "revision": revision })
}

fn page(ids: std::ops::RangeInclusive<Id>, more: bool) -> ThreadDetail {
    let messages: Vec<_> = ids.map(|id| message(id, &format!("text {id}"), 1)).collect();
    serde_json::from_value(json!({ "id": 7, "messages": messages, "has_more_messages": more })).expect("a thread")
}

fn ids(conversation: &Conversation) -> Vec<Id> {
    conversation.messages().map(|message| message.id).collect()
}

#[test]
fn pages_that_overlap_join_and_a_gap_starts_anew() {
    let mut conversation = Conversation::default();
    assert!(conversation.take_newest(page(11..=13, true), now()));
    conversation.take_older(page(8..=10, true));
    assert!(conversation.take_newest(page(12..=15, true), now()));
    assert_eq!(ids(&conversation), (8..=15).collect::<Vec<_>>());
    assert!(conversation.take_newest(page(20..=22, true), now()));
    assert_eq!(ids(&conversation), [20, 21, 22], "16 to 19 are missing, so nothing before them may be shown");
    assert!(conversation.has_older);
}

#[test]
fn a_page_that_brings_nothing_new_changes_nothing() {
    let mut conversation = Conversation::default();
    conversation.take_newest(page(1..=3, false), now());
    let before = conversation.entries.clone();
    assert!(!conversation.take_newest(page(1..=3, false), now()));
    assert_eq!(conversation.entries, before);
}

#[test]
fn an_older_snapshot_neither_removes_what_was_posted_since_nor_takes_back_an_edit() {
    let mut conversation = Conversation::default();
    conversation.take_newest(page(1..=3, false), now());
    let posted = serde_json::from_value(message(4, "mine", 1)).expect("a message");
    assert!(conversation.take(posted));
    let edited = serde_json::from_value(message(3, "edited", 2)).expect("a message");
    assert!(conversation.take(edited));
    assert!(!conversation.take_newest(page(1..=3, false), now()));
    assert_eq!(ids(&conversation), [1, 2, 3, 4]);
    assert_eq!(conversation.message(3).map(|message| message.message.as_str()), Some("edited"));
}

#[test]
fn what_a_faulty_server_shows_is_hidden_here() {
    let mut conversation = Conversation::default();
    let leaky = message(1, "look:\n```codeaction\nsecret()\n```", 1);
    conversation.take(serde_json::from_value(leaky).expect("a message"));
    let text = &conversation.entries[0].message.message;
    assert!(text.contains("[code hidden]") && !text.contains("secret"), "{text}");
}

#[test]
fn the_new_line_counts_messages_of_others() {
    let mut conversation = Conversation::default();
    conversation.take_newest(page(1..=6, false), now());
    // Odd ids are user 2's, even ids user 1's.
    conversation.mark_new(2, Some(1));
    assert_eq!(conversation.fresh.first, Some(3));
    conversation.mark_new(0, Some(1));
    assert_eq!(conversation.fresh.first, None);
    conversation.mark_new(9, Some(1));
    assert_eq!(conversation.fresh.first, Some(1), "there are no more");
    conversation.has_older = true;
    conversation.mark_new(9, Some(1));
    assert_eq!(conversation.fresh.first, None, "it lies further back");
}

#[test]
fn an_earlier_message_that_is_told_late_finds_room_where_no_gap_can_be() {
    let mut conversation = Conversation::default();
    assert!(!conversation.has_room_for(1), "nothing is known of it yet");
    conversation.take_newest(page(5..=6, true), now());
    assert!(!conversation.has_room_for(4) && conversation.has_room_for(7));
    conversation.take_newest(page(5..=6, false), now());
    assert!(conversation.has_room_for(4), "one's own answer came before what somebody else had posted");
}
