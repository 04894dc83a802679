//! Whoever looks on: told of every end, after it is durable.

use engine::HistoryEvent;

use super::live::Live;
use super::{ExecutionRecord, Inner};

/// Hears of executions that have ended, for traces. Must not wait: it is called on the way of every end.
pub trait Observer: Send + Sync + 'static {
    /// An execution has ended and that is durable. Of Express executions there is no history.
    fn ended(&self, record: &ExecutionRecord, history: &[HistoryEvent]);
}

impl Inner {
    /// Counts an end, and tells whoever looks on.
    pub(super) fn observe_end(&self, live: &Live) {
        let state = live.lock();
        let Some(record) = &state.outcome else { return };
        metrics::EXECUTIONS_ENDED.count(record.status.word());
        if let Some(observer) = self.observer.get() {
            observer.ended(record, &state.history);
        }
    }
}
