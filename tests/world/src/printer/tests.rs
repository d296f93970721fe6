//! The simulated printers as a client of theirs sees them, and as encoders nobody here wrote speak to them.

use super::{Config, LabelConfig, LabelPrinter, PartState, Printer, mechanism::Mechanism};
use crate::fixtures::workspace_root;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// What is answered within a moment that is long for a printer.
async fn answers(stream: &mut TcpStream, asked: &[u8], count: usize) -> Vec<u8> {
    stream.write_all(asked).await.expect("it listens");
    let mut answer = vec![0; count];
    timeout(Duration::from_secs(10), stream.read_exact(&mut answer))
        .await
        .expect("it answers")
        .expect("it answers");
    answer
}

#[tokio::test]
async fn a_printer_says_how_it_is_asked_and_unasked() {
    let printer = Printer::start(Config::default()).expect("a port");
    let mut stream = TcpStream::connect(printer.address()).await.expect("it listens");
    assert_eq!(answers(&mut stream, b"\x10\x04\x02", 1).await, [0x12]);
    assert_eq!(answers(&mut stream, b"\x1da\xff", 4).await, [0x10, 0, 0, 0x0f]);
    printer.open_cover();
    assert_eq!(answers(&mut stream, b"", 4).await, [0x38, 0, 0, 0x0f]);
    printer.close_cover();
    assert_eq!(answers(&mut stream, b"", 4).await, [0x10, 0, 0, 0x0f]);
    let image = b"\x1dv0\0\x01\0\x02\0\xff\x81\x1dVA\0\x1dr1";
    assert_eq!(answers(&mut stream, image, 1).await, [0]);
    let sheet = printer.sheets().pop().expect("one sheet");
    assert_eq!((sheet.picture.height(), sheet.picture.ink()), (2, 10));
    assert_eq!(printer.counts().cuts, 1);
}

#[tokio::test]
async fn without_paper_it_keeps_what_it_was_sent_unless_it_is_told_to_forget() {
    let printer = Printer::start(Config::default()).expect("a port");
    let mut stream = TcpStream::connect(printer.address()).await.expect("it listens");
    for (told, cuts) in [(&b""[..], 1), (b"\x10\x05\x02", 1)] {
        printer.set_roll(0);
        stream.write_all(b"\x1dVA\0").await.expect("it listens");
        stream.write_all(told).await.expect("it listens");
        // Answered after everything before it came in.
        assert_eq!(answers(&mut stream, b"\x10\x04\x02", 1).await, [0x32]);
        printer.set_roll(1000);
        assert_eq!(answers(&mut stream, b"\x1dr1", 1).await, [0]);
        assert_eq!(printer.counts().cuts, cuts);
    }
}

#[tokio::test]
async fn a_label_printer_prints_what_it_can() {
    let takes = Duration::ZERO;
    let printer = LabelPrinter::start(LabelConfig { takes }).expect("a port");
    let mut stream = TcpStream::connect(printer.address()).await.expect("it listens");
    printer.set_paper(PartState::Fails);
    let waiting = answers(&mut stream, b"^XA^FDx^XZ~HS", 30).await;
    assert!(
        String::from_utf8_lossy(&waiting).starts_with("\u{2}030,1,1,1245,001,"),
        "{waiting:?}"
    );
    printer.set_paper(PartState::Works);
    assert_eq!(printer.labels(), ["^XA^FDx^XZ"]);
}

/// What others' encoders sent, as recorded: every command is known, and the paper shows what they drew.
#[test]
fn recorded_tickets_are_understood() {
    for (file, ink, text) in [
        ("python-escpos-3.1_raster_ticket.bin", 5_000, ""),
        ("receiptio-2.1.2_ru_ticket.bin", 1_000, "K-001"),
    ] {
        let path = workspace_root().join("tests/world/fixtures/escpos").join(file);
        let bytes = std::fs::read(&path).expect("the recording");
        let mut printer = Mechanism::new(Config::default());
        printer.receive(&bytes);
        printer.work(usize::MAX);
        assert_eq!(printer.counts.unknown, 0, "{file}");
        let sheet = printer.sheets.first().unwrap_or(&printer.hanging);
        assert!(sheet.picture.ink() > ink, "{file}: {} dots", sheet.picture.ink());
        assert!(String::from_utf8_lossy(&sheet.text).contains(text), "{file}");
    }
}

#[test]
fn fuzz_commands() {
    bolero::check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        let mut printer = Mechanism::new(Config {
            roll: 500,
            ..Config::default()
        });
        for piece in bytes.chunks(9) {
            printer.receive(piece);
            printer.work(usize::MAX);
        }
        assert!(printer.hanging.picture.height() <= 600);
    });
}
