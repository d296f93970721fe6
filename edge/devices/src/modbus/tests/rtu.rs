//! Units on a serial bus, played over a pair of pseudo-terminals.

use super::{shortly, soon, told};
use crate::modbus::{Buses, Unit, frame};
use adapter_sdk::{
    ModbusTarget, ModbusTransport, Parity, SerialTarget, StopBits,
    modbus::{Modbus as _, ModbusRequest},
};
use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_serial::{SerialPort as _, SerialStream};

/// The far end of a cable, and what is needed to open the near one; it stays plugged in as long as this lives.
struct Cable {
    far: SerialStream,
    near: SerialStream,
}

impl Cable {
    fn new() -> Self {
        let (far, near) = SerialStream::pair().expect("a pair of pseudo-terminals");
        Self { far, near }
    }

    fn unit(&self, buses: &Buses, unit: u8) -> Unit {
        buses.unit(&ModbusTarget {
            via: ModbusTransport::Rtu(SerialTarget {
                path: self.near.name().expect("a path").into(),
                baud: 19_200,
                parity: Parity::None,
                stop_bits: StopBits::One,
            }),
            unit,
        })
    }

    /// The next question of eight bytes.
    async fn question(&mut self) -> [u8; 8] {
        let mut question = [0; 8];
        self.far.read_exact(&mut question).await.expect("a question");
        question
    }

    async fn answer(&mut self, bytes: &[u8]) {
        self.far.write_all(bytes).await.expect("answered");
    }
}

#[tokio::test]
async fn registers_are_read_and_a_coil_is_written_over_a_serial_bus() {
    let mut cable = Cable::new();
    let unit = cable.unit(&Buses::default(), 1);
    let server = async {
        assert_eq!(cable.question().await[..6], [1, 3, 0, 0, 0, 1]);
        cable.answer(&frame::rtu(1, 3, &[2, 0, 7])).await;
        let question = cable.question().await;
        assert_eq!(question[..6], [1, 5, 0, 0, 0xFF, 0]);
        cable.answer(&question).await;
        assert_eq!(cable.question().await[..6], [1, 5, 0, 9, 0xFF, 0]);
        cable.answer(&frame::rtu(1, 0x85, &[2])).await;
    };
    let asking = async {
        let words = unit.ask(ModbusRequest::ReadHoldingRegisters(0, 1), soon()).await;
        assert_eq!(told(&words), "Words([7])");
        assert_eq!(
            told(&unit.ask(ModbusRequest::WriteCoil(0, true), soon()).await),
            "Written"
        );
        let refused = unit.ask(ModbusRequest::WriteCoil(9, true), soon()).await;
        assert_eq!(told(&refused), "the unit answers with exception 2");
    };
    tokio::join!(asking, server);
}

#[tokio::test]
async fn a_board_s_own_pulse_goes_out_as_printed_and_its_echo_may_come_in_pieces() {
    let mut cable = Cable::new();
    let unit = cable.unit(&Buses::default(), 1);
    let server = async {
        let question = cable.question().await;
        assert_eq!(question, [0x01, 0x05, 0x02, 0x00, 0x00, 0x07, 0x8D, 0xB0]);
        for piece in question.chunks(3) {
            cable.answer(piece).await;
            tokio::task::yield_now().await;
        }
        // An answer of a length of its own is whole once the bus is silent.
        assert_eq!(cable.question().await[..2], [1, 0x41]);
        cable.answer(&frame::rtu(1, 0x41, &[1, 2, 3, 4, 5, 6, 7])).await;
    };
    let asking = async {
        let pulse = ModbusRequest::Custom(5, Bytes::from_static(&[2, 0, 0, 7]));
        assert_eq!(told(&unit.ask(pulse, soon()).await), r#"Custom(b"\x02\0\0\x07")"#);
        let own = ModbusRequest::Custom(0x41, Bytes::from_static(&[9; 4]));
        let said = told(&unit.ask(own, soon()).await);
        assert_eq!(said, r#"Custom(b"\x01\x02\x03\x04\x05\x06\x07")"#);
    };
    tokio::join!(asking, server);
}

#[tokio::test]
async fn a_late_answer_on_a_serial_bus_is_thrown_away() {
    let mut cable = Cable::new();
    let buses = Buses::default();
    let (silent, other) = (cable.unit(&buses, 1), cable.unit(&buses, 2));
    let read = ModbusRequest::ReadHoldingRegisters(0, 1);
    let asking = silent.ask(read.clone(), shortly());
    let (end, _) = tokio::join!(asking, cable.question());
    assert_eq!(told(&end), "no answer in time");
    cable.answer(&frame::rtu(1, 3, &[2, 0, 66])).await;
    let server = async {
        assert_eq!(cable.question().await[0], 2);
        cable.answer(&frame::rtu(2, 3, &[2, 0, 7])).await;
    };
    let (end, ()) = tokio::join!(other.ask(read, soon()), server);
    assert_eq!(told(&end), "Words([7])");
}

#[tokio::test]
async fn another_unit_s_answer_on_a_serial_bus_is_none() {
    for (request, inner) in [
        (ModbusRequest::ReadHoldingRegisters(0, 1), (3, &[2, 0, 7][..])),
        (
            ModbusRequest::Custom(0x41, Bytes::from_static(&[0; 4])),
            (0x41, &[0; 4]),
        ),
    ] {
        let mut cable = Cable::new();
        let unit = cable.unit(&Buses::default(), 1);
        let server = async {
            cable.question().await;
            cable.answer(&frame::rtu(2, inner.0, inner.1)).await;
        };
        let (end, ()) = tokio::join!(unit.ask(request, soon()), server);
        assert_eq!(told(&end), "the unit answers something else than was asked");
    }
}

#[tokio::test]
async fn a_port_that_is_missing_is_no_connection_until_it_is_there() {
    let unit = Buses::default().unit(&ModbusTarget {
        via: ModbusTransport::Rtu(SerialTarget {
            path: "/dev/serial/by-id/not-plugged-in".into(),
            baud: 9600,
            parity: Parity::Even,
            stop_bits: StopBits::One,
        }),
        unit: 1,
    });
    let end = unit.ask(ModbusRequest::ReadCoils(0, 1), soon()).await;
    assert_eq!(told(&end), "no connection");
}
