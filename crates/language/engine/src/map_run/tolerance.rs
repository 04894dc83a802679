//! How many failures a map run survives.

use serde::{Deserialize, Serialize};

/// `ToleratedFailureCount` and `ToleratedFailurePercentage`; without either, none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Most failed items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Most failed items, of all, as a percentage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentage: Option<f64>,
}

impl Tolerance {
    /// Whether `failed` items are more than are tolerated; `total` is known once all items have been read.
    // AWS: distributed Map page: either limit alone ends the run; 0 for both when neither is given.
    pub fn is_exceeded(&self, failed: u64, total: Option<u64>) -> bool {
        if failed == 0 {
            return false;
        }
        let by_count = self.count.is_some_and(|count| failed > count);
        let by_percentage = match (self.percentage, total) {
            (None, _) => self.count.is_none(),
            (Some(percentage), _) if percentage <= 0.0 => self.count.is_none_or(|count| count == 0),
            (Some(percentage), Some(total)) => {
                failed as f64 * 100.0 > percentage * total.max(1) as f64
            }
            (Some(_), None) => false,
        };
        by_count || by_percentage
    }
}
