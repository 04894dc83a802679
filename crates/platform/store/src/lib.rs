//! The storage port, its implementations and their conformance suite.
