//! A service's model: its operations, the shapes of what they take and give, and how those are bound to HTTP.
//!
//! The text is a trimmed botocore service model (facts only) as written by `xtask/models.py`. All references between shapes are
//! resolved when the text is parsed, so that nothing after that can meet a missing shape.

mod raw;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::error::Error;
use crate::http::HttpRequestParts;
use crate::pattern::Pattern;

/// How a service puts values into HTTP messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson 1.0 and 1.1: `X-Amz-Target` and a JSON body.
    Json,
    /// awsQuery: a form with `Action` and `Version`, XML answers.
    Query,
    /// restJson1: method and URI name the operation, JSON bodies.
    RestJson,
    /// restXml: method and URI name the operation, XML bodies.
    RestXml,
    /// Smithy RPC v2: the path names the operation, CBOR bodies.
    Cbor,
}

/// Facts about the service as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The protocol all operations speak.
    pub protocol: Protocol,
    /// The `Version` of query requests, for example `2010-05-08`.
    pub api_version: String,
    /// What stands before the dot in `X-Amz-Target`.
    pub target_prefix: Option<String>,
    /// `1.0` or `1.1`, part of the content type of JSON services.
    pub json_version: Option<String>,
    /// First label of the service's host name, for example `states`.
    pub endpoint_prefix: String,
    /// Service name in a credential scope, for example `sagemaker`; the endpoint prefix where the model names none.
    pub signing_name: String,
    /// The service's name as SDKs spell it, for example `SFN`.
    pub service_id: String,
    /// The namespace of XML documents.
    pub xml_namespace: Option<XmlNamespace>,
    /// `v4`, or `s3` for S3's variant of it.
    pub signature_version: Option<String>,
    /// Code of the error for constraints that do not hold, where it is not the protocol's usual one.
    pub validation_error_code: Option<String>,
    /// A JSON service that once spoke query and still names the old error codes in a header.
    pub query_compatible: bool,
}

/// An XML namespace and the prefix it is bound to, if any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmlNamespace {
    /// The namespace's URI.
    pub uri: String,
    /// Its prefix; `None` is the default namespace.
    pub prefix: Option<String>,
}

/// Method, URI template and status of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpBinding {
    /// `GET`, `POST`, ...
    pub method: String,
    /// URI template with labels, for example `/{Bucket}/{Key+}?tagging`.
    pub request_uri: String,
    /// Status of a successful answer.
    pub response_code: u16,
}

/// One operation of a service.
#[derive(Debug, Clone)]
pub struct Operation {
    /// The operation's name, for example `StartExecution`.
    pub name: String,
    /// How it is bound to HTTP.
    pub http: HttpBinding,
    /// What it takes.
    pub input: Option<Member>,
    /// What it gives.
    pub output: Option<Member>,
    /// Names of the error shapes it declares.
    pub errors: Vec<String>,
    /// Doing it twice is as good as doing it once.
    pub idempotent: bool,
    /// What AWS's clients put before the host name, for example `sync-`.
    pub host_prefix: Option<String>,
    /// Clients must send a checksum of the body (`Content-MD5` or `x-amz-checksum-*`).
    pub checksum_required: bool,
    /// Called without credentials.
    pub unauthenticated: bool,
}

/// Index of a shape in its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(usize);

/// Where in an HTTP message a member goes; members without a location go to the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// A label of the URI template.
    Uri,
    /// A query parameter.
    QueryString,
    /// A header.
    Header,
    /// All headers with a prefix, as a map.
    Headers,
    /// The status code of the answer.
    StatusCode,
}

/// Text form of a timestamp on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2024-01-31T12:00:00Z`
    Iso8601,
    /// `Wed, 31 Jan 2024 12:00:00 GMT`
    Rfc822,
    /// Seconds since 1970, with a fraction.
    UnixTimestamp,
}

/// A reference to a shape: a structure's member, a list's element, a map's key or value, an operation's input or output.
#[derive(Debug, Clone)]
pub struct Member {
    /// The member's name; for elements, keys and values `member`, `key` and `value`; for inputs and outputs empty.
    pub name: String,
    /// The shape of its value.
    pub shape: ShapeId,
    /// Where in the HTTP message it goes.
    pub location: Option<Location>,
    /// Its name on the wire, where that differs.
    pub location_name: Option<String>,
    /// Its name in EC2-style query requests.
    pub query_name: Option<String>,
    /// A list or map without a wrapping element.
    pub flattened: bool,
    /// An attribute of the parent's XML element.
    pub xml_attribute: bool,
    /// The namespace its XML element declares.
    pub xml_namespace: Option<XmlNamespace>,
    /// A body that is streamed.
    pub streaming: bool,
    /// Its timestamp format, where that differs from the protocol's.
    pub timestamp_format: Option<TimestampFormat>,
    /// A token that clients fill in.
    pub idempotency_token: bool,
    /// A JSON text (in headers: base64 of it).
    pub json_value: bool,
    /// May be absent even though its type is a primitive.
    pub boxed: bool,
    /// Part of the host name.
    pub host_label: bool,
}

impl Member {
    /// The member's name on the wire.
    pub fn wire_name(&self) -> &str {
        self.location_name.as_deref().unwrap_or(&self.name)
    }
}

/// What kind of value a shape describes.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Named members.
    Structure(Structure),
    /// Elements in order.
    List(Box<Member>),
    /// Keys and values.
    Map(Box<Member>, Box<Member>),
    /// Text.
    String,
    /// Bytes; base64 in values.
    Blob,
    /// A whole number of at most 32 bits.
    Integer,
    /// A whole number of at most 64 bits.
    Long,
    /// A 32-bit floating number.
    Float,
    /// A 64-bit floating number.
    Double,
    /// True or false.
    Boolean,
    /// An instant; seconds since 1970 in values.
    Timestamp,
}

/// A structure's members and what is special about them.
#[derive(Debug, Clone, Default)]
pub struct Structure {
    /// The members in the model's order.
    pub members: Vec<Member>,
    /// Names of the members that must be there.
    pub required: Vec<String>,
    /// Name of the member that is the whole body.
    pub payload: Option<String>,
    /// Exactly one member is set.
    pub union: bool,
    /// Free-form JSON.
    pub document: bool,
    /// A stream of events.
    pub event_stream: bool,
    /// It is an error.
    pub exception: Option<Exception>,
}

impl Structure {
    /// The member of that name.
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Whether that member must be there.
    pub fn is_required(&self, name: &str) -> bool {
        self.required.iter().any(|required| required == name)
    }

    /// The member that is the whole body.
    pub fn payload_member(&self) -> Option<&Member> {
        self.payload.as_deref().and_then(|name| self.member(name))
    }
}

/// What an error shape says about its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exception {
    /// The code on the wire where it is not the shape's name.
    pub code: Option<String>,
    /// The status, where the model names one.
    pub http_status_code: Option<u16>,
    /// The fault lies with the sender.
    pub sender_fault: bool,
    /// The fault lies with the service (status 500 unless named).
    pub fault: bool,
}

/// One shape.
#[derive(Debug)]
pub struct Shape {
    /// The shape's name.
    pub name: String,
    /// What kind of value it describes.
    pub kind: Kind,
    /// Least length (text: characters; lists and maps: entries) or least value.
    pub min: Option<f64>,
    /// Greatest length or value.
    pub max: Option<f64>,
    /// The pattern as the model writes it.
    pub pattern: Option<String>,
    /// The values allowed.
    pub enumeration: Vec<String>,
    /// A list or map that is always without a wrapping element.
    pub flattened: bool,
    /// XML element name when it is the root of a body.
    pub location_name: Option<String>,
    /// The namespace its XML element declares.
    pub xml_namespace: Option<XmlNamespace>,
    /// Its timestamp format, where that differs from the protocol's.
    pub timestamp_format: Option<TimestampFormat>,
    /// A body that is streamed.
    pub streaming: bool,
    /// Its length is counted in bytes of UTF-8.
    pub size_in_bytes: bool,
    /// Must not be shown in messages or logs.
    pub sensitive: bool,
    compiled: OnceLock<Option<Pattern>>,
}

impl Shape {
    /// The structure this shape is, if it is one.
    pub fn structure(&self) -> Option<&Structure> {
        match &self.kind {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    /// The shape's pattern, compiled; `None` where there is none or it cannot be checked in linear time.
    pub(crate) fn compiled_pattern(&self) -> Option<&Pattern> {
        let text = self.pattern.as_deref()?;
        self.compiled.get_or_init(|| Pattern::compile(text)).as_ref()
    }
}

/// A service model.
#[derive(Debug)]
pub struct Model {
    /// Facts about the service as a whole.
    pub metadata: Metadata,
    operations: BTreeMap<String, Operation>,
    shapes: Vec<Shape>,
    shape_ids: BTreeMap<String, ShapeId>,
    /// The same service in the other protocols that it speaks.
    dialects: Vec<Self>,
}

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// `Error::Model` when the text is not a model or refers to something it does not hold.
    pub fn parse(text: &str) -> Result<Self, Error> {
        raw::parse(text)
    }

    /// The model in the protocol that a request is made in: some services speak several. Its own where they speak one.
    pub fn spoken_in(&self, parts: &HttpRequestParts) -> &Self {
        if self.dialects.is_empty() {
            return self;
        }
        let header = |name: &str| parts.headers.get(name).unwrap_or_default();
        let spoken = if header("smithy-protocol") == "rpc-v2-cbor" {
            Protocol::Cbor
        } else if !header("x-amz-target").is_empty() {
            Protocol::Json
        } else {
            Protocol::Query
        };
        self.dialects.iter().find(|dialect| dialect.metadata.protocol == spoken).unwrap_or(self)
    }

    /// The operation of that name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// All operations, by name.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    /// A shape of this model.
    ///
    /// # Panics
    /// When `id` comes from another model.
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0]
    }

    /// The shape of that name.
    pub fn shape_named(&self, name: &str) -> Option<&Shape> {
        self.shape_ids.get(name).map(|id| self.shape(*id))
    }

    /// All shapes.
    pub fn shapes(&self) -> impl Iterator<Item = &Shape> {
        self.shapes.iter()
    }

    /// The error shape that answers with `code`: by its own name first, then by its code on the wire.
    pub fn exception(&self, code: &str) -> Option<(&Shape, &Exception)> {
        fn as_exception(shape: &Shape) -> Option<(&Shape, &Exception)> {
            Some((shape, shape.structure()?.exception.as_ref()?))
        }
        self.shape_named(code).and_then(as_exception).or_else(|| {
            self.shapes
                .iter()
                .filter_map(as_exception)
                .find(|(_, exception)| exception.code.as_deref() == Some(code))
        })
    }

    /// Patterns of the model that are not checked, as (shape, pattern): those that cannot be checked in linear time.
    pub fn unchecked_patterns(&self) -> impl Iterator<Item = (&str, &str)> {
        self.shapes.iter().filter_map(|shape| {
            let pattern = shape.pattern.as_deref()?;
            shape.compiled_pattern().is_none().then_some((shape.name.as_str(), pattern))
        })
    }

    /// The member's timestamp format: its own, its shape's, or the protocol's for where it stands.
    pub(crate) fn timestamp_format(&self, member: &Member) -> TimestampFormat {
        let own = member.timestamp_format.or(self.shape(member.shape).timestamp_format);
        own.unwrap_or(match (member.location, self.metadata.protocol) {
            (Some(Location::Header | Location::Headers), _) => TimestampFormat::Rfc822,
            (Some(_), _) | (None, Protocol::Query | Protocol::RestXml) => TimestampFormat::Iso8601,
            (None, Protocol::Json | Protocol::RestJson | Protocol::Cbor) => {
                TimestampFormat::UnixTimestamp
            }
        })
    }

    /// Whether the member's list or map has no wrapping element.
    pub(crate) fn is_flattened(&self, member: &Member) -> bool {
        member.flattened || self.shape(member.shape).flattened
    }
}

impl<'de> Deserialize<'de> for Protocol {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "json" => Ok(Self::Json),
            "query" => Ok(Self::Query),
            "rest-json" => Ok(Self::RestJson),
            "rest-xml" => Ok(Self::RestXml),
            "smithy-rpc-v2-cbor" => Ok(Self::Cbor),
            other => Err(serde::de::Error::custom(format!("unknown protocol {other}"))),
        }
    }
}
