use proptest::prelude::*;
use serde_json::json;

use super::*;

fn faults(text: &str, max_depth: usize) -> Vec<(String, Fault)> {
    let document = read(text, max_depth).expect("JSON");
    document.findings.into_iter().map(|finding| (finding.pointer, finding.fault)).collect()
}

#[test]
fn a_faultless_document_reads_as_any_reader_reads_it() {
    let text = r#" {"a": [1, -2.50, 1e2, "æ\n\u00e6", true, null, {}], "b/c~d": {"": []}} "#;
    let document = read(text, 32).expect("JSON");
    assert_eq!(document.findings, []);
    assert_eq!(document.value, serde_json::from_str::<Value>(text).expect("JSON"));
}

#[test]
fn duplicate_keys_are_found_wherever_they_stand_and_however_they_are_spelt() {
    let text = r#"{"a/b": {"x": 1, "\u0078": 2}, "list": [{"k": 1, "k": {"k": 1, "k": 1}}], "a/b": 3}"#;
    let found = [("/a~1b/x", Fault::DuplicateKey), ("/list/0/k", Fault::DuplicateKey), ("/a~1b", Fault::DuplicateKey)];
    assert_eq!(faults(text, 32), found.map(|(pointer, fault)| (pointer.to_owned(), fault)));
    assert_eq!(read(text, 32).expect("JSON").value, json!({"a/b": {"x": 1}, "list": [{"k": 1}]}));
}

#[test]
fn depth_is_counted_in_arrays_and_objects_alike() {
    assert_eq!(faults(r#"{"a": [1]}"#, 2), []);
    assert_eq!(faults(r#"{"a": [[]]}"#, 2), [("/a/0".to_owned(), Fault::TooDeep(2))]);
    let abyss = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(faults(&abyss, 32).len(), 1);
}

#[test]
fn numbers_that_a_double_does_not_reproduce_are_found() {
    let kept =
        "0 -0 1 1.0 1.10 0.1 1e2 1E+2 1e23 5e-324 1.7976931348623157e308 9007199254740991 -9007199254740991 0e999999";
    for number in kept.split(' ') {
        assert_eq!(faults(number, 0), [], "{number}");
    }
    let lost = "9007199254740992 -9007199254740992 9223372036854775807 18446744073709551616 1e400 -1e400 1e-400 \
                0.1000000000000000055511151231257827 123456789.123456789123 1e99999999999999999999 1e-99999999999999999999";
    for number in lost.split_whitespace() {
        assert_eq!(faults(number, 0), [(String::new(), Fault::Number)], "{number}");
    }
}

#[test]
fn what_is_not_json_is_malformed() {
    for text in ["", " ", "{", "{\"a\":1,}", "[1,]", "nul", "01", "1.", "\u{feff}{}", "{} {}", r#""\ud800""#, "{1:2}"] {
        assert!(read(text, 32).is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn every_double_survives_in_its_shortest_form(double in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
        let text = format!("{double:e}");
        let document = read(&text, 0).expect("JSON");
        prop_assert_eq!(document.findings, []);
        prop_assert_eq!(document.value.as_f64(), Some(double));
    }

    #[test]
    fn decimal_strings_of_up_to_fifteen_digits_are_reproduced(digits in 0_i64..1_000_000_000_000_000, point in 0_u32..15) {
        let text = format!("{}.{:0width$}", digits / 10_i64.pow(point), digits % 10_i64.pow(point), width = point.max(1) as usize);
        prop_assert_eq!(faults(&text, 0), []);
    }
}
