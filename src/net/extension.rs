//! Which extensions of the API the server turned out not to have. Remembered for as long as the
//! connection lasts, so that a server which offers the seed document alone is asked once.

use std::sync::atomic::{AtomicU8, Ordering};

/// An extension with a route of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extension {
    Me,
    Users,
    Actions,
    Records,
    ReadMark,
    /// `GET …/messages`, by id rather than by page.
    MessageList,
    /// `GET …/messages/{id}`.
    SingleMessage,
    RemoveParticipant,
    Events,
}

const COUNT: usize = Extension::Events as usize + 1;

const UNKNOWN: u8 = 0;
const PRESENT: u8 = 1;
const ABSENT: u8 = 2;

impl Extension {
    /// Whether a 404 can only mean that the route is not there: nothing in the path but what the server
    /// itself named, or nothing at all.
    fn not_found_means_absent(self) -> bool {
        matches!(self, Self::Me | Self::Users | Self::Actions | Self::Records | Self::ReadMark | Self::Events)
    }
}

/// What is known of the server's extensions.
#[derive(Debug, Default)]
pub(super) struct Extensions([AtomicU8; COUNT]);

impl Extensions {
    /// Whether a request would be in vain.
    pub fn is_absent(&self, extension: Extension) -> bool {
        self.0[extension as usize].load(Ordering::Relaxed) == ABSENT
    }

    /// Forgets what was not there: it may be by now.
    pub fn ask_anew(&self) {
        for known in &self.0 {
            let _ = known.compare_exchange(ABSENT, UNKNOWN, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Learns from an answer's status; whether it says that the extension is not there. One that has
    /// answered before is there, whatever a later 404 is about.
    pub fn learn(&self, extension: Extension, status: u16) -> bool {
        let known = &self.0[extension as usize];
        match status {
            200..300 => known.store(PRESENT, Ordering::Relaxed),
            405 => known.store(ABSENT, Ordering::Relaxed),
            404 if extension.not_found_means_absent() && known.load(Ordering::Relaxed) == UNKNOWN => {
                known.store(ABSENT, Ordering::Relaxed);
            }
            _ => {}
        }
        self.is_absent(extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_switched_off_by_404_and_405_but_not_once_it_has_answered() {
        let known = Extensions::default();
        assert!(!known.is_absent(Extension::Actions));
        assert!(!known.learn(Extension::Actions, 500));
        assert!(known.learn(Extension::Actions, 404));
        assert!(known.is_absent(Extension::Actions));

        assert!(!known.learn(Extension::ReadMark, 204));
        assert!(!known.learn(Extension::ReadMark, 404));

        assert!(!known.learn(Extension::SingleMessage, 404), "the message may be what is not there");
        assert!(known.learn(Extension::SingleMessage, 405));
    }
}
