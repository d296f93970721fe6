//! A house that takes nothing for a while: its drivers go on.

use crate::{Config, DriverEvent, Fleet, FleetContext};
use adapter_sdk::{
    Adapter, AdapterManifest, Ask, CallTarget, Clock, DriverContext, DriverError, DriverReport, LineSpec, Plan,
    SettingsError, State,
};
use protocol::{CommandId, Outcome, Reason, Timestamp, command::Action};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

#[derive(Debug)]
struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(43_200_000)
    }
    fn state(&self) -> protocol::ClockState {
        protocol::ClockState::Synced
    }
    fn offset_seconds(&self) -> i32 {
        0
    }
}

/// An adapter whose drivers say more than anybody takes, and do their work beside that.
struct FloodingAdapter;

const TALKER: AdapterManifest = AdapterManifest {
    id: "talker",
    title: "Talker",
    vendors: &["nobody"],
    version: "1",
    kinds: &["gate"],
    actions: &[protocol::command::ActionName::DeviceTest],
    settings_schema: "{}",
};

impl Adapter for FloodingAdapter {
    fn manifest(&self) -> &'static AdapterManifest {
        &TALKER
    }
    fn plan(&self, _settings: &serde_json::Value) -> Result<Plan, SettingsError> {
        Ok(Plan {
            wants: LineSpec::Calls(CallTarget {
                prefix: "ring",
                key: "SN",
                name: "1".into(),
            }),
            lease: Duration::from_secs(20),
            drive: Box::new(|context| Box::pin(talk(context))),
        })
    }
}

async fn talk(mut context: DriverContext) -> DriverError {
    let says = async { while context.reporter.state(State::Online { fw: None }).await.is_ok() {} };
    let works = async {
        while let Some(ask) = context.asks.recv().await {
            ask.reject(Reason::Busy, None);
        }
    };
    tokio::select! {
        () = says => {}
        () = works => {}
    }
    DriverError::Protocol("no more asks".into())
}

#[tokio::test(start_paused = true)]
async fn a_driver_works_on_while_nobody_takes_what_it_says() {
    let (happened_in, mut happened) = mpsc::channel(1);
    let given = FleetContext {
        catalog: vec![&FloodingAdapter],
        clock: Arc::new(FixedClock),
        roots: Arc::new(rustls::RootCertStore::empty()),
        happened: happened_in,
        resume: Arc::new(|_| Box::pin(async { None })),
        push_url: Arc::new(|_| None),
        seed: 7,
    };
    let mut fleet = Fleet::new(given);
    let device: protocol::DeviceId = "gate".parse().expect("a slug");
    let config = Config {
        device: device.clone(),
        adapter: "talker".parse().expect("a slug"),
        settings: serde_json::Value::Null,
    };
    fleet.put(config).expect("good settings");
    sleep(Duration::from_secs(600)).await;
    let command = CommandId::new(Timestamp::from_millis(1), [1; 10]);
    let deadline = Instant::now() + Duration::from_secs(60);
    let (ask, outcome) = Ask::new(
        command,
        Action::DeviceTest {},
        Timestamp::from_millis(i64::MAX),
        deadline,
    );
    fleet.ask(&device, ask);
    let outcome = timeout(Duration::from_secs(5), outcome).await;
    let outcome = outcome.expect("it works on").expect("an ask is always answered");
    assert!(
        matches!(
            outcome,
            Outcome::Rejected {
                reason: Reason::Busy,
                ..
            }
        ),
        "{outcome:?}"
    );
    for _ in 0..100 {
        let told = happened.recv().await;
        assert!(
            matches!(told, Some(DriverEvent::DriverReport(_, DriverReport::State(_)))),
            "it was never down: {told:?}"
        );
    }
    fleet.stop().await;
}
