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
