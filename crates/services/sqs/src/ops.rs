//! The operations, one file each.

pub(crate) mod add_permission;
pub(crate) mod change_message_visibility;
pub(crate) mod change_message_visibility_batch;
pub(crate) mod create_queue;
pub(crate) mod delete_message;
pub(crate) mod delete_message_batch;
pub(crate) mod delete_queue;
pub(crate) mod get_queue_attributes;
pub(crate) mod get_queue_url;
pub(crate) mod list_dead_letter_source_queues;
pub(crate) mod list_queue_tags;
pub(crate) mod list_queues;
pub(crate) mod purge_queue;
pub(crate) mod receive_message;
pub(crate) mod remove_permission;
pub(crate) mod send_message;
pub(crate) mod send_message_batch;
pub(crate) mod set_queue_attributes;
pub(crate) mod tag_queue;
pub(crate) mod untag_queue;

use serde::{Deserialize, Serialize};

/// The input of operations that name a queue and nothing else.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OfQueue {
    pub(crate) queue_url: Option<String>,
}

/// The output of operations that answer a queue's URL.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueueUrl {
    pub(crate) queue_url: String,
}

/// The output of operations that answer nothing.
#[derive(Debug, Serialize)]
pub(crate) struct Nothing {}
