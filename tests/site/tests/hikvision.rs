//! The Hikvision adapter over real sockets: against the simulated terminal with all its oddities, and its digest client
//! against PyPI `httpbin`.
//!
//! What the terminal wrote into its log and how often its doors moved is the truth; nothing the adapter says counts.

#[cfg(test)]
#[path = "hikvision/site.rs"]
mod site;

use adapter_hikvision::digest_get;
use adapter_sdk::{DriverError, ObservedFact, State, http::Http};
use http::StatusCode;
use protocol::{Fact, Outcome, Reason, fact::KeyKind};
use serde_json::json;
use site::{Cookies, lan_port, line, start};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tests_site::driver::LIMIT;
use tests_world::{
    clock,
    hikvision::{Config, DoorReply, Quirks, RenewedNonce, SlotUse, Terminal},
    httpbin,
};
use tokio::net::TcpListener;

#[tokio::test]
async fn httpbin_believes_our_digests() {
    let httpbin = httpbin::start().await.unwrap();
    let http = line(&format!("http://{}", httpbin.address));
    for target in [
        "/digest-auth/auth/user/pass/MD5/never",
        "/digest-auth/auth/user/pass/SHA-256/never",
        "/digest-auth/none/user/pass/MD5/never",
    ] {
        let status = digest_get(Arc::clone(&http), "user", "pass", target).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{target}");
    }
    let wrong = digest_get(http, "user", "other", "/digest-auth/auth/user/pass/MD5/never").await;
    assert!(matches!(wrong, Err(DriverError::WrongPassword { .. })), "{wrong:?}");
}

#[tokio::test]
async fn httpbin_s_nonces_that_last_for_one_request_do_not_stop_us() {
    let httpbin = httpbin::start().await.unwrap();
    let base = format!("http://{}", httpbin.address);
    let cookies: Arc<dyn Http> = Arc::new(Cookies {
        inner: line(&base),
        jar: Mutex::default(),
    });
    for _ in 0..5 {
        let status = digest_get(
            Arc::clone(&cookies),
            "user",
            "pass",
            "/digest-auth/auth/user/pass/MD5/1",
        )
        .await;
        assert_eq!(status.unwrap(), StatusCode::OK);
    }
    let cookies = Arc::new(Cookies {
        inner: line(&base),
        jar: Mutex::default(),
    });
    let stale = digest_get(cookies, "user", "pass", "/digest-auth/auth/user/pass/MD5/0").await;
    assert!(
        matches!(stale, Err(DriverError::WrongPassword { .. })),
        "always stale: two exchanges, then peace: {stale:?}"
    );
}

#[tokio::test]
async fn every_entry_of_the_log_arrives_once_and_in_order() {
    let terminal = Terminal::start(Config {
        history: 100,
        ..Config::default()
    })
    .unwrap();
    let site = start(&terminal, json!({}), None, None);
    site.until("the history is there", |site| site.numbers() == numbers(&terminal))
        .await;
    let of_the_log = |seen: &ObservedFact| seen.origin.is_some();
    assert!(
        site.seen()
            .iter()
            .filter(|seen| of_the_log(seen))
            .all(|seen| seen.replay),
        "all of it happened before"
    );
    let before = site.seen().len();
    for person in 1..=20 {
        terminal.badge(&person.to_string(), KeyKind::Face);
    }
    terminal.deny();
    site.until("the live ones are there", |site| site.numbers() == numbers(&terminal))
        .await;
    let seen = site.seen();
    let granted = seen
        .iter()
        .skip(before)
        .filter(|seen| matches!(seen.fact, Fact::AccessGranted(_)) && !seen.replay);
    assert_eq!(granted.count(), 20, "told as happening now");
    assert_eq!(site.states().first(), Some(&online()));
    site.stop().await;
}

#[tokio::test]
async fn what_was_missed_is_recovered_after_a_cut_line_and_after_an_outage() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let mut site = start(&terminal, json!({}), None, None);
    site.until("the history is there", |site| site.numbers() == numbers(&terminal))
        .await;
    terminal.cut().await;
    terminal.badge("1", KeyKind::Card);
    terminal.badge("2", KeyKind::Card);
    site.until("the line is open again", |site| site.numbers() == numbers(&terminal))
        .await;

    terminal.go_offline().await;
    terminal.badge("3", KeyKind::Card);
    let end = site.ended().await;
    let (mark, before) = (site.mark(), site.numbers());
    assert!(matches!(end, DriverError::Unreachable { .. }), "{end:?}");
    terminal.go_online().await;
    let site = start(&terminal, json!({}), mark, None);
    site.until("the outage is made up for", |site| {
        let all: Vec<u64> = before.iter().copied().chain(site.numbers()).collect();
        all == numbers(&terminal)
    })
    .await;
    site.stop().await;
}

#[tokio::test]
async fn a_factory_reset_begins_a_new_log() {
    let terminal = Terminal::start(Config {
        history: 40,
        ..Config::default()
    })
    .unwrap();
    let mut site = start(&terminal, json!({}), None, None);
    site.until("the history is there", |site| site.numbers() == numbers(&terminal))
        .await;
    terminal.go_offline().await;
    site.ended().await;
    let mark = site.mark();
    terminal.factory_reset().await;
    terminal.go_online().await;
    terminal.badge("1", KeyKind::Face);
    let site = start(&terminal, json!({}), mark, None);
    site.until("the new log is there", |site| site.numbers() == numbers(&terminal))
        .await;
    let logs: Vec<String> = site
        .seen()
        .into_iter()
        .filter_map(|seen| seen.origin)
        .map(|origin| origin.log.into())
        .collect();
    assert!(logs.iter().all(|log| log.ends_with("#2")), "{logs:?}");
    let degraded = State::Degraded {
        reason: "log_reset".to_owned(),
    };
    assert_eq!(site.states().iter().filter(|state| **state == degraded).count(), 1);
    site.stop().await;
}

#[tokio::test]
async fn a_door_opens_once_whatever_the_device_answers() {
    let terminal = Terminal::start(Config {
        history: 0,
        doors: 2,
        ..Config::default()
    })
    .unwrap();
    let site = start(&terminal, json!({}), None, None);
    site.until("it is online", |site| site.states().contains(&online()))
        .await;
    assert_eq!(
        site.open(2, Duration::from_secs(10)).await,
        Outcome::Ok { detail: None }
    );
    assert_eq!(moved(&terminal), [2]);

    for reply in [
        DoorReply::Cut,
        DoorReply::Silent,
        DoorReply::Late(Duration::from_secs(5)),
    ] {
        terminal.next_door_reply(reply);
        let before = moved(&terminal).len();
        let outcome = site.open(1, Duration::from_secs(2)).await;
        assert!(
            matches!(
                outcome,
                Outcome::Failed {
                    reason: Reason::TimedOut,
                    ..
                }
            ),
            "{reply:?}: {outcome:?}"
        );
        assert_eq!(
            moved(&terminal).len(),
            before + 1,
            "{reply:?}: moved once, never tried again"
        );
    }

    let puts = terminal
        .requests()
        .into_iter()
        .filter(|request| request.method == "PUT" && request.path.contains("/door/"));
    assert_eq!(puts.count(), moved(&terminal).len(), "one PUT per command");
    site.stop().await;
}

#[tokio::test]
async fn what_cannot_be_done_moves_no_door() {
    let terminal = Terminal::start(Config {
        history: 0,
        ..Config::default()
    })
    .unwrap();
    let site = start(&terminal, json!({}), None, None);
    site.until("it is online", |site| site.states().contains(&online()))
        .await;
    terminal.next_door_reply(DoorReply::Busy);
    let outcome = site.open(1, Duration::from_secs(2)).await;
    assert!(
        matches!(
            outcome,
            Outcome::Failed {
                reason: Reason::Busy,
                ..
            }
        ),
        "{outcome:?}"
    );
    assert_eq!(site.open(1, Duration::ZERO).await, Outcome::Expired);
    assert!(matches!(
        site.open(3, LIMIT).await,
        Outcome::Rejected {
            reason: Reason::UnknownTarget,
            ..
        }
    ));
    assert!(terminal.openings().is_empty());
    site.stop().await;
}

#[tokio::test]
async fn a_wrong_password_never_locks_us_out() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let mut site = start(&terminal, json!({"password": "guess"}), None, None);
    let end = site.ended().await;
    assert!(matches!(end, DriverError::WrongPassword { .. }), "{end:?}");
    assert_eq!((terminal.counts().failed_logins, terminal.locked_for()), (2, None));

    let quirks = Quirks {
        failures_to_lock: 2,
        ..Quirks::default()
    };
    let terminal = Terminal::start(Config {
        quirks,
        ..Config::default()
    })
    .unwrap();
    for _ in 0..2 {
        let end = start(&terminal, json!({"password": "guess"}), None, None).ended().await;
        assert!(
            matches!(end, DriverError::WrongPassword { .. } | DriverError::LockedOut { .. }),
            "{end:?}"
        );
    }
    let failed = terminal.counts().failed_logins;
    assert!(failed <= 2, "a locked device is not tried: {failed}");
    assert_eq!(terminal.counts().basic_attempts, 0);
}

#[tokio::test]
async fn nonces_for_one_use_and_refused_renewals_do_not_stop_us() {
    let quirks = Quirks {
        nonce_uses: 1,
        renewed_nonce: RenewedNonce::RefusedOnce,
        ..Quirks::default()
    };
    let terminal = Terminal::start(Config {
        quirks,
        ..Config::default()
    })
    .unwrap();
    let site = start(&terminal, json!({}), None, None);
    site.until("the history is there", |site| site.numbers() == numbers(&terminal))
        .await;
    assert_eq!(terminal.counts().failed_logins, 0);
    site.stop().await;
}

#[tokio::test]
async fn a_drifting_clock_is_set() {
    let terminal = Terminal::start(Config {
        drift_ms: 3_600_000,
        ..Config::default()
    })
    .unwrap();
    let site = start(&terminal, json!({}), None, None);
    let near = || {
        let (theirs, ours) = (terminal.time(), clock::Clock::Real.now());
        theirs.since(ours).max(ours.since(theirs)) < Duration::from_secs(3)
    };
    site.until("the clock is set", |_| near()).await;
    site.until("it is said and taken back", |site| {
        let drift = State::Degraded {
            reason: "clock_drift".to_owned(),
        };
        site.states().contains(&drift) && site.states().last() == Some(&online())
    })
    .await;
    site.stop().await;
}

#[tokio::test]
async fn pushes_and_stream_tell_each_entry_once_and_a_reboot_arms_the_slot_again() {
    let terminal = Terminal::start(Config {
        history: 3,
        ..Config::default()
    })
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/push/gate/s3cret", listener.local_addr().unwrap());
    let site = start(&terminal, json!({"push": "on"}), None, Some(url));
    tokio::spawn(lan_port(listener, site.pushes.clone()));
    let armed = |terminal: &Terminal| terminal.hosts().iter().any(|slot| slot.state == SlotUse::Armed);
    site.until("the slot is ours", |site| {
        armed(&terminal) && site.numbers() == numbers(&terminal)
    })
    .await;
    for person in 1..=5 {
        terminal.badge(&person.to_string(), KeyKind::Face);
    }
    site.until("both ways have told", |site| {
        site.numbers() == numbers(&terminal) && terminal.counts().pushes_delivered >= 5
    })
    .await;

    terminal.reboot().await;
    site.until("the slot is armed again", |_| armed(&terminal)).await;
    terminal.badge("6", KeyKind::Face);
    site.until("nothing is missing", |site| site.numbers() == numbers(&terminal))
        .await;
    assert_eq!(
        terminal.counts().trespasses,
        0,
        "the other system's slot was left alone"
    );
    site.stop().await;
}

fn online() -> State {
    State::Online {
        fw: Some("V3.16.1 build 240515".into()),
    }
}

fn numbers(terminal: &Terminal) -> Vec<u64> {
    terminal.log().iter().map(|entry| entry.serial).collect()
}

fn moved(terminal: &Terminal) -> Vec<u16> {
    terminal.openings().iter().map(|opening| opening.door).collect()
}
