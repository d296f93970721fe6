//! A delivery log says "acknowledged" only of what a broker acknowledged.

use super::*;
use bytes::BytesMut;
use protocol::lan::Report;
use rumqttc::{ConnAck, ConnectReturnCode, Packet, PubAck};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const LIMIT: Duration = Duration::from_secs(20);

fn device(name: &str) -> DeviceId {
    name.parse().unwrap()
}

async fn receive(stream: &mut TcpStream, unread: &mut BytesMut) -> Option<Packet> {
    loop {
        if let Ok(packet) = Packet::read(unread, 65_536) {
            return Some(packet);
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

async fn send(stream: &mut TcpStream, packet: Packet) {
    let mut bytes = BytesMut::new();
    packet.write(&mut bytes, 65_536).unwrap();
    stream.write_all(&bytes).await.unwrap();
}

/// A session of a broker: the number and dup flag of each publish; acknowledges those `until` it has taken that many, then
/// breaks off.
async fn session(listener: &TcpListener, acknowledge: usize, take: usize) -> Vec<(u64, u16, bool)> {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut unread, mut taken) = (BytesMut::new(), Vec::new());
    while let Some(packet) = receive(&mut stream, &mut unread).await {
        if let Packet::Connect(connect) = packet {
            assert!(!connect.clean_session);
            assert_eq!(connect.login.unwrap().username, connect.client_id);
            let ack = ConnAck {
                session_present: false,
                code: ConnectReturnCode::Success,
            };
            send(&mut stream, Packet::ConnAck(ack)).await;
        } else if let Packet::Publish(publish) = packet {
            assert_eq!(publish.topic, "ostona/v1/button-1/fact");
            let report: Report = serde_json::from_slice(&publish.payload).unwrap();
            taken.push((report.origin.unwrap().number, publish.pkid, publish.dup));
            if taken.len() <= acknowledge {
                send(&mut stream, Packet::PubAck(PubAck { pkid: publish.pkid })).await;
            }
            if taken.len() == take {
                break;
            }
        } else {
            assert_eq!(packet, Packet::Disconnect);
        }
    }
    taken
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_with_dup_and_the_same_id() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let load = Load {
        window: 3,
        limit: Some(5),
        ..Load::new(device("button-1"), "secret")
    };
    let mut fleet = Fleet::start(listener.local_addr().unwrap(), [load]);
    let first = session(&listener, 2, 4).await;
    assert_eq!(
        first.iter().map(|(number, _, dup)| (*number, *dup)).collect::<Vec<_>>(),
        [(1, false), (2, false), (3, false), (4, false)]
    );
    fleet.reaches(2, LIMIT).await.unwrap();
    let second = session(&listener, 9, 9).await;
    let again: Vec<_> = second.iter().filter(|(_, _, dup)| *dup).copied().collect();
    assert!(again.contains(&(3, first[2].1, true)), "{second:?}");
    assert!(again.contains(&(4, first[3].1, true)), "{second:?}");
    let delivery_logs = fleet.finish(LIMIT).await.unwrap();
    let [delivery_log] = delivery_logs.as_slice() else {
        unreachable!("one device")
    };
    assert_eq!(delivery_log.acknowledged, BTreeSet::from([1, 2, 3, 4, 5]));
    assert_eq!(delivery_log.doubtful, BTreeSet::new());
    assert_eq!(delivery_log.reconnects, 1);
}

#[tokio::test]
async fn silence_leaves_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let load = Load {
        window: 2,
        ..Load::new(device("button-1"), "secret")
    };
    let fleet = Fleet::start(listener.local_addr().unwrap(), [load]);
    let taken = session(&listener, 0, 2).await;
    let mut delivery_logs = fleet.finish(Duration::from_millis(100)).await.unwrap();
    let delivery_log = delivery_logs.pop().unwrap();
    assert_eq!(delivery_log.acknowledged, BTreeSet::new());
    assert_eq!(
        delivery_log.doubtful,
        taken.into_iter().map(|(number, ..)| number).collect()
    );
}

#[test]
fn a_report_is_as_long_as_asked() {
    for length in [256, 1000] {
        let payload = report(&device("button-1"), 123_456, length).unwrap();
        assert_eq!(payload.len(), length);
        let report: Report = serde_json::from_slice(&payload).unwrap();
        assert_eq!(report.origin.unwrap().log, "button-1-log");
    }
}
