use super::*;

/// The modes of a terminal, as far as they are touched here: what entering and leaving must not change.
#[derive(Clone, Debug, Default, PartialEq)]
struct Modes {
    private: std::collections::BTreeSet<u32>,
    titles: u32,
    /// Keyboard flags of the main and of the alternate screen.
    keyboard: [Vec<u32>; 2],
}

impl Modes {
    /// With the cursor shown.
    fn usual() -> Self {
        Self { private: [25].into(), ..Self::default() }
    }

    fn apply(&mut self, sequence: &str) {
        for sequence in sequence.split('\x1b').skip(1) {
            let sequence = sequence.strip_prefix('[').expect("a control sequence");
            let end = sequence.find(|c: char| c.is_ascii_alphabetic()).expect("its end");
            assert_eq!(end + 1, sequence.len(), "nothing is written between the sequences");
            let number = |text: &str| text.parse().expect("a number");
            match (sequence.get(..1), sequence.get(1..end).unwrap_or_default(), &sequence[end..]) {
                (Some("?"), mode, "h") => drop(self.private.insert(number(mode))),
                (Some("?"), mode, "l") => drop(self.private.remove(&number(mode))),
                (Some(">"), flags, "u") => self.keyboard().push(number(flags)),
                (Some("<"), "1", "u") => drop(self.keyboard().pop().expect("flags to go back to")),
                _ => match sequence {
                    "22;2t" => self.titles += 1,
                    "23;2t" => self.titles = self.titles.checked_sub(1).expect("a title to go back to"),
                    "2J" | "0m" => {}
                    other => panic!("unexpected sequence {other:?}"),
                },
            }
        }
    }

    fn keyboard(&mut self) -> &mut Vec<u32> {
        &mut self.keyboard[usize::from(self.private.contains(&1049))]
    }
}

#[test]
fn leaving_undoes_entering_and_nothing_else() {
    for options in [Options { mouse: true }, Options { mouse: false }] {
        // Whatever the terminal was set to before, such as the flags of a shell's own keyboard.
        let before = Modes { titles: 1, keyboard: [vec![5], vec![]], ..Modes::usual() };
        let mut modes = before.clone();
        modes.apply(&enter(options));
        assert_eq!(modes.titles, 2);
        assert_eq!(modes.keyboard, [vec![5], vec![3]]);
        let mouse: &[u32] = if options.mouse { &[1000, 1006] } else { &[] };
        assert_eq!(modes.private, [1004, 1049, 2004].iter().chain(mouse).copied().collect());
        modes.apply(&leave(options));
        assert_eq!(modes, before);
    }
}

#[test]
fn an_unfinished_frame_is_ended_first() {
    assert!(leave(Options { mouse: true }).starts_with("\x1b[?2026l\x1b[0m"));
}

#[test]
fn no_text_ends_its_own_sequence() {
    let nasty = "a\x1b\\b\x07c\u{9c}d\r\n\x1b]52;c;eA==\x07";
    assert_eq!(title(nasty), "\x1b]2;a\\bcd]52;c;eA==\x1b\\");
    for notifier in [Notifier::Osc9, Notifier::Osc777, Notifier::Bell] {
        let sequence = notify(nasty, nasty, Capabilities { notifier, ..bare() });
        let inner = sequence.trim_start_matches("\x1b]").trim_end_matches("\x1b\\\x07").trim_end_matches('\x07');
        assert!(!inner.contains(char::is_control), "{sequence:?}");
    }
}

#[test]
fn notifications_ring_and_go_through_tmux() {
    let with = |notifier, tmux| notify("Countersign; 3", "4;1;50 wait", Capabilities { tmux, notifier, ..bare() });
    assert_eq!(with(Notifier::Osc9, false), "\x1b]9;Countersign, 3: 4;1;50 wait\x1b\\\x07");
    assert_eq!(with(Notifier::Osc777, false), "\x1b]777;notify;Countersign, 3;4;1;50 wait\x1b\\\x07");
    assert_eq!(with(Notifier::Bell, true), "\x07");
    assert_eq!(with(Notifier::Osc9, true), "\x1bPtmux;\x1b\x1b]9;Countersign, 3: 4;1;50 wait\x1b\x1b\\\x1b\\\x07");
}

#[test]
fn the_clipboard_gets_every_byte() {
    assert_eq!(copy("é\n", bare()), "\x1b]52;c;w6kK\x1b\\");
    assert_eq!(
        copy("é\n", Capabilities { tmux: true, ..bare() }),
        "\x1b]52;c;w6kK\x1b\\\x1bPtmux;\x1b\x1b]52;c;w6kK\x1b\x1b\\\x1b\\"
    );
}

fn bare() -> Capabilities {
    Capabilities::from_variables(|_| None)
}
