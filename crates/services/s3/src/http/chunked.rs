//! Bodies in `aws-chunked` encoding whose signatures nobody looks at (open mode). Verified ones are read by the
//! protocol crate.

use std::sync::{Arc, Mutex, PoisonError};

use ::http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::StreamExt as _;
use s3s::dto::StreamingBlob;
use s3s::stream::{ByteStream, DynByteStream, RemainingLength};
use s3s::{Body, S3Error, S3ErrorCode};

/// The longest line between chunks, and the longest trailer, in bytes.
const MAX_LINE_BYTES: usize = 16 * 1024;

/// Headers that came after the content; there once the content has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Trailers(Arc<Mutex<HeaderMap>>);

impl Trailers {
    /// A trailing header.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let headers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        headers.get(name)?.to_str().ok().map(str::to_owned)
    }

    fn add(&self, line: &str) {
        let Some((name, value)) = line.split_once(':') else { return };
        let name = name.trim().parse::<HeaderName>();
        let value = HeaderValue::from_str(value.trim());
        if let (Ok(name), Ok(value)) = (name, value) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, value);
        }
    }
}

/// Replaces an encoded body by its content; leaves others alone.
///
/// # Errors
/// `MissingContentLength` when the content's length is not given.
pub(super) fn decode(request: &mut Request<Body>) -> Result<(), S3Error> {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let streaming = text("x-amz-content-sha256").is_some_and(|hash| hash.starts_with("STREAMING-"));
    if !streaming {
        return Ok(());
    }
    let length = text("x-amz-decoded-content-length")
        .and_then(|value| value.parse::<usize>().ok())
        .ok_or(S3ErrorCode::MissingContentLength)?;
    let trailers = Trailers::default();
    let body = std::mem::take(request.body_mut());
    let state =
        Decoder { body, buffer: BytesMut::new(), state: State::Size, trailers: trailers.clone() };
    let stream = futures_util::stream::try_unfold(state, |mut decoder| async move {
        let chunk = decoder.next().await?;
        Ok::<_, Malformed>(chunk.map(|chunk| (chunk, decoder)))
    });
    let content: DynByteStream = Box::pin(Sized { stream: StreamingBlob::wrap(stream), length });
    *request.body_mut() = Body::from(content);
    request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    request.extensions_mut().insert(trailers);
    Ok(())
}

/// The encoding is broken, or the client went away.
#[derive(Debug, thiserror::Error)]
#[error("the body's chunks cannot be read: {0}")]
struct Malformed(&'static str);

enum State {
    Size,
    Content(usize),
    Trailer,
    End,
}

struct Decoder {
    body: Body,
    buffer: BytesMut,
    state: State,
    trailers: Trailers,
}

impl Decoder {
    async fn next(&mut self) -> Result<Option<Bytes>, Malformed> {
        loop {
            match self.state {
                State::Size => {
                    let line = self.line().await?;
                    let digits = line.split(';').next().unwrap_or_default().trim();
                    let size = usize::from_str_radix(digits, 16)
                        .map_err(|_| Malformed("a chunk has no size"))?;
                    self.state = if size == 0 { State::Trailer } else { State::Content(size) };
                }
                State::Content(left) => {
                    if self.buffer.is_empty() && !self.fill().await? {
                        return Err(Malformed("the body ends early"));
                    }
                    let chunk = self.buffer.split_to(left.min(self.buffer.len())).freeze();
                    let left = left - chunk.len();
                    self.state = State::Content(left);
                    if left == 0 {
                        if !self.line().await?.is_empty() {
                            return Err(Malformed("a chunk is longer than its size"));
                        }
                        self.state = State::Size;
                    }
                    return Ok(Some(chunk));
                }
                State::Trailer => {
                    if self.buffer.is_empty() && !self.fill().await? {
                        self.state = State::End;
                        continue;
                    }
                    let line = self.line().await?;
                    if line.is_empty() {
                        self.state = State::End;
                    } else {
                        self.trailers.add(&line);
                    }
                }
                State::End => return Ok(None),
            }
        }
    }

    /// The next line without its end.
    async fn line(&mut self) -> Result<String, Malformed> {
        loop {
            if let Some(at) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(at);
                self.buffer.advance(1);
                let line = line.strip_suffix(b"\r").unwrap_or(&line);
                return Ok(String::from_utf8_lossy(line).into_owned());
            }
            if self.buffer.len() > MAX_LINE_BYTES {
                return Err(Malformed("a line is too long"));
            }
            if !self.fill().await? {
                return Ok(String::from_utf8_lossy(&self.buffer.split()).trim().to_owned());
            }
        }
    }

    /// Reads on; false at the end.
    async fn fill(&mut self) -> Result<bool, Malformed> {
        match self.body.next().await {
            Some(Ok(chunk)) => {
                self.buffer.extend_from_slice(&chunk);
                Ok(true)
            }
            Some(Err(_)) => Err(Malformed("the connection broke off")),
            None => Ok(false),
        }
    }
}

/// A stream whose length is known.
struct Sized {
    stream: StreamingBlob,
    length: usize,
}

impl futures_util::Stream for Sized {
    type Item = Result<Bytes, s3s::StdError>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::pin::Pin::new(&mut self.stream).poll_next(context)
    }
}

impl ByteStream for Sized {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(body: &str) -> Option<(String, Trailers)> {
        let mut request = Request::builder()
            .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
            .header("x-amz-decoded-content-length", "5")
            .body(Body::from(body.to_owned()))
            .unwrap();
        decode(&mut request).unwrap();
        let trailers = request.extensions().get::<Trailers>().unwrap().clone();
        let mut content = Vec::new();
        while let Some(chunk) = request.body_mut().next().await {
            content.extend_from_slice(&chunk.ok()?);
        }
        Some((String::from_utf8(content).unwrap(), trailers))
    }

    #[tokio::test]
    async fn bodies() {
        for (body, content) in [
            ("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n", Some("hello")),
            (
                "2;chunk-signature=aa\r\nhe\r\n3;chunk-signature=bb\r\nllo\r\n0;chunk-signature=cc\r\n\r\n",
                Some("hello"),
            ),
            ("5\r\nhello\r\n0\r\n", Some("hello")),
            ("5\r\nhel", None),
            ("zz\r\n", None),
            ("2\r\nhello\r\n0\r\n\r\n", None),
            ("ffffffffffffffffff\r\n", None),
            ("", None),
        ] {
            let read = read(body).await;
            assert_eq!(read.as_ref().map(|(content, _)| content.as_str()), content, "{body:?}");
            if body.contains("crc32") {
                let trailers = read.unwrap().1;
                assert_eq!(trailers.get("x-amz-checksum-crc32").as_deref(), Some("abc="));
            }
        }
    }
}
