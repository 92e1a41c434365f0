//! `money` as an action's code and an operator's rule reach it. What it calculates is tested beside it.

use countersign::{config::server::SandboxSettings, serve::sandbox::Pool};
use serde_json::json;

use crate::support::{ACCOUNT, error, plan, run, settings};

#[tokio::test]
async fn errors_name_their_line() {
    let pool = Pool::new(&settings());
    for (code, error_type, words) in [
        ("money.add(1250)", "TypeError", "money.decimal(1250)"),
        ("money.add('1.0', 0.5)", "TypeError", "not float"),
        ("money.multiply('1.00', 0.25)", "TypeError", "not float"),
        ("money.add(*['1,50'])", "ValueError", "1,50"),
        ("money.round('1.005', 2)", "TypeError", "'rounding'"),
        ("money.round('1.005', 2, 'exact')", "ValueError", "say how to round"),
        ("money.round('1.005', places=2, rounding='somehow')", "ValueError", "half_even"),
        ("money.divide('1.00', 0, 2, 'up')", "ZeroDivisionError", "zero"),
        ("money.add('1', total='2')", "TypeError", "unexpected keyword"),
        ("money.decimal(2**60)", "OverflowError", "2**53"),
        ("money.add('9' * 100)", "OverflowError", "60 digits"),
        ("money.add('9' * 10**6)", "ValueError", "KiB"),
        ("money.power('1', 2)", "AttributeError", "'Money' object"),
        ("money.create('invoice')", "AttributeError", "'Money' object"),
        ("records.add('1', '2')", "AttributeError", "'Records' object"),
        ("records.create('a', m=money)", "TypeError", "type"),
    ] {
        let error = error(run(&pool, &format!("x = 1\n{code}")).await);
        let message = error.message.expect("a message");
        assert_eq!((error.error_type.as_str(), error.line), (error_type, Some(2)), "{code}: {message}");
        assert!(message.contains(words), "{code}: {message}");
    }
}

#[tokio::test]
async fn it_is_an_object_like_records_and_costs_no_call_of_them() {
    let pool = Pool::new(&SandboxSettings { host_calls: 1, ..settings() });
    let code = "
add, compare = money.add, money.compare
total = '0.00'
for n in range(200):
    total = add(total, money.decimal(n))
try:
    money.minor('0.001')
except ValueError:
    print('caught')
print(total, compare(total, '199.00'), hasattr(money, 'split'), hasattr(money, 'pay'))
records.create('sum', total=total)
";
    let ran = run(&pool, code).await;
    assert_eq!(ran.output, "caught\n199.00 0 True False\n");
    assert_eq!(plan(ran).changes.len(), 1);
    let own = run(&pool, "money = 3\nprint(money + 1)").await;
    assert_eq!(own.output, "4\n", "the name is free to take");
}

#[tokio::test]
async fn rules_can_compare_decimal_strings() {
    let pool = Pool::new(&settings());
    let mut session = pool.session(ACCOUNT);
    let condition = "money.compare(after['total'], '100.00') <= 0";
    for (total, holds) in [(json!("99.99"), Some(true)), (json!("100.01"), Some(false)), (json!(5), None)] {
        let result = session.holds(condition, json!(null), json!({"total": total})).await.expect("a run");
        assert_eq!(result.ok(), holds, "{total}");
    }
}
