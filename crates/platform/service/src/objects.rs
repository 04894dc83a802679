//! The port to object storage, for services that move data: the same authorisation as S3's API, without HTTP.

use crate::{AwsError, Principal};
use std::path::{Path, PathBuf};

/// An object as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The object's key.
    pub key: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its entity tag, without quotes.
    pub etag: String,
}

/// Object storage. Implemented by the `s3` service.
#[async_trait::async_trait]
pub trait Objects: Send + Sync + 'static {
    /// Every object whose key starts with `prefix`, in key order (needs `s3:ListBucket`).
    async fn list(
        &self,
        principal: &Principal,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<ObjectInfo>, AwsError>;

    /// The file that holds an object's content (needs `s3:GetObject`). Read only; it stays until the object is replaced
    /// or deleted: copy or link it before relying on it.
    async fn file(
        &self,
        principal: &Principal,
        bucket: &str,
        key: &str,
    ) -> Result<PathBuf, AwsError>;

    /// As [`Objects::file`], of one version of the object (needs `s3:GetObjectVersion`).
    async fn file_of_version(
        &self,
        _principal: &Principal,
        _bucket: &str,
        _key: &str,
        _version_id: &str,
    ) -> Result<PathBuf, AwsError> {
        Err(AwsError::not_implemented("versions of objects"))
    }

    /// Stores a copy of `source` as an object (needs `s3:PutObject`). Answers the entity tag.
    async fn put_file(
        &self,
        principal: &Principal,
        bucket: &str,
        key: &str,
        source: &Path,
    ) -> Result<String, AwsError>;
}
