//! The validated program.

/// A validated program.
#[derive(Clone, Debug)]
pub struct Program {}
