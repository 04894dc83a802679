//! Amazon resource names.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A resource name: `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    /// `aws`, `aws-cn`, ...
    pub partition: String,
    /// For example `states`.
    pub service: String,
    /// For example `us-east-1`; empty for global services.
    pub region: String,
    /// Twelve digits; empty for some resources.
    pub account: String,
    /// All the rest, colons and slashes included.
    pub resource: String,
}

impl Arn {
    /// The resource name of a resource in partition `aws`.
    pub fn new(service: &str, region: &str, account: &str, resource: impl Into<String>) -> Self {
        Self {
            partition: "aws".to_owned(),
            service: service.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
            resource: resource.into(),
        }
    }

    /// Reads a resource name.
    ///
    /// # Errors
    /// `Error::Arn` when it has not six parts, does not begin with `arn`, or partition, service or resource are empty.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = text.splitn(6, ':');
        let mut next =
            || parts.next().ok_or_else(|| Error::Arn(text.to_owned())).map(str::to_owned);
        let prefix = next()?;
        let arn = Self {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        };
        let complete = !arn.partition.is_empty() && !arn.service.is_empty();
        if prefix == "arn" && complete && !arn.resource.is_empty() {
            Ok(arn)
        } else {
            Err(Error::Arn(text.to_owned()))
        }
    }

    /// What stands before the first `:` or `/` of the resource, for example `stateMachine`; `None` without one.
    pub fn resource_type(&self) -> Option<&str> {
        self.resource.split_once([':', '/']).map(|(kind, _)| kind)
    }

    /// What follows the first `:` or `/` of the resource; all of it without one.
    pub fn resource_id(&self) -> &str {
        self.resource.split_once([':', '/']).map_or(self.resource.as_str(), |(_, id)| id)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(formatter, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

impl FromStr for Arn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::Arn;

    #[test]
    fn parses_and_formats() {
        for text in [
            "arn:aws:states:us-east-1:123456789012:stateMachine:retrain",
            "arn:aws:s3:::bucket/key:with:colons",
            "arn:aws-cn:iam::123456789012:role/service-role/name",
        ] {
            assert_eq!(Arn::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "arn", "arn:aws:s3", "nra:aws:s3:::b", "arn::s3:::b", "arn:aws:s3:::", "é"]
        {
            assert!(Arn::parse(text).is_err(), "{text}");
        }
        let arn = Arn::parse("arn:aws:states:us-east-1:123456789012:execution:m:e").unwrap();
        assert_eq!((arn.resource_type(), arn.resource_id()), (Some("execution"), "m:e"));
    }
}
