//! What the binary says before it talks to anybody: wrong usage, wrong settings, nobody there.

use std::process::{Command, Output, Stdio};

/// Runs the binary in an empty home with these arguments and variables.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String, String) {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear().env("HOME", home.path()).envs(environment.iter().copied());
    let Output { status, stdout, stderr } =
        command.args(arguments).stdin(Stdio::null()).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("an exit status"), text(stdout), text(stderr))
}

const TOKEN: (&str, &str) = ("COUNTERSIGN_TOKEN", "csn_s3cret");

#[test]
fn wrong_usage_is_2_and_says_what_to_do() {
    for (arguments, words) in [
        (&["show"][..], "<ID>"),
        (&["show", "zero"], "positive whole number"),
        (&["nonsense"], "nonsense"),
        (&["threads"], "COUNTERSIGN_URL"),
        (&["threads", "--profile", "work"], "no profile `work`"),
        (&["threads", "--url", "example.com"], "https://chat.example.com"),
        (&["threads", "--url", "http://example.com"], "--insecure-http"),
        (&["threads", "--free-text", " ", "--url", "http://127.0.0.1:9"], "--free-text"),
        (&["send", "1", " ", "--url", "http://127.0.0.1:9"], "blank"),
        (&["approve", "1", "--url", "http://127.0.0.1:9"], "--digest"),
        (&["--json", "--url", "http://127.0.0.1:9"], "--json"),
        (&["--url", "http://127.0.0.1:9"], "terminal"),
        (&["--config", "/nowhere.toml", "threads"], "/nowhere.toml"),
    ] {
        let (status, out, err) = run(arguments, &[TOKEN]);
        assert_eq!(status, 2, "{arguments:?}: {err}");
        assert!(err.contains(words), "{arguments:?}: {err}");
        assert!(out.is_empty() && !err.contains("s3cret"), "{arguments:?}: {out}{err}");
    }
}

#[test]
fn a_config_with_an_unknown_key_names_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "[ui]\ntheem = \"dark\"\n").expect("a file");
    let path = file.to_string_lossy();
    let (status, _, err) = run(&["threads"], &[("COUNTERSIGN_CONFIG", &path)]);
    assert_eq!(status, 2);
    assert!(err.contains("config.toml:2: unknown key `theem` in [ui]: did you mean `theme`?"), "{err}");
}

#[test]
fn a_theme_that_there_is_not_is_an_error_of_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "[ui]\ntheme = \"drak\"\n").expect("a file");
    let path = file.to_string_lossy();
    for arguments in [&["threads"][..], &["--url", "http://127.0.0.1:9"]] {
        let (status, _, err) = run(arguments, &[TOKEN, ("COUNTERSIGN_CONFIG", &path)]);
        assert_eq!(status, 2, "{err}");
        assert!(err.contains("config.toml:2: `theme` in [ui]: there is no theme `drak`"), "{err}");
    }
}

#[test]
fn a_config_in_the_xdg_folder_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(folder.path().join("countersign")).expect("a folder");
    let file = folder.path().join("countersign/config.toml");
    std::fs::write(&file, "[profiles.work]\nurl = \"http://127.0.0.1:1\"\ntoken_file = \"no-such.token\"\n")
        .expect("a file");
    let (status, _, err) = run(&["threads"], &[("XDG_CONFIG_HOME", &folder.path().to_string_lossy())]);
    assert_eq!(status, 3, "{err}");
    assert!(err.contains("no-such.token"), "{err}");
}

#[test]
fn nobody_there_is_1_and_no_token_is_3() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let url = format!("http://{free}");
    let (status, _, err) = run(&["threads", "--url", &url], &[TOKEN]);
    assert_eq!(status, 1);
    assert!(err.contains(&url) && err.contains("check that the server runs"), "{err}");
    let (status, _, err) = run(&["threads", "--url", &url], &[]);
    assert_eq!(status, 3);
    assert!(err.contains("COUNTERSIGN_TOKEN"), "{err}");
}

#[test]
fn help_names_every_command_and_no_secret() {
    let (status, out, _) = run(&["--help"], &[TOKEN, ("COUNTERSIGN_DATABASE", "postgres://u:hunter2@h/d")]);
    assert_eq!(status, 0);
    for command in [
        "threads",
        "show",
        "send",
        "new",
        "invite",
        "approve",
        "reject",
        "wait",
        "export",
        "watch",
        "login",
        "logout",
        "completions",
        "man",
    ] {
        assert!(out.contains(&format!("\n  {command} ")), "{command}: {out}");
    }
    assert!(!out.contains("s3cret") && !out.contains("hunter2"), "{out}");
}

#[test]
fn completions_and_manual_know_the_commands() {
    for arguments in [&["completions", "bash"][..], &["completions", "fish"], &["completions", "zsh"], &["man"]] {
        let (status, out, err) = run(arguments, &[]);
        assert_eq!(status, 0, "{arguments:?}: {err}");
        for word in ["approve", "per-page"] {
            assert!(out.replace("\\-", "-").contains(word), "{arguments:?}: {word}");
        }
    }
}

#[cfg(not(feature = "serve"))]
#[test]
fn a_build_without_the_server_says_so() {
    let (status, _, err) = run(&["--serve"], &[]);
    assert_eq!(status, 2);
    assert!(err.contains("--features serve"), "{err}");
}
