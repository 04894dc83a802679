//! One suite that every [`Store`] passes.
//!
//! ```no_run
//! # async fn example() {
//! store::testing::conformance(|| Box::new(store::testing::Memory::default())).await;
//! # }
//! ```

mod cases;
mod model;

use std::sync::{Arc, Mutex, PoisonError};

use crate::{MemoryStore, Store};

/// A place where data lives: what a store is opened on, again and again.
pub trait Subject: Send + Sync {
    /// Opens the store on what the one before left. The one before has been dropped.
    fn open(&self) -> Arc<dyn Store>;
}

/// Makes subjects, each empty.
pub trait MakeSubject: Fn() -> Box<dyn Subject> {}
impl<F: Fn() -> Box<dyn Subject>> MakeSubject for F {}

/// [`MemoryStore`] as a subject.
#[derive(Debug, Default)]
pub struct Memory(Mutex<MemoryStore>);

impl Subject for Memory {
    fn open(&self) -> Arc<dyn Store> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = last.snapshot();
        Arc::new(last.clone())
    }
}

/// Runs the whole suite.
///
/// # Panics
/// When the store does not do what the port promises.
pub async fn conformance(make: impl MakeSubject) {
    cases::expectations(&*make()).await;
    cases::all_or_nothing(&*make()).await;
    cases::order_within_a_batch(&*make()).await;
    cases::versions(&*make()).await;
    cases::listing_by_key(&*make()).await;
    cases::listing_by_index(&*make()).await;
    cases::index_follows_the_record(&*make()).await;
    cases::prefixes_with_special_characters(&*make()).await;
    cases::bodies_come_back_unchanged(&*make()).await;
    cases::streams(&*make()).await;
    cases::reopen(&*make()).await;
    cases::commits_take_their_place_when_called(&*make()).await;
    cases::concurrent_writers(&*make()).await;
    for seed in 0..8 {
        model::compare(&*make(), &Memory::default(), seed, 150).await;
    }
}
