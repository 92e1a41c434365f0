//! The `admin` commands on a real store.

use std::path::PathBuf;

use countersign::{
    api::Time,
    cli::{AccountCommand, AdminCommand, AuditCommand, RecordCommand, Scope, TokenCommand, UserCommand},
    serve::{
        admin::{self, AdminError},
        model::token_hash,
        store::{Role, Store},
    },
};
use serde_json::{Value, json};

struct Desk {
    folder: tempfile::TempDir,
    database: String,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("test.db").display());
        Self { folder, database }
    }

    /// The objects that a command prints with `--json`.
    async fn run(&self, command: AdminCommand) -> Result<Vec<Value>, AdminError> {
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        admin::run(&self.database, command, true, &mut out, &mut notes).await?;
        let out = String::from_utf8(out).expect("UTF-8");
        Ok(out.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect())
    }

    /// What a command prints for people: output and notes.
    async fn say(&self, command: AdminCommand) -> (String, String) {
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        admin::run(&self.database, command, false, &mut out, &mut notes).await.expect("done");
        (String::from_utf8(out).expect("UTF-8"), String::from_utf8(notes).expect("UTF-8"))
    }

    async fn refused(&self, command: AdminCommand) -> AdminError {
        self.run(command).await.expect_err("refused")
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("records.jsonl");
        std::fs::write(&path, text).expect("written");
        path
    }

    async fn init(&self) -> Vec<Value> {
        self.run(init()).await.expect("done")
    }
}

fn init() -> AdminCommand {
    AdminCommand::Init {
        account: "Nordic Timber".to_owned(),
        user: "kari".to_owned(),
        name: Some("Kari Nordmann".to_owned()),
    }
}

fn account(name: &str) -> AdminCommand {
    AdminCommand::Account(AccountCommand::Add { name: name.to_owned() })
}

fn user(login: &str, bot: bool) -> AdminCommand {
    AdminCommand::User(UserCommand::Add { login: login.to_owned(), name: format!("Name of {login}"), bot })
}

fn grant(login: &str, account: i64, approver: bool, no_approver: bool) -> AdminCommand {
    AdminCommand::Grant { login: login.to_owned(), account, approver, no_approver }
}

fn token(login: &str, scopes: Option<Vec<Scope>>) -> AdminCommand {
    AdminCommand::Token(TokenCommand::Issue { login: login.to_owned(), expires: None, scopes })
}

fn import(file: PathBuf, account: i64) -> AdminCommand {
    AdminCommand::Record(RecordCommand::Import { file, account })
}

#[tokio::test]
async fn init_makes_account_user_and_token_in_one_go() {
    let desk = Desk::new();
    let made = desk.init().await;
    assert_eq!(made[0], json!({"id": 1, "name": "Nordic Timber"}));
    assert_eq!(made[1], json!({"id": 1, "login": "kari", "name": "Kari Nordmann", "kind": "human"}));
    let secret = made[2]["token"].as_str().expect("a token");
    assert!(secret.starts_with("csn_") && secret.len() == 4 + 64, "{secret}");
    let store = Store::open(&desk.database, Role::Operator).expect("a store");
    let viewer = store.viewer(token_hash(secret), Time::now()).await.expect("an answer").expect("somebody");
    assert_eq!((viewer.name.as_str(), viewer.grants[0].can_approve), ("Kari Nordmann", true));
    assert!(viewer.scopes.read && viewer.scopes.post && viewer.scopes.approve);
    store.close().await;
    for entry in std::fs::read_dir(desk.folder.path()).expect("a folder") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "only the hash is kept");
    }
    assert!(matches!(desk.refused(init()).await, AdminError::Taken(_)));
}

#[tokio::test]
async fn people_read_sentences_and_notes_stand_apart() {
    let desk = Desk::new();
    let (out, notes) = desk.say(init()).await;
    assert!(out.starts_with("account 1: Nordic Timber\nuser 1: kari (Kari Nordmann)"), "{out}");
    assert_eq!(out.matches("csn_").count(), 1);
    assert!(notes.contains("created the database /") && notes.contains("shown this once"), "{notes}");
    let (out, notes) = desk.say(account("Fjord\u{202e} Fish")).await;
    assert!(!out.contains('\u{202e}') && out.contains("account 2: Fjord"), "{out}");
    assert_eq!(notes, "");
}

#[tokio::test]
async fn accounts_are_linked_and_users_granted() {
    let desk = Desk::new();
    desk.init().await;
    assert_eq!(desk.run(account("Ledger & Co")).await.expect("done"), [json!({"id": 2, "name": "Ledger & Co"})]);
    let link = |client, provider| AdminCommand::Account(AccountCommand::Link { client, provider });
    desk.run(link(1, 2)).await.expect("linked");
    assert!(matches!(desk.refused(link(1, 99)).await, AdminError::NoAccounts { .. }));
    let own = desk.refused(link(1, 1)).await;
    assert!(matches!(own, AdminError::OwnProvider(1)) && own.exit_status() == 5, "{own}");
    let robo = desk.run(user("robo", true)).await.expect("done");
    assert_eq!(robo, [json!({"id": 2, "login": "robo", "name": "Name of robo", "kind": "bot"})]);
    desk.run(user("ola", false)).await.expect("done");
    let may = async |command| desk.run(command).await.expect("granted")[0]["can_approve"].clone();
    assert_eq!(may(grant("robo", 1, false, false)).await, false);
    assert_eq!(may(grant("ola", 1, false, false)).await, true);
    assert_eq!(may(grant("ola", 1, false, true)).await, false);
    assert_eq!(may(grant("ola", 2, true, false)).await, true);
    assert!(matches!(desk.refused(grant("robo", 1, true, false)).await, AdminError::BotApprover(_)));
    assert!(matches!(desk.refused(grant("nobody", 1, false, false)).await, AdminError::NoUser(_)));
    assert!(matches!(desk.refused(grant("ola", 99, false, false)).await, AdminError::NoAccount(99)));
    assert!(matches!(desk.refused(user("ola", false)).await, AdminError::Taken(_)));
    assert!(matches!(desk.refused(user(" ", false)).await, AdminError::Unfit { .. }));
    let revoke = |account| AdminCommand::Revoke { login: "ola".to_owned(), account };
    desk.run(revoke(2)).await.expect("revoked");
    assert!(matches!(desk.refused(revoke(2)).await, AdminError::NotEligible { .. }));
    assert_eq!(desk.refused(grant("nobody", 1, false, false)).await.exit_status(), 4);
}

#[tokio::test]
async fn tokens_are_issued_listed_and_revoked() {
    let desk = Desk::new();
    desk.init().await;
    desk.run(user("robo", true)).await.expect("done");
    let full = desk.run(token("kari", None)).await.expect("issued");
    assert_eq!(full[0]["scopes"], json!(["read", "post", "approve"]));
    let bot = desk.run(token("robo", None)).await.expect("issued");
    assert_eq!(bot[0]["scopes"], json!(["read", "post"]));
    let reader = desk.run(token("kari", Some(vec![Scope::Read]))).await.expect("issued");
    assert_eq!(reader[0]["scopes"], json!(["read"]));
    assert!(matches!(desk.refused(token("robo", Some(vec![Scope::Approve]))).await, AdminError::BotScope));
    assert!(matches!(desk.refused(token("nobody", None)).await, AdminError::NoUser(_)));
    let id = reader[0]["id"].as_i64().expect("an id");
    let revoke = |id| AdminCommand::Token(TokenCommand::Revoke { id });
    desk.run(revoke(id)).await.expect("revoked");
    assert!(matches!(desk.refused(revoke(999)).await, AdminError::NoToken(999)));
    let before = desk.run(AdminCommand::Token(TokenCommand::List)).await.expect("listed");
    let again = desk.refused(revoke(id)).await;
    assert!(matches!(again, AdminError::RevokedBefore { .. }) && again.exit_status() == 1, "{again}");
    let listed = desk.run(AdminCommand::Token(TokenCommand::List)).await.expect("listed");
    assert_eq!(listed.len(), 4);
    assert_eq!(listed, before, "the time when it was revoked stays");
    assert!(listed.iter().all(|token| token.get("token").is_none() && !token.to_string().contains("csn_")));
    let revoked: Vec<_> =
        listed.iter().filter(|token| !token["revoked_at"].is_null()).map(|token| &token["id"]).collect();
    assert_eq!(revoked, [&json!(id)]);
}

#[tokio::test]
async fn records_are_imported_whole_or_not_at_all_and_exported_as_they_were() {
    let desk = Desk::new();
    desk.init().await;
    let good = "{\"type\":\"invoice\",\"fields\":{\"amount\":129900}}\n\n{\"type\":\"customer\",\"id\":70,\"fields\":{\"name\":\"Kari\"}}\n";
    let made = desk.run(import(desk.file(good), 1)).await.expect("imported");
    assert_eq!((made.len(), &made[1]), (2, &json!({"id": 70, "type": "customer", "client_account_id": 1})));
    let list = |record_type: Option<&str>| {
        AdminCommand::Record(RecordCommand::List { account: 1, record_type: record_type.map(str::to_owned) })
    };
    let listed = desk.run(list(None)).await.expect("listed");
    assert_eq!(listed[0]["fields"], json!({"amount": 129_900}));
    let bad =
        format!("{good}{{\"type\":\"invoice\",\"fields\":{{\"amount\":0.1000000000000000055511151231257827}}}}\n");
    let error = desk.refused(import(desk.file(&bad), 1)).await.to_string();
    assert!(error.contains("line 4: /fields/amount"), "{error}");
    assert_eq!(desk.run(list(None)).await.expect("listed").len(), 2);
    assert!(matches!(desk.refused(import(desk.file(good), 99)).await, AdminError::NoAccount(99)));
    assert!(matches!(desk.refused(import("nowhere.jsonl".into(), 1)).await, AdminError::CannotRead { .. }));
    assert_eq!(desk.run(list(Some("customer"))).await.expect("listed").len(), 1);
    let (exported, _) = desk.say(AdminCommand::Record(RecordCommand::Export { account: 1, record_type: None })).await;
    desk.run(import(desk.file(&exported), 1)).await.expect("imported");
    assert_eq!(desk.run(list(None)).await.expect("listed"), listed);
}

#[tokio::test]
async fn the_audit_is_listed_and_verified() {
    let desk = Desk::new();
    desk.init().await;
    desk.run(import(desk.file("{\"type\":\"invoice\",\"fields\":{}}"), 1)).await.expect("imported");
    let list = |thread, event: Option<&str>| {
        let event = event.map(str::to_owned);
        desk.run(AdminCommand::Audit { account: Some(1), thread, event, command: None })
    };
    let rows = list(None, None).await.expect("listed");
    assert_eq!(list(None, Some("import")).await.expect("listed"), rows[rows.len() - 1..]);
    assert!(list(Some(1), None).await.expect("listed").is_empty(), "nothing happened in a thread");
    let events: Vec<_> = rows.iter().map(|row| row["event"].as_str().expect("an event")).collect();
    assert!(events.contains(&"grant") && events.contains(&"import"), "{events:?}");
    let verify = |head: Option<String>| AdminCommand::Audit {
        account: None,
        thread: None,
        event: None,
        command: Some(AuditCommand::Verify { head }),
    };
    let verdicts = desk.run(verify(None)).await.expect("sound");
    assert_eq!((&verdicts[0]["sound"], &verdicts[0]["head"]), (&json!(true), &rows.last().expect("rows")["hash"]));
    let head = rows[0]["hash"].as_str().expect("a hash").to_owned();
    desk.run(verify(Some(head))).await.expect("the hash is in the chain");
    for (thread, event) in [(Some(1), None), (None, Some("import".to_owned()))] {
        let part =
            AdminCommand::Audit { account: None, thread, event, command: Some(AuditCommand::Verify { head: None }) };
        let refused = desk.refused(part).await;
        assert!(matches!(refused, AdminError::PartOfChain) && refused.exit_status() == 2, "{refused}");
    }
    let foreign = desk.refused(verify(Some("0".repeat(64)))).await;
    assert!(matches!(foreign, AdminError::Broken(_)), "{foreign}");
}

#[tokio::test]
async fn a_backup_is_a_database() {
    let desk = Desk::new();
    desk.init().await;
    let path = desk.folder.path().join("copy.db");
    desk.run(AdminCommand::Backup { path: path.clone() }).await.expect("copied");
    let copy = Desk { folder: tempfile::tempdir().expect("a folder"), database: format!("sqlite:{}", path.display()) };
    assert_eq!(copy.run(AdminCommand::Token(TokenCommand::List)).await.expect("listed").len(), 1);
    let again = desk.refused(AdminCommand::Backup { path: path.clone() }).await;
    assert!(matches!(&again, AdminError::BackupExists(there) if *there == path), "{again}");
    let nowhere = desk.refused(AdminCommand::Backup { path: desk.folder.path().join("nowhere/copy.db") }).await;
    assert!(matches!(nowhere, AdminError::CannotBackUp { .. }), "{nowhere}");
}

#[tokio::test]
async fn only_init_makes_a_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mistyped/test.db");
    let desk = Desk { database: format!("sqlite:{}", path.display()), folder };
    for command in [
        AdminCommand::Record(RecordCommand::List { account: 1, record_type: None }),
        AdminCommand::Token(TokenCommand::List),
        AdminCommand::Backup { path: desk.folder.path().join("copy.db") },
        account("Fjord Fish"),
        user("ola", false),
    ] {
        let refused = desk.refused(command).await;
        assert_eq!(refused.exit_status(), 4);
        let words = refused.to_string();
        assert!(words.contains(&path.display().to_string()) && words.contains("countersign admin init"), "{words}");
    }
    assert!(std::fs::read_dir(desk.folder.path()).expect("a folder").next().is_none(), "nothing was made");
    desk.init().await;
    assert_eq!(desk.run(AdminCommand::Token(TokenCommand::List)).await.expect("listed").len(), 1);
}

#[tokio::test]
async fn it_works_beside_a_server() {
    let desk = Desk::new();
    desk.init().await;
    let server = Store::open(&desk.database, Role::Server).expect("a store");
    desk.run(account("Fjord Fish")).await.expect("made");
    let made = desk.run(token("kari", None)).await.expect("issued");
    let secret = made[0]["token"].as_str().expect("a token");
    assert!(server.viewer(token_hash(secret), Time::now()).await.expect("an answer").is_some());
    server.close().await;
}
