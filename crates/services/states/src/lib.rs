//! AWS Step Functions.
