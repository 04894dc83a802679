//! Who listens to events of AWS services: so that what nobody would hear need not be said.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sources of events (`aws.states`, …) that some rule may match. Until [`Interest::known`] is called, everything is of
/// interest; so it is where nobody keeps the books.
///
/// A source is of interest from before the rule that names it is stored, and never ceases to be: a change that is
/// decided after a rule was answered finds it here.
#[derive(Debug, Default)]
pub struct Interest(Mutex<Listeners>);

#[derive(Debug, Default)]
struct Listeners {
    known: bool,
    all: bool,
    sources: HashSet<String>,
}

impl Interest {
    /// Somebody may listen to this source; to all of them when `None`.
    pub fn listen(&self, source: Option<&str>) {
        let mut listeners = self.lock();
        match source {
            Some(source) if listeners.sources.contains(source) => {}
            Some(source) => {
                listeners.sources.insert(source.to_owned());
            }
            None => listeners.all = true,
        }
    }

    /// All that is stored has been counted.
    pub fn known(&self) {
        self.lock().known = true;
    }

    /// Whether somebody may hear an event of this source.
    pub fn any(&self, source: &str) -> bool {
        let listeners = self.lock();
        !listeners.known || listeners.all || listeners.sources.contains(source)
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Interest;

    #[test]
    fn everything_is_of_interest_until_all_is_known() {
        let interest = Interest::default();
        assert!(interest.any("aws.states"));
        interest.known();
        assert!(!interest.any("aws.states"));
        interest.listen(Some("aws.states"));
        assert!(interest.any("aws.states") && !interest.any("aws.s3"));
        interest.listen(None);
        assert!(interest.any("aws.s3"));
    }
}
