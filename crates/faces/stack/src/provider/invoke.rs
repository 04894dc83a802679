//! Data sources: functions a program calls for a value.

use super::{Provider, policy_document};
use crate::nearest::did_you_mean;
use crate::types::{canonical, short};
use crate::value::{Object, Value};

/// The data sources there are, as programs write them.
const KNOWN: &[&str] =
    &["aws:getCallerIdentity", "aws:getPartition", "aws:getRegion", "aws:iam:getPolicyDocument"];

/// Why a data source gives nothing.
#[derive(Debug)]
pub(crate) struct InvokeError {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// Whether there is a data source of this name; else what to say.
pub(crate) fn find(token: &str) -> Result<(), InvokeError> {
    let full = canonical(token);
    if KNOWN.iter().any(|known| canonical(known) == full) {
        return Ok(());
    }
    let asked = short(&full).replace("aws:index:", "aws:");
    let hint = did_you_mean(&asked, KNOWN.iter().copied())
        .unwrap_or_else(|| format!("refit has {}", KNOWN.join(", ")));
    Err(InvokeError { message: format!("refit has no data source `{token}`"), hint: Some(hint) })
}

impl Provider {
    /// Calls a data source. None of those there are needs a call: who is calling was asked at the start.
    pub(crate) fn invoke(&self, token: &str, arguments: &Object) -> Result<Value, InvokeError> {
        find(token)?;
        let object = |fields: &[(&str, &str)]| {
            let fields =
                fields.iter().map(|(name, text)| ((*name).to_owned(), Value::string(*text)));
            Ok(Value::Object(fields.collect()))
        };
        let full = canonical(token);
        match full.rsplit(':').next().unwrap_or_default() {
            "getCallerIdentity" => object(&[
                ("accountId", &self.account),
                ("arn", &self.caller_arn),
                ("id", &self.account),
                ("userId", &self.caller_id),
            ]),
            "getRegion" => object(&[
                ("description", &self.region),
                ("endpoint", &format!("ec2.{}.amazonaws.com", self.region)),
                ("id", &self.region),
                ("name", &self.region),
                ("region", &self.region),
            ]),
            "getPartition" => {
                let suffix =
                    if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
                let reverse =
                    if self.partition == "aws-cn" { "cn.com.amazonaws" } else { "com.amazonaws" };
                object(&[
                    ("dnsSuffix", suffix),
                    ("id", &self.partition),
                    ("partition", &self.partition),
                    ("reverseDnsPrefix", reverse),
                ])
            }
            _ => policy_document::render(arguments),
        }
    }
}
