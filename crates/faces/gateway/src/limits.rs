//! How much the gateway takes on at a time. What is beyond is refused in AWS's words, and clients try again later: memory
//! does not grow with what is asked.

use service::AwsError;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wire::Protocol;

/// Connections open at a time; others wait in the listener's queue.
const MOST_CONNECTIONS: usize = 8_192;
/// Requests being answered at a time, those that wait for a message or an end included.
const MOST_REQUESTS: usize = 4_096;
/// KiB of request bodies in memory at a time.
const MOST_BODY_KIB: usize = 512 * 1024;

/// What may still be taken on.
pub(crate) struct Limits {
    connections: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    body_kib: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        Self::of(MOST_CONNECTIONS, MOST_REQUESTS, MOST_BODY_KIB)
    }
}

/// Held while a request is being answered.
pub(crate) struct Admission {
    _request: OwnedSemaphorePermit,
    _body: OwnedSemaphorePermit,
}

impl Limits {
    fn of(connections: usize, requests: usize, body_kib: usize) -> Self {
        let semaphore = |most| Arc::new(Semaphore::new(most));
        Self {
            connections: semaphore(connections),
            requests: semaphore(requests),
            body_kib: semaphore(body_kib),
        }
    }

    /// Room for a connection; waits for it.
    pub(crate) async fn connection(&self) -> Option<OwnedSemaphorePermit> {
        self.connections.clone().acquire_owned().await.ok()
    }

    /// Room for a request with a body of at most so many bytes; `None` when there is none now.
    pub(crate) fn admit(&self, body_bytes: u64) -> Option<Admission> {
        let kib = u32::try_from(body_bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        Some(Admission {
            _request: self.requests.clone().try_acquire_owned().ok()?,
            _body: self.body_kib.clone().try_acquire_many_owned(kib).ok()?,
        })
    }
}

/// The refusal in the words of a protocol.
// AWS: common errors of each service; Lambda: TooManyRequestsException; S3: SlowDown.
pub(crate) fn too_much(protocol: Protocol) -> AwsError {
    match protocol {
        Protocol::Json | Protocol::Cbor => AwsError::new("ThrottlingException", "Rate exceeded"),
        Protocol::Query => AwsError::new("Throttling", "Rate exceeded"),
        Protocol::RestJson => {
            AwsError::new("TooManyRequestsException", "Rate Exceeded.").with_status(429)
        }
        Protocol::RestXml => {
            AwsError::fault("SlowDown", "Please reduce your request rate.".to_owned(), 503)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[tokio::test]
    async fn what_is_too_much_is_refused_until_something_is_done() {
        let limits = Limits::of(1, 2, 10);
        let first = limits.admit(9 * 1024).unwrap();
        assert!(limits.admit(2 * 1024).is_none(), "no room for the body");
        let second = limits.admit(1).unwrap();
        assert!(limits.admit(0).is_none(), "no room for the request");
        drop(first);
        assert!(limits.admit(9 * 1024).is_some());
        drop(second);
        assert!(limits.admit(u64::MAX).is_none());
        let connection = limits.connection().await;
        assert!(connection.is_some());
    }
}
