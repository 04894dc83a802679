//! Error answers that the protocol crate makes by itself say no more than their code: here they get AWS's text.

use ::http::{HeaderValue, Response, header};
use s3s::Body;

/// AWS's texts of the codes that only the protocol crate answers with.
// AWS: AmazonS3/latest/API/ErrorResponses.html
const TEXTS: [(&str, &str); 14] = [
    ("AccessDenied", "Access Denied"),
    (
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    ),
    ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    ("InvalidArgument", "Invalid Argument"),
    ("InvalidBucketName", "The specified bucket is not valid."),
    ("InvalidRequest", "Invalid Request"),
    ("InvalidURI", "Couldn't parse the specified URI."),
    ("KeyTooLongError", "Your key is too long"),
    (
        "MalformedPOSTRequest",
        "The body of your POST request is not well-formed multipart/form-data.",
    ),
    (
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    ("MethodNotAllowed", "The specified method is not allowed against this resource."),
    ("MissingContentLength", "You must provide the Content-Length HTTP header."),
    ("NotImplemented", "A header you provided implies functionality that is not implemented"),
    (
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ),
];

/// Adds what is missing of an error's message and request id.
pub(super) fn complete(response: &mut Response<Body>, request_id: &str) {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return;
    }
    let Some(text) = response.body().bytes().and_then(|it| String::from_utf8(it.to_vec()).ok())
    else {
        return;
    };
    let Some((before, after)) = text.split_once("</Error>") else { return };
    let mut whole = before.to_owned();
    if !before.contains("<Message>") {
        let code = before.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        let known = code.and_then(|(code, _)| TEXTS.iter().find(|(known, _)| *known == code));
        if let Some((_, message)) = known {
            whole.push_str("<Message>");
            whole.push_str(message);
            whole.push_str("</Message>");
        }
    }
    if !before.contains("<RequestId>") {
        whole.push_str("<RequestId>");
        whole.push_str(request_id);
        whole.push_str("</RequestId>");
    }
    whole.push_str("</Error>");
    whole.push_str(after);
    if let Some(length) = response.headers_mut().get_mut(header::CONTENT_LENGTH) {
        *length = HeaderValue::from(whole.len());
    }
    *response.body_mut() = Body::from(whole);
}
