//! Every piece of Python in `docs/actions.md` runs, and prints what stands beside it after `# → `.

use countersign::serve::sandbox::Pool;
use serde_json::json;

use crate::support::{Records, run_with, settings};

const TEXT: &str = include_str!("../../docs/actions.md");

fn records() -> Records {
    Records::of(json!([
        {"type": "invoice", "number": "2026-1", "total": 1250, "status": "open", "customer": 3, "note": "x"},
        {
            "type": "invoice", "number": "2026-2", "total": 49_900, "status": "open", "customer": 3,
            "lines": [{"text": "Hours", "price": "480.00"}, {"text": "Fee", "price": "19.00"}],
        },
        {"type": "customer", "name": "Berg AS"},
    ]))
}

#[tokio::test]
async fn what_authors_are_told_is_true() {
    let pool = Pool::new(&settings());
    let pieces: Vec<&str> = TEXT.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(pieces.len() >= 8, "{}", pieces.len());
    for code in pieces {
        let ran = run_with(&pool, code, &records()).await;
        assert!(ran.result.is_ok(), "{code}\n{:?}", ran.result);
        let told: Vec<&str> = code.lines().filter_map(|line| Some(line.split_once("# → ")?.1)).collect();
        assert_eq!(ran.output.lines().collect::<Vec<_>>(), told, "{code}");
    }
}

#[tokio::test]
async fn money_refuses_what_is_no_amount() {
    let pool = Pool::new(&settings());
    let helpers = TEXT.split("```python\n").find(|piece| piece.contains("def minor")).expect("the helpers");
    let helpers = helpers.split("print(").next().expect("functions");
    for amount in ["'1.234'", "''", "'.'", "'1,5'", "'--1'", "'1e3'", "' 1'", "'1.-5'"] {
        let ran = run_with(&pool, &format!("{helpers}\nminor({amount})"), &records()).await;
        assert_eq!(ran.result.expect_err(amount).error_type, "ValueError", "{amount}");
    }
    let exact = "
for amount in ['0.00', '-0.01', '123456789012345678901234567890.12', '5', '0.5', '1000.00']:
    assert minor(decimal(minor(amount))) == minor(amount), amount
assert decimal(minor('1.005', 3), 3) == '1.005' and decimal(minor('7', 0), 0) == '7'
assert [share(n, 1, 2) for n in [1, -1, 2, 3]] == [1, -1, 1, 2]
for total in range(-7, 50):
    for parts in range(1, 6):
        pieces = split(total, parts)
        assert sum(pieces) == total and max(pieces) - min(pieces) <= 1 and len(pieces) == parts
";
    let split = TEXT.split("```python\n").find(|piece| piece.contains("def split")).expect("the helper");
    let split = split.split("print(").next().expect("a function");
    let ran = run_with(&pool, &format!("{helpers}\n{split}\n{exact}"), &records()).await;
    assert!(ran.result.is_ok(), "{:?}", ran.result);
}
