//! Names of buckets and keys of objects.

use crate::Error;

/// # Errors
/// `InvalidBucketName`.
// AWS: AmazonS3/latest/userguide/bucketnamingrules.html
pub(crate) fn check_bucket(name: &str) -> Result<(), Error> {
    let reserved = name.starts_with("sthree-")
        || name.starts_with("amzn-s3-demo-")
        || ["-s3alias", "--ol-s3", ".mrap", "--x-s3"].iter().any(|end| name.ends_with(end));
    if s3s::path::check_bucket_name(name) && !reserved {
        Ok(())
    } else {
        Err(Error::InvalidBucketName(name.to_owned()))
    }
}

/// # Errors
/// `KeyTooLongError`; `InvalidArgument` for what no client can address.
pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() {
        return Err(Error::InvalidArgument("Object keys must not be empty".to_owned()));
    }
    if !s3s::path::check_key(key) {
        return Err(Error::KeyTooLong);
    }
    // UNVERIFIED: what AWS answers to NUL. Here it separates keys from version numbers.
    if key.contains('\0') {
        return Err(Error::InvalidArgument("Object keys must not contain NUL".to_owned()));
    }
    Ok(())
}

/// The ARN of a bucket, or of an object in it.
pub(crate) fn arn(bucket: &str, key: Option<&str>) -> String {
    match key {
        Some(key) => format!("arn:aws:s3:::{bucket}/{key}"),
        None => format!("arn:aws:s3:::{bucket}"),
    }
}
