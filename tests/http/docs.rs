//! `docs/api.md`: names what there is, no more and no less, and its example works.

use std::collections::BTreeSet;

use countersign::api::ProblemType;
use serde_json::Value;

use crate::{
    documented::{DOCUMENT, operations},
    support::TestApp,
};

const TEXT: &str = include_str!("../../docs/api.md");

/// What stands between back quotes in one column of the table under a head.
fn names(head: &str, column: usize) -> BTreeSet<&'static str> {
    let rows = TEXT.split_once(head).expect("the table").1.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.flat_map(|row| row.split('|').nth(column).expect("a column").split('`').skip(1).step_by(2)).collect()
}

#[test]
fn it_names_every_route_with_its_scope() {
    let routes = operations().map(|(path, method, _)| format!("{} {path}", method.to_uppercase()));
    assert_eq!(
        names("| route | does | scope |", 1),
        routes.collect::<BTreeSet<_>>().iter().map(String::as_str).collect()
    );
}

#[test]
fn it_names_every_type_of_problem_under_its_status() {
    let told = names("| status | types under `/problems/` | what to do |", 2);
    assert_eq!(told, ProblemType::ALL.iter().map(|problem| problem.slug()).collect());
    for problem in ProblemType::ALL {
        let named = format!("`{}`", problem.slug());
        let row = TEXT.lines().find(|line| line.starts_with('|') && line.contains(&named)).expect("a row");
        let statuses = row.split('|').nth(1).expect("a column");
        assert!(statuses.contains(&problem.status().to_string()), "{row}");
    }
}

#[test]
fn it_names_every_event() {
    let kinds = DOCUMENT["components"]["schemas"]["StreamEvent"]["oneOf"].as_array().expect("kinds").iter();
    let kinds = kinds.map(|kind| kind["properties"]["event"]["enum"][0].as_str().expect("a name"));
    assert_eq!(names("| event | `data` |", 1), kinds.collect());
}

#[test]
fn it_names_every_query_parameter() {
    for (path, _, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().expect("a name");
            let told = TEXT.contains(&format!("`{name}`")) || TEXT.contains(&format!("`{name}="));
            assert!(told || parameter["in"] != "query", "{name} of {path}");
        }
    }
}

#[tokio::test]
async fn its_error_is_the_servers() {
    let app = TestApp::new().await;
    let shown = TEXT.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an error");
    let shown: Value = serde_json::from_str(shown).expect("JSON");
    let refused = app.sign_in("ada").await.post("/chat/threads", serde_json::json!({"subjct": "x"})).await;
    assert_eq!(refused.problem(422), shown);
}

#[tokio::test]
async fn its_request_works() {
    let app = TestApp::new().await;
    let body = TEXT.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a body");
    // As curl sends it.
    let call = app.sign_in("ada").await.call(axum::http::Method::POST, "/api/v2/chat/threads").body(body);
    call.header("content-type", "application/x-www-form-urlencoded").await.created();
}
