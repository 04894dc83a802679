//! In-process "something changed" bells: waiting without polling.
//!
//! A notice carries no data and may be missed or given twice; whoever waits reads the record again. So nothing is ever
//! lost by a crash: notices only say *when* to look.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Bells by topic, for instance an ARN.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Mutex<HashMap<String, watch::Sender<u64>>>>);

impl Notices {
    /// Rings the topic's bell.
    pub fn ring(&self, topic: &str) {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = topics.get(topic) {
            if sender.receiver_count() == 0 {
                topics.remove(topic);
            } else {
                sender.send_modify(|count| *count += 1);
            }
        }
    }

    /// Listens to a topic. Subscribe first, then read the record, then `changed().await`: no change can slip between.
    pub fn subscribe(&self, topic: &str) -> watch::Receiver<u64> {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        topics.entry(topic.to_owned()).or_insert_with(|| watch::channel(0).0).subscribe()
    }
}
