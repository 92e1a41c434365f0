//! Who may decide by command: the same door as over HTTP, and its answers as exit statuses.

use std::process::{Output, Stdio};

use serde_json::Value;

use crate::server::{Office, Server, objects};

struct Desk {
    office: Office,
    server: Server,
}

impl Desk {
    /// kari and ola may approve, eva may not, robo is a bot, and sten belongs elsewhere.
    fn open() -> Self {
        let mut office = Office::open("");
        office.add("ola", "Ola", &[]);
        office.add("eva", "Eva", &[]);
        office.admin(&["grant", "eva", "--account", "1", "--no-approver"]);
        office.add("sten", "Sten", &[]);
        office.admin(&["revoke", "sten", "--account", "1"]);
        office.admin(&["account", "add", "Fjord Fish"]);
        office.admin(&["grant", "sten", "--account", "2"]);
        let server = office.serve("");
        Self { office, server }
    }

    fn run(&self, login: &str, arguments: &[&str]) -> Output {
        let mut command = self.office.command();
        command.env("COUNTERSIGN_URL", self.server.url()).env("COUNTERSIGN_TOKEN", self.office.token(login));
        command.args(arguments).stdin(Stdio::null()).output().expect("the program starts")
    }

    fn json(&self, login: &str, arguments: &[&str]) -> Value {
        let output = self.run(login, &[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        objects(&output).remove(0)
    }

    /// Decides on a proposal in a thread of its own; gives the exit status.
    fn decide(&self, author: &str, login: &str, approves: bool) -> Option<i32> {
        let thread = self.json(author, &["new", "Hello"])["id"].to_string();
        let posted = self.json(author, &["send", &thread, "```codeaction\nrecords.create(\"note\")\n```"]);
        let digest = posted["actions"][0]["digest"].as_str().expect("a digest");
        let ended = if approves {
            self.run(login, &["approve", &thread, "--digest", digest])
        } else {
            self.run(login, &["reject", &thread, "no"])
        };
        ended.status.code()
    }
}

#[test]
fn a_command_decides_for_whoever_may() {
    let desk = Desk::open();
    for (author, login, approve, reject) in [
        ("robo", "kari", 0, 0),
        ("ola", "kari", 0, 0),
        ("robo", "eva", 3, 3),
        ("kari", "robo", 3, 3),
        ("robo", "sten", 3, 3),
        // Of their own: taking it back needs no right to approve.
        ("kari", "kari", 0, 0),
        ("eva", "eva", 3, 0),
        ("robo", "robo", 3, 0),
    ] {
        assert_eq!(desk.decide(author, login, true), Some(approve), "{login} approves what {author} proposed");
        assert_eq!(desk.decide(author, login, false), Some(reject), "{login} rejects what {author} proposed");
    }
    assert_eq!(desk.office.admin(&["record", "list", "--account", "1", "--type", "note"]).len(), 3);
}
