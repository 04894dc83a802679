//! The kit every AWS service is made with.
