use serde_json::Map;

use super::*;
use crate::{api::Record, serve::plan::Draft};

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

/// A rule that lets through what meets these conditions.
fn free(conditions: &str) -> String {
    format!("[[rules]]\nneeds_approval = false\n{conditions}\n")
}

fn rules(text: &str) -> Vec<Rule> {
    #[derive(serde::Deserialize)]
    struct Rules {
        rules: Vec<Rule>,
    }
    toml::from_str::<Rules>(text).expect("rules").rules
}

/// Two updates of an invoice's amount and one more field, a create of a payment, a delete of a customer.
fn plan() -> Plan {
    let mut draft = Draft::default();
    for (id, record_type, before) in [
        (1, "invoice", json!({"amount": 100})),
        (2, "invoice", json!({"amount": 200, "text": "a"})),
        (3, "customer", json!({"name": "Berg"})),
    ] {
        draft.take(Record { id, record_type: record_type.to_owned(), client_account_id: 1, fields: fields(before) });
    }
    draft.set("invoice", 1, fields(json!({"amount": 5})));
    draft.set("invoice", 2, fields(json!({"amount": 5, "text": "b"})));
    draft.delete("customer", 3);
    draft.create("payment", fields(json!({"amount": 7})));
    draft.finish()
}

/// Understands `fails`, `yes` and the name of a side that must be there.
struct Fake;

impl Conditions for Fake {
    async fn holds(
        &mut self,
        condition: &str,
        before: Value,
        after: Value,
    ) -> Result<Result<bool, ActionError>, SandboxError> {
        Ok(match condition {
            "typo <" => Err(ActionError { error_type: "SyntaxError".to_owned(), line: None, message: None }),
            "fails" => Err(ActionError { error_type: "KeyError".to_owned(), line: Some(1), message: None }),
            "before" => Ok(before["id"].is_number()),
            "after" => Ok(after["id"].is_number()),
            "small" => Ok(after["amount"].as_i64().is_some_and(|amount| amount < 6)),
            _ => Ok(true),
        })
    }
}

/// Which of the four changes need approval, with the reasons.
async fn judged(rules: &[Rule], uses: &DailyUses) -> (Vec<bool>, Vec<String>, LetThrough) {
    let mut plan = plan();
    let let_through = judge(&mut plan, rules, uses, &Overlay::default(), &mut Fake).await.expect("a verdict");
    let (needs, why) = plan.changes.into_iter().map(|change| (change.needs_approval, change.rule)).unzip();
    (needs, why, let_through)
}

async fn needs(text: &str) -> Vec<bool> {
    judged(&rules(text), &DailyUses::default()).await.0
}

#[tokio::test]
async fn without_a_rule_everything_needs_approval() {
    let (needs, why, _) = judged(&[], &DailyUses::default()).await;
    assert_eq!(needs, [true; 4]);
    assert_eq!(why[0], "no rule lets this through: approval is needed");
}

#[tokio::test]
async fn a_rule_matches_by_operation_type_and_fields() {
    assert_eq!(needs(&free("")).await, [false; 4]);
    assert_eq!(needs(&free("operation = 'update'")).await, [false, false, true, true]);
    assert_eq!(needs(&free("operation = ['create', 'delete']")).await, [true, true, false, false]);
    assert_eq!(needs(&free("object_type = 'invoice'\nfields = ['amount']")).await, [false, true, true, true]);
    assert_eq!(needs(&free("fields = ['amount', 'text']")).await, [false, false, true, false]);
    assert_eq!(needs(&free("fields = ['name']")).await, [true, true, false, true]);
    assert_eq!(needs(&free("fields = []")).await, [true; 4]);
}

#[tokio::test]
async fn the_first_match_decides() {
    let text = "
[[rules]]
object_type = 'invoice'
needs_approval = true
[[rules]]
operation = 'update'
needs_approval = false
[[rules]]
operation = 'create'
needs_approval = false
";
    let (needs, why, _) = judged(&rules(text), &DailyUses::default()).await;
    assert_eq!(needs, [true, true, true, false]);
    assert_eq!(why[0], "rule 1 asks for approval of any change of invoice");
    assert_eq!(why[2], "no rule lets this through: approval is needed");
    assert_eq!(why[3], "rule 3 lets through create of any record");
}

#[tokio::test]
async fn conditions_are_part_of_the_match_and_a_failure_asks_for_approval() {
    assert_eq!(needs(&free("when = 'small'")).await, [false, false, true, true]);
    assert_eq!(needs(&free("when = 'before'")).await, [false, false, false, true]);
    assert_eq!(needs(&free("when = 'after'")).await, [false, false, true, false]);
    let text = free("operation = 'update'\nwhen = 'fails'") + &free("");
    let (needs, why, _) = judged(&rules(&text), &DailyUses::default()).await;
    assert_eq!(needs, [true, true, false, false]);
    assert_eq!(why[0], "the condition of rule 1 failed (KeyError): approval is needed");
}

#[tokio::test]
async fn no_condition_is_tried_on_an_id_that_is_still_to_come() {
    let invoice = |draft: &mut Draft, amount: Value| {
        let before = fields(json!({"amount": 100}));
        draft.take(Record { id: 1, record_type: "invoice".to_owned(), client_account_id: 1, fields: before });
        draft.set("invoice", 1, fields(json!({ "amount": amount })));
    };
    let small = rules(&(free("object_type = 'log'") + &free("when = 'small'")));
    // Of the same block.
    let mut own = Draft::default();
    let id = own.create("log", Map::new());
    invoice(&mut own, id.into());
    let mut own = own.finish();
    judge(&mut own, &small, &DailyUses::default(), &Overlay::default(), &mut Fake).await.expect("a verdict");
    assert_eq!(own.changes.iter().map(|change| change.needs_approval).collect::<Vec<_>>(), [false, true]);
    assert!(own.changes[1].rule.starts_with("rule 2 has a condition"), "{}", own.changes[1].rule);
    // Of an earlier one.
    let mut first = Draft::default();
    first.create("log", Map::new());
    let mut earlier = Overlay::default();
    earlier.absorb(0, &first.finish());
    for (amount, needs_approval) in [(crate::serve::plan::stand_in(0, 1), true), (-7, false)] {
        let mut later = Draft::default();
        invoice(&mut later, amount.into());
        let mut later = later.finish();
        judge(&mut later, &small, &DailyUses::default(), &earlier, &mut Fake).await.expect("a verdict");
        assert_eq!(later.changes[0].needs_approval, needs_approval, "{amount}");
    }
    // Where a rule has no condition, the id does no harm.
    let mut free_of_conditions = own.clone();
    let all = rules(&free(""));
    judge(&mut free_of_conditions, &all, &DailyUses::default(), &earlier, &mut Fake).await.expect("a verdict");
    assert!(!free_of_conditions.needs_approval());
}

#[tokio::test]
async fn a_daily_limit_lets_through_so_many() {
    let rules = rules(&(free("operation = 'update'\ndaily_limit = 3") + &free("")));
    let mut uses = DailyUses { author_id: 4, day: "2026-11-22".to_owned(), ..DailyUses::default() };
    uses.stored.insert(0, 1);
    let (needs, _, let_through) = judged(&rules, &uses).await;
    assert_eq!((needs, &let_through), (vec![false; 4], &LetThrough::from([(0, 2)])));
    assert!(uses.expect(&rules).expect("names").is_empty(), "nothing is written yet");
    uses.add(&let_through);
    let expected = uses.expect(&rules).expect("names");
    let [Expect::DailyLimit { use_of, limit: 3 }] = expected.as_slice() else { panic!("{expected:?}") };
    assert_eq!((use_of.author_id, use_of.day.as_str(), use_of.more), (4, "2026-11-22", 2));
    let (needs, why, _) = judged(&rules, &uses).await;
    assert_eq!(needs, [true, true, false, false]);
    assert_eq!(why[0], "rule 1 lets through 3 changes a day and author, and they are used up");
}

#[test]
fn a_rule_keeps_its_name_where_it_moves_and_loses_it_when_it_says_something_else() {
    let name = |text: &str| name(&rules(text)[0]).expect("a name");
    assert_eq!(name(&free("operation = 'update'")), name(&free("operation = ['update']")));
    assert_ne!(name(&free("operation = 'update'")), name(&free("operation = 'create'")));
    assert_ne!(name(&free("daily_limit = 1")), name(&free("daily_limit = 2")));
}

#[tokio::test]
async fn only_a_condition_that_no_record_could_mend_is_bad() {
    let fine = free("when = \"fails\"") + &free("") + &free("when = \"yes\"");
    assert!(check(&rules(&fine), &mut Fake).await.is_ok());
    let bad = check(&rules(&(fine + &free("when = \"typo <\""))), &mut Fake).await.expect_err("a bad condition");
    assert_eq!(bad.number, 4);
    assert!(bad.to_string().contains("rule 4 cannot be evaluated: SyntaxError"), "{bad}");
}
