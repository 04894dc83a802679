//! Lambda's Runtime API: the four routes a function's process uses, on a port of its own.
// AWS: runtimes-api: /2018-06-01/runtime/invocation/next, …/response, …/error, /runtime/init/error.

use super::error_payload;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::JoinSet;

/// The largest response of a function.
// AWS: Lambda quotas: 6 MB, and the room that the error message counts in.
const LARGEST_RESPONSE_BYTES: usize = 6_291_556;

/// An invocation handed to the process.
pub(super) struct Invocation {
    pub(super) request_id: String,
    pub(super) deadline_ms: i64,
    pub(super) function_arn: String,
    pub(super) payload: Vec<u8>,
}

/// What the process answers.
pub(super) enum Answer {
    /// The handler's result for a request.
    Response(String, Vec<u8>),
    /// The handler's error for a request.
    Error(String, Vec<u8>),
    /// The process could not get ready.
    InitError(Vec<u8>),
}

/// Our end of the API.
pub(super) struct Api {
    pub(super) address: SocketAddr,
    pub(super) invocations: mpsc::Sender<Invocation>,
    pub(super) answers: mpsc::Receiver<Answer>,
    /// Turns true when the process asks for its first invocation: it has loaded the function.
    pub(super) ready: watch::Receiver<bool>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    invocations: Mutex<mpsc::Receiver<Invocation>>,
    answers: mpsc::Sender<Answer>,
    ready: watch::Sender<bool>,
}

impl Api {
    /// Opens the API on a free loopback port.
    pub(super) async fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (invocations, taken) = mpsc::channel(1);
        let (answered, answers) = mpsc::channel(4);
        let (is_ready, ready) = watch::channel(false);
        let invocations_taken = Mutex::new(taken);
        let shared = Shared { invocations: invocations_taken, answers: answered, ready: is_ready };
        let server = tokio::spawn(serve(listener, Arc::new(shared)));
        Ok(Self { address, invocations, answers, ready, server })
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with the API, so that a process that waits for its next invocation learns that there is none.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        // Without it a response waits 40 ms for an acknowledgement.
        let _best_effort = stream.set_nodelay(true);
        let shared = shared.clone();
        connections.spawn(async move {
            let service = hyper::service::service_fn(|request| {
                let shared = shared.clone();
                async move { Ok::<_, Infallible>(route(&shared, request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            let _ends_with_the_process =
                connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn route(shared: &Shared, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let Some(path) = path.strip_prefix("/2018-06-01/runtime/") else {
        return plain(StatusCode::NOT_FOUND);
    };
    if request.method() == Method::GET && path == "invocation/next" {
        return next(shared).await;
    }
    if request.method() != Method::POST {
        return plain(StatusCode::METHOD_NOT_ALLOWED);
    }
    let Some((body, length)) = read(request.into_body()).await else {
        return plain(StatusCode::BAD_REQUEST);
    };
    let answer = match path.strip_prefix("invocation/").and_then(|rest| rest.rsplit_once('/')) {
        Some((id, "response")) if length > LARGEST_RESPONSE_BYTES => {
            // AWS: a response above the limit is the function's error.
            let text = format!(
                "Response payload size exceeded maximum allowed payload size ({LARGEST_RESPONSE_BYTES} bytes)."
            );
            Answer::Error(id.to_owned(), error_payload("Function.ResponseSizeTooLarge", &text))
        }
        Some((id, "response")) => Answer::Response(id.to_owned(), body),
        Some((id, "error")) => Answer::Error(id.to_owned(), body),
        _ if path == "init/error" => Answer::InitError(body),
        _ => return plain(StatusCode::NOT_FOUND),
    };
    match shared.answers.send(answer).await {
        Ok(()) => plain(StatusCode::ACCEPTED),
        Err(_) => plain(StatusCode::GONE),
    }
}

/// The body up to the limit, and its whole length: what is too long is read to its end too, or the process could not read
/// our answer. `None`: it broke off.
async fn read(mut body: Incoming) -> Option<(Vec<u8>, usize)> {
    let (mut kept, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        let room = LARGEST_RESPONSE_BYTES.saturating_sub(kept.len());
        kept.extend_from_slice(&data[..data.len().min(room)]);
        length = length.saturating_add(data.len());
    }
    Some((kept, length))
}

/// Waits for the next invocation; the process sleeps in this call.
async fn next(shared: &Shared) -> Response<Full<Bytes>> {
    shared.ready.send_replace(true);
    let Some(invocation) = shared.invocations.lock().await.recv().await else {
        return plain(StatusCode::GONE);
    };
    Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", invocation.request_id)
        .header("Lambda-Runtime-Deadline-Ms", invocation.deadline_ms)
        .header("Lambda-Runtime-Invoked-Function-Arn", invocation.function_arn)
        .body(Full::new(Bytes::from(invocation.payload)))
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(b"{\"status\":\"OK\"}")));
    *response.status_mut() = status;
    response
}
