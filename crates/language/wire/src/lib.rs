//! Bytes to values and back for the AWS protocols; error bodies; SigV4.
