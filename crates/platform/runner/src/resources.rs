//! What jobs ask for and what the machine has: instance types and the admission queue.

mod admission;
mod instance_types;
mod machine;

pub use admission::{Admission, Grant};
pub use instance_types::instance_type;
pub use machine::machine;

use serde::{Deserialize, Serialize};

/// An amount of a machine: what a job asks for, or what a machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Resources {
    /// Virtual processors.
    pub vcpus: u32,
    /// Memory, MiB.
    pub memory_mib: u64,
    /// Graphics processors.
    pub gpus: u32,
}

impl Resources {
    /// The same on several instances together.
    #[must_use]
    pub fn times(self, instances: u32) -> Self {
        Self {
            vcpus: self.vcpus.saturating_mul(instances),
            memory_mib: self.memory_mib.saturating_mul(u64::from(instances)),
            gpus: self.gpus.saturating_mul(instances),
        }
    }

    /// As much of this as there is in `capacity`.
    #[must_use]
    pub fn clamped_to(self, capacity: Self) -> Self {
        Self {
            vcpus: self.vcpus.min(capacity.vcpus),
            memory_mib: self.memory_mib.min(capacity.memory_mib),
            gpus: self.gpus.min(capacity.gpus),
        }
    }

    fn fits_in(self, free: Self) -> bool {
        self.clamped_to(free) == self
    }

    fn minus(self, other: Self) -> Self {
        Self {
            vcpus: self.vcpus.saturating_sub(other.vcpus),
            memory_mib: self.memory_mib.saturating_sub(other.memory_mib),
            gpus: self.gpus.saturating_sub(other.gpus),
        }
    }
}

impl std::fmt::Display for Resources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let gib = self.memory_mib as f64 / 1024.0;
        write!(f, "{} vCPU, {gib:.1} GiB, {} GPU", self.vcpus, self.gpus)
    }
}
