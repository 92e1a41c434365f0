//! What an action's code can do with `records` and `context`, and how its errors read.

use countersign::{
    config::server::{LEAST_MEMORY, SandboxSettings},
    serve::sandbox::{Overlay, Pool},
};
use serde_json::{Value, json};

use crate::support::{ACCOUNT, Records, context, error, plan, run, run_with, settings};

fn invoices() -> Records {
    Records::of(json!([
        {"type": "invoice", "number": "2026-1", "amount": 100, "lines": [{"text": "a", "price": "1.10"}]},
        {"type": "invoice", "number": "2026-2", "amount": 250},
        {"type": "customer", "name": "Berg AS"},
    ]))
}

#[tokio::test]
async fn reads_what_is_there_and_prints_it() {
    let pool = Pool::new(&settings());
    let code = "
print(records.get('invoice', 1))
print(records.get('invoice', 9), records.get('customer', 1))
print([r['id'] for r in records.find('invoice')], [r['id'] for r in records.find('invoice', amount=250.0)])
print(records.find('invoice', id=2)[0]['number'], records.find('invoice', amount=True), records.find('invoice', amount=None))
print(context.thread_id, context.client_account_id, context.relation_type, context.relation_id)
print(context.author_id, context.approver_id, context.mode, context.is_approved)
";
    let ran = run_with(&pool, code, &invoices()).await;
    assert_eq!(
        ran.output,
        "{'amount': 100, 'id': 1, 'lines': [{'price': '1.10', 'text': 'a'}], 'number': '2026-1'}\n\
         None None\n[1, 2] [2]\n2026-2 [] []\n3 7 invoice 12\n5 None preview False\n"
    );
    assert!(plan(ran).is_empty());
}

#[tokio::test]
async fn a_plan_holds_what_the_run_changed() {
    let pool = Pool::new(&settings());
    let code = "
first = records.get('invoice', 1)
first['amount'] = first['amount'] + 1
records.update('invoice', **first)
payment = records.create('payment', invoice=1, amount=-1, note=None)
other = records.create('payment', parent=payment['id'], nested=[payment['id']])
records.update('payment', other['id'], text='b')
records.delete('customer', 3)
records.update('invoice', 2, amount=1)
records.update('invoice', 2, amount=250)
gone = records.create('payment')
records.delete('payment', gone['id'])
print(payment, other['id'], gone['id'], records.get('customer', 3), [r['id'] for r in records.find('payment')])
";
    let ran = run_with(&pool, code, &invoices()).await;
    assert_eq!(ran.output, "{'amount': -1, 'id': -1, 'invoice': 1} -2 -3 None [-1, -2]\n");
    let items = serde_json::to_value(plan(ran).items(0, 1, None)).expect("json");
    let summary: Vec<Value> = items
        .as_array()
        .expect("items")
        .iter()
        .map(|item| json!([item["id"], item["operation"], item["object_type"], item["object_id"], item["changes"]]))
        .collect();
    assert_eq!(
        summary,
        [
            json!([1, "update", "invoice", 1, [{"field": "amount", "before": 100, "after": 101}]]),
            json!([2, "create", "payment", null, [
                {"field": "amount", "before": null, "after": -1},
                {"field": "invoice", "before": null, "after": 1},
            ]]),
            json!([3, "create", "payment", null, [
                {"field": "nested", "before": null, "after": [-1]},
                {"field": "parent", "before": null, "after_created": 2},
                {"field": "text", "before": null, "after": "b"},
            ]]),
            json!([4, "delete", "customer", 3, [{"field": "name", "before": "Berg AS", "after": null}]]),
        ]
    );
}

#[tokio::test]
async fn later_blocks_see_what_earlier_ones_write() {
    let pool = Pool::new(&settings());
    let source = invoices();
    let mut session = pool.session(ACCOUNT);
    let mut overlay = Overlay::default();
    let first = "
a = records.create('invoice', number='new', amount=250)
records.create('line', invoice=a['id'])
records.update('invoice', 1, amount=0)
records.delete('invoice', 2)
";
    let ran = session.run(first, &context(), &source, &overlay).await.expect("a run");
    overlay.absorb(0, &plan(ran));
    let second = "
own = records.create('invoice', amount=250)
found = records.find('invoice', amount=250)
print(len(found), found[-1]['id'], found[0]['number'], records.get('invoice', 2), records.get('invoice', 1)['amount'])
line = records.find('line', invoice=found[0]['id'])[0]
records.update('line', line['id'], text='seen')
";
    let ran = session.run(second, &context(), &source, &overlay).await.expect("a run");
    assert_eq!(ran.output, "2 -1 new None 0\n");
    let touched: Vec<_> = plan(ran).touched().collect();
    assert_eq!(touched, [countersign::serve::plan::stand_in(0, 2)]);
}

#[tokio::test]
async fn errors_name_type_and_line() {
    let pool = Pool::new(&settings());
    let source = invoices();
    for (code, error_type, line, words) in [
        ("x = 1\n\ny = 1 / 0", "ZeroDivisionError", Some(3), "division by zero"),
        ("def f():\n    return nothing\nf()", "NameError", Some(2), "name 'nothing' is not defined"),
        ("undefined(1)", "NameError", Some(1), "undefined"),
        ("x = (", "SyntaxError", Some(1), ""),
        ("assert 1 == 2", "AssertionError", Some(1), ""),
        ("raise KeyError(17)", "TypeError", None, "takes one text at most"),
        ("raise ValueError('the total is wrong')", "ValueError", Some(1), "the total is wrong"),
        ("records.update('invoice', 9, amount=1)", "KeyError", Some(1), "there is no invoice with the id 9"),
        ("records.delete('customer', 1)", "KeyError", Some(1), "there is no customer with the id 1"),
        ("records.create('invoice', id=1)", "ValueError", Some(1), "`id`"),
        ("records.create('invoice', type='x')", "TypeError", Some(1), "multiple values"),
        ("records.update('invoice', 1, 2)", "TypeError", Some(1), "positional"),
        ("records.update('invoice', '1', a=2)", "TypeError", Some(1), "'id' must be an int, not str"),
        ("records.get('invoice', True)", "TypeError", Some(1), "not bool"),
        ("records.get('invoice', 1, x=1)", "TypeError", Some(1), "unexpected keyword"),
        ("records.get('invoice')", "TypeError", Some(1), "missing"),
        ("records.get(' ', 1)", "ValueError", Some(1), "type"),
        ("records.create('invoice', amount=float('nan'))", "ValueError", Some(1), "NaN"),
        ("records.create('invoice', amount=float('inf'))", "ValueError", Some(1), "infinity"),
        ("records.create('invoice', amount=2**53)", "OverflowError", Some(1), "2**53"),
        ("records.create('invoice', amount=-2**70)", "OverflowError", Some(1), "2**53"),
        ("records.create('invoice', tags={1, 2})", "TypeError", Some(1), "set"),
        ("records.create('invoice', tags={1: 2})", "TypeError", Some(1), "str"),
        ("records.create('invoice', f=len)", "TypeError", Some(1), "type"),
        ("records.create('invoice', text='x' * 70000)", "ValueError", Some(1), "64 KiB"),
        ("records.create('invoice', a='\\n' * 40000)", "ValueError", Some(1), "64 KiB"),
        (
            "x = []\nfor i in range(40):\n    x = [x]\nrecords.create('invoice', x=x)",
            "ValueError",
            Some(4),
            "32 levels",
        ),
        ("x = []\nx.append(x)\nrecords.create('invoice', x=x)", "ValueError", Some(3), "itself"),
        ("records.destroy('invoice', 1)", "AttributeError", Some(1), "destroy"),
        ("context.secret", "AttributeError", Some(1), "secret"),
        ("import decimal", "ModuleNotFoundError", Some(1), "decimal"),
    ] {
        let error = error(run_with(&pool, code, &source).await);
        let message = error.message.expect("a message");
        assert_eq!((error.error_type.as_str(), error.line), (error_type, line), "{code}: {message}");
        assert!(message.contains(words), "{code}: {message}");
    }
}

#[tokio::test]
async fn documents_may_be_as_large_as_the_contract_says() {
    let pool = Pool::new(&settings());
    let code = "
x = 1
for i in range(31):
    x = [x]
records.create('a', x=x)
records.create('a', text='x' * (65536 - len('{\"text\":\"\"}')))
records.create('a', n=2**53 - 1, m=-(2**53 - 1), f=0.1, t=(1, 2), z=None)
";
    let plan = plan(run(&pool, code).await);
    let last = plan.changes[2].after().cloned().expect("fields");
    assert_eq!(
        Value::Object(last),
        json!({"n": 9_007_199_254_740_991_i64, "m": -9_007_199_254_740_991_i64, "f": 0.1, "t": [1, 2]})
    );
    let deeper = "x = 1\nfor i in range(32):\n    x = [x]\nrecords.create('a', x=x)";
    assert_eq!(error(run(&pool, deeper).await).error_type, "ValueError");
    let longer = "records.create('a', text='x' * (65537 - len('{\"text\":\"\"}')))";
    assert_eq!(error(run(&pool, longer).await).error_type, "ValueError");
}

#[tokio::test]
async fn exceptions_of_records_can_be_caught() {
    let pool = Pool::new(&settings());
    let code = "
try:
    records.update('invoice', 1, a=1)
except KeyError as error:
    print('caught')
print(hasattr(records, 'get'), hasattr(records, 'gone'))
create = records.create
print(create('a', b=1)['id'])
";
    let ran = run(&pool, code).await;
    assert_eq!(ran.output, "caught\nTrue False\n-1\n");
    assert_eq!(plan(ran).changes.len(), 1);
}

#[tokio::test]
async fn conditions_see_before_and_after() {
    let pool = Pool::new(&settings());
    let mut session = pool.session(ACCOUNT);
    let before = json!({"amount": 1});
    let after = json!({"amount": 10});
    for (condition, expected) in [
        ("0 <= after['amount'] <= 10", Ok(true)),
        ("after['amount'] < before['amount']", Ok(false)),
        ("after['missing'] > 1", Err("KeyError")),
        ("records.get('a', 1)", Err("NameError")),
        ("after['amount'] > 5\nand before['amount'] < 5", Ok(true)),
        // Statements, of which the last would decide.
        ("False\nTrue", Err("SyntaxError")),
        ("1; True", Err("SyntaxError")),
        ("while True: pass", Err("SyntaxError")),
        ("max(range(10**12)) > 0", Err("TimeoutError")),
    ] {
        let mut limits = settings();
        limits.run_timeout = std::time::Duration::from_millis(500);
        let short = Pool::new(&limits);
        let mut short = short.session(ACCOUNT);
        let session = if condition.starts_with("max") { &mut short } else { &mut session };
        let held = session.holds(condition, before.clone(), after.clone()).await.expect("a run");
        assert_eq!(held.map_err(|error| error.error_type), expected.map_err(str::to_owned), "{condition}");
    }
}

#[tokio::test]
async fn a_worker_with_the_least_memory_runs_code() {
    let pool = Pool::new(&SandboxSettings { memory: LEAST_MEMORY, ..settings() });
    let code = "
for invoice in records.find('invoice'):
    records.update('invoice', invoice['id'], amount=money.add('12.50', '1'))
";
    assert_eq!(plan(run_with(&pool, code, &invoices()).await).changes.len(), 2);
    assert_eq!(error(run(&pool, "x = ['y' * 1000] * 10 ** 6").await).error_type, "MemoryError");
}
