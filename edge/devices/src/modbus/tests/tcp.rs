//! One unit over TCP: what it answers, and what it answers wrongly.

use super::{shortly, soon, told};
use crate::modbus::{Buses, Unit};
use adapter_sdk::{
    ModbusTarget, ModbusTransport, SocketTarget,
    modbus::{Modbus as _, ModbusRequest},
};
use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A unit of a server on loopback.
pub(super) async fn unit(number: u8) -> (Unit, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let unit = Buses::default().unit(&target(&listener, number));
    (unit, listener)
}

pub(super) fn target(listener: &TcpListener, unit: u8) -> ModbusTarget {
    let address = listener.local_addr().expect("an address");
    let socket = SocketTarget {
        host: address.ip().to_string().into(),
        port: address.port(),
    };
    ModbusTarget {
        via: ModbusTransport::Tcp(socket),
        unit,
    }
}

/// The next question: its head, and the function with what follows.
pub(super) async fn question(stream: &mut TcpStream) -> (Vec<u8>, Vec<u8>) {
    let mut head = vec![0; 7];
    stream.read_exact(&mut head).await.expect("a head");
    let mut inner = vec![0; usize::from(head[5]) - 1];
    stream.read_exact(&mut inner).await.expect("a function");
    (head, inner)
}

/// Answers a question with this inside, as its unit.
pub(super) async fn answer(stream: &mut TcpStream, head: &[u8], inner: &[u8]) {
    let mut frame = head.to_vec();
    frame[5] = u8::try_from(inner.len() + 1).expect("short");
    frame.extend_from_slice(inner);
    stream.write_all(&frame).await.expect("answered");
}

/// Asks `request`, answers it with `inner`, and says what came of it.
async fn check(request: ModbusRequest, asked: &[u8], inner: &[u8]) -> String {
    let (unit, listener) = unit(17).await;
    let server = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let (head, heard) = question(&mut stream).await;
        assert_eq!((head[6], heard.as_slice()), (17, asked));
        answer(&mut stream, &head, inner).await;
        stream
    };
    let (end, _stream) = tokio::join!(unit.ask(request, soon()), server);
    told(&end)
}

#[tokio::test]
async fn a_unit_is_asked_every_way_there_is() {
    let coils = check(ModbusRequest::ReadCoils(3, 3), &[1, 0, 3, 0, 3], &[1, 1, 0b101]).await;
    assert_eq!(coils, "Bits([true, false, true])");
    let inputs = check(ModbusRequest::ReadDiscreteInputs(0, 1), &[2, 0, 0, 0, 1], &[2, 1, 1]).await;
    assert_eq!(inputs, "Bits([true])");
    let holding = check(
        ModbusRequest::ReadHoldingRegisters(256, 2),
        &[3, 1, 0, 0, 2],
        &[3, 4, 0, 7, 1, 0],
    )
    .await;
    assert_eq!(holding, "Words([7, 256])");
    let input = check(ModbusRequest::ReadInputRegisters(0, 1), &[4, 0, 0, 0, 1], &[4, 2, 0, 9]).await;
    assert_eq!(input, "Words([9])");
    let coil = check(
        ModbusRequest::WriteCoil(2, true),
        &[5, 0, 2, 0xFF, 0],
        &[5, 0, 2, 0xFF, 0],
    )
    .await;
    assert_eq!(coil, "Written");
    let register = check(
        ModbusRequest::WriteRegister(2, 700),
        &[6, 0, 2, 2, 188],
        &[6, 0, 2, 2, 188],
    )
    .await;
    assert_eq!(register, "Written");
    let pulse = Bytes::from_static(&[2, 0, 0, 7]);
    let pulse = check(ModbusRequest::Custom(5, pulse), &[5, 2, 0, 0, 7], &[5, 2, 0, 0, 7]).await;
    assert_eq!(pulse, r#"Custom(b"\x02\0\0\x07")"#);
}

#[tokio::test]
async fn a_refusal_is_told_with_its_number() {
    let coil = check(ModbusRequest::WriteCoil(99, true), &[5, 0, 99, 0xFF, 0], &[0x85, 2]).await;
    assert_eq!(coil, "the unit answers with exception 2");
    let own = check(ModbusRequest::Custom(0x41, Bytes::new()), &[0x41], &[0xC1, 1]).await;
    assert_eq!(own, "the unit answers with exception 1");
}

#[tokio::test]
async fn an_answer_to_something_else_is_no_answer() {
    let other = "the unit answers something else than was asked";
    for (request, asked, inner) in [
        (ModbusRequest::ReadCoils(0, 3), &[1, 0, 0, 0, 3][..], &[1, 2, 1, 1][..]),
        (
            ModbusRequest::ReadHoldingRegisters(0, 1),
            &[3, 0, 0, 0, 1],
            &[3, 4, 0, 1, 0, 2],
        ),
        (
            ModbusRequest::ReadHoldingRegisters(0, 1),
            &[3, 0, 0, 0, 1],
            &[4, 2, 0, 1],
        ),
        (ModbusRequest::WriteCoil(1, true), &[5, 0, 1, 0xFF, 0], &[5, 0, 1, 0, 0]),
        (
            ModbusRequest::WriteCoil(1, true),
            &[5, 0, 1, 0xFF, 0],
            &[5, 0, 2, 0xFF, 0],
        ),
        (ModbusRequest::WriteRegister(1, 5), &[6, 0, 1, 0, 5], &[6, 0, 1, 0, 6]),
        (ModbusRequest::Custom(0x41, Bytes::new()), &[0x41], &[0x42]),
    ] {
        assert_eq!(check(request.clone(), asked, inner).await, other, "{request:?}");
    }
}

#[tokio::test]
async fn another_unit_s_answer_is_no_answer_and_nothing_more_is_heard_from_that_connection() {
    for request in [
        ModbusRequest::ReadCoils(0, 1),
        ModbusRequest::Custom(0x41, Bytes::new()),
    ] {
        let (unit, listener) = unit(17).await;
        let server = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let (mut head, inner) = question(&mut stream).await;
            head[6] = 18;
            answer(&mut stream, &head, &[inner[0], 1, 1]).await;
            assert!(stream.read_u8().await.is_err(), "it is given up");
        };
        let (end, ()) = tokio::join!(unit.ask(request, soon()), server);
        assert_eq!(told(&end), "the unit answers something else than was asked");
    }
}

#[tokio::test]
async fn a_late_answer_is_never_taken_for_the_next_question_s() {
    let (unit, listener) = unit(1).await;
    let read = ModbusRequest::ReadHoldingRegisters(0, 1);
    let server = async {
        let (mut late, _) = listener.accept().await.expect("a connection");
        let (head, _) = question(&mut late).await;
        let (mut stream, _) = listener.accept().await.expect("another connection");
        // The first is reset by now, or is about to be.
        let _ = late.write_all(&[head[0], head[1], 0, 0, 0, 5, 1, 3, 2, 0, 66]).await;
        let (head, _) = question(&mut stream).await;
        answer(&mut stream, &head, &[3, 2, 0, 7]).await;
        stream
    };
    let asking = async {
        let first = unit.ask(read.clone(), shortly()).await;
        (told(&first), told(&unit.ask(read.clone(), soon()).await))
    };
    let (ends, _stream) = tokio::join!(asking, server);
    assert_eq!(ends, ("no answer in time".to_owned(), "Words([7])".to_owned()));
}

#[tokio::test]
async fn a_connection_that_the_server_ended_meanwhile_costs_no_question() {
    let (unit, listener) = unit(1).await;
    let request = ModbusRequest::WriteCoil(0, true);
    for _ in 0..2 {
        let server = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let (head, inner) = question(&mut stream).await;
            answer(&mut stream, &head, &inner).await;
        };
        let (end, ()) = tokio::join!(unit.ask(request.clone(), soon()), server);
        assert_eq!(told(&end), "Written");
        // By the time another connection stands, the edge has heard of the end of the first.
        let address = listener.local_addr().expect("an address");
        let (there, here) = tokio::join!(TcpStream::connect(address), listener.accept());
        drop((there.expect("a connection"), here.expect("a connection")));
    }
}

#[tokio::test]
async fn nobody_there_is_no_connection() {
    let (unit, listener) = unit(1).await;
    drop(listener);
    let end = unit.ask(ModbusRequest::ReadCoils(0, 1), soon()).await;
    assert_eq!(told(&end), "no connection");
}
