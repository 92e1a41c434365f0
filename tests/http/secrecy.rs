//! Hidden code stays hidden: canaries in every shape of fence, looked for in everything that leaves the server.

use serde_json::{Value, json};

use crate::{
    stream::Follower,
    support::{Client, TIMBER, TestApp},
};

pub const CANARY: &str = "canary_7b1e";

/// Texts that hold the canary in the body of a block that must be hidden, and nowhere else.
pub fn hiding_places() -> Vec<String> {
    let code = format!("{CANARY} = 1");
    let mut texts = vec![
        format!("```codeaction\n{code}\n```"),
        format!("~~~codeaction\n{code}\n~~~"),
        format!("`````codeaction\n```\n{code}\n```\n`````"),
        format!("```CodeAction\n{code}\n```"),
        format!("```codeaction python title=\"x\"\n{code}\n```"),
        format!("```   codeaction\n{code}\n```"),
        format!("   ```codeaction\n   {code}\n   ```"),
        format!("```codeaction\r\n{code}\r\n```\r\n"),
        format!("```codeaction\n{code}"),
        format!("text\n```codeaction\n\n\n{code}\n\n```\ntext"),
        format!("> ```codeaction\n> {code}\n> ```"),
        format!("> > ~~~coderesult\n> > {code}\n> > ~~~"),
        format!("- item\n  ```codeaction\n  {code}\n  ```"),
        format!("1. ```coderesult\n   {code}\n   ```"),
        format!("- > ```codeaction\n  > {code}"),
        format!("1. > - ~~~codeaction\n   >   {code}\nafter"),
        format!("- - - ```codeaction\n      {code}\n      ```"),
        format!("-\t```coderesult\n\t{code}\n\t```"),
        format!("- a\n\n  ```codeaction\n  {code}\n  ```\n\n  b"),
        format!("> [!NOTE]\n> ```codeaction\n> {code}\n> ```"),
        format!("```code&#97;ction\n{code}\n```"),
        format!("```\tcodeaction\n\t{code}\n```"),
        format!("```codeaction\n{code}\n~~~\n"),
        format!("````codeaction\n{code}\n```\n"),
        format!("~~~codeaction ```\n{code}\n~~~"),
        format!("<b>\n\n```codeaction\n{code}\n```\n\n</b>"),
        format!("[x]: /y \"\n```codeaction\n{code}\n```\n\""),
        format!("```codeaction\nprint('{CANARY}')\nraise ValueError('{CANARY}')\n```"),
        format!("```codeaction\nrecords.get('invoice', '{CANARY}')\n```"),
        format!("```codeaction\n{CANARY} {CANARY} syntax error\n```"),
    ];
    texts.push(texts.join("\n\n"));
    texts
}

/// Everything that the API can be asked about a thread.
async fn everything(client: &Client, thread: i64, messages: &[i64]) -> Vec<String> {
    let base = format!("/chat/threads/{thread}");
    let mut paths: Vec<String> =
        ["/chat/threads", "/chat/actions", "/records", "/users", "/users/me"].map(str::to_owned).into();
    paths.extend(["", "/messages", "/participants", "?messages_limit=2"].map(|tail| format!("{base}{tail}")));
    for id in messages {
        paths.extend(["", "/revisions"].map(|tail| format!("{base}/messages/{id}{tail}")));
    }
    let mut texts = Vec::new();
    for path in paths {
        texts.push(client.get(&path).await.text);
    }
    texts
}

#[tokio::test]
async fn no_answer_to_anybody_but_the_author_shows_a_hidden_body_in_any_form() {
    let app = TestApp::new().await;
    let (ada, robo) = (app.sign_in("ada").await, app.sign_in("robo").await);
    let thread = robo.thread_in(TIMBER, None).await;
    let mut stream = Follower::open(&ada, None).await;
    for text in hiding_places() {
        let answer = robo.post(&format!("/chat/threads/{thread}/messages"), json!({"message": text})).await;
        match answer.status.as_u16() {
            201 => assert_hidden(&answer.json(), &text),
            _ => drop(answer.problem(422)),
        }
    }
    let messages = ada.get(&format!("/chat/threads/{thread}/messages")).await.ids();
    assert!(messages.len() >= hiding_places().len());
    for text in everything(&ada, thread, &messages).await {
        assert!(!text.contains(CANARY), "{text}");
    }
    for text in everything(&robo, thread, &messages).await {
        assert!(!less_the_authors_own(&text).contains(CANARY), "{text}");
    }
    for part in [CANARY, "canary", "7b1e", "ValueError('"] {
        assert_eq!(ada.get(&format!("/chat/threads?free_text={part}")).await.ids(), [0; 0], "{part}");
        assert_eq!(robo.get(&format!("/chat/threads?free_text={part}")).await.ids(), [0; 0], "{part}");
    }
    ada.say(thread, "the end").await;
    loop {
        let event = stream.next().await.expect("the stream goes on");
        assert!(!event.data.to_string().contains(CANARY), "{event:?}");
        if event.data["message"] == "the end" {
            break;
        }
    }
}

/// An answer less what code printed and raised, which may say anything, but to its author alone.
fn less_the_authors_own(text: &str) -> String {
    fn take_out(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.remove("output");
                if let Some(Value::Object(error)) = members.get_mut("error") {
                    error.remove("message");
                }
                members.values_mut().for_each(take_out);
            }
            Value::Array(values) => values.iter_mut().for_each(take_out),
            _ => {}
        }
    }
    let mut answer = serde_json::from_str(text).expect("JSON");
    take_out(&mut answer);
    answer.to_string()
}

/// What the author is told of errors and output may quote what the code made; nothing else does.
fn assert_hidden(message: &Value, text: &str) {
    let shown = less_the_authors_own(&message.to_string());
    assert!(!shown.contains(CANARY), "{text} was served as {shown}");
}

#[tokio::test]
async fn the_longest_message_can_be_sent_back_though_it_is_served_longer() {
    let app = TestApp::new().await;
    let robo = app.sign_in("robo").await;
    let invoice = app.record(TIMBER, "invoice", json!({"amount": 1})).await;
    let code = format!("```codeaction\nrecords.update('invoice', {invoice}, amount=2)\n```\n");
    let thread = robo.thread_in(TIMBER, None).await;
    let posted = robo.say(thread, &format!("{code}{}", "y".repeat(65_536 - code.len()))).await;
    let served = posted["message"].as_str().expect("a text");
    assert!(served.len() > 65_536);
    let path = format!("/chat/threads/{thread}/messages/{}", posted["id"]);
    let edited = robo.patch(&path, json!({"message": served})).await.ok();
    assert_eq!((&edited["message"], &edited["actions"]), (&posted["message"], &posted["actions"]));
    robo.patch(&path, json!({"message": format!("{served}y")})).await.problem(422);
    robo.patch(&path, json!({"message": "y".repeat(200_000)})).await.problem(422);
}

#[tokio::test]
async fn refusals_quote_nothing() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let path = format!("/chat/threads/{thread}/messages");
    for text in [
        format!("```coderesult\n{CANARY}\n```"),
        format!("<div>\n```codeaction\n{CANARY}\n```\n</div>"),
        format!("```codeaction\n{CANARY}\n```\n```approvecodeaction\n```"),
        format!("```approvecodeaction\n{CANARY}\n```"),
        format!("```codeaction\n{CANARY}\n```\n").repeat(17),
    ] {
        let answer = ada.post(&path, json!({"message": text})).await;
        answer.problem(422);
        assert!(!answer.text.contains(CANARY), "{}", answer.text);
    }
    let broken = format!("{{\"message\": \"```codeaction\\n{CANARY}\\n```\", ");
    let answer = ada.call(axum::http::Method::POST, &path).body(broken).await;
    answer.problem(400);
    assert!(!answer.text.contains(CANARY), "{}", answer.text);
}

#[tokio::test]
async fn an_edit_loses_nothing_and_shows_nothing() {
    let app = TestApp::new().await;
    let (ada, robo) = (app.sign_in("ada").await, app.sign_in("robo").await);
    let thread = robo.thread_in(TIMBER, None).await;
    let posted = robo.say(thread, &format!("Look:\n```codeaction\n{CANARY} = 1\n```\nPlease")).await;
    let path = format!("/chat/threads/{thread}/messages/{}", posted["id"]);
    if posted["actions"][0]["status"] == "written" {
        robo.patch(&path, json!({"message": "x"})).await.problem(409);
    }
    let invoice = app.record(TIMBER, "invoice", json!({"amount": 1})).await;
    let code = format!("```codeaction\n{CANARY} = 2\nrecords.update('invoice', {invoice}, amount={CANARY})\n```");
    let posted = robo.say(thread, &format!("Look:\n{code}\nPlease")).await;
    let path = format!("/chat/threads/{thread}/messages/{}", posted["id"]);
    let served = posted["message"].as_str().expect("a text").to_owned();
    let edited = robo.patch(&path, json!({"message": served.replace("Please", "Thanks")})).await;
    let message = edited.ok();
    assert_eq!(message["actions"], posted["actions"], "the code is the same, so is its action");
    assert_eq!(message["message"], served.replace("Please", "Thanks"));
    assert!(!ada.get(&format!("{path}/revisions")).await.text.contains(CANARY));
    for wrong in [
        served.replace(
            "```codeaction\n[code hidden]\n```",
            "```codeaction\n[code hidden]\n```\n```codeaction\n[code hidden]\n```",
        ),
        "```codeaction\n[code hidden]\n```\n```codeaction\nnew = 1\n```".to_owned(),
        format!("{served}\n```approvecodeaction\n```"),
    ] {
        robo.patch(&path, json!({"message": wrong})).await.problem(422);
    }
    assert_eq!(ada.get(&path).await.ok()["message"], served.replace("Please", "Thanks"));
}
