//! The command line.

use crate::args::parse;
use expect_test::{Expect, expect};

fn check(line: &str, expected: &Expect) {
    let args = line.split_whitespace().map(Into::into);
    let text = match parse(args) {
        Ok(args) => format!("{}: {:?}", args.settings.display(), args.subcommand),
        Err(error) => format!("{error:#}"),
    };
    expected.assert_eq(&text);
}

#[test]
fn every_errand_is_understood() {
    check("", &expect!["/etc/ostona/edge.toml: Run"]);
    check("run", &expect!["/etc/ostona/edge.toml: Run"]);
    check("--settings a.toml", &expect!["a.toml: Run"]);
    check("check --settings=a.toml", &expect!["a.toml: Check"]);
    check(
        "--settings a.toml export b.ostona",
        &expect![[r#"a.toml: Export("b.ostona")"#]],
    );
    check(
        "devices test gate",
        &expect![[r#"/etc/ostona/edge.toml: Devices(Test { device: DeviceId("gate"), config: None })"#]],
    );
    check(
        "devices test gate try.json --settings a.toml",
        &expect![[r#"a.toml: Devices(Test { device: DeviceId("gate"), config: Some("try.json") })"#]],
    );
    check(
        "--settings a.toml devices discover --net 10.0.0.0/24 --net ::1 --seconds 1 --json",
        &expect![
            "a.toml: Devices(Discover(DiscoveryScope { nets: [Net { address: 10.0.0.0, prefix: 24 }, Net { address: ::1, prefix: 128 }], listen: 1s, form: Json }))"
        ],
    );
    check("admin-code", &expect!["/etc/ostona/edge.toml: AdminCode"]);
    check("admin-reset", &expect!["/etc/ostona/edge.toml: AdminReset"]);
    check("token", &expect!["/etc/ostona/edge.toml: Token"]);
    check("--help", &expect!["/etc/ostona/edge.toml: Help"]);
    check("-h", &expect!["/etc/ostona/edge.toml: Help"]);
    check("help", &expect!["/etc/ostona/edge.toml: Help"]);
}

#[test]
fn mistakes_say_what_is_wrong() {
    check(
        "dance",
        &expect![[r#""dance" is no command; ostona-edge --help lists them"#]],
    );
    check(
        "devices",
        &expect!["devices needs `test` or `discover`: missing argument"],
    );
    check("devices test", &expect!["test needs a device's name: missing argument"]);
    check(
        "devices test Gate",
        &expect![[r#"device id "Gate" is not 1 to 63 of a-z, 0-9 and '-', starting with a letter or digit"#]],
    );
    check(
        "devices discover --seconds 90",
        &expect!["--seconds is no number from 1 to 60"],
    );
    check(
        "devices open gate",
        &expect![[r#""open" is nothing that is done with devices; ostona-edge --help lists it"#]],
    );
    check(
        "run check",
        &expect!["one command at a time; ostona-edge --help lists them"],
    );
    check("run --fast", &expect!["invalid option '--fast'"]);
    check("run -x", &expect!["invalid option '-x'"]);
    check("--settings", &expect!["missing argument for option '--settings'"]);
    check("export", &expect!["export needs the file to write: missing argument"]);
    check("enrol", &expect!["enrol needs the one-time code: missing argument"]);
}

#[test]
fn a_code_is_checked_and_never_repeated() {
    let entropy = [7; 10];
    let code = protocol::enrolment::Code::from_entropy(entropy).expose().to_owned();
    let args = parse(["enrol", &code].map(Into::into)).expect("a good code");
    assert!(matches!(args.subcommand, crate::args::Subcommand::Enrol(parsed) if parsed.expose() == code));
    let error = parse(["enrol", "HUNTER2"].map(Into::into)).expect_err("no code");
    assert!(!format!("{error:#}").contains("HUNTER2"), "{error:#}");
}
