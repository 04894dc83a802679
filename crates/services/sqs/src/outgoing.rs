//! A message that is to be sent: what it must be.

use crate::digest;
use crate::error::Error;
use crate::records::{Attribute, Queue};
use crate::{attributes, digest::value_bytes};
use serde::Deserialize;
use std::collections::BTreeMap;

// AWS: quotas of message attributes.
const MOST_ATTRIBUTES: usize = 10;
const LONGEST_NAME_BYTES: usize = 256;
const MOST_DELAY_SECONDS: i64 = 900;

/// What `SendMessage` and an entry of `SendMessageBatch` say of the message.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Outgoing {
    message_body: Option<String>,
    delay_seconds: Option<i64>,
    #[serde(default)]
    pub(crate) message_attributes: Option<BTreeMap<String, Attribute>>,
    #[serde(default)]
    message_system_attributes: Option<BTreeMap<String, Attribute>>,
    message_deduplication_id: Option<String>,
    message_group_id: Option<String>,
}

/// A message that may be sent.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    pub(crate) trace: Option<Attribute>,
    pub(crate) group: Option<String>,
    /// Given by the sender.
    pub(crate) deduplication_id: Option<String>,
    /// `None` where the queue's delay counts.
    pub(crate) delay_seconds: Option<i64>,
}

impl Checked {
    /// The MD5 of the system attributes.
    pub(crate) fn system_digest(&self) -> Option<String> {
        digest::of_attributes(self.trace.iter().map(|trace| ("AWSTraceHeader", trace)))
    }

    /// The MD5 of the attributes.
    pub(crate) fn attributes_digest(&self) -> Option<String> {
        digest::of_attributes(self.attributes.iter().map(|(name, value)| (name.as_str(), value)))
    }
}

impl Outgoing {
    /// Its size: body and attributes with their names and types.
    pub(crate) fn size_bytes(&self) -> usize {
        let attributes = self.message_attributes.iter().flatten();
        let attributes = attributes.map(|(name, attribute)| {
            name.len() + attribute.data_type.len() + value_bytes(attribute).len()
        });
        self.message_body.as_ref().map_or(0, String::len) + attributes.sum::<usize>()
    }

    /// What a FIFO queue cannot do without. A batch in which one message lacks it is refused as a whole.
    ///
    /// # Errors
    /// `MissingParameter` or `InvalidParameterValue`.
    pub(crate) fn check_fifo(&self, queue: &Queue) -> Result<(), Error> {
        if !queue.is_fifo() {
            return Ok(());
        }
        if is_absent(self.message_group_id.as_ref()) {
            return Err(Error::Missing("MessageGroupId".to_owned()));
        }
        if is_absent(self.message_deduplication_id.as_ref())
            && !attributes::is(queue, "ContentBasedDeduplication", "true")
        {
            // AWS: recorded.
            return Err(Error::InvalidParameter(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly".to_owned(),
            ));
        }
        Ok(())
    }

    /// The message, if it may be sent to `queue`.
    ///
    /// # Errors
    /// The first of what is wrong with it, in AWS's words.
    pub(crate) fn check(self, queue: &Queue) -> Result<Checked, Error> {
        let size_bytes = self.size_bytes();
        let body = self.message_body.filter(|body| !body.is_empty());
        let body = body.ok_or_else(|| Error::Missing("MessageBody".to_owned()))?;
        if !body.chars().all(is_allowed) {
            return Err(Error::Characters);
        }
        check_delay(queue, self.delay_seconds)?;
        let group = self.message_group_id.filter(|id| !id.is_empty());
        let deduplication_id = self.message_deduplication_id.filter(|id| !id.is_empty());
        if !queue.is_fifo() && deduplication_id.is_some() {
            return Err(not_for_this_type("MessageDeduplicationId"));
        }
        check_id("MessageGroupId", group.as_deref())?;
        check_id("MessageDeduplicationId", deduplication_id.as_deref())?;
        let attributes = self.message_attributes.unwrap_or_default();
        check_attributes(&attributes)?;
        let trace = trace(self.message_system_attributes.unwrap_or_default())?;
        let most = attributes::number(queue, "MaximumMessageSize");
        if usize::try_from(most).is_ok_and(|most| size_bytes > most) {
            // AWS: recorded.
            return Err(Error::InvalidParameter(format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
            )));
        }
        let delay_seconds = self.delay_seconds.filter(|_| !queue.is_fifo());
        Ok(Checked { body, attributes, trace, group, deduplication_id, delay_seconds })
    }
}

/// A parameter that queues of the other type have.
pub(crate) fn not_for_this_type(name: &str) -> Error {
    Error::InvalidParameter(format!(
        "The request include parameter {name} which is not valid for this queue type"
    ))
}

/// Checks an id that the client chose.
///
/// # Errors
/// `InvalidParameterValue`.
pub(crate) fn check_id(name: &str, id: Option<&str>) -> Result<(), Error> {
    let Some(id) = id else { return Ok(()) };
    if id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = format!(
        "{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
    );
    Err(Error::value(id, name, &reason))
}

fn is_absent(id: Option<&String>) -> bool {
    id.is_none_or(String::is_empty)
}

// AWS: SendMessage: what XML 1.0 allows.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn check_delay(queue: &Queue, delay_seconds: Option<i64>) -> Result<(), Error> {
    match delay_seconds {
        // AWS: recorded: only zero is taken by FIFO queues, whose delay is the queue's.
        Some(delay) if queue.is_fifo() && delay != 0 => Err(Error::value(
            delay,
            "DelaySeconds",
            "The request include parameter that is not valid for this queue type.",
        )),
        Some(delay) if !(0..=MOST_DELAY_SECONDS).contains(&delay) => {
            Err(Error::value(delay, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900."))
        }
        _ => Ok(()),
    }
}

fn trace(mut given: BTreeMap<String, Attribute>) -> Result<Option<Attribute>, Error> {
    let trace = given.remove("AWSTraceHeader");
    if let Some(name) = given.keys().next() {
        return Err(Error::InvalidParameter(format!(
            "Message system attribute name '{name}' is invalid."
        )));
    }
    if let Some(trace) = &trace {
        check_value("system", "AWSTraceHeader", trace)?;
    }
    Ok(trace)
}

fn check_attributes(attributes: &BTreeMap<String, Attribute>) -> Result<(), Error> {
    if attributes.len() > MOST_ATTRIBUTES {
        return Err(Error::InvalidParameter(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [{MOST_ATTRIBUTES}].",
            attributes.len()
        )));
    }
    for (name, attribute) in attributes {
        check_name(name)?;
        check_value("user", name, attribute)?;
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), Error> {
    let refuse = |text: String| Err(Error::InvalidParameter(text));
    if name.is_empty() {
        return refuse(
            "The request must contain non-empty message (user) attribute names.".to_owned(),
        );
    }
    if name.len() > LONGEST_NAME_BYTES {
        return refuse(format!(
            "Message (user) attribute name must be shorter than {LONGEST_NAME_BYTES} bytes."
        ));
    }
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        return refuse(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. These strings are reserved for internal use.".to_owned(),
        );
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if !name.bytes().all(is_plain)
        || name.starts_with('.')
        || name.ends_with('.')
        || name.contains("..")
    {
        // UNVERIFIED: the words; the documentation has the rule.
        return refuse(format!(
            "The message attribute name '{name}' is invalid. Attribute names can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters."
        ));
    }
    Ok(())
}

fn check_value(kind: &str, name: &str, attribute: &Attribute) -> Result<(), Error> {
    let refuse = |text: String| Err(Error::InvalidParameter(text));
    if !attribute.string_list_values.is_empty() || !attribute.binary_list_values.is_empty() {
        return refuse(
            "Message attribute list values in SendMessage operation are not supported.".to_owned(),
        );
    }
    let has_value = attribute.string_value.is_some() || attribute.binary_value.is_some();
    let data_type = attribute.data_type.as_str();
    if data_type.is_empty() || !has_value {
        return refuse(format!(
            "The message ({kind}) attribute '{name}' must contain a non-empty message attribute value."
        ));
    }
    if data_type.len() > LONGEST_NAME_BYTES {
        return refuse(format!(
            "Message ({kind}) attribute type must be shorter than {LONGEST_NAME_BYTES} bytes."
        ));
    }
    let base = data_type.split('.').next().unwrap_or_default();
    if !["String", "Number", "Binary"].contains(&base) {
        return refuse(format!(
            "The type of message ({kind}) attribute '{name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String."
        ));
    }
    let is_binary = base == "Binary";
    let is_filled = if is_binary {
        attribute.binary_value.is_some() && !value_bytes(attribute).is_empty()
    } else {
        attribute.binary_value.is_none()
            && attribute.string_value.as_ref().is_some_and(|v| !v.is_empty())
    };
    if !is_filled {
        // AWS: recorded for strings.
        return refuse(format!(
            "Message ({kind}) attribute '{name}' must contain a non-empty value of type '{data_type}'."
        ));
    }
    let text = attribute.string_value.as_deref().unwrap_or_default();
    if base == "Number" && !is_number(text) {
        return refuse(format!(
            "Can't cast the value of message ({kind}) attribute '{name}' to a number."
        ));
    }
    if !is_binary && !text.chars().all(is_allowed) {
        return Err(Error::Characters);
    }
    Ok(())
}

/// A decimal number, of any length.
fn is_number(text: &str) -> bool {
    let is_ascii = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    is_ascii && text.parse::<f64>().is_ok()
}
