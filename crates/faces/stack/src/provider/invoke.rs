//! Data sources: functions a program calls for a value. Those that ask AWS are tables (`types/sources.json`).

use super::{Provider, check, interpolate_id, policy_document, prebuilt_image};
use crate::nearest::did_you_mean;
use crate::types::{ResourceType, canonical, modules, short, source, sources};
use crate::value::{Object, Value};

/// The data sources there are, as programs write them.
const KNOWN: &[&str] = &[
    "aws:getArn",
    "aws:getCallerIdentity",
    "aws:getPartition",
    "aws:getRegion",
    "aws:iam:getPolicyDocument",
    "aws:sagemaker:getPrebuiltEcrImage",
];

/// Why a data source gives nothing.
#[derive(Debug)]
pub(crate) struct InvokeError {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// All data sources, as programs write them.
pub(crate) fn names() -> Vec<String> {
    let of_tables = sources().into_iter().map(|source| source.short());
    let mut names: Vec<String> =
        KNOWN.iter().map(|name| (*name).to_owned()).chain(of_tables).collect();
    names.sort();
    names
}

/// Whether there is a data source of this name; else what to say.
pub(crate) fn find(token: &str) -> Result<(), InvokeError> {
    let full = canonical(token);
    if source(&full).is_some() || KNOWN.iter().any(|known| canonical(known) == full) {
        return Ok(());
    }
    let asked = short(&full).replace("aws:index:", "aws:");
    let names = names();
    let hint = did_you_mean(&asked, names.iter().map(String::as_str)).unwrap_or_else(|| {
        let module = asked.rsplit_once(':').map_or("", |(module, _)| module);
        let siblings: Vec<&str> = names
            .iter()
            .filter(|name| name.rsplit_once(':').is_some_and(|(of, _)| of == module))
            .map(String::as_str)
            .collect();
        if siblings.is_empty() {
            format!("refit has data sources of {}", modules(&names).join(", "))
        } else {
            format!("refit has {}", siblings.join(", "))
        }
    });
    Err(InvokeError { message: format!("refit has no data source `{token}`"), hint: Some(hint) })
}

impl Provider {
    /// Calls a data source.
    pub(crate) async fn invoke(
        &self,
        token: &str,
        arguments: &Object,
    ) -> Result<Value, InvokeError> {
        find(token)?;
        match source(token) {
            Some(source) => self.look_up(&source, arguments).await,
            None => self.tell(token, arguments),
        }
    }

    /// A data source that asks AWS.
    async fn look_up(
        &self,
        source: &ResourceType,
        arguments: &Object,
    ) -> Result<Value, InvokeError> {
        if arguments.values().any(Value::has_unknown) {
            return Ok(Value::Unknown);
        }
        let failed = |message: String| InvokeError { message, hint: None };
        let checked = check::arguments(source, arguments);
        if let Some(problem) = checked.problems.into_iter().find(|problem| !problem.is_warning) {
            return Err(InvokeError { message: problem.message, hint: problem.hint });
        }
        let region = arguments.get("region").and_then(Value::as_str).unwrap_or(&self.region);
        let provider = self
            .in_region(region)
            .ok_or_else(|| failed(format!("this run has no way to the region {region}")))?;
        let (mut values, id) = provider.predict(source, &checked.inputs, None);
        values.retain(|_, value| !matches!(value, Value::Unknown));
        let found = provider.read(source, id.as_deref().unwrap_or_default(), &values).await;
        let read = match found {
            Ok(Some(read)) => read,
            Ok(None) => return Err(failed("there is none".to_owned())),
            Err(error) => return Err(failed(error.to_string())),
        };
        values.extend(read);
        let id = interpolate_id(&provider, source, &values).map_or(Value::Null, Value::String);
        values.insert("id".to_owned(), id);
        for name in source.properties.keys() {
            values.entry(name.clone()).or_insert(Value::Null);
        }
        values.insert("region".to_owned(), Value::string(region));
        Ok(Value::Object(values))
    }

    /// A data source that needs no call: who is calling was asked at the start.
    fn tell(&self, token: &str, arguments: &Object) -> Result<Value, InvokeError> {
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
            "getArn" => arn_parts(arguments),
            "getPrebuiltEcrImage" => prebuilt_image::find(arguments, &self.region),
            _ => policy_document::render(arguments),
        }
    }
}

pub(super) fn argument<'a>(arguments: &'a Object, name: &str) -> Result<&'a str, InvokeError> {
    arguments.get(name).and_then(Value::as_str).ok_or_else(|| InvokeError {
        message: format!("the argument `{name}` is missing"),
        hint: None,
    })
}

/// The parts of an ARN.
fn arn_parts(arguments: &Object) -> Result<Value, InvokeError> {
    if arguments.values().any(Value::has_unknown) {
        return Ok(Value::Unknown);
    }
    let arn = argument(arguments, "arn")?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &["arn", partition, service, region, account, resource] = parts.as_slice() else {
        return Err(InvokeError { message: format!("`{arn}` is no ARN"), hint: None });
    };
    let fields = [
        ("account", account),
        ("arn", arn),
        ("id", arn),
        ("partition", partition),
        ("region", region),
        ("resource", resource),
        ("service", service),
    ];
    let fields = fields.map(|(name, text)| (name.to_owned(), Value::string(text)));
    Ok(Value::Object(fields.into_iter().collect()))
}
