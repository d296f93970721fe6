//! Devices that are there before the box is: nobody is told no for coming early.

use protocol::DeviceId;
use tests_site::{
    edge::{Edge, Setup},
    mqtt5::{Mqtt5Client, SUCCESS},
};
use tests_world::mqtt::report;

/// Devices of the settings: enough that putting them on the roster takes a while.
const DEVICES: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_comes_with_the_first_start_is_never_told_that_it_is_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let devices: Vec<DeviceId> = (1..=DEVICES)
        .map(|number| format!("button-{number}").parse().unwrap())
        .collect();
    let setup = Setup {
        devices: devices.clone(),
        ..Setup::default()
    };
    let mut edge = Edge::in_dir(&dir.path().join("edge"), "siege-early", &setup).unwrap();
    edge.start_listening().await.unwrap();
    // The last in the roster's order, too.
    for device in devices.iter().rev().take(20).chain(devices.iter().max()) {
        let mut client = Mqtt5Client::connect(edge.mqtt().unwrap(), device).await.unwrap();
        let reason = client.publish(&report(device, 1, 200).unwrap()).await.unwrap();
        assert_eq!(reason, SUCCESS, "{device}");
    }
}
