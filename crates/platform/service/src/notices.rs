//! In-process "something changed" bells: waiting without polling.
//!
//! A notice carries no data and may be missed or given twice; whoever waits reads the record again. So nothing is ever
//! lost by a crash: notices only say *when* to look.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// Bells by topic, for instance an ARN.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Mutex<Topics>>);

#[derive(Debug, Default)]
struct Topics {
    bells: HashMap<String, watch::Sender<u64>>,
    /// Once there are more bells than this, those that nobody listens to any more are let go.
    sweep_above: usize,
}

/// Fewer bells are not worth a sweep.
const FEW_BELLS: usize = 64;

impl Notices {
    /// Rings the topic's bell.
    pub fn ring(&self, topic: &str) {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = topics.bells.get(topic) {
            if sender.receiver_count() == 0 {
                topics.bells.remove(topic);
            } else {
                sender.send_modify(|count| *count += 1);
            }
        }
    }

    /// Listens to a topic. Subscribe first, then read the record, then `changed().await`: no change can slip between.
    pub fn subscribe(&self, topic: &str) -> watch::Receiver<u64> {
        let mut topics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver =
            topics.bells.entry(topic.to_owned()).or_insert_with(|| watch::channel(0).0).subscribe();
        if topics.bells.len() > topics.sweep_above.max(FEW_BELLS) {
            topics.bells.retain(|_, sender| sender.receiver_count() > 0);
            // Twice as many before the next sweep: sweeping costs little per subscription, however many there are.
            topics.sweep_above = topics.bells.len() * 2;
        }
        receiver
    }
}

#[cfg(test)]
mod tests {
    use super::{FEW_BELLS, Notices};

    fn bells(notices: &Notices) -> usize {
        notices.0.lock().unwrap().bells.len()
    }

    #[tokio::test]
    async fn a_bell_wakes_who_subscribed_before() {
        let notices = Notices::default();
        notices.ring("nobody listens");
        let (mut first, mut second) = (notices.subscribe("a"), notices.subscribe("a"));
        let other = notices.subscribe("b");
        notices.ring("a");
        notices.ring("a");
        first.changed().await.unwrap();
        second.changed().await.unwrap();
        assert!(!first.has_changed().unwrap(), "two rings before a look are one");
        assert!(!other.has_changed().unwrap());
    }

    #[test]
    fn bells_that_nobody_listens_to_are_let_go() {
        let notices = Notices::default();
        for number in 0..10_000 {
            let _dropped_at_once = notices.subscribe(&format!("execution {number}"));
        }
        assert!(bells(&notices) <= FEW_BELLS + 1, "{}", bells(&notices));
        let kept: Vec<_> = (0..1_000).map(|n| notices.subscribe(&format!("kept {n}"))).collect();
        for number in 0..10_000 {
            let _dropped_at_once = notices.subscribe(&format!("execution {number}"));
        }
        assert!(bells(&notices) <= 2_500, "{}", bells(&notices));
        for (number, receiver) in kept.into_iter().enumerate() {
            notices.ring(&format!("kept {number}"));
            assert!(receiver.has_changed().unwrap());
        }
        (0..1_000).for_each(|n| notices.ring(&format!("kept {n}")));
        assert!(!notices.0.lock().unwrap().bells.contains_key("kept 0"));
    }
}
