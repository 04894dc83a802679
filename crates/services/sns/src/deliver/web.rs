//! Web endpoints: a POST of the notification.

use super::{Delivery, envelope};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use service::AwsError;
use std::time::Duration;

// AWS: an endpoint has 15 seconds to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// What posts.
pub(crate) type Web = Client<HttpConnector, Full<Bytes>>;

/// A client without encryption: `https` endpoints are refused when they subscribe.
pub(crate) fn client() -> Web {
    Client::builder(TokioExecutor::new()).build(HttpConnector::new())
}

/// Posts the notification; anything but a 2xx answer is a failure to be retried.
pub(super) async fn post(web: &Web, delivery: &Delivery) -> Result<(), AwsError> {
    let failed = |why: String| AwsError::fault("EndpointFailed", why, 502);
    let body = if delivery.is_raw() {
        delivery.text().to_owned()
    } else {
        envelope::notification(delivery).to_string()
    };
    let request = http::Request::post(&delivery.subscription.endpoint)
        .header("Content-Type", "text/plain; charset=UTF-8")
        .header("x-amz-sns-message-type", "Notification")
        .header("x-amz-sns-message-id", &delivery.message.id)
        .header("x-amz-sns-topic-arn", &delivery.message.topic_arn)
        .header("x-amz-sns-subscription-arn", &delivery.subscription.arn)
        .header("x-amz-sns-rawdelivery", if delivery.is_raw() { "true" } else { "false" })
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| AwsError::new("InvalidEndpoint", error.to_string()))?;
    let answer = tokio::time::timeout(TIMEOUT, web.request(request)).await;
    let answer = answer.map_err(|_| failed("no answer within 15 seconds".to_owned()))?;
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    if answer.status().is_success() { Ok(()) } else { Err(failed(answer.status().to_string())) }
}
