//! Whatever bytes come, the broker neither panics nor hangs.

use super::{BrokerLimits, TOKEN, fake_kernel::FakeKernel, time};
use crate::{
    context::BrokerContext,
    wire::{self, MqttVersion},
};
use bytes::BytesMut;
use rumqttc::mqttbytes::v4::{Connect, Packet};
use std::{sync::Arc, time::Duration};

#[test]
fn no_bytes_break_the_codec() {
    bolero::check!()
        .with_type::<(bool, Vec<u8>)>()
        .for_each(|(five, bytes)| {
            let version = if *five { MqttVersion::V5 } else { MqttVersion::V4 };
            let mut buffer = BytesMut::from(bytes.as_slice());
            while let Ok(Some(_)) = wire::read(&mut buffer, version, 4096) {}
            let _ = wire::read_connect(&mut BytesMut::from(bytes.as_slice()), 4096);
        });
}

/// Bytes that are packets as far as type and length go, so that the fuzzer reaches what lies behind them.
#[test]
fn no_framed_bytes_break_the_codec() {
    bolero::check!()
        .with_type::<(bool, u8, Vec<u8>)>()
        .for_each(|(five, first, body)| {
            let version = if *five { MqttVersion::V5 } else { MqttVersion::V4 };
            let body = &body[..body.len().min(120)];
            let mut frame = BytesMut::from([*first, body.len() as u8].as_slice());
            frame.extend_from_slice(body);
            let _ = wire::read(&mut frame.clone(), version, 4096);
            let level = if *five { 5 } else { 4 };
            let mut connect =
                BytesMut::from([0x10, body.len() as u8 + 7, 0, 4, b'M', b'Q', b'T', b'T', level].as_slice());
            connect.extend_from_slice(body);
            let _ = wire::read_connect(&mut connect, 4096);
        });
}

/// A broker's tasks and three ways in.
struct FuzzBroker {
    runtime: tokio::runtime::Runtime,
    context: Arc<BrokerContext>,
    entrances: [BytesMut; 3],
}

impl FuzzBroker {
    fn run(&self, entrance: u8, bytes: &[u8]) {
        self.runtime.block_on(async {
            let mut peer = time::peer(&self.context);
            peer.bytes(&self.entrances[usize::from(entrance % 3)]).await;
            peer.bytes(bytes).await;
            peer.bytes(&[0xe0, 0]).await;
            tokio::time::timeout(Duration::from_secs(600), peer.rest())
                .await
                .expect("it ends");
        });
    }
}

#[test]
fn no_bytes_break_a_connection() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let runtime = runtime.expect("runtime");
    let context = runtime.block_on(time::context(BrokerLimits::default(), &Arc::<FakeKernel>::default()));
    let mut connect = Connect::new("d1");
    connect.set_login("d1", TOKEN);
    let mut hello = BytesMut::new();
    Packet::Connect(connect).write(&mut hello, usize::MAX).expect("encode");
    let entrances = [BytesMut::new(), hello, super::rumqttc_clients::connect_v5("d1", true)];
    let arena = std::panic::AssertUnwindSafe(FuzzBroker {
        runtime,
        context,
        entrances,
    });
    bolero::check!()
        .with_test_time(Duration::from_secs(3))
        .with_type::<(u8, Vec<u8>)>()
        .for_each(|(entrance, bytes)| arena.run(*entrance, bytes));
}
