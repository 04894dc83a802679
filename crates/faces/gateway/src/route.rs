//! Which service a request is for, as AWS SDKs say it.

use std::borrow::Cow;
use wire::HttpRequestParts;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// refit's own pages, `/_refit/…`.
    Own,
    /// The server's numbers.
    Metrics,
    /// The S3 API.
    Objects,
    /// A service by its name in refit.
    Service(String),
}

/// Names in credential scopes and target prefixes that differ from refit's.
const TARGETS: [(&str, &str); 7] = [
    ("GraniteServiceVersion20100801", "cloudwatch"),
    ("AmazonEC2ContainerRegistry_V20150921", "ecr"),
    ("AWSStepFunctions", "states"),
    ("AWSEvents", "events"),
    ("SageMaker", "sagemaker"),
    ("Logs_20140328", "logs"),
    ("AmazonSQS", "sqs"),
];

/// Finds the destination. `scope` is the service in the signature's credential scope, if there is one.
///
/// Order: own pages; `X-Amz-Target`; the credential scope; a query `Action` by its version; otherwise S3, whose requests
/// may be anonymous and whose paths are the user's.
pub(crate) fn destination(parts: &HttpRequestParts, scope: Option<&str>) -> Destination {
    let is_bare = scope.is_none() && parts.method == "GET" && parts.query.is_empty();
    // A signed request for `/metrics` means a bucket of that name.
    if parts.path == "/_refit/metrics" || (parts.path == "/metrics" && is_bare) {
        return Destination::Metrics;
    }
    if parts.path.starts_with("/_refit/") {
        return Destination::Own;
    }
    if let Some((prefix, _)) = wire::target(parts)
        && let Some((_, service)) = TARGETS.iter().find(|(own, _)| *own == prefix)
    {
        return Destination::Service((*service).to_owned());
    }
    match scope {
        // A target that is not refit's, unsigned: no bucket is meant.
        None if wire::target(parts).is_some() => {
            let prefix = wire::target(parts).map(|(prefix, _)| prefix).unwrap_or_default();
            return Destination::Service(prefix.to_owned());
        }
        // The runtime's requests are signed for SageMaker too.
        Some("sagemaker") if parts.path.starts_with("/endpoints/") => {
            return Destination::Service("sagemaker-runtime".to_owned());
        }
        Some("s3" | "s3express") => return Destination::Objects,
        Some("monitoring") => return Destination::Service("cloudwatch".to_owned()),
        Some(scope) => return Destination::Service(scope.to_owned()),
        None => {}
    }
    if is_form(parts) {
        let service = match wire::parameter(parts, "Version").as_deref() {
            Some("2010-05-08") => Some("iam"),
            Some("2011-06-15") => Some("sts"),
            Some("2010-03-31") => Some("sns"),
            Some("2010-08-01") => Some("cloudwatch"),
            _ => None,
        };
        if let Some(service) = service {
            return Destination::Service(service.to_owned());
        }
    }
    // RPC v2, unsigned.
    if parts.headers.get("smithy-protocol").is_some() {
        let own = TARGETS.iter().find(|(own, _)| parts.path.contains(&format!("/service/{own}/")));
        if let Some((_, service)) = own {
            return Destination::Service((*service).to_owned());
        }
    }
    if parts.path.starts_with("/2015-03-31/functions") {
        return Destination::Service("lambda".to_owned());
    }
    Destination::Objects
}

pub(crate) fn is_form(parts: &HttpRequestParts) -> bool {
    parts
        .headers
        .get("content-type")
        .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// Whether a region's name is one that ARNs and keys can hold.
pub(crate) fn is_region(region: &str) -> bool {
    (1..=32).contains(&region.len())
        && region.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

/// The credential scope's service and region, out of the header or the query of a signed request.
pub(crate) fn scope(parts: &HttpRequestParts) -> Option<(String, String)> {
    let header = parts.headers.get("authorization").and_then(|value| {
        let (_, rest) = value.split_once("Credential=")?;
        Some(Cow::Borrowed(rest.split([',', ' ']).next().unwrap_or(rest)))
    });
    let credential = header.or_else(|| {
        parts.query.split('&').find_map(|pair| {
            let value = pair.strip_prefix("X-Amz-Credential=")?;
            Some(Cow::Owned(value.replace("%2F", "/").replace("%2f", "/")))
        })
    })?;
    let mut pieces = credential.rsplit('/');
    let _terminator = pieces.next()?;
    let service = pieces.next()?.to_owned();
    let region = pieces.next()?.to_owned();
    pieces.next()?;
    Some((service, region))
}

#[cfg(test)]
mod tests {
    use super::{Destination, destination, scope};
    use wire::{Headers, HttpRequestParts};

    fn request(path: &str, headers: &[(&str, &str)], body: &str) -> HttpRequestParts {
        HttpRequestParts {
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: headers.iter().copied().collect::<Headers>(),
            body: body.as_bytes().to_vec(),
            ..HttpRequestParts::default()
        }
    }

    #[test]
    fn finds_the_service_as_sdks_name_it() {
        let service = |name: &str| Destination::Service(name.to_owned());
        let signed = |scope: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/{scope}/aws4_request, SignedHeaders=host, Signature=00"
            )
        };
        let bare = |path: &str, query: &str| HttpRequestParts {
            method: "GET".to_owned(),
            query: query.to_owned(),
            ..request(path, &[], "")
        };
        let form = ("content-type", "application/x-www-form-urlencoded");
        let cases = [
            (request("/_refit/health", &[], ""), Destination::Own),
            (request("/_refit/metrics", &[], ""), Destination::Metrics),
            (bare("/metrics", ""), Destination::Metrics),
            (bare("/metrics", "list-type=2"), Destination::Objects),
            (request("/metrics", &[], ""), Destination::Objects),
            (request("/metrics", &[("authorization", &signed("s3"))], ""), Destination::Objects),
            (
                request("/", &[("x-amz-target", "AWSStepFunctions.StartExecution")], ""),
                service("states"),
            ),
            (request("/", &[("x-amz-target", "Logs_20140328.PutLogEvents")], ""), service("logs")),
            (request("/bucket/key", &[("authorization", &signed("s3"))], ""), Destination::Objects),
            (request("/", &[("authorization", &signed("iam"))], ""), service("iam")),
            (request("/", &[("authorization", &signed("monitoring"))], ""), service("cloudwatch")),
            (
                request(
                    "/service/GraniteServiceVersion20100801/operation/ListMetrics",
                    &[("smithy-protocol", "rpc-v2-cbor")],
                    "",
                ),
                service("cloudwatch"),
            ),
            (request("/", &[form], "Action=ListMetrics&Version=2010-08-01"), service("cloudwatch")),
            (request("/", &[form], "Action=GetCallerIdentity&Version=2011-06-15"), service("sts")),
            (request("/2015-03-31/functions", &[], ""), service("lambda")),
            (
                request("/endpoints/e/invocations", &[("authorization", &signed("sagemaker"))], ""),
                service("sagemaker-runtime"),
            ),
            (request("/bucket", &[], ""), Destination::Objects),
        ];
        for (parts, expected) in cases {
            let found = scope(&parts);
            let found = found.as_ref().map(|(service, _)| service.as_str());
            assert_eq!(destination(&parts, found), expected, "{parts:?}");
        }
    }

    #[test]
    fn reads_presigned_scopes_and_survives_nonsense() {
        let mut parts = request("/b/k", &[], "");
        parts.query = "X-Amz-Credential=AKIA%2F20260101%2Fus-east-1%2Fs3%2Faws4_request".to_owned();
        assert_eq!(scope(&parts), Some(("s3".to_owned(), "us-east-1".to_owned())));
        for nonsense in ["Credential=", "Credential=a/b", "Bearer x", "Credential=////"] {
            let _survives = scope(&request("/", &[("authorization", nonsense)], ""));
        }
    }
}
