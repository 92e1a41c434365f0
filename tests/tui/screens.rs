//! What people see, in three sizes. The pictures in words lie beside this file.

use countersign::{
    app::{Event, Mouse},
    render::{Colours, Theme},
    safe_text::is_forbidden,
};
use ratatui::style::Color;

use crate::{
    fixture::{self, CREDIT},
    server::{Mood, Server},
    world::World,
};

const SIZES: [(u16, u16); 4] = [(40, 10), (80, 24), (120, 40), (200, 60)];

/// Takes a picture in every size, once `prepare` has led there.
fn picture(name: &str, prepare: impl Fn(&mut World)) {
    for size in SIZES {
        let mut world = World::settled(fixture::live_server(), size);
        prepare(&mut world);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), world.draw());
    }
}

#[test]
fn threads() {
    picture("threads", |_| {});
}

#[test]
fn messages() {
    picture("messages", |world| world.keys("Enter"));
}

#[test]
fn an_action_that_waits() {
    picture("action", |world| {
        world.keys("↓ Enter");
        world.wait(200);
        world.settle();
    });
}

#[test]
fn writing() {
    picture("writing", |world| {
        world.keys("i");
        world.write("Thanks, I order the beans today and send you the confirmation when it is here.");
        world.keys("Ctrl+J");
        world.write("Ida");
    });
}

#[test]
fn review() {
    picture("review", |world| world.keys("↓ a"));
}

#[test]
fn review_read_to_its_end() {
    picture("review_end", |world| {
        world.keys("↓ a G");
        world.wait(400);
    });
}

#[test]
fn a_reason() {
    picture("reason", |world| {
        world.keys("↓ a r");
        world.write("wrong amount");
    });
}

#[test]
fn decided_today() {
    for size in SIZES {
        let mut world = World::settled(fixture::live_server(), size);
        world.keys("] G");
        world.wait(400);
        world.settle();
        world.keys("y r");
        world.write("not this year");
        world.keys("Enter");
        world.wait(1_000);
        world.keys("D");
        insta::assert_snapshot!(format!("decided_{}x{}", size.0, size.1), world.draw());
    }
}

#[test]
fn help() {
    picture("help", |world| world.keys("?"));
}

#[test]
fn searching() {
    picture("search", |world| {
        world.keys("/");
        world.write("Credit");
    });
}

#[test]
fn the_palette() {
    picture("palette", |world| {
        world.keys("Ctrl+P");
        world.write("re");
    });
}

#[test]
fn filtering() {
    picture("filter", |world| {
        world.keys("f ↓ ↓");
        world.write("inv");
    });
}

#[test]
fn filtered() {
    picture("filtered", |world| world.keys("f ↓ ↓ ↓ ↓ → Enter o ↓ ↓ Enter"));
}

#[test]
fn ordering() {
    picture("order", |world| world.keys("o ↓"));
}

#[test]
fn participants() {
    picture("members", |world| world.keys("p ↓"));
    picture("members_remove", |world| world.keys("p ↓ d"));
    picture("members_add", |world| {
        world.server.gone = vec![(11, fixture::OLA), (11, fixture::ROBO)];
        world.keys("p a");
        world.write("o");
    });
}

#[test]
fn nothing_there() {
    let servers = [
        ("empty", Server::new()),
        ("gone", fixture::live_server().in_mood(Mood::Gone)),
        ("signed_out", fixture::live_server().in_mood(Mood::SignsOut)),
    ];
    for size in SIZES {
        let picture = |name: &str, world: &mut World| {
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), world.draw());
        };
        for (name, server) in &servers {
            picture(name, &mut World::settled(server.clone(), size));
        }
        picture("before_any_answer", &mut World::new(fixture::live_server(), size));
    }
}

#[test]
fn signing_in() {
    picture("sign_in", |world| {
        world.keys("L");
        world.write("csn_secret");
    });
}

#[test]
fn what_one_said_before() {
    picture("said_before", |world| {
        world.keys("i");
        world.write("Thank you!");
        world.keys("Enter ↑");
    });
}

#[test]
fn back_from_an_editor() {
    picture("edited", |world| {
        world.keys("i");
        let outcome = Ok("A list:\n\n- one\n- two\n\nand so on, in more words than fit in one line.".to_owned());
        world.tell(Event::Edited { thread: 11, outcome });
    });
    picture("edited_in_vain", |world| {
        world.keys("i");
        world.write("as it was");
        let outcome = Err("There is no editor `ed`: set VISUAL or EDITOR to one. Your text is as it was.".to_owned());
        world.tell(Event::Edited { thread: 11, outcome });
    });
}

#[test]
fn a_long_message_is_on_its_way() {
    picture("long_message", |world| {
        let text = "A word or two. ".repeat(2_000);
        fixture::say(&mut world.server, 11, 120, fixture::OLA, "2026-11-22T09:33:00Z", &text);
        world.is_busy = true;
        world.keys("F5");
        world.wait(1_000);
        world.keys("Enter");
    });
}

#[test]
fn after_the_decision() {
    picture("approved", |world| {
        world.keys("↓ a G");
        world.wait(400);
        world.keys("y");
        world.wait(1_000);
        world.keys("Esc");
    });
}

#[test]
fn a_server_with_the_seed_document_alone() {
    let mut world = World::settled(fixture::seed_server(), (80, 24));
    insta::assert_snapshot!("seed_threads", world.draw());
    while world.model.open != Some(CREDIT) {
        world.keys("↓");
        world.wait(200);
        world.settle();
    }
    world.keys("a G");
    world.wait(400);
    insta::assert_snapshot!("seed_review", world.draw());
}

#[test]
fn without_colour_no_cell_has_one() {
    let mut world = World::themed(fixture::live_server(), (120, 40), Theme::terminal(Colours::None));
    world.settle();
    for keys in ["Enter", "Esc ↓ a", "Esc ?", "Esc i"] {
        world.keys(keys);
        let buffer = world.buffer();
        assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset), "{keys}");
    }
}

#[test]
fn the_colours_are_those_of_the_palette() {
    let mut world = World::settled(fixture::live_server(), (120, 40));
    world.keys("↓ Enter");
    for cell in &world.buffer().content {
        assert!(!matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_)), "{cell:?}");
    }
}

#[test]
fn it_draws_at_any_size_and_nothing_forbidden() {
    let mut world = World::settled(fixture::live_server(), (80, 24));
    let stages = [
        "Enter",
        "Esc i",
        "Esc Esc ↓ a",
        "r",
        "Esc Esc ?",
        "Esc /",
        "Esc Ctrl+P",
        "Esc f",
        "Esc o",
        "Esc p",
        "d",
        "n Esc",
    ];
    for keys in stages {
        world.keys(keys);
        for width in [0, 1, 2, 5, 10, 39, 40, 41, 60, 79, 80, 81, 200] {
            for height in [0, 1, 2, 3, 9, 10, 11, 12, 24, 60] {
                world.size = (width, height);
                for cell in &world.buffer().content {
                    assert!(!cell.symbol().contains(is_forbidden), "{:?}", cell.symbol());
                }
            }
        }
        world.size = (80, 24);
        world.settle();
    }
}

#[test]
fn a_small_window_asks_for_room_and_gets_everything_back() {
    let mut world = World::settled(fixture::live_server(), (80, 24));
    let before = world.draw();
    world.size = (39, 10);
    assert!(world.draw().contains("at least 40×10"));
    world.size = (10, 3);
    assert!(world.draw().contains("40×10!"));
    world.size = (80, 24);
    assert_eq!(world.draw(), before);
    world.keys("i x");
    world.size = (10, 3);
    world.keys("Ctrl+C");
    assert_eq!(world.draw(), "Esc, then\nq quits,\nand the\n");
    world.wait(9_000);
    assert!(world.draw().contains("40×10!"));
}

#[test]
fn a_click_chooses_a_thread_and_the_wheel_scrolls() {
    let mut world = World::settled(fixture::live_server(), (120, 40));
    world.tell(Event::Mouse(Mouse::Click { column: 5, row: 5 }));
    world.settle();
    assert_eq!(world.model.open, Some(CREDIT));
    world.tell(Event::Mouse(Mouse::Click { column: 60, row: 5 }));
    assert_eq!(world.model.focus, countersign::app::Pane::Messages);
}
