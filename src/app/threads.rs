//! The thread list: what was found, which thread is selected, how far it is loaded.

use super::{Listing, Loading};
use crate::api::{Id, Thread};

/// Threads, in the server's order.
#[derive(Clone, Debug, Default)]
pub struct ThreadList {
    pub items: Vec<Thread>,
    /// By id, so that the selection stays on its thread when the order changes; it may be not here yet.
    pub selected: Option<Id>,
    /// Where it was seen last.
    place: usize,
    /// What was asked for.
    pub listing: Listing,
    pub loading: Loading,
    pub has_next: bool,
    /// Pages that are loaded.
    pub pages: u32,
    pub loading_next: bool,
    /// The number of the request that the first page came with last; 0: none.
    pub asked: u64,
    /// Something happened after which it may hold other threads, or in another order.
    pub stale: bool,
}

impl ThreadList {
    /// Takes in the first page: it is right about its own region, the rest stays until it is fetched anew.
    pub fn take_first(&mut self, items: Vec<Thread>, has_next: bool) {
        let rest = std::mem::take(&mut self.items);
        self.items = items;
        if has_next && self.pages > 1 {
            let fresh: Vec<Id> = self.items.iter().map(|thread| thread.id).collect();
            self.items.extend(rest.into_iter().filter(|thread| !fresh.contains(&thread.id)));
        } else {
            self.pages = 1;
            self.has_next = has_next;
        }
        self.loading = Loading::Loaded;
    }

    /// Lists something else: nothing of it is here yet.
    pub fn ask(&mut self, listing: Listing) {
        let selected = self.selected;
        *self = Self { listing, selected, asked: self.asked, stale: self.stale, ..Self::default() };
    }

    /// Sees to it that the selection is on a thread of the list: what has taken the place of one that is gone.
    pub fn hold(&mut self) {
        if let Some(at) = self.selected_index() {
            self.place = at;
        } else {
            let next = self.items.get(self.place).or(self.items.last()).map(|thread| thread.id);
            self.selected = next.or(self.selected);
        }
    }

    /// The thread that the list is about: the selected one. Where the list is not here yet and leaves none out, it
    /// will be in it.
    #[must_use]
    pub fn marked(&self) -> Option<Id> {
        let will_be = self.loading != Loading::Loaded && !self.listing.narrows();
        self.selected.filter(|id| will_be || self.get(*id).is_some())
    }

    /// Takes in the page after the last.
    pub fn take_next(&mut self, items: Vec<Thread>, has_next: bool) {
        self.loading_next = false;
        self.pages += 1;
        self.has_next = has_next;
        for thread in items {
            match self.items.iter_mut().find(|known| known.id == thread.id) {
                Some(known) => *known = thread,
                None => self.items.push(thread),
            }
        }
    }

    /// Whether it shows all threads in the server's own order, so that it is known here where one belongs.
    fn is_plain(&self) -> bool {
        self.listing == Listing::default()
    }

    /// A thread is new or has changed. Whether the server has to be asked where it belongs.
    pub fn told(&mut self, thread: &Thread) -> bool {
        let known = self.get_mut(thread.id).map(|known| known.clone_from(thread)).is_some();
        if !self.is_plain() {
            return !std::mem::replace(&mut self.stale, true);
        }
        let order = |thread: &Thread| std::cmp::Reverse((thread.updated_at, thread.id));
        let beyond = self.has_next && self.items.last().is_none_or(|last| order(thread) > order(last));
        if !known && self.loading == Loading::Loaded && !beyond {
            self.items.push(thread.clone());
        }
        self.items.sort_by_key(order);
        false
    }

    /// A thread is not to be seen any more. Whether the server has to be asked what takes its place.
    pub fn removed(&mut self, id: Id) -> bool {
        let Some(at) = self.items.iter().position(|thread| thread.id == id) else { return false };
        self.items.remove(at);
        // Everything after it has moved up, over the end of the last page.
        self.stale |= self.has_next;
        self.pages = self.pages.saturating_sub(1).max(1);
        self.has_next
    }

    /// There are threads that are not here, so that what is counted here is the least there is.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.has_next || self.listing.narrows()
    }

    #[must_use]
    pub fn selected_index(&self) -> Option<usize> {
        self.items.iter().position(|thread| Some(thread.id) == self.selected)
    }

    #[must_use]
    pub fn get(&self, id: Id) -> Option<&Thread> {
        self.items.iter().find(|thread| thread.id == id)
    }

    pub fn get_mut(&mut self, id: Id) -> Option<&mut Thread> {
        self.items.iter_mut().find(|thread| thread.id == id)
    }

    /// Moves the selection by so many threads, staying within the list. Whether it moved.
    pub fn select_by(&mut self, step: isize) -> bool {
        let Some(last) = self.items.len().checked_sub(1) else { return false };
        let at = self.selected_index().unwrap_or(0).saturating_add_signed(step).min(last);
        let selected = self.items.get(at).map(|thread| thread.id);
        let moved = selected != self.selected;
        self.selected = selected;
        moved
    }

    /// Whether the selection is so near the end that the next page should be here.
    #[must_use]
    pub fn wants_next(&self) -> bool {
        let near_end = self.selected_index().is_some_and(|at| at + 10 >= self.items.len());
        self.has_next && !self.loading_next && near_end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(ids: &[Id]) -> Vec<Thread> {
        ids.iter().map(|id| serde_json::from_value(serde_json::json!({ "id": id })).expect("a thread")).collect()
    }

    fn ids(list: &ThreadList) -> Vec<Id> {
        list.items.iter().map(|thread| thread.id).collect()
    }

    #[test]
    fn the_selection_stays_on_its_thread_when_the_order_changes() {
        let mut list = ThreadList::default();
        let take = |list: &mut ThreadList, ids: &[Id]| {
            list.take_first(threads(ids), false);
            list.hold();
        };
        take(&mut list, &[3, 2, 1]);
        assert_eq!(list.selected, Some(3));
        assert!(list.select_by(1));
        take(&mut list, &[1, 3, 2]);
        assert_eq!((list.selected, list.selected_index()), (Some(2), Some(2)));
        assert!(!list.select_by(5), "at the end");
        take(&mut list, &[4, 3, 1]);
        assert_eq!(list.selected, Some(1), "what has taken its place");
        take(&mut list, &[4]);
        assert_eq!(list.selected, Some(4));
    }

    #[test]
    fn later_pages_stay_when_the_first_is_fetched_anew() {
        let mut list = ThreadList::default();
        list.take_first(threads(&[9, 8]), true);
        list.take_next(threads(&[8, 7, 6]), false);
        assert_eq!(ids(&list), [9, 8, 7, 6]);
        list.take_first(threads(&[7, 9]), true);
        assert_eq!(ids(&list), [7, 9, 8, 6]);
        list.take_first(threads(&[9]), false);
        assert_eq!(ids(&list), [9], "there is no more than that");
    }

    #[test]
    fn nothing_is_selected_in_an_empty_list() {
        let mut list = ThreadList::default();
        assert!(!list.select_by(1));
        list.take_first(Vec::new(), false);
        list.hold();
        assert_eq!(list.marked(), None);
    }

    #[test]
    fn what_will_be_in_a_list_is_marked_before_it_is_here() {
        let mut list = ThreadList { selected: Some(3), ..ThreadList::default() };
        list.hold();
        assert_eq!(list.marked(), Some(3));
        list.ask(Listing { search: Some("word".to_owned()), ..Listing::default() });
        assert_eq!(list.marked(), None);
        list.take_first(threads(&[2]), false);
        list.hold();
        assert_eq!(list.marked(), Some(2));
    }
}
