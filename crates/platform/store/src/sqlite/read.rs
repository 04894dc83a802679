//! Reading: connections for readers, listings, log rows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::errors::Location;
use super::lock::Lock;
use super::names::{KIND, Names};
use super::open::connect;
use crate::keys::{id_cursor, prefix_end, read_id_cursor};
use crate::{Error, LogRow, Page, Record, Scan};

/// Most reads at a time.
const READERS: usize = 8;
/// Log rows read at a time.
const CHUNK_ROWS: i64 = 4096;

/// Connections to read with.
#[derive(Debug)]
pub(super) struct Readers {
    location: Location,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    /// Held until the last read is over. Declared last: fields are dropped in order, the connections first.
    _lock: Lock,
}

impl Readers {
    pub(super) fn new(location: Location, lock: Lock) -> Self {
        let permits = Arc::new(Semaphore::new(READERS));
        Self { location, idle: Mutex::default(), permits, _lock: lock }
    }

    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.permits.clone().acquire_owned().await.map_err(|_| Error::Closed)
    }

    pub(super) fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let failed = |error: rusqlite::Error| self.location.error("reading", &error);
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.location).map_err(failed)?,
        };
        let result = work(&connection).map_err(failed);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        result
    }
}

pub(super) fn get(
    connection: &Connection,
    kind: i64,
    key: &str,
) -> rusqlite::Result<Option<Record>> {
    connection
        .prepare_cached("SELECT version, body FROM records WHERE kind = ?1 AND key = ?2")?
        .query_row(params![kind, key], |row| Ok((version(row, 0)?, body(row, 1)?)))
        .optional()
        .map(|found| found.map(|(version, body)| Record { key: key.to_owned(), version, body }))
}

fn version(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|version| version as u64)
}

fn body(row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<[u8]>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.into(),
        // Somebody has put a bare number into the file: its text is JSON.
        ValueRef::Integer(number) => number.to_string().into_bytes().into(),
        ValueRef::Real(number) => number.to_string().into_bytes().into(),
        ValueRef::Null => Arc::default(),
    })
}

/// A listing as SQL.
pub(super) struct Query {
    text: String,
    values: Vec<Value>,
    limit: usize,
    by_index: bool,
}

impl Query {
    /// `None` when there is nothing to be listed: no such kind or index, or a cursor that is none of ours.
    pub(super) fn new(scan: &Scan<'_>, names: &Names) -> Option<Self> {
        let limit = scan.limit.max(1);
        let mut query = match scan.index {
            None => Self::by_key(scan, names.of(scan.kind, KIND)?, limit),
            Some(name) => Self::by_index(scan, names.of(scan.kind, name)?, limit)?,
        };
        query.values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1));
        query.text.push_str(" LIMIT ?");
        Some(query)
    }

    fn by_key(scan: &Scan<'_>, kind: i64, limit: usize) -> Self {
        let text = "SELECT '', id, key, version, body FROM records WHERE kind = ?";
        let mut query = Self::start(text, kind, limit, false);
        query.bound(" AND key >= ?", scan.prefix.to_owned());
        if let Some(end) = prefix_end(scan.prefix) {
            query.bound(" AND key < ?", end);
        }
        if let Some(after) = scan.after {
            query.bound(
                if scan.reverse { " AND key < ?" } else { " AND key > ?" },
                after.to_owned(),
            );
        }
        query.text.push_str(" ORDER BY key");
        query.text.push_str(if scan.reverse { " DESC" } else { "" });
        query
    }

    fn by_index(scan: &Scan<'_>, list: i64, limit: usize) -> Option<Self> {
        // CROSS JOIN: the index decides the order, whatever SQLite believes about the sizes.
        let text = "SELECT i.index_key, i.record, r.key, r.version, r.body
             FROM record_index i CROSS JOIN records r ON r.id = i.record
             WHERE i.list = ?";
        let mut query = Self::start(text, list, limit, true);
        query.bound(" AND i.index_key >= ?", scan.prefix.to_owned());
        if let Some(end) = prefix_end(scan.prefix) {
            query.bound(" AND i.index_key < ?", end);
        }
        if let Some(cursor) = scan.after {
            let (index_key, id) = read_id_cursor(cursor)?;
            let operator = if scan.reverse { "<" } else { ">" };
            // The first half is what SQLite can look up, the second what is meant.
            query.bound(&format!(" AND i.index_key {operator}= ?"), index_key.to_owned());
            query.bound(
                &format!(" AND (i.index_key, i.record) {operator} (?"),
                index_key.to_owned(),
            );
            query.text.push_str(", ?)");
            query.values.push(Value::Integer(id));
        }
        query.text.push_str(if scan.reverse {
            " ORDER BY i.index_key DESC, i.record DESC"
        } else {
            " ORDER BY i.index_key, i.record"
        });
        Some(query)
    }

    fn start(text: &str, number: i64, limit: usize, by_index: bool) -> Self {
        let values = vec![Value::Integer(number)];
        Self { text: text.to_owned(), values, limit, by_index }
    }

    fn bound(&mut self, text: &str, value: String) {
        self.text.push_str(text);
        self.values.push(Value::Text(value));
    }

    pub(super) fn run(self, connection: &Connection) -> rusqlite::Result<Page> {
        let mut statement = connection.prepare_cached(&self.text)?;
        let mut rows = statement.query(params_from_iter(&self.values))?;
        let mut page = Page::default();
        let mut last = String::new();
        while let Some(row) = rows.next()? {
            let key: String = row.get(2)?;
            if page.records.len() == self.limit {
                page.next = Some(last);
                break;
            }
            if page.records.len() + 1 == self.limit {
                let index_key: String = row.get(0)?;
                last = if self.by_index { id_cursor(&index_key, row.get(1)?) } else { key.clone() };
            }
            page.records.push(Record { key, version: version(row, 3)?, body: body(row, 4)? });
        }
        Ok(page)
    }
}

/// Streams that have been dropped while their rows are still there, with the row of the mark.
pub(super) fn dropped_streams(connection: &Connection) -> rusqlite::Result<HashMap<i64, i64>> {
    connection
        .prepare_cached("SELECT stream, max(id) FROM log WHERE body IS NULL GROUP BY stream")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Some rows of the log, and where to go on (`None`: this was the end).
pub(super) struct Chunk {
    pub(super) rows: Vec<LogRow>,
    pub(super) last: Option<i64>,
}

pub(super) fn log_chunk(
    connection: &Connection,
    after: Option<i64>,
    dropped: &HashMap<i64, i64>,
) -> rusqlite::Result<Chunk> {
    let mut statement = connection
        .prepare_cached("SELECT id, stream, body FROM log WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let mut found = statement.query(params![after.unwrap_or(i64::MIN), CHUNK_ROWS])?;
    let mut chunk = Chunk { rows: Vec::new(), last: None };
    while let Some(row) = found.next()? {
        let (id, stream): (i64, i64) = (row.get(0)?, row.get(1)?);
        chunk.last = Some(id);
        let is_dropped = dropped.get(&stream).is_some_and(|mark| id <= *mark);
        if let (false, ValueRef::Blob(bytes)) = (is_dropped, row.get_ref(2)?) {
            chunk.rows.push(LogRow { stream: stream as u64, body: bytes.into() });
        }
    }
    Ok(chunk)
}

pub(super) fn log_rows(
    connection: &Connection,
    stream: u64,
    rows: &[i64],
) -> rusqlite::Result<Vec<LogRow>> {
    let mut statement =
        connection.prepare_cached("SELECT body FROM log WHERE id = ?1 AND stream = ?2")?;
    let mut found = Vec::with_capacity(rows.len());
    for id in rows {
        let row = statement.query_row(params![id, stream as i64], |row| body(row, 0)).optional()?;
        found.extend(row.map(|body| LogRow { stream, body }));
    }
    Ok(found)
}
