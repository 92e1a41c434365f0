//! Free text: what is found equals what a naive scan finds.

use proptest::prelude::*;

use super::world::{World, at, sets, waits};
use crate::{
    api::Id,
    config::server::Supersede,
    serve::{
        model::{Edit, ThreadDraft, Work},
        search::contains,
        store::query::{Paging, ThreadQuery},
    },
};

async fn find(world: &World, text: &str) -> Vec<Id> {
    let query = ThreadQuery { free_text: Some(text.into()), ..ThreadQuery::default() };
    let mut found = world.ids(&world.ada, &query, at(9)).await;
    found.sort_unstable();
    found
}

#[tokio::test]
async fn subjects_and_visible_texts_are_searched_and_hidden_code_is_not() {
    let world = World::new().await;
    let subject = ThreadDraft {
        client_account_id: world.acme,
        subject: Some("Årsregnskap 100%".into()),
        ..ThreadDraft::default()
    };
    let with_subject = world.thread_with(subject, at(0)).await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[1]).await);
    let plan = sets(&invoices[0], 2);
    world
        .commit(Work::Post(World::propose(&world.ada, thread, vec![(plan, waits(at(1)))])), at(1))
        .await
        .expect("posted");
    assert_eq!(find(&world, "årsREGNSKAP 100%").await, [with_subject]);
    assert_eq!(find(&world, "look").await, [thread]);
    for hidden in ["secret", "code hidden", "codeaction", "coderesult", "amount", "invoice", "o", "\0"] {
        let expected: &[Id] = if hidden == "o" { &[thread] } else { &[] };
        assert_eq!(find(&world, hidden).await, expected, "{hidden}");
    }
    assert!(find(&world, "k:\n\0").await.is_empty());
    let query = ThreadQuery { free_text: Some("look".into()), ..ThreadQuery::default() };
    assert!(world.ids(&world.cy, &query, at(9)).await.is_empty());
}

/// Text out of few letters, so that queries meet it; with all that is special about folding, LIKE and quoting.
fn text(longest: usize) -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "A",
        "B",
        "ab",
        "Straße",
        "STRASSE",
        "ss",
        "ß",
        "ς",
        "σ",
        "Σ",
        "οδος",
        "İ",
        "i\u{307}",
        "ı",
        "I",
        "é",
        "e\u{301}",
        "E\u{301}",
        "Å",
        "å",
        "Æ",
        "%",
        "_",
        "\"",
        "'",
        "\\",
        " ",
        "\n",
        "👩‍👩‍👧",
        "👧",
        "ﬃ",
        "FFI",
        "*",
        "-",
    ]);
    prop::collection::vec(piece, 1..longest).prop_map(|pieces| pieces.concat())
}

/// Something that changes what can be found.
#[derive(Clone, Debug)]
enum Step {
    Say(usize, String),
    /// Puts another text in the place of a message.
    Edit(prop::sample::Index, String),
    Tend,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_usize, text(12)).prop_map(|(thread, text)| Step::Say(thread, text)),
        1 => (any::<prop::sample::Index>(), text(12)).prop_map(|(message, text)| Step::Edit(message, text)),
        1 => Just(Step::Tend),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_a_scan_finds(
        subjects in prop::collection::vec(prop::option::of(text(4)), 3),
        steps in prop::collection::vec(step(), 0..16),
        queries in prop::collection::vec(text(4), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::new().await;
            let mut threads = Vec::new();
            for subject in subjects {
                let draft = ThreadDraft { client_account_id: world.acme, subject: subject.clone(), ..Default::default() };
                threads.push((world.thread_with(draft, at(0)).await, subject));
            }
            // Thread, message and text.
            let mut messages: Vec<(Id, Id, String)> = Vec::new();
            for step in steps {
                match step {
                    Step::Say(place, text) => {
                        let thread = threads[place].0;
                        let posted = world.say(&world.ada, thread, &text, at(1)).await;
                        messages.push((thread, posted["id"].as_i64().expect("an id"), text));
                    }
                    Step::Edit(..) if messages.is_empty() => {}
                    Step::Edit(message, text) => {
                        let place = message.index(messages.len());
                        let (thread_id, message_id, _) = messages[place];
                        let work = Work::Edit(Edit {
                            thread_id,
                            message_id,
                            editor_id: world.ada.user_id,
                            raw: text.clone(),
                            supersede: Supersede::Overlap,
                            blocks: Vec::new(),
                        });
                        world.commit(work, at(2)).await.expect("edited");
                        messages[place].2 = text;
                    }
                    Step::Tend => world.store.tend().await.expect("a store"),
                }
            }
            for query in queries {
                let holds = |thread: Id, subject: &Option<String>| {
                    subject.iter().any(|subject| contains(subject, &query))
                        || messages.iter().any(|(there, _, text)| *there == thread && contains(text, &query))
                };
                let expected: Vec<Id> =
                    threads.iter().filter(|(id, subject)| holds(*id, subject)).map(|(id, _)| *id).collect();
                assert_eq!(find(&world, &query).await, expected, "{query:?} in {threads:?} {messages:?}");
            }
        });
    }
}

#[tokio::test]
async fn pages_of_a_search_neither_repeat_nor_skip() {
    let world = World::new().await;
    let mut threads = Vec::new();
    for number in 0..9 {
        let thread = world.thread().await;
        world.say(&world.ada, thread, if number % 3 == 0 { "straw" } else { "needle" }, at(number)).await;
        threads.push(thread);
        if number == 4 {
            world.store.tend().await.expect("a store");
        }
    }
    for text in ["needle", "ee"] {
        let mut together = Vec::new();
        for page in 1..=4 {
            let paging = Paging { page, per_page: 2 };
            let query = ThreadQuery { free_text: Some(text.into()), paging, ..ThreadQuery::default() };
            let listing = world.store.threads(&world.ada, &query, at(99)).await.expect("a store");
            assert_eq!(listing.has_next, page < 3, "page {page}");
            together.extend(world.ids(&world.ada, &query, at(99)).await);
        }
        let expected: Vec<Id> = [8, 7, 5, 4, 2, 1].into_iter().map(|number: usize| threads[number]).collect();
        assert_eq!(together, expected);
    }
}
