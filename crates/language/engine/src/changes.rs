//! What one turn changed: only the parts that did.

use serde::{Deserialize, Serialize};

use crate::FrameId;
use crate::execution::{Progress, Remains};
use crate::frame::{Frame, Join};

/// The changed parts of an execution, to be stored with the turn and given to
/// [`crate::Execution::apply`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// Version of the stored form.
    pub v: u16,
    /// The new progress, if it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// New and changed frames.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<(FrameId, Frame)>,
    /// New and changed joins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joins: Vec<(FrameId, Join)>,
    /// Frames that are gone, their joins included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<FrameId>,
    /// Joins that are gone although their frames remain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<FrameId>,
    /// What was going on, when the turn ended the execution without success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remains: Option<Remains>,
}

impl Changes {
    /// Whether nothing changed: the turn need not be stored.
    pub fn is_empty(&self) -> bool {
        self.progress.is_none()
            && self.frames.is_empty()
            && self.joins.is_empty()
            && self.removed.is_empty()
            && self.joined.is_empty()
            && self.remains.is_none()
    }
}
