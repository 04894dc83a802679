//! The HTTP server: connections, limits, and the way of a request.

use crate::answer::{json, plain_error, response, service_error};
use crate::identity::{SigningKeys, verify};
use crate::limits::{Limits, too_much};
use crate::route::{Destination, destination, is_form, is_region, scope};
use crate::{guard, receive};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use service::{AwsError, KeyStore, Kit, Principal, Service};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use wire::sigv4::SignatureError;
use wire::{Headers, HttpRequestParts, Protocol};

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The largest request body outside S3: a function's zip of 50 MiB in base64, and room.
const LARGEST_BODY_BYTES: usize = 96 * 1024 * 1024;
/// The same for requests that are not signed.
const LARGEST_UNSIGNED_BYTES: usize = 1024 * 1024;
/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long open connections may take to finish once the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// The S3 API, which streams and so takes the request as it comes. It verifies signatures itself.
#[async_trait::async_trait]
pub trait ObjectApi: Send + Sync + 'static {
    /// Answers a request.
    async fn answer(&self, request: Request<Incoming>) -> Response<Body>;
}

/// refit's own pages below `/_refit/`.
#[async_trait::async_trait]
pub trait OwnApi: Send + Sync + 'static {
    /// Answers `GET path` (without `/_refit/`); `None` when there is no such page. `is_admin` says whether the request was
    /// signed by someone who may see everything.
    async fn page(&self, path: &str, is_admin: bool) -> Option<Value>;

    /// The server's numbers, as Prometheus reads them.
    async fn metrics(&self) -> String {
        metrics::prometheus(&metrics::snapshot())
    }
}

/// Everything a request can reach.
pub struct Gateway {
    /// The services.
    pub kit: Arc<Kit>,
    /// Keys that requests may be signed with.
    pub keys: Arc<dyn KeyStore>,
    /// S3.
    pub objects: Arc<dyn ObjectApi>,
    /// refit's own pages.
    pub own: Arc<dyn OwnApi>,
    /// Accept any credentials as the account's root.
    pub open: bool,
    /// The region of requests that name none.
    pub region: String,
    /// What requests share.
    pub shared: Shared,
}

/// What requests share: limits, signing keys.
#[derive(Default)]
pub struct Shared {
    limits: Limits,
    signing_keys: SigningKeys,
}

/// What a request asked for: how it is counted.
#[derive(Clone)]
struct Asked {
    service: &'static str,
    operation: String,
}

/// The answer, marked with what was asked for.
fn asked(service: &'static str, operation: String, mut answer: Response<Body>) -> Response<Body> {
    answer.extensions_mut().insert(Asked { service, operation });
    answer
}

/// Where a request comes from.
#[derive(Clone, Copy)]
struct From<'a> {
    region: &'a str,
    peer: IpAddr,
    request_id: &'a str,
}

/// Serves connections until `stop` turns true, then lets open requests finish.
pub async fn serve(listener: TcpListener, gateway: Arc<Gateway>, mut stop: watch::Receiver<bool>) {
    let connections = Arc::new(());
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &gateway.shared.limits) => accepted,
            () = stopped(&mut stop) => break,
        };
        match accepted {
            Ok((stream, peer, room)) => {
                let (gateway, stop) = (gateway.clone(), stop.clone());
                let open = connections.clone();
                tokio::spawn(async move {
                    metrics::CONNECTIONS.add(1);
                    connection(stream, peer.ip(), gateway, stop).await;
                    metrics::CONNECTIONS.add(-1);
                    drop((open, room));
                });
            }
            Err(error) => {
                // Out of file descriptors, usually: wait for some to be free again.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let drained = async {
        while Arc::strong_count(&connections) > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    if tokio::time::timeout(DRAIN_TIMEOUT, drained).await.is_err() {
        tracing::warn!("stopped with requests still open");
    }
}

/// The next connection, once there is room for one.
async fn accept(
    listener: &TcpListener,
    limits: &Limits,
) -> io::Result<(TcpStream, SocketAddr, Option<OwnedSemaphorePermit>)> {
    let room = limits.connection().await;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, room))
}

/// Waits until the server stops. A sender that is gone means the same.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _sender_gone = stop.wait_for(|stop| *stop).await;
}

async fn connection(
    stream: TcpStream,
    peer: IpAddr,
    gateway: Arc<Gateway>,
    mut stop: watch::Receiver<bool>,
) {
    let _best_effort = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request| {
        let gateway = gateway.clone();
        async move { Ok::<_, std::convert::Infallible>(gateway.answer(request, peer).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

impl Gateway {
    /// Answers whatever comes. A panic on the way is that request's failure.
    async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        let request_id = self.kit.entropy.uuid();
        let began = Instant::now();
        let answer = AssertUnwindSafe(self.answer_inner(request, peer, &request_id));
        let answer = answer.catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!(request_id, "a request's handling panicked");
            let text = "refit failed; the server's log says more";
            plain_error(&AwsError::fault("InternalFailure", text, 500), &request_id)
        });
        let status = answer.status().as_u16();
        let (service, operation) = match answer.extensions().get::<Asked>() {
            Some(asked) => (asked.service, asked.operation.as_str()),
            None => ("other", "other"),
        };
        metrics::REQUESTS.answered(service, operation, status, began.elapsed());
        if status >= 500 {
            tracing::warn!(request_id, service, operation, status, "a request failed");
        }
        answer
    }

    async fn answer_inner(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        request_id: &str,
    ) -> Response<Body> {
        let mut parts = head(&request);
        if let Some(text) = self.open.then(|| guard::refusal(&parts)).flatten() {
            tracing::warn!(text, "a request was refused");
            return plain_error(&AwsError::fault("AccessDenied", text, 403), request_id);
        }
        let scope = scope(&parts);
        let service = scope.as_ref().map(|(service, _)| service.as_str());
        // Only a form's body can still change the destination, and forms are small: read it first.
        let meant = destination(&parts, service);
        let is_object = meant == Destination::Objects && !(service.is_none() && is_form(&parts));
        // Objects stream and so take little memory, however long they are. Others are at most this in memory: what
        // they say, or what would be read of them.
        let announced = request.body().size_hint().upper().unwrap_or(LARGEST_UNSIGNED_BYTES as u64);
        let body_bytes = if is_object { 0 } else { announced.min(LARGEST_BODY_BYTES as u64) };
        // What waits to be written takes memory as well, and more requests would only wait behind it.
        let is_own = matches!(meant, Destination::Own | Destination::Metrics);
        let is_behind = !is_own && self.kit.store.is_behind();
        let admission = if is_behind { None } else { self.shared.limits.admit(body_bytes) };
        let Some(_admission) = admission else {
            return self.refuse(&parts, service, is_object, request_id);
        };
        if is_object {
            let operation = parts.method.clone();
            return asked("s3", operation, self.objects.answer(request).await);
        }
        // Who has not even signed is not worth much memory.
        let most_bytes =
            if self.open || scope.is_some() { LARGEST_BODY_BYTES } else { LARGEST_UNSIGNED_BYTES };
        match receive::body(request.into_body(), most_bytes).await {
            Ok(body) => parts.body = body,
            Err(error) => return self.error(&error, &parts, service, request_id),
        }
        let region = scope.as_ref().map_or(self.region.as_str(), |(_, region)| region);
        let origin = From { region, peer, request_id };
        match destination(&parts, service) {
            Destination::Own => self.own_page(&parts, request_id).await,
            Destination::Metrics => self.metrics(&parts, origin).await,
            Destination::Service(name) => match self.kit.service(&name) {
                Some(service) => self.call(&*service, &parts, origin).await,
                None => self.unknown_service(&name, &parts, request_id),
            },
            Destination::Objects => self.unknown_service("this form", &parts, request_id),
        }
    }

    /// Says that there is too much to do, in the words of the service that was meant.
    fn refuse(
        &self,
        parts: &HttpRequestParts,
        scope: Option<&str>,
        is_object: bool,
        request_id: &str,
    ) -> Response<Body> {
        let meant = match destination(parts, scope) {
            _ if is_object => self.kit.service("s3"),
            Destination::Service(name) => self.kit.service(&name),
            _ => None,
        };
        let protocol = meant.map_or(Protocol::Json, |service| service.model().metadata.protocol);
        let error = too_much(protocol);
        metrics::THROTTLED.count();
        tracing::warn!(code = error.code, "a request was refused: too many at a time");
        if is_object && let Some(service) = self.kit.service("s3") {
            let mut response = service_error(service.model(), &error, request_id);
            response.headers_mut().insert("connection", http::HeaderValue::from_static("close"));
            return response;
        }
        self.error(&error, parts, scope, request_id)
    }

    /// An error that has nothing to do with the operation, in the protocol of the service that was meant.
    fn error(
        &self,
        error: &AwsError,
        parts: &HttpRequestParts,
        scope: Option<&str>,
        request_id: &str,
    ) -> Response<Body> {
        let service = match destination(parts, scope) {
            Destination::Service(name) => self.kit.service(&name),
            // Forms are answered in XML, which looks the same for every service that takes them.
            _ if is_form(parts) => self.kit.service("sts"),
            _ => None,
        };
        let mut response = service.map_or_else(
            || plain_error(error, request_id),
            |service| service_error(service.model().spoken_in(parts), error, request_id),
        );
        // What is left of the body is not read.
        response.headers_mut().insert("connection", http::HeaderValue::from_static("close"));
        response
    }

    /// Says that there is no such service, in the protocol that the request was made in.
    fn unknown_service(
        &self,
        name: &str,
        parts: &HttpRequestParts,
        request_id: &str,
    ) -> Response<Body> {
        // Forms are answered in XML, which looks the same for every service that takes them.
        match self.kit.service("sts") {
            Some(sts) if is_form(parts) => {
                service_error(sts.model(), &no_service(name), request_id)
            }
            _ => plain_error(&no_service(name), request_id),
        }
    }

    async fn own_page(&self, parts: &HttpRequestParts, request_id: &str) -> Response<Body> {
        if !["GET", "HEAD"].contains(&parts.method.as_str()) {
            let text = format!("refit's own pages are read only: {} is not allowed", parts.method);
            return plain_error(&AwsError::fault("MethodNotAllowed", text, 405), request_id);
        }
        let path = parts.path.strip_prefix("/_refit/").unwrap_or(&parts.path);
        let is_admin = self.is_admin(parts).await;
        if let Some(page) = self.own.page(path, is_admin).await {
            return json(200, &page, request_id);
        }
        let text = format!("/_refit/{path} is not there, or not for this caller");
        plain_error(&AwsError::fault("NotFound", text, 404), request_id)
    }

    async fn call(
        &self,
        service: &dyn Service,
        parts: &HttpRequestParts,
        from: From<'_>,
    ) -> Response<Body> {
        let model = service.model().spoken_in(parts);
        let result = self.call_inner(service, parts, from).await;
        let (operation, output) = match result {
            Ok(answered) => answered,
            Err(error) => {
                let name = named(model, parts);
                return asked(service.name(), name, service_error(model, &error, from.request_id));
            }
        };
        let answer = match wire::encode_response(model, operation, &output, from.request_id) {
            Ok(parts) => response(parts),
            Err(error) => {
                tracing::error!(%error, operation = operation.name, "an output does not fit its shape");
                let error = AwsError::fault("InternalFailure", error.to_string(), 500);
                service_error(model, &error, from.request_id)
            }
        };
        asked(service.name(), operation.name.clone(), answer)
    }

    /// The server's numbers, for this machine without a signature, and for the administrator.
    async fn metrics(&self, parts: &HttpRequestParts, from: From<'_>) -> Response<Body> {
        let is_here = from.peer.is_loopback() && guard::refusal(parts).is_none();
        if !is_here && !self.is_admin(parts).await {
            let text = "metrics are shown on this machine, or to the administrator";
            return plain_error(&AwsError::fault("AccessDenied", text, 403), from.request_id);
        }
        let mut answer = Response::new(full(self.own.metrics().await.into_bytes()));
        let kind = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        answer.headers_mut().insert("content-type", kind);
        asked("refit", "metrics".to_owned(), answer)
    }

    async fn is_admin(&self, parts: &HttpRequestParts) -> bool {
        let now_ms = self.kit.clock.now_ms();
        self.open
            || verify(&*self.keys, &self.shared.signing_keys, parts, None, now_ms)
                .await
                .is_ok_and(|principal| is_admin(&principal))
    }

    async fn call_inner<'a>(
        &self,
        service: &'a dyn Service,
        parts: &HttpRequestParts,
        from: From<'_>,
    ) -> Result<(&'a wire::Operation, Value), AwsError> {
        let From { region, peer, request_id } = from;
        let model = service.model().spoken_in(parts);
        if !is_region(region) {
            let text = "Credential should be scoped to a valid region.".to_owned();
            return Err(SignatureError::Skewed(text).to_aws_error(model));
        }
        let principal = if self.open {
            Principal::root(&self.kit.account)
        } else {
            let signed_for = Some(model.metadata.signing_name.as_str());
            verify(
                &*self.keys,
                &self.shared.signing_keys,
                parts,
                signed_for,
                self.kit.clock.now_ms(),
            )
            .await
            .map_err(|unknown| unknown.to_aws_error(model))?
        };
        let operation = wire::route(model, parts).map_err(|error| explain(error, parts))?;
        let input = wire::decode_request(model, operation, parts)?;
        let mut ctx = self.kit.ctx_of_request(principal, region, request_id.to_owned());
        ctx.source_ip = Some(peer);
        tracing::debug!(
            service = service.name(),
            operation = operation.name,
            request_id,
            caller = ctx.principal.arn,
            "call"
        );
        let output = self.kit.dispatcher().call_in(&ctx, service, &operation.name, input).await?;
        Ok((operation, output))
    }
}

/// An operation that the model has not: say that it is refit that lacks it.
fn explain(error: AwsError, parts: &HttpRequestParts) -> AwsError {
    let asked =
        wire::target(parts).map(|(_, name)| name.to_owned()).or_else(|| wire::action(parts));
    match asked {
        Some(name) if error.message.is_empty() => {
            let text = format!(
                "refit does not implement {name}; docs/reference/services.md lists what it does"
            );
            AwsError { message: text, ..error }
        }
        _ => error,
    }
}

fn no_service(name: &str) -> AwsError {
    let text =
        format!("refit has no service for {name}; docs/reference/services.md lists what it has");
    AwsError::fault("UnknownOperationException", text, 404)
}

/// Whether policies could be skipped for the caller: the account's root, or the administrator refit made.
fn is_admin(principal: &Principal) -> bool {
    let administrator = format!("arn:aws:iam::{}:user/administrator", principal.account);
    principal.is_unlimited() || principal.arn == administrator
}

/// The request without its body. Header values that are not text are dropped: no AWS client sends such.
fn head(request: &Request<Incoming>) -> HttpRequestParts {
    let fields = request.headers();
    let mut headers = Headers::with_capacity(fields.len(), 1024);
    for (name, value) in fields {
        if let Ok(value) = value.to_str() {
            headers.push(name, value);
        }
    }
    HttpRequestParts {
        method: request.method().as_str().to_owned(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers,
        body: Vec::new(),
    }
}

/// A body that is there as a whole.
pub(crate) fn full(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync()
}

/// The operation that a request names, if there is one.
fn named(model: &wire::Model, parts: &HttpRequestParts) -> String {
    wire::route(model, parts).map_or_else(|_| "other".to_owned(), |found| found.name.clone())
}
