use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

fn record(id: Id, value: Value) -> Record {
    Record { id, record_type: "invoice".to_owned(), client_account_id: 1, fields: fields(value) }
}

/// A draft into which one record was taken and changed.
fn changed(before: Value, after: Value) -> Plan {
    let mut draft = Draft::default();
    draft.take(record(5, before));
    draft.set("invoice", 5, fields(after));
    draft.finish()
}

#[test]
fn a_change_back_vanishes_whatever_way_a_number_is_written() {
    assert!(changed(json!({"a": 1}), json!({"a": 1.0})).is_empty());
    assert!(changed(json!({"a": [1, {"b": 2}]}), json!({"a": [1.0, {"b": 2e0}]})).is_empty());
    for (before, after) in
        [(json!(1), json!(true)), (json!(1), json!("1")), (json!(0), json!(false)), (json!([]), json!({}))]
    {
        assert!(!changed(json!({"a": before}), json!({"a": after})).is_empty());
    }
}

#[test]
fn items_tell_what_changes_and_what_was() {
    let plan =
        changed(json!({"number": "17", "amount": 1, "gone": "x"}), json!({"number": "17", "amount": 2, "b": null}));
    let item = serde_json::to_value(&plan.items(2, 7, None)[0]).expect("json");
    assert_eq!(
        item,
        json!({
            "type": "preview", "id": 7, "needs_approval": true, "block": 2, "operation": "update",
            "object_type": "invoice", "object_id": 5, "title": "invoice #5 17",
            "changes": [
                {"field": "amount", "before": 1, "after": 2},
                {"field": "gone", "before": "x", "after": null},
            ],
            "record": {
                "id": 5, "type": "invoice", "client_account_id": 1,
                "fields": {"number": "17", "amount": 1, "gone": "x"},
            },
            "rule": "",
        })
    );
}

#[test]
fn a_title_is_one_line_of_a_readable_length() {
    let title =
        |name: &str| changed(json!({"name": name, "a": 1}), json!({"name": name})).items(0, 1, None)[0].title.clone();
    assert_eq!(title("Berg\n AS\t"), "invoice #5 Berg AS");
    let long = title(&"æ".repeat(500));
    assert_eq!((long.chars().count(), long.chars().last()), (MAX_TITLE + 1, Some('…')));
}

#[test]
fn a_field_that_takes_a_new_id_says_of_which_item() {
    let mut draft = Draft::default();
    let early = draft.create("a", fields(json!({"amount": -1, "next": -2})));
    let late = draft.create("b", fields(json!({"a": early, "deep": [early]})));
    let gone = draft.create("c", Map::new());
    draft.set("a", early, fields(json!({"amount": -1, "next": late, "gone": gone})));
    draft.delete("c", gone);
    let plan = draft.finish();
    let shown = |created| -> Vec<Value> {
        plan.items(0, 10, created).into_iter().map(|item| serde_json::to_value(item.changes).expect("json")).collect()
    };
    assert_eq!(
        shown(None),
        [
            json!([
                {"field": "amount", "before": null, "after": -1},
                {"field": "gone", "before": null, "after": -3},
                // What stood there before `b` existed was a number, and a number written back stays one.
                {"field": "next", "before": null, "after": -2},
            ]),
            json!([
                {"field": "a", "before": null, "after_created": 10},
                {"field": "deep", "before": null, "after": [-1]},
            ]),
        ]
    );
    let ids = CreatedIds([(1, 100), (2, 200)].into());
    assert_eq!(shown(Some(&ids))[1][0], json!({"field": "a", "before": null, "after": 100, "after_created": 10}));
    assert_eq!(plan.items(0, 1, Some(&ids))[0].object_id, Some(100));
    let written: Vec<_> = plan.changes.iter().filter_map(|change| change.written(&ids)).map(Value::Object).collect();
    assert_eq!(written, [json!({"amount": -1, "next": -2, "gone": -3}), json!({"a": 100, "deep": [-1]})]);
}

#[test]
fn a_field_that_is_set_to_a_new_id_is_changed_even_if_the_number_was_there() {
    let mut draft = Draft::default();
    draft.take(record(5, json!({"amount": -1})));
    let id = draft.create("a", Map::new());
    draft.set("invoice", 5, fields(json!({"amount": 0})));
    draft.set("invoice", 5, fields(json!({"amount": id})));
    let plan = draft.finish();
    assert_eq!(plan.items(0, 1, None)[0].changes[0].after_created, Some(2));
}

#[test]
fn comparison_sees_the_whole_record_or_only_what_changes() {
    let plan = |other: i64, amount: Value| {
        changed(json!({"amount": 1, "other": other}), json!({"amount": amount, "other": other}))
    };
    let form = |plan: &Plan, whole| plan.comparable(whole).expect("canonical");
    assert_eq!(form(&plan(1, json!(2)), true), form(&plan(1, json!(2.0)), true));
    assert_ne!(form(&plan(1, json!(2)), true), form(&plan(2, json!(2)), true));
    assert_eq!(form(&plan(1, json!(2)), false), form(&plan(2, json!(2)), false));
    assert_ne!(form(&plan(1, json!(2)), false), form(&plan(1, json!("2")), false));
    let mut judged = plan(1, json!(2));
    judged.changes[0].needs_approval = false;
    judged.changes[0].rule = "rule 1".to_owned();
    assert_eq!(form(&judged, true), form(&plan(1, json!(2)), true));
}

#[test]
fn what_was_shown_anywhere_in_a_message_compares_as_its_plan_does() {
    let mut draft = Draft::default();
    draft.take(record(5, json!({"amount": 0.1, "customer": 3})));
    let id = draft.create("customer", fields(json!({"name": "Ada"})));
    draft.set("invoice", 5, fields(json!({"amount": 1e21, "customer": id})));
    let plan = draft.finish();
    for whole in [true, false] {
        let shown = serde_json::to_string(&plan.items(2, 7, None)).expect("json");
        let shown = serde_json::from_str(&shown).expect("items");
        assert_eq!(comparable(shown, whole).expect("canonical"), plan.comparable(whole).expect("canonical"));
    }
}

#[test]
fn what_earlier_blocks_created_gets_its_real_id() {
    let (first, second) = (stand_in(0, 1), stand_in(1, 1));
    assert_ne!(first, second);
    let mut plan = changed(json!({"a": first, "b": 1}), json!({"a": first, "b": second, "c": [first]}));
    let Target::Update { before, .. } = &mut plan.changes[0].target else { panic!("an update") };
    before.id = first;
    let mut ids = StandIns::default();
    ids.add(0, &CreatedIds([(1, 41)].into()));
    ids.add(1, &CreatedIds([(1, 42)].into()));
    plan.settle(&ids);
    let change = &plan.changes[0];
    assert_eq!(change.before().map(|record| (record.id, record.fields["a"].clone())), Some((41, json!(41))));
    assert_eq!(change.after().map(|after| json!(after)), Some(json!({"a": 41, "b": 42, "c": [first]})));
}

/// A step of a run.
#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    /// The chosen record (modulo how many are known) and a field with its new value; `None` removes it.
    Set(usize, u8, Option<u8>),
    Delete(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        any::<u8>().prop_map(Step::Create),
        (any::<usize>(), 0..3_u8, proptest::option::of(0..3_u8))
            .prop_map(|(at, field, value)| Step::Set(at, field, value)),
        any::<usize>().prop_map(Step::Delete),
    ];
    proptest::collection::vec(step, 0..40)
}

type World = BTreeMap<Id, Map<String, Value>>;

/// Carries the steps out one by one, and beside it notes them in a draft.
fn play(start: &World, steps: &[Step]) -> (World, Plan, Vec<Id>) {
    let (mut world, mut draft, mut order) = (start.clone(), Draft::default(), Vec::new());
    let mut known: Vec<Id> = world.keys().copied().collect();
    for step in steps {
        let chosen = |at: &usize| known.get(at % known.len().max(1)).copied();
        let id = match step {
            Step::Create(value) => {
                let created = fields(json!({"f": value}));
                let id = draft.create("t", created.clone());
                world.insert(id, created);
                known.push(id);
                order.push(id);
                continue;
            }
            Step::Set(at, ..) | Step::Delete(at) => chosen(at),
        };
        let Some(id) = id.filter(|id| world.contains_key(id)) else { continue };
        if draft.get("t", id).is_none() {
            draft.take(Record { id, record_type: "t".to_owned(), client_account_id: 1, fields: world[&id].clone() });
        }
        if !order.contains(&id) {
            order.push(id);
        }
        if let Step::Set(_, field, value) = step {
            let mut after = world[&id].clone();
            match value {
                Some(value) => after.insert(format!("f{field}"), json!(value)),
                None => after.remove(&format!("f{field}")),
            };
            draft.set("t", id, after.clone());
            world.insert(id, after);
        } else {
            draft.delete("t", id);
            world.remove(&id);
        }
    }
    (world, draft.finish(), order)
}

proptest! {
    /// The merged plan comes to the same as its steps one by one, and holds nothing more.
    #[test]
    fn a_plan_is_the_shortest_way_to_the_same_end(steps in steps(), records in 0..4_i64) {
        let start: World = (1..=records).map(|id| (id, fields(json!({"f0": id, "f1": 0})))).collect();
        let (end, plan, order) = play(&start, &steps);

        let mut applied = start.clone();
        for change in &plan.changes {
            let id = change.id_seen();
            prop_assert_eq!(change.before().map(|record| &record.fields), start.get(&id));
            prop_assert_ne!(start.get(&id), change.after(), "a change that changes nothing");
            match change.after().cloned() {
                Some(after) => applied.insert(id, after),
                None => applied.remove(&id),
            };
        }
        prop_assert_eq!(&applied, &end);

        let ids: Vec<Id> = plan.changes.iter().map(PlannedChange::id_seen).collect();
        let by_first_touch: Vec<Id> = order.into_iter().filter(|id| ids.contains(id)).collect();
        prop_assert_eq!(ids, by_first_touch, "one change a record, in order of first touch");
    }

    /// Items say exactly what differs.
    #[test]
    fn changes_lead_from_before_to_after(steps in steps()) {
        let start: World = (1..=3).map(|id| (id, fields(json!({"f0": id, "f1": 0})))).collect();
        let (_, plan, _) = play(&start, &steps);
        for (change, item) in plan.changes.iter().zip(plan.items(0, 1, None)) {
            let mut fields = change.before().map(|record| record.fields.clone()).unwrap_or_default();
            for Change { field, before, after, .. } in item.changes {
                prop_assert_eq!(fields.get(&field).cloned().unwrap_or(Value::Null), before);
                match after {
                    Some(Value::Null) | None => fields.remove(&field),
                    Some(after) => fields.insert(field, after),
                };
            }
            prop_assert_eq!(fields, change.after().cloned().unwrap_or_default());
        }
    }
}
