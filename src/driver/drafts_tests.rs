use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::app::Unsent;

fn drafts(text: &str) -> Drafts {
    Drafts { threads: [(1, text.to_owned())].into(), ..Drafts::default() }
}

fn quiet(threads: &[Id]) -> Drafts {
    Drafts { muted: threads.iter().copied().collect(), ..Drafts::default() }
}

/// A client that starts on the folder.
fn client(folder: &Path) -> (Place, Drafts) {
    let mut place = Place::new(folder, "http://here", "me");
    let (drafts, problem) = place.load();
    assert_eq!(problem, None);
    (place, drafts)
}

/// Every file of drafts in the folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder");
    let files = entries.map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.extension().is_some_and(|end| end != "lock")).collect()
}

#[test]
fn what_was_saved_is_there_again_for_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let (mut place, found) = client(&state);
    assert_eq!(found, Drafts::default());
    place.save(&drafts("one")).expect("saved");
    place.save(&drafts("two")).expect("saved");
    drop(place);
    let (mut place, found) = client(&state);
    assert_eq!(found, drafts("two"));
    for entry in fs::read_dir(&state).expect("the folder") {
        let mode = entry.expect("an entry").metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(Place::new(&state, "http://there", "me").load(), (Drafts::default(), None));
    place.save(&Drafts::default()).expect("saved");
    assert_eq!(files(&state), [] as [PathBuf; 0], "nothing is left of nothing");
}

#[test]
fn two_clients_at_once_lose_nothing_of_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let unsent = |key: &str| Unsent { thread: 1, key: key.to_owned(), text: key.to_owned(), at: None };
    let with = |text: &str, key: &str| Drafts { unsent: vec![unsent(key)], ..drafts(text) };
    let (mut one, _) = client(folder.path());
    one.save(&with("one", "a")).expect("saved");
    let (mut two, found) = client(folder.path());
    assert_eq!(found, Drafts::default(), "what belongs to one who runs is not taken");
    two.save(&with("two", "b")).expect("saved");
    one.save(&with("one, later", "a")).expect("saved");
    drop((one, two));

    let (mut three, found) = client(folder.path());
    assert_eq!(found.threads[&1], "one, later\n\ntwo");
    assert_eq!(found.unsent, [unsent("a"), unsent("b")]);
    drop(client(folder.path()));
    three.save(&found).expect("saved");
    assert_eq!(files(folder.path()).len(), 1, "what was taken over is in one place now");
    drop(three);
    assert_eq!(client(folder.path()).1, found);
}

#[test]
fn what_was_taken_over_stays_where_it_is_until_it_is_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut one, mut two) = (client(folder.path()).0, client(folder.path()).0);
    one.save(&drafts("one")).expect("saved");
    two.save(&drafts("two")).expect("saved");
    drop((one, two));
    let crashed = client(folder.path());
    assert_eq!(client(folder.path()).1, Drafts::default(), "it has been taken over");
    drop(crashed);
    assert_eq!(client(folder.path()).1, drafts("one\n\ntwo"));
}

#[test]
fn threads_keep_quiet_in_all_clients_until_one_lets_them_speak() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut one, _) = client(folder.path());
    one.save(&quiet(&[1])).expect("saved");
    let (mut two, found) = client(folder.path());
    assert_eq!(found, quiet(&[1]));
    two.save(&quiet(&[1, 2])).expect("saved");
    one.save(&quiet(&[3])).expect("saved");
    two.save(&quiet(&[1, 2])).expect("saved");
    drop((one, two));
    assert_eq!(client(folder.path()).1, quiet(&[2, 3]));
}

#[test]
fn an_unreadable_file_is_put_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut place = Place::new(folder.path(), "u", "p");
    let file = place.file(1);
    fs::write(&file, "{ half").expect("written");
    assert!(place.load().1.is_some_and(|words| words.contains("unreadable")));
    place.save(&drafts("new")).expect("saved");
    assert_eq!(fs::read_to_string(file.with_extension("unreadable")).expect("kept"), "{ half");
}

#[test]
fn a_folder_that_cannot_be_written_is_said_until_it_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("written");
    let mut place = Place::new(&file.join("below"), "u", "p");
    assert!(place.load().1.is_some());
    assert!(place.save(&drafts("x")).is_err());
    fs::remove_file(&file).expect("removed");
    place.save(&drafts("x")).expect("saved");
    drop(place);
    assert_eq!(Place::new(&file.join("below"), "u", "p").load(), (drafts("x"), None));
}

#[test]
fn the_thread_one_was_in_is_where_the_next_start_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let thread = |id: Id| serde_json::from_value(serde_json::json!({ "id": id, "subject": "Tyres" })).ok();
    let (mut one, _) = client(folder.path());
    let (mut two, _) = client(folder.path());
    one.save(&Drafts { last: thread(1), ..Drafts::default() }).expect("saved");
    two.save(&Drafts { last: thread(2), ..Drafts::default() }).expect("saved");
    one.save(&Drafts::default()).expect("saved");
    assert_eq!(client(folder.path()).1, Drafts { last: thread(2), ..Drafts::default() });
}
