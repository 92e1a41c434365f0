//! Another token while the client runs: tried first, then put in force, then kept for the next start.

use tokio::sync::mpsc::UnboundedSender;

use super::Keep;
use crate::{
    app::Secret,
    net::{self, Client, ThreadQuery, Token},
};

/// What signing in needs.
pub struct SignIn {
    pub url: String,
    pub rules: net::Options,
    pub keep: Option<Keep>,
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
                client.map(|client| (client, token)).map_err(|error| error.to_string())
            });
        tokio::spawn(async move {
            let tried = match made {
                Ok((client, token)) => {
                    let query = ThreadQuery { per_page: Some(1), ..ThreadQuery::default() };
                    let answer = client.threads(&query).await;
                    answer.map(|_| (client, token)).map_err(|error| error.to_string())
                }
                Err(words) => Err(words),
            };
            let _ = answers.send(tried);
        });
    }

    /// Keeps a token for the next start.
    pub fn keep(&self, token: &Token) -> Result<(), String> {
        self.keep.as_ref().map_or(Ok(()), |keep| keep(token))
    }
}
