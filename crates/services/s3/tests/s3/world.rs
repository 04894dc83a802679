//! A server of S3 alone, in memory, with contents in a temporary folder.

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use s3::S3;
use s3::http::S3Http;
use serde_json::Value;
use service::{
    Access, Authoriser, AwsError, Call, Credential, KeyStore, Kit, Principal, SeededEntropy,
    Service, SystemClock, WorkItem, WorkQueue,
};
use std::sync::Arc;
use store::{Blobs, MemoryStore};

pub(crate) const ACCOUNT: &str = "123456789012";

struct NoQueue;

impl WorkQueue for NoQueue {
    fn scheduled(&self, _: Vec<WorkItem>) {}
    fn cancelled(&self, _: Vec<(String, String)>) {}
}

/// Allows exactly these questions, `action resource`.
pub(crate) struct Allow(pub(crate) Vec<&'static str>);

#[async_trait::async_trait]
impl Authoriser for Allow {
    async fn authorise(&self, access: &Access<'_>) -> Result<(), AwsError> {
        let asked = format!("{} {}", access.action, access.resource);
        if self.0.contains(&asked.as_str()) || access.resource_policy.is_some() {
            return Ok(());
        }
        Err(AwsError::new("AccessDeniedException", format!("not allowed: {asked}")))
    }

    async fn assume(
        &self,
        _: &str,
        _: &str,
        _: &str,
        _: Option<&str>,
    ) -> Result<Principal, AwsError> {
        Err(AwsError::new("AccessDenied", "no roles here"))
    }

    async fn credentials(&self, _: &Principal, _: i64) -> Result<Vec<(String, String)>, AwsError> {
        Ok(Vec::new())
    }
}

/// Two keys: the root's, and a temporary one of a user.
pub(crate) struct TwoKeys;

pub(crate) fn user() -> Principal {
    Principal::user(ACCOUNT, "/", "ann")
}

#[async_trait::async_trait]
impl KeyStore for TwoKeys {
    async fn credential(
        &self,
        id: &str,
        token: Option<&str>,
    ) -> Result<Option<Credential>, AwsError> {
        let (principal, session_token) = match id {
            "AKIAROOT" => (Principal::root(ACCOUNT), None),
            "ASIAUSER" if token == Some("token") => (user(), Some("token".to_owned())),
            _ => return Ok(None),
        };
        let secret = "secret".to_owned();
        Ok(Some(Credential { secret, session_token, principal, expires_ms: None }))
    }
}

pub(crate) struct World {
    pub(crate) kit: Arc<Kit>,
    pub(crate) s3: Arc<S3>,
    pub(crate) blobs: Blobs,
    pub(crate) store: MemoryStore,
}

/// An answer of HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The content of the first XML element of that name.
    pub(crate) fn element(&self, name: &str) -> String {
        let text = self.text();
        let Some((_, rest)) = text.split_once(&format!("<{name}>")) else { return String::new() };
        rest.split_once(&format!("</{name}>")).map(|(it, _)| it.to_owned()).unwrap_or_default()
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Arc::new(service::OpenDoor))
    }

    pub(crate) fn with(authoriser: Arc<dyn Authoriser>) -> Self {
        Self::over(MemoryStore::new(), Blobs::temporary(&std::env::temp_dir()).unwrap(), authoriser)
    }

    pub(crate) fn over(store: MemoryStore, blobs: Blobs, authoriser: Arc<dyn Authoriser>) -> Self {
        let entropy = Arc::new(SeededEntropy::new(1));
        let clock = Arc::new(SystemClock::wall());
        let kit = Kit::new(ACCOUNT, Arc::new(store.clone()), clock, entropy);
        let s3 = S3::new(kit.clone(), blobs.clone());
        let services: Vec<Arc<dyn Service>> = vec![s3.clone()];
        kit.join(authoriser, Arc::new(NoQueue), services);
        Self { kit, s3, blobs, store }
    }

    pub(crate) async fn call(&self, operation: &str, input: Value) -> Result<Value, AwsError> {
        self.call_as(Principal::root(ACCOUNT), operation, input).await
    }

    pub(crate) async fn call_as(
        &self,
        principal: Principal,
        operation: &str,
        input: Value,
    ) -> Result<Value, AwsError> {
        let call = Call {
            service: "s3".to_owned(),
            operation: operation.to_owned(),
            input,
            principal,
            region: "us-east-1".to_owned(),
            effect_key: None,
        };
        self.kit.caller().call(call).await
    }

    /// Sends `METHOD path` in open mode.
    pub(crate) async fn send(
        &self,
        line: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let (method, uri) = line.split_once(' ').unwrap();
        let body = body.into();
        let mut request = Request::builder().method(method).uri(uri).header("host", "localhost");
        if !headers.iter().any(|(name, _)| *name == "content-length") {
            request = request.header("content-length", body.len());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(true, request.body(body).unwrap()).await
    }

    pub(crate) async fn answer(&self, open: bool, request: Request<Bytes>) -> Answer {
        let front = S3Http::new(self.s3.clone(), Arc::new(TwoKeys), open);
        let response = front.answer(request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A bucket with these objects, each of which contains its own key.
    pub(crate) async fn bucket(&self, name: &str, keys: &[&str]) {
        let made = self.send(&format!("PUT /{name}"), &[], "").await;
        assert_eq!(made.status, 200, "{}", made.text());
        for key in keys {
            let path: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let put = self.send(&format!("PUT /{name}/{path}"), &[], key.to_string()).await;
            assert_eq!(put.status, 200, "{}", put.text());
        }
    }

    /// How many contents are on disk.
    pub(crate) fn contents(&self) -> usize {
        let some = "0".repeat(32).parse().unwrap();
        let root = self.blobs.path(&some).parent().unwrap().parent().unwrap().to_owned();
        let folders = std::fs::read_dir(root).unwrap().map(Result::unwrap);
        let folders = folders.filter(|it| it.path().is_dir() && it.file_name() != "unfinished");
        folders.map(|folder| std::fs::read_dir(folder.path()).unwrap().count()).sum()
    }
}
