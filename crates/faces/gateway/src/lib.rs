//! Socket to wire to dispatcher and back.
