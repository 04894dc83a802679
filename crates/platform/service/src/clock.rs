//! Time as a port, so that the whole server can run in virtual time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where "now" comes from. Everything that waits, waits on tokio's clock, which tests pause and advance.
pub trait Clock: Send + Sync + 'static {
    /// Unix time in milliseconds.
    fn now_ms(&self) -> i64;
}

/// The machine's clock. Under tokio's paused clock it advances with tokio's time from the moment it was made,
/// which is what makes rehearsals and tests in virtual time possible.
#[derive(Debug, Clone)]
pub struct SystemClock {
    virtual_origin: Option<(i64, tokio::time::Instant)>,
}

impl SystemClock {
    /// The wall clock.
    pub fn wall() -> Self {
        Self { virtual_origin: None }
    }

    /// A clock that reads `origin_ms` now and advances with tokio's clock.
    pub fn starting_at(origin_ms: i64) -> Self {
        Self { virtual_origin: Some((origin_ms, tokio::time::Instant::now())) }
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        match self.virtual_origin {
            Some((origin_ms, start)) => origin_ms + start.elapsed().as_millis() as i64,
            None => {
                SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_millis()
                    as i64
            }
        }
    }
}
