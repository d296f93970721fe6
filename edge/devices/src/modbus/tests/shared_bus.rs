//! Units that share a bus: one question at a time, in the order asked, and none that nobody waits for.

use super::{
    shortly, soon,
    tcp::{answer, question, target},
    told,
};
use crate::modbus::{Buses, Unit};
use adapter_sdk::modbus::{Modbus as _, ModbusRequest};
use std::{io, time::Duration};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Two units of one bus, and the bus' other end.
async fn bus() -> (Unit, Unit, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let buses = Buses::default();
    let (one, two) = (buses.unit(&target(&listener, 1)), buses.unit(&target(&listener, 2)));
    (one, two, listener)
}

async fn connected(listener: &TcpListener) -> TcpStream {
    listener.accept().await.expect("a connection").0
}

/// Nothing was written that was not read yet.
fn is_quiet(stream: &TcpStream) -> bool {
    stream
        .try_read(&mut [0; 1])
        .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

const ON: ModbusRequest = ModbusRequest::WriteCoil(0, true);

#[tokio::test]
async fn the_second_question_waits_for_the_first_one_s_answer() {
    let (one, two, listener) = bus().await;
    let server = async {
        let mut stream = connected(&listener).await;
        let mut units = Vec::new();
        for _ in 0..2 {
            let (head, inner) = question(&mut stream).await;
            units.push(head[6]);
            assert!(timeout(Duration::from_millis(50), stream.readable()).await.is_err() || is_quiet(&stream));
            answer(&mut stream, &head, &inner).await;
        }
        (units, stream)
    };
    let (first, second, (units, _stream)) = tokio::join!(one.ask(ON, soon()), two.ask(ON, soon()), server);
    assert_eq!(
        (told(&first), told(&second)),
        ("Written".to_owned(), "Written".to_owned())
    );
    assert_eq!(units, [1, 2]);
}

#[tokio::test]
async fn a_turn_that_comes_too_late_is_not_taken() {
    let (one, two, listener) = bus().await;
    let server = async {
        let mut stream = connected(&listener).await;
        let (head, inner) = question(&mut stream).await;
        // The second's deadline passes meanwhile.
        let late = two.ask(ON, shortly()).await;
        answer(&mut stream, &head, &inner).await;
        let (head, inner) = question(&mut stream).await;
        answer(&mut stream, &head, &inner).await;
        (told(&late), head[6], inner, stream)
    };
    let asking = async {
        let first = told(&one.ask(ON, soon()).await);
        (first, told(&two.ask(ModbusRequest::ReadCoils(0, 1), soon()).await))
    };
    let ((first, _), (late, unit, inner, _stream)) = tokio::join!(asking, server);
    assert_eq!((first.as_str(), late.as_str()), ("Written", "no connection"));
    assert_eq!(
        (unit, inner[0]),
        (2, 1),
        "what is heard next is the read, not the write that came too late"
    );
}

#[tokio::test]
async fn who_stops_waiting_takes_the_connection_along_and_the_next_one_has_a_turn() {
    let (one, two, listener) = bus().await;
    let asked = async {
        let mut stream = connected(&listener).await;
        question(&mut stream).await;
        stream
    };
    let mut stream = tokio::select! {
        stream = asked => stream,
        end = one.ask(ON, soon()) => panic!("nobody answered, and yet {end:?}"),
    };
    let server = async {
        assert!(stream.read_u8().await.is_err(), "it is given up");
        let mut stream = connected(&listener).await;
        let (head, inner) = question(&mut stream).await;
        answer(&mut stream, &head, &inner).await;
        stream
    };
    let (end, _stream) = tokio::join!(two.ask(ON, soon()), server);
    assert_eq!(told(&end), "Written");
}

#[tokio::test]
async fn one_connection_serves_all_units_for_as_long_as_they_answer() {
    let (one, two, listener) = bus().await;
    let server = async {
        let mut stream = connected(&listener).await;
        for _ in 0..6 {
            let (head, inner) = question(&mut stream).await;
            let refused = [inner[0] | 0x80, 2];
            answer(&mut stream, &head, if head[6] == 1 { &inner } else { &refused }).await;
        }
        stream
    };
    let asking = async {
        for _ in 0..3 {
            assert_eq!(told(&one.ask(ON, soon()).await), "Written");
            assert_eq!(told(&two.ask(ON, soon()).await), "the unit answers with exception 2");
        }
    };
    tokio::join!(asking, server);
}
