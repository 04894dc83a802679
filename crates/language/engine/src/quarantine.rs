//! Broken invariants: they stop one execution and are never silent.

/// Something that cannot be was found; the turn must not be stored and the execution must be set
/// aside until a person has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Quarantine {
    /// The stored form is of a version this program does not know.
    #[error("E001: execution is stored in version {0}, which is not known here")]
    UnknownVersion(u16),
    /// A frame is in a state the program does not have.
    #[error("E002: state '{0}' is not in the program")]
    UnknownState(String),
    /// A frame runs a sub-machine the program does not have.
    #[error("E003: machine {0} is not in the program")]
    UnknownMachine(u32),
    /// A frame that must exist does not.
    #[error("E004: frame {0} is missing")]
    MissingFrame(u64),
    /// The progress of a frame's children is missing.
    #[error("E005: join of frame {0} is missing")]
    MissingJoin(u64),
    /// A frame waits for something its state cannot wait for.
    #[error("E006: frame {frame} in state '{state}' waits for something it cannot wait for")]
    WrongPhase {
        /// The frame.
        frame: u64,
        /// Its state.
        state: String,
    },
}

impl Quarantine {
    /// Short code for logs and for people to search for.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownVersion(_) => "E001",
            Self::UnknownState(_) => "E002",
            Self::UnknownMachine(_) => "E003",
            Self::MissingFrame(_) => "E004",
            Self::MissingJoin(_) => "E005",
            Self::WrongPhase { .. } => "E006",
        }
    }
}
