//! As much of gRPC as the protocol needs: unary calls, without compression, over HTTP/2 on a Unix socket.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::fmt::Write as _;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// How long a message may be: what the SDKs send at most.
const MAX_MESSAGE_BYTES: usize = 400 << 20;
/// A message's length and whether it is compressed come before it.
const PREFIX: usize = 5;

/// One call, and where its answer goes.
pub(super) struct Call {
    /// `/pulumirpc.Engine/Log`
    pub(super) method: String,
    pub(super) message: Bytes,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// The encoded message, or why there is none.
pub(super) type Answer = Result<Vec<u8>, Status>;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    code: u32,
    message: String,
}

impl Status {
    /// The message cannot be read.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { code: 3, message: message.into() }
    }

    /// There is no such method.
    pub(super) fn unimplemented(message: impl Into<String>) -> Self {
        Self { code: 12, message: message.into() }
    }

    /// No more calls are answered.
    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self { code: 14, message: message.into() }
    }
}

/// A server; it ends when this is dropped.
pub(super) struct Serving(tokio::task::AbortHandle);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Takes connections and passes their calls on.
pub(super) fn serve(listener: UnixListener, calls: mpsc::Sender<Call>) -> Serving {
    let accept = async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let calls = calls.clone();
            connections.spawn(async move {
                let service = service_fn(move |request| answer(request, calls.clone()));
                let mut server = http2::Builder::new(TokioExecutor::new());
                // Every resource that is under way holds a stream.
                server.max_concurrent_streams(None);
                server.initial_stream_window_size(1 << 20).initial_connection_window_size(8 << 20);
                // A connection that breaks ends its program, which is seen there.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
            while connections.try_join_next().is_some() {}
        }
    };
    Serving(tokio::spawn(accept).abort_handle())
}

type Body = BoxBody<Bytes, Infallible>;

async fn answer(
    request: Request<Incoming>,
    calls: mpsc::Sender<Call>,
) -> Result<Response<Body>, Infallible> {
    let answer = match call(request, &calls).await {
        Ok(answer) => answer,
        Err(status) => Err(status),
    };
    let mut trailers = HeaderMap::new();
    let (code, body) = match answer {
        Ok(message) => (0, framed(&message)),
        Err(status) => {
            if let Ok(text) = HeaderValue::from_str(&percent_encoded(&status.message)) {
                trailers.insert("grpc-message", text);
            }
            (status.code, Bytes::new())
        }
    };
    trailers.insert("grpc-status", HeaderValue::from(code));
    let body = Full::new(body).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(body.boxed());
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}

async fn call(request: Request<Incoming>, calls: &mpsc::Sender<Call>) -> Result<Answer, Status> {
    let gone = || Status::unavailable("the deployment is over");
    let method = request.uri().path().to_owned();
    let body = Limited::new(request.into_body(), MAX_MESSAGE_BYTES + PREFIX);
    let body = body
        .collect()
        .await
        .map_err(|error| Status::invalid(format!("the message cannot be read: {error}")))?;
    let message = unframed(body.to_bytes())?;
    let (answer, answered) = oneshot::channel();
    calls.send(Call { method, message, answer }).await.map_err(|_| gone())?;
    answered.await.map_err(|_| gone())
}

fn framed(message: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(PREFIX + message.len());
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    bytes.put_slice(message);
    bytes.freeze()
}

fn unframed(mut body: Bytes) -> Result<Bytes, Status> {
    if body.len() < PREFIX {
        return Err(Status::invalid("the call has no message"));
    }
    if body.get_u8() != 0 {
        return Err(Status::unimplemented("compressed messages are not understood"));
    }
    let length = body.get_u32() as usize;
    if length != body.len() {
        return Err(Status::invalid("the call must have one message"));
    }
    Ok(body)
}

/// A text as a header has it: what is not plain is percent-encoded.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (b' '..=b'~').contains(&byte) && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{framed, percent_encoded, unframed};
    use bytes::Bytes;

    #[test]
    fn messages_are_framed() {
        for message in [&b""[..], b"x", &[7; 300]] {
            assert_eq!(unframed(framed(message)).expect("it is whole"), message);
        }
        for broken in [&b""[..], b"\0\0\0\0", b"\x01\0\0\0\0", b"\0\0\0\0\x01", b"\0\0\0\0\0x"] {
            assert!(unframed(Bytes::copy_from_slice(broken)).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn texts_are_plain_in_headers() {
        assert_eq!(percent_encoded("50 % ü\n"), "50 %25 %C3%BC%0A");
    }
}
