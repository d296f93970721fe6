//! Scripts against a real listener on loopback, with the kernel's part played by a fake that says what it was told.

mod commands;
mod defects;
mod delivery;
mod durability;
mod fake_kernel;
mod fuzz;
mod peer;
mod real_kernel;
mod rumqttc_clients;
mod sign_in;
mod time;
mod units;

use fake_kernel::FakeKernel;
use peer::Peer;

use crate::{Broker, BrokerLimits, DeviceCredentials, DeviceTokenHash, Settings};
use protocol::DeviceId;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "a-token-of-128-bits-or-more";

/// A broker on loopback with devices `d1` to `d9`.
struct Site {
    broker: Broker,
    kernel: Arc<FakeKernel>,
    credentials: watch::Sender<Arc<DeviceCredentials>>,
    shutdown: CancellationToken,
    aborts: Arc<AtomicUsize>,
}

impl Site {
    async fn start() -> Self {
        Self::with(BrokerLimits::default(), Arc::default(), None).await
    }

    async fn with(limits: BrokerLimits, kernel: Arc<FakeKernel>, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let aborts = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&aborts);
        let abort = Arc::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let settings = Settings {
            plain: Some(loopback),
            tls: tls.map(|config| (loopback, config)),
            limits,
            abort,
        };
        let (credentials, receiver) = watch::channel(Arc::new(everybody()));
        let shutdown = CancellationToken::new();
        let starting = Broker::start_with(settings, receiver, Arc::clone(&kernel) as _, shutdown.clone());
        let broker = starting.await.expect("start");
        Self {
            broker,
            kernel,
            credentials,
            shutdown,
            aborts,
        }
    }

    /// Stops the broker and starts another one on what was kept.
    async fn restart(self) -> Self {
        self.shutdown.cancel();
        self.broker.stopped().await;
        Self::with(BrokerLimits::default(), self.kernel, None).await
    }

    async fn v4(&self, client: &str) -> Peer {
        Peer::connect(self.broker.plain().expect("plain"), client, |_| {}).await
    }

    async fn persistent(&self, client: &str) -> Peer {
        Peer::connect(self.broker.plain().expect("plain"), client, |connect| {
            connect.clean_session = false
        })
        .await
    }
}

fn everybody() -> DeviceCredentials {
    (1..=9)
        .map(|number| (device(&format!("d{number}")), DeviceTokenHash::of(TOKEN)))
        .collect()
}

fn device(name: &str) -> DeviceId {
    name.parse().expect("device id")
}

/// A fact of `device` with a number in it, as JSON.
fn fact(device: &str, number: u64) -> String {
    format!(r#"{{"name":"device.custom","data":{{"device":"{device}","kind":"count","body":{number}}}}}"#)
}

/// Waits until `done` holds; fails after five seconds.
async fn until(done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), waiting)
        .await
        .expect("it did not come to pass");
}
