use proptest::prelude::*;

use super::{
    super::{
        connection,
        search_index::{move_in, put},
    },
    *,
};
use crate::serve::search::{contains, fold};

/// Threads 1 to 5 on an empty database.
fn threads() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().expect("a folder");
    let db = connection::open(&folder.path().join("s.db")).expect("a file");
    db.execute_batch(
        "INSERT INTO accounts VALUES (1, 'a', 0); INSERT INTO users VALUES (1, 'u', 'u', 'human', 0);
         INSERT INTO threads (id, client_account_id, created_by_id, created_at, updated_at, message_count, served)
             SELECT value, 1, 1, 0, 0, 0, '' FROM json_each('[1, 2, 3, 4, 5]')",
    )
    .expect("threads");
    (folder, db)
}

/// The threads that a search ends up with.
fn search(db: &Connection, query: &str, limits: Limits) -> Vec<Id> {
    match find(db, &fold(query), limits).expect("a search") {
        Found::In(threads) => threads.into_iter().collect(),
        Found::Anywhere(mut walk) => {
            let walked: Vec<Id> = (1..=5).filter(|id| walk.is_in(db, *id).expect("a look")).collect();
            if let Some(named) = walk.given_up(db, limits.in_vain).expect("a look") {
                assert_eq!(named.into_iter().collect::<Vec<Id>>(), walked, "{query}: named by the index and walked");
            }
            walked
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Put(Id, u64, String),
    MoveIn,
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b", "ab", "abc", "ß", "Σ", "\"", "*", " ", "\0", "é", "👧", "AND", "%_", "\u{fffd}", "\u{ffff}",
    ]);
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..=5_i64, 0..4_u64, text()).prop_map(|(thread, ordinal, text)| Step::Put(thread, ordinal, text)),
        1 => Just(Step::MoveIn),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn neither_the_index_nor_its_limits_change_an_answer(
        steps in prop::collection::vec(step(), 1..40), queries in prop::collection::vec(text(), 1..10)
    ) {
        let (_folder, db) = threads();
        let mut texts = std::collections::BTreeMap::new();
        for step in steps {
            match step {
                Step::Put(thread, ordinal, text) => {
                    let is_new = !texts.contains_key(&(thread, ordinal));
                    put(&db, thread, ordinal, &text, is_new).expect("put");
                    texts.insert((thread, ordinal), text);
                }
                Step::MoveIn => while move_in(&db, true).expect("moved") {},
            }
        }
        for query in queries.iter().filter(|query| !query.contains('\0')) {
            let expected: BTreeSet<Id> =
                texts.iter().filter(|(_, text)| contains(text, query)).map(|((thread, _), _)| *thread).collect();
            let expected: Vec<Id> = expected.into_iter().collect();
            let tiny = Limits { streamed: 0, few: 1, wrong: 0, known: 0, named: 0, in_vain: 0 };
            let wrong = Limits { wrong: 99, ..tiny };
            let named = Limits { few: 99, named: 999, ..wrong };
            for limits in [LIMITS, tiny, Limits { few: 99, ..tiny }, wrong, named] {
                prop_assert_eq!(&search(&db, query, limits), &expected, "{:?} with {:?}", query, limits);
            }
        }
    }
}

#[test]
fn the_tail_is_moved_in_once_it_is_long() {
    let (_folder, db) = threads();
    let count = |table: &str| db.one(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
    for ordinal in 0..999 {
        put(&db, 1, ordinal, "text", true).expect("put");
    }
    assert!(!move_in(&db, false).expect("not yet"));
    assert_eq!(count("search_texts").expect("a count"), Some(0));
    put(&db, 1, 999, "the last", true).expect("put");
    assert!(move_in(&db, false).expect("moved"));
    assert_eq!(count("search_texts").expect("a count"), Some(500));
    assert_eq!(count("search_tail").expect("a count"), Some(500));
    assert_eq!(search(&db, "last", LIMITS), [1]);
}

#[test]
fn a_rare_word_is_found_through_the_index_and_a_common_one_by_walking() {
    let (_folder, db) = threads();
    for thread in 1..=5 {
        for ordinal in 0..600 {
            let text = if (thread, ordinal) == (4, 99) { "a rare needle" } else { "common straw" };
            put(&db, thread, ordinal, text, true).expect("put");
        }
    }
    while move_in(&db, true).expect("moved") {}
    assert!(matches!(find(&db, "needle", LIMITS), Ok(Found::In(threads)) if threads == BTreeSet::from([4])));
    assert!(matches!(find(&db, "absent", LIMITS), Ok(Found::In(threads)) if threads.is_empty()));
    let few = Limits { few: 2, streamed: 100, ..LIMITS };
    assert!(matches!(find(&db, "straw", few), Ok(Found::Anywhere(_))));
    for (text, expected) in [("dl", true), ("le", true), ("qq", true), ("d", true), ("aw", false), ("s", false)] {
        let found = find(&db, text, Limits { named: 100, ..LIMITS }).expect("a search");
        assert_eq!(matches!(found, Found::In(_)), expected, "{text}");
    }
    assert_eq!(search(&db, "aw", LIMITS), [1, 2, 3, 4, 5]);
    assert_eq!(search(&db, "le", LIMITS), [4], "at the very end of a text");
    assert!(search(&db, "x", LIMITS).is_empty());
}

#[test]
fn a_common_word_that_only_old_threads_hold_is_asked_of_the_index_after_a_walk_in_vain() {
    let (_folder, db) = threads();
    for thread in 1..=5 {
        for ordinal in 0..100 {
            put(&db, thread, ordinal, if thread <= 2 { "old straw" } else { "new hay" }, true).expect("put");
        }
    }
    while move_in(&db, true).expect("moved") {}
    let limits = Limits { few: 2, streamed: 50, in_vain: 3, ..LIMITS };
    let Ok(Found::Anywhere(mut walk)) = find(&db, "straw", limits) else { panic!("it promises many threads") };
    put(&db, 4, 200, "new straw", true).expect("put");
    assert_eq!(walk.given_up(&db, 2).expect("a look"), None, "not yet");
    assert_eq!(walk.given_up(&db, 3).expect("a look"), Some(BTreeSet::from([1, 2])));
    assert_eq!(walk.given_up(&db, 4).expect("a look"), None, "once is enough");
    assert_eq!(search(&db, "straw", limits), [1, 2, 4]);
}

#[test]
fn what_the_index_takes_for_no_character_is_found() {
    let (_folder, db) = threads();
    put(&db, 1, 1, "a\u{ffff}b", true).expect("put");
    put(&db, 2, 1, "q\u{fffe}", true).expect("put");
    put(&db, 3, 1, "q\u{fffd}", true).expect("put");
    while move_in(&db, true).expect("moved") {}
    for (query, expected) in [
        ("\u{ffff}", 1),
        ("a\u{ffff}", 1),
        ("\u{ffff}b", 1),
        ("a\u{ffff}b", 1),
        ("\u{fffe}", 2),
        ("q\u{fffe}", 2),
        ("q\u{fffd}", 3),
    ] {
        assert_eq!(search(&db, query, LIMITS), [expected], "{query:?}");
    }
}
