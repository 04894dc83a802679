//! One batch as SQL, inside the writer's transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::names::{KIND, Numbering};
use crate::keys::prefix_end;
use crate::{Batch, Expect, Put};

/// The first expectation that does not hold, as kind and key.
pub(super) fn conflict(
    connection: &Connection,
    numbering: &Numbering<'_>,
    batch: &Batch,
) -> rusqlite::Result<Option<(String, String)>> {
    for (kind, key, expect) in batch.expectations() {
        let found = match numbering.find(kind, KIND) {
            Some(kind) => version(connection, kind, key)?,
            None => None,
        };
        if !expect.holds(found) {
            return Ok(Some((kind.to_owned(), key.to_owned())));
        }
    }
    Ok(None)
}

/// Applies the batch's records; its log rows are the writer's.
pub(super) fn records(
    connection: &Connection,
    numbering: &mut Numbering<'_>,
    batch: &Batch,
    version: u64,
) -> rusqlite::Result<()> {
    for (kind, prefix) in &batch.remove_prefixes {
        if let Some(kind) = numbering.find(kind, KIND) {
            remove_prefix(connection, kind, prefix)?;
        }
    }
    for remove in &batch.removes {
        if let Some(kind) = numbering.find(&remove.kind, KIND)
            && let Some(found) = find(connection, kind, &remove.key)?
        {
            remove_found(connection, &found)?;
        }
    }
    let removes = !batch.removes.is_empty() || !batch.remove_prefixes.is_empty();
    for (position, put) in batch.puts.iter().enumerate() {
        let kind = numbering.of(&put.kind, KIND)?;
        // A record known to be absent need not be looked for, unless this batch puts it twice.
        let twice =
            || batch.puts[..position].iter().any(|p| p.key == put.key && p.kind == put.kind);
        let absent = put.expect == Expect::Absent && !twice();
        let found = if absent && !removes { None } else { find(connection, kind, &put.key)? };
        write(connection, numbering, put, kind, found.as_ref(), version)?;
    }
    Ok(())
}

struct Found {
    id: i64,
    entries: Entries,
}

/// A record's index entries, as stored with it: what to remove when it changes.
type Entries = Vec<(i64, String)>;

fn version(connection: &Connection, kind: i64, key: &str) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached("SELECT version FROM records WHERE kind = ?1 AND key = ?2")?
        .query_row(params![kind, key], |row| row.get::<_, i64>(0))
        .map(|version| version as u64)
        .optional()
}

fn find(connection: &Connection, kind: i64, key: &str) -> rusqlite::Result<Option<Found>> {
    connection
        .prepare_cached("SELECT id, entries FROM records WHERE kind = ?1 AND key = ?2")?
        .query_row(params![kind, key], |row| {
            let entries = read_entries(row.get_ref(1)?.as_str_or_null()?);
            Ok(Found { id: row.get(0)?, entries })
        })
        .optional()
}

fn read_entries(text: Option<&str>) -> Entries {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn write(
    connection: &Connection,
    numbering: &mut Numbering<'_>,
    put: &Put,
    kind: i64,
    found: Option<&Found>,
    version: u64,
) -> rusqlite::Result<()> {
    let mut index: Vec<(i64, &str)> = Vec::with_capacity(put.index.len());
    for (name, index_key) in &put.index {
        index.push((numbering.of(&put.kind, name)?, index_key));
    }
    let entries = (!index.is_empty())
        .then(|| serde_json::to_string(&index).expect("numbers and strings always serialise"));
    // Text where it is text, so that people can read it.
    let body: &dyn rusqlite::ToSql = match std::str::from_utf8(&put.body) {
        Ok(_) => {
            &rusqlite::types::ToSqlOutput::Borrowed(rusqlite::types::ValueRef::Text(&put.body))
        }
        Err(_) => &put.body,
    };
    let id = if let Some(found) = found {
        connection
            .prepare_cached(
                "UPDATE records SET version = ?2, entries = ?3, body = ?4 WHERE id = ?1",
            )?
            .execute(params![found.id, version as i64, entries, body])?;
        found.id
    } else {
        connection
            .prepare_cached(
                "INSERT INTO records (kind, key, version, entries, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![kind, put.key, version as i64, entries, body])?;
        connection.last_insert_rowid()
    };
    let old = found.map_or(&[][..], |found| &found.entries);
    for (list, index_key) in old {
        if !index.iter().any(|(new, new_key)| new == list && new_key == index_key) {
            unindex(connection, *list, index_key, id)?;
        }
    }
    for (list, index_key) in index {
        if !old.iter().any(|(old, old_key)| *old == list && old_key == index_key) {
            connection
                .prepare_cached("INSERT OR REPLACE INTO record_index VALUES (?1, ?2, ?3)")?
                .execute(params![list, index_key, id])?;
        }
    }
    Ok(())
}

fn remove_prefix(connection: &Connection, kind: i64, prefix: &str) -> rusqlite::Result<()> {
    let mut found = Vec::new();
    {
        let mut statement = connection.prepare_cached(
            "SELECT id, entries FROM records
             WHERE kind = ?1 AND key >= ?2 AND (?3 IS NULL OR key < ?3)",
        )?;
        let mut rows = statement.query(params![kind, prefix, prefix_end(prefix)])?;
        while let Some(row) = rows.next()? {
            let entries = read_entries(row.get_ref(1)?.as_str_or_null()?);
            found.push(Found { id: row.get(0)?, entries });
        }
    }
    for found in found {
        remove_found(connection, &found)?;
    }
    Ok(())
}

fn remove_found(connection: &Connection, found: &Found) -> rusqlite::Result<()> {
    for (list, index_key) in &found.entries {
        unindex(connection, *list, index_key, found.id)?;
    }
    connection.prepare_cached("DELETE FROM records WHERE id = ?1")?.execute([found.id])?;
    Ok(())
}

fn unindex(connection: &Connection, list: i64, index_key: &str, id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM record_index WHERE list = ?1 AND index_key = ?2 AND record = ?3",
        )?
        .execute(params![list, index_key, id])?;
    Ok(())
}
