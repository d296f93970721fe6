//! The simulated terminal by itself: what it tells a client of these tests, byte by byte where that matters.

mod client;

use super::{
    Config, Desk, EventLayout, RecordLayout, StrayPackets, TcpSplitting, Terminal, UnlockReply, UserLayout,
    packet::Packet,
};
use client::{Client, OK};

fn quiet() -> Config {
    Config {
        chatter: StrayPackets::Silence,
        lost_datagrams: 0,
        ..Config::default()
    }
}

#[tokio::test]
async fn a_wrong_comm_key_opens_nothing() {
    let terminal = Terminal::start(quiet()).unwrap();
    let mut client = Client::connect(&terminal).await;
    assert_eq!(client.ask(1000, &[]).await.command, 2005);
    assert_eq!(client.ask(31, &50_u32.to_le_bytes()).await.command, 2005);
    assert_eq!(client.ask(1102, &[1, 2, 3, 4]).await.command, 2005);
    assert_eq!(client.ask(31, &50_u32.to_le_bytes()).await.command, 2005);
    assert_eq!((terminal.openings().len(), terminal.counts().wrong_keys), (0, 1));
}

#[tokio::test]
async fn a_packet_with_a_wrong_checksum_is_not_heard() {
    let terminal = Terminal::start(quiet()).unwrap();
    let mut client = Client::connect(&terminal).await;
    client.sign_in(12_345).await;
    client.send_spoilt(31, &50_u32.to_le_bytes()).await;
    assert_eq!(client.ask(201, &[]).await.command, OK, "the next one is answered");
    assert_eq!((terminal.openings().len(), terminal.counts().spoilt), (0, 1));
}

#[tokio::test]
async fn whoever_finds_it_closed_leaves_no_record() {
    let terminal = Terminal::start(quiet()).unwrap();
    let mut client = Client::connect(&terminal).await;
    client.sign_in(12_345).await;
    assert_eq!(client.ask(1003, &[]).await.command, OK);
    drop(client);
    assert_eq!(terminal.desk(), Desk::Closed, "also after the connection has ended");
    assert!(terminal.punch("17", 2, 0).is_none());
    assert_eq!((terminal.log().len(), terminal.counts().turned_away), (60, 1));
    let mut client = Client::connect(&terminal).await;
    client.sign_in(12_345).await;
    assert_eq!(client.ask(1002, &[]).await.command, OK);
    assert!(terminal.punch("17", 2, 0).is_some());
}

#[tokio::test]
async fn stores_above_a_kilobyte_are_read_in_chunks() {
    for (records, width) in [
        (RecordLayout::Eight, 8),
        (RecordLayout::Sixteen, 16),
        (RecordLayout::Forty, 40),
    ] {
        let history = 200;
        let terminal = Terminal::start(Config {
            records,
            history,
            ..quiet()
        })
        .unwrap();
        let mut client = Client::connect(&terminal).await;
        client.sign_in(12_345).await;
        let ready = client.ask(1503, &[1, 13, 0, 0, 0, 0, 0, 0, 0, 0, 0]).await;
        assert_eq!(ready.command, OK);
        let size = 4 + history * width;
        assert_eq!(ready.data[1..5], size.to_le_bytes());
        let chunk = client
            .ask(1504, &[4_u32.to_le_bytes(), width.to_le_bytes()].concat())
            .await;
        assert_eq!((chunk.command, &chunk.data[..4]), (1500, &width.to_le_bytes()[..]));
        let record = client.hear().await;
        assert_eq!(record.data, records.encode(&terminal.log()[0]));
        assert_eq!(client.hear().await.command, OK);
    }
}

#[tokio::test]
async fn users_are_written_as_they_are_read() {
    for users in [UserLayout::Short, UserLayout::Long] {
        let terminal = Terminal::start(Config { users, ..quiet() }).unwrap();
        for user in terminal.users() {
            assert_eq!(users.decode(&users.encode(&user)), Some(user));
        }
    }
}

#[tokio::test]
async fn an_event_comes_between_a_request_and_its_answer() {
    let terminal = Terminal::start(Config {
        chatter: StrayPackets::Event,
        events: EventLayout::Twelve,
        cuts: TcpSplitting::Frames,
        ..quiet()
    })
    .unwrap();
    let mut client = Client::connect(&terminal).await;
    client.sign_in(12_345).await;
    client.send(500, &[0xFF, 0xFF, 0, 0]).await;
    let told: Vec<u16> = [client.hear().await, client.hear().await]
        .iter()
        .map(|packet| packet.command)
        .collect();
    assert_eq!(told, [500, OK]);
    terminal.punch("17", 2, 1).unwrap();
    let Packet {
        command,
        session,
        reply,
        data,
    } = client.hear().await;
    assert_eq!((command, session, reply), (500, 1, 0));
    assert_eq!((&data[..6], data.len()), (&[17, 0, 0, 0, 2, 1][..], 12));
}

#[tokio::test]
async fn a_refused_unlock_opens_nothing() {
    let terminal = Terminal::start(quiet()).unwrap();
    let mut client = Client::connect(&terminal).await;
    client.sign_in(12_345).await;
    terminal.next_unlock(UnlockReply::Refused);
    assert_eq!(client.ask(31, &50_u32.to_le_bytes()).await.command, 2001);
    assert!(terminal.openings().is_empty());
    assert_eq!(client.ask(31, &50_u32.to_le_bytes()).await.command, OK);
    assert_eq!(terminal.openings().len(), 1);
}

#[test]
fn fuzz_packets() {
    bolero::check!().with_iterations(3_000).for_each(|bytes: &[u8]| {
        if let Some(packet) = Packet::decode(bytes) {
            assert_eq!(Packet::decode(&packet.encode()), Some(packet));
        }
        let mut buffer = bytes.to_vec();
        while let Ok(Some(_)) = super::packet::take(&mut buffer) {}
    });
}
