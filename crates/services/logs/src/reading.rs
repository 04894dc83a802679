//! Reading the events of a stream in the order of time, chunk by chunk, from either end.
//!
//! Chunks are listed by the time of their first event. While appends come in the order of time each chunk begins where
//! the one before it ended; where they did not, the stream knows how far chunks reach into those after them
//! (`overlap_ms`). An event is handed out once no chunk still unread can hold one that comes before it.

use crate::error::Error;
use crate::position::{LATEST_MS, Position};
use crate::records::{CHUNK, Chunk, Event, Stream, chunks_from};
use service::{Ctx, Found};
use std::collections::BTreeMap;
use store::Scan;

/// Chunks read at a time, where nothing else is asked for.
const READ_AT_ONCE: usize = 16;

/// Which end to begin at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// Reads the events of one stream.
pub(crate) struct Reader<'a> {
    ctx: &'a Ctx,
    key: String,
    overlap_ms: i64,
    direction: Direction,
    /// The events asked for lie at or after this gap,
    from: Position,
    /// and before this one.
    to: Position,
    /// What to list chunks after; `None` before the first look.
    after: Option<String>,
    /// Forward: events before this time may be handed out. Backward: events after it.
    frontier_ms: i64,
    is_exhausted: bool,
    pending: BTreeMap<Position, Event>,
    /// Chunks read at a time.
    at_once: usize,
    /// How many chunks have been read.
    pub(crate) chunks_read: usize,
}

impl<'a> Reader<'a> {
    /// A reader of the events between two gaps.
    pub(crate) fn new(
        ctx: &'a Ctx,
        stream: &Found<Stream>,
        direction: Direction,
        from: Position,
        to: Position,
    ) -> Self {
        Self {
            ctx,
            key: stream.key.clone(),
            overlap_ms: stream.value.overlap_ms,
            direction,
            from,
            to,
            after: None,
            frontier_ms: if direction == Direction::Forward { -1 } else { i64::MAX },
            is_exhausted: from >= to,
            pending: BTreeMap::new(),
            at_once: READ_AT_ONCE,
            chunks_read: 0,
        }
    }

    /// The same, reading so many chunks at a time.
    pub(crate) fn reading_at_once(self, chunks: usize) -> Self {
        Self { at_once: chunks.max(1), ..self }
    }

    /// The next event in the reader's direction.
    pub(crate) async fn next(&mut self) -> Result<Option<(Position, Event)>, Error> {
        loop {
            let nearest = match self.direction {
                Direction::Forward => self.pending.first_entry(),
                Direction::Backward => self.pending.last_entry(),
            };
            if let Some(entry) = nearest {
                let ms = entry.key().ms;
                let is_settled = match self.direction {
                    Direction::Forward => ms < self.frontier_ms,
                    Direction::Backward => ms > self.frontier_ms,
                };
                if is_settled || self.is_exhausted {
                    return Ok(Some(entry.remove_entry()));
                }
            } else if self.is_exhausted {
                return Ok(None);
            }
            match self.direction {
                Direction::Forward => self.load_forward().await?,
                Direction::Backward => self.load_backward().await?,
            }
        }
    }

    async fn load_forward(&mut self) -> Result<(), Error> {
        if self.after.is_none() {
            self.load_what_reaches_in().await?;
        }
        let (chunks, has_more) = self.list(false, self.at_once).await?;
        for chunk in chunks {
            self.frontier_ms = chunk.first_ms();
            self.take(chunk);
        }
        self.is_exhausted = !has_more || self.frontier_ms > self.to.ms;
        Ok(())
    }

    /// Reads the chunks that begin before the first event asked for and may hold it all the same.
    async fn load_what_reaches_in(&mut self) -> Result<(), Error> {
        let start = chunks_from(&self.key, self.from.ms);
        self.after = Some(start.clone());
        // Mostly it is one: the chunk right before.
        let mut at_once = 1;
        loop {
            let (chunks, has_more) = self.list(true, at_once).await?;
            let earliest_ms = chunks.last().map_or(0, Chunk::first_ms);
            for chunk in chunks {
                self.take(chunk);
            }
            if !has_more || earliest_ms.saturating_add(self.overlap_ms) < self.from.ms {
                break;
            }
            at_once = self.at_once;
        }
        self.after = Some(start);
        Ok(())
    }

    async fn load_backward(&mut self) -> Result<(), Error> {
        if self.after.is_none() {
            // The character after `:`: chunks that begin at that very time are wanted too.
            self.after = Some(format!("{};", chunks_from(&self.key, self.to.ms)));
        }
        let (chunks, has_more) = self.list(true, self.at_once).await?;
        for chunk in chunks {
            self.frontier_ms = chunk.first_ms().saturating_add(self.overlap_ms);
            self.take(chunk);
        }
        self.is_exhausted = !has_more || self.frontier_ms < self.from.ms;
        Ok(())
    }

    /// The next chunks, and whether there are more.
    async fn list(&mut self, reverse: bool, limit: usize) -> Result<(Vec<Chunk>, bool), Error> {
        let prefix = format!("{}:", self.key);
        let after = self.after.as_deref();
        let scan = Scan { after, reverse, ..Scan::of(CHUNK, &prefix, limit) };
        let (found, next) = self.ctx.records::<Chunk>(CHUNK).scan(scan).await?;
        self.chunks_read += found.len();
        let has_more = next.is_some();
        if next.is_some() {
            self.after = next;
        }
        Ok((found.into_iter().map(|found| found.value).collect(), has_more))
    }

    fn take(&mut self, chunk: Chunk) {
        let (from, to) = (self.from, self.to);
        self.pending.extend(chunk.placed().filter(|(place, _)| (from..to).contains(place)));
    }
}

/// The gaps around the events of a time range; the start is included, the end is not.
pub(crate) fn time_range(
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    expired_before_ms: i64,
) -> (Position, Position) {
    let from_ms = start_ms.unwrap_or_default().max(expired_before_ms);
    (Position::before(from_ms), Position::before(end_ms.unwrap_or(LATEST_MS)))
}
