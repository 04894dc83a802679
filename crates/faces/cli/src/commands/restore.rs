//! `refit restore DIR`: brings a backup back.

use crate::commands::backup::{MANIFEST, OTHERS, copy_tree, empty, failed};
use crate::grammar::Global;
use crate::home::Home;
use crate::report::{Done, Failure};
use std::path::Path;
use std::process::ExitCode;

/// Restores into a data directory that is not there yet, or empty.
pub(crate) async fn run(global: &Global, from: &Path) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    if !from.join(MANIFEST).exists() {
        return Err(Failure::new(format!("{} is no backup, or not a whole one", from.display()))
            .hint("make one with refit backup DIR"));
    }
    store::sqlite::backup::verify(from).map_err(failed)?;
    empty(home.path())?;
    for name in OTHERS.into_iter().chain(["blobs"]) {
        copy_tree(&from.join(name), &home.path().join(name))?;
    }
    // The database last: without it the directory is no data directory.
    store::sqlite::backup::copy(from, home.path()).map_err(failed)?;
    anstream::println!("restored {} to {}", from.display(), home.path().display());
    Ok(ExitCode::SUCCESS)
}
