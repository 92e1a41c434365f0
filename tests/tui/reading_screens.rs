//! What one sees while reading, in four sizes. The pictures in words lie beside this file.

use serde_json::json;

use crate::{
    fixture::{self, IDA, OLA},
    server::Server,
    world::World,
};

const SIZES: [(u16, u16); 4] = [(40, 10), (80, 24), (120, 40), (200, 60)];

/// Takes a picture in every size, once `prepare` has led there.
fn picture(name: &str, server: &Server, prepare: impl Fn(&mut World)) {
    for size in SIZES {
        let mut world = World::settled(server.clone(), size);
        world.keys("Enter");
        prepare(&mut world);
        insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), world.draw());
    }
}

/// Everything that Markdown can do, in one message.
fn markdown() -> Server {
    let mut server = fixture::server();
    server.messages.insert(11, Vec::new());
    let text = "# Stock count\n\nThe *second* count is **done**, ~~first~~ see `stock.csv` and [the sheet](https://example.com/s).\n\n\
        ## Shelves\n\n1. Front\n   - beans\n     - dark\n   - cups\n2. Back\n\n- [x] counted\n- [ ] booked\n\n\
        | item | kg | price | note |\n|:--|--:|--:|:-:|\n| Dark roast | 6 | 1 140,00 | ok |\n| Decaf 日本 | 1 | 210,00 | — |\n\n\
        > They close at four.\n> > Not on Fridays.\n\n---\n\n![the shelf](https://example.com/shelf.png)\n\n```rust\nfn main() {\n    println!(\"{}\", 42); // the answer\n}\n```";
    fixture::say(&mut server, 11, 101, OLA, "2026-11-22T09:31:00Z", text);
    server
}

#[test]
fn markdown_in_full() {
    picture("markdown", &markdown(), |world| {
        world.keys("g");
    });
}

#[test]
fn a_selected_message() {
    picture("selected", &fixture::server(), |world| world.keys("K K"));
}

#[test]
fn finding() {
    picture("finding", &fixture::server(), |world| {
        world.keys("f");
        world.write("total");
        world.keys("Enter");
    });
}

#[test]
fn finding_nothing() {
    picture("finding_nothing", &fixture::server(), |world| {
        world.keys("f");
        world.write("walrus");
        world.keys("Enter");
    });
}

#[test]
fn asking_for_a_day() {
    picture("day", &fixture::server(), |world| {
        world.keys("d");
        world.write("21 nov");
    });
}

#[test]
fn at_a_day() {
    picture("at_a_day", &fixture::server(), |world| {
        world.keys("d");
        world.write("21 nov");
        world.keys("Enter");
    });
}

#[test]
fn changing_a_message() {
    picture("changing", &fixture::server(), |world| world.keys("e"));
}

#[test]
fn a_change_that_came_too_late() {
    picture("changed_meanwhile", &fixture::server(), |world| {
        world.keys("e");
        world.write("!");
        world.server.change(102, |message| message["message"] = json!("Something else."));
        world.keys("Enter");
        world.wait(1_000);
        world.keys("↑");
    });
}

#[test]
fn answering_with_a_quote() {
    picture("quote", &fixture::server(), |world| {
        world.keys("K K r");
        world.write("So be it.");
    });
}

#[test]
fn choosing_a_link() {
    let mut server = fixture::server();
    let text = "[one](https://one.example/with/a/rather/long/path/that/goes/on/and/on), https://two.example";
    fixture::say(&mut server, 11, 110, IDA, "2026-11-22T09:33:00Z", text);
    picture("choosing", &server, |world| world.keys("o ↓"));
}

#[test]
fn bare() {
    picture("bare", &fixture::server(), |world| world.keys("b"));
}

#[test]
fn a_line_of_code_that_fits_the_pane_is_not_broken() {
    // Beside the list, the bars and what stands left of a text there are so many columns.
    let pane = 100 - 30 - 1 - 5;
    let (whole, longer) = ("w".repeat(pane), "l".repeat(pane + 1));
    let mut server = fixture::server();
    server.messages.insert(11, Vec::new());
    let text = format!("```sql\n{whole}\n{longer}\n```\n\n{}", "prose ".repeat(40));
    fixture::say(&mut server, 11, 101, OLA, "2026-11-22T09:31:00Z", &text);
    let mut world = World::settled(server, (100, 24));
    world.keys("Enter");
    let screen = world.draw();
    assert!(screen.contains(&format!("│ {whole}\n")) && screen.contains("│ ll\n"), "{screen}");
    let others = screen.lines().filter(|line| line.contains("prose") || line.contains("ll"));
    assert!(others.map(|line| line.chars().count()).all(|columns| columns < 100), "the margin is free: {screen}");

    // What is found there is marked to its end.
    world.keys("f");
    world.write(&whole);
    world.keys("Enter");
    let buffer = world.buffer();
    let row = screen.lines().position(|line| line.contains(&whole)).and_then(|row| u16::try_from(row).ok());
    let row = row.expect("the row");
    assert_eq!(buffer[(99, row)].symbol(), "w");
    assert_eq!(buffer[(99, row)].style(), buffer[(98, row)].style());
}
