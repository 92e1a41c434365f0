//! Programs that we started, and those that they started: which they are, and how they are ended. Knows them as
//! Linux tells of them; elsewhere only the one that we started is known.

use std::{fs, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

/// How long they have to end by themselves, well within what we have (`term::PATIENCE`).
const GRACE: Duration = Duration::from_millis(800);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(10);

/// Ends a process and all that descend from it, by force where they take too long. Whether all obeyed.
pub async fn end(eldest: Pid) -> bool {
    let family = held(eldest);
    tell(&family, Signal::TERM);
    tell(&family, Signal::CONT);
    let deadline = Instant::now() + GRACE;
    while family.iter().any(|process| lives(*process)) {
        if Instant::now() >= deadline {
            tell(&family, Signal::KILL);
            return false;
        }
        sleep(LOOK).await;
    }
    true
}

/// All of them, stopped: so that none starts another while they are counted.
fn held(eldest: Pid) -> Vec<Pid> {
    let mut family = vec![eldest];
    loop {
        tell(&family, Signal::STOP);
        let found = self::family(eldest);
        if found.len() <= family.len() {
            return family;
        }
        family = found;
    }
}

/// Whoever is gone by now can't be told, and need not be.
fn tell(family: &[Pid], signal: Signal) {
    for process in family {
        let _ = kill_process(*process, signal);
    }
}

fn family(eldest: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let pids = entries.filter_map(|entry| pid(entry.file_name().to_str()?));
    let parents: Vec<(Pid, Pid)> = pids.filter_map(|child| Some((child, stat(child)?.1))).collect();
    let mut family = vec![eldest];
    let mut seen = 0;
    while let Some(parent) = family.get(seen).copied() {
        family.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        seen += 1;
    }
    family
}

/// Whether it runs. One that has ended and that nobody asked about yet does not.
fn lives(process: Pid) -> bool {
    stat(process).is_some_and(|(state, _)| state != 'Z')
}

/// State and parent.
fn stat(process: Pid) -> Option<(char, Pid)> {
    let line = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).ok()?;
    // The name stands in brackets, and may hold any of them.
    let mut fields = line.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, pid(fields.next()?)?))
}

fn pid(number: &str) -> Option<Pid> {
    number.parse().ok().and_then(Pid::from_raw)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[tokio::test]
    async fn those_who_do_not_obey_are_ended_all_the_same() {
        for (script, obeys) in [("sleep 1000; true", true), ("trap '' TERM; sleep 1000; true", false)] {
            let shell = Command::new("sh").args(["-c", script]).stdin(Stdio::null()).spawn();
            let mut shell = shell.expect("a shell");
            let eldest = i32::try_from(shell.id()).ok().and_then(Pid::from_raw).expect("a process");
            let mut found = family(eldest);
            while found.len() < 2 {
                tokio::task::yield_now().await;
                found = family(eldest);
            }
            assert_eq!(end(eldest).await, obeys, "{script}");
            shell.wait().expect("it ended");
            while found.iter().any(|process| lives(*process)) {
                tokio::task::yield_now().await;
            }
        }
    }
}
