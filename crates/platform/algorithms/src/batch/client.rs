//! Asking the model's server, where it listens.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use crate::place::Place;

/// Between two pings.
const PAUSE: Duration = Duration::from_millis(100);
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// How the server is asked.
pub(super) struct Client {
    pub(super) place: Place,
    pub(super) content_type: Option<String>,
    pub(super) accept: Option<String>,
    pub(super) patience: Duration,
}

impl Client {
    /// Returns once the server answers its pings.
    pub(super) async fn ready(&self) {
        loop {
            let ping = self.send(Method::GET, "/ping", Bytes::new());
            if let Ok(Ok((StatusCode::OK, _))) = timeout(PING_TIMEOUT, ping).await {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The answer to one request; the error is for the user.
    pub(super) async fn ask(&self, body: Bytes) -> Result<Bytes, String> {
        let asked = timeout(self.patience, self.send(Method::POST, "/invocations", body)).await;
        let (status, answer) = asked.map_err(|_| {
            format!("the model did not answer within {} seconds", self.patience.as_secs())
        })??;
        if status.is_success() {
            return Ok(answer);
        }
        let text: String = String::from_utf8_lossy(&answer).chars().take(500).collect();
        Err(format!("the model answered {status}: {}", text.trim()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<(StatusCode, Bytes), String> {
        let text = |error: &dyn std::fmt::Display| format!("the model cannot be asked: {error}");
        let stream = self.place.connect().await.map_err(|error| text(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| text(&error))?;
        let connection = tokio::spawn(connection);
        let host = match self.place {
            Place::Port(port) => format!("127.0.0.1:{port}"),
            Place::Socket(_) => "localhost".to_owned(),
        };
        let mut request = Request::builder().method(method).uri(path).header(HOST, host);
        for (name, value) in [(CONTENT_TYPE, &self.content_type), (ACCEPT, &self.accept)] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::new(body)).map_err(|error| text(&error))?;
        let response = sender.send_request(request).await.map_err(|error| text(&error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| text(&error))?;
        connection.abort();
        Ok((status, body.to_bytes()))
    }
}
