//! A real server and a home of one's own: what the client keeps is there at its next start.

use std::path::PathBuf;

use crate::{
    server::{Office, PROGRAM, Server},
    terminal::Terminal,
};

/// An office with a server, and where the client keeps its things.
pub struct Desk {
    pub office: Office,
    pub server: Server,
    home: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let office = Office::open("");
        let server = office.serve("");
        Self { office, server, home: tempfile::tempdir().expect("a folder") }
    }

    /// A thread with that subject.
    pub fn has_thread(&self, subject: &str) {
        let new = self
            .office
            .command()
            .args(["new", "--subject", subject, "--client-account-id", "1", "--url", self.server.url()])
            .env("COUNTERSIGN_TOKEN", self.office.token("kari"))
            .output()
            .expect("it runs");
        assert!(new.status.success(), "{}", String::from_utf8_lossy(&new.stderr));
    }

    /// The client, with more in its environment.
    pub fn start(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Terminal {
        let home = self.home.path().to_str().expect("a path");
        let environment = [&[("HOME", home)], environment].concat();
        Terminal::start(PROGRAM, arguments, &environment, (100, 24))
    }

    pub fn credentials(&self) -> PathBuf {
        self.home.path().join(".local/share/countersign/credentials.toml")
    }

    /// Another token for the same person, the ones before revoked.
    pub fn another_token(&self) -> String {
        for token in self.office.admin(&["token", "list"]) {
            if token["login"] == "kari" {
                self.office.admin(&["token", "revoke", &token["id"].to_string()]);
            }
        }
        let made = self.office.admin(&["token", "issue", "kari"]);
        made.iter().find_map(|line| line["token"].as_str()).expect("a token").to_owned()
    }
}
