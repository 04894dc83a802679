//! Amazon Resource Names.

use std::fmt;

/// `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The service's name in ARNs, for instance `states`.
    pub service: String,
    /// The region; empty for global services.
    pub region: String,
    /// The 12-digit account; empty for some.
    pub account: String,
    /// Everything after the fifth colon.
    pub resource: String,
}

impl Arn {
    /// An ARN in the partition `aws`.
    pub fn new(service: &str, region: &str, account: &str, resource: &str) -> Self {
        Self {
            partition: "aws".to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource: resource.to_owned(),
        }
    }

    /// Reads an ARN; `None` when the text is not one (six parts, `arn` first, no empty partition, service or resource).
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let mut next = || parts.next().map(str::to_owned);
        let arn = Self {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        };
        let whole =
            !arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty();
        whole.then_some(arn)
    }

    /// The last part of the resource, after `/` or `:`: usually its name.
    pub fn name(&self) -> &str {
        self.resource.rsplit(['/', ':']).next().unwrap_or(&self.resource)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::Arn;

    #[test]
    fn reads_and_writes() {
        let text = "arn:aws:states:us-east-1:123456789012:execution:machine:run";
        let arn = Arn::parse(text).unwrap();
        assert_eq!(arn.resource, "execution:machine:run");
        assert_eq!(arn.name(), "run");
        assert_eq!(arn.to_string(), text);
        for bad in ["", "arn", "arn:aws:s3", "urn:a:b:c:d:e", "arn:::::x", "arn:aws:s3:::"] {
            assert_eq!(Arn::parse(bad), None, "{bad}");
        }
    }
}
