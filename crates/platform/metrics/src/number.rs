//! The numbers themselves. Relaxed atomics: each counts for itself, and whoever reads sees them a moment later.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// Only grows.
#[derive(Debug)]
pub struct Counter(AtomicU64);

impl Counter {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Counts one.
    pub fn count(&self) {
        self.add(1);
    }

    /// Counts some.
    pub fn add(&self, some: u64) {
        self.0.fetch_add(some, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Goes up and down.
#[derive(Debug)]
pub struct Gauge(AtomicI64);

impl Gauge {
    pub(crate) const fn new() -> Self {
        Self(AtomicI64::new(0))
    }

    /// Goes up by `change`, or down.
    pub fn add(&self, change: i64) {
        self.0.fetch_add(change, Ordering::Relaxed);
    }

    /// How it stands.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Most bounds of a histogram.
const MOST_BOUNDS: usize = 20;

/// Counts values by size.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// What a value is divided by when it is shown.
    unit: f64,
    counts: [AtomicU64; MOST_BOUNDS + 1],
    sum: AtomicU64,
}

impl Histogram {
    pub(crate) const fn new(bounds: &'static [u64], unit: f64) -> Self {
        assert!(bounds.len() <= MOST_BOUNDS, "too many bounds");
        Self { bounds, unit, counts: [const { AtomicU64::new(0) }; 21], sum: AtomicU64::new(0) }
    }

    /// Counts a value, in the histogram's own unit.
    pub fn record(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a duration, in a histogram of microseconds.
    pub fn took(&self, duration: Duration) {
        self.record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts how late something due at `due_ms` is at `now_ms`, in a histogram of milliseconds.
    pub fn late(&self, due_ms: i64, now_ms: i64) {
        self.record(u64::try_from(now_ms.saturating_sub(due_ms)).unwrap_or(0));
    }

    /// Upper bounds, how many values were at most each but above the one before (with one more for those above all), and
    /// the sum of all values.
    pub fn read(&self) -> (Vec<f64>, Vec<u64>, f64) {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 / self.unit).collect();
        let counts = self.counts.iter().take(self.bounds.len() + 1);
        let counts = counts.map(|count| count.load(Ordering::Relaxed)).collect();
        (bounds, counts, self.sum.load(Ordering::Relaxed) as f64 / self.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_at_most_their_bound() {
        let histogram = Histogram::new(&[1, 10, 100], 10.0);
        for value in [0, 1, 2, 10, 11, 100, 101, u64::MAX / 2] {
            histogram.record(value);
        }
        let (bounds, counts, _) = histogram.read();
        assert_eq!(bounds, [0.1, 1.0, 10.0]);
        assert_eq!(counts, [2, 2, 2, 2]);
        histogram.late(5, 3);
        assert_eq!(histogram.read().1[0], 3, "early is not late");
    }
}
