//! Rows out of columns.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::Error;
use crate::column::Column;
use crate::footer::Group;
use crate::schema::{Node, Schema};

/// Most values, and most bytes of texts, of one row: one with more could not be the input of anything.
const MAX_VALUES: usize = 131_072;
const MAX_BYTES: usize = 8 << 20;
/// Bytes of texts after which no more rows are read at once.
const ENOUGH_BYTES: usize = 1 << 20;

/// The rows of a row group.
pub struct Rows {
    schema: Arc<Schema>,
    columns: Vec<Column>,
    left: u64,
    /// Values and bytes of the row that is being read.
    values: usize,
    bytes: usize,
}

impl Rows {
    /// The rows of a group of a file, given the bytes of its chunks.
    ///
    /// # Errors
    /// When there are more or fewer chunks than the group has.
    pub fn new(footer: &crate::Footer, group: &Group, chunks: Vec<Vec<u8>>) -> Result<Self, Error> {
        if chunks.len() != footer.schema.leaves.len() || chunks.len() != group.chunks.len() {
            return Err(Error::Broken("a row group has other columns than the schema"));
        }
        let columns = chunks.into_iter().zip(&group.chunks);
        let columns = columns.map(|(bytes, chunk)| Column::new(bytes, chunk.codec)).collect();
        Ok(Self { schema: footer.schema.clone(), columns, left: group.rows, values: 0, bytes: 0 })
    }

    /// The next rows as objects, at most `most` and fewer if they are long; none when there are no more.
    ///
    /// # Errors
    /// When the columns are broken.
    pub fn next(&mut self, most: usize) -> Result<Vec<Value>, Error> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let schema = self.schema.clone();
        while self.left > 0 && rows.len() < most && bytes < ENOUGH_BYTES {
            self.left -= 1;
            (self.values, self.bytes) = (0, 0);
            let mut row = Map::new();
            for (name, node) in &schema.fields {
                row.insert(name.clone(), self.read(node)?);
            }
            rows.push(Value::Object(row));
            bytes += self.bytes;
        }
        Ok(rows)
    }

    fn levels(&mut self, column: usize) -> Result<Option<(u16, u16)>, Error> {
        self.columns[column].levels(&self.schema.leaves[column])
    }

    fn take(&mut self, column: usize) -> Result<Value, Error> {
        let value = self.columns[column].take(&self.schema.leaves[column])?;
        self.values += 1;
        self.bytes += value.as_str().map_or(0, str::len);
        if self.values > MAX_VALUES || self.bytes > MAX_BYTES {
            return Err(Error::TooLarge("a row has more than 131,072 values or 8 MiB"));
        }
        Ok(value)
    }

    /// Passes over something that is not there.
    fn pass(&mut self, columns: &Range<usize>) -> Result<(), Error> {
        columns.clone().try_for_each(|column| self.take(column).map(drop))
    }

    /// Whether a part with this definition level is there.
    fn is_there(&mut self, columns: &Range<usize>, definition: u16) -> Result<bool, Error> {
        let levels = self.levels(columns.start)?;
        Ok(levels.is_some_and(|(_, found)| found >= definition))
    }

    /// Whether a repeated part goes on.
    fn goes_on(&mut self, columns: &Range<usize>, repetition: u16) -> Result<bool, Error> {
        let levels = self.levels(columns.start)?;
        Ok(levels.is_some_and(|(found, _)| found >= repetition))
    }

    fn read(&mut self, node: &Node) -> Result<Value, Error> {
        match node {
            Node::Leaf(column) => self.take(*column),
            Node::Optional { definition, columns, inner } => {
                if self.is_there(columns, *definition)? {
                    return self.read(inner);
                }
                self.pass(columns)?;
                Ok(Value::Null)
            }
            Node::Struct(fields) => {
                let mut object = Map::new();
                for (name, node) in fields {
                    object.insert(name.clone(), self.read(node)?);
                }
                Ok(Value::Object(object))
            }
            Node::List { definition, repetition, columns, element } => {
                let mut items = Vec::new();
                if !self.is_there(columns, *definition)? {
                    self.pass(columns)?;
                    return Ok(Value::Array(items));
                }
                loop {
                    items.push(self.read(element)?);
                    if !self.goes_on(columns, *repetition)? {
                        return Ok(Value::Array(items));
                    }
                }
            }
            Node::Map { definition, repetition, columns, key, value } => {
                let mut object = Map::new();
                if !self.is_there(columns, *definition)? {
                    self.pass(columns)?;
                    return Ok(Value::Object(object));
                }
                loop {
                    let name = match self.read(key)? {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    let found = match value {
                        Some(value) => self.read(value)?,
                        None => Value::Null,
                    };
                    object.insert(name, found);
                    if !self.goes_on(columns, *repetition)? {
                        return Ok(Value::Object(object));
                    }
                }
            }
        }
    }
}
