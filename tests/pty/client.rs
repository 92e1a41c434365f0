//! The real client, typed into: fast, a megabyte at once, away and back, in an editor;
//! and the terminal is as it was in the end.

use crate::{demo::Demo, desk::Desk, machine};

const PASTE: &str = "\x1b[200~";
const PASTE_ENDS: &str = "\x1b[201~";

/// The demo, with the focus in the composer of its first thread.
fn writing(size: (u16, u16), environment: &[(&str, &str)]) -> Demo {
    let mut demo = Demo::start_with(size, environment);
    demo.terminal.wait_for("Enter writes to this thread");
    demo.terminal.send("i");
    demo.terminal.wait_for("─ Write");
    demo
}

/// Leaves the program, whose terminal is as before then.
fn leave(mut demo: Demo) {
    let processes = machine::descendants(demo.terminal.process_id());
    demo.terminal.send("\x1b");
    // Something that is seen only then: a key that follows Esc too soon would be read together with it.
    demo.terminal.wait_for("Enter write");
    demo.terminal.send("q");
    demo.has_ended(&processes, "ended with 0");
}

#[test]
fn fast_typing_loses_no_key_and_keeps_their_order() {
    let mut demo = writing((100, 30), &[]);
    let text = (0..200).map(|number| format!("w{number} ")).collect::<Vec<_>>().concat();
    for chunk in text.as_bytes().chunks(7) {
        demo.terminal.send(std::str::from_utf8(chunk).expect("ASCII"));
    }
    demo.terminal.wait_for("w199");
    demo.terminal.send("\r");
    let screen = demo.terminal.wait_until("the message", |screen| {
        // In the list it stands once the server has it.
        ["You: w0", "w199"].iter().all(|text| screen.contains(text)) && !screen.contains("sending")
    });
    let messages = screen.lines().filter_map(|line| Some(line.split_once('│')?.1)).flat_map(str::split_whitespace);
    let numbers: Vec<u32> = messages.filter_map(|word| word.strip_prefix('w')?.parse().ok()).collect();
    assert!(numbers.len() > 100 && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{screen}");
    leave(demo);
}

#[test]
fn a_megabyte_is_taken_at_once_and_typing_goes_on() {
    let mut demo = writing((80, 24), &[]);
    let text = "a line of text that somebody pasted\r".repeat(28_000);
    demo.terminal.send(&format!("{PASTE}{text}{PASTE_ENDS}"));
    demo.terminal.wait_for("[pasted: 28000 lines, 1.0 MB]");
    demo.terminal.wait_for("Too long to send");
    demo.terminal.send("tail");
    demo.terminal.wait_for("1.0 MB]tail");
    // All of it goes with one key.
    demo.terminal.send("\x7f\x7f\x7f\x7f\x7f");
    demo.terminal.wait_until("an empty composer", |screen| !screen.contains("MB"));
    leave(demo);
}

#[test]
fn a_storm_of_resizes_leaves_everything_in_its_place() {
    let mut demo = writing((100, 30), &[]);
    demo.terminal.send("still here");
    demo.terminal.wait_for("still here");
    for step in 0..60_u16 {
        demo.terminal.resize(30 + step * 37 % 170, 8 + step * 13 % 50);
        demo.terminal.send(if step % 2 == 0 { "." } else { "\x7f" });
    }
    demo.terminal.resize(100, 30);
    let screen = demo
        .terminal
        .wait_until("the screen again", |screen| screen.contains("› still here") && screen.contains("Threads"));
    assert_eq!(screen.matches("─ Write").count(), 1, "{screen}");
    leave(demo);
}

#[test]
fn away_and_back_again() {
    let mut demo = Demo::start_script(
        "set -m; \"$0\" demo --details \"$1\"; echo it stopped; read go; fg >/dev/null; echo \"ended with $?\"; stty -a",
        (100, 30),
        &[],
    );
    demo.terminal.wait_for("Enter writes to this thread");
    demo.terminal.send("i");
    demo.terminal.wait_for("─ Write");
    demo.terminal.send("half\x1a");
    demo.terminal.wait_for("it stopped");
    demo.terminal.look(|screen| assert!(!screen.alternate_screen() && !screen.bracketed_paste()));
    demo.terminal.send("go\n");
    demo.terminal.wait_for("› half");
    demo.terminal.send(" done");
    demo.terminal.wait_for("› half done");
    leave(demo);
}

#[test]
fn an_editor_gets_the_draft_and_gives_it_back() {
    let mut demo = writing((100, 30), &[("EDITOR", "sh -c 'cat \"$1\"; echo; echo more >>\"$1\"; read enough' sh")]);
    demo.terminal.send("once");
    demo.terminal.wait_for("› once");
    demo.terminal.send("\x05");
    demo.terminal.wait_until("the editor", |screen| screen.contains("once") && !screen.contains("─ Write"));
    demo.terminal.look(|screen| assert!(!screen.alternate_screen() && !screen.bracketed_paste()));
    demo.terminal.send("\n");
    demo.terminal.wait_for("› oncemore");
    leave(demo);
}

#[test]
fn an_editor_that_fails_or_is_not_there_changes_nothing() {
    for (editor, words) in [("false", "Your text is as it was"), ("there-is-no-such-editor", "There is no editor")] {
        let mut demo = writing((120, 30), &[("VISUAL", editor)]);
        demo.terminal.send("kept");
        demo.terminal.wait_for("› kept");
        demo.terminal.send("\x05");
        let screen = demo.terminal.wait_for(words);
        assert!(screen.contains("› kept"), "{screen}");
        leave(demo);
    }
}

#[test]
fn a_signal_while_an_editor_has_the_terminal_ends_both() {
    // One obeys, one has to be forced and leaves the terminal as it liked it.
    let polite = "sh -c 'printf more >>\"$1\"; echo editing; sleep 1000; true' sh";
    let stubborn = "sh -c 'trap \"\" TERM HUP; stty raw -echo; printf more >>\"$1\"; \
        printf \"\\033[?1049h\\033[?2004h\\033[?25lediting\"; sleep 1000; true' sh";
    for (editor, signal) in [(polite, "TERM"), (stubborn, "HUP"), (stubborn, "TERM")] {
        let mut demo = writing((100, 30), &[("EDITOR", editor)]);
        demo.terminal.send("kept and ");
        demo.terminal.wait_for("› kept and");
        demo.terminal.send("\x05");
        demo.terminal.wait_for("editing");
        let processes = machine::descendants(demo.terminal.process_id());
        machine::signal(signal, machine::child(demo.terminal.process_id()));
        demo.has_ended(&processes, "ended with");
    }
}

#[test]
fn what_an_editor_had_saved_when_a_signal_came_is_the_draft() {
    let desk = Desk::new();
    desk.has_thread("Winter tyres");
    let environment = [
        ("COUNTERSIGN_URL", desk.server.url()),
        ("COUNTERSIGN_TOKEN", desk.office.token("kari")),
        ("EDITOR", "sh -c 'printf more >>\"$1\"; echo editing; sleep 1000; true' sh"),
    ];
    let mut terminal = desk.start(&[], &environment);
    terminal.wait_for("Enter writes to this thread");
    terminal.send("i");
    terminal.wait_for("─ Write");
    terminal.send("once ");
    terminal.wait_for("› once");
    terminal.send("\x05");
    terminal.wait_for("editing");
    machine::signal("TERM", terminal.process_id());
    terminal.wait_for_exit();
    let mut terminal = desk.start(&[], &environment);
    terminal.wait_for("› once more");
    terminal.send("q");
    assert!(terminal.wait_for_exit().success());
}

#[test]
fn the_bare_view_gives_the_mouse_away() {
    let mut demo = Demo::start_with((100, 30), &[]);
    demo.terminal.wait_for("Enter writes to this thread");
    demo.terminal.send("\r");
    demo.terminal.wait_for("Esc threads");
    demo.terminal.send("b");
    demo.terminal.wait_until("nothing but text", |screen| screen.contains("Esc back") && !screen.contains('│'));
    demo.terminal.look(|screen| assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None));
    demo.terminal.send("\x1b");
    demo.terminal.wait_for("Threads");
    demo.terminal.look(|screen| assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease));
    let processes = machine::descendants(demo.terminal.process_id());
    demo.terminal.send("q");
    demo.has_ended(&processes, "ended with 0");
}
