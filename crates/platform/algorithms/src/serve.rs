//! Answering requests for predictions: what a container of the algorithm does when it is run with `serve`.
//!
//! `GET /ping` says that it is ready; `POST /invocations` predicts. It listens at the socket file that
//! `$REFIT_SERVE_SOCKET` names, so that nobody gets past the server in front, which decides who may use the model; without
//! it, at `$SAGEMAKER_BIND_TO_PORT` (8080 otherwise) of the loopback address.
// AWS: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html

mod content;
mod predictor;

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;

use crate::place::Place;
use crate::{Error, Result};

use content::{Accept, ContentType};
use predictor::Predictor;

/// The largest request body.
// AWS: InvokeEndpoint takes 6 MB, a transform job at most 100 MB.
const LARGEST_BODY_BYTES: usize = 100 * 1024 * 1024;

/// Serves the algorithm's model in `opt_ml` until the process is ended.
pub(crate) fn serve(algorithm: &str, opt_ml: &Path) -> Result<()> {
    let folder = opt_ml.join("model");
    let model = Arc::new(Predictor::load(algorithm, &folder)?);
    let place = Place::of_environment().map_err(Error::client)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_io()
        .build()
        .map_err(Error::io("serve", &folder))?;
    runtime.block_on(listen(&place, model))
}

async fn listen(place: &Place, model: Arc<Predictor>) -> Result<()> {
    let name = place.to_string();
    let listener = place.listen().await.map_err(Error::io("listen at", Path::new(&name)))?;
    println!("{} serves at {name}: {} features", model.name(), model.features());
    loop {
        let stream = listener.accept().await.map_err(Error::io("listen at", Path::new(&name)))?;
        let model = model.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(|request| {
                let model = model.clone();
                async move { Ok::<_, Infallible>(answer(&model, request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            let _client_gone = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(model: &Predictor, request: Request<Incoming>) -> Response<Full<Bytes>> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/ping") => plain(StatusCode::OK, ""),
        (&Method::GET, "/execution-parameters") => {
            // AWS: the XGBoost image's answer.
            let text = r#"{"MaxConcurrentTransforms":2,"BatchStrategy":"MULTI_RECORD","MaxPayloadInMB":6}"#;
            respond(StatusCode::OK, "application/json", text.to_owned())
        }
        (&Method::POST, "/invocations") => invocation(model, request).await,
        (_, "/ping" | "/invocations" | "/execution-parameters") => {
            plain(StatusCode::METHOD_NOT_ALLOWED, "the method is not allowed here")
        }
        _ => plain(StatusCode::NOT_FOUND, "there are /ping and /invocations"),
    }
}

async fn invocation(model: &Predictor, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let header = |name| {
        let value = request.headers().get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (content_type, accept) = (header(CONTENT_TYPE), header(ACCEPT));
    let content_type = match ContentType::of(&content_type, model.is_xgboost()) {
        Ok(content_type) => content_type,
        Err(why) => return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why),
    };
    let accept = match Accept::of(&accept, model.is_xgboost()) {
        Ok(accept) => accept,
        Err(why) => return plain(StatusCode::NOT_ACCEPTABLE, &why),
    };
    let body = match Limited::new(request.into_body(), LARGEST_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return plain(StatusCode::PAYLOAD_TOO_LARGE, &error.to_string()),
    };
    match content::predict(model, content_type, &body) {
        Ok(predictions) => {
            let (kind, body) = accept.write(&predictions);
            respond(StatusCode::OK, kind, body)
        }
        // AWS: the XGBoost image answers 415 to what it cannot decode.
        Err(why) => plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why),
    }
}

fn plain(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    respond(status, "text/plain", text.to_owned())
}

fn respond(
    status: StatusCode,
    kind: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}
