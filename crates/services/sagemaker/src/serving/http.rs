//! Asking a serving process: one connection per request, where it listens.

use algorithms::Place;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_util::rt::TokioIo;
use std::time::Duration;

// AWS: your-algorithms-inference-code: a ping is answered within two seconds.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// Between two pings of a process that is not ready.
const PING_PAUSE: Duration = Duration::from_millis(100);

/// What a process answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Nothing of the request was sent.
    #[error("the container does not listen: {0}")]
    NoConnection(std::io::Error),
    /// The process went away before it answered anything.
    #[error("the container ended or closed the connection before it answered: {0}")]
    NoAnswer(String),
    /// The process went away or does not speak HTTP.
    #[error("the connection to the container broke off: {0}")]
    Broken(String),
    /// The answer is longer than is allowed.
    #[error("the container's response is longer than {0} bytes")]
    TooLong(usize),
}

/// Sends a request and reads its answer.
pub(crate) async fn send(
    place: &Place,
    mut request: Request<Full<Bytes>>,
    most_bytes: usize,
) -> Result<Answer, Trouble> {
    let stream = place.connect().await.map_err(Trouble::NoConnection)?;
    let host = match place {
        Place::Port(port) => format!("127.0.0.1:{port}"),
        Place::Socket(_) => "localhost".to_owned(),
    };
    if let Ok(host) = http::HeaderValue::from_str(&host) {
        request.headers_mut().insert(http::header::HOST, host);
    }
    let broken = |error: &dyn std::fmt::Display| Trouble::Broken(error.to_string());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|e| broken(&e))?;
    let connection = tokio::spawn(connection);
    let answered = async {
        let response = sender
            .send_request(request)
            .await
            .map_err(|error| Trouble::NoAnswer(error.to_string()))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, most_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Trouble::TooLong(most_bytes)
            } else {
                broken(&error)
            }
        })?;
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes() })
    };
    let answer = answered.await;
    connection.abort();
    answer
}

/// Returns once the process answers its pings.
// AWS: a container is ready when it answers 200 to GET /ping.
pub(crate) async fn ready(place: &Place) {
    loop {
        let ping = Request::builder().method(Method::GET).uri("/ping").body(Full::default());
        if let Ok(ping) = ping
            && let Ok(Ok(answer)) =
                tokio::time::timeout(PING_TIMEOUT, send(place, ping, 1 << 20)).await
            && answer.status == StatusCode::OK
        {
            return;
        }
        tokio::time::sleep(PING_PAUSE).await;
    }
}
