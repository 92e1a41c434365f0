//! A thread that highlights code, started when there is some: the drawing thread never waits for it.

use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::mpsc::UnboundedSender;

use crate::render::highlight::{self, Done, Job};

/// The thread's desk.
pub struct Highlighter {
    done: UnboundedSender<Done>,
    work: Option<Sender<Job>>,
}

impl Highlighter {
    /// Results go to `done`.
    pub fn new(done: UnboundedSender<Done>) -> Self {
        Self { done, work: None }
    }

    /// Has a block highlighted.
    pub fn order(&mut self, job: Job) {
        let work = self.work.get_or_insert_with(|| start(self.done.clone()));
        // Where no thread could be started the code stays plain.
        let _ = work.send(job);
    }
}

fn start(done: UnboundedSender<Done>) -> Sender<Job> {
    let (work, orders): (_, Receiver<Job>) = channel();
    let run = move || {
        let highlighter = highlight::Highlighter::default();
        for job in orders {
            if done.send(highlighter.run(&job)).is_err() {
                break;
            }
        }
    };
    let _ = std::thread::Builder::new().name("highlight".to_owned()).spawn(run);
    work
}
