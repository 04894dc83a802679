//! Notices when the wall clock jumps against the monotonic one: after a suspend, or when somebody sets the clock.
//!
//! Sleeps are measured on the monotonic clock, which stands still while the machine sleeps, and schedules are on the
//! wall clock. One thread for the whole process compares the two each second.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

/// How often the clocks are compared.
const EVERY: Duration = Duration::from_secs(1);
/// A difference of this much is a jump; clock corrections while running are much slower.
const JUMP_MS: i128 = 300;

static SLEEPERS: OnceLock<Mutex<Vec<Weak<Notify>>>> = OnceLock::new();

/// Rings `sleeper` after every jump, for as long as it exists.
pub(crate) fn wake_on_jump(sleeper: &Arc<Notify>) {
    let sleepers = SLEEPERS.get_or_init(|| {
        let watching = std::thread::Builder::new().name("clock-jumps".to_owned()).spawn(watch);
        if let Err(error) = watching {
            tracing::warn!(%error, "jumps of the wall clock will not be noticed at once");
        }
        Mutex::default()
    });
    let mut sleepers = sleepers.lock().unwrap_or_else(PoisonError::into_inner);
    sleepers.retain(|sleeper| sleeper.strong_count() > 0);
    sleepers.push(Arc::downgrade(sleeper));
}

fn watch() {
    let mut offset_ms = wall_minus_monotonic_ms();
    loop {
        std::thread::sleep(EVERY);
        let now_ms = wall_minus_monotonic_ms();
        if (now_ms - offset_ms).abs() >= JUMP_MS {
            tracing::info!(jump_ms = (now_ms - offset_ms) as i64, "the wall clock has jumped");
            wake_all();
        }
        offset_ms = now_ms;
    }
}

fn wall_minus_monotonic_ms() -> i128 {
    static START: OnceLock<Instant> = OnceLock::new();
    let monotonic = START.get_or_init(Instant::now).elapsed().as_millis() as i128;
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    wall.as_millis() as i128 - monotonic
}

fn wake_all() {
    let Some(sleepers) = SLEEPERS.get() else { return };
    for sleeper in sleepers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        if let Some(sleeper) = sleeper.upgrade() {
            sleeper.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_are_woken() {
        let sleeper = Arc::new(Notify::new());
        wake_on_jump(&sleeper);
        wake_all();
        sleeper.notified().await;
    }
}
