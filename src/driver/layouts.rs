//! A thread that lays out long messages, started when there is one: the drawing thread never waits for it.

use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::mpsc::UnboundedSender;

use crate::render::{Rendered, cache::Key, long::Order};

/// A message that was laid out.
pub type LaidOut = (Key, Rendered);

/// The thread's desk.
pub struct Layouts {
    done: UnboundedSender<LaidOut>,
    work: Option<Sender<Order>>,
}

impl Layouts {
    /// Results go to `done`.
    pub fn new(done: UnboundedSender<LaidOut>) -> Self {
        Self { done, work: None }
    }

    /// Has a message laid out.
    pub fn order(&mut self, order: Order) {
        let work = self.work.get_or_insert_with(|| start(self.done.clone()));
        // Where no thread could be started its place stays marked.
        let _ = work.send(order);
    }
}

fn start(done: UnboundedSender<LaidOut>) -> Sender<Order> {
    let (work, orders): (_, Receiver<Order>) = channel();
    let run = move || {
        let mut highlighter = None;
        for order in orders {
            order.run(&mut highlighter, |rendered| {
                // Nobody is left to show it to: the orders end too.
                let _ = done.send((order.key, rendered));
            });
        }
    };
    let _ = std::thread::Builder::new().name("layouts".to_owned()).spawn(run);
    work
}
