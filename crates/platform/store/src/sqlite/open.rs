//! Opening the database: lock, format, settings, check after a crash.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::errors::Location;
use super::lock::Lock;
use super::names::Names;
use super::streams::Streams;
use super::wal::Wal;
use crate::Error;
use crate::blobs::file_error;

/// What each format adds to the one before. The format's number is kept in `user_version`.
const MIGRATIONS: &[&str] = &[
    "
    PRAGMA application_id = 0x72666974; -- 'rfit'
    CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        body ANY NOT NULL,
        entries TEXT,
        UNIQUE (kind, key)
    ) STRICT;
    CREATE TABLE record_index (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        index_key TEXT NOT NULL,
        key TEXT NOT NULL,
        PRIMARY KEY (kind, name, index_key, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE log (
        id INTEGER PRIMARY KEY,
        stream INTEGER NOT NULL,
        body BLOB
    ) STRICT;
    CREATE TABLE counters (
        name TEXT PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO counters VALUES ('version', 0);
",
    "
    CREATE TABLE names (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        UNIQUE (kind, name)
    ) STRICT;
    INSERT INTO names (kind, name)
        SELECT kind, '' FROM records UNION SELECT kind, name FROM record_index;
    ALTER TABLE records RENAME TO records_1;
    ALTER TABLE record_index RENAME TO record_index_1;
    CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        key TEXT NOT NULL,
        version INTEGER NOT NULL,
        entries TEXT,
        body ANY NOT NULL,
        UNIQUE (kind, key)
    ) STRICT;
    CREATE TABLE record_index (
        list INTEGER NOT NULL,
        index_key TEXT NOT NULL,
        record INTEGER NOT NULL,
        PRIMARY KEY (list, index_key, record)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO records (id, kind, key, version, entries, body)
        SELECT r.id, n.id, r.key, r.version,
            (SELECT json_group_array(json_array(l.id, e.value ->> 1))
                FROM json_each(r.entries) e
                JOIN names l ON l.kind = r.kind AND l.name = e.value ->> 0
                HAVING count(*) > 0),
            r.body
        FROM records_1 r JOIN names n ON n.kind = r.kind AND n.name = '';
    INSERT INTO record_index (list, index_key, record)
        SELECT n.id, i.index_key, r.id
        FROM record_index_1 i
        JOIN names n ON n.kind = i.kind AND n.name = i.name
        JOIN records_1 r ON r.kind = i.kind AND r.key = i.key;
    DROP TABLE record_index_1;
    DROP TABLE records_1;
    CREATE VIEW readable AS
        SELECT n.kind, r.key, r.version, r.body FROM records r JOIN names n ON n.id = r.kind;
",
];

/// Pages that the writer keeps in memory, at most, in KiB.
const WRITER_CACHE_KIB: i64 = 65_536;

/// A file up to this size is checked as a whole after a crash: it takes a second or so.
const CHECKED_BYTES: u64 = 128 << 20;

/// Everything that an open store is made of.
pub(super) struct Opened {
    pub(super) lock: Lock,
    pub(super) location: Location,
    pub(super) writer: Connection,
    pub(super) wal: Wal,
    pub(super) checkpoints: Connection,
    pub(super) streams: Streams,
    pub(super) names: Names,
    pub(super) next_row: i64,
    pub(super) last_version: u64,
}

pub(super) fn open(data_dir: &Path) -> Result<Opened, Error> {
    let location = Location::new(data_dir);
    // The directory holds credentials: it is the owner's alone.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|error| file_error("make the data directory", data_dir, &error))?;
    let lock = Lock::take(data_dir)?;
    let is_new = !location.file.exists();
    let failed = |error: rusqlite::Error| location.error("opening", &error);
    let mut writer = connect(&location).map_err(failed)?;
    migrate(&mut writer, &location)?;
    // Keys are scattered, so what is inserted touches pages all over their index.
    writer.pragma_update(None, "cache_size", -WRITER_CACHE_KIB).map_err(failed)?;
    if is_new {
        fs::File::open(data_dir)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| file_error("sync the data directory", data_dir, &error))?;
    }
    if !lock.clean {
        check(&writer, &location)?;
    }
    let (streams, next_row) = load_streams(&writer).map_err(failed)?;
    let last_version: i64 = writer
        .query_row("SELECT value FROM counters WHERE name = 'version'", [], |row| row.get(0))
        .map_err(failed)?;
    let last_version = last_version as u64;
    let names = Names::read(&writer).map_err(failed)?;
    let checkpoints = connect(&location).map_err(failed)?;
    let wal = Wal::watch(&mut writer, &location).map_err(failed)?;
    Ok(Opened { lock, location, writer, wal, checkpoints, streams, names, next_row, last_version })
}

/// A connection with the store's settings.
pub(super) fn connect(location: &Location) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(&location.file, flags)?;
    // Somebody may look at the file with another program, and lock it for a moment.
    connection.busy_timeout(Duration::from_secs(10))?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(mode, "the file system does not support SQLite's write-ahead log");
    }
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -16384;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(connection: &mut Connection, location: &Location) -> Result<(), Error> {
    let failed = |error: rusqlite::Error| location.error("migrating", &error);
    let known = MIGRATIONS.len() as i64;
    let found: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    if found > known {
        let (found, known) = (found as u64, known as u64);
        return Err(Error::Newer { path: location.directory.clone(), found, known });
    }
    for (number, migration) in (1_i64..).zip(MIGRATIONS) {
        if number <= found {
            continue;
        }
        let transaction = connection.transaction().map_err(failed)?;
        transaction.execute_batch(migration).map_err(failed)?;
        transaction.pragma_update(None, "user_version", number).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        if found > 0 {
            tracing::info!(format = number, "the data directory was brought to a newer format");
        }
    }
    Ok(())
}

/// Looks for damage after the last owner was killed or the machine lost power.
fn check(connection: &Connection, location: &Location) -> Result<(), Error> {
    let size = fs::metadata(&location.file).map_or(0, |metadata| metadata.len());
    if size > CHECKED_BYTES {
        tracing::info!(
            size,
            "the last server did not close the store; it is too large to be checked as a whole"
        );
        return Ok(());
    }
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| location.error("checking", &error))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(Error::Corrupt { path: location.file.clone(), detail: found })
    }
}

/// Which log rows belong to which stream, and the next row's id.
fn load_streams(connection: &Connection) -> rusqlite::Result<(Streams, i64)> {
    let mut streams = Streams::default();
    let mut next_row = 1;
    let mut statement =
        connection.prepare("SELECT id, stream, length(body) FROM log ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, stream): (i64, i64) = (row.get(0)?, row.get(1)?);
        match row.get::<_, Option<i64>>(2)? {
            None => streams.drop_stream(stream as u64, id),
            Some(bytes) => streams.append(stream as u64, id, bytes as usize),
        }
        next_row = id + 1;
    }
    Ok((streams, next_row))
}
