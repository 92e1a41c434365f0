//! Drafts on disk: mode 0600, each file replaced as a whole. Every running client has a file of its own, so that
//! two of one profile never overwrite each other; what one left behind, the next to start takes over. When
//! they are written is the [`super::saver`]'s.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    api::{Id, Thread},
    app::Drafts,
};

/// As many clients of one server and profile keep drafts at the same time.
const MOST: usize = 32;

/// Where the drafts of one server and profile lie.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    /// Of the server and profile.
    name: String,
    own: Option<Slot>,
    /// What others left behind: it stays where it is until it is saved as one's own.
    left: Vec<Slot>,
    /// The threads that keep quiet, as they were last read or written here.
    muted: BTreeSet<Id>,
    /// The thread one was in, as it was last read or written here.
    last: Option<Thread>,
}

/// One client's file, and the lock that keeps others away from it for as long as the client runs.
#[derive(Debug)]
struct Slot {
    file: PathBuf,
    _lock: File,
}

impl Place {
    /// Within `folder`, which need not exist yet.
    pub fn new(folder: &Path, url: &str, profile: &str) -> Self {
        let name = hex::encode(&Sha256::digest(format!("{url}\n{profile}"))[..8]);
        Self { folder: folder.to_owned(), name, own: None, left: Vec::new(), muted: BTreeSet::new(), last: None }
    }

    /// Takes over what lies there and belongs to nobody who runs, and says in words what of it can't be read.
    pub fn load(&mut self) -> (Drafts, Option<String>) {
        let (mut drafts, mut problem) = (Drafts::default(), None);
        for number in 1..=MOST {
            let file = self.file(number);
            if self.own.is_some() && !file.exists() {
                continue;
            }
            let slot = match self.claim(number) {
                Ok(None) => continue,
                Ok(slot) => slot,
                // Nothing can be written here, but what there is can be shown.
                Err(_) => None,
            };
            match read(&file) {
                Ok(found) if self.own.is_none() => {
                    drafts.join(found);
                    self.own = slot;
                }
                Ok(found) => {
                    drafts.join(found);
                    self.left.extend(slot);
                }
                Err(words) => problem = Some(words),
            }
        }
        self.muted = read(&self.muted_file()).unwrap_or_default();
        drafts.muted.extend(&self.muted);
        self.last = read(&self.last_file()).unwrap_or_default();
        drafts.last.clone_from(&self.last);
        (drafts, problem)
    }

    /// Puts `drafts` there, all or nothing.
    pub fn save(&mut self, drafts: &Drafts) -> io::Result<()> {
        // Those belong to all clients, and have a file of their own.
        let own = Drafts { muted: BTreeSet::new(), ..drafts.clone() };
        if self.own.is_none() && own.hold_text() {
            self.own = Some(self.unused()?);
        }
        if let Some(slot) = &self.own {
            if own.hold_text() {
                replace(&slot.file, &own)?;
            } else {
                remove(&slot.file)?;
            }
            for left in self.left.drain(..) {
                remove(&left.file)?;
            }
        }
        self.save_last(drafts.last.as_ref())?;
        self.save_muted(&drafts.muted)
    }

    /// Where one is now. Of several clients the one that left last counts.
    fn save_last(&mut self, last: Option<&Thread>) -> io::Result<()> {
        if last.is_none() || last == self.last.as_ref() {
            return Ok(());
        }
        let lock = self.open_lock(&format!("last-{}.lock", self.name))?;
        lock.lock()?;
        replace(&self.last_file(), &last)?;
        self.last = last.cloned();
        Ok(())
    }

    /// What this client changed since it last looked, in what all of them share.
    fn save_muted(&mut self, muted: &BTreeSet<Id>) -> io::Result<()> {
        if *muted == self.muted {
            return Ok(());
        }
        let lock = self.open_lock(&format!("muted-{}.lock", self.name))?;
        lock.lock()?;
        let mut all: BTreeSet<Id> = read(&self.muted_file()).unwrap_or_default();
        all.extend(muted.difference(&self.muted));
        all.retain(|id| muted.contains(id) || !self.muted.contains(id));
        replace(&self.muted_file(), &all)?;
        self.muted.clone_from(muted);
        Ok(())
    }

    fn muted_file(&self) -> PathBuf {
        self.folder.join(format!("muted-{}.json", self.name))
    }

    fn last_file(&self) -> PathBuf {
        self.folder.join(format!("last-{}.json", self.name))
    }

    fn file(&self, number: usize) -> PathBuf {
        self.folder.join(format!("drafts-{}.json", self.numbered(number)))
    }

    fn numbered(&self, number: usize) -> String {
        if number == 1 { self.name.clone() } else { format!("{}-{number}", self.name) }
    }

    /// A place in which nothing lies yet.
    fn unused(&self) -> io::Result<Slot> {
        for number in (1..=MOST).filter(|number| !self.file(*number).exists()) {
            if let Some(slot) = self.claim(number)? {
                return Ok(slot);
            }
        }
        Err(io::Error::other(format!("{MOST} clients keep their drafts in {} already", self.folder.display())))
    }

    /// `None`: it belongs to another client that runs.
    fn claim(&self, number: usize) -> io::Result<Option<Slot>> {
        let lock = self.open_lock(&format!("drafts-{}.lock", self.numbered(number)))?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            // A disk without locks is no reason to keep nothing.
            Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => Err(error),
            _ => Ok(Some(Slot { file: self.file(number), _lock: lock })),
        }
    }

    fn open_lock(&self, name: &str) -> io::Result<File> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(self.folder.join(name))
    }
}

/// What lies in a file; nothing where there is none. A file that makes no sense is put aside, never overwritten.
fn read<T: Default + serde::de::DeserializeOwned>(file: &Path) -> Result<T, String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(format!("{}: {error}", file.display())),
    };
    serde_json::from_str(&text).map_err(|_| {
        let aside = file.with_extension("unreadable");
        let _ = fs::rename(file, &aside);
        format!("a file of drafts made no sense and is now {}", aside.display())
    })
}

/// All or nothing, and on the disk for good.
fn replace(file: &Path, content: &impl Serialize) -> io::Result<()> {
    let new = file.with_extension("new");
    let written = write(&new, &serde_json::to_vec(content)?).and_then(|()| fs::rename(&new, file));
    if written.is_err() {
        // Half of it is of no use, and may be what fills the disk.
        let _ = fs::remove_file(&new);
    }
    written?;
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "drafts_tests.rs"]
mod tests;
