//! From a queue's URL to the queue, and back.

use crate::error::Error;
use crate::records::{Queue, queue_named};
use service::{Ctx, Found};

/// Account and name at the end of a queue's URL. A bare name stands for a queue of the caller's account, as with AWS.
pub(crate) fn read(url: &str) -> (Option<&str>, &str) {
    let path = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
    match path.rsplit_once('/') {
        Some((before, name)) => (before.rsplit('/').next(), name),
        None => (None, path),
    }
}

/// The queue of a request.
///
/// # Errors
/// `MissingParameter` without a URL, `QueueDoesNotExist` when there is no such queue.
pub(crate) async fn find(ctx: &Ctx, url: Option<&str>) -> Result<Found<Queue>, Error> {
    let url = url.filter(|url| !url.is_empty());
    let url = url.ok_or_else(|| Error::Missing("QueueUrl".to_owned()))?;
    let (account, name) = read(url);
    if account.is_some_and(|account| account != ctx.account()) {
        return Err(Error::NoQueue);
    }
    queue_named(ctx, name).await?.ok_or(Error::NoQueue)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_urls() {
        for (url, expected) in [
            ("http://127.0.0.1:4566/123456789012/q", (Some("123456789012"), "q")),
            (
                "https://sqs.eu-west-1.amazonaws.com/123456789012/q.fifo",
                (Some("123456789012"), "q.fifo"),
            ),
            ("http://h/queue/eu-west-1/123456789012/q/", (Some("123456789012"), "q")),
            ("/000000000000/q", (Some("000000000000"), "q")),
            ("q", (None, "q")),
            ("", (None, "")),
            ("é/ü", (Some("é"), "ü")),
        ] {
            assert_eq!(read(url), expected, "{url}");
        }
    }
}
