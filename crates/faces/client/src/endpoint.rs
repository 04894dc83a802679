//! Where a service's calls go.

use wire::Model;

/// Where calls go: to one endpoint for all services, or to AWS's own hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoints {
    /// One address for every service, without a slash at its end.
    One(String),
    /// AWS's hosts for services and regions.
    Aws,
}

/// Where one call goes and how it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Scheme and authority, with which every request's address begins.
    pub(crate) root: String,
    /// Host and port, as signed.
    pub(crate) host: String,
    /// The endpoint's path, which every request's path follows.
    pub(crate) base_path: String,
    /// The region the signature names.
    pub(crate) region: String,
}

impl Endpoints {
    /// The address of a service in a region.
    pub(crate) fn address(&self, model: &Model, region: &str) -> Address {
        match self {
            Self::One(endpoint) => one(endpoint, region),
            Self::Aws => aws(&model.metadata.endpoint_prefix, region),
        }
    }

    /// What an error calls it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::One(endpoint) => endpoint,
            Self::Aws => "AWS",
        }
    }
}

/// The address that a fixed endpoint is.
pub(crate) fn one(endpoint: &str, region: &str) -> Address {
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let (host, base_path) = authority.split_at(authority.find('/').unwrap_or(authority.len()));
    Address {
        root: endpoint[..endpoint.len() - base_path.len()].to_owned(),
        host: host.to_owned(),
        base_path: base_path.to_owned(),
        region: region.to_owned(),
    }
}

/// Partitions of AWS: how their regions begin, the domain, and host and region of IAM, which is one for the whole partition.
// AWS: https://docs.aws.amazon.com/general/latest/gr/rande.html and iam-service.html, "service endpoints"
const PARTITIONS: &[(&str, &str, &str, &str)] = &[
    ("cn-", "amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ("us-gov-", "amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
    ("", "amazonaws.com", "iam.amazonaws.com", "us-east-1"),
];

fn aws(endpoint_prefix: &str, region: &str) -> Address {
    let &(_, domain, iam_host, iam_region) = PARTITIONS
        .iter()
        .find(|(beginning, ..)| region.starts_with(beginning))
        .expect("the last beginning is empty");
    let (host, region) = if endpoint_prefix == "iam" {
        (iam_host.to_owned(), iam_region)
    } else {
        (format!("{endpoint_prefix}.{region}.{domain}"), region)
    };
    Address {
        root: format!("https://{host}"),
        host,
        base_path: String::new(),
        region: region.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{aws, one};

    #[test]
    fn hosts_of_services_and_regions() {
        let cases = [
            ("states", "eu-west-1", "states.eu-west-1.amazonaws.com", "eu-west-1"),
            ("api.sagemaker", "us-east-1", "api.sagemaker.us-east-1.amazonaws.com", "us-east-1"),
            ("s3", "ap-south-2", "s3.ap-south-2.amazonaws.com", "ap-south-2"),
            ("iam", "eu-west-1", "iam.amazonaws.com", "us-east-1"),
            ("iam", "us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
            ("iam", "cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("sqs", "cn-north-1", "sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        ];
        for (prefix, region, host, signed) in cases {
            let address = aws(prefix, region);
            assert_eq!((address.host.as_str(), address.region.as_str()), (host, signed));
            assert_eq!(address.root, format!("https://{host}"));
        }
        let address = one("http://h:1/a/b", "r");
        assert_eq!((address.root.as_str(), address.base_path.as_str()), ("http://h:1", "/a/b"));
    }
}
