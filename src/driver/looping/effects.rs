//! What the mind asks for, done: calls to the server, drafts, timers, the terminal, other programs. Nothing here
//! waits for any of it.

use super::{Driver, Error};
use crate::{
    app::{Call, Effect, RequestId},
    driver::{calls, links, saver::Saver, stream},
    term::Session,
};

impl Driver {
    /// Does what the mind asked for since the last frame.
    pub(super) fn carry_out_effects(&mut self, session: &mut Session) -> Result<(), Error> {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Request { id, call } => self.request(id, call),
                Effect::Cancel(id) => {
                    if let Some(call) = self.requests.remove(&id) {
                        call.abort();
                    }
                }
                Effect::Wake { timer, after } => self.timers.set(timer, after),
                Effect::Redraw => {}
                Effect::ConnectionIsNew => {
                    if let Some(client) = &self.client {
                        client.ask_anew();
                    }
                }
                Effect::SaveDrafts(drafts) => self.save_drafts(drafts),
                Effect::SignIn(secret) => self.sign_in.attempt(&secret, self.signed_in.0.clone()),
                Effect::ReadSettings => self.settings.look(true, self.looked.0.clone()),
                Effect::Editor { thread, text } => self.to_edit = Some((thread, text)),
                Effect::Copy(text) => session.copy(&text)?,
                Effect::OpenLink(address) => {
                    let troubles = self.troubles.0.clone();
                    links::open(&address, move |words| {
                        let _ = troubles.send(words);
                    });
                }
                Effect::Notify(words) => session.notify("countersign", &words)?,
                Effect::Suspend => session.suspend()?,
                Effect::Quit => self.quit = true,
            }
        }
        Ok(())
    }

    /// Has a call made in a task of its own; its answer comes back to the loop.
    fn request(&mut self, id: RequestId, call: Call) {
        let (client, answers, heard) = (self.client.clone(), self.answers.0.clone(), self.heard.0.clone());
        // A message is on the disk before anything can happen to it.
        let on_disk = self.saver.as_ref().filter(|_| matches!(call, Call::Post { .. })).map(Saver::settled);
        let task = tokio::spawn(async move {
            if let Some(on_disk) = on_disk {
                on_disk.await;
            }
            let outcome = match (client, call) {
                (None, _) => Err(calls::signed_out()),
                (Some(client), Call::Follow { after }) => stream::follow(&client, id, after, heard).await,
                (Some(client), call) => calls::make(&client, call).await,
            };
            let _ = answers.send((id, Box::new(outcome)));
        });
        self.requests.insert(id, task.abort_handle());
    }
}
