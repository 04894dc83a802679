//! Numbers that stand for the names of kinds and of their indexes: every record and every index entry has one.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use rusqlite::{Connection, params};

/// All that are durable, by kind; an index is named beside its kind, the kind itself by no name.
#[derive(Debug, Default)]
pub(super) struct Names(RwLock<Known>);

type Known = HashMap<Box<str>, HashMap<Box<str>, i64>>;

/// Stands for the kind itself among the names of its indexes.
pub(super) const KIND: &str = "";

impl Names {
    /// Reads those of a database.
    pub(super) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let mut known = Known::new();
        let mut statement = connection.prepare("SELECT kind, name, id FROM names")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, name): (Box<str>, Box<str>) = (row.get(0)?, row.get(1)?);
            known.entry(kind).or_default().insert(name, row.get(2)?);
        }
        Ok(Self(RwLock::new(known)))
    }

    /// The number of an index of a kind, or of the kind ([`KIND`]); `None` when nothing durable has it.
    pub(super) fn of(&self, kind: &str, name: &str) -> Option<i64> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(kind)?.get(name).copied()
    }

    /// These are durable now.
    pub(super) fn add(&self, fresh: Vec<Fresh>) {
        if fresh.is_empty() {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for Fresh { kind, name, id } in fresh {
            known.entry(kind).or_default().insert(name, id);
        }
    }
}

/// One that a transaction has made; it counts only if that commits.
#[derive(Debug)]
pub(super) struct Fresh {
    kind: Box<str>,
    name: Box<str>,
    id: i64,
}

/// The numbers as a transaction sees them.
pub(super) struct Numbering<'a> {
    connection: &'a Connection,
    names: &'a Names,
    fresh: &'a mut Vec<Fresh>,
}

impl<'a> Numbering<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        names: &'a Names,
        fresh: &'a mut Vec<Fresh>,
    ) -> Self {
        Self { connection, names, fresh }
    }

    /// The number, if there is one.
    pub(super) fn find(&self, kind: &str, name: &str) -> Option<i64> {
        self.names.of(kind, name).or_else(|| {
            let mut fresh = self.fresh.iter();
            fresh.find(|own| *own.kind == *kind && *own.name == *name).map(|own| own.id)
        })
    }

    /// The number, a new one if there is none.
    pub(super) fn of(&mut self, kind: &str, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.find(kind, name) {
            return Ok(id);
        }
        self.connection
            .prepare_cached("INSERT INTO names (kind, name) VALUES (?1, ?2)")?
            .execute(params![kind, name])?;
        let id = self.connection.last_insert_rowid();
        self.fresh.push(Fresh { kind: kind.into(), name: name.into(), id });
        Ok(id)
    }
}
