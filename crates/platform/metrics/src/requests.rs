//! Requests by service, operation and status, and how long they took.

use crate::number::Histogram;
use crate::{MICROSECONDS, SECONDS};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Operations that are counted by themselves; further ones (there are not so many) count as `other`.
const MOST_SERIES: usize = 2_000;

/// Requests of one operation.
pub(crate) struct Series {
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) took: Histogram,
}

/// Requests of all operations, by service and operation.
pub struct Requests(Mutex<BTreeMap<String, BTreeMap<String, Series>>>);

impl Requests {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Counts a request that was answered with `status`.
    pub fn answered(&self, service: &str, operation: &str, status: u16, took: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(service).is_some_and(|service| service.contains_key(operation));
        if !known {
            let is_full = all.values().map(BTreeMap::len).sum::<usize>() >= MOST_SERIES;
            let operation = if is_full { "other" } else { operation };
            let service = all.entry(service.to_owned()).or_default();
            service.entry(operation.to_owned()).or_insert_with(|| Series {
                statuses: BTreeMap::new(),
                took: Histogram::new(SECONDS, MICROSECONDS),
            });
        }
        let Some(service) = all.get_mut(service) else { return };
        let series = match service.get_mut(operation) {
            Some(series) => Some(series),
            None => service.get_mut("other"),
        };
        if let Some(series) = series {
            *series.statuses.entry(status).or_default() += 1;
            series.took.took(took);
        }
    }

    /// Looks at every operation: service, operation, what was counted.
    pub(crate) fn read(&self, mut look: impl FnMut(&str, &str, &Series)) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (service, operations) in all.iter() {
            for (operation, series) in operations {
                look(service, operation, series);
            }
        }
    }
}
