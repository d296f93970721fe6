//! Anything at all: nothing panics. Run for a bounded time by the tests.

use crate::adms::{rows, upload_cursor::UploadCursor};

/// Rounds per target under `cargo test`; a fuzzer brings its own.
const ROUNDS: usize = 5_000;

#[test]
fn fuzz_rows() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        let mut upload_cursor = UploadCursor::new(&"A1".into(), None);
        let rows: Vec<_> = rows::lines(bytes).filter_map(rows::row).collect();
        let new = upload_cursor.new_rows(rows, None);
        assert!(
            new.windows(2)
                .all(|pair| pair[0].position.number < pair[1].position.number)
        );
        upload_cursor.adopt(&new);
        assert!(rows::lines(bytes).filter_map(rows::operation).count() <= bytes.len());
        assert!(rows::confirmations(bytes).len() <= bytes.len());
        let _ = rows::option(bytes, "FWVersion");
        let _ = std::str::from_utf8(bytes).map(|query| rows::asked(query, "SN").map(str::len));
    });
}

#[test]
fn fuzz_rows_that_begin_well() {
    bolero::check!().with_iterations(ROUNDS).for_each(|bytes: &[u8]| {
        for begin in [
            &b"17\t2026-11-20 13:59:58\t"[..],
            b"time=2026-11-20 13:59:58\tpin=1\tevent=0",
            b"USER PIN=17\tPri=",
        ] {
            let line = [begin, bytes].concat();
            for line in rows::lines(&line) {
                if let Some(row) = rows::row(line) {
                    assert!(row.person.is_none_or(|person| person.as_str().len() <= 24));
                }
                let _ = rows::operation(line);
            }
        }
    });
}
