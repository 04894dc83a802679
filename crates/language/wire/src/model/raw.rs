//! The model's text form and its resolution into [`Model`](super::Model).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Exception, HttpBinding, Kind, Location, Member, Metadata, Model, Operation, Protocol, Shape,
    ShapeId, Structure, TimestampFormat, XmlNamespace,
};
use crate::error::Error;

#[derive(Deserialize)]
struct RawModel {
    metadata: RawMetadata,
    operations: BTreeMap<String, RawOperation>,
    shapes: BTreeMap<String, RawShape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMetadata {
    protocol: Protocol,
    #[serde(default)]
    api_version: String,
    target_prefix: Option<String>,
    json_version: Option<String>,
    endpoint_prefix: Option<String>,
    signing_name: Option<String>,
    service_id: Option<String>,
    xml_namespace: Option<RawNamespace>,
    signature_version: Option<String>,
    aws_query_compatible: Option<Value>,
    validation_error_code: Option<String>,
    #[serde(default)]
    dialects: Vec<Protocol>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawNamespace {
    Uri(String),
    Full { uri: String, prefix: Option<String> },
}

impl From<RawNamespace> for XmlNamespace {
    fn from(raw: RawNamespace) -> Self {
        match raw {
            RawNamespace::Uri(uri) => Self { uri, prefix: None },
            RawNamespace::Full { uri, prefix } => Self { uri, prefix },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOperation {
    http: RawHttp,
    input: Option<RawMember>,
    output: Option<RawMember>,
    #[serde(default)]
    errors: Vec<RawError>,
    #[serde(default)]
    idempotent: bool,
    endpoint: Option<RawEndpoint>,
    #[serde(default)]
    http_checksum: Map<String, Value>,
    authtype: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawError {
    Name(String),
    Reference { shape: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEndpoint {
    host_prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawHttp {
    method: String,
    #[serde(default)]
    request_uri: String,
    response_code: Option<u16>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMember {
    shape: String,
    location: Option<RawLocation>,
    location_name: Option<String>,
    query_name: Option<String>,
    #[serde(default)]
    flattened: bool,
    #[serde(default)]
    xml_attribute: bool,
    xml_namespace: Option<RawNamespace>,
    #[serde(default)]
    streaming: bool,
    timestamp_format: Option<RawTimestampFormat>,
    #[serde(default)]
    idempotency_token: bool,
    #[serde(default)]
    jsonvalue: bool,
    #[serde(default, rename = "box")]
    boxed: bool,
    #[serde(default)]
    host_label: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawLocation {
    Uri,
    QueryString,
    Header,
    Headers,
    #[serde(rename = "statusCode")]
    StatusCode,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum RawTimestampFormat {
    Iso8601,
    Rfc822,
    UnixTimestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawShape {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(default)]
    members: serde_json::Map<String, Value>,
    #[serde(default)]
    required: Vec<String>,
    payload: Option<String>,
    member: Option<RawMember>,
    key: Option<RawMember>,
    value: Option<RawMember>,
    min: Option<f64>,
    max: Option<f64>,
    pattern: Option<String>,
    #[serde(default, rename = "enum")]
    enumeration: Vec<String>,
    #[serde(default)]
    flattened: bool,
    location_name: Option<String>,
    xml_namespace: Option<RawNamespace>,
    timestamp_format: Option<RawTimestampFormat>,
    #[serde(default)]
    streaming: bool,
    #[serde(default)]
    size_in_bytes: bool,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    union: bool,
    #[serde(default)]
    document: bool,
    #[serde(default)]
    eventstream: bool,
    #[serde(default)]
    exception: bool,
    #[serde(default)]
    fault: bool,
    error: Option<RawErrorTrait>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct RawErrorTrait {
    code: Option<String>,
    http_status_code: Option<u16>,
    #[serde(default)]
    sender_fault: bool,
}

/// Names to indices while a model is being resolved.
struct Resolver {
    ids: BTreeMap<String, ShapeId>,
}

pub(super) fn parse(text: &str) -> Result<Model, Error> {
    let raw = read(text)?;
    let dialects = raw.metadata.dialects.clone();
    let mut model = resolve(raw)?;
    for protocol in dialects {
        let mut dialect = resolve(read(text)?)?;
        dialect.metadata.protocol = protocol;
        model.dialects.push(dialect);
    }
    Ok(model)
}

fn read(text: &str) -> Result<RawModel, Error> {
    serde_json::from_str(text).map_err(|source| Error::Model(source.to_string()))
}

fn resolve(raw: RawModel) -> Result<Model, Error> {
    let ids = raw.shapes.keys().enumerate().map(|(at, name)| (name.clone(), ShapeId(at))).collect();
    let resolver = Resolver { ids };
    let shapes = raw
        .shapes
        .into_iter()
        .map(|(name, shape)| resolver.shape(name, shape))
        .collect::<Result<Vec<_>, _>>()?;
    let operations = raw
        .operations
        .into_iter()
        .map(|(name, operation)| Ok((name.clone(), resolver.operation(name, operation)?)))
        .collect::<Result<BTreeMap<_, _>, Error>>()?;
    Ok(Model {
        metadata: raw.metadata.into(),
        operations,
        shapes,
        shape_ids: resolver.ids,
        dialects: Vec::new(),
    })
}

impl From<RawMetadata> for Metadata {
    fn from(raw: RawMetadata) -> Self {
        let endpoint_prefix = raw.endpoint_prefix.unwrap_or_default();
        Self {
            protocol: raw.protocol,
            api_version: raw.api_version,
            target_prefix: raw.target_prefix,
            json_version: raw.json_version,
            signing_name: raw.signing_name.unwrap_or_else(|| endpoint_prefix.clone()),
            endpoint_prefix,
            service_id: raw.service_id.unwrap_or_default(),
            xml_namespace: raw.xml_namespace.map(Into::into),
            signature_version: raw.signature_version,
            validation_error_code: raw.validation_error_code,
            query_compatible: raw.aws_query_compatible.is_some(),
        }
    }
}

impl Resolver {
    fn id(&self, name: &str) -> Result<ShapeId, Error> {
        let found = self.ids.get(name).copied();
        found.ok_or_else(|| Error::Model(format!("there is no shape {name}")))
    }

    fn member(&self, name: &str, raw: RawMember) -> Result<Member, Error> {
        Ok(Member {
            name: name.to_owned(),
            shape: self.id(&raw.shape)?,
            location: raw.location.map(Into::into),
            location_name: raw.location_name,
            query_name: raw.query_name,
            flattened: raw.flattened,
            xml_attribute: raw.xml_attribute,
            xml_namespace: raw.xml_namespace.map(Into::into),
            streaming: raw.streaming,
            timestamp_format: raw.timestamp_format.map(Into::into),
            idempotency_token: raw.idempotency_token,
            json_value: raw.jsonvalue,
            boxed: raw.boxed,
            host_label: raw.host_label,
        })
    }

    fn part(&self, shape: &str, name: &str, raw: Option<RawMember>) -> Result<Box<Member>, Error> {
        let raw = raw.ok_or_else(|| Error::Model(format!("shape {shape} lacks its {name}")))?;
        Ok(Box::new(self.member(name, raw)?))
    }

    fn operation(&self, name: String, raw: RawOperation) -> Result<Operation, Error> {
        Ok(Operation {
            http: HttpBinding {
                method: raw.http.method,
                request_uri: raw.http.request_uri,
                response_code: raw.http.response_code.unwrap_or(200),
            },
            input: raw.input.map(|member| self.member("", member)).transpose()?,
            output: raw.output.map(|member| self.member("", member)).transpose()?,
            errors: raw.errors.into_iter().map(RawError::into_name).collect(),
            idempotent: raw.idempotent,
            host_prefix: raw.endpoint.and_then(|endpoint| endpoint.host_prefix),
            checksum_required: raw.http_checksum.get("requestChecksumRequired")
                == Some(&Value::Bool(true)),
            unauthenticated: raw.authtype.as_deref() == Some("none"),
            name,
        })
    }

    fn shape(&self, name: String, raw: RawShape) -> Result<Shape, Error> {
        let kind = match raw.type_name.as_str() {
            "structure" => Kind::Structure(self.structure(&raw)?),
            "list" => Kind::List(self.part(&name, "member", raw.member)?),
            "map" => {
                Kind::Map(self.part(&name, "key", raw.key)?, self.part(&name, "value", raw.value)?)
            }
            "string" | "character" => Kind::String,
            "blob" => Kind::Blob,
            "integer" => Kind::Integer,
            "long" => Kind::Long,
            "float" => Kind::Float,
            "double" => Kind::Double,
            "boolean" => Kind::Boolean,
            "timestamp" => Kind::Timestamp,
            other => return Err(Error::Model(format!("shape {name} is of unknown type {other}"))),
        };
        Ok(Shape {
            name,
            kind,
            min: raw.min,
            max: raw.max,
            pattern: raw.pattern,
            enumeration: raw.enumeration,
            flattened: raw.flattened,
            location_name: raw.location_name,
            xml_namespace: raw.xml_namespace.map(Into::into),
            timestamp_format: raw.timestamp_format.map(Into::into),
            streaming: raw.streaming,
            size_in_bytes: raw.size_in_bytes,
            sensitive: raw.sensitive,
            compiled: OnceLock::new(),
        })
    }

    fn structure(&self, raw: &RawShape) -> Result<Structure, Error> {
        let members = raw.members.iter().map(|(name, value)| {
            let member = RawMember::deserialize(value)
                .map_err(|source| Error::Model(format!("member {name}: {source}")))?;
            self.member(name, member)
        });
        let error = raw.error.as_ref();
        Ok(Structure {
            members: members.collect::<Result<_, _>>()?,
            required: raw.required.clone(),
            payload: raw.payload.clone(),
            union: raw.union,
            document: raw.document,
            event_stream: raw.eventstream,
            exception: raw.exception.then(|| Exception {
                code: error.and_then(|error| error.code.clone()),
                http_status_code: error.and_then(|error| error.http_status_code),
                sender_fault: error.is_some_and(|error| error.sender_fault),
                fault: raw.fault,
            }),
        })
    }
}

impl RawError {
    fn into_name(self) -> String {
        match self {
            Self::Name(name) | Self::Reference { shape: name } => name,
        }
    }
}

impl From<RawLocation> for Location {
    fn from(raw: RawLocation) -> Self {
        match raw {
            RawLocation::Uri => Self::Uri,
            RawLocation::QueryString => Self::QueryString,
            RawLocation::Header => Self::Header,
            RawLocation::Headers => Self::Headers,
            RawLocation::StatusCode => Self::StatusCode,
        }
    }
}

impl From<RawTimestampFormat> for TimestampFormat {
    fn from(raw: RawTimestampFormat) -> Self {
        match raw {
            RawTimestampFormat::Iso8601 => Self::Iso8601,
            RawTimestampFormat::Rfc822 => Self::Rfc822,
            RawTimestampFormat::UnixTimestamp => Self::UnixTimestamp,
        }
    }
}
