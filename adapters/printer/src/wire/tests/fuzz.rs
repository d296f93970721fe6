//! Anything at all: nothing panics, nothing grows beyond its limit. Run for a bounded time by the tests.

use crate::{
    printer_status::PrinterStatus,
    wire::{
        escpos::status::{EscPosReply, EscPosReplyParser, of_answers, of_frame},
        ipp::{self, IppResponse},
        zpl,
    },
};

/// Rounds per target under `cargo test`; a fuzzer brings its own.
const ROUNDS: usize = 5_000;

#[test]
fn fuzz_escpos_status() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let mut whole = EscPosReplyParser::default();
        whole.feed(bytes);
        let heard: Vec<EscPosReply> = std::iter::from_fn(|| whole.next_reply()).collect();
        assert!(heard.len() <= bytes.len());
        let mut pieces = EscPosReplyParser::default();
        let mut again = Vec::new();
        for piece in bytes.chunks(3) {
            pieces.feed(piece);
            again.extend(std::iter::from_fn(|| pieces.next_reply()));
        }
        assert_eq!(heard, again, "cut anywhere, it says the same");
        for one in heard {
            let look: PrinterStatus = match one {
                EscPosReply::Status(frame) => of_frame(frame),
                EscPosReply::Now(byte) | EscPosReply::Done(byte) => of_answers([byte; 4]),
            };
            assert!(!look.in_words().is_empty());
        }
    });
}

#[test]
fn fuzz_zpl_status() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let mut listener = zpl::ZplStatusParser::default();
        for piece in bytes.chunks(5) {
            listener.feed(piece);
            let _ = listener.status();
        }
    });
}

#[test]
fn fuzz_ipp_answer() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let framed = [&[2, 0, 0, 0, 0, 0, 0, 1], bytes].concat();
        for bytes in [bytes, &framed] {
            if let Ok(answer) = IppResponse::parse(bytes) {
                let _ = answer.answered();
                let _ = answer.resolutions("pwg-raster-document-resolution-supported");
                let _ = ipp::look(&answer);
            }
        }
    });
}
