//! Whatever stands in whatever field, nothing reaches the screen that does something to a terminal; and whatever
//! happens to the window or the thread, the reader stays where they are.

use countersign::{
    app::{Event, Scroll},
    safe_text::is_forbidden,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    fixture::{self, CREDIT, OLA, PROPOSAL},
    server::Server,
    world::World,
};

/// Text of the kind that breaks terminals.
fn nasty() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-z ]{1,6}",
        2 => prop::sample::select(vec![
            "\u{1b}[31m", "\u{1b}]0;x\u{7}", "\u{9b}2J", "\u{202e}", "\u{2066}", "\u{2028}", "\u{e0041}", "\u{e007f}", "\0",
            "\r", "\t", "\u{7f}", "\u{85}", "&#27;[1m", "&#x202e;", "\u{200b}", "\u{feff}", "e\u{301}\u{302}", "👩\u{200d}👩\u{200d}👧",
            "日本", "[x](https://a\u{1b}.example)", "**b**", "`c\u{1b}`", "| a\u{1b} |\n|--|\n| \u{202e} |\n", "\n```\u{202e}py\n\u{1b}c\n```\n",
            "\n> \u{1b}q\n", "\n- \u{2067}l\n", "<b\u{1b}>", "![\u{1b}](\u{202e})",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 1..8).prop_map(|parts| parts.concat())
}

/// The small firm, with these texts in every field that the client ever shows.
fn server(texts: &[String]) -> Server {
    let text = |at: usize| texts[at % texts.len()].clone();
    let mut server = fixture::server();
    let me = server.me.as_mut().expect("me");
    me.name = text(0);
    me.client_accounts[0].name = text(1);
    for (at, person) in server.people.as_mut().expect("people").iter_mut().enumerate() {
        person.name = text(2 + at);
    }
    for (at, thread) in server.threads.values_mut().enumerate() {
        thread["subject"] = json!(text(5 + at));
        thread["relation_type"] = json!(text(6 + at));
        thread["relation_id"] = json!(7);
        thread["last_message"]["excerpt"] = json!(text(7 + at));
    }
    for (at, message) in server.messages.values_mut().flatten().enumerate() {
        let with_code = message["message"].as_str().is_some_and(|text| text.contains("codeaction"));
        let code = if with_code { "\n\n```codeaction\n[code hidden]\n```\n" } else { "" };
        message["message"] = json!(format!("{}{code}", text(8 + at)));
    }
    let proposal = server.message(PROPOSAL);
    proposal["actions"][0]["output"] = json!(text(9));
    proposal["actions"][0]["error"] = json!({ "type": text(10), "message": text(11), "line": 3 });
    for item in proposal["action_items"].as_array_mut().into_iter().flatten() {
        item["title"] = json!(text(12));
        item["rule"] = json!(text(13));
        item["object_type"] = json!(text(14));
        let change = json!([
            { "field": text(15), "before": text(16), "after": text(17) },
            { "field": text(0), "before": null, "after": { (text(1)): [text(2)] } },
        ]);
        item["changes"] = change;
        item[text(3)] = Value::String(text(4));
    }
    let items = proposal["action_items"].as_array().expect("items").clone();
    if let Ok(digest) = countersign::api::digest(CREDIT, PROPOSAL, 0, &items) {
        server.message(PROPOSAL)["actions"][0]["digest"] = json!(digest);
    }
    server
}

fn message(place: Option<Scroll>) -> Option<countersign::api::Id> {
    match place {
        Some(Scroll::At { message, .. }) => Some(message),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nothing_forbidden_reaches_the_screen_from_any_field(texts in prop::collection::vec(nasty(), 1..12)) {
        for size in [(80, 24), (120, 40)] {
            let mut world = World::settled(server(&texts), size);
            let ways = [
                "Enter", "g", "K", "f", "Esc d", "Esc o", "Esc C", "Esc Esc r", "Esc Esc e", "Esc Esc b", "Esc Esc Esc ↓ Enter", "a", "G",
                "Esc ]", "Esc Esc ?", "Esc i",
            ];
            for way in ways {
                for key in way.split(' ') {
                    world.key(key);
                    world.answer();
                }
                if way == "Esc i" {
                    world.tell(Event::Paste(texts.concat()));
                    world.key("@");
                }
                for cell in &world.buffer().content {
                    prop_assert!(!cell.symbol().contains(is_forbidden), "{way}: {:?}", cell.symbol());
                }
            }
            let words = texts.concat();
            world.tell(Event::Failed(words));
            for cell in &world.buffer().content {
                prop_assert!(!cell.symbol().contains(is_forbidden), "{:?}", cell.symbol());
            }
        }
    }

    #[test]
    fn the_reader_stays_where_they_are(
        pages in 1_usize..6,
        rows in 0_usize..5,
        disturbances in prop::collection::vec((0_u8..4, 40_u16..150, 10_u16..50), 1..6),
    ) {
        let mut server = fixture::server();
        server.page = 20;
        for id in 0..80 {
            let text = format!("message number {id}\n\nwith a second paragraph that is long enough to be wrapped in a narrow window, twice even");
            fixture::say(&mut server, 11, 200 + id, OLA, "2026-11-22T09:32:00Z", &text);
        }
        let mut world = World::settled(server, (80, 24));
        world.keys("Enter");
        (0..pages).for_each(|_| world.keys("PgUp"));
        (0..rows).for_each(|_| world.keys("↑"));
        let place = |world: &World| world.model.conversation().map(|conversation| conversation.scroll);
        let before = place(&world);
        prop_assert!(message(before).is_some(), "away from the end");
        let shown = world.draw();
        for (at, (kind, width, height)) in (600..).zip(disturbances) {
            match kind {
                0 => {
                    // Something arrives.
                    fixture::say(&mut world.server, 11, at, OLA, "2026-11-22T09:35:00Z", "something new");
                    world.server.change(at, |_| {});
                    world.wait(2_500);
                }
                1 => world.size = (width, height),
                2 => {
                    // Older messages are put before what is shown.
                    let oldest = world.model.conversation().and_then(|known| known.shown().first()).map(|entry| entry.message.id);
                    let call = countersign::app::Call::Older { thread: 11, before: oldest.unwrap_or(0) };
                    if let Ok(countersign::app::Answer::Thread(detail)) = world.server.answer(&call)
                        && let Some(conversation) = world.model.conversations.get_mut(&11)
                    {
                        conversation.take_older(detail);
                    }
                }
                _ => {
                    // Something that was said is changed.
                    world.server.change(270, |message| message["message"] = json!("changed\n\nto something\n\nof other length"));
                    world.wait(2_500);
                }
            }
            // Several frames in a row at that size drift no further than the first.
            world.settle();
            world.draw();
            let there = place(&world);
            world.draw();
            prop_assert_eq!(place(&world), there);
        }
        world.size = (80, 24);
        world.settle();
        let text = |screen: &str| {
            let rows = screen.lines().skip(2).take(6).filter_map(|line| Some(line.split_once('│')?.1.trim().to_owned()));
            rows.filter(|row| !row.contains("loading")).collect::<Vec<_>>()
        };
        prop_assert_eq!(message(place(&world)), message(before), "{:?} {:?}", text(&world.draw()), text(&shown));
    }
}
