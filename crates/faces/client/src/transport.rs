//! HTTP with or without TLS, with limits on size and time.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use wire::{HttpRequestParts, HttpResponseParts};

/// The longest answer that is read.
const LARGEST_ANSWER_BYTES: usize = 256 * 1024 * 1024;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What goes wrong below HTTP.
pub(crate) type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Sends requests over kept connections.
#[derive(Clone)]
pub(crate) struct Transport {
    plain: Client<HttpConnector, Full<Bytes>>,
    /// Made at the first `https` request: reading the certificates takes time that local calls need not spend.
    secure: Arc<OnceLock<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>>,
}

impl Transport {
    pub(crate) fn new() -> Self {
        let plain = Client::builder(TokioExecutor::new()).build(connector());
        Self { plain, secure: Arc::default() }
    }

    /// Sends a request to the root address of a server and reads the whole answer.
    pub(crate) async fn send(
        &self,
        root: &str,
        parts: HttpRequestParts,
    ) -> Result<HttpResponseParts, Broken> {
        let mut builder = http::Request::builder()
            .method(parts.method.as_str())
            .uri(format!("{root}{}", parts.path_and_query()));
        for (name, value) in parts.headers.iter() {
            builder = builder.header(name, value);
        }
        let request = builder.body(Full::new(Bytes::from(parts.body)))?;
        let response = if request.uri().scheme_str() == Some("https") {
            self.secure()?.request(request).await?
        } else {
            self.plain.request(request).await?
        };
        let (head, body) = response.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER_BYTES).collect().await?.to_bytes();
        let headers = head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        Ok(HttpResponseParts { status: head.status.as_u16(), headers, body: body.to_vec() })
    }

    fn secure(&self) -> Result<&Client<HttpsConnector<HttpConnector>, Full<Bytes>>, Broken> {
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let mut plain = connector();
        plain.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls()?)
            .https_only()
            .enable_http1()
            .wrap_connector(plain);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(self.secure.get_or_init(|| client))
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector
}

/// TLS that trusts what the machine trusts, or what `AWS_CA_BUNDLE` holds.
fn tls() -> Result<rustls::ClientConfig, Broken> {
    let found = match std::env::var_os("AWS_CA_BUNDLE").filter(|file| !file.is_empty()) {
        Some(file) => rustls_native_certs::load_certs_from_paths(Some(Path::new(&file)), None),
        None => rustls_native_certs::load_native_certs(),
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or_else(String::new, |error| format!(": {error}"));
        return Err(format!(
            "no trusted certificates are on this machine (install ca-certificates){why}"
        )
        .into());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
