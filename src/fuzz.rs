//! Input for fuzz tests: what lies in a folder of `tests/corpus`, as it stands and changed byte by byte. It builds
//! on the stable toolchain and runs with the other tests; `PROPTEST_CASES` makes a run longer. What must hold of
//! the input is for each test to say.

use std::path::Path;

use proptest::{prelude::*, test_runner::Config};

/// How many inputs a run tries, unless `PROPTEST_CASES` asks for more.
pub(crate) fn config() -> Config {
    let asked = Config::default();
    Config { cases: asked.cases.max(1_000), max_shrink_iters: 20_000, ..asked }
}

/// The files of a folder of the corpus, by name.
pub(crate) fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let entries = std::fs::read_dir(&path).expect("a corpus");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).expect("a file")).collect()
}

/// One change. Places are taken modulo what there is.
#[derive(Clone, Debug)]
enum Change {
    Flip {
        at: usize,
        bits: u8,
    },
    Cut {
        at: usize,
        length: usize,
    },
    Repeat {
        at: usize,
        length: usize,
    },
    /// Puts in a piece of another file.
    Splice {
        at: usize,
        file: usize,
        from: usize,
        length: usize,
    },
    /// Puts in a word that means something to what reads it.
    Insert {
        at: usize,
        word: usize,
    },
    Truncate {
        at: usize,
    },
}

fn change() -> impl Strategy<Value = Change> {
    let (at, length) = (any::<usize>(), 0..40_usize);
    prop_oneof![
        1 => (at, any::<u8>()).prop_map(|(at, bits)| Change::Flip { at, bits }),
        2 => (at, length.clone()).prop_map(|(at, length)| Change::Cut { at, length }),
        1 => (at, length.clone()).prop_map(|(at, length)| Change::Repeat { at, length }),
        2 => (at, any::<usize>(), any::<usize>(), length)
            .prop_map(|(at, file, from, length)| Change::Splice { at, file, from, length }),
        4 => (at, any::<usize>()).prop_map(|(at, word)| Change::Insert { at, word }),
        1 => at.prop_map(|at| Change::Truncate { at }),
    ]
}

/// Files of the corpus, changed a few times. `words`: what is put in between.
pub(crate) fn mutated(folder: &str, words: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let files = corpus(folder);
    (0..files.len(), proptest::collection::vec(change(), 0..10)).prop_map(move |(file, changes)| {
        changes.iter().fold(files[file].clone(), |bytes, change| changed(bytes, change, &files, words))
    })
}

fn changed(mut bytes: Vec<u8>, change: &Change, files: &[Vec<u8>], words: &[&[u8]]) -> Vec<u8> {
    let place = |at: usize, bytes: &[u8]| at % (bytes.len() + 1);
    let piece = |from: usize, length: usize, bytes: &[u8]| {
        let from = place(from, bytes);
        bytes[from..(from + length).min(bytes.len())].to_vec()
    };
    let insert = |mut bytes: Vec<u8>, at: usize, piece: &[u8]| {
        let at = place(at, &bytes);
        bytes.splice(at..at, piece.iter().copied());
        bytes
    };
    match *change {
        Change::Flip { at, bits } => {
            let at = place(at, &bytes);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= bits;
            }
            bytes
        }
        Change::Cut { at, length } => {
            let at = place(at, &bytes);
            bytes.drain(at..(at + length).min(bytes.len()));
            bytes
        }
        Change::Repeat { at, length } => {
            let repeated = piece(at, length, &bytes);
            insert(bytes, at, &repeated)
        }
        Change::Splice { at, file, from, length } => {
            let other = piece(from, length, &files[file % files.len()]);
            insert(bytes, at, &other)
        }
        Change::Insert { at, word } => insert(bytes, at, words[word % words.len()]),
        Change::Truncate { at } => {
            bytes.truncate(place(at, &bytes));
            bytes
        }
    }
}
