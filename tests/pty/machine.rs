//! The processes of this machine, as `/proc` shows them.

use std::{
    process::Command,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// Every process below `root`.
pub fn descendants(root: u32) -> Vec<u32> {
    let parents = parents();
    let mut found = vec![root];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        at += 1;
    }
    found.split_off(1)
}

/// The one process right below `parent`.
pub fn child(parent: u32) -> u32 {
    let children: Vec<u32> =
        parents().into_iter().filter(|(_, of)| *of == parent).map(|(process, _)| process).collect();
    let [only] = children.as_slice() else { panic!("children of {parent}: {children:?}") };
    *only
}

/// Every process with its parent.
fn parents() -> Vec<(u32, u32)> {
    let folders = std::fs::read_dir("/proc").expect("/proc");
    let processes = folders.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    processes.filter_map(|process| Some((process, parent(process)?))).collect()
}

/// A process's parent; `None` when it has ended, also while its parent has not asked for its status.
fn parent(process: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    let state = fields.next()?;
    fields.next()?.parse().ok().filter(|_| state != "Z")
}

/// Waits until none of them runs.
pub fn wait_until_gone(processes: &[u32]) {
    let start = Instant::now();
    loop {
        let left: Vec<u32> = processes.iter().copied().filter(|process| parent(*process).is_some()).collect();
        if left.is_empty() {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "still running: {left:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a signal by its name.
pub fn signal(name: &str, process: u32) {
    let status = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status().expect("kill");
    assert!(status.success());
}
