//! Another token while the client runs: tried first, then put in force, then kept for the next start.

use tokio::sync::mpsc::UnboundedSender;

use super::calls::words;
use crate::{
    app::Secret,
    config::{Keeper, KeptIn},
    net::{self, Client, ThreadQuery, Token},
};

/// What signing in needs.
pub struct SignIn {
    pub url: String,
    pub rules: net::Options,
    pub keeper: Option<Keeper>,
}

/// A token that works, and a client with it; or why not.
pub type Tried = Result<(Client, Token), String>;

impl SignIn {
    /// Tries a token; the answer goes to `answers`.
    pub fn attempt(&self, secret: &Secret, answers: UnboundedSender<Tried>) {
        let made = Token::new(secret.reveal())
            .ok_or_else(|| "that is no token: one line of visible ASCII characters is one".to_owned())
            .and_then(|token| {
                let client = Client::new(&self.url, &token, self.rules.clone());
                client.map(|client| (client, token)).map_err(|error| words(&error))
            });
        tokio::spawn(async move {
            let tried = match made {
                Ok((client, token)) => {
                    let query = ThreadQuery { per_page: Some(1), ..ThreadQuery::default() };
                    let answer = client.threads(&query).await;
                    answer.map(|_| (client, token)).map_err(|error| words(&error))
                }
                Err(words) => Err(words),
            };
            let _ = answers.send(tried);
        });
    }

    /// Keeps a token for the next start, however long that takes; what goes wrong goes to `troubles`, in words.
    pub fn keep(&self, token: Token, troubles: UnboundedSender<String>) {
        let Some(keeper) = self.keeper.clone() else { return };
        tokio::spawn(async move {
            // A desktop that wants its keyring unlocked asks in a window of its own.
            let trouble = match keeper.keep(&token, || ()).await {
                Ok(KeptIn::File { older_left: true, .. }) => {
                    "The token is kept in a file. An older one is still in the keyring: remove it there.".to_owned()
                }
                Ok(_) => return,
                Err(error) => format!("The token works, and can't be kept: {error}"),
            };
            let _ = troubles.send(trouble);
        });
    }
}
