//! Reading several streams at once, in the order of time.

use crate::error::Error;
use crate::position::Position;
use crate::reading::{Direction, Reader};
use crate::records::{Event, Stream};
use service::{Ctx, Found};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Chunks that one request reads before it answers with what it has.
const ENOUGH_CHUNKS: usize = 2_000;
/// The same for every stream it has begun, so that it gets beyond their beginnings.
const ENOUGH_CHUNKS_PER_STREAM: usize = 4;
/// Chunks read at a time, of all streams together.
const READ_AT_ONCE: usize = 16;

/// The place of an event among several streams, or the gap right before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) ms: i64,
    pub(crate) stream: String,
    pub(crate) chunk: u64,
    pub(crate) index: u32,
}

impl Place {
    fn of(stream: &str, position: Position) -> Self {
        let Position { ms, chunk, index } = position;
        Self { ms, stream: stream.to_owned(), chunk, index }
    }

    /// The gap right after the event at this place.
    pub(crate) fn after(self) -> Self {
        Self { index: self.index.saturating_add(1), ..self }
    }

    /// The place within the event's own stream.
    pub(crate) fn position(&self) -> Position {
        Position { ms: self.ms, chunk: self.chunk, index: self.index }
    }

    /// Where a stream goes on after the gap.
    fn resume(&self, stream: &str) -> Position {
        match stream.cmp(&self.stream) {
            Ordering::Less => Position::before(self.ms.saturating_add(1)),
            Ordering::Equal => self.position(),
            Ordering::Greater => Position::before(self.ms),
        }
    }

    /// The gap as a page's cursor.
    pub(crate) fn cursor(&self) -> String {
        format!("{}{}", self.position().digits(), self.stream)
    }

    /// Reads [`Place::cursor`].
    pub(crate) fn read(cursor: &str) -> Option<Self> {
        let (digits, stream) = cursor.split_at_checked(37)?;
        Some(Self::of(stream, Position::read(digits)?))
    }
}

/// Where a stream's next event comes from.
enum Source<'a> {
    /// Nothing has been read; the next event is not before the entry's place.
    Closed(Found<Stream>, Position),
    /// The event at the entry's place, and the reader of those after it.
    Open(Event, Reader<'a>),
}

struct Entry<'a> {
    place: Place,
    source: Source<'a>,
}

/// Reads the events of several streams.
pub(crate) struct Merge<'a> {
    ctx: &'a Ctx,
    to: Position,
    heap: BinaryHeap<Entry<'a>>,
    chunks_read: usize,
    enough: usize,
    at_once: usize,
}

impl<'a> Merge<'a> {
    /// A reader of the streams' events between two gaps, beginning at `gap` when there is one.
    pub(crate) fn new(
        ctx: &'a Ctx,
        streams: Vec<Found<Stream>>,
        (from, to): (Position, Position),
        gap: Option<&Place>,
    ) -> Self {
        let at_once = (READ_AT_ONCE / streams.len().max(1)).max(1);
        let mut heap = BinaryHeap::new();
        for stream in streams {
            let (Some(first_ms), Some(last_ms)) =
                (stream.value.first_event_ms, stream.value.last_event_ms)
            else {
                continue;
            };
            let resume = gap.map_or(from, |gap| gap.resume(&stream.value.name).max(from));
            if last_ms < resume.ms || first_ms > to.ms {
                continue;
            }
            let place = Place::of(&stream.value.name, resume.max(Position::before(first_ms)));
            heap.push(Entry { place, source: Source::Closed(stream, resume) });
        }
        Self { ctx, to, heap, chunks_read: 0, enough: ENOUGH_CHUNKS, at_once }
    }

    /// The next event of all.
    pub(crate) async fn next(&mut self) -> Result<Option<(Place, Event)>, Error> {
        while let Some(Entry { place, source }) = self.heap.pop() {
            match source {
                Source::Closed(stream, from) => {
                    let direction = Direction::Forward;
                    let reader = Reader::new(self.ctx, &stream, direction, from, self.to)
                        .reading_at_once(self.at_once);
                    self.enough += ENOUGH_CHUNKS_PER_STREAM;
                    self.advance(place.stream, reader).await?;
                }
                Source::Open(event, reader) => {
                    self.advance(place.stream.clone(), reader).await?;
                    return Ok(Some((place, event)));
                }
            }
        }
        Ok(None)
    }

    /// So much has been read that it is time to answer.
    pub(crate) fn is_enough(&self) -> bool {
        self.chunks_read > self.enough
    }

    async fn advance(&mut self, stream: String, mut reader: Reader<'a>) -> Result<(), Error> {
        let before = reader.chunks_read;
        let next = reader.next().await?;
        self.chunks_read += reader.chunks_read - before;
        if let Some((position, event)) = next {
            let place = Place::of(&stream, position);
            self.heap.push(Entry { place, source: Source::Open(event, reader) });
        }
        Ok(())
    }
}

// A binary heap gives the greatest first: the earliest place is the greatest entry.
impl Ord for Entry<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.place.cmp(&self.place)
    }
}

impl PartialOrd for Entry<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl Eq for Entry<'_> {}
