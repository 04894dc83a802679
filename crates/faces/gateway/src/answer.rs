//! Answers as bytes, also where there is no service to ask for the protocol.

use crate::server::{Body, full};
use http::Response;
use wire::{AwsError, HttpResponseParts, Model};

/// An answer of a service.
pub(crate) fn response(parts: HttpResponseParts) -> Response<Body> {
    let mut builder = Response::builder().status(parts.status);
    for (name, value) in parts.headers.iter() {
        builder = builder.header(name, value);
    }
    builder.body(full(parts.body)).unwrap_or_else(|error| {
        tracing::error!(%error, "an answer has headers that cannot be sent");
        plain_error(&AwsError::fault("InternalFailure", "The answer cannot be sent.", 500), "")
    })
}

/// An error in a service's protocol.
pub(crate) fn service_error(model: &Model, error: &AwsError, request_id: &str) -> Response<Body> {
    response(wire::encode_error(model, error, request_id))
}

/// An error where no service was found: JSON, which every SDK can show.
pub(crate) fn plain_error(error: &AwsError, request_id: &str) -> Response<Body> {
    let body = serde_json::json!({"__type": error.code, "message": error.message});
    json(error.status, &body, request_id)
}

/// A JSON document.
pub(crate) fn json(status: u16, body: &serde_json::Value, request_id: &str) -> Response<Body> {
    let mut response = Response::new(full(body.to_string().into_bytes()));
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    if let Ok(value) = http::HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", value);
    }
    response
}
