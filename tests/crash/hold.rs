//! Holds a server at a place between two steps of a request: see `serve::fault`.

use std::{path::Path, time::Duration};

/// How long a server may take to get somewhere; only a broken test waits so long.
const BOUND: Duration = Duration::from_mins(2);

/// The folder through which a server is held.
pub struct Holds {
    folder: tempfile::TempDir,
}

impl Holds {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whoever comes to `point` next is held there.
    pub fn arm(&self, point: &str) {
        std::fs::write(self.folder().join(point), "").expect("a file");
    }

    /// Waits until somebody is held at `point`.
    pub async fn reached(&self, point: &str) {
        let held = self.folder().join(format!("{point}.held"));
        let waiting = async {
            while !held.exists() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(BOUND, waiting).await.unwrap_or_else(|_| panic!("nobody came to `{point}`"));
    }

    /// Lets whoever is held at `point` go on.
    pub fn release(&self, point: &str) {
        std::fs::remove_file(self.folder().join(format!("{point}.held"))).expect("somebody is held there");
    }

    /// Takes away what armed a point that nobody came to, and what still held somebody.
    pub fn clear(&self) {
        for entry in std::fs::read_dir(self.folder()).expect("a folder") {
            std::fs::remove_file(entry.expect("an entry").path()).expect("a file");
        }
    }
}
