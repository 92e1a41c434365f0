//! Pages of threads as they were last put together, so that the next reader's need not be. What is true
//! stays in the database: a page is used only where a snapshot has just told that its thread's revision is
//! still the one that the page was made from.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lru::LruCache;

use crate::{
    api::{Id, Time},
    serve::store::query::MessagePage,
};

/// Bytes of pages that are kept, about.
const ROOM: usize = 64 << 20;
/// What an entry takes beside its page's bytes, about.
const OVERHEAD: usize = 512;

/// What is asked of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    pub thread_id: Id,
    pub page: MessagePage,
    /// The thread with its participants, or its messages alone.
    pub whole: bool,
}

/// A page of a thread's messages as it is served, without what of the thread depends on the viewer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub body: Bytes,
    pub has_more: bool,
    pub first_id: Option<Id>,
    pub last_id: Option<Id>,
    /// Authors on it who are shown more of their own than others are.
    pub authors: Vec<Id>,
    /// When a waiting action on it expires.
    pub waits_until: Option<Time>,
}

/// The pages, within a bound on their bytes: the least recently used go first.
pub struct Kept(Mutex<Shelf>);

struct Shelf {
    entries: LruCache<Place, Entry>,
    /// Bytes that are still free.
    room: usize,
    /// Larger entries would push out too many others.
    largest: usize,
}

/// `author`: as this user alone is shown it; `None`: as everyone is who is not one of its authors.
#[derive(PartialEq, Eq, Hash)]
struct Place {
    asked: Asked,
    author: Option<Id>,
}

struct Entry {
    revision: i64,
    page: Page,
}

impl Default for Kept {
    fn default() -> Self {
        Self::with_room(ROOM)
    }
}

impl Kept {
    fn with_room(room: usize) -> Self {
        Self(Mutex::new(Shelf { entries: LruCache::unbounded(), room, largest: room / 4 }))
    }

    /// The page for this user, if it was made from this revision of the thread and nothing on it has expired.
    pub fn get(&self, asked: Asked, user_id: Id, revision: i64, now: Time) -> Option<Page> {
        let mut shelf = self.shelf();
        let mut fitting = |author: Option<Id>| {
            let entry = shelf.entries.get(&Place { asked, author })?;
            let others = author.is_none() && entry.page.authors.contains(&user_id);
            (!others && entry.revision == revision && entry.page.holds_at(now)).then(|| entry.page.clone())
        };
        fitting(Some(user_id)).or_else(|| fitting(None))
    }

    /// Keeps a page that was made for this user from this revision of the thread.
    pub fn put(&self, asked: Asked, user_id: Id, revision: i64, page: &Page, now: Time) {
        // Once overdue, what else on it waits is not known.
        if !page.holds_at(now) {
            return;
        }
        let author = page.authors.contains(&user_id).then_some(user_id);
        self.shelf().put(Place { asked, author }, Entry { revision, page: page.clone() });
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Page {
    fn holds_at(&self, now: Time) -> bool {
        self.waits_until.is_none_or(|end| now < end)
    }
}

impl Entry {
    fn size(&self) -> usize {
        self.page.body.len() + OVERHEAD
    }
}

impl Shelf {
    fn put(&mut self, place: Place, entry: Entry) {
        if let Some(old) = self.entries.pop(&place) {
            self.room += old.size();
        }
        if entry.size() > self.largest {
            return;
        }
        while self.room < entry.size() {
            let Some((_, oldest)) = self.entries.pop_lru() else { return };
            self.room += oldest.size();
        }
        self.room -= entry.size();
        self.entries.put(place, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::store::query::Paging;

    fn asked(thread_id: Id) -> Asked {
        Asked { thread_id, page: MessagePage::Page(Paging::default()), whole: true }
    }

    fn page(text: &str, authors: &[Id]) -> Page {
        let body = Bytes::copy_from_slice(text.as_bytes());
        Page { body, has_more: false, first_id: None, last_id: None, authors: authors.to_vec(), waits_until: None }
    }

    fn at(microseconds: i64) -> Time {
        Time::from_microseconds(microseconds)
    }

    #[test]
    fn a_page_is_used_for_its_revision_only() {
        let kept = Kept::default();
        kept.put(asked(1), 7, 3, &page("three", &[]), at(1_000));
        assert_eq!(kept.get(asked(1), 8, 3, at(1_000)), Some(page("three", &[])));
        assert_eq!(kept.get(asked(1), 8, 4, at(1_000)), None);
        assert_eq!(kept.get(asked(2), 8, 3, at(1_000)), None);
        assert_eq!(kept.get(Asked { whole: false, ..asked(1) }, 8, 3, at(1_000)), None);
    }

    #[test]
    fn an_author_and_the_others_never_get_each_others_page() {
        let kept = Kept::default();
        kept.put(asked(1), 7, 1, &page("everyone's", &[5]), at(1_000));
        assert_eq!(kept.get(asked(1), 5, 1, at(1_000)), None);
        kept.put(asked(1), 5, 1, &page("five's", &[5]), at(1_000));
        assert_eq!(kept.get(asked(1), 5, 1, at(1_000)), Some(page("five's", &[5])));
        assert_eq!(kept.get(asked(1), 7, 1, at(1_000)), Some(page("everyone's", &[5])));
        assert_eq!(kept.get(asked(1), 6, 1, at(1_000)), Some(page("everyone's", &[5])));
    }

    #[test]
    fn a_page_ends_when_something_on_it_expires() {
        let kept = Kept::default();
        let waiting = Page { waits_until: Some(at(1_000)), ..page("waiting", &[]) };
        kept.put(asked(1), 7, 1, &waiting, at(999));
        assert!(kept.get(asked(1), 7, 1, at(999)).is_some());
        assert!(kept.get(asked(1), 7, 1, at(1_000)).is_none());
        kept.put(asked(2), 7, 1, &waiting, at(1_000));
        assert!(kept.get(asked(2), 7, 1, at(0)).is_none());
    }

    #[test]
    fn the_least_recently_used_make_room() {
        let room = 4 * OVERHEAD + 4;
        let kept = Kept::with_room(room);
        for thread in 1..=4 {
            kept.put(asked(thread), 7, 1, &page("x", &[]), at(0));
        }
        assert!(kept.get(asked(1), 7, 1, at(0)).is_some());
        kept.put(asked(5), 7, 1, &page("x", &[]), at(0));
        kept.put(asked(5), 7, 2, &page("y", &[]), at(0));
        assert!(kept.get(asked(1), 7, 1, at(0)).is_some());
        assert!(kept.get(asked(2), 7, 1, at(0)).is_none());
        assert!(kept.get(asked(5), 7, 2, at(0)).is_some());
        assert_eq!(kept.shelf().room, 0);
        kept.put(asked(5), 7, 3, &page("too large", &[]), at(0));
        assert!(kept.get(asked(5), 7, 3, at(0)).is_none());
        assert!(kept.get(asked(1), 7, 1, at(0)).is_some());
    }
}
