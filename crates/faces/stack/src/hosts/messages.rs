//! The messages of Pulumi's protocol, as far as they are used: package `pulumirpc` of Pulumi's SDKs, and
//! `google.protobuf.Struct`. The numbers are those of the SDKs' own descriptors; fields that mean nothing here are left out,
//! and skipped when they come.

use prost::{Message, Oneof};
use std::collections::BTreeMap;

/// An object.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Struct {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(super) fields: BTreeMap<String, Value>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6")]
    pub(super) kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Kind {
    /// Always zero.
    #[prost(int32, tag = "1")]
    Null(i32),
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    String(String),
    #[prost(bool, tag = "4")]
    Bool(bool),
    #[prost(message, tag = "5")]
    Struct(Struct),
    #[prost(message, tag = "6")]
    List(List),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct List {
    #[prost(message, repeated, tag = "1")]
    pub(super) values: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Empty {}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DeploymentInfo {
    #[prost(string, tag = "1")]
    pub(super) project: String,
    #[prost(string, tag = "2")]
    pub(super) stack: String,
    #[prost(string, tag = "3")]
    pub(super) organization: String,
    #[prost(bool, tag = "6")]
    pub(super) dry_run: bool,
    #[prost(int32, tag = "7")]
    pub(super) parallel: i32,
    #[prost(int32, repeated, tag = "8")]
    pub(super) supported_features: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SupportsFeatureRequest {
    #[prost(string, tag = "1")]
    pub(super) id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SupportsFeatureResponse {
    #[prost(bool, tag = "1")]
    pub(super) has_support: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SourcePosition {
    #[prost(string, tag = "1")]
    pub(super) uri: String,
    #[prost(int32, tag = "2")]
    pub(super) line: i32,
    #[prost(int32, tag = "3")]
    pub(super) column: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StackFrame {
    #[prost(message, optional, tag = "1")]
    pub(super) pc: Option<SourcePosition>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StackTrace {
    #[prost(message, repeated, tag = "1")]
    pub(super) frames: Vec<StackFrame>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AliasSpec {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) token: String,
    #[prost(string, tag = "3")]
    pub(super) stack: String,
    #[prost(string, tag = "4")]
    pub(super) project: String,
    #[prost(string, tag = "5")]
    pub(super) parent_urn: String,
    #[prost(bool, tag = "6")]
    pub(super) no_parent: bool,
}

/// One of the two is given.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Alias {
    #[prost(string, tag = "1")]
    pub(super) urn: String,
    #[prost(message, optional, tag = "2")]
    pub(super) spec: Option<AliasSpec>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Urns {
    #[prost(string, repeated, tag = "1")]
    pub(super) urns: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CustomTimeouts {
    #[prost(string, tag = "1")]
    pub(super) create: String,
    #[prost(string, tag = "2")]
    pub(super) update: String,
    #[prost(string, tag = "3")]
    pub(super) delete: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RegisterResourceRequest {
    #[prost(string, tag = "1")]
    pub(super) token: String,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(string, tag = "3")]
    pub(super) parent: String,
    #[prost(bool, tag = "4")]
    pub(super) custom: bool,
    #[prost(message, optional, tag = "5")]
    pub(super) object: Option<Struct>,
    #[prost(bool, optional, tag = "6")]
    pub(super) protect: Option<bool>,
    #[prost(string, repeated, tag = "7")]
    pub(super) dependencies: Vec<String>,
    #[prost(string, tag = "8")]
    pub(super) provider: String,
    #[prost(btree_map = "string, message", tag = "9")]
    pub(super) property_dependencies: BTreeMap<String, Urns>,
    #[prost(bool, tag = "10")]
    pub(super) delete_before_replace: bool,
    #[prost(string, repeated, tag = "12")]
    pub(super) ignore_changes: Vec<String>,
    #[prost(string, repeated, tag = "14")]
    pub(super) additional_secret_outputs: Vec<String>,
    #[prost(string, repeated, tag = "15")]
    pub(super) alias_urns: Vec<String>,
    #[prost(string, tag = "16")]
    pub(super) import_id: String,
    #[prost(message, optional, tag = "17")]
    pub(super) custom_timeouts: Option<CustomTimeouts>,
    #[prost(bool, tag = "18")]
    pub(super) delete_before_replace_defined: bool,
    #[prost(bool, tag = "20")]
    pub(super) remote: bool,
    #[prost(string, repeated, tag = "23")]
    pub(super) replace_on_changes: Vec<String>,
    #[prost(bool, optional, tag = "25")]
    pub(super) retain_on_delete: Option<bool>,
    #[prost(message, repeated, tag = "26")]
    pub(super) aliases: Vec<Alias>,
    #[prost(string, tag = "27")]
    pub(super) deleted_with: String,
    #[prost(message, optional, tag = "29")]
    pub(super) source_position: Option<SourcePosition>,
    #[prost(bool, tag = "32")]
    pub(super) supports_result_reporting: bool,
    #[prost(message, optional, tag = "35")]
    pub(super) stack_trace: Option<StackTrace>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RegisterResourceResponse {
    #[prost(string, tag = "1")]
    pub(super) urn: String,
    #[prost(string, tag = "2")]
    pub(super) id: String,
    #[prost(message, optional, tag = "3")]
    pub(super) object: Option<Struct>,
    /// 0: done; 1: failed.
    #[prost(int32, tag = "7")]
    pub(super) result: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct RegisterResourceOutputsRequest {
    #[prost(string, tag = "1")]
    pub(super) urn: String,
    #[prost(message, optional, tag = "2")]
    pub(super) outputs: Option<Struct>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadResourceRequest {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) token: String,
    #[prost(string, tag = "3")]
    pub(super) name: String,
    #[prost(string, tag = "4")]
    pub(super) parent: String,
    #[prost(message, optional, tag = "5")]
    pub(super) properties: Option<Struct>,
    #[prost(string, repeated, tag = "6")]
    pub(super) dependencies: Vec<String>,
    #[prost(string, tag = "7")]
    pub(super) provider: String,
    #[prost(string, repeated, tag = "10")]
    pub(super) additional_secret_outputs: Vec<String>,
    #[prost(message, optional, tag = "14")]
    pub(super) source_position: Option<SourcePosition>,
    #[prost(message, optional, tag = "17")]
    pub(super) stack_trace: Option<StackTrace>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadResourceResponse {
    #[prost(string, tag = "1")]
    pub(super) urn: String,
    #[prost(message, optional, tag = "2")]
    pub(super) properties: Option<Struct>,
    /// 0: done; 1: failed.
    #[prost(int32, tag = "3")]
    pub(super) result: i32,
    #[prost(string, tag = "5")]
    pub(super) id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InvokeRequest {
    #[prost(string, tag = "1")]
    pub(super) token: String,
    #[prost(message, optional, tag = "2")]
    pub(super) arguments: Option<Struct>,
    #[prost(string, tag = "3")]
    pub(super) provider: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CheckFailure {
    #[prost(string, tag = "1")]
    pub(super) property: String,
    #[prost(string, tag = "2")]
    pub(super) reason: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InvokeResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) value: Option<Struct>,
    #[prost(message, repeated, tag = "2")]
    pub(super) failures: Vec<CheckFailure>,
    #[prost(bool, tag = "3")]
    pub(super) unknown: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LogRequest {
    /// 0: debug, 1: information, 2: warning, 3: error.
    #[prost(int32, tag = "1")]
    pub(super) severity: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
    #[prost(string, tag = "3")]
    pub(super) urn: String,
    #[prost(bool, tag = "5")]
    pub(super) ephemeral: bool,
}

/// The one field of several requests and answers.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Urn {
    #[prost(string, tag = "1")]
    pub(super) urn: String,
}

/// Arguments of a method of a resource, or of a callback; only what it is called is looked at.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Named {
    #[prost(string, tag = "1")]
    pub(super) name: String,
}
