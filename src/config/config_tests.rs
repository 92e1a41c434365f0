use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::render::{Colours, Theme};

const EXAMPLE: &str = include_str!("../../config.example.toml");

/// The example with every key and table taken out of its comment.
fn uncommented() -> String {
    let is_setting = |line: &str| {
        line.starts_with("#[")
            || line.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
    };
    let lines = EXAMPLE.lines().map(|line| if is_setting(line) { &line[1..] } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

fn parse(text: &str) -> Result<Config, FileError> {
    Config::parse(text, Path::new("/home/ada/config.toml"))
}

#[track_caller]
fn complaint(text: &str) -> String {
    parse(text).expect_err("a wrong file").to_string()
}

#[test]
fn the_example_as_it_is_changes_nothing() {
    assert_eq!(parse(EXAMPLE).expect("the example"), Config::default());
}

#[test]
fn the_example_uncommented_shows_the_defaults() {
    let mut config = parse(&uncommented()).expect("the example");
    // What has no value where it is not set: the example shows one, the default is none.
    let unset = Config::default();
    assert!(config.profile.take().is_some());
    assert_eq!(config.profiles["work"].token_file.as_deref().and_then(Path::file_name), Some("work.token".as_ref()));
    assert_eq!(Profile { url: None, token_file: None, ..config.profiles["work"].clone() }, Profile::default());
    config.profiles.clear();
    assert!(config.ui.theme.take().is_some_and(|theme| Theme::named(&theme, Colours::Sixteen).is_ok()));
    config.keys = KeySettings::default();
    assert!(config.serve.database.take().is_some());
    assert!(config.serve.metrics_listen.take().is_some());
    assert!(config.sandbox.worker.take().is_some());
    let rule = config.approvals.rules.pop().expect("a rule");
    assert!(rule.operation.is_some() && rule.object_type.is_some() && rule.fields.is_some());
    assert!(rule.when.is_some() && rule.daily_limit.is_some() && !rule.needs_approval);
    assert_eq!(config, unset);
}

/// The keys that a table knows, from what it says of one that it does not.
fn known_keys<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let error = toml::from_str::<T>("no-such-key = 0").err().expect("an unknown key");
    error.message().split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_example_misses_no_key() {
    let text = uncommented();
    let mut shown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut table = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            table = line.trim_matches(['[', ']']);
        } else if let Some((key, _)) = line.split_once(" = ") {
            assert!(shown.entry(table).or_default().insert(key.to_owned()), "{table}.{key} stands there twice");
        }
    }
    let mut tables = known_keys::<Config>();
    tables.remove("profile");
    assert_eq!(tables, ["profiles", "ui", "keys", "serve", "approvals", "sandbox"].map(str::to_owned).into());
    let mut approvals = known_keys::<ApprovalSettings>();
    assert!(approvals.remove("rules"));
    let mut known = BTreeMap::from([
        ("", BTreeSet::from(["profile".to_owned()])),
        ("profiles.work", known_keys::<Profile>()),
        ("ui", known_keys::<UiSettings>()),
        ("serve", known_keys::<ServeSettings>()),
        ("approvals", approvals),
        ("approvals.rules", known_keys::<server::Rule>()),
        ("sandbox", known_keys::<SandboxSettings>()),
    ]);
    let places: Vec<(String, BTreeSet<String>)> = (crate::app::Context::ALL.into_iter())
        .map(|place| {
            let commands = Keymap::default().commands(place).map(crate::app::Command::name).collect();
            (format!("keys.{}", place.name()), commands)
        })
        .collect();
    known.extend(places.iter().map(|(table, commands)| (table.as_str(), commands.clone())));
    assert_eq!(shown, known);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    insta::assert_snapshot!(complaint("\n[serve]\n# where\nlistne = \"127.0.0.1:1\"\n"), @"/home/ada/config.toml:4: unknown key `listne` in [serve]: did you mean `listen`? (known here: listen, metrics_listen, database, trusted_proxies, header_timeout, body_timeout, requests_per_minute, failed_sign_ins_per_minute, streams_per_user)");
    insta::assert_snapshot!(complaint("[profiles.work]\ntoken = \"s3cret\"\n"), @"/home/ada/config.toml:2: unknown key `token` in [profiles.work]: did you mean `token_file`? (known here: url, token_file, insecure_http)");
    insta::assert_snapshot!(complaint("colour = 1\n"), @"/home/ada/config.toml:1: unknown key `colour`: there is no such setting (known here: profile, profiles, ui, keys, serve, approvals, sandbox)");
    insta::assert_snapshot!(complaint("[servee]\nlisten = 1\n"), @"/home/ada/config.toml:1: unknown key `servee`: did you mean `serve`? (known here: profile, profiles, ui, keys, serve, approvals, sandbox)");
    for short in ["x", "an", "s"] {
        let complaint = complaint(&format!("{short} = 1\n"));
        assert!(complaint.contains("there is no such setting"), "{complaint}");
    }
    let second = "[[approvals.rules]]\nneeds_approval = true\n[[approvals.rules]]\nobjecttype = \"invoice\"\n";
    assert!(complaint(second).starts_with(
        "/home/ada/config.toml:4: unknown key `objecttype` in [[approvals.rules]]: did you mean `object_type`?"
    ));
}

#[test]
fn a_wrong_value_is_named_with_its_line_and_what_it_should_be() {
    for (text, line, words) in [
        ("[serve]\nlisten = \"8080\"", 2, "socket address"),
        ("[serve]\nheader_timeout = 10", 2, "such as \"90d\""),
        ("[serve]\n\nbody_timeout = \"10 seconds\"", 3, "is no duration"),
        ("[sandbox]\nmemory = \"64MB\"", 2, "is no size"),
        ("[sandbox]\nmemory = -1", 2, "a size"),
        ("[sandbox]\nmemory = 64", 2, "write \"64MiB\" for 64 mebibytes"),
        ("[sandbox]\nmemory = \"64\"", 2, "write \"64MiB\" for 64 mebibytes"),
        ("[sandbox]\nmemory = \"0MiB\"", 2, "1 MiB at least"),
        ("[sandbox]\nworkers = \"two\"", 2, "invalid type"),
        ("[approvals]\ndrift = \"none\"", 2, "`record` or `fields`"),
        ("[[approvals.rules]]\noperation = [\"update\", \"updaet\"]", 2, "`updaet` is no operation"),
        ("[[approvals.rules]]\nobject_type = 3", 2, "a word in quotes"),
        ("[approvals]\nfour_eyes = \"yes\"", 2, "boolean"),
        ("[profiles]\nwork = \"https://example.com\"", 2, "invalid type"),
    ] {
        let complaint = complaint(text);
        let place = format!("/home/ada/config.toml:{line}: ");
        assert!(complaint.starts_with(&place) && complaint.contains(words), "{text}\n{complaint}");
        let key = text.lines().last().and_then(|line| line.split(' ').next()).expect("a key");
        assert!(complaint.contains(key), "{text}\n{complaint}");
    }
}

#[test]
fn a_rule_that_does_not_say_what_it_allows_is_refused() {
    let silent = "[approvals]\nfour_eyes = true\n\n[[approvals.rules]]\noperation = \"update\"\n";
    insta::assert_snapshot!(complaint(silent), @"/home/ada/config.toml:4: `needs_approval` is missing here, and has no default");
    assert!(parse(&format!("{silent}needs_approval = true\n")).is_ok());
}

#[test]
fn the_line_of_a_condition_is_known() {
    let text = "[approvals]\n[[approvals.rules]]\nneeds_approval = true\n\n[[approvals.rules]]\nneeds_approval = false\nwhen = 'x >'\n";
    assert_eq!([0, 1, 2, 3].map(|rule| file::line_of_condition(text, rule)), [None, None, Some(7), None]);
    assert_eq!(file::line_of_condition("", 1), None);
}

#[test]
fn what_is_no_toml_is_named_with_its_line() {
    assert!(complaint("[serve]\nlisten = \n").starts_with("/home/ada/config.toml:2: "));
    assert!(complaint("profile = \"a\"\nprofile = \"b\"\n").starts_with("/home/ada/config.toml:2: "));
}

#[test]
fn a_token_file_lies_beside_the_config() {
    let config = parse("[profiles.work]\ntoken_file = \"work.token\"\n[profiles.abs]\ntoken_file = \"/etc/token\"\n");
    let profiles = config.expect("a good file").profiles;
    assert_eq!(profiles["work"].token_file, Some(PathBuf::from("/home/ada/work.token")));
    assert_eq!(profiles["abs"].token_file, Some(PathBuf::from("/etc/token")));
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let error = Config::load(Some(Path::new("/nowhere/config.toml")), &Environment::default()).expect_err("no file");
    assert!(error.to_string().contains("/nowhere/config.toml cannot be read"), "{error}");
    let named = Environment::from_iter([("COUNTERSIGN_CONFIG", "/nowhere/else.toml")]);
    let error = Config::load(None, &named).expect_err("no file");
    assert!(error.to_string().contains("/nowhere/else.toml"), "{error}");
}

mod connection {
    use super::*;
    use crate::net::Token;

    struct Setup {
        config: Config,
        _folder: tempfile::TempDir,
    }

    fn setup() -> Setup {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("work.token"), "work-token\n").expect("a file");
        let text = "profile = \"work\"\n\
            [profiles.work]\nurl = \"https://work.example\"\ntoken_file = \"work.token\"\n\
            [profiles.play]\nurl = \"http://127.0.0.1:1\"\n";
        let config = Config::parse(text, &folder.path().join("config.toml")).expect("a good file");
        Setup { config, _folder: folder }
    }

    fn connect(
        config: &Config,
        profile: Option<&str>,
        url: Option<&str>,
        environment: &[(&str, &str)],
    ) -> Result<Connection, ConnectionError> {
        let flags =
            ConnectionFlags { profile: profile.map(str::to_owned), url: url.map(str::to_owned), insecure_http: false };
        config.connection(&flags, &environment.iter().copied().collect())
    }

    fn token(text: &str) -> Option<Token> {
        Token::new(text)
    }

    #[test]
    fn flags_go_over_the_environment_and_that_over_the_file() {
        let Setup { config, _folder } = setup();
        let work = connect(&config, None, None, &[]).expect("the file's profile");
        assert_eq!((work.name.as_str(), work.url.as_str()), ("work", "https://work.example"));
        assert_eq!(work.token, token("work-token"));

        let environment = [("COUNTERSIGN_URL", "https://env.example"), ("COUNTERSIGN_TOKEN", "env-token")];
        let env = connect(&config, None, None, &environment).expect("the environment's");
        assert_eq!((env.url.as_str(), env.token), ("https://env.example", token("env-token")));

        let flag = connect(&config, None, Some("https://flag.example"), &environment).expect("the flag's");
        assert_eq!((flag.url.as_str(), flag.token), ("https://flag.example", token("env-token")));

        let named = connect(&config, Some("work"), None, &environment).expect("the flag's profile");
        assert_eq!((named.url.as_str(), named.token), ("https://work.example", token("work-token")));

        let profile = [("COUNTERSIGN_PROFILE", "play"), ("COUNTERSIGN_TOKEN", "env-token")];
        let play = connect(&config, None, None, &profile).expect("the environment's profile");
        assert_eq!((play.name.as_str(), play.token), ("play", token("env-token")));
    }

    #[test]
    fn a_profiles_token_goes_to_its_own_server_alone() {
        let Setup { config, _folder } = setup();
        let other = connect(&config, None, Some("https://evil.example"), &[]);
        assert!(matches!(other, Err(ConnectionError::TokenForAnother { .. })), "{other:?}");
        let same = connect(&config, None, Some("https://work.example/api/v2"), &[]).expect("another spelling");
        assert_eq!(same.token, token("work-token"));
        let unnamed = Config { profile: None, ..config };
        let found = connect(&unnamed, None, Some("https://work.example/"), &[]).expect("the profile for that address");
        assert_eq!((found.name.as_str(), found.token), ("work", token("work-token")));
        let other = connect(&unnamed, None, Some("https://other.example"), &[]).expect("no profile");
        assert_eq!((other.name.as_str(), other.token), ("https://other.example", None));
    }

    #[test]
    fn what_login_kept_is_used_for_its_own_server() {
        let Setup { mut config, _folder } = setup();
        let kept = |url: &str| Credential { url: url.to_owned(), token: Token::new("kept") };
        let names = [("play", "http://127.0.0.1:1"), ("work", "https://work.example"), ("new", "https://new.example")];
        config.add(Credentials { profiles: names.map(|(name, url)| (name.to_owned(), kept(url))).into() });
        let of = |profile: &str, url| connect(&config, Some(profile), url, &[]);
        assert_eq!(of("play", None).expect("signed in").token, token("kept"));
        assert_eq!(of("work", None).expect("a file").token, token("work-token"), "the config goes over it");
        let new = of("new", None).expect("known by login alone");
        assert_eq!((new.url.as_str(), new.token), ("https://new.example", token("kept")));
        assert!(matches!(of("new", Some("https://evil.example")), Err(ConnectionError::TokenForAnother { .. })));
    }

    #[test]
    fn what_is_missing_is_said() {
        let Setup { mut config, _folder } = setup();
        assert_eq!(connect(&Config::default(), None, None, &[]), Err(ConnectionError::NoServer));
        let unknown = connect(&config, Some("home"), None, &[]).expect_err("no such profile").to_string();
        assert!(unknown.contains("`home`") && unknown.contains("play, work"), "{unknown}");
        config.profile = None;
        let several = connect(&config, None, None, &[]).expect_err("no choice").to_string();
        assert!(several.contains("--profile") && several.contains("play, work"), "{several}");
        let play = connect(&config, Some("play"), None, &[]).expect("no token is no error");
        assert_eq!(play.token, None);
        let blank = connect(&config, Some("play"), None, &[("COUNTERSIGN_TOKEN", " ")]);
        assert_eq!(blank, Err(ConnectionError::NoToken("COUNTERSIGN_TOKEN".to_owned())));
    }

    #[test]
    fn plain_http_to_another_machine_has_to_be_allowed() {
        let far = Some("http://far.example");
        let config = Config::default();
        assert!(matches!(connect(&config, None, far, &[]), Err(ConnectionError::Address(_))));
        let allowed = connect(&config, None, far, &[("COUNTERSIGN_INSECURE_HTTP", "1")]).expect("allowed");
        assert!(allowed.insecure_http);
    }
}

#[test]
fn a_theme_that_there_is_not_names_its_line() {
    let words = complaint("profile = \"work\"\n[ui]\n# how it looks\ntheme = \"drak\"\n");
    assert!(words.starts_with("/home/ada/config.toml:4: ") && words.contains("terminal, dark, light"), "{words}");
    assert!(words.contains("/home/ada/themes/drak.toml"), "{words}");
    for known in ["auto", "terminal", "dark", "light"] {
        assert!(parse(&format!("[ui]\ntheme = \"{known}\"\n")).is_ok(), "{known}");
    }
}
