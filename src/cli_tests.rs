use clap::CommandFactory;

use super::*;

#[track_caller]
fn parse(line: &str) -> Cli {
    Cli::from_arguments(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[track_caller]
fn refuse(line: &str) -> String {
    Cli::from_arguments(line.split(' ')).expect_err(line).to_string()
}

#[test]
fn every_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn global_options_stand_on_either_side_of_the_command() {
    for line in ["countersign --json --url http://x threads", "countersign threads --url http://x --json"] {
        let cli = parse(line);
        assert!(cli.global.json);
        assert_eq!(cli.global.url.as_deref(), Some("http://x"));
    }
}

#[test]
fn an_order_may_begin_with_a_minus() {
    let Some(Command::Threads(args)) = parse("countersign threads --order-by -created_at").command else {
        panic!("another command")
    };
    assert_eq!(args.order_by.as_deref(), Some("-created_at"));
}

#[test]
fn ids_and_digests_are_checked() {
    assert!(refuse("countersign show 0").contains("positive whole number"));
    assert!(refuse("countersign show abc").contains("positive whole number"));
    assert!(refuse("countersign approve 1 --digest abc").contains("64 hex digits"));
    assert!(
        refuse("countersign wait 1 --timeout 5").contains("5m")
            || refuse("countersign wait 1 --timeout 5").contains("30m")
    );
}

#[test]
fn a_dash_is_a_text() {
    let Some(Command::Send(args)) = parse("countersign send 3 -").command else { panic!("another command") };
    assert_eq!(args.text.as_deref(), Some("-"));
}

#[cfg(feature = "serve")]
mod serve {
    use super::*;

    #[test]
    fn the_serve_flag_is_the_serve_command() {
        for line in [
            "countersign --serve --listen 127.0.0.1:0 --database sqlite:x.db",
            "countersign --listen 127.0.0.1:0 --serve --database sqlite:x.db",
            "countersign serve --listen 127.0.0.1:0 --database sqlite:x.db",
        ] {
            let Some(Command::Serve(args)) = parse(line).command else { panic!("{line}") };
            assert_eq!(args.listen.map(|listen| listen.port()), Some(0));
            assert_eq!(args.database.as_deref(), Some("sqlite:x.db"));
        }
    }

    #[test]
    fn after_two_dashes_it_is_a_text() {
        let Some(Command::Send(args)) = parse("countersign send 3 -- --serve").command else {
            panic!("another command")
        };
        assert_eq!(args.text.as_deref(), Some("--serve"));
    }

    #[test]
    fn admin_options_stand_anywhere() {
        let line = "countersign admin token issue ada --scopes read,post --database sqlite:x.db --json";
        let cli = parse(line);
        assert!(cli.global.json);
        let Some(Command::Admin(admin)) = cli.command else { panic!("another command") };
        assert_eq!(admin.database.as_deref(), Some("sqlite:x.db"));
        let AdminCommand::Token(TokenCommand::Issue { scopes, .. }) = admin.command else { panic!("another command") };
        assert_eq!(scopes, Some(vec![Scope::Read, Scope::Post]));
    }

    #[test]
    fn a_grant_is_not_both() {
        assert!(refuse("countersign admin grant ada --account 1 --approver --no-approver").contains("cannot be used"));
    }
}
