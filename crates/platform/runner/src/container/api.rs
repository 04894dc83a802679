//! Requests to a container engine.

use std::path::PathBuf;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpStream, UnixStream};

/// The most bytes of an answer that is read as a whole.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// A container engine.
#[derive(Debug, Clone)]
pub(super) enum Engine {
    Unix(PathBuf),
    Tcp(String),
}

/// An answer: its status and, as far as it is JSON, its content.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Answer {
    /// What the engine has to say about a refusal.
    pub(super) fn why(&self) -> String {
        let said = self.body.get("message").and_then(Value::as_str).map(str::to_owned);
        said.unwrap_or_else(|| self.status.to_string())
    }
}

impl Engine {
    /// The engine at an address: `unix:///path` or `tcp://host:port`.
    pub(super) fn new(address: &str) -> Result<Self, String> {
        if let Some(path) = address.strip_prefix("unix://") {
            return Ok(Self::Unix(path.into()));
        }
        match address.strip_prefix("tcp://").or_else(|| address.strip_prefix("http://")) {
            Some(host) => Ok(Self::Tcp(host.trim_end_matches('/').to_owned())),
            None => Err(format!("{address} is neither unix:///PATH nor tcp://HOST:PORT")),
        }
    }

    /// Whether it answers.
    pub(super) async fn ping(&self) -> Result<(), String> {
        let answer = self.send(Method::GET, "/_ping", None).await?;
        if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string()) }
    }

    /// Asks, and reads the answer to its end.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let mut answer = self.send(method, path, body).await?;
        let mut bytes = Vec::new();
        while let Some(frame) = answer.body_mut().frame().await {
            let frame = frame.map_err(|error| error.to_string())?;
            if let Some(data) = frame.data_ref() {
                bytes.extend_from_slice(data);
            }
            if bytes.len() > LONGEST_ANSWER {
                return Err("its answer is too long".to_owned());
            }
        }
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok(Answer { status: answer.status(), body })
    }

    /// Asks; the answer's content is for the caller to read.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>, String> {
        let said = |error: hyper::Error| error.to_string();
        let body = body.map(ToString::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Host", "refit")
            .header("Content-Type", "application/json")
            .header("Content-Length", body.len())
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        match self {
            Self::Unix(path) => {
                let stream = UnixStream::connect(path)
                    .await
                    .map_err(|error| format!("cannot connect to {}: {error}", path.display()))?;
                let (mut sender, connection) =
                    http1::handshake(TokioIo::new(stream)).await.map_err(said)?;
                tokio::spawn(connection);
                sender.send_request(request).await.map_err(said)
            }
            Self::Tcp(host) => {
                let stream = TcpStream::connect(host)
                    .await
                    .map_err(|error| format!("cannot connect to {host}: {error}"))?;
                let (mut sender, connection) =
                    http1::handshake(TokioIo::new(stream)).await.map_err(said)?;
                tokio::spawn(connection);
                sender.send_request(request).await.map_err(said)
            }
        }
    }
}

/// Escapes what is not plain in a part of a URL.
pub(super) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").ok();
        }
        out
    })
}
