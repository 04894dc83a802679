//! A load generator: raw HTTP/1.1 over connections that stay open, requests signed before the clock runs.

use serde_json::Value;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::HttpRequestParts;
use wire::sigv4::{Credentials, sign};

/// Whom to call, and as whom.
#[derive(Clone)]
pub(crate) struct Target {
    /// `address:port`.
    pub(crate) host: String,
    pub(crate) credentials: Credentials,
}

impl Target {
    /// A signed request of a JSON service as bytes.
    pub(crate) fn request(&self, target: &str, signed_for: &str, input: &Value) -> Vec<u8> {
        let mut parts = HttpRequestParts { body: input.to_string().into(), ..Default::default() };
        parts.headers.push("Content-Type", "application/x-amz-json-1.1");
        parts.headers.push("X-Amz-Target", target);
        self.signed(parts, signed_for)
    }

    /// A signed request of a query service as bytes.
    pub(crate) fn form(&self, signed_for: &str, body: &str) -> Vec<u8> {
        let mut parts = HttpRequestParts { body: body.into(), ..Default::default() };
        parts.headers.push("Content-Type", "application/x-www-form-urlencoded");
        self.signed(parts, signed_for)
    }

    /// A signed request that makes an object, or, of a path that ends in `/`, a bucket.
    pub(crate) fn object(&self, path: &str, body: Vec<u8>) -> Vec<u8> {
        let mut parts = HttpRequestParts { body, ..Default::default() };
        "PUT".clone_into(&mut parts.method);
        path.clone_into(&mut parts.path);
        parts.headers.push("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
        self.signed(parts, "s3")
    }

    fn signed(&self, mut parts: HttpRequestParts, signed_for: &str) -> Vec<u8> {
        if parts.method.is_empty() {
            "POST".clone_into(&mut parts.method);
            "/".clone_into(&mut parts.path);
        }
        parts.headers.push("Host", self.host.clone());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = now.as_millis() as i64;
        sign(&mut parts, &self.credentials, "us-east-1", signed_for, now_ms)
            .expect("it has a host");
        let mut bytes = format!("{} {} HTTP/1.1\r\n", parts.method, parts.path).into_bytes();
        for (name, value) in parts.headers.iter() {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", parts.body.len()).as_bytes());
        bytes.extend_from_slice(&parts.body);
        bytes
    }

    /// A signed request of Step Functions.
    pub(crate) fn states(&self, operation: &str, input: &Value) -> Vec<u8> {
        self.request(&format!("AWSStepFunctions.{operation}"), "states", input)
    }

    /// Makes one call and reads its answer.
    ///
    /// # Panics
    /// When it is refused.
    pub(crate) async fn call(&self, request: &[u8]) -> Value {
        let mut connection = Connection::open(&self.host).await.expect("the server listens");
        let answer = connection.call(request).await.expect("the server answers");
        let text = String::from_utf8_lossy(answer.body).into_owned();
        assert_eq!(answer.status, 200, "{text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

/// An answer.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

/// One connection that stays open.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(host: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request and reads the answer as a whole.
    pub(crate) async fn call(&mut self, request: &[u8]) -> std::io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let broken = || std::io::Error::other("the answer cannot be read");
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let text = std::str::from_utf8(&self.buffer[..head]).map_err(|_| broken())?;
            let status = text.get(9..12).and_then(|status| status.parse().ok());
            let length = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().ok())?
            });
            let (Some(status), Some(length)) = (status, length) else { return Err(broken()) };
            let end = head + 4 + length;
            while self.buffer.len() < end {
                if self.stream.read_buf(&mut self.buffer).await? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
            }
            return Ok(Answer { status, body: &self.buffer[head + 4..end] });
        }
    }
}

/// What came of a load.
#[derive(Default)]
pub(crate) struct Load {
    /// Time of each call that was answered with 200, in milliseconds, sorted.
    pub(crate) times: Vec<f64>,
    /// Calls that were answered otherwise, and the first such answer.
    pub(crate) refused: usize,
    pub(crate) first_refusal: Option<String>,
    pub(crate) seconds: f64,
}

/// Sends each list of requests over a connection of its own, one after the other, for at most `most`.
pub(crate) async fn load(host: &str, lists: Vec<Vec<Vec<u8>>>, most: Duration) -> Load {
    let mut connections = Vec::new();
    for list in lists {
        connections.push((Connection::open(host).await.expect("the server listens"), list));
    }
    let begun = Instant::now();
    let lanes = connections.into_iter().map(|(mut connection, list)| async move {
        let mut own = Load::default();
        for request in list {
            if begun.elapsed() > most {
                break;
            }
            let before = Instant::now();
            let answer = connection.call(&request).await.expect("the server answers");
            if answer.status == 200 {
                own.times.push(before.elapsed().as_secs_f64() * 1000.0);
            } else {
                own.refused += 1;
                let text = String::from_utf8_lossy(answer.body).into_owned();
                own.first_refusal.get_or_insert(text);
            }
        }
        own
    });
    let mut all = Load::default();
    for own in futures_util::future::join_all(lanes).await {
        all.times.extend(own.times);
        all.refused += own.refused;
        all.first_refusal = all.first_refusal.or(own.first_refusal);
    }
    all.seconds = begun.elapsed().as_secs_f64();
    all.times.sort_by(f64::total_cmp);
    all
}
