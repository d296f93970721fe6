//! Samples of one figure, and how they are told: median and range, or percentiles.
//!
//! Nothing is smoothed or left out.

use std::fmt;

/// What was seen of one figure, in its unit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// One more.
    pub(crate) fn add(&mut self, sample: f64) {
        self.0.push(sample);
    }
    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
    /// The smallest sample that `percent` of all do not exceed (nearest rank); zero where there is none.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
    }
    /// Half are no larger.
    pub(crate) fn median(&self) -> f64 {
        self.percentile(50.0)
    }
    /// The largest.
    pub(crate) fn largest(&self) -> f64 {
        self.percentile(100.0)
    }
}

impl Extend<Samples> for Samples {
    fn extend<I: IntoIterator<Item = Samples>>(&mut self, others: I) {
        self.0.extend(others.into_iter().flat_map(|other| other.0));
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(samples: I) -> Self {
        Self(samples.into_iter().collect())
    }
}

impl fmt::Display for Samples {
    /// `median (smallest … largest)`; a dash where nothing was measured.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("–");
        }
        let (least, most) = (self.percentile(0.0), self.largest());
        write!(f, "{} ({} … {})", told(self.median()), told(least), told(most))
    }
}

/// A number as people read it: three digits that count, thousands set apart.
pub(crate) fn told(value: f64) -> String {
    match value.abs() {
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => apart(&format!("{value:.0}")),
    }
}

fn apart(digits: &str) -> String {
    let mut told = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            told.push(',');
        }
        told.push(digit);
    }
    told
}
