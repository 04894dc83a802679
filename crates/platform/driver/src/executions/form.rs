//! How an execution's record is written: what it has in common with others is named by id.
//!
//! What earlier versions wrote, everything in every record, is read as well; and so are written those that share too
//! little (children of map runs, executions brought back from their logs).

use std::sync::Arc;

use engine::stored_history;
use engine::{Data, HistoryEvent, Identity, Status};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Inner;
use super::common::Common;
use super::record::ExecutionRecord;
use super::sleep::Asleep;
use crate::Error;

/// Version of the form in which every record has everything.
const WHOLE: u16 = 1;
/// Version of the form that names what is common.
const SHARED: u16 = 2;

/// A record to be written.
#[derive(Serialize)]
struct Written<'a> {
    v: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    common: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a Identity>,
    /// If it is not what the ARN ends with.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Data>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<&'a Value>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a Data>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_ms: Option<i64>,
    #[serde(skip_serializing_if = "is_zero")]
    redrive_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    redrive_ms: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    has_remains: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    events: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asleep: Option<&'a Asleep>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Serialize for ExecutionRecord {
    /// Without its history, which is written as text.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let common = self.common.as_deref();
        let identity = &*self.identity;
        let known = common.map(|common| &common.content.attributes);
        let own_name = identity.execution_arn.rsplit(':').next() != Some(&*identity.name);
        let is_known = known
            .is_some_and(|known| Arc::ptr_eq(known, &self.attributes) || *known == self.attributes);
        Written {
            v: if common.is_some() { SHARED } else { WHOLE },
            common: common.map(|common| &*common.id),
            identity: common.is_none().then_some(identity),
            name: (common.is_some() && own_name).then_some(&identity.name),
            input: common.map(|_| &identity.input),
            start_ms: common.map(|_| identity.start_ms),
            attributes: (!is_known).then_some(&*self.attributes),
            status: self.status,
            output: self.output.as_ref(),
            error: self.error.as_deref(),
            cause: self.cause.as_deref(),
            stop_ms: self.stop_ms,
            redrive_count: self.redrive_count.into(),
            redrive_ms: self.redrive_ms,
            has_remains: self.has_remains,
            definition: common.is_none().then_some(&self.definition),
            events: self.events,
            set_aside: self.set_aside.as_deref(),
            stream: self.stream,
            asleep: self.asleep.as_deref(),
        }
        .serialize(serializer)
    }
}

/// A record as read.
#[derive(Deserialize)]
struct Read {
    v: u16,
    common: Option<String>,
    identity: Option<Arc<Identity>>,
    name: Option<Arc<str>>,
    input: Option<Data>,
    start_ms: Option<i64>,
    attributes: Option<Arc<Value>>,
    status: Status,
    output: Option<Data>,
    error: Option<Arc<str>>,
    cause: Option<Arc<str>>,
    stop_ms: Option<i64>,
    #[serde(default)]
    redrive_count: u32,
    redrive_ms: Option<i64>,
    #[serde(default)]
    has_remains: bool,
    definition: Option<Arc<str>>,
    #[serde(default)]
    events: u64,
    set_aside: Option<String>,
    stream: Option<u64>,
    asleep: Option<Box<Asleep>>,
    #[serde(default, deserialize_with = "stored_events")]
    history: Option<Vec<HistoryEvent>>,
}

fn stored_events<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<HistoryEvent>>, D::Error> {
    stored_history::deserialize(deserializer).map(Some)
}

/// The part of a record that says how to bring its execution back.
#[derive(Deserialize)]
pub(super) struct Standing {
    pub(super) stream: Option<u64>,
    pub(super) asleep: Option<Due>,
}

/// When it is due.
#[derive(Deserialize)]
pub(super) struct Due {
    pub(super) due_ms: i64,
}

impl Inner {
    /// Reads a record of an execution.
    pub(super) async fn read_execution(
        &self,
        record: &store::Record,
    ) -> Result<ExecutionRecord, Error> {
        let unreadable = |detail: String| Error::Unreadable { key: record.key.clone(), detail };
        let read: Read =
            serde_json::from_slice(&record.body).map_err(|error| unreadable(error.to_string()))?;
        if read.v > SHARED {
            return Err(unreadable(format!("its form {} is a later refit's", read.v)));
        }
        let common = match &read.common {
            Some(id) => Some(self.common(id).await?),
            None => None,
        };
        read.whole(&record.key, common).ok_or_else(|| unreadable("a part is missing".to_owned()))
    }
}

impl Read {
    fn whole(self, execution_arn: &str, common: Option<Arc<Common>>) -> Option<ExecutionRecord> {
        let (identity, attributes, definition) = match &common {
            None => (self.identity?, self.attributes.unwrap_or_default(), self.definition?),
            Some(common) => {
                let name = self.name.or_else(|| Some(execution_arn.rsplit(':').next()?.into()))?;
                let content = &common.content;
                let identity = Identity {
                    execution_arn: execution_arn.into(),
                    name,
                    state_machine_arn: content.state_machine_arn.clone(),
                    state_machine_name: content.state_machine_name.clone(),
                    role_arn: content.role_arn.clone(),
                    state_machine_alias_arn: content.state_machine_alias_arn.clone(),
                    state_machine_version_arn: content.state_machine_version_arn.clone(),
                    kind: content.kind,
                    input: self.input?,
                    start_ms: self.start_ms?,
                };
                let attributes = self.attributes.unwrap_or_else(|| content.attributes.clone());
                (Arc::new(identity), attributes, content.definition.clone())
            }
        };
        Some(ExecutionRecord {
            identity,
            attributes,
            status: self.status,
            output: self.output,
            error: self.error,
            cause: self.cause,
            stop_ms: self.stop_ms,
            redrive_count: self.redrive_count,
            redrive_ms: self.redrive_ms,
            has_remains: self.has_remains,
            definition,
            events: self.events,
            set_aside: self.set_aside,
            stream: self.stream,
            asleep: self.asleep,
            history: self.history,
            common,
        })
    }
}
