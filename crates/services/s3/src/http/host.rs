//! Buckets in host names: `bucket.s3.…`, `bucket.localhost`.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// Reads `Host` headers. Names that are neither S3's nor below `localhost` say nothing about a bucket, so that a server
/// can be reached under any name of its machine.
pub(super) struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let virtual_host = VirtualHost::new(name);
        Ok(match bucket(name) {
            Some(bucket) => virtual_host.with_bucket(bucket),
            None => virtual_host,
        })
    }
}

/// The bucket that a host name begins with.
fn bucket(host: &str) -> Option<&str> {
    let is_service =
        |rest: &str| rest == "s3" || rest.starts_with("s3.") || rest.starts_with("s3-");
    if is_service(host) {
        return None;
    }
    // Bucket names may contain dots: S3's own label is the last one.
    let own_label =
        host.match_indices('.').rfind(|(at, _)| host.get(at + 1..).is_some_and(is_service));
    if let Some((at, _)) = own_label {
        return host.get(..at);
    }
    host.strip_suffix(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (host, expected) in [
            ("localhost", None),
            ("localhost:4566", None),
            ("s3.localhost:4566", None),
            ("s3.us-east-1.amazonaws.com", None),
            ("bucket.localhost:4566", Some("bucket")),
            ("bucket.s3.localhost:4566", Some("bucket")),
            ("a.b.s3.eu-west-1.amazonaws.com", Some("a.b")),
            ("bucket.s3-eu-west-1.amazonaws.com", Some("bucket")),
            ("refit.internal:80", None),
            ("[::1]:80", None),
        ] {
            let found = Hosts.parse_host_header(host).unwrap();
            assert_eq!(found.bucket(), expected, "{host}");
        }
    }
}
