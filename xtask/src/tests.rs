//! What xtask decides by itself; what it starts is tested by being started.

use crate::bench;
use crate::cli::{self, Flags, Task};
use crate::clock::Took;
use crate::machine::Machine;
use crate::runner::{self, Binary, Ended};
use crate::setup::{debian, venv};
use crate::step::Step;
use crate::step_log::{Failed, StepLog};
use crate::suite;
use crate::tally::Tally;
use crate::vm::Board;
use expect_test::{Expect, expect};
use std::time::Duration;

#[test]
fn command_lines() {
    assert_eq!(parse("").unwrap(), Task::Help);
    assert_eq!(
        parse("demo --edges 2").unwrap(),
        Task::Demo(vec!["--edges".to_owned(), "2".to_owned()])
    );
    let flags = Flags {
        only: vec![Step::Fmt, Step::Test],
        board: Board::Always,
        kills: "1000".parse().ok(),
        siege: "10".parse().ok(),
        fuzz_minutes: None,
    };
    assert_eq!(
        parse("test --only fmt --kills 1000 --siege 10 --vm --only test").unwrap(),
        Task::Test(flags)
    );
    let refused = [
        "tests",
        "test --fast",
        "test --only all",
        "test --kills",
        "test --kills 0",
        "setup now",
    ];
    let says: Vec<String> = refused
        .into_iter()
        .map(|line| parse(line).unwrap_err().to_string())
        .collect();
    check(
        &says
            .iter()
            .filter_map(|text| text.lines().next())
            .collect::<Vec<_>>()
            .join("\n"),
        &expect![[r#"
            there is no task tests
            test has no flag --fast
            there is no step all
            --kills needs a value
            --kills takes a number from 1
            setup has no flag now"#]],
    );
}

#[test]
fn a_run_renews_the_sections_it_measured() {
    let page = "# Figures\n\nMachine: –\n\n## Disk\n\nold\n\n| a |\n|---|\n| 1 |\n\n## Memory\n\nkept\n";
    let report = "## Disk\n\nLoad 1.\n\n| a |\n|---|\n| 2 |\n\n## Starts\n\nLoad 2.\n";
    check(
        &bench::renewed(page, report, "a Pi", "Revision r1."),
        &expect![[r#"
            # Figures

            Machine: a Pi

            ## Disk

            Revision r1. Load 1.

            | a |
            |---|
            | 2 |

            ## Memory

            kept

            ## Starts

            Revision r1. Load 2.
        "#]],
    );
    assert_eq!(bench::renewed(page, "", "a Pi", ""), page);
}

#[test]
fn steps_asked_for() {
    let names = |line: &str| match parse(line).unwrap() {
        Task::Test(flags) => suite::steps(&flags)
            .into_iter()
            .map(Step::name)
            .collect::<Vec<_>>()
            .join(" "),
        Task::Help | Task::Setup | Task::Demo(_) | Task::Bench(_) | Task::Cross => panic!("no test: {line}"),
    };
    assert_eq!(names("test"), "setup fmt clippy doc deny build test api");
    assert_eq!(
        names("test --fuzz-minutes 2"),
        "setup fmt clippy doc deny build test api fuzz"
    );
    assert_eq!(names("test --only test --only build"), "build test");
}

#[test]
fn what_is_missing_is_listed_with_the_command() {
    let here = |sign: &debian::Shows| matches!(sign, debian::Shows::Program(_));
    let missing = debian::missing(debian::TEST, here);
    check(
        &debian::advice(&missing),
        &expect![[r#"
            Debian packages are missing:
                libc6-dev     headers for those
                python3-venv  keeps that software apart
                as root: apt-get install --no-install-recommends libc6-dev python3-venv"#]],
    );
    assert!(debian::missing(debian::TEST, |_| true).is_empty());
}

#[test]
fn an_environment_is_made_anew_when_it_would_differ() {
    let stamp = |text| venv::stamp("Python 3.11.2\n", text);
    assert_eq!(stamp("# why\npyhik==0.4.8\n\n"), stamp("pyhik==0.4.8  "));
    assert_ne!(stamp("pyhik==0.4.8"), stamp("pyhik==0.4.9"));
    assert_ne!(stamp("pyhik==0.4.8"), venv::stamp("Python 3.13.5", "pyhik==0.4.8"));
}

#[test]
fn a_failed_step_fails_the_whole_and_stops_only_where_it_must() {
    let mut step_log = StepLog::open();
    step_log.step("fmt", Failed::GoOn, || anyhow::bail!("ugly")).unwrap();
    step_log.step("doc", Failed::GoOn, || Ok(())).unwrap();
    assert_eq!(step_log.close().unwrap_err().to_string(), "not passed: fmt");
    let stopped = step_log
        .step("build", Failed::Stop, || anyhow::bail!("broken"))
        .unwrap_err();
    assert_eq!(stopped.to_string(), "not passed: fmt, build");
}

#[test]
fn times_as_people_read_them() {
    let took = |millis| Took(Duration::from_millis(millis)).to_string();
    assert_eq!(
        [took(420), took(12_900), took(185_000)],
        ["0.4 s", "12 s", "3 min 05 s"]
    );
}

#[test]
fn machines() {
    let pc = Machine::of(
        "processor\t: 0\nmodel name\t: Some CPU @ 2.0GHz\n",
        "MemTotal:  16384000 kB\n",
        "6.1.0\n",
        2,
    );
    check(
        &pc.to_string(),
        &expect!["Some CPU @ 2.0GHz, 2 cores, 16000 MiB, Linux 6.1.0"],
    );
    let pi = Machine::of("processor\t: 0\nModel\t\t: Raspberry Pi 4 Model B\n", "", "6.12", 4);
    check(
        &pi.to_string(),
        &expect!["Raspberry Pi 4 Model B, 4 cores, 0 MiB, Linux 6.12"],
    );
}

fn parse(line: &str) -> Result<Task, cli::CliError> {
    cli::parse(line.split_whitespace().map(str::to_owned))
}

fn check(found: &str, expected: &Expect) {
    expected.assert_eq(found);
}

#[test]
fn the_tests_of_all_runs_are_added_up() {
    let mut tally = Tally::default();
    for line in [
        "running 3 tests",
        "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
    ] {
        tally.read(line);
    }
    assert_eq!(tally.to_string(), "7 passed, 2 failed, 1 skipped");
    assert!(tally.counted() && !Tally::default().counted());
}

#[test]
fn test_binaries_as_cargo_names_them() {
    let artifact = |id: &str, target: &str, test: bool| {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","manifest_path":"/w/tests/site/Cargo.toml","target":{{"kind":["test"],"name":"{target}"}},"profile":{{"test":{test}}},"executable":"/w/target/debug/deps/{target}-1"}}"#
        )
    };
    let site = "path+file:///w/tests/site#tests-site@0.1.0";
    let lines = [
        artifact("path+file:///w/xtask#0.1.0", "xtask", true),
        artifact(site, "turnstile", true),
        artifact(site, "ostona-bench", false),
        artifact(site, "adms", true),
        r#"{"reason":"build-finished","success":true}"#.to_owned(),
    ];
    let mut binaries: Vec<Binary> = lines.iter().filter_map(|line| Binary::of(line)).collect();
    binaries.sort();
    let shown: Vec<String> = binaries
        .iter()
        .map(|binary| format!("{binary} alone: {}", binary.is_alone()))
        .collect();
    check(
        &shown.join("\n"),
        &expect![[r#"
            tests-site adms alone: false
            tests-site turnstile alone: true
            xtask xtask alone: false"#]],
    );
    assert_eq!(binaries[0].folder.to_str(), Some("/w/tests/site"));
}

#[test]
fn a_failed_binary_names_its_tests() {
    let ended = |output: &str, result| Ended {
        name: "tests-site adms, 1.0 s".to_owned(),
        output: output.to_owned(),
        result,
    };
    let output =
        "running 2 tests\ntest rows ... ok\ntest site::calls ... FAILED\ntest result: FAILED. 1 passed; 1 failed";
    let failed = || Err(anyhow::anyhow!("tests-site adms ended with exit status: 101"));
    assert_eq!(
        runner::failure(&ended(output, failed())).as_deref(),
        Some("tests-site adms ended with exit status: 101: site::calls")
    );
    assert_eq!(
        runner::failure(&ended("", failed())).as_deref(),
        Some("tests-site adms ended with exit status: 101")
    );
    assert_eq!(runner::failure(&ended(output, Ok(()))), None);
}
