//! How many workers ask for tasks of an activity at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How many there may be.
// AWS: quotas page: pollers of one activity.
const MOST: usize = 1000;

/// The workers that are waiting, by activity.
#[derive(Clone, Default)]
pub(crate) struct Pollers(Arc<Mutex<HashMap<String, usize>>>);

/// A worker that is waiting, until dropped.
pub(crate) struct Polling {
    pollers: Pollers,
    activity_arn: String,
}

impl Pollers {
    /// One more worker; none when there are too many.
    pub(crate) fn enter(&self, activity_arn: &str) -> Option<Polling> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(activity_arn.to_owned()).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(Polling { pollers: self.clone(), activity_arn: activity_arn.to_owned() })
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        let mut counts = self.pollers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.activity_arn) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.activity_arn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Pollers};

    #[test]
    fn workers_come_and_go() {
        let pollers = Pollers::default();
        let waiting: Vec<_> = (0..MOST).map(|_| pollers.enter("a")).collect();
        assert!(waiting.iter().all(Option::is_some));
        assert!(pollers.enter("a").is_none());
        assert!(pollers.enter("b").is_some());
        drop(waiting);
        assert!(pollers.enter("a").is_some());
        assert!(pollers.0.lock().unwrap().is_empty());
    }
}
