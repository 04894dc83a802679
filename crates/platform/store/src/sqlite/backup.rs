//! A copy of the database as it is at one moment, while a server goes on writing to it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::errors::Location;
use crate::Error;

/// Copies the database of `data_dir` into the directory `into`, which must have none yet. Needs no server and does not
/// disturb one: the copy is one read of the write-ahead log's newest state.
///
/// # Errors
/// [`Error::Corrupt`] when the file is damaged, [`Error::Full`] or [`Error::Io`].
pub fn copy(data_dir: &Path, into: &Path) -> Result<(), Error> {
    let (from, to) = (Location::new(data_dir), Location::new(into));
    let failed = |error: rusqlite::Error| from.error("copying", &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&from.file, flags).map_err(failed)?;
    connection.busy_timeout(std::time::Duration::from_mins(1)).map_err(failed)?;
    let file = to.file.to_str().ok_or_else(|| Error::Io {
        what: "copying the database".to_owned(),
        detail: format!("{} is not a name in UTF-8", to.file.display()),
    })?;
    connection.execute("VACUUM INTO ?1", [file]).map_err(|error| to.error("writing", &error))?;
    let copy = Connection::open_with_flags(&to.file, flags).map_err(|e| to.error("opening", &e))?;
    // The copy has not yet been forced to disk.
    copy.execute_batch("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;")
        .map_err(|error| to.error("writing", &error))?;
    drop(copy);
    let sync = |path: &Path| std::fs::File::open(path).and_then(|file| file.sync_all());
    sync(&to.file)
        .and_then(|()| sync(into))
        .map_err(|error| crate::blobs::file_error("sync the copy", &to.file, &error))
}

/// Looks through the whole database of a directory that no server uses.
///
/// # Errors
/// [`Error::Corrupt`] with what is wrong, or why it cannot be read.
pub fn verify(data_dir: &Path) -> Result<(), Error> {
    let location = Location::new(data_dir);
    let failed = |error: rusqlite::Error| location.error("reading", &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&location.file, flags).map_err(failed)?;
    let found: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if found == "ok" {
        return Ok(());
    }
    Err(Error::Corrupt { path: location.file, detail: found })
}
