//! What S3 keeps: buckets, objects, their older versions, uploads in progress.
//!
//! Record keys: buckets by name; objects by `bucket/key`, so that a scan lists a bucket in AWS's order (the bytes of the
//! keys' UTF-8); older versions by `bucket/key`, NUL and a number that falls, so that the newest comes first; uploads
//! by `bucket/upload id`; their parts by `bucket/upload id/part number` with five digits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::BlobId;

/// Record kind of [`BucketRecord`].
pub(crate) const BUCKETS: &str = "s3/bucket";
/// Record kind of the newest version of each object.
pub(crate) const OBJECTS: &str = "s3/object";
/// Record kind of older versions.
pub(crate) const VERSIONS: &str = "s3/version";
/// Record kind of [`UploadRecord`].
pub(crate) const UPLOADS: &str = "s3/upload";
/// Record kind of [`PartRecord`].
pub(crate) const PARTS: &str = "s3/part";

/// The version id of objects written while versioning was not enabled.
pub(crate) const NULL_VERSION: &str = "null";

/// Whether a bucket keeps older versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum Versioning {
    /// It never did.
    #[default]
    Never,
    /// It does.
    Enabled,
    /// It did and keeps what it has.
    Suspended,
}

/// One bucket with its settings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BucketRecord {
    pub(crate) created_ms: i64,
    pub(crate) region: String,
    pub(crate) versioning: Versioning,
    pub(crate) object_lock: bool,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: Option<String>,
    pub(crate) public_access_block: Option<PublicAccessBlock>,
    pub(crate) encryption: Encryption,
    pub(crate) ownership: Option<String>,
    pub(crate) notification: Option<serde_json::Value>,
}

/// Settings that close a bucket to the public. Kept and shown; refit has no public access to close.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct PublicAccessBlock {
    pub(crate) block_public_acls: bool,
    pub(crate) ignore_public_acls: bool,
    pub(crate) block_public_policy: bool,
    pub(crate) restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// What new buckets have.
    // AWS: AmazonS3/latest/userguide/access-control-block-public-access.html (all four are on since April 2023)
    pub(crate) const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// The encryption a bucket asks for. Kept and shown; refit stores content in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    pub(crate) algorithm: String,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) bucket_key_enabled: bool,
}

impl Default for Encryption {
    // AWS: AmazonS3/latest/userguide/default-bucket-encryption.html
    fn default() -> Self {
        Self { algorithm: "AES256".to_owned(), kms_key_id: None, bucket_key_enabled: false }
    }
}

/// What the writer of an object said about it. The names are those of AWS's headers in the API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Attributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cache_control: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_disposition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_language: Option<String>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) website_redirect_location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) storage_class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_side_encryption: Option<String>,
    #[serde(rename = "SSEKMSKeyId", skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bucket_key_enabled: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A checksum algorithm of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// AWS's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The algorithm of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// Whether checksums of parts can only be combined to a checksum of checksums.
    pub(crate) fn only_composite(self) -> bool {
        matches!(self, Self::Sha1 | Self::Sha256)
    }
}

/// A checksum as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sum {
    pub(crate) algorithm: Algorithm,
    /// Base64; of a composite checksum with `-<parts>`.
    pub(crate) value: String,
    /// It is the checksum of the parts' checksums.
    pub(crate) composite: bool,
}

impl Sum {
    /// AWS's name of the kind of checksum.
    pub(crate) fn kind(&self) -> &'static str {
        if self.composite { "COMPOSITE" } else { "FULL_OBJECT" }
    }
}

/// One version of an object, or a delete marker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ObjectRecord {
    pub(crate) version_id: String,
    /// Grows with every version of the key.
    pub(crate) sequence: u64,
    /// How many older versions there are; only in the newest.
    pub(crate) older: u64,
    /// Absent in a delete marker.
    pub(crate) blob: Option<BlobId>,
    pub(crate) size_bytes: u64,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) modified_ms: i64,
    pub(crate) attributes: Attributes,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) sum: Option<Sum>,
    /// Sizes of the parts when it was uploaded in parts.
    pub(crate) part_sizes: Vec<u64>,
}

impl ObjectRecord {
    /// A delete marker made now.
    pub(crate) fn delete_marker(now_ms: i64) -> Self {
        Self {
            version_id: NULL_VERSION.to_owned(),
            sequence: 0,
            older: 0,
            blob: None,
            size_bytes: 0,
            etag: String::new(),
            modified_ms: now_ms,
            attributes: Attributes::default(),
            tags: BTreeMap::new(),
            sum: None,
            part_sizes: Vec::new(),
        }
    }

    /// Whether it says that the object was deleted.
    pub(crate) fn is_delete_marker(&self) -> bool {
        self.blob.is_none()
    }

    /// The storage class as listings show it.
    pub(crate) fn storage_class(&self) -> &str {
        self.attributes.storage_class.as_deref().unwrap_or("STANDARD")
    }
}

/// An upload in parts that is in progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UploadRecord {
    pub(crate) key: String,
    pub(crate) initiated_ms: i64,
    pub(crate) attributes: Attributes,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) algorithm: Option<Algorithm>,
    /// The checksum of the whole will be one of the parts' checksums.
    pub(crate) composite: bool,
}

/// One uploaded part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    pub(crate) number: u32,
    pub(crate) blob: BlobId,
    pub(crate) size_bytes: u64,
    /// Without quotes: the MD5 in hexadecimal.
    pub(crate) etag: String,
    pub(crate) modified_ms: i64,
    pub(crate) sum: Option<Sum>,
}

/// Record key of an object, of an upload or of what else belongs to a bucket.
pub(crate) fn within(bucket: &str, name: &str) -> String {
    format!("{bucket}/{name}")
}

/// The prefix of the record keys of an object's older versions.
pub(crate) fn versions_prefix(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}\0")
}

/// Record key of an older version.
pub(crate) fn version_key(bucket: &str, key: &str, sequence: u64) -> String {
    format!("{bucket}/{key}\0{:016x}", u64::MAX - sequence)
}

/// The prefix of the record keys of an upload's parts.
pub(crate) fn parts_prefix(bucket: &str, upload_id: &str) -> String {
    format!("{bucket}/{upload_id}/")
}

/// Record key of a part.
pub(crate) fn part_key(bucket: &str, upload_id: &str, number: u32) -> String {
    format!("{bucket}/{upload_id}/{number:05}")
}
