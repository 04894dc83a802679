//! Reading a stream's events in order, from any place, in both directions.

use service::Ctx;
use store::Scan;

use crate::Error;
use crate::error::invalid;
use crate::records::{CHUNKS, ChunkRecord, EventRecord, chunk_place, chunks_prefix};

/// The longest answer, in bytes of messages.
// AWS: AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// What every event counts besides its message.
// AWS: AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
pub(crate) const EVENT_OVERHEAD_BYTES: usize = 26;
/// Length of a chunk's place in its key.
const PLACE_LENGTH: usize = 24;
/// Chunks read at a time.
const PAGE: usize = 100;

/// A place between two events of a stream: before event `index` of the chunk at `place`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Cut {
    place: String,
    index: usize,
}

impl Cut {
    /// Before the first event that is not older than this.
    ///
    /// A chunk spans a day at most, so events of this age are in no chunk that begins earlier.
    // AWS: AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html (24 hours)
    pub(crate) fn not_after(unix_ms: i64) -> Self {
        Self { place: chunk_place(unix_ms.saturating_sub(MAX_SPAN_MS), 0), index: 0 }
    }

    /// The text of a token.
    pub(crate) fn token(&self) -> String {
        format!("{:0>PLACE_LENGTH$}{:08x}", self.place, self.index)
    }

    /// Reads a token's text.
    ///
    /// # Errors
    /// `InvalidParameterException`.
    pub(crate) fn read(token: &str) -> Result<Self, Error> {
        let wrong = || invalid("The specified nextToken is invalid.");
        let is_hex = token.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (place, index) = token.split_at_checked(PLACE_LENGTH).ok_or_else(wrong)?;
        if !is_hex || index.len() != 8 {
            return Err(wrong());
        }
        let index = usize::from_str_radix(index, 16).map_err(|_| wrong())?;
        Ok(Self { place: place.to_owned(), index })
    }
}

/// The longest time between the first and the last event of a chunk.
pub(crate) const MAX_SPAN_MS: i64 = 24 * 3_600_000;

/// An event with its place.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) timestamp_ms: i64,
    pub(crate) ingested_ms: i64,
    pub(crate) message: String,
    pub(crate) at: Cut,
}

impl Event {
    /// The place right after it.
    pub(crate) fn after(&self) -> Cut {
        Cut { place: self.at.place.clone(), index: self.at.index + 1 }
    }

    /// AWS's event ids are long decimal numbers that grow with time.
    pub(crate) fn id(&self) -> String {
        let digits = |at: std::ops::Range<usize>| {
            let text = self.at.place.get(at).unwrap_or_default();
            u64::from_str_radix(text, 16).unwrap_or_default()
        };
        format!("{:020}{:012}{:024}", digits(0..16), digits(16..24), self.at.index)
    }
}

/// Which events of which stream.
#[derive(Debug, Clone)]
pub(crate) struct Selection<'a> {
    pub(crate) group: &'a str,
    pub(crate) stream: &'a str,
    /// Not older.
    pub(crate) from_ms: i64,
    /// Older.
    pub(crate) until_ms: i64,
    pub(crate) most: usize,
}

impl Selection<'_> {
    fn holds(&self, event: &EventRecord) -> bool {
        self.from_ms <= event.0 && event.0 < self.until_ms
    }
}

/// Counts what an answer has room for.
struct Room {
    events: usize,
    bytes: usize,
}

impl Room {
    fn take(&mut self, message: &str) -> bool {
        let bytes = message.len() + EVENT_OVERHEAD_BYTES;
        // The first event always fits.
        if self.events == 0 || (self.bytes < bytes && self.bytes < MAX_ANSWER_BYTES) {
            return false;
        }
        self.events -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
        true
    }
}

/// The events from `cut` on.
pub(crate) async fn forward(
    ctx: &Ctx,
    selection: &Selection<'_>,
    cut: &Cut,
) -> Result<Vec<Event>, Error> {
    read(ctx, selection, cut, false).await
}

/// The last events before `cut` (`None`: before the end), oldest first.
pub(crate) async fn backward(
    ctx: &Ctx,
    selection: &Selection<'_>,
    cut: Option<&Cut>,
) -> Result<Vec<Event>, Error> {
    let end = Cut { place: "g".to_owned(), index: 0 };
    let mut events = read(ctx, selection, cut.unwrap_or(&end), true).await?;
    events.reverse();
    Ok(events)
}

async fn read(
    ctx: &Ctx,
    selection: &Selection<'_>,
    cut: &Cut,
    reverse: bool,
) -> Result<Vec<Event>, Error> {
    let prefix = chunks_prefix(&ctx.region, selection.group, selection.stream);
    // Cursors are exclusive and the cut's own chunk is wanted: begin right beside it.
    let mut after = match (reverse, cut.place.is_empty()) {
        (false, true) => None,
        (false, false) => before(&prefix, &cut.place),
        (true, _) => Some(format!("{prefix}{}~", cut.place)),
    };
    let mut room = Room { events: selection.most, bytes: MAX_ANSWER_BYTES };
    let mut events = Vec::new();
    loop {
        let mut scan = Scan::of(CHUNKS, &prefix, PAGE);
        scan.after = after.as_deref();
        scan.reverse = reverse;
        let (page, next) = ctx.records::<ChunkRecord>(CHUNKS).scan(scan).await?;
        for found in page {
            let place = found.key.get(prefix.len()..).unwrap_or_default().to_owned();
            let ingested_ms = found.value.ingested_ms;
            let wanted = |event: &Event| if reverse { event.at < *cut } else { event.at >= *cut };
            let mut inside: Vec<Event> = found
                .value
                .events
                .into_iter()
                .enumerate()
                .filter(|(_, event)| selection.holds(event))
                .map(|(index, EventRecord(timestamp_ms, message))| Event {
                    timestamp_ms,
                    ingested_ms,
                    message,
                    at: Cut { place: place.clone(), index },
                })
                .filter(wanted)
                .collect();
            if reverse {
                inside.reverse();
            }
            for event in inside {
                if !room.take(&event.message) {
                    return Ok(events);
                }
                events.push(event);
            }
        }
        match next {
            Some(cursor) => after = Some(cursor),
            None => return Ok(events),
        }
    }
}

/// A cursor that stands before the chunk at `place` and after all before it.
fn before(prefix: &str, place: &str) -> Option<String> {
    let number = u128::from_str_radix(place, 16).ok()?;
    let previous = number.checked_sub(1)?;
    Some(format!("{prefix}{previous:0PLACE_LENGTH$x}~"))
}

/// The place after everything that is there now.
pub(crate) async fn end(ctx: &Ctx, group: &str, stream: &str) -> Result<Cut, Error> {
    let prefix = chunks_prefix(&ctx.region, group, stream);
    let mut scan = Scan::of(CHUNKS, &prefix, 1);
    scan.reverse = true;
    let (mut page, _) = ctx.records::<ChunkRecord>(CHUNKS).scan(scan).await?;
    Ok(page.pop().map_or_else(Cut::default, |found| Cut {
        place: found.key.get(prefix.len()..).unwrap_or_default().to_owned(),
        index: found.value.events.len(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let cut = Cut { place: chunk_place(1_700_000_000_000, 7), index: 3 };
        assert_eq!(Cut::read(&cut.token()).unwrap(), cut);
        assert!(Cut::read(&Cut::default().token()).unwrap() < cut);
        for wrong in ["", "x", "é".repeat(16).as_str(), &"g".repeat(32), &"0".repeat(40)] {
            assert!(Cut::read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(before("p:", &chunk_place(0, 0)), None);
        assert!(
            before("p:", &chunk_place(5, 0)).unwrap() > format!("p:{}", chunk_place(4, u32::MAX))
        );
        assert!(before("p:", &chunk_place(5, 0)).unwrap() < format!("p:{}", chunk_place(5, 0)));
    }
}
