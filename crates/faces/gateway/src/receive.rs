//! Reading a request's body, within limits of size and patience.

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use service::AwsError;
use std::time::Duration;
use tokio::time::timeout;

/// How long a client may pause within a body.
const PAUSE: Duration = Duration::from_secs(30);

/// The whole body, when it is not longer than `most_bytes`.
///
/// # Errors
/// When it is too long, stops coming, or breaks off.
pub(crate) async fn body<B>(body: B, most_bytes: usize) -> Result<Vec<u8>, AwsError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut body = Box::pin(Limited::new(body, most_bytes));
    let mut bytes = Vec::new();
    loop {
        let Ok(frame) = timeout(PAUSE, body.frame()).await else {
            let text = format!("nothing of the body came for {} seconds", PAUSE.as_secs());
            return Err(AwsError::fault("RequestTimeout", text, 408));
        };
        match frame {
            None => return Ok(bytes),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
            Some(Err(error)) if error.is::<LengthLimitError>() => {
                let text = format!("the request's body is longer than {most_bytes} bytes");
                return Err(AwsError::fault("RequestEntityTooLargeException", text, 413));
            }
            Some(Err(error)) => {
                let text = format!("the request's body cannot be read: {error}");
                return Err(AwsError::fault("IncompleteBody", text, 400));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::body;
    use http_body_util::{Full, StreamBody};
    use hyper::body::{Bytes, Frame};
    use std::io;

    #[tokio::test(start_paused = true)]
    async fn limits_of_size_and_patience() {
        let whole = || Full::new(Bytes::from_static(b"12345"));
        assert_eq!(body(whole(), 5).await.unwrap(), b"12345");
        assert_eq!(body(whole(), 4).await.unwrap_err().status, 413);
        let frame = Ok::<_, io::Error>(Frame::data(Bytes::from_static(b"1")));
        let first = futures_util::stream::iter([frame]);
        let stuck = futures_util::StreamExt::chain(first, futures_util::stream::pending());
        assert_eq!(body(StreamBody::new(stuck), 5).await.unwrap_err().status, 408);
        let broken = futures_util::stream::iter([Err::<Frame<Bytes>, _>(io::Error::other("gone"))]);
        assert_eq!(body(StreamBody::new(broken), 5).await.unwrap_err().status, 400);
    }
}
