//! Places between the steps of a request at which a test can hold the server: to kill it there, or to change the
//! world under it. They decide nothing.
//!
//! They exist only in builds with debug assertions, so a release has neither the code nor the variable's name in
//! it. A feature of the package would mean a second build of everything for the tests, and could be left on in
//! what is shipped.

/// Waits here if a test says so: where a file of this name lies in the folder `COUNTERSIGN_HOLD`, it is renamed
/// to `NAME.held`, and the thread goes on once that is gone.
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    use std::{path::PathBuf, sync::LazyLock, time::Duration};
    static FOLDER: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| std::env::var_os("COUNTERSIGN_HOLD").map(PathBuf::from));
    let Some(folder) = &*FOLDER else { return };
    let held = folder.join(format!("{name}.held"));
    if std::fs::rename(folder.join(name), &held).is_ok() {
        while held.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(not(debug_assertions))]
#[inline]
pub fn point(_: &str) {}
