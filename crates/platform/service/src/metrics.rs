//! What services count and time about themselves: summed up by the minute in memory, until CloudWatch keeps it.
//!
//! A count costs its caller a look-up in a table and nothing on disk. What has not been kept when the server stops is lost:
//! that is a minute at most.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Distinct values that a summary keeps apart; more are moved together, nearest first.
// AWS: PutMetricData: at most 150 unique values in Values.
pub const MOST_VALUES: usize = 150;
/// Series that may wait to be kept. Above that, new ones are not counted.
const MOST_SERIES: usize = 20_000;
const MINUTE_MS: i64 = 60_000;

/// Measurements of one span of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many measurements.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The least of them.
    pub minimum: f64,
    /// The greatest.
    pub maximum: f64,
    /// Values and how often each was measured, in the order of the values.
    pub values: Vec<(f64, f64)>,
    /// Only count, sum and extremes are known of some of them: there are no percentiles.
    #[serde(default)]
    pub coarse: bool,
}

impl Summary {
    /// Of one value that was measured `count` times.
    pub fn of(value: f64, count: f64) -> Self {
        let (minimum, maximum) = (value, value);
        Self {
            count,
            sum: value * count,
            minimum,
            maximum,
            values: vec![(value, count)],
            coarse: false,
        }
    }

    /// Adds a value that was measured `count` times.
    pub fn add(&mut self, value: f64, count: f64) {
        self.absorb(&Self::of(value, count));
    }

    /// Adds what another span measured.
    pub fn absorb(&mut self, other: &Self) {
        if other.count <= 0.0 {
            return;
        }
        if self.count <= 0.0 {
            self.clone_from(other);
            return;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        self.coarse |= other.coarse;
        for (value, count) in &other.values {
            match self.values.binary_search_by(|(own, _)| own.total_cmp(value)) {
                Ok(at) => self.values[at].1 += count,
                Err(at) => self.values.insert(at, (*value, *count)),
            }
            if self.values.len() > MOST_VALUES {
                self.move_together();
            }
        }
    }

    /// Makes one of the two neighbours that are nearest.
    fn move_together(&mut self) {
        let gap = |at: usize| self.values[at + 1].0 - self.values[at].0;
        let nearest = (0..self.values.len() - 1).min_by(|a, b| gap(*a).total_cmp(&gap(*b)));
        let Some(at) = nearest else { return };
        let (value, count) = self.values.remove(at + 1);
        let own = &mut self.values[at];
        let whole = own.1 + count;
        own.0 = own.0 * (own.1 / whole) + value * (count / whole);
        own.1 = whole;
    }
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Series {
    /// The region it happened in.
    pub region: String,
    /// For instance `AWS/States`.
    pub namespace: &'static str,
    /// For instance `ExecutionsFailed`.
    pub name: &'static str,
    /// Names and values.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Count`, `Milliseconds`.
    pub unit: &'static str,
    /// The minute's beginning, Unix milliseconds.
    pub minute_ms: i64,
}

/// Measurements that wait to be kept.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    is_kept: AtomicBool,
    pending: Mutex<HashMap<Series, Summary>>,
    first: Notify,
}

impl Metrics {
    /// From now on somebody keeps what is measured; before that nothing is.
    pub fn keep(&self) {
        self.0.is_kept.store(true, Ordering::Release);
    }

    /// Counts something that happened.
    pub fn count(
        &self,
        region: &str,
        namespace: &'static str,
        name: &'static str,
        dimensions: &[(&'static str, &str)],
        now_ms: i64,
    ) {
        self.measure(region, namespace, name, dimensions, ("Count", 1.0), now_ms);
    }

    /// Adds a measurement with its unit.
    pub fn measure(
        &self,
        region: &str,
        namespace: &'static str,
        name: &'static str,
        dimensions: &[(&'static str, &str)],
        (unit, value): (&'static str, f64),
        now_ms: i64,
    ) {
        if !self.0.is_kept.load(Ordering::Acquire) || !value.is_finite() {
            return;
        }
        let series = Series {
            region: region.to_owned(),
            namespace,
            name,
            dimensions: dimensions
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            unit,
            minute_ms: now_ms - now_ms.rem_euclid(MINUTE_MS),
        };
        let mut pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if pending.len() >= MOST_SERIES && !pending.contains_key(&series) {
            return;
        }
        let was_empty = pending.is_empty();
        pending.entry(series).or_default().add(value, 1.0);
        drop(pending);
        if was_empty {
            self.0.first.notify_one();
        }
    }

    /// Waits until there is something to keep.
    pub async fn wait(&self) {
        self.0.first.notified().await;
    }

    /// Takes all that waits.
    pub fn take(&self) -> Vec<(Series, Summary)> {
        let mut pending = self.0.pending.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *pending).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_VALUES, Metrics, Summary};

    #[test]
    fn measurements_add_up_by_the_minute() {
        let metrics = Metrics::default();
        metrics.count("r", "AWS/States", "ExecutionsStarted", &[], 1);
        assert!(metrics.take().is_empty(), "nobody keeps it");
        metrics.keep();
        for now_ms in [0, 59_999, 60_000] {
            metrics.count("r", "AWS/States", "ExecutionsStarted", &[("A", "b")], now_ms);
        }
        let mut taken = metrics.take();
        taken.sort_by_key(|(series, _)| series.minute_ms);
        let found: Vec<_> =
            taken.iter().map(|(series, summary)| (series.minute_ms, summary.count)).collect();
        assert_eq!(found, [(0, 2.0), (60_000, 1.0)]);
        assert!(metrics.take().is_empty());
    }

    #[test]
    fn many_values_are_moved_together() {
        let mut summary = Summary::default();
        for value in 0..1000 {
            summary.add(f64::from(value), 1.0);
        }
        assert_eq!((summary.count, summary.sum), (1000.0, 499_500.0));
        assert_eq!((summary.minimum, summary.maximum), (0.0, 999.0));
        assert_eq!(summary.values.len(), MOST_VALUES);
        let kept: f64 = summary.values.iter().map(|(_, count)| count).sum();
        assert!((kept - 1000.0).abs() < 1e-6, "{kept}");
        assert!(summary.values.is_sorted_by(|a, b| a.0 < b.0));
    }
}
