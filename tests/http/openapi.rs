//! `GET /openapi.json`: the document as a whole, and that it says what the router does.

use std::collections::BTreeSet;

use axum::http::Method;
use countersign::api::ProblemType;
use serde_json::{Value, json};

use crate::{
    documented::{self, DOCUMENT, operations},
    support::{Client, TestApp},
};

/// What a template's ids are in these tests: nothing has them.
fn path(template: &str) -> String {
    ["{thread_id}", "{message_id}", "{participant_id}", "{record_id}"]
        .iter()
        .fold(template.to_owned(), |path, name| path.replace(name, "999"))
}

fn method(name: &str) -> Method {
    Method::from_bytes(name.to_uppercase().as_bytes()).expect("a method")
}

#[tokio::test]
async fn it_is_what_was_agreed_on() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let document = ada.get("/openapi.json").await.ok();
    assert_eq!(ada.get("/api/v2/openapi.json").await.ok(), document);
    insta::assert_snapshot!("openapi", serde_json::to_string_pretty(&document).expect("JSON"));
}

#[tokio::test]
async fn it_is_for_whoever_has_a_token() {
    let app = TestApp::new().await;
    app.stranger().get("/openapi.json").await.problem(401);
    let (approver, _) = app.token("ada", Some("approve"), None).await;
    assert_eq!(approver.get("/openapi.json").await.ok()["openapi"], "3.1.0");
    approver.get("/openapi.json?pretty=1").await.problem(400);
}

#[tokio::test]
async fn it_has_the_routes_that_there_are() {
    let app = TestApp::new().await;
    let (stranger, ada) = (app.stranger(), app.sign_in("ada").await);
    for (template, methods) in DOCUMENT["paths"].as_object().expect("paths") {
        let methods = methods.as_object().expect("methods");
        for (name, operation) in methods {
            let answer = stranger.call(method(name), &path(template)).await;
            if operation["security"] == json!([{}]) {
                answer.ok();
            } else {
                answer.problem(401);
            }
        }
        let refused = ada.call(Method::TRACE, &path(template)).await;
        refused.problem(405);
        let allowed: BTreeSet<&str> = refused.header("allow").split(',').filter(|method| *method != "HEAD").collect();
        let documented: BTreeSet<String> = methods.keys().map(|name| name.to_uppercase()).collect();
        assert_eq!(allowed, documented.iter().map(String::as_str).collect(), "{template}");
    }
}

#[tokio::test]
async fn it_has_the_query_parameters_that_there_are() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, None).await;
    for (template, name, operation) in operations() {
        if operation["security"] == json!([{}]) {
            continue;
        }
        let asked = path(&template.replace("{thread_id}", &thread.to_string()));
        let refused = ada.call(method(name), &format!("{asked}?unheard_of=1")).json(&json!({})).await.problem(400);
        let detail = refused["detail"].as_str().expect("a detail");
        let known: BTreeSet<&str> = detail.split('`').skip(3).step_by(2).collect();
        assert_eq!(known, parameters(operation, "query"), "{name} {template}: {detail}");
    }
}

fn parameters<'a>(operation: &'a Value, place: &str) -> BTreeSet<&'a str> {
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice).iter();
    parameters.filter(|each| each["in"] == place).map(|each| each["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn it_has_the_smallest_numbers_that_are_taken() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, None).await;
    for (template, name, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|each| each["in"] == "query") {
            let Some(smallest) = documented::resolved(&parameter["schema"])["minimum"].as_i64() else { continue };
            let asked = path(&template.replace("{thread_id}", &thread.to_string()));
            let query = parameter["name"].as_str().expect("a name");
            ada.call(method(name), &format!("{asked}?{query}={smallest}")).await.ok();
            ada.call(method(name), &format!("{asked}?{query}={}", smallest - 1)).await.problem(400);
        }
    }
}

#[tokio::test]
async fn it_has_the_body_fields_that_there_are() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, None).await;
    let message = ada.say(thread, "hello").await["id"].clone();
    for (template, name, operation) in operations().filter(|(.., operation)| !operation["requestBody"].is_null()) {
        let asked = template.replace("{thread_id}", &thread.to_string()).replace("{message_id}", &message.to_string());
        let schema = documented::resolved(&operation["requestBody"]["content"]["application/json"]["schema"]);
        let mut body = json!({"unheard_of": 1});
        for field in schema["properties"].as_object().expect("properties").keys() {
            body[field] = json!({"of": "a shape that nobody expects"});
        }
        let refused = ada.call(method(name), &asked).json(&body).await;
        let settable = |field: &&String| !schema["properties"][field].as_object().expect("a schema").is_empty();
        let pointers: BTreeSet<String> = refused.pointers().into_iter().collect();
        let ignored = "Accepted, so that what was read can be sent back; without effect.";
        let mut expected: BTreeSet<String> = schema["properties"]
            .as_object()
            .expect("properties")
            .keys()
            .filter(settable)
            .filter(|field| schema["properties"][field]["description"] != ignored)
            .map(|field| format!("/{field}"))
            .collect();
        expected.insert("/unheard_of".to_owned());
        assert_eq!(pointers, expected, "{name} {template}");
    }
}

#[test]
fn it_names_every_type_of_problem() {
    let text = DOCUMENT.to_string();
    for problem in ProblemType::ALL {
        assert!(text.contains(&format!("\"{}\"", problem.uri())), "{}", problem.uri());
    }
}

#[test]
fn all_that_it_refers_to_is_there() {
    fn look(value: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref") {
                    assert!(DOCUMENT.pointer(&reference.as_str().expect("a path")[1..]).is_some(), "{reference}");
                }
                members.values().for_each(look);
            }
            Value::Array(values) => values.iter().for_each(look),
            _ => {}
        }
    }
    look(&DOCUMENT);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let mut names = BTreeSet::new();
    for (template, name, operation) in operations() {
        assert!(names.insert(operation["operationId"].as_str().expect("a name")), "{name} {template}");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{name} {template}");
        let tag = &operation["tags"][0];
        assert!(DOCUMENT["tags"].as_array().expect("tags").iter().any(|known| known["name"] == *tag), "{tag}");
    }
}

#[test]
fn its_examples_are_as_it_says() {
    for (template, name, operation) in operations() {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let contents = documented::resolved(response)["content"].as_object().cloned().unwrap_or_default();
            for content in contents.values() {
                let single = content.get("example").into_iter();
                let several = content["examples"].as_object().into_iter().flat_map(|examples| examples.values());
                let examples: Vec<&Value> = single.chain(several.map(|example| &example["value"])).collect();
                let is_free = content["schema"] == json!({"type": "object"});
                assert!(is_free || !examples.is_empty(), "{name} {template} {status} has no example");
                for example in examples {
                    let place = format!("the example of {name} {template} {status}");
                    documented::fits(&content["schema"], example, &place);
                }
            }
        }
        if let Some(body) = operation.get("requestBody") {
            let schema = documented::resolved(&body["content"]["application/json"]["schema"]);
            for example in schema["examples"].as_array().expect("examples") {
                documented::fits(schema, example, &format!("the body of {name} {template}"));
            }
        }
    }
}

#[test]
fn each_of_its_parameters_has_an_example_that_it_allows() {
    for (template, name, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let place = format!("the example of {} in {name} {template}", parameter["name"]);
            let single = parameter.get("example").into_iter();
            let examples: Vec<&Value> =
                single.chain(parameter["schema"]["examples"].as_array().into_iter().flatten()).collect();
            assert!(!examples.is_empty(), "{place} is missing");
            for example in examples {
                documented::fits(&parameter["schema"], example, &place);
            }
        }
    }
}

#[tokio::test]
async fn its_example_requests_are_taken() {
    let app = TestApp::new().await;
    let max: Client = app.sign_in("max").await;
    let thread = max.thread_in(1, Some("hello")).await;
    for (template, name, operation) in operations().filter(|(.., operation)| !operation["requestBody"].is_null()) {
        let message = max.say(thread, "hello").await["id"].clone();
        let asked = template.replace("{thread_id}", &thread.to_string()).replace("{message_id}", &message.to_string());
        let schema = documented::resolved(&operation["requestBody"]["content"]["application/json"]["schema"]);
        for example in schema["examples"].as_array().expect("examples") {
            let taken = max.call(method(name), &asked).json(example).await;
            assert!(taken.status.is_success(), "{name} {template}: {}", taken.text);
        }
    }
}
