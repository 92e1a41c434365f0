//! The digest, computed from nothing but the JSON that was served, by a second reading of RFC 8785.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Client, TIMBER, TestApp};

/// Canonical JSON, written from the standard: members sorted by UTF-16 code units, numbers as ECMAScript writes
/// them, and no escape that need not be.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&ecmascript(number.as_f64().expect("a double"))),
        Value::String(text) => string(text, out),
        Value::Array(values) => {
            out.push('[');
            for (place, value) in values.iter().enumerate() {
                out.push_str(if place > 0 { "," } else { "" });
                canonical(value, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
            out.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                out.push_str(if place > 0 { "," } else { "" });
                string(name, out);
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => write!(out, "\\u{:04x}", u32::from(control)).expect("a string"),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// `Number::toString`: the shortest digits that name the double, with an exponent from 1e21 and below 1e-6.
fn ecmascript(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let shortest = format!("{:e}", number.abs());
    let (mantissa, exponent) = shortest.split_once('e').expect("an exponent");
    let exponent: i32 = exponent.parse().expect("a number");
    let digits = mantissa.replace('.', "");
    let point = usize::try_from(exponent + 1);
    let text = match point {
        Ok(point) if point <= 21 && digits.len() <= point => format!("{digits}{}", "0".repeat(point - digits.len())),
        Ok(point) if point <= 21 && point > 0 => format!("{}.{}", &digits[..point], &digits[point..]),
        _ if (-7..=-1).contains(&exponent) && exponent > -7 => {
            format!("0.{}{digits}", "0".repeat(usize::try_from(-exponent - 1).expect("small")))
        }
        _ => {
            let rest = if digits.len() > 1 { format!(".{}", &digits[1..]) } else { String::new() };
            format!("{}{rest}e{}{}", &digits[..1], if exponent < 0 { '-' } else { '+' }, exponent.abs())
        }
    };
    format!("{sign}{text}")
}

/// What a client computes for a block of a message, unknown members included.
fn digest(message: &Value, block: u64) -> String {
    let items: Vec<&Value> =
        message["action_items"].as_array().expect("items").iter().filter(|item| item["block"] == block).collect();
    let shown = json!({
        "thread_id": message["thread_id"], "message_id": message["id"], "block": block, "action_items": items,
    });
    let mut text = String::new();
    canonical(&shown, &mut text);
    hex::encode(Sha256::digest(text))
}

/// As it is served: text, read anew.
async fn read(client: &Client, message: &Value) -> Value {
    client.get(&format!("/chat/threads/{}/messages/{}", message["thread_id"], message["id"])).await.ok()
}

#[test]
fn numbers_are_written_as_the_standards_examples_have_them() {
    for (number, text) in [
        (333_333_333.333_333_3, "333333333.3333333"),
        (1e30, "1e+30"),
        (4.50, "4.5"),
        (2e-3, "0.002"),
        (1e-27, "1e-27"),
        (1e21, "1e+21"),
        (9.999_999_999_999_997e22, "9.999999999999997e+22"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-0.0, "0"),
        (9_007_199_254_740_991.0, "9007199254740991"),
        (295_147_905_179_352_830_000.0, "295147905179352830000"),
    ] {
        assert_eq!(ecmascript(number), text);
    }
}

#[tokio::test]
async fn it_follows_from_what_is_served_alone() {
    let app = TestApp::new().await;
    let (ada, robo) = (app.sign_in("ada").await, app.sign_in("robo").await);
    let strange = json!({
        "number": "20\u{2028}41 \"quoted\" \\ \u{7f}\t", "amount": 1e21, "rate": 0.1, "tiny": 1e-7, "kr": 129_900,
        "æ": ["\u{1F600}", null, {"b": 1.5, "a": [true, false]}], "\u{e000}": 1, "\u{1F600}": 2, "negative": -0.5,
    });
    let invoice = app.record(TIMBER, "invoice", strange).await;
    let thread = robo.thread_in(TIMBER, None).await;
    let codes = [
        format!("records.update('invoice', {invoice}, amount=3.0, rate=2.5e-9, text='a\\u0001b', kr=None)"),
        "a = records.create('a', n=1)\nrecords.create('b', a=a['id'], deep={'a': a['id']})\nrecords.create('c')".into(),
        format!("records.delete('invoice', {invoice})"),
    ];
    let text = codes.map(|code| format!("```codeaction\n{code}\n```\n")).concat();
    let posted = robo.say(thread, &text).await;
    for client in [&ada, &robo] {
        let seen = read(client, &posted).await;
        for block in 0..3_usize {
            let action = &seen["actions"][block];
            assert_eq!(action["digest"], digest(&seen, block as u64), "block {block} of {seen}");
        }
    }
    // Whoever computed it may approve; the last block has taken the first one's place.
    let seen = read(&ada, &posted).await;
    assert_eq!(
        (&seen["actions"][0]["status"], &seen["actions"][2]["status"]),
        (&json!("superseded"), &json!("awaiting_approval"))
    );
    let approval =
        format!("```approvecodeaction\nmessage_id: {}\ndigest: {}\nblock: 1\n```", seen["id"], digest(&seen, 1));
    let written = ada.say(thread, &approval).await;
    assert_eq!(written["results"][0]["action_mode"], "write");
    let queued = ada.get("/chat/actions?status=awaiting_approval").await.ok();
    let row = &queued[0];
    let as_message =
        json!({"thread_id": row["thread_id"], "id": row["message_id"], "action_items": row["action_items"]});
    assert_eq!(row["digest"], digest(&as_message, 2));
}

#[tokio::test]
async fn each_part_of_a_preview_object_is_there_in_its_place() {
    let app = TestApp::new().await;
    let robo = app.sign_in("robo").await;
    let invoice = app.record(TIMBER, "invoice", json!({"number": "17", "b": 1, "a": 1, "c": {"x": 1}})).await;
    let old = app.record(TIMBER, "note", json!({"text": "old"})).await;
    let thread = robo.thread_in(TIMBER, None).await;
    let code = format!(
        "
records.update('invoice', {invoice}, c={{'x': 2}}, a=2)
n = records.create('note', text='new')
records.delete('note', {old})
records.update('invoice', {invoice}, b=None, note=n['id'])
gone = records.create('note')
records.delete('note', gone['id'])
back = records.create('tag', name='x')
"
    );
    let posted = robo.say(thread, &format!("```codeaction{code}```")).await;
    let no_rule = "no rule lets this through: approval is needed";
    let record = |id: i64, kind: &str, fields: Value| json!({"id": id, "type": kind, "client_account_id": TIMBER, "fields": fields});
    assert_eq!(
        posted["action_items"],
        json!([
            {
                "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "update",
                "object_type": "invoice", "object_id": invoice, "title": format!("invoice #{invoice} 17"),
                "changes": [
                    {"field": "a", "before": 1, "after": 2},
                    {"field": "b", "before": 1, "after": null},
                    {"field": "c", "before": {"x": 1}, "after": {"x": 2}},
                    {"field": "note", "before": null, "after_created": 2},
                ],
                "record": record(invoice, "invoice", json!({"number": "17", "b": 1, "a": 1, "c": {"x": 1}})),
                "rule": no_rule,
            },
            {
                "type": "preview", "id": 2, "needs_approval": true, "block": 0, "operation": "create",
                "object_type": "note", "object_id": null, "title": "note new",
                "changes": [{"field": "text", "before": null, "after": "new"}], "record": null, "rule": no_rule,
            },
            {
                "type": "preview", "id": 3, "needs_approval": true, "block": 0, "operation": "delete",
                "object_type": "note", "object_id": old, "title": format!("note #{old}"),
                "changes": [{"field": "text", "before": "old", "after": null}],
                "record": record(old, "note", json!({"text": "old"})), "rule": no_rule,
            },
            {
                "type": "preview", "id": 4, "needs_approval": true, "block": 0, "operation": "create",
                "object_type": "tag", "object_id": null, "title": "tag new x",
                "changes": [{"field": "name", "before": null, "after": "x"}], "record": null, "rule": no_rule,
            },
        ])
    );
}
