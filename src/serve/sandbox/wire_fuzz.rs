//! Whatever bytes come over the wire: they are read as a message or refused, and no more is taken in than may be.

use proptest::prelude::*;

use super::*;
use crate::fuzz;

const LONGEST: usize = 1 << 16;

const WORDS: [&[u8]; 12] = [
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
    b"\x02\x00\x00\x00{}",
    b"{\"Call\":",
    b"{\"Return\":",
    b"[[[[[[[[[[[[",
    b"1e999",
    b"null",
    b"\"\\ud800\"",
    b"}",
    b"-0",
    b"\xc3\x28",
];

/// Reads frames to the end or to what is no frame, and counts what they held.
fn read_all<T: DeserializeOwned>(mut bytes: &[u8]) -> usize {
    let (whole, mut taken) = (bytes.len(), 0);
    while let Ok(Some(_)) = read::<T>(&mut bytes, LONGEST) {
        assert!(whole - bytes.len() >= taken + 4, "a frame takes at least its length");
        taken = whole - bytes.len();
    }
    taken
}

fn holds(bytes: &[u8]) {
    let orders = read_all::<Order>(bytes);
    let reports = read_all::<Report>(bytes);
    assert!(orders <= bytes.len() && reports <= bytes.len());
    // The server's side reads the very same.
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (mut rest, mut taken) = (bytes, 0);
        while receive::<Report>(&mut rest, LONGEST).await.is_ok() {
            taken = bytes.len() - rest.len();
        }
        assert_eq!(taken, reports);
    });
}

#[test]
fn the_corpus_holds() {
    for bytes in fuzz::corpus("wire") {
        holds(&bytes);
    }
}

/// A length alone makes nobody set memory aside for what does not come.
#[test]
fn a_frame_that_is_too_long_is_refused_before_it_is_read() {
    let mut bytes = u32::try_from(LONGEST + 1).expect("small").to_le_bytes().to_vec();
    bytes.extend(vec![b' '; LONGEST + 1]);
    let mut rest = bytes.as_slice();
    assert!(read::<Report>(&mut rest, LONGEST).is_err());
    assert_eq!(rest.len(), LONGEST + 1, "nothing of it was taken in");
}

proptest! {
    #![proptest_config(fuzz::config())]

    #[test]
    fn any_bytes_hold(bytes in fuzz::mutated("wire", &WORDS)) {
        holds(&bytes);
    }

    #[test]
    fn what_is_written_is_read(method in ".{0,20}", output in ".{0,40}", line in any::<Option<u32>>()) {
        let call = Call { method, positional: vec![output.clone().into()], named: Map::new() };
        let error = Exception::new("E", output.clone());
        for report in [Report::Call(call), Report::Failed { error, line, output, flooded: true }] {
            let frame = frame(&report).expect("a frame");
            let read: Report = read(&mut frame.as_slice(), LONGEST).expect("a report").expect("one");
            prop_assert_eq!(format!("{read:?}"), format!("{report:?}"));
        }
    }
}
