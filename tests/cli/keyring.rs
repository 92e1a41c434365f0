//! Tokens in the system's keyring: a real one on a bus of its own, locked, gone, and one that never answers.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    fake_server::FakeServer,
    login::{run_in, server, text},
};

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=BUS</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;
const PATIENCE: Duration = Duration::from_secs(20);
const FILE: &str = ".local/share/countersign/credentials.toml";

/// A home with a bus and a keyring of its own, unlocked.
struct Session {
    home: TempDir,
    server: FakeServer,
    address: String,
    keyring: Child,
    bus: Child,
}

impl Session {
    async fn start() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let config = home.path().join("bus.conf");
        let socket = home.path().join("bus").display().to_string();
        fs::write(&config, BUS.replace("BUS", &socket)).expect("a file");
        let mut bus = Command::new("dbus-daemon");
        bus.arg(format!("--config-file={}", config.display())).args(["--nofork", "--print-address"]);
        let mut bus = start(bus.stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut address = String::new();
        BufReader::new(bus.stdout.take().expect("stdout")).read_line(&mut address).expect("an address");
        let address = address.trim().to_owned();
        let mut keyring = Command::new("gnome-keyring-daemon");
        keyring.args(["--foreground", "--unlock", "--components=secrets"]).env_clear().env("PATH", "/usr/bin:/bin");
        keyring.env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path()).stdin(Stdio::piped());
        let mut keyring = start(keyring.env("DBUS_SESSION_BUS_ADDRESS", &address).stderr(Stdio::null()));
        keyring.stdin.take().expect("stdin").write_all(b"a password").expect("taken");
        let session = Self { home, server: server().await, address, keyring, bus };
        session.until("its keyring is there", |said| said.contains("boolean true"));
        session
    }

    /// Waits for what the bus says of the keyring.
    fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let begin = Instant::now();
        let bus = ["/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"];
        while !is_so(&self.send("org.freedesktop.DBus", &bus)) {
            assert!(begin.elapsed() < PATIENCE, "never seen: {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn send(&self, to: &str, message: &[&str]) -> String {
        let mut command = Command::new("dbus-send");
        command.args(["--session", "--print-reply", &format!("--dest={to}")]).args(message);
        let output = command.env("DBUS_SESSION_BUS_ADDRESS", &self.address).output().expect("it ends");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn lock(&self) {
        let what = "array:objpath:/org/freedesktop/secrets/collection/login";
        let lock = ["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", what];
        assert!(self.send("org.freedesktop.secrets", &lock).contains("collection/login"));
    }

    /// Has what is kept from now on put into this collection.
    fn keeps_in(&self, collection: &str) {
        let path = format!("objpath:/org/freedesktop/secrets/collection/{collection}");
        let alias = ["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.SetAlias", "string:default", &path];
        self.send("org.freedesktop.secrets", &alias);
    }

    /// How many tokens of ours there are, locked or not.
    fn tokens(&self) -> usize {
        let ours = "dict:string:string:application,countersign";
        let search = ["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.SearchItems", ours];
        self.send("org.freedesktop.secrets", &search).matches("object path").count()
    }

    async fn run(&self, arguments: &[&str], input: &'static str) -> Output {
        run_in(self.home.path(), &[("DBUS_SESSION_BUS_ADDRESS", &self.address)], arguments, input).await
    }

    async fn login(&self) -> String {
        let output = self.run(&["login", "--url", &self.server.url()], "good\n").await;
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        text(&output)
    }

    fn file(&self) -> PathBuf {
        self.home.path().join(FILE)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for process in [&mut self.keyring, &mut self.bus] {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn start(command: &mut Command) -> Child {
    command.spawn().expect("Debian's packages dbus and gnome-keyring are installed")
}

#[tokio::test]
async fn a_token_is_kept_in_the_keyring_and_nowhere_else() {
    let session = Session::start().await;
    let said = session.login().await;
    assert!(said.contains("kept in the system's keyring"), "{said}");
    let kept = fs::read_to_string(session.file()).expect("a file");
    assert!(!kept.contains("good") && kept.contains(&session.server.url()), "{kept}");
    assert_eq!(session.run(&["threads"], "").await.status.code(), Some(0));

    // Another server's token is another one, though the profile has the same name.
    let other = kept.replace(&session.server.url(), "http://127.0.0.1:1");
    fs::write(session.file(), other).expect("a file");
    let output = session.run(&["threads"], "").await;
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(text(&output).contains("no token to sign in"), "{}", text(&output));

    fs::write(session.file(), &kept).expect("a file");
    assert_eq!(session.run(&["logout"], "").await.status.code(), Some(0));
    fs::write(session.file(), &kept).expect("a file");
    let output = session.run(&["threads"], "").await;
    assert_eq!(output.status.code(), Some(3), "it is out of the keyring: {}", text(&output));
}

#[tokio::test]
async fn where_the_keyring_stays_locked_the_token_goes_into_the_file() {
    let session = Session::start().await;
    session.login().await;
    session.lock();
    let output = session.run(&["threads"], "").await;
    assert_eq!(output.status.code(), Some(3));
    for words in ["Your keyring is locked", "stays locked", "countersign login", "COUNTERSIGN_TOKEN"] {
        assert!(text(&output).contains(words), "{words}: {}", text(&output));
    }
    let output = session.run(&["logout"], "").await;
    assert_eq!(output.status.code(), Some(1), "a token that can't be forgotten is not: {}", text(&output));

    let said = session.login().await;
    assert!(said.contains("credentials.toml") && said.contains("stays locked"), "{said}");
    assert!(said.contains("An older one is still in the keyring"), "{said}");
    assert!(fs::read_to_string(session.file()).expect("a file").contains("good"));
    assert_eq!(session.run(&["threads"], "").await.status.code(), Some(0));
}

#[tokio::test]
async fn an_older_token_is_removed_from_the_keyring_where_that_can_be_reached() {
    let session = Session::start().await;
    session.keeps_in("session");
    session.login().await;
    assert_eq!(session.tokens(), 1);
    // From here on the place where tokens are kept is locked, but not the one with the older token.
    session.keeps_in("login");
    session.lock();
    let said = session.login().await;
    assert!(said.contains("credentials.toml") && !said.contains("An older one"), "{said}");
    assert_eq!(session.tokens(), 0);
    assert_eq!(session.run(&["threads"], "").await.status.code(), Some(0));
}

#[tokio::test]
async fn logout_removes_an_older_one_too() {
    let session = Session::start().await;
    session.login().await;
    let kept = fs::read_to_string(session.file()).expect("a file");
    fs::write(session.file(), format!("{kept}token = \"good\"\n")).expect("a file");
    assert_eq!(session.run(&["logout"], "").await.status.code(), Some(0));
    assert_eq!(session.tokens(), 0);
}

#[tokio::test]
async fn a_token_for_another_server_takes_the_place_of_the_one_before() {
    let session = Session::start().await;
    session.login().await;
    let other = server().await;
    let output = session.run(&["login", "--url", &other.url()], "good\n").await;
    assert!(text(&output).contains("kept in the system's keyring"), "{}", text(&output));
    assert_eq!(session.tokens(), 1);
}

#[tokio::test]
async fn a_keyring_that_has_gone_is_said() {
    let mut session = Session::start().await;
    session.login().await;
    session.keyring.kill().expect("it ends");
    session.until("it is gone", |said| said.contains("boolean false"));
    let output = session.run(&["threads"], "").await;
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).contains("there is no keyring here"), "{}", text(&output));
}

#[tokio::test]
async fn a_bus_that_never_answers_holds_nobody_up() {
    let (server, home) = (server().await, tempfile::tempdir().expect("a folder"));
    let socket = home.path().join("bus");
    let bus = UnixListener::bind(&socket).expect("a socket");
    let address = format!("unix:path={}", socket.display());
    let run = async |environment: &[(&str, &str)], arguments: &[&str], input| {
        let environment = [&[("DBUS_SESSION_BUS_ADDRESS", address.as_str())], environment].concat();
        run_in(home.path(), &environment, arguments, input).await
    };
    let output = run(&[], &["login", "--url", &server.url()], "good\n").await;
    assert!(text(&output).contains("does not answer"), "{}", text(&output));
    bus.set_nonblocking(true).expect("a socket");
    assert!(bus.accept().is_ok(), "it was asked");
    assert!(has_token(home.path()));

    // Nobody asks a keyring that holds nothing, nor one whose token is not wanted.
    assert_eq!(run(&[], &["threads"], "").await.status.code(), Some(0));
    fs::write(home.path().join(FILE), format!("[profiles.default]\nurl = \"{}\"\n", server.url())).expect("a file");
    assert_eq!(run(&[("COUNTERSIGN_TOKEN", "good")], &["threads"], "").await.status.code(), Some(0));
    assert!(bus.accept().is_err(), "it was asked again");
}

fn has_token(home: &Path) -> bool {
    fs::read_to_string(home.join(FILE)).is_ok_and(|text| text.contains("good"))
}
