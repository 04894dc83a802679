//! Amazon S3 on the s3s protocol crate.
