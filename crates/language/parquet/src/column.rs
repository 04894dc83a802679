//! A column of a row group: values with their levels, one after the other.

use serde_json::Value;

use crate::Error;
use crate::codec::Codec;
use crate::page::{self, Page, Part};
use crate::schema::Leaf;

/// The column's place in its chunk.
pub(crate) struct Column {
    chunk: Vec<u8>,
    codec: Codec,
    at: usize,
    dictionary: Vec<Value>,
    page: Option<Box<Page>>,
    /// Levels of the next value: repetition, definition.
    next: Option<(u16, u16)>,
}

fn level(number: u32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

impl Column {
    pub(crate) fn new(chunk: Vec<u8>, codec: Codec) -> Self {
        Self { chunk, codec, at: 0, dictionary: Vec::new(), page: None, next: None }
    }

    /// Levels of the next value, repetition first; none at the end.
    pub(crate) fn levels(&mut self, leaf: &Leaf) -> Result<Option<(u16, u16)>, Error> {
        while self.next.is_none() {
            if let Some(page) = self.page.as_mut().filter(|page| page.left > 0) {
                page.left -= 1;
                let repetition = match &mut page.repetitions {
                    Some(levels) => level(levels.next(&page.bytes)?),
                    None => 0,
                };
                let definition = match &mut page.definitions {
                    Some(levels) => level(levels.next(&page.bytes)?),
                    None => 0,
                };
                if repetition > leaf.max_repetition || definition > leaf.max_definition {
                    return Err(Error::Broken("a level is none of the schema's"));
                }
                self.next = Some((repetition, definition));
            } else if self.at >= self.chunk.len() {
                return Ok(None);
            } else {
                match page::next(leaf, self.codec, &self.chunk, &mut self.at)? {
                    Part::Page(page) => self.page = Some(page),
                    Part::Dictionary(found) => self.dictionary = found,
                    Part::Other => {}
                }
            }
        }
        Ok(self.next)
    }

    /// Takes the next value; null when it is not there.
    pub(crate) fn take(&mut self, leaf: &Leaf) -> Result<Value, Error> {
        let ended = || Error::Broken("a column has fewer values than the file has rows");
        let (_, definition) = self.levels(leaf)?.ok_or_else(ended)?;
        self.next = None;
        let Some(page) = &mut self.page else { return Err(ended()) };
        if definition < leaf.max_definition {
            return Ok(Value::Null);
        }
        page.values.next(leaf, &page.bytes, &self.dictionary)
    }
}
