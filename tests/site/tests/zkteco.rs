//! The ZKTeco adapter over real sockets, against the simulated terminal with all its oddities.
//!
//! What the terminal wrote into its log and how often its door opened is the truth; nothing the adapter says counts.

#[cfg(test)]
#[path = "zkteco/site.rs"]
mod site;

use adapter_sdk::{DriverError, ObservedFact, State};
use protocol::{Outcome, Reason, command::Action};
use serde_json::json;
use site::{CableState, passed, start, start_with_cable};
use std::time::Duration;
use tests_site::driver::{DriverRun, LIMIT};
use tests_world::zkteco::{BulkReads, Config, Desk, EventLayout, RecordLayout, Terminal, UnlockReply, UserLayout};

#[tokio::test]
async fn every_record_of_every_layout_arrives_once_and_in_order_over_tcp_and_udp() {
    for transport in ["tcp", "udp"] {
        for records in [RecordLayout::Eight, RecordLayout::Sixteen, RecordLayout::Forty] {
            let config = Config {
                records,
                users: UserLayout::Short,
                history: 150,
                ..Config::default()
            };
            let terminal = Terminal::start(config).unwrap();
            let site = start(&terminal, json!({"transport": transport}), None);
            let what = format!("the history is there: {transport}, {records:?}");
            site.until(&what, |site| passed(&site.seen()) == log(&terminal)).await;
            assert!(site.seen().iter().filter(of_the_log).all(|seen| seen.replay));
            assert_eq!(site.states(), [online()], "{what}");
            site.stop().await;
            assert_eq!(terminal.desk(), Desk::Open, "{what}");
        }
    }
}

#[tokio::test]
async fn live_events_of_all_seven_lengths_are_told_as_happening_now_and_acknowledged() {
    for events in EventLayout::ALL {
        let config = Config {
            events,
            history: 3,
            ..Config::default()
        };
        let terminal = Terminal::start(config).unwrap();
        let site = start(&terminal, json!({}), None);
        site.until("the history is there", |site| passed(&site.seen()) == log(&terminal))
            .await;
        terminal.punch("17", 2, 0).unwrap();
        terminal.punch("1001", 15, 1).unwrap();
        site.until("the live ones are there", |site| passed(&site.seen()) == log(&terminal))
            .await;
        let live: Vec<ObservedFact> = site.seen().into_iter().filter(|seen| !seen.replay).collect();
        assert_eq!(passed(&live).len(), 2, "{events:?}");
        site.until("they are acknowledged", |_| terminal.counts().acknowledged >= 2)
            .await;
        site.stop().await;
    }
}

#[tokio::test]
async fn what_no_event_told_of_is_found_in_the_log() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let site = start(&terminal, json!({}), None);
    site.until("the history is there", |site| passed(&site.seen()) == log(&terminal))
        .await;
    terminal.punch_unheard("30").unwrap();
    terminal.punch("17", 2, 0).unwrap();
    site.until("both are there", |site| passed(&site.seen()) == log(&terminal))
        .await;
    let last: Vec<bool> = site.seen().iter().rev().take(2).map(|seen| seen.replay).collect();
    assert_eq!(last, [false, true], "the announced one now, the other one afterwards");
    site.stop().await;
}

#[tokio::test]
async fn what_was_missed_is_recovered_after_a_cut_line_and_after_an_outage() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let mut mark = None;
    let mut told = Vec::new();
    for round in 0..3 {
        let mut site = start(&terminal, json!({}), mark);
        site.until("nothing is missing", |site| {
            passed(&told)
                .into_iter()
                .chain(passed(&site.seen()))
                .collect::<Vec<_>>()
                == log(&terminal)
        })
        .await;
        if round == 0 {
            terminal.cut().await;
        } else {
            terminal.go_offline().await;
        }
        let end = site.ended().await;
        let (reached, seen) = (site.mark(), site.seen());
        assert!(matches!(end, DriverError::Lost { .. }), "{end:?}");
        told.extend(seen);
        let newest = told.iter().filter_map(|seen| seen.origin.as_ref()).next_back().unwrap();
        mark = reached.or_else(|| {
            Some(adapter_sdk::LogPosition {
                log: newest.log.clone(),
                number: newest.number,
            })
        });
        terminal.punch_unheard("17").unwrap();
        terminal.punch_unheard("17").unwrap();
        terminal.go_online().await;
    }
}

#[tokio::test]
async fn a_clock_set_back_loses_no_record() {
    let terminal = Terminal::start(Config {
        drift_ms: 3_600_000,
        ..Config::default()
    })
    .unwrap();
    let site = start(&terminal, json!({}), None);
    site.until("the clock is set", |_| terminal.off() < Duration::from_secs(3))
        .await;
    site.until("it is said and taken back", |site| {
        let drift = State::Degraded {
            reason: "clock_drift".to_owned(),
        };
        site.states() == [online(), drift, online()]
    })
    .await;
    terminal.punch("17", 2, 0).unwrap();
    site.until("a record earlier than the one before is there", |site| {
        passed(&site.seen()) == log(&terminal)
    })
    .await;
    site.stop().await;
}

#[tokio::test]
async fn a_wiped_log_begins_anew_seen_or_unseen() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let mut site = start(&terminal, json!({}), None);
    site.until("the history is there", |site| passed(&site.seen()) == log(&terminal))
        .await;
    let before = passed(&site.seen()).len();
    terminal.clear_log();
    terminal.punch("17", 2, 0).unwrap();
    site.until("the new log is there", |site| {
        passed(&site.seen()).split_off(before) == log(&terminal)
    })
    .await;
    assert_eq!(site.seen().pop().unwrap().origin.unwrap().log, "OIN7030067012500123#2");

    terminal.go_offline().await;
    site.ended().await;
    let mark = site.mark();
    terminal.clear_log();
    terminal.turn_clock(-7_200_000);
    terminal.punch_unheard("30").unwrap();
    terminal.go_online().await;
    let site = start(&terminal, json!({"clock": "leave"}), mark);
    site.until("the third log is there", |site| passed(&site.seen()) == log(&terminal))
        .await;
    assert_eq!(site.seen().pop().unwrap().origin.unwrap().log, "OIN7030067012500123#3");
    site.stop().await;
}

#[tokio::test]
async fn a_door_opens_once_whatever_the_device_answers() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let site = connected(&terminal).await;
    assert_eq!(
        site.open(1, Duration::from_secs(10)).await,
        Outcome::Ok { detail: None }
    );
    assert_eq!(terminal.openings().len(), 1);
    assert_eq!(terminal.openings()[0].lasts, Duration::from_secs(5));
    terminal.next_unlock(UnlockReply::Refused);
    let refused = site.open(1, Duration::from_secs(10)).await;
    assert!(
        matches!(
            refused,
            Outcome::Failed {
                reason: Reason::Hardware,
                ..
            }
        ),
        "{refused:?}"
    );
    assert_eq!(site.open(1, Duration::ZERO).await, Outcome::Expired);
    let elsewhere = site.open(2, LIMIT).await;
    assert!(
        matches!(
            elsewhere,
            Outcome::Rejected {
                reason: Reason::UnknownTarget,
                ..
            }
        ),
        "{elsewhere:?}"
    );
    assert_eq!((terminal.openings().len(), terminal.counts().unlocks), (1, 2));
    site.stop().await;

    for reply in [UnlockReply::Silent, UnlockReply::Cut] {
        let before = terminal.counts().unlocks;
        let mut site = connected(&terminal).await;
        terminal.next_unlock(reply);
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
        let end = site.ended().await;
        assert!(matches!(end, DriverError::Lost { .. }), "{end:?}");
        connected(&terminal).await.stop().await;
        assert_eq!(
            terminal.counts().unlocks,
            before + 1,
            "{reply:?}: once, never tried again"
        );
    }
}

#[tokio::test]
async fn a_dead_line_opens_no_door_not_even_later() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let (mut site, cable) = start_with_cable(&terminal, json!({}), None);
    site.until("the log is read", |site| passed(&site.seen()) == log(&terminal))
        .await;
    cable.send_replace(CableState::Dead);
    let outcome = site.open(1, Duration::from_secs(10)).await;
    assert!(
        matches!(
            outcome,
            Outcome::Rejected {
                reason: Reason::Offline,
                ..
            }
        ),
        "{outcome:?}"
    );
    let end = site.ended().await;
    assert!(matches!(end, DriverError::Lost { .. }), "{end:?}");
    connected(&terminal).await.stop().await;
    assert_eq!(terminal.counts().unlocks, 0);
}

#[tokio::test]
async fn a_wrong_comm_key_is_tried_once() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let end = start(&terminal, json!({"comm_key": 54321}), None).ended().await;
    let DriverError::WrongPassword { wait } = end else {
        panic!("{end:?}")
    };
    assert!(wait >= Duration::from_secs(600), "left in peace: {wait:?}");
    assert_eq!((terminal.counts().wrong_keys, terminal.counts().sessions), (1, 1));
}

#[tokio::test]
async fn a_terminal_closed_for_a_read_is_opened_again_whatever_happens() {
    let terminal = Terminal::start(Config {
        history: 3000,
        ..Config::default()
    })
    .unwrap();
    // Stopped in the middle of the read.
    terminal.set_reads(BulkReads::Stalled);
    let site = start(&terminal, json!({}), None);
    site.until("it is closed", |_| terminal.desk() == Desk::Closed).await;
    site.stop().await;
    assert_eq!(terminal.desk(), Desk::Open, "the last words opened it");

    // Cut off in the middle of the read.
    let mut site = start(&terminal, json!({}), None);
    site.until("it is closed", |_| terminal.desk() == Desk::Closed).await;
    terminal.cut().await;
    let end = site.ended().await;
    assert!(matches!(end, DriverError::Lost { .. }), "{end:?}");
    assert_eq!(terminal.desk(), Desk::Closed, "nobody could tell it");
    assert!(terminal.punch("17", 2, 0).is_none());
    terminal.set_reads(BulkReads::Answered);
    let site = start(&terminal, json!({}), None);
    site.until("the whole log is there", |site| passed(&site.seen()) == log(&terminal))
        .await;
    assert_eq!(terminal.desk(), Desk::Open);
    site.stop().await;
}

#[tokio::test]
async fn people_are_brought_in_line_and_administrators_left_alone() {
    for users in [UserLayout::Short, UserLayout::Long] {
        let terminal = Terminal::start(Config {
            users,
            ..Config::default()
        })
        .unwrap();
        let people = json!([
            {"person": "17", "name": "Мария", "card": 7_000_002, "pin": "4321"},
            {"person": "1001", "name": "Алишер Ў", "card": 555},
            {"person": "2002", "name": "Ҳулкар", "pin": "99"},
        ]);
        for writes in [3, 3] {
            let site = start(&terminal, json!({"people": people}), None);
            site.until("it is online and the log read", |site| {
                passed(&site.seen()) == log(&terminal)
            })
            .await;
            site.stop().await;
            assert_eq!(terminal.counts().user_writes, writes, "only what differs is written");
        }
        let mut known: Vec<(String, u16, u32, String)> = terminal
            .users()
            .into_iter()
            .map(|user| (user.person, user.slot, user.card, user.pin))
            .collect();
        known.sort();
        let user = |person: &str, slot, card, pin: &str| (person.to_owned(), slot, card, pin.to_owned());
        assert_eq!(
            known,
            [
                user("1001", 1, 555, ""),
                user("17", 2, 7_000_002, "4321"),
                user("2002", 4, 0, "99"),
                user("404", 9, 7_000_009, "4321"),
            ]
        );
        let names: Vec<Vec<u8>> = terminal.users().into_iter().map(|user| user.name).collect();
        let (expected, _, _) = encoding_rs::WINDOWS_1251.encode("Алишер Ў");
        assert!(names.contains(&expected.into_owned()), "in the device's code page");
    }
}

#[tokio::test]
async fn it_says_who_it_is_and_comes_back_from_a_reboot() {
    let terminal = Terminal::start(Config::default()).unwrap();
    let mut site = connected(&terminal).await;
    let Outcome::Ok { detail: Some(detail) } = site.ask(Action::DeviceTest {}, LIMIT).await else {
        panic!("it answers")
    };
    assert_eq!(
        detail,
        "ZEM560_TFT, serial OIN7030067012500123, firmware Ver 6.60 Apr 28 2017, 4 users, 60 records"
    );
    let synced = site.ask(Action::DeviceTimeSync {}, LIMIT).await;
    assert!(matches!(synced, Outcome::Ok { .. }), "{synced:?}");
    assert_eq!(
        site.ask(Action::DeviceReboot {}, LIMIT).await,
        Outcome::Ok { detail: None }
    );
    let end = site.ended().await;
    assert!(matches!(end, DriverError::Lost { .. }), "{end:?}");
}

async fn connected(terminal: &Terminal) -> DriverRun {
    // The port may be closed for a moment after a reboot or a cut.
    let site = start(terminal, json!({}), None);
    site.until("the log is read", |site| passed(&site.seen()) == log(terminal))
        .await;
    site
}

fn online() -> State {
    State::Online {
        fw: Some("Ver 6.60 Apr 28 2017".into()),
    }
}

fn of_the_log(seen: &&ObservedFact) -> bool {
    seen.origin.is_some()
}

fn log(terminal: &Terminal) -> Vec<(Option<String>, Option<String>)> {
    terminal
        .log()
        .iter()
        .map(|punch| {
            let at = punch.at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
            (Some(punch.person.clone()), Some(at))
        })
        .collect()
}
