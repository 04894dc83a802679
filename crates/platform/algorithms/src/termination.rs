//! Hearing SIGTERM without dying of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SigSet, Signal};

/// Becomes true when the process was asked to end.
#[derive(Debug, Clone)]
pub(crate) struct Termination(Arc<AtomicBool>);

impl Termination {
    /// From now on SIGTERM does not end this process. Only threads that are started later keep to
    /// it, so this is to be called by the main thread before it starts any.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGTERM);
        mask.thread_block()?;
        let asked = Arc::new(AtomicBool::new(false));
        let thread_asked = Arc::clone(&asked);
        std::thread::Builder::new().name("termination".to_owned()).spawn(move || {
            // An error is an interruption: SIGTERM has not come.
            while mask.wait().is_err() {}
            thread_asked.store(true, Ordering::Relaxed);
        })?;
        Ok(Self(asked))
    }

    /// Whether the process was asked to end.
    pub(crate) fn was_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
