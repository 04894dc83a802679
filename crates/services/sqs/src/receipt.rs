//! Receipt handles: which message, and which receive of it.

use crate::error::Error;
use crate::records::Queue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a handle says. Opaque to clients.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Receipt {
    /// What follows the queue's prefix in the message's key.
    pub(crate) tail: String,
    /// The mark that the message had after that receive.
    pub(crate) mark: String,
}

impl Receipt {
    /// The handle.
    pub(crate) fn handle(&self, queue: &Queue) -> String {
        STANDARD.encode(format!("{}\n{}\n{}", queue.id, self.mark, self.tail))
    }

    /// Reads a handle of this queue.
    ///
    /// # Errors
    /// `MissingParameter` without one, `ReceiptHandleIsInvalid` when it is none, or another queue's.
    pub(crate) fn read(queue: &Queue, handle: Option<&str>) -> Result<Self, Error> {
        let handle = handle.filter(|handle| !handle.trim().is_empty());
        let handle = handle.ok_or_else(|| Error::Missing("ReceiptHandle".to_owned()))?;
        Self::parse(queue, handle).ok_or_else(|| Error::ReceiptHandle(handle.to_owned()))
    }

    fn parse(queue: &Queue, handle: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(handle).ok()?).ok()?;
        let mut parts = text.splitn(3, '\n');
        let id = parts.next()?;
        let mark = parts.next()?.to_owned();
        let tail = parts.next()?.to_owned();
        (id == queue.id && !mark.is_empty() && !tail.is_empty()).then_some(Self { tail, mark })
    }
}
