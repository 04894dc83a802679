//! A gateway on a free port, with queues and topics behind it, and requests written by hand.

use client::{Client, Credentials};
use gateway::{Body, Gateway, ObjectApi, OwnApi, serve};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use iam::{Iam, Sts};
use serde_json::{Value, json};
use service::{
    AwsError, Credential, KeyStore, Kit, OpenDoor, Principal, SystemClock, SystemEntropy, WorkItem,
    WorkQueue,
};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use store::MemoryStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const KEY: &str = "AKIAGATEWAYTESTKEY00";
pub(crate) const SECRET: &str = "the-secret-that-nobody-may-see";

struct Keys;

#[async_trait::async_trait]
impl KeyStore for Keys {
    async fn credential(
        &self,
        id: &str,
        token: Option<&str>,
    ) -> Result<Option<Credential>, AwsError> {
        let expires_ms = match id {
            KEY => None,
            "ASIAEXPIRED" => Some(1),
            "ASIASESSION" => Some(i64::MAX),
            "AKIABROKEN" => return Err(AwsError::fault("InternalFailure", "no keys today", 500)),
            _ => return Ok(None),
        };
        let session_token = expires_ms.map(|_| "token".to_owned());
        let _whatever_came = token;
        let principal = Principal::root(ACCOUNT);
        Ok(Some(Credential { secret: SECRET.to_owned(), session_token, principal, expires_ms }))
    }
}

/// Stands in for S3.
struct Bucket;

#[async_trait::async_trait]
impl ObjectApi for Bucket {
    async fn answer(&self, request: http::Request<Incoming>) -> http::Response<Body> {
        assert!(request.uri().path() != "/panic", "a bug");
        let text = format!("objects: {} {}", request.method(), request.uri().path());
        let body = Full::from(text).map_err(|never| match never {}).boxed_unsync();
        http::Response::new(body)
    }
}

struct Own;

#[async_trait::async_trait]
impl OwnApi for Own {
    async fn page(&self, path: &str, is_admin: bool) -> Option<Value> {
        match path {
            "health" => Some(json!({"ready": true})),
            "work" if is_admin => Some(json!({"work": []})),
            _ => None,
        }
    }
}

struct NoQueue;

impl WorkQueue for NoQueue {
    fn scheduled(&self, _: Vec<WorkItem>) {}
    fn cancelled(&self, _: Vec<(String, String)>) {}
}

pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) address: String,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) server: JoinHandle<()>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl World {
    pub(crate) async fn new(open: bool) -> Self {
        let store = MemoryStore::new();
        let kit = Kit::new(
            ACCOUNT,
            Arc::new(store.clone()),
            Arc::new(SystemClock::wall()),
            Arc::new(SystemEntropy),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let iam = Iam::new(&kit);
        let sqs = sqs::Sqs::new(&kit, &format!("http://{address}"));
        kit.join(
            Arc::new(OpenDoor),
            Arc::new(NoQueue),
            vec![
                iam.clone(),
                Arc::new(Sts::new(iam)),
                Arc::new(sns::Sns::new(None)),
                Arc::new(sqs),
            ],
        );
        let gateway = Gateway {
            kit,
            keys: Arc::new(Keys),
            objects: Arc::new(Bucket),
            own: Arc::new(Own),
            open,
            region: "us-east-1".to_owned(),
            shared: gateway::Shared::default(),
        };
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(serve(listener, Arc::new(gateway), stopped));
        Self { store, address, stop, server }
    }

    pub(crate) fn client(&self) -> Client {
        let credentials = Credentials {
            access_key_id: KEY.to_owned(),
            secret_access_key: SECRET.to_owned(),
            session_token: None,
        };
        Client::new(&format!("http://{}", self.address), "eu-west-1", credentials)
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Sends bytes on a connection of their own and reads the answer to its end.
    pub(crate) async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        answer(&mut stream).await
    }

    /// Sends a request with these headers; `Host`, `Content-Length` and `Connection: close` are added.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            write!(text, "Host: {}\r\n", self.address).unwrap();
        }
        for (name, value) in headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        write!(text, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.raw(text.as_bytes()).await
    }

    /// The same, signed.
    pub(crate) async fn signed(
        &self,
        signed: &Signed<'_>,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut parts = wire::HttpRequestParts {
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: headers.iter().copied().collect(),
            body: body.as_bytes().to_vec(),
            ..wire::HttpRequestParts::default()
        };
        parts.headers.set("Host", self.address.as_str());
        let credentials = Credentials {
            access_key_id: signed.key.to_owned(),
            secret_access_key: signed.secret.to_owned(),
            session_token: signed.token.map(str::to_owned),
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let at_ms = now.as_millis() as i64 + signed.off_ms;
        wire::sigv4::sign(&mut parts, &credentials, signed.region, signed.service, at_ms).unwrap();
        let headers: Vec<(&str, &str)> = parts.headers.iter().collect();
        self.send("POST", path, &headers, body).await
    }
}

/// How a request is signed.
#[derive(Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) key: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) off_ms: i64,
}

impl Signed<'_> {
    pub(crate) fn for_service(service: &str) -> Signed<'_> {
        Signed { key: KEY, secret: SECRET, token: None, region: "eu-west-1", service, off_ms: 0 }
    }
}

/// Reads one answer. The server must end it within seconds.
pub(crate) async fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let read = async {
        let mut buffer = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.to_lowercase();
                let length = length.lines().find_map(|l| l.strip_prefix("content-length: "));
                let length = length.and_then(|l| l.trim().parse::<usize>().ok());
                if length.is_some_and(|length| body.len() >= length) {
                    return;
                }
            }
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
