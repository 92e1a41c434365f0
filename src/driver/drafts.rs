//! Drafts on disk: one file a server and profile, mode 0600, replaced as a whole, written by a thread of its
//! own so that no key waits for the disk.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
};

use sha2::{Digest, Sha256};

use crate::app::Drafts;

/// Where the drafts of one server and profile lie.
#[derive(Clone, Debug)]
pub struct Place(PathBuf);

impl Place {
    /// The file within `folder`.
    pub fn new(folder: &Path, url: &str, profile: &str) -> Self {
        let name = hex::encode(&Sha256::digest(format!("{url}\n{profile}"))[..8]);
        Self(folder.join(format!("drafts-{name}.json")))
    }

    /// What lies there; nothing where there is nothing. A file that is not readable is put aside, never
    /// overwritten.
    pub fn load(&self) -> Result<Drafts, String> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Drafts::default()),
            Err(error) => return Err(error.to_string()),
        };
        serde_json::from_str(&text).map_err(|_| {
            let aside = self.0.with_extension("unreadable");
            let _ = fs::rename(&self.0, &aside);
            format!("the file of drafts was not readable and is now {}", aside.display())
        })
    }

    /// Puts `drafts` there, all or nothing.
    pub fn save(&self, drafts: &Drafts) -> io::Result<()> {
        if *drafts == Drafts::default() {
            return match fs::remove_file(&self.0) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        if let Some(folder) = self.0.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let new = self.0.with_extension(format!("{}.new", std::process::id()));
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        serde_json::to_writer(&mut file, drafts)?;
        file.flush()?;
        file.sync_all()?;
        fs::rename(&new, &self.0)
    }
}

/// Saves drafts in the order in which they come, the newest only where several wait.
pub struct Saver {
    work: Option<Sender<Drafts>>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// `failed` is told in words what went wrong.
    pub fn start(place: Place, failed: impl Fn(String) + Send + 'static) -> Self {
        let (work, orders): (_, Receiver<Drafts>) = channel();
        let thread = std::thread::Builder::new().name("drafts".to_owned()).spawn(move || {
            while let Ok(order) = orders.recv() {
                let newest = orders.try_iter().last().unwrap_or(order);
                if let Err(error) = place.save(&newest) {
                    failed(error.to_string());
                }
            }
        });
        Self { work: Some(work), thread: thread.ok() }
    }

    /// Saves them soon.
    pub fn save(&self, drafts: Drafts) {
        if let Some(work) = &self.work {
            let _ = work.send(drafts);
        }
    }
}

impl Drop for Saver {
    /// Waits until the last drafts are on the disk.
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn drafts(text: &str) -> Drafts {
        Drafts { threads: [(1, text.to_owned())].into(), ..Drafts::default() }
    }

    #[test]
    fn what_was_saved_is_there_again_for_nobody_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::new(&folder.path().join("state"), "http://here", "me");
        assert_eq!(place.load(), Ok(Drafts::default()));
        let saver = Saver::start(place.clone(), |words| panic!("{words}"));
        saver.save(drafts("one"));
        saver.save(drafts("two"));
        drop(saver);
        assert_eq!(place.load(), Ok(drafts("two")));
        let mode = fs::metadata(&place.0).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Place::new(folder.path(), "http://there", "me").load(), Ok(Drafts::default()));
        place.save(&Drafts::default()).expect("saved");
        assert!(!place.0.exists(), "nothing is left of nothing");
    }

    #[test]
    fn an_unreadable_file_is_put_aside() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::new(folder.path(), "u", "p");
        fs::write(&place.0, "{ half").expect("written");
        assert!(place.load().is_err());
        place.save(&drafts("new")).expect("saved");
        assert_eq!(fs::read_to_string(place.0.with_extension("unreadable")).expect("kept"), "{ half");
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("file"), "").expect("written");
        let place = Place::new(&folder.path().join("file").join("below"), "u", "p");
        assert!(place.save(&drafts("x")).is_err());
    }
}
