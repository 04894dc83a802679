//! A fresh folder for each test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Makes a fresh folder for one test.
#[allow(dead_code, unreachable_pub)]
pub fn folder(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir();
    let path = path.join(format!("refit-runner-{name}-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a scratch folder");
    path
}
