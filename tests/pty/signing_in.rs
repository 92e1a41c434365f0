//! Signing in where one is: at the first start, and where a token is refused while somebody writes.

use crate::desk::Desk;

#[test]
fn the_first_start_asks_and_the_next_does_not() {
    let desk = Desk::new();
    desk.has_thread("Winter tyres");
    let mut terminal = desk.start(&[], &[]);
    let screen = terminal.wait_for("Address of the server: ");
    assert!(screen.contains("Welcome to Countersign"), "{screen}");
    terminal.send(&format!("{}\r", desk.server.url()));
    terminal.wait_for("Token for http://");
    terminal.send(&format!("{}\r", desk.office.token("kari")));
    let screen = terminal.wait_for("Winter tyres");
    assert!(!screen.contains(desk.office.token("kari")));
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());

    let mut terminal = desk.start(&[], &[]);
    terminal.wait_for("Winter tyres");
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());
}

#[test]
fn a_token_that_is_refused_is_replaced_and_the_draft_is_sent() {
    let desk = Desk::new();
    desk.has_thread("Winter tyres");
    let mut terminal = desk.start(&["--url", desk.server.url()], &[]);
    terminal.wait_for("Token for http://");
    terminal.send(&format!("{}\r", desk.office.token("kari")));
    terminal.wait_for("Winter tyres");
    terminal.send("i");
    terminal.wait_for("─ Write");
    terminal.send("half a thought");
    terminal.wait_for("› half a thought");

    let token = desk.another_token();
    terminal.wait_for("not signed in");
    terminal.send(", and");
    terminal.wait_for("› half a thought, and");
    terminal.send("\x1b");
    terminal.wait_for("Enter write");
    terminal.send("L");
    terminal.wait_for("Token: ");
    terminal.send("wrong\r");
    // It is asked for again where it was typed.
    let screen = terminal.wait_for("Not signed in: ");
    assert!(screen.contains("Token: ") && !screen.contains("countersign login"), "{screen}");
    terminal.send(&token);
    let screen = terminal.wait_for("••••••••");
    assert!(!screen.contains(&token[4..]), "{screen}");
    terminal.send("\r");
    let screen = terminal.wait_for("Signed in as ");
    assert!(screen.contains("half a thought, and"), "{screen}");
    terminal.send("i");
    terminal.wait_for("Enter send");
    terminal.send(" the other half\r");
    terminal.wait_until("the message", |screen| {
        ["You: half a thought", "  half a thought, and the other half"].iter().all(|text| screen.contains(text))
    });
    terminal.send("\x1b");
    terminal.wait_for("Enter write");
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());
    let kept = std::fs::read_to_string(desk.credentials()).expect("what is kept");
    assert!(kept.contains(&token), "the next start has it");
}

#[test]
fn a_mistyped_token_is_asked_for_again_unseen_and_esc_leads_back_to_the_address() {
    let desk = Desk::new();
    desk.has_thread("Winter tyres");
    let mut terminal = desk.start(&[], &[]);
    terminal.wait_for("Address of the server: ");
    terminal.send("http://127.0.0.1:9\r");
    terminal.wait_for("Token for http://127.0.0.1:9: ");
    terminal.send("\x1b");
    let twice = |words: &'static str| move |screen: &str| screen.matches(words).count() == 2;
    let again = "Address of the server: http://127.0.0.1:9";
    terminal.wait_until("the question for the address again, with what was typed", twice(again));
    terminal.send(&format!("\x15{}\r", desk.server.url()));
    terminal.wait_until("the question for the token", twice("Token for http://"));
    terminal.send("csn_mistyped\r");
    let screen = terminal.wait_for("Esc goes back to the address");
    assert!(screen.contains("token"), "{screen}");
    terminal.wait_until("that question again", |screen| screen.matches("Token for http://").count() == 3);
    terminal.send(&format!("{}\r", desk.office.token("kari")));
    let screen = terminal.wait_for("Winter tyres");
    assert!(!screen.contains("csn_"), "{screen}");
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());
    assert!(!String::from_utf8_lossy(&terminal.bytes()).contains("csn_"), "nothing of a token was ever shown");
}

#[test]
fn an_address_that_leads_nowhere_is_there_to_be_changed() {
    let desk = Desk::new();
    desk.has_thread("Winter tyres");
    let mut terminal = desk.start(&[], &[]);
    terminal.wait_for("Address of the server: ");
    let (host, port) = desk.server.url().rsplit_once(':').expect("a port");
    let nowhere = format!("{host}:9");
    terminal.send(&format!("{nowhere}\r"));
    terminal.wait_for("Token for http://");
    terminal.send("csn_any\r");
    let asked = format!("Address of the server: {nowhere}");
    let screen = terminal.wait_until("what was typed, again", |screen| screen.matches(&asked).count() == 2);
    assert!(screen.trim_end().ends_with(&asked), "{screen}");
    let end = u16::try_from(asked.len()).expect("a column");
    terminal.look(|screen| assert_eq!(screen.cursor_position().1, end, "the cursor stands at its end"));
    terminal.send(&format!("\x7f{port}\r"));
    terminal.wait_for(&format!("Token for {}: ", desk.server.url()));
    terminal.send(&format!("{}\r", desk.office.token("kari")));
    terminal.wait_for("Winter tyres");
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());
}
