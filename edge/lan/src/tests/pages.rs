//! The pages: true, safe to show, and safe to link to.

use super::areas::AREAS;
use super::rig::Rig;
use crate::CloudLink;
use edge_kernel::{
    DevicePresence, FollowUp, Moment,
    prints::{self, Prints},
    queue::{Queue, QueueSetup, Request},
};
use expect_test::expect;
use protocol::{Actor, Fact, Lang};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn health_says_how_it_is() {
    let rig = Rig::with(AREAS).await;
    rig.presence("gate", DevicePresence::Online).await;
    rig.clock.0.store(61_500, Ordering::SeqCst);
    let mut health = rig.get("/health").await.json();
    // Set by what the kernel writes at its start; the rest is pinned.
    for volatile in ["committed", "unsent", "hours_left"] {
        assert!(!health[volatile].is_null() || volatile == "hours_left", "{volatile}");
        health.as_object_mut().expect("an object").remove(volatile);
    }
    expect![[r#"
        {
          "boot": 1,
          "clock": "synced",
          "cursor": {
            "facts": 0,
            "telemetry": 0
          },
          "devices_bad": 1,
          "devices_ok": 1,
          "link": "alone",
          "reasons": [],
          "room": "ample",
          "status": "ok",
          "uptime_s": 61,
          "version": "1.2.3"
        }
    "#]]
    .assert_eq(&format!("{health:#}\n"));
    for (link, word) in [
        (CloudLink::Up, "up"),
        (CloudLink::Down { since_ms: 1500 }, "down"),
        (CloudLink::TurnedAway("revoked".into()), "turned_away"),
    ] {
        rig.link.send_replace(link);
        assert_eq!(rig.get("/health").await.json()["link"], word);
    }
}

#[tokio::test]
async fn health_is_not_ok_where_a_promise_cannot_be_kept() {
    let rig = Rig::with(AREAS).await;
    let told = async || {
        let answer = rig.get("/health").await;
        let reasons = answer.json()["reasons"].to_string();
        (answer.status.as_u16(), reasons)
    };
    rig.link.send_replace(CloudLink::Down { since_ms: 1000 });
    rig.clock.0.store(86_400_000, Ordering::SeqCst);
    assert_eq!(told().await, (200, "[]".to_owned()), "not yet for a day");
    rig.clock.0.store(86_401_000, Ordering::SeqCst);
    assert_eq!(told().await, (503, r#"["control_channel_down"]"#.to_owned()));
    rig.link.send_replace(CloudLink::TurnedAway("revoked".into()));
    assert_eq!(told().await, (503, r#"["turned_away"]"#.to_owned()));
    rig.link.send_replace(CloudLink::Up);
    let offline = || DevicePresence::Offline {
        reason: "silent".into(),
    };
    rig.presence("gate", offline()).await;
    assert_eq!(told().await, (503, r#"["devices_offline"]"#.to_owned()));
    rig.presence("kiosk", DevicePresence::Online).await;
    assert_eq!(told().await, (200, "[]".to_owned()), "one of its kind is there");
}

#[tokio::test]
async fn metrics_are_typed_and_whole() {
    let rig = Rig::with(AREAS).await;
    rig.clock.0.store(61_500, Ordering::SeqCst);
    rig.link.send_replace(CloudLink::Down { since_ms: 1500 });
    let metrics = rig.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4");
    for line in [
        "# TYPE ostona_edge_uptime_seconds gauge",
        "ostona_edge_uptime_seconds 61",
        "ostona_edge_starts_total 1",
        "ostona_edge_link_outage_seconds 60",
        "ostona_edge_devices_online 0",
        "ostona_edge_devices_offline 2",
        "ostona_edge_facts_limit_bytes 1048576",
    ] {
        assert!(
            metrics.body.lines().any(|found| found == line),
            "{line} in\n{}",
            metrics.body
        );
    }
    let (types, values): (Vec<_>, Vec<_>) = metrics.body.lines().partition(|line| line.starts_with("# TYPE "));
    for (kind, value) in types.iter().zip(&values) {
        let name = value.split(' ').next().expect("a name");
        assert!(kind.contains(&format!(" {name} ")), "{kind} stands before {value}");
    }
}

#[tokio::test]
async fn the_status_page_tells_strangers_no_names_and_runs_nobodys_script() {
    let rig = Rig::with(AREAS).await;
    let degraded = DevicePresence::Degraded {
        reason: "clock_<i>drift".into(),
    };
    rig.presence("gate", degraded).await;
    rig.presence(
        "kiosk",
        DevicePresence::Offline {
            reason: "silent".into(),
        },
    )
    .await;
    rig.link.send_replace(CloudLink::TurnedAway("<img src=x>".into()));
    let page = rig.get("/").await;
    assert_eq!(
        (page.status.as_u16(), page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    for wild in ["<script", "<b>bold", "<img", "<i>"] {
        assert!(!page.body.contains(wild), "{wild} in\n{}", page.body);
    }
    for shown in ["0 online, 2 not", "Ostona edge 1.2.3", "href=\"/admin/devices\""] {
        assert!(page.body.contains(shown), "{shown} in\n{}", page.body);
    }
    for hidden in ["gate", "alert(1)", "bold", "silent", "drift"] {
        assert!(
            !page.body.contains(hidden),
            "a stranger reads {hidden} in\n{}",
            page.body
        );
    }
    assert_eq!(rig.get("/admin/devices").await.header("location"), "/admin/sign-in");
}

#[tokio::test]
async fn every_answer_is_safe_to_show() {
    let rig = Rig::with(AREAS).await;
    for (line, status) in [
        ("GET /", 200),
        ("HEAD /", 200),
        ("GET /style.css", 200),
        ("GET /pair/kiosk", 200),
        ("GET /pair/toaster", 404),
        ("GET /pair/kiosk/standing", 410),
        ("GET /assets/pair.js", 200),
        ("GET /assets/nothing.js", 404),
        ("GET /health", 200),
        ("GET /metrics", 200),
        ("GET /nowhere", 404),
        ("GET /push/gate", 404),
        ("GET /push/gate/s3cret", 405),
        ("DELETE /health", 405),
        ("GET /local/v1/events", 405),
        ("POST /local/v1/events", 401),
        ("POST /push/gate/wrong", 404),
    ] {
        let answer = rig.ask(line, &[], "").await;
        assert_eq!(answer.status.as_u16(), status, "{line}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{line}");
        }
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none'"),
            "{line}"
        );
        if status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json", "{line}");
            assert_eq!(answer.json()["status"], status, "{line}");
        }
        assert_eq!(answer.header("allow").is_empty(), status != 405, "{line}");
    }
}

#[tokio::test]
async fn a_stopped_kernel_is_not_well() {
    let rig = Rig::with(AREAS).await;
    rig.port.stop().await;
    for path in ["/", "/health", "/metrics"] {
        let answer = rig.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["type"]),
            (503, &"urn:ostona:not-now".into()),
            "{path}"
        );
    }
}

/// Holds the writer up until it is told to go on.
struct BlockedFollowUp(std::sync::mpsc::Receiver<()>);

impl FollowUp<Queue, Prints> for BlockedFollowUp {
    fn request(&self, _: &[Fact], _: &Queue, _: &QueueSetup, _: Moment) -> Option<prints::Request> {
        self.0.recv().expect("told to go on");
        None
    }
}

#[tokio::test]
async fn a_busy_kernel_is_not_waited_for_for_ever() {
    let rig = Rig::with(AREAS).await;
    let (go_on, held) = std::sync::mpsc::channel::<()>();
    let deciding = tokio::spawn({
        let port = rig.port.clone();
        let help = Request::Help {
            screen: "kiosk-1".parse().expect("a slug"),
            lang: Lang::En,
        };
        async move {
            port.decide_then::<Queue, Prints>(Actor::Edge, help, BlockedFollowUp(held))
                .await
        }
    });
    tokio::task::yield_now().await;
    tokio::time::pause();
    for path in ["/", "/health", "/metrics"] {
        assert_eq!(rig.get(path).await.status, 503, "{path}");
    }
    go_on.send(()).expect("the writer waits");
    let decided = deciding.await.expect("no panic").expect("it was let go");
    assert_eq!(decided.facts.len(), 1);
}
