//! Orders of events in each of which a client that forgot one condition of the law would approve.

use crate::{
    law::{Change, Step},
    server::Mood,
};

/// One order, and how often it approves rightly.
pub struct Trap {
    pub name: &'static str,
    pub steps: Vec<Step>,
    pub approvals: usize,
}

/// In a window that holds all of it.
const READ: [Step; 5] = [Step::Size(80, 60), Step::Answer, Step::Draw, Step::Wait(500), Step::Draw];
const Y: Step = Step::Key("y");
/// A key that does nothing there.
const OTHER: Step = Step::Key("x");
const SETTLE: [Step; 3] = [Step::Draw, Step::Wait(500), Step::Draw];

/// Beginning with the oldest of what waits.
fn trap(name: &'static str, approvals: usize, parts: &[&[Step]]) -> Trap {
    let steps = std::iter::once(Step::Key("]")).chain(parts.iter().flat_map(|part| part.iter().copied())).collect();
    Trap { name, steps, approvals }
}

/// All of them.
pub fn traps() -> Vec<Trap> {
    [reading(), pressing(), meanwhile(), lost(), refused()].into_iter().flatten().collect()
}

/// What has to be on the screen, and for how long.
fn reading() -> Vec<Trap> {
    let small = [Step::Size(40, 10), Step::Draw];
    vec![
        trap("read to its end", 1, &[&READ, &[Y]]),
        trap("not read to its end", 0, &[&[Step::Size(40, 10), Step::Answer], &SETTLE, &[Y]]),
        trap("read in another window", 0, &[&READ, &small, &SETTLE, &[Y]]),
        trap("too soon", 0, &[&[Step::Size(80, 60), Step::Answer, Step::Draw, Step::Wait(399), Step::Draw, Y]]),
        trap("no room for it", 0, &[&READ, &[Step::Size(39, 10)], &SETTLE, &[Y]]),
        trap("no room for the keys", 0, &[&[Step::LongKeys, Step::Size(40, 60), Step::Answer], &SETTLE, &[Y]]),
        trap("no more room for the keys", 0, &[&READ, &[Step::LongKeys, Step::Size(40, 60)], &SETTLE, &[Y]]),
        trap("drawn anew a moment ago", 0, &[&READ, &[Step::Size(120, 60), Step::Wait(399), Step::Draw, Y]]),
        trap("a frame without it", 0, &[&READ, &[Step::Key("?"), Step::Draw, Step::Key("Esc"), Step::Draw, Y]]),
        trap("the window was elsewhere", 0, &[&READ, &[Step::Focus(false), Step::Focus(true), Y]]),
        trap("the window is elsewhere", 0, &[&READ, &[Step::Focus(false)], &SETTLE, &[Y]]),
        trap("just resumed", 0, &[&READ, &[Step::Resumed, Y]]),
    ]
}

/// What is no fresh press.
fn pressing() -> Vec<Trap> {
    let next = [Step::Answer, Step::Draw, Step::Wait(500), Step::Draw];
    vec![
        trap("a repeat", 0, &[&READ, &[Step::HeldY]]),
        trap("among other keys", 0, &[&READ, &[Step::Burst, Y]]),
        trap("pasted, clicked, Enter, Space", 0, &[&READ, &[Step::Paste, Step::Click(4, 58), Step::Key("Enter")]]),
        trap("pressed too early and held", 0, &[&READ[..3], &[Y], &SETTLE, &[Y]]),
        trap("held into the next", 1, &[&READ, &[Y], &next, &[Y]]),
        trap("pressed anew for the next", 2, &[&READ, &[Y], &next, &[Step::Wait(500), Y]]),
        trap("twice", 1, &[&READ, &[Y, OTHER, Y]]),
    ]
}

/// What has happened since it was read.
fn meanwhile() -> Vec<Trap> {
    let second = [Step::Key("]")];
    let told = [Step::Hear, Step::Wait(15_000), Step::Answer, Step::Draw];
    let changed = |change| [Step::Change(change), told[0], told[1], told[2], told[3]];
    vec![
        trap("another plan now", 0, &[&second, &READ, &changed(Change::Drift), &[Y]]),
        trap("another plan, unread", 0, &[&second, &READ, &changed(Change::Drift), &[Step::Key("Enter"), Y]]),
        trap("a later action", 0, &[&second, &READ, &changed(Change::LaterCode), &[Y]]),
        trap(
            "looked again a moment ago",
            0,
            &[&second, &READ, &changed(Change::LaterCode), &[Step::Key("Enter"), Step::Draw, Y]],
        ),
        trap("decided by somebody else", 0, &[&READ, &changed(Change::Reject), &[Y]]),
        trap(
            "damaged",
            0,
            &[
                &[Step::Change(Change::Damage), Step::Hear],
                &second,
                &READ,
                &[Step::Wait(15_000), Step::Answer, Step::Key("Enter")],
                &SETTLE,
                &[Y],
            ],
        ),
        trap("not in this account", 0, &[&second, &second, &READ, &[Y]]),
        trap(
            "no server",
            0,
            &[&READ, &[Step::Mood(Mood::Gone), Step::Hear, Step::Wait(2_100), Step::Answer], &SETTLE, &[Y]],
        ),
        trap(
            "not signed in",
            0,
            &[&READ, &[Step::Mood(Mood::SignsOut), Step::Hear, Step::Wait(2_100), Step::Answer], &SETTLE, &[Y]],
        ),
        trap(
            "the server is just back",
            0,
            &[
                &READ,
                &[Step::Mood(Mood::Gone), Step::Hear, Step::Wait(2_100), Step::Answer],
                &SETTLE,
                &[Step::Mood(Mood::Well), Step::Wait(15_000), Step::Answer, Y],
            ],
        ),
    ]
}

/// What became of the last approval is not known.
fn lost() -> Vec<Trap> {
    let request = [Y, Step::Mood(Mood::LosesRequests), Step::Answer, Step::Mood(Mood::Well)];
    let answer = [Y, Step::Mood(Mood::LosesAnswers), Step::Answer, Step::Draw];
    let look = [Step::Wait(2_100), Step::Answer, Step::Draw];
    let five_looks = [look, look, look, look, look].concat();
    // Pressed while it is still unknown, a moment before it is known.
    let late_y = [Step::Wait(2_100), Y, Step::Answer];
    vec![
        trap("a lost answer", 1, &[&READ, &answer, &[Step::Wait(2_100), Step::Draw, Y, Step::Mood(Mood::Well)]]),
        trap("a lost answer that was found", 1, &[&READ, &answer, &[Step::Mood(Mood::Well)], &five_looks, &[Y]]),
        trap("a lost request may still arrive", 1, &[&READ, &request, &look, &look, &[OTHER], &SETTLE, &[Y]]),
        trap("known to be lost a moment ago", 1, &[&READ, &request, &five_looks, &[OTHER], &look, &[Y]]),
        trap("known to be lost, y held", 1, &[&READ, &request, &five_looks, &late_y, &SETTLE, &[Y]]),
        trap(
            "known to be lost, read anew",
            2,
            &[&READ, &request, &five_looks, &look, &SETTLE, &[Step::Wait(1_100), Y]],
        ),
    ]
}

/// The server did not do as it was told.
fn refused() -> Vec<Trap> {
    let drifts = [Step::Change(Change::Drifts(true)), Y];
    let refuses = [Step::Change(Change::Refuses(true)), Y, Step::Answer, Step::Draw];
    vec![
        trap("drifted, y held", 1, &[&READ, &drifts, &[Step::Answer], &SETTLE, &[Y]]),
        trap(
            "drifted, the new plan is not here yet",
            1,
            &[&READ, &drifts, &[Step::AnswerApproval, OTHER], &SETTLE, &[Y]],
        ),
        trap("drifted, unread", 1, &[&READ, &drifts, &[Step::Answer, Step::Draw, OTHER, Y]]),
        trap("drifted, read", 2, &[&READ, &drifts, &[Step::Answer, OTHER], &SETTLE, &[Y]]),
        trap("refused a moment ago", 1, &[&READ, &refuses, &[OTHER, Y]]),
        trap("refused, and pressed anew", 2, &[&READ, &refuses, &[OTHER], &SETTLE, &[Y]]),
    ]
}
