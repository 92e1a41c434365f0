use super::*;

fn refused(text: &str) -> String {
    match read(text) {
        Err(Refusal::Invalid { errors, .. }) => {
            assert_eq!(errors[0].pointer, "/message", "{text}");
            errors[0].detail.clone()
        }
        other => panic!("{text:?} gave {other:?}"),
    }
}

fn code(bodies: &[&str]) -> Content {
    Content::Code(bodies.iter().map(|body| (*body).to_owned()).collect())
}

#[test]
fn what_acts_is_found() {
    for (text, content) in [
        (" hello ", Content::Plain),
        ("> ```codeaction\n> x\n> ```\n\n- ```approvecodeaction\n  ```", Content::Plain),
        ("```python\nx\n```", Content::Plain),
        ("```codeaction\nx = 1\n```", code(&["x = 1\n"])),
        ("a\n~~~~CodeAction now\r\nx\r\n~~~~\nb\n```codeaction\ny", code(&["x\n", "y\n"])),
    ] {
        assert_eq!(read(text).expect(text), content, "{text:?}");
        assert_eq!(acts(text), content != Content::Plain, "{text:?}");
    }
    assert!(matches!(read("```approvecodeaction\n```"), Ok(Content::Decision(_))));
    assert!(acts("```rejectcodeaction\nno\n```"));
}

#[test]
fn texts_that_may_not_be_posted() {
    let many = "```codeaction\nx\n```\n".repeat(17);
    let long = "x".repeat(MAX_TEXT + 1);
    for (text, words) in [
        ("", "blank"),
        (" \n\t\u{a0}", "blank"),
        ("a\0b", "NUL"),
        (&long, "65536"),
        ("```coderesult\n{}\n```", "coderesult"),
        ("```codeaction\n[code hidden]\n```", "code hidden"),
        ("```codeaction\n```", "empty"),
        ("```codeaction\n \n\n```", "empty"),
        (&many, "16"),
        ("```codeaction\nx\n```\n```approvecodeaction\n```", "beside"),
        ("```approvecodeaction\n```\n```rejectcodeaction\n```", "one decision"),
        ("```approvecodeaction\nyes\n```", "approvecodeaction"),
        ("<div>\n```codeaction\nx\n```\n</div>", "HTML"),
    ] {
        let detail = refused(text);
        assert!(detail.contains(words), "{text:?}: {detail}");
    }
    assert!(read(&"x".repeat(MAX_TEXT)).is_ok());
    assert!(matches!(read(&"```codeaction\nx\n```\n".repeat(16)), Ok(Content::Code(codes)) if codes.len() == 16));
}

#[test]
fn a_lone_carriage_return_ends_a_line() {
    for (text, body) in [
        ("~~~codeaction\rx = 1\r~~~", "x = 1\n"),
        ("~~~ codeaction\rx = 1\r\n~~~\r\n", "x = 1\n"),
        ("~~~codeaction\rfoo\nx = 1\n~~~", "foo\nx = 1\n"),
        ("hi\r```codeaction\rx = 1\r```\rbye", "x = 1\n"),
    ] {
        assert_eq!(read(text).map_err(|_| ()), Ok(code(&[body])), "{text:?}");
        assert!(!blocks::redact(text).contains("x = 1"), "{text:?}");
    }
    assert_eq!(read("a\rb\r\nc").map_err(|_| ()), Ok(Content::Plain), "no block is near");
}
