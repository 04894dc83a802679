//! One batch as SQL, inside the writer's transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::keys::prefix_end;
use crate::{Batch, Expect, Put};

/// The first expectation that does not hold, as kind and key.
pub(super) fn conflict(
    connection: &Connection,
    batch: &Batch,
) -> rusqlite::Result<Option<(String, String)>> {
    for (kind, key, expect) in batch.expectations() {
        let found = find(connection, kind, key)?.map(|found| found.version);
        if !expect.holds(found) {
            return Ok(Some((kind.to_owned(), key.to_owned())));
        }
    }
    Ok(None)
}

/// Applies the batch's records; its log rows are the writer's.
pub(super) fn records(
    connection: &Connection,
    batch: &Batch,
    version: u64,
) -> rusqlite::Result<()> {
    for (kind, prefix) in &batch.remove_prefixes {
        remove_prefix(connection, kind, prefix)?;
    }
    for remove in &batch.removes {
        if let Some(found) = find(connection, &remove.kind, &remove.key)? {
            remove_found(connection, &remove.kind, &remove.key, &found)?;
        }
    }
    let removes = !batch.removes.is_empty() || !batch.remove_prefixes.is_empty();
    for (position, put) in batch.puts.iter().enumerate() {
        // A record known to be absent need not be looked for, unless this batch puts it twice.
        let twice =
            || batch.puts[..position].iter().any(|p| p.key == put.key && p.kind == put.kind);
        let absent = put.expect == Expect::Absent && !twice();
        let found = if absent && !removes { None } else { find(connection, &put.kind, &put.key)? };
        write(connection, put, found.as_ref(), version)?;
    }
    Ok(())
}

struct Found {
    id: i64,
    version: u64,
    entries: Entries,
}

/// A record's index entries, as stored with it: what to remove when it changes.
type Entries = Vec<(String, String)>;

fn find(connection: &Connection, kind: &str, key: &str) -> rusqlite::Result<Option<Found>> {
    connection
        .prepare_cached("SELECT id, version, entries FROM records WHERE kind = ?1 AND key = ?2")?
        .query_row(params![kind, key], |row| {
            let version: i64 = row.get(1)?;
            let entries = read_entries(row.get_ref(2)?.as_str_or_null()?);
            Ok(Found { id: row.get(0)?, version: version as u64, entries })
        })
        .optional()
}

fn read_entries(text: Option<&str>) -> Entries {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn write(
    connection: &Connection,
    put: &Put,
    found: Option<&Found>,
    version: u64,
) -> rusqlite::Result<()> {
    let entries = (!put.index.is_empty())
        .then(|| serde_json::to_string(&put.index).expect("pairs of strings always serialise"));
    // Text where it is text, so that people can read it.
    let body: &dyn rusqlite::ToSql = match std::str::from_utf8(&put.body) {
        Ok(_) => {
            &rusqlite::types::ToSqlOutput::Borrowed(rusqlite::types::ValueRef::Text(&put.body))
        }
        Err(_) => &put.body,
    };
    if let Some(found) = found {
        connection
            .prepare_cached(
                "UPDATE records SET version = ?2, body = ?3, entries = ?4 WHERE id = ?1",
            )?
            .execute(params![found.id, version as i64, body, entries])?;
    } else {
        connection
            .prepare_cached(
                "INSERT INTO records (kind, key, version, body, entries) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![put.kind, put.key, version as i64, body, entries])?;
    }
    let old = found.map_or(&[][..], |found| &found.entries);
    for (name, index_key) in old {
        if !put.index.iter().any(|(new, new_key)| new == name && new_key == index_key) {
            unindex(connection, &put.kind, name, index_key, &put.key)?;
        }
    }
    for (name, index_key) in &put.index {
        if !old.iter().any(|(old, old_key)| old == name && old_key == index_key) {
            connection
                .prepare_cached("INSERT OR REPLACE INTO record_index VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![put.kind, name, index_key, put.key])?;
        }
    }
    Ok(())
}

fn remove_prefix(connection: &Connection, kind: &str, prefix: &str) -> rusqlite::Result<()> {
    let mut found: Vec<(String, Found)> = Vec::new();
    {
        let mut statement = connection.prepare_cached(
            "SELECT id, version, entries, key FROM records
             WHERE kind = ?1 AND key >= ?2 AND (?3 IS NULL OR key < ?3)",
        )?;
        let mut rows = statement.query(params![kind, prefix, prefix_end(prefix)])?;
        while let Some(row) = rows.next()? {
            let version: i64 = row.get(1)?;
            let entries = read_entries(row.get_ref(2)?.as_str_or_null()?);
            let row_found = Found { id: row.get(0)?, version: version as u64, entries };
            found.push((row.get(3)?, row_found));
        }
    }
    for (key, found) in found {
        remove_found(connection, kind, &key, &found)?;
    }
    Ok(())
}

fn remove_found(
    connection: &Connection,
    kind: &str,
    key: &str,
    found: &Found,
) -> rusqlite::Result<()> {
    for (name, index_key) in &found.entries {
        unindex(connection, kind, name, index_key, key)?;
    }
    connection.prepare_cached("DELETE FROM records WHERE id = ?1")?.execute([found.id])?;
    Ok(())
}

fn unindex(
    connection: &Connection,
    kind: &str,
    name: &str,
    index_key: &str,
    key: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM record_index WHERE kind = ?1 AND name = ?2 AND index_key = ?3 AND key = ?4",
        )?
        .execute(params![kind, name, index_key, key])?;
    Ok(())
}
