//! Every store passes the one suite.

use std::path::PathBuf;
use std::sync::Arc;

use store::testing::{Memory, Subject, conformance};
use store::{SqliteStore, Store};

struct Sqlite(PathBuf);

impl Sqlite {
    fn new() -> Self {
        Self(temporary_directory())
    }
}

impl Subject for Sqlite {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.0).expect("the store opens"))
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

fn temporary_directory() -> PathBuf {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system provides randomness");
    std::env::temp_dir().join(format!("refit-store-{}", hex::encode(bytes)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory() {
    conformance(|| Box::new(Memory::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    conformance(|| Box::new(Sqlite::new())).await;
}
