//! Demos whose process was killed leave their folder behind; a later demo removes it. A demo holds a lock on a
//! file in its folder for as long as it lives, so a folder whose file is there and free belongs to nobody.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

/// What the folders of all demos are called, before something random.
pub const PREFIX: &str = "countersign-demo-";
const LOCKED: &str = "demo.lock";

/// Marks a demo's folder as in use until the process ends, however it ends, or the file is dropped.
pub fn hold(folder: &Path) -> io::Result<File> {
    // Under its name the file is never seen without its lock.
    let early = folder.join("demo.lock.new");
    let file = File::create_new(&early)?;
    file.lock()?;
    fs::rename(early, folder.join(LOCKED))?;
    Ok(file)
}

/// Removes what this user's demos that were killed have left in a folder for temporary things.
pub fn sweep(temporary: &Path) {
    let Ok(entries) = fs::read_dir(temporary) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_abandoned(&entry.path()) {
            // Whatever cannot be removed stays, as before.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether it is a folder of this user's, of a demo that no longer lives.
fn is_abandoned(folder: &Path) -> bool {
    let Ok(about) = folder.symlink_metadata() else { return false };
    if !about.is_dir() || about.uid() != rustix::process::geteuid().as_raw() {
        return false;
    }
    let Ok(file) = File::options().write(true).open(folder.join(LOCKED)) else { return false };
    match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}
