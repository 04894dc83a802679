//! How many state machines and activities there are, without counting them each time one is made.
//!
//! Each creation adds one to what was counted last, deletions are not seen: so the number is never too small, and only
//! when it reaches the limit are the records counted again.

use service::{AwsError, Ctx};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Scan;

/// How many of one kind there may be in an account and region.
// AWS: quotas page: 10,000 registered state machines, 10,000 registered activities.
pub(crate) const MOST: usize = 10_000;

/// Records counted at a time.
const PAGE: usize = 1_000;

/// The numbers, by what the ARNs of the kind begin with.
#[derive(Clone, Default)]
pub(crate) struct Registered(Arc<Mutex<HashMap<String, usize>>>);

impl Registered {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room for one more record of `kind` whose key begins with `prefix`; it counts as made.
    pub(crate) async fn has_room(
        &self,
        ctx: &Ctx,
        kind: &str,
        prefix: &str,
    ) -> Result<bool, AwsError> {
        let known = self.lock().get(prefix).copied();
        let number = match known {
            Some(number) if number < MOST => number,
            _ => count(ctx, kind, prefix).await?,
        };
        self.lock().insert(prefix.to_owned(), number + 1);
        Ok(number < MOST)
    }
}

async fn count(ctx: &Ctx, kind: &str, prefix: &str) -> Result<usize, AwsError> {
    let (mut number, mut after) = (0, None);
    while number < MOST {
        let scan = Scan { after: after.as_deref(), ..Scan::of(kind, prefix, PAGE) };
        let page = ctx.kit.store.scan(scan).await.map_err(unreadable)?;
        number += page.records.len();
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(number)
}

#[allow(clippy::needless_pass_by_value)]
fn unreadable(error: store::Error) -> AwsError {
    AwsError::fault("InternalFailure", error.to_string(), 500)
}
