//! How figures are told, and that what devices say is as long as it should be.

use crate::{
    bench_dir,
    figures::{Samples, told},
    payload,
};
use expect_test::expect;

#[test]
fn samples_are_told_by_median_and_range() {
    let samples: Samples = [41_230.0, 38_000.4, 44_900.0, 40_000.0, 43_000.0].into_iter().collect();
    expect!["41,230 (38,000 … 44,900)"].assert_eq(&samples.to_string());
    let hundred: Samples = (1..=100).map(f64::from).collect();
    let percentiles = [0.0, 50.0, 95.0, 99.0, 100.0].map(|percent| hundred.percentile(percent));
    assert_eq!(percentiles, [1.0, 50.0, 95.0, 99.0, 100.0]);
    assert_eq!(Samples::default().percentile(50.0), 0.0);
}

#[test]
fn numbers_show_the_digits_that_count() {
    let shown = [0.0, 1.234, 12.34, 123.4, 1234.5, 1_234_567.0].map(told);
    expect!["0.00 1.23 12.3 123 1,234 1,234,567"].assert_eq(&shown.join(" "));
}

#[test]
fn devices_say_256_bytes() {
    let devices = bench_dir::devices(1).unwrap();
    assert_eq!(payload::fact(&devices[0]).unwrap().len(), payload::LENGTH);
    assert_eq!(payload::figure(&devices[0]).unwrap().len(), payload::LENGTH);
}
