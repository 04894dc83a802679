//! The source of a copy.

use std::ops::Range;

use s3s::dto::CopySource;
use service::Ctx;

use crate::access::{authorise, hide_absence};
use crate::conditions::ReadConditions;
use crate::content::{self, Staged};
use crate::ops::{bucket, shown_version};
use crate::records::{Algorithm, ObjectRecord};
use crate::{Error, S3, versions};

/// What is copied.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) version_id: Option<String>,
}

impl Source {
    /// Reads the `x-amz-copy-source` header.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let source = CopySource::parse(text).map_err(|_| {
            Error::InvalidArgument(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
                    .to_owned(),
            )
        })?;
        Self::of(source)
    }

    /// # Errors
    /// `NotImplemented` for access points.
    pub(crate) fn of(source: CopySource) -> Result<Self, Error> {
        match source {
            CopySource::Bucket { bucket, key, version_id } => Ok(Self {
                bucket: bucket.into(),
                key: key.into(),
                version_id: version_id.map(Into::into),
            }),
            _ => Err(Error::NotImplemented("refit does not implement access points")),
        }
    }

    /// Finds the source for a caller who may read it.
    pub(crate) async fn find(
        &self,
        ctx: &Ctx,
        conditions: &ReadConditions,
    ) -> Result<(ObjectRecord, Option<String>), Error> {
        let action = match self.version_id {
            Some(_) => "s3:GetObjectVersion",
            None => "s3:GetObject",
        };
        authorise(ctx, action, Some(&self.bucket), Some(&self.key), Vec::new()).await?;
        let settings = bucket(ctx, &self.bucket).await?.value;
        let version = self.version_id.as_deref();
        let object = match versions::find(ctx, &self.bucket, &self.key, version).await {
            Ok(found) => found.value,
            Err(error) => return Err(hide_absence(ctx, &self.bucket, error).await),
        };
        conditions.check_source(&object)?;
        let version_id = shown_version(&settings, &object.version_id);
        Ok((object, version_id))
    }
}

/// Copies an object's content (or a range of it).
pub(crate) async fn stage(
    s3: &S3,
    object: &ObjectRecord,
    range: Range<u64>,
    algorithm: Option<Algorithm>,
) -> Result<Staged, Error> {
    let blob = object.blob.as_ref().ok_or(Error::NoSuchVersion)?;
    let own = object.sum.as_ref().map(|sum| sum.algorithm);
    let algorithm = algorithm.or(own).unwrap_or(Algorithm::Crc64Nvme);
    content::copy(&s3.blobs, blob, range, algorithm).await
}
