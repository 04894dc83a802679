//! Histories as they are stored: JSON, but by position instead of by name, and what repeats is written once.
//!
//! A history is a list. A number in it is the id of the next event; without one, ids follow each other. An event is a
//! list as well:
//!
//! ```text
//! [milliseconds since the event before, how many ids back the event is that it follows, what happened, details...]
//! ```
//!
//! | what happened | details |
//! | --- | --- |
//! | `"Pass+"` (entered; so for every type of state) | name, input |
//! | `"Pass-"` (left) | name, output, variables assigned as `[name, value]` if there are any |
//! | `"ExecutionStarted"` | input, role, alias, version |
//! | `"ExecutionSucceeded"` | output |
//! | `"TaskScheduled"` | family, parameters, region, ARN, timeout, heartbeat, role of its credentials |
//! | `"TaskStarted"` | family, worker |
//! | `"TaskSubmitted"`, `"TaskSucceeded"` | family, output |
//! | `"MapIterationStarted"`, `…Succeeded`, `…Failed`, `…Aborted` | name, index |
//! | a name or an object | none: the event's details by name |
//!
//! A `0` in place of a name, a family or a payload stands for the last one written. Payloads are JSON text; a family is
//! `"Lambda"`, `"Activity"` or `[service, action]`.
//!
//! What earlier versions wrote, a list of events by name, is read as well.

use std::fmt;
use std::sync::Arc;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeSeq as _, Serializer};
use serde::{Deserialize, Serialize};

use super::{Detail, HistoryEvent, IterationOutcome, StateType, TaskFamily};
use crate::Data;

/// A history to be written.
#[derive(Debug, Clone, Copy)]
pub struct StoredHistory<'a>(pub &'a [HistoryEvent]);

impl Serialize for StoredHistory<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.0, serializer)
    }
}

/// For `#[serde(serialize_with)]`.
pub fn serialize<S: Serializer>(events: &[HistoryEvent], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(None)?;
    let mut before = Written::default();
    for event in events {
        if event.id != before.next_id {
            list.serialize_element(&event.id)?;
        }
        let time = event.timestamp_ms.wrapping_sub(before.timestamp_ms);
        let back = event.id.wrapping_sub(event.previous_event_id) as i64;
        before.next_id = event.id.wrapping_add(1);
        before.timestamp_ms = event.timestamp_ms;
        write(&mut list, (time, back), &event.detail, &mut before)?;
    }
    list.end()
}

/// For `#[serde(deserialize_with)]`.
pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<HistoryEvent>, D::Error> {
    deserializer.deserialize_seq(List)
}

/// What was written last.
#[derive(Default)]
struct Written<'a> {
    next_id: u64,
    timestamp_ms: i64,
    name: Option<&'a str>,
    payload: Option<&'a Data>,
    family: Option<&'a TaskFamily>,
}

/// Something, or the sign for what was there last.
enum Or0<T> {
    Same,
    New(T),
}

impl<T: Serialize> Serialize for Or0<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Same => serializer.serialize_u8(0),
            Self::New(new) => new.serialize(serializer),
        }
    }
}

impl<'a> Written<'a> {
    fn name(&mut self, name: &'a str) -> Or0<&'a str> {
        match self.name.replace(name) {
            Some(before) if before == name => Or0::Same,
            _ => Or0::New(name),
        }
    }

    fn payload(&mut self, data: &'a Data) -> Or0<&'a str> {
        match self.payload.replace(data) {
            Some(before) if before.same(data) || before.text() == data.text() => Or0::Same,
            _ => Or0::New(data.text()),
        }
    }

    fn family(&mut self, family: &'a TaskFamily) -> Or0<Family<'a>> {
        match self.family.replace(family) {
            Some(before) if before == family => Or0::Same,
            _ => Or0::New(match family {
                TaskFamily::Service { resource_type, resource } => {
                    Family::Service(resource_type, resource)
                }
                TaskFamily::Lambda => Family::Word("Lambda"),
                TaskFamily::Activity => Family::Word("Activity"),
            }),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Family<'a> {
    Word(&'a str),
    Service(&'a str, &'a str),
}

fn write<'a, L: serde::ser::SerializeSeq>(
    list: &mut L,
    (time, back): (i64, i64),
    detail: &'a Detail,
    before: &mut Written<'a>,
) -> Result<(), L::Error> {
    match detail {
        Detail::StateEntered { state_type, name, input } => {
            let words = ENTERED_AND_LEFT[*state_type as usize];
            let (name, input) = (before.name(name), before.payload(input));
            list.serialize_element(&(time, back, words.0, name, input))
        }
        Detail::StateExited { state_type, name, output, assigned } => {
            let words = ENTERED_AND_LEFT[*state_type as usize];
            let (name, output) = (before.name(name), before.payload(output));
            if assigned.is_empty() {
                list.serialize_element(&(time, back, words.1, name, output))
            } else {
                list.serialize_element(&(time, back, words.1, name, output, assigned))
            }
        }
        Detail::ExecutionStarted { input, role_arn, alias_arn, version_arn } => {
            let input = before.payload(input);
            let all = (time, back, "ExecutionStarted", input, role_arn, alias_arn, version_arn);
            list.serialize_element(&all)
        }
        Detail::ExecutionSucceeded { output } => {
            list.serialize_element(&(time, back, "ExecutionSucceeded", before.payload(output)))
        }
        Detail::TaskScheduled {
            family,
            parameters,
            region,
            arn,
            timeout_seconds,
            heartbeat_seconds,
            credentials_role_arn,
        } => {
            let (family, parameters) = (before.family(family), before.payload(parameters));
            let limits = (timeout_seconds, heartbeat_seconds, credentials_role_arn);
            let (timeout, heartbeat, role) = limits;
            list.serialize_element(&(
                time,
                back,
                "TaskScheduled",
                family,
                parameters,
                region,
                arn,
                timeout,
                heartbeat,
                role,
            ))
        }
        Detail::TaskStarted { family, worker } => {
            let family = before.family(family);
            list.serialize_element(&(time, back, "TaskStarted", family, worker))
        }
        Detail::TaskSubmitted { family, output } | Detail::TaskSucceeded { family, output } => {
            let is_submitted = matches!(detail, Detail::TaskSubmitted { .. });
            let word = if is_submitted { "TaskSubmitted" } else { "TaskSucceeded" };
            let (family, output) = (before.family(family), before.payload(output));
            list.serialize_element(&(time, back, word, family, output))
        }
        Detail::MapIteration { outcome, name, index } => {
            let word = ITERATIONS[*outcome as usize].0;
            list.serialize_element(&(time, back, word, before.name(name), index))
        }
        by_name => list.serialize_element(&(time, back, by_name)),
    }
}

/// In the order of [`StateType`].
const ENTERED_AND_LEFT: [(&str, &str, StateType); 8] = [
    ("Pass+", "Pass-", StateType::Pass),
    ("Task+", "Task-", StateType::Task),
    ("Choice+", "Choice-", StateType::Choice),
    ("Wait+", "Wait-", StateType::Wait),
    ("Parallel+", "Parallel-", StateType::Parallel),
    ("Map+", "Map-", StateType::Map),
    ("Succeed+", "Succeed-", StateType::Succeed),
    ("Fail+", "Fail-", StateType::Fail),
];

/// In the order of [`IterationOutcome`].
const ITERATIONS: [(&str, IterationOutcome); 4] = [
    ("MapIterationStarted", IterationOutcome::Started),
    ("MapIterationSucceeded", IterationOutcome::Succeeded),
    ("MapIterationFailed", IterationOutcome::Failed),
    ("MapIterationAborted", IterationOutcome::Aborted),
];

/// Reads the list.
struct List;

/// What was read last.
#[derive(Default)]
struct Read {
    next_id: u64,
    timestamp_ms: i64,
    name: Option<Arc<str>>,
    payload: Option<Data>,
    family: Option<TaskFamily>,
}

impl<'de> Visitor<'de> for List {
    type Value = Vec<HistoryEvent>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a history")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut read = Read::default();
        let mut events = Vec::new();
        while let Some(event) = list.next_element_seed(Event(&mut read))? {
            events.extend(event);
        }
        Ok(events)
    }
}

/// Reads one element: an id, an event by position, or one by name.
struct Event<'a>(&'a mut Read);

impl<'de> DeserializeSeed<'de> for Event<'_> {
    type Value = Option<HistoryEvent>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Event<'_> {
    type Value = Option<HistoryEvent>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an event or the id of the next one")
    }

    fn visit_u64<E>(self, id: u64) -> Result<Self::Value, E> {
        self.0.next_id = id;
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, event: A) -> Result<Self::Value, A::Error> {
        HistoryEvent::deserialize(MapAccessDeserializer::new(event)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let Self(read) = self;
        let time: i64 = next(&mut fields)?;
        let back: i64 = next(&mut fields)?;
        let id = read.next_id;
        read.next_id = id.wrapping_add(1);
        read.timestamp_ms = read.timestamp_ms.wrapping_add(time);
        let detail = match next::<What, A>(&mut fields)? {
            What::Known(known) => details(known, &mut fields, read)?,
            What::ByName(detail) => detail,
        };
        let previous_event_id = id.wrapping_sub(back as u64);
        Ok(Some(HistoryEvent { id, previous_event_id, timestamp_ms: read.timestamp_ms, detail }))
    }
}

fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(fields: &mut A) -> Result<T, A::Error> {
    fields.next_element()?.ok_or_else(|| A::Error::custom("an event is cut short"))
}

/// What happened: by position or by name.
enum What {
    Known(Known),
    ByName(Detail),
}

/// The events that are written by position.
enum Known {
    Entered(StateType),
    Left(StateType),
    ExecutionStarted,
    ExecutionSucceeded,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    Iteration(IterationOutcome),
}

impl Known {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "ExecutionStarted" => Self::ExecutionStarted,
            "ExecutionSucceeded" => Self::ExecutionSucceeded,
            "TaskScheduled" => Self::TaskScheduled,
            "TaskStarted" => Self::TaskStarted,
            "TaskSubmitted" => Self::TaskSubmitted,
            "TaskSucceeded" => Self::TaskSucceeded,
            _ => {
                let states = ENTERED_AND_LEFT.iter();
                let mut found = states.filter_map(|(entered, left, state_type)| match word {
                    _ if word == *entered => Some(Self::Entered(*state_type)),
                    _ if word == *left => Some(Self::Left(*state_type)),
                    _ => None,
                });
                let outcome = || ITERATIONS.iter().find(|(own, _)| *own == word);
                return found.next().or_else(|| outcome().map(|(_, of)| Self::Iteration(*of)));
            }
        })
    }
}

impl<'de> Deserialize<'de> for What {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = What;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("what happened")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<What, E> {
                match Known::of(word) {
                    Some(known) => Ok(What::Known(known)),
                    None => Detail::deserialize(StrDeserializer::new(word)).map(What::ByName),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, detail: A) -> Result<What, A::Error> {
                Detail::deserialize(MapAccessDeserializer::new(detail)).map(What::ByName)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Something, or a zero.
#[derive(Deserialize)]
#[serde(untagged)]
enum FamilyRead {
    Same(u8),
    Word(String),
    Service(Arc<str>, Arc<str>),
}

/// A text, or a zero.
enum TextRead {
    Same,
    New(String),
}

impl<'de> Deserialize<'de> for TextRead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = TextRead;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or 0")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<TextRead, E> {
                if number == 0 { Ok(TextRead::Same) } else { Err(E::custom("a number but 0")) }
            }

            fn visit_str<E>(self, text: &str) -> Result<TextRead, E> {
                Ok(TextRead::New(text.to_owned()))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl Read {
    fn name<'de, A: SeqAccess<'de>>(&mut self, fields: &mut A) -> Result<Arc<str>, A::Error> {
        if let TextRead::New(name) = next(fields)? {
            self.name = Some(name.into());
        }
        self.name.clone().ok_or_else(|| A::Error::custom("there was no name before"))
    }

    fn payload<'de, A: SeqAccess<'de>>(&mut self, fields: &mut A) -> Result<Data, A::Error> {
        if let TextRead::New(text) = next(fields)? {
            self.payload = Some(Data::parse(&text).map_err(A::Error::custom)?);
        }
        self.payload.clone().ok_or_else(|| A::Error::custom("there was no payload before"))
    }

    fn family<'de, A: SeqAccess<'de>>(&mut self, fields: &mut A) -> Result<TaskFamily, A::Error> {
        match next(fields)? {
            FamilyRead::Same(0) => {}
            FamilyRead::Same(_) => return Err(A::Error::custom("a number but 0")),
            FamilyRead::Word(word) if word == "Lambda" => self.family = Some(TaskFamily::Lambda),
            FamilyRead::Word(_) => self.family = Some(TaskFamily::Activity),
            FamilyRead::Service(resource_type, resource) => {
                self.family = Some(TaskFamily::Service { resource_type, resource });
            }
        }
        self.family.clone().ok_or_else(|| A::Error::custom("there was no family before"))
    }
}

fn details<'de, A: SeqAccess<'de>>(
    known: Known,
    fields: &mut A,
    read: &mut Read,
) -> Result<Detail, A::Error> {
    Ok(match known {
        Known::Entered(state_type) => Detail::StateEntered {
            state_type,
            name: read.name(fields)?,
            input: read.payload(fields)?,
        },
        Known::Left(state_type) => Detail::StateExited {
            state_type,
            name: read.name(fields)?,
            output: read.payload(fields)?,
            assigned: fields.next_element()?.unwrap_or_default(),
        },
        Known::ExecutionStarted => Detail::ExecutionStarted {
            input: read.payload(fields)?,
            role_arn: next(fields)?,
            alias_arn: next(fields)?,
            version_arn: next(fields)?,
        },
        Known::ExecutionSucceeded => Detail::ExecutionSucceeded { output: read.payload(fields)? },
        Known::TaskScheduled => Detail::TaskScheduled {
            family: read.family(fields)?,
            parameters: read.payload(fields)?,
            region: next(fields)?,
            arn: next(fields)?,
            timeout_seconds: next(fields)?,
            heartbeat_seconds: next(fields)?,
            credentials_role_arn: next(fields)?,
        },
        Known::TaskStarted => {
            Detail::TaskStarted { family: read.family(fields)?, worker: next(fields)? }
        }
        Known::TaskSubmitted => {
            Detail::TaskSubmitted { family: read.family(fields)?, output: read.payload(fields)? }
        }
        Known::TaskSucceeded => {
            Detail::TaskSucceeded { family: read.family(fields)?, output: read.payload(fields)? }
        }
        Known::Iteration(outcome) => {
            Detail::MapIteration { outcome, name: read.name(fields)?, index: next(fields)? }
        }
    })
}
