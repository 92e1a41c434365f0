//! Has drafts written by a thread of its own, so that no key waits for the disk; and says when they are there.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

use super::drafts::Place;
use crate::app::Drafts;

/// How long a message waits for the disk before it is sent all the same.
const DISK_PATIENCE: Duration = Duration::from_secs(2);

/// What came of saving; in words why not.
pub type Saved = Result<(), String>;

/// Saves drafts in the order in which they come, the newest only where several wait.
pub struct Saver {
    work: Sender<(u64, Drafts)>,
    ordered: u64,
    /// The number of the last order that was carried out.
    done: watch::Receiver<u64>,
    thread: Option<JoinHandle<Saved>>,
}

impl Saver {
    /// `told` hears of what failed, and when it went well again.
    pub fn start(mut place: Place, told: impl Fn(Saved) + Send + 'static) -> Self {
        let (work, orders): (_, Receiver<(u64, Drafts)>) = channel();
        let (done, watched) = watch::channel(0);
        let thread = std::thread::Builder::new().name("drafts".to_owned()).spawn(move || {
            let mut last = Ok(());
            while let Ok(order) = orders.recv() {
                let (number, newest) = orders.try_iter().last().unwrap_or(order);
                let result = place.save(&newest).map_err(|error| error.to_string());
                if result.is_err() || last.is_err() {
                    told(result.clone());
                }
                last = result;
                done.send_replace(number);
            }
            last
        });
        Self { work, ordered: 0, done: watched, thread: thread.ok() }
    }

    /// Saves them soon.
    pub fn save(&mut self, drafts: Drafts) {
        self.ordered += 1;
        let _ = self.work.send((self.ordered, drafts));
    }

    /// Waits until everything that has been ordered by now is on the disk, or is known not to get there.
    pub fn settled(&self) -> impl Future<Output = ()> + Send + 'static {
        let (number, mut done) = (self.ordered, self.done.clone());
        async move {
            // A disk that hangs is no reason not to send.
            let _ = timeout(DISK_PATIENCE, done.wait_for(|done| *done >= number)).await;
        }
    }

    /// Waits for the last order.
    pub fn finish(self) -> Saved {
        drop(self.work);
        let lost = || Err("nothing could be written".to_owned());
        self.thread.map_or_else(lost, |thread| thread.join().unwrap_or_else(|_| lost()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn drafts(text: &str) -> Drafts {
        Drafts { threads: [(1, text.to_owned())].into(), ..Drafts::default() }
    }

    #[tokio::test]
    async fn what_is_settled_is_on_the_disk_and_the_last_wins() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut saver = Saver::start(Place::new(folder.path(), "u", "p"), |saved| panic!("{saved:?}"));
        for text in ["one", "two", "three"] {
            saver.save(drafts(text));
        }
        saver.settled().await;
        let files = fs::read_dir(folder.path()).expect("the folder").map(|entry| entry.expect("an entry").path());
        let texts: Vec<String> = files.filter_map(|file| fs::read_to_string(file).ok()).collect();
        assert!(texts.iter().any(|text| text.contains("three")), "{texts:?}");
        assert_eq!(saver.finish(), Ok(()));
        assert_eq!(Place::new(folder.path(), "u", "p").load(), (drafts("three"), None));
    }

    #[tokio::test]
    async fn what_fails_is_told_and_so_is_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("written");
        let (tell, told) = channel();
        let place = Place::new(&file.join("below"), "u", "p");
        let mut saver = Saver::start(place, move |saved| tell.send(saved).expect("somebody listens"));
        saver.save(drafts("one"));
        saver.settled().await;
        assert!(told.recv().expect("told").is_err());
        fs::remove_file(&file).expect("removed");
        saver.save(drafts("one"));
        assert_eq!(told.recv(), Ok(Ok(())));
        assert_eq!(saver.finish(), Ok(()));
    }

    #[test]
    fn what_was_never_saved_is_said_in_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("written");
        let mut saver = Saver::start(Place::new(&file.join("below"), "u", "p"), |_| {});
        saver.save(drafts("one"));
        assert!(saver.finish().is_err());
    }
}
