//! IAM policy documents to allow or deny, with the deciding statement.
