use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Any JSON document that a record may hold.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(".{0,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn documents_survive_the_way_to_python_and_back(document in documents()) {
        prop_assert_eq!(to_json(to_python(document.clone())), Ok(document));
    }
}

fn class(object: MontyObject) -> Option<String> {
    to_json(object).err().map(|exception| exception.class)
}

#[test]
fn what_has_no_faithful_form_is_refused() {
    assert_eq!(class(MontyObject::Float(f64::NAN)).as_deref(), Some("ValueError"));
    assert_eq!(class(MontyObject::Float(f64::INFINITY)).as_deref(), Some("ValueError"));
    assert_eq!(class(MontyObject::Int(MAX_INTEGER + 1)).as_deref(), Some("OverflowError"));
    assert_eq!(class(MontyObject::Int(i64::MIN)).as_deref(), Some("OverflowError"));
    assert_eq!(class(MontyObject::Bytes(vec![1])).as_deref(), Some("TypeError"));
    assert_eq!(class(MontyObject::Ellipsis).as_deref(), Some("TypeError"));
    assert_eq!(class(MontyObject::Cycle(1, String::new())).as_deref(), Some("ValueError"));
    assert_eq!(class(MontyObject::dict(vec![(MontyObject::Int(1), MontyObject::None)])).as_deref(), Some("TypeError"));
    assert_eq!(class(MontyObject::String("x".repeat(MAX_DOCUMENT + 1))).as_deref(), Some("ValueError"));
    assert_eq!(class(MontyObject::List(vec![MontyObject::None; MAX_DOCUMENT + 1])).as_deref(), Some("ValueError"));
}

#[test]
fn kinds_of_numbers_stay_apart() {
    assert_eq!(to_json(to_python(json!([1, 1.0, true, "1"]))), Ok(json!([1, 1.0, true, "1"])));
    assert_eq!(to_json(MontyObject::Tuple(vec![MontyObject::Int(1)])), Ok(json!([1])));
}
