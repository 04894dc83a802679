//! What S3 refuses, in AWS's words.

use service::AwsError;

/// Every refusal of this crate; each variant is one AWS error code.
// AWS: AmazonS3/latest/API/ErrorResponses.html
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// `NoSuchBucket`
    #[error("The specified bucket does not exist")]
    NoSuchBucket(String),
    /// `NoSuchKey`
    #[error("The specified key does not exist.")]
    NoSuchKey {
        /// The key asked for.
        key: String,
        /// The newest version is a delete marker.
        delete_marker: Option<String>,
    },
    /// `NoSuchVersion`
    #[error("The specified version does not exist.")]
    NoSuchVersion,
    /// `NoSuchUpload`
    #[error(
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    )]
    NoSuchUpload,
    /// `MethodNotAllowed`: the version asked for is a delete marker.
    #[error("The specified method is not allowed against this resource.")]
    IsDeleteMarker(String),
    /// `BucketAlreadyOwnedByYou`
    #[error("Your previous request to create the named bucket succeeded and you already own it.")]
    BucketAlreadyOwnedByYou(String),
    /// `BucketNotEmpty`
    #[error("The bucket you tried to delete is not empty")]
    BucketNotEmpty(String),
    /// `InvalidBucketName`
    #[error("The specified bucket is not valid.")]
    InvalidBucketName(String),
    /// `KeyTooLongError`
    #[error("Your key is too long")]
    KeyTooLong,
    /// `InvalidArgument`
    #[error("{0}")]
    InvalidArgument(String),
    /// `InvalidRequest`
    #[error("{0}")]
    InvalidRequest(String),
    /// `InvalidTag`
    #[error("{0}")]
    InvalidTag(String),
    /// `InvalidRange`
    #[error("The requested range is not satisfiable")]
    InvalidRange,
    /// `InvalidPartNumber`
    #[error("The requested partnumber is not satisfiable")]
    InvalidPartNumber,
    /// `PreconditionFailed`
    #[error("At least one of the pre-conditions you specified did not hold")]
    PreconditionFailed(&'static str),
    /// `NotModified`
    #[error("Not Modified")]
    NotModified {
        /// The object's entity tag, without quotes.
        etag: String,
        /// When the object was last written, Unix milliseconds.
        modified_ms: i64,
    },
    /// `BadDigest`
    #[error("The {0} you specified did not match the calculated checksum.")]
    BadDigest(&'static str),
    /// `InvalidDigest`
    #[error("The Content-MD5 you specified was invalid.")]
    InvalidDigest,
    /// `IncompleteBody`
    #[error("You did not provide the number of bytes specified by the Content-Length HTTP header")]
    IncompleteBody,
    /// `XAmzContentSHA256Mismatch`
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    PayloadHashMismatch,
    /// `SignatureDoesNotMatch`
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    )]
    SignatureDoesNotMatch,
    /// `InvalidPart`
    #[error(
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."
    )]
    InvalidPart,
    /// `InvalidPartOrder`
    #[error("The list of parts was not in ascending order. Parts must be ordered by part number.")]
    InvalidPartOrder,
    /// `EntityTooSmall`
    #[error("Your proposed upload is smaller than the minimum allowed size")]
    EntityTooSmall,
    /// `EntityTooLarge`
    #[error("Your proposed upload exceeds the maximum allowed size")]
    EntityTooLarge,
    /// `MalformedXML`
    #[error(
        "The XML you provided was not well-formed or did not validate against our published schema"
    )]
    MalformedXml,
    /// `MalformedPolicy`
    #[error("{0}")]
    MalformedPolicy(String),
    /// `IllegalLocationConstraintException`
    #[error("{0}")]
    IllegalLocationConstraint(String),
    /// `InvalidLocationConstraint`
    #[error("The specified location-constraint is not valid")]
    InvalidLocationConstraint,
    /// A bucket setting that was never made.
    #[error("{message}")]
    NoSetting {
        /// AWS's code for this setting.
        code: &'static str,
        /// AWS's text.
        message: &'static str,
    },
    /// `NotImplemented`
    #[error("{0}")]
    NotImplemented(&'static str),
    /// The content could not be written or read.
    #[error("object content: {0}")]
    Content(String),
    /// An answer of another part of the server: access denied, storage.
    #[error("{0}")]
    Other(AwsError),
}

impl Error {
    /// AWS's code and HTTP status.
    fn code(&self) -> (&str, u16) {
        match self {
            Self::NoSuchBucket(_) => ("NoSuchBucket", 404),
            Self::NoSuchKey { .. } => ("NoSuchKey", 404),
            Self::NoSuchVersion => ("NoSuchVersion", 404),
            Self::NoSuchUpload => ("NoSuchUpload", 404),
            Self::IsDeleteMarker(_) => ("MethodNotAllowed", 405),
            Self::BucketAlreadyOwnedByYou(_) => ("BucketAlreadyOwnedByYou", 409),
            Self::BucketNotEmpty(_) => ("BucketNotEmpty", 409),
            Self::InvalidBucketName(_) => ("InvalidBucketName", 400),
            Self::KeyTooLong => ("KeyTooLongError", 400),
            Self::InvalidArgument(_) => ("InvalidArgument", 400),
            Self::InvalidRequest(_) => ("InvalidRequest", 400),
            Self::InvalidTag(_) => ("InvalidTag", 400),
            Self::InvalidRange => ("InvalidRange", 416),
            Self::InvalidPartNumber => ("InvalidPartNumber", 416),
            Self::PreconditionFailed(_) => ("PreconditionFailed", 412),
            Self::NotModified { .. } => ("NotModified", 304),
            Self::BadDigest(_) => ("BadDigest", 400),
            Self::InvalidDigest => ("InvalidDigest", 400),
            Self::IncompleteBody => ("IncompleteBody", 400),
            Self::PayloadHashMismatch => ("XAmzContentSHA256Mismatch", 400),
            Self::SignatureDoesNotMatch => ("SignatureDoesNotMatch", 403),
            Self::InvalidPart => ("InvalidPart", 400),
            Self::InvalidPartOrder => ("InvalidPartOrder", 400),
            Self::EntityTooSmall => ("EntityTooSmall", 400),
            Self::EntityTooLarge => ("EntityTooLarge", 400),
            Self::MalformedXml => ("MalformedXML", 400),
            Self::MalformedPolicy(_) => ("MalformedPolicy", 400),
            Self::IllegalLocationConstraint(_) => ("IllegalLocationConstraintException", 400),
            Self::InvalidLocationConstraint => ("InvalidLocationConstraint", 400),
            Self::NoSetting { code, .. } => (code, 404),
            Self::NotImplemented(_) => ("NotImplemented", 501),
            Self::Content(_) => ("InternalError", 500),
            Self::Other(error) => (&error.code, error.status),
        }
    }
}

impl From<Error> for AwsError {
    fn from(error: Error) -> Self {
        if let Error::Other(error) = error {
            return as_s3_says(error);
        }
        let (code, status) = error.code();
        let answer = Self::fault(code, error.to_string(), status);
        match &error {
            Error::NoSuchBucket(bucket)
            | Error::BucketNotEmpty(bucket)
            | Error::BucketAlreadyOwnedByYou(bucket)
            | Error::InvalidBucketName(bucket) => answer.with_field("BucketName", bucket.as_str()),
            Error::NoSuchKey { key, .. } => answer.with_field("Key", key.as_str()),
            Error::PreconditionFailed(condition) => answer.with_field("Condition", *condition),
            _ => answer,
        }
    }
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Other(error)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Content(error.to_string())
    }
}

/// S3's own names for errors that other services spell differently.
fn as_s3_says(mut error: AwsError) -> AwsError {
    if error.code.starts_with("AccessDenied") {
        "AccessDenied".clone_into(&mut error.code);
        error.status = 403;
    } else if error.code == "ValidationException" {
        "InvalidArgument".clone_into(&mut error.code);
    } else if error.code == "InternalFailure" {
        "InternalError".clone_into(&mut error.code);
    }
    error
}
