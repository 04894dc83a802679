//! The port for services that move files.

use std::path::{Path, PathBuf};

use service::{AwsError, Ctx, ObjectInfo, Objects, Principal};

use crate::access::authorise;
use crate::conditions::WriteConditions;
use crate::content::{Announced, MAX_PUT_BYTES, stage};
use crate::listing::{Item, MAX_KEYS, Question, list};
use crate::ops::put_object::{NewObject, check, write};
use crate::ops::{bucket, get_object};
use crate::records::Attributes;
use crate::{Error, S3};

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

impl S3 {
    fn ctx(&self, principal: &Principal) -> Ctx {
        self.kit().ctx(principal.clone(), "us-east-1")
    }

    async fn list_all(
        &self,
        ctx: &Ctx,
        name: &str,
        prefix: &str,
    ) -> Result<Vec<ObjectInfo>, Error> {
        let context = vec![("s3:prefix".to_owned(), vec![prefix.to_owned()])];
        authorise(ctx, "s3:ListBucket", Some(name), None, context).await?;
        bucket(ctx, name).await?;
        let mut objects: Vec<ObjectInfo> = Vec::new();
        let mut after = String::new();
        loop {
            let question = Question {
                bucket: name,
                prefix,
                delimiter: None,
                after: &after,
                most: MAX_KEYS,
                delete_markers: false,
            };
            let listed = list(ctx, question).await?;
            for item in listed.items {
                if let Item::Object(key, object) = item {
                    after.clone_from(&key);
                    let (size_bytes, etag) = (object.size_bytes, object.etag);
                    objects.push(ObjectInfo { key, size_bytes, etag });
                }
            }
            if !listed.truncated {
                return Ok(objects);
            }
        }
    }

    async fn find_file(
        &self,
        ctx: &Ctx,
        name: &str,
        key: &str,
        version_id: Option<&str>,
    ) -> Result<PathBuf, Error> {
        let action = if version_id.is_some() { "s3:GetObjectVersion" } else { "s3:GetObject" };
        authorise(ctx, action, Some(name), Some(key), Vec::new()).await?;
        let input = get_object::Input {
            bucket: name.to_owned(),
            key: key.to_owned(),
            version_id: version_id.map(str::to_owned),
            ..get_object::Input::default()
        };
        let object = get_object::select(ctx, &input).await?.object;
        let blob = object.blob.ok_or(Error::NoSuchVersion)?;
        Ok(self.blobs.path(&blob))
    }

    async fn store_file(
        &self,
        ctx: &Ctx,
        name: &str,
        key: &str,
        source: &Path,
    ) -> Result<String, Error> {
        authorise(ctx, "s3:PutObject", Some(name), Some(key), Vec::new()).await?;
        check(ctx, name, key, &Attributes::default()).await?;
        let unreadable =
            |error: std::io::Error| Error::Content(format!("{}: {error}", source.display()));
        let file = tokio::fs::File::open(source).await.map_err(unreadable)?;
        let size_bytes = file.metadata().await.map_err(unreadable)?.len();
        if size_bytes > MAX_PUT_BYTES {
            return Err(Error::EntityTooLarge);
        }
        let content = futures_util::stream::try_unfold(file, |mut file| async move {
            use tokio::io::AsyncReadExt as _;
            let mut chunk = vec![0; CHUNK_BYTES];
            let read = file.read(&mut chunk).await?;
            chunk.truncate(read);
            Ok::<_, std::io::Error>((read > 0).then(|| (chunk.into(), file)))
        });
        let staged = stage(&self.blobs, content, &Announced::default()).await?;
        let new = NewObject {
            bucket: name.to_owned(),
            key: key.to_owned(),
            etag: staged.md5_hex(),
            attributes: Attributes::default(),
            tags: std::collections::BTreeMap::new(),
            sum: staged.sum.clone(),
            part_sizes: Vec::new(),
            conditions: WriteConditions::default(),
            staged,
        };
        self.carry_out(Some(&new.staged), || write(self, ctx, &new)).await?;
        Ok(new.etag)
    }
}

#[async_trait::async_trait]
impl Objects for S3 {
    async fn list(
        &self,
        principal: &Principal,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<ObjectInfo>, AwsError> {
        Ok(self.list_all(&self.ctx(principal), bucket, prefix).await?)
    }

    async fn file(
        &self,
        principal: &Principal,
        bucket: &str,
        key: &str,
    ) -> Result<PathBuf, AwsError> {
        Ok(self.find_file(&self.ctx(principal), bucket, key, None).await?)
    }

    async fn file_of_version(
        &self,
        principal: &Principal,
        bucket: &str,
        key: &str,
        version_id: &str,
    ) -> Result<PathBuf, AwsError> {
        Ok(self.find_file(&self.ctx(principal), bucket, key, Some(version_id)).await?)
    }

    async fn put_file(
        &self,
        principal: &Principal,
        bucket: &str,
        key: &str,
        source: &Path,
    ) -> Result<String, AwsError> {
        Ok(self.store_file(&self.ctx(principal), bucket, key, source).await?)
    }
}
