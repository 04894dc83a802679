//! HTTP requests to other people's servers: one request, one connection, with limits on size and time.
//!
//! **Invariant:** what is sent to another machine goes over TLS. Plain `http` reaches this machine alone (`localhost` and
//! loopback addresses): AWS takes `https` only, and a server under test has no certificate.
//!
//! **Invariant:** no redirect is followed: the credentials in a request are for the server that it names.

mod tls;

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

/// A request.
#[derive(Clone)]
pub struct Request {
    /// The method, such as `POST`.
    pub method: String,
    /// Where to: `https://host/path?query`.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
    /// How long it may take until the whole answer is there.
    pub timeout: Duration,
    /// The longest content that is read.
    pub largest_answer_bytes: usize,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// What the server says of the status, or what the code usually means.
    pub reason: String,
    /// Names and values, in the order of the answer; what is no text is left out.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let named = |(own, _): &&(String, String)| own.eq_ignore_ascii_case(name);
        self.headers.iter().find(named).map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be used.
    #[error("{0} is not an address that can be called")]
    Address(String),
    /// The address is another machine's and not `https`.
    #[error("{0} is not an https address")]
    NotSecure(String),
    /// A method or header that HTTP has not.
    #[error("the request cannot be made: {0}")]
    Request(String),
    /// No trust was established with the server.
    #[error("TLS with {host} failed: {why}")]
    Tls {
        /// Whose certificate or handshake it was.
        host: String,
        /// What went wrong.
        why: String,
    },
    /// The server cannot be reached, or broke the connection.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// The server.
        host: String,
        /// What went wrong.
        why: String,
    },
    /// The answer was not there in time.
    #[error("no answer within {} seconds", .0.as_secs())]
    TimedOut(Duration),
    /// The answer is longer than what is read.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// Whether an address may be called; see the module.
///
/// # Errors
/// [`Error::Address`], [`Error::NotSecure`].
pub fn check_url(url: &str) -> Result<(), Error> {
    uri(url).map(drop)
}

fn uri(url: &str) -> Result<Uri, Error> {
    let wrong = || Error::Address(url.to_owned());
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    // Names and passwords in addresses end up in logs.
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong());
    }
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_this_machine(host) => Ok(uri),
        Some("http") => Err(Error::NotSecure(url.to_owned())),
        _ => Err(wrong()),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Sends a request and reads the whole answer, whatever its status.
///
/// # Errors
/// See [`Error`].
pub async fn send(request: Request) -> Result<Answer, Error> {
    let uri = uri(&request.url)?;
    let host = uri.authority().map_or_else(String::new, ToString::to_string);
    let mut builder = http::Request::builder().method(request.method.as_str()).uri(&uri);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let made = builder
        .body(Full::new(Bytes::from(request.body)))
        .map_err(|error| Error::Request(error.to_string()))?;
    let exchange = exchange(made, host, request.largest_answer_bytes);
    let timed = tokio::time::timeout(request.timeout, exchange).await;
    timed.unwrap_or(Err(Error::TimedOut(request.timeout)))
}

async fn exchange(
    request: http::Request<Full<Bytes>>,
    host: String,
    largest_answer_bytes: usize,
) -> Result<Answer, Error> {
    let mut plain = HttpConnector::new();
    plain.set_nodelay(true);
    let response = if request.uri().scheme_str() == Some("https") {
        plain.enforce_http(false);
        let config = tls::config().map_err(|why| Error::Tls { host: host.clone(), why })?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_only()
            .enable_http1()
            .wrap_connector(plain);
        let client =
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        client.request(request).await
    } else {
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(plain);
        client.request(request).await
    };
    let response = response.map_err(|error| broken(&host, &error))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, largest_answer_bytes).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Error::TooLong(largest_answer_bytes)
        } else {
            Error::Unreachable { host: host.clone(), why: error.to_string() }
        }
    })?;
    let said = head.extensions.get::<hyper::ext::ReasonPhrase>();
    let reason = match said {
        Some(said) => String::from_utf8_lossy(said.as_bytes()).into_owned(),
        None => head.status.canonical_reason().unwrap_or_default().to_owned(),
    };
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    Ok(Answer {
        status: head.status.as_u16(),
        reason,
        headers: head.headers.iter().filter_map(text).collect(),
        body: body.to_bytes().to_vec(),
    })
}

/// What went wrong below HTTP, told apart by whether it was TLS.
fn broken(host: &str, error: &(dyn std::error::Error + 'static)) -> Error {
    let mut why = String::new();
    let mut is_tls = false;
    let mut next = Some(error);
    while let Some(error) = next {
        is_tls |= is_of_tls(error);
        let text = error.to_string();
        if !why.contains(&text) {
            let separator = if why.is_empty() { "" } else { ": " };
            let _infallible = write!(why, "{separator}{text}");
        }
        next = error.source();
    }
    let host = host.to_owned();
    if is_tls { Error::Tls { host, why } } else { Error::Unreachable { host, why } }
}

/// Whether an error is one of TLS, or wraps one as I/O errors do.
fn is_of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<rustls::Error>()
        || error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .is_some_and(|inner| is_of_tls(inner))
}

/// A text as it stands in queries and forms (`application/x-www-form-urlencoded`, spaces as `%20`).
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// An address with parameters after those that it has.
pub fn with_query(url: &str, parameters: &[(String, String)]) -> String {
    // Fragments are never sent.
    let mut whole = url.split('#').next().unwrap_or(url).to_owned();
    for (name, value) in parameters {
        let separator = if !whole.contains('?') {
            "?"
        } else if whole.ends_with(['?', '&']) {
            ""
        } else {
            "&"
        };
        let (name, value) = (percent_encode(name), percent_encode(value));
        let _infallible = write!(whole, "{separator}{name}={value}");
    }
    whole
}

#[cfg(test)]
mod tests;
