//! A long sheet over a slow line, and a printer that never stops talking.

use super::{
    FixedClock, NOON,
    device::{Behaviour, Device},
    start, ticket, words,
};
use adapter_sdk::{Ask, DriverContext, DriverReport, Line, Reporter};
use protocol::CommandId;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};

#[tokio::test(start_paused = true)]
async fn a_printer_is_alive_while_it_prints_however_long_that_takes() {
    let settings = json!({"via": "tcp", "host": "10.0.0.9"});
    let plan = crate::ADAPTER.plan(&settings).expect("good settings");
    let device = Device::new(Behaviour::Slow(plan.lease));
    let (reporter, mut told) = Reporter::new(16);
    let (asks, asks_in) = mpsc::channel(4);
    let context = DriverContext {
        device: "lobby-printer".parse().expect("a slug"),
        line: Line::Socket(Arc::new(device)),
        asks: asks_in,
        reporter,
        clock: Arc::new(FixedClock),
        pushes: mpsc::channel(1).1,
        push_url: None,
        calls: mpsc::channel(1).1,
        log_position: None,
    };
    let lease = plan.lease;
    tokio::spawn((plan.drive)(context));
    let listening = tokio::spawn(async move {
        while let Ok(Some(told)) = timeout(lease, told.recv()).await {
            if let DriverReport::Facts(observation) = told {
                // A driver that ended meanwhile does not care.
                let _ = observation.done.send(Ok(()));
            }
        }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    let command = CommandId::new(NOON, [7; 10]);
    let within = Duration::from_secs(60);
    let (ask, outcome) = Ask::new(command, ticket(), NOON.plus(within), began + within);
    asks.send(ask).await.expect("the driver lives");
    let outcome = outcome.await.expect("an ask is always answered");
    assert_eq!(words(&outcome), "ok");
    assert!(began.elapsed() >= 2 * lease, "it took {:?}", began.elapsed());
    assert!(!listening.is_finished(), "it was silent for a whole lease");
}

#[tokio::test(start_paused = true)]
async fn a_printer_that_never_stops_talking_prints() {
    let stage = start(Behaviour::Endless, json!({}));
    stage.ready().await;
    let outcome = stage.ask(ticket(), Duration::from_secs(60)).await;
    assert_eq!(words(&outcome), "ok");
}
