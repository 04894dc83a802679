//! Which processes answer an endpoint's requests now. A cache: the endpoints' handlers fill it.

use algorithms::Place;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A member that is ready.
#[derive(Debug)]
pub(crate) struct Live {
    /// Its instance id.
    pub(crate) id: String,
    pub(crate) variant: String,
    /// Where its processes listen, in the order a request goes through them.
    pub(crate) places: Vec<Place>,
    /// Requests that it is answering.
    busy: watch::Sender<usize>,
}

impl Live {
    /// A member that is ready and idle.
    pub(crate) fn new(id: &str, variant: &str, places: Vec<Place>) -> Arc<Self> {
        let busy = watch::Sender::new(0);
        Arc::new(Self { id: id.to_owned(), variant: variant.to_owned(), places, busy })
    }

    /// Waits until it answers nobody any more.
    pub(crate) async fn idle(&self) {
        let mut busy = self.busy.subscribe();
        // The sender is ours: it cannot be gone.
        let _idle = busy.wait_for(|busy| *busy == 0).await;
    }
}

/// A request under way.
pub(crate) struct Ticket(pub(crate) Arc<Live>);

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.busy.send_modify(|busy| *busy = busy.saturating_sub(1));
    }
}

/// A variant of an endpoint in service.
#[derive(Debug, Clone)]
pub(crate) struct RoutedVariant {
    pub(crate) name: String,
    pub(crate) weight: f64,
    /// Its members that are ready; may be none for a moment.
    pub(crate) lives: Vec<Arc<Live>>,
}

/// The endpoints in service by `region/name`.
#[derive(Debug)]
pub(crate) struct Routes {
    by_key: Mutex<HashMap<String, Vec<RoutedVariant>>>,
    changed: watch::Sender<u64>,
}

/// Where a request can go.
pub(crate) enum Choice {
    /// To this member.
    To(Ticket),
    /// Nowhere this moment.
    Wait,
    /// The endpoint is in service but has no such variant.
    NoVariant,
}

impl Routes {
    /// No endpoint is in service.
    pub(crate) fn new() -> Self {
        Self { by_key: Mutex::default(), changed: watch::Sender::new(0) }
    }

    /// Sets where requests for an endpoint go; nowhere, for `None`.
    pub(crate) fn publish(&self, key: &str, route: Option<Vec<RoutedVariant>>) {
        {
            let mut by_key = self.lock();
            match route {
                Some(route) => by_key.insert(key.to_owned(), route),
                None => by_key.remove(key),
            };
        }
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Changes with every [`Routes::publish`]. Subscribe first, then choose.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Chooses a member: the variant by weight (or the one asked for), then its least busy member.
    pub(crate) fn choose(&self, key: &str, variant: Option<&str>, random: u64) -> Choice {
        let by_key = self.lock();
        let Some(route) = by_key.get(key) else { return Choice::Wait };
        let found = match variant {
            Some(name) => match route.iter().find(|variant| variant.name == name) {
                Some(found) => Some(found),
                None => return Choice::NoVariant,
            },
            None => by_weight(route, random),
        };
        let Some(found) = found else { return Choice::Wait };
        let Some(live) = found.lives.iter().min_by_key(|live| *live.busy.borrow()) else {
            return Choice::Wait;
        };
        // Counted while the table is locked: whoever takes the member off it waits for this request.
        live.busy.send_modify(|busy| *busy += 1);
        Choice::To(Ticket(live.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<RoutedVariant>>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A variant with members, by weight; by chance alone when no weight is more than nothing.
fn by_weight(route: &[RoutedVariant], random: u64) -> Option<&RoutedVariant> {
    let able: Vec<&RoutedVariant> = route.iter().filter(|it| !it.lives.is_empty()).collect();
    let total: f64 = able.iter().map(|variant| variant.weight.max(0.0)).sum();
    if !total.is_finite() || total <= 0.0 {
        return able.get(random as usize % able.len().max(1)).copied();
    }
    let mut at = random as f64 / u64::MAX as f64 * total;
    let chosen = able.iter().find(|variant| {
        at -= variant.weight.max(0.0);
        at < 0.0
    });
    chosen.or_else(|| able.iter().rfind(|variant| variant.weight > 0.0)).copied()
}

#[cfg(test)]
mod tests {
    use super::{Choice, Live, RoutedVariant, Routes};

    fn variant(name: &str, weight: f64, members: usize) -> RoutedVariant {
        let lives = (0..members).map(|n| Live::new(&n.to_string(), name, Vec::new())).collect();
        RoutedVariant { name: name.to_owned(), weight, lives }
    }

    fn chosen(routes: &Routes, variant: Option<&str>, random: u64) -> String {
        match routes.choose("e", variant, random) {
            Choice::To(ticket) => ticket.0.variant.clone(),
            Choice::Wait => "wait".to_owned(),
            Choice::NoVariant => "none".to_owned(),
        }
    }

    #[test]
    fn requests_are_spread_by_weight() {
        let routes = Routes::new();
        assert_eq!(chosen(&routes, None, 0), "wait");
        routes.publish(
            "e",
            Some(vec![variant("a", 3.0, 1), variant("b", 1.0, 1), variant("c", 9.0, 0)]),
        );
        let quarter = u64::MAX / 4;
        let cases = [(0, "a"), (quarter * 2, "a"), (quarter * 3 + 9, "b"), (u64::MAX, "b")];
        for (random, expected) in cases {
            assert_eq!(chosen(&routes, None, random), expected, "{random}");
        }
        assert_eq!(chosen(&routes, Some("b"), 0), "b");
        assert_eq!(chosen(&routes, Some("c"), 0), "wait");
        assert_eq!(chosen(&routes, Some("d"), 0), "none");
        routes.publish("e", Some(vec![variant("a", 0.0, 1)]));
        assert_eq!(chosen(&routes, None, 7), "a");
    }

    #[tokio::test]
    async fn a_member_is_idle_when_its_requests_are_answered() {
        let routes = Routes::new();
        routes.publish("e", Some(vec![variant("a", 1.0, 2)]));
        let Choice::To(first) = routes.choose("e", None, 0) else { panic!("it is ready") };
        let Choice::To(second) = routes.choose("e", None, 0) else { panic!("it is ready") };
        assert_ne!(first.0.id, second.0.id, "the least busy one is asked");
        let live = first.0.clone();
        let waiting = tokio::spawn(async move { live.idle().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(first);
        waiting.await.unwrap();
    }
}
