//! Amazon S3: buckets and objects; HTTP by the `s3s` protocol crate, everything else here.
//!
//! Objects' contents are blobs (files); what is known about them are records. One set of operations serves three
//! faces: HTTP ([`http::S3Http`]), calls by other services ([`service::Service`]) and services that move files
//! ([`service::Objects`]).
//!
//! **Invariant:** a record never names a blob that is not completely on disk; a blob that no record names any more is
//! removed after the commit, and what a crash leaves behind at the next start. So the [`Blobs`] given to [`S3::new`]
//! belong to S3 alone.
//!
//! **Invariant:** an object's content never changes; writing it anew makes another blob.

mod access;
mod conditions;
mod content;
mod copy;
mod error;
pub mod http;
mod listing;
mod names;
mod objects;
mod ops;
mod records;
mod tags;
mod versions;

pub use error::Error;

use std::collections::HashSet;
use std::sync::{Arc, Weak};

use serde_json::Value;
use service::{AwsError, Ctx, Kit, OperationFuture, Reply, Row, Service};
use store::{BlobId, Blobs, Scan};
use wire::Model;

use content::Staged;
use records::{BucketRecord, OBJECTS, ObjectRecord, PARTS, PartRecord, VERSIONS};

/// How often a change is decided again when a record has changed meanwhile.
const CONFLICT_RETRIES: u32 = 64;

/// The S3 service.
pub struct S3 {
    /// The kit owns its services, so they must not own it.
    kit: Weak<Kit>,
    pub(crate) blobs: Blobs,
    model: Model,
}

impl S3 {
    /// S3 over the kit's records and a folder of blobs of its own.
    pub fn new(kit: Arc<Kit>, blobs: Blobs) -> Arc<Self> {
        let model = Model::parse(include_str!("../model.json"))
            .expect("the model is part of the program and tested");
        Arc::new(Self { kit: Arc::downgrade(&kit), blobs, model })
    }

    /// The server's shared parts.
    pub(crate) fn kit(&self) -> Arc<Kit> {
        self.kit.upgrade().expect("whoever answers requests holds the kit")
    }

    /// Removes blobs when nothing names them any more. A failure leaves files to the next start.
    pub(crate) fn discard(&self, discarded: Vec<BlobId>) -> impl FnOnce() + Send + 'static {
        let blobs = self.blobs.clone();
        move || {
            for blob in discarded {
                if let Err(error) = blobs.remove(&blob) {
                    tracing::debug!(%error, "a blob stays until the next start");
                }
            }
        }
    }

    /// Decides and commits, again when a record has changed in between. The face that needs it is HTTP, whose requests
    /// carry streams that cannot go through the dispatcher. `staged` is the content that the records will name.
    pub(crate) async fn carry_out<T, F, D>(
        &self,
        staged: Option<&Staged>,
        decide: D,
    ) -> Result<T, Error>
    where
        D: Fn() -> F,
        F: Future<Output = Result<Reply<T>, Error>>,
    {
        for _ in 0..CONFLICT_RETRIES {
            let reply = decide().await?;
            if let Some(staged) = staged {
                staged.keep();
            }
            let store = self.kit().store.clone();
            // Also when the client goes away: what is committed is followed by what belongs to it.
            let committed = tokio::spawn(async move {
                if !reply.batch.is_empty() {
                    store.commit(reply.batch).await?;
                }
                if let Some(after) = reply.after {
                    after();
                }
                Ok(())
            });
            match committed.await.unwrap_or(Err(store::Error::Closed)) {
                Ok(()) => return Ok(reply.output),
                Err(error) => {
                    if let Some(staged) = staged {
                        staged.refused(&error);
                    }
                    if !matches!(error, store::Error::Conflict { .. }) {
                        return Err(error.into());
                    }
                }
            }
        }
        Err(Error::Other(AwsError::fault(
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. Please try again.",
            409,
        )))
    }

    /// The blobs that records name: all that a copy of the data must have.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn blobs_in_use(&self, ctx: &Ctx) -> Result<HashSet<BlobId>, AwsError> {
        let mut used = HashSet::new();
        for kind in [OBJECTS, VERSIONS] {
            let mut after: Option<String> = None;
            loop {
                let mut scan = Scan::of(kind, "", 1000);
                scan.after = after.as_deref();
                let (page, next) = ctx.records::<ObjectRecord>(kind).scan(scan).await?;
                used.extend(page.into_iter().filter_map(|found| found.value.blob));
                match next {
                    Some(cursor) => after = Some(cursor),
                    None => break,
                }
            }
        }
        let parts = ctx.records::<PartRecord>(PARTS).all("").await?;
        used.extend(parts.into_iter().map(|found| found.value.blob));
        Ok(used)
    }
}

#[async_trait::async_trait]
impl Service for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn model(&self) -> &Model {
        &self.model
    }

    fn operation(&self, name: &str) -> Option<Row> {
        service::row(ops::TABLE, name)
    }

    fn run<'a>(&'a self, ctx: &'a Ctx, operation: &str, input: Value) -> OperationFuture<'a> {
        service::run(ops::TABLE, self, ctx, operation, input)
    }

    async fn resource_policy(&self, ctx: &Ctx, resource: &str) -> Result<Option<String>, AwsError> {
        let Some(path) = resource.strip_prefix("arn:aws:s3:::") else { return Ok(None) };
        let bucket = path.split('/').next().unwrap_or_default();
        let found = ctx.records::<BucketRecord>(records::BUCKETS).get(bucket).await?;
        Ok(found.and_then(|found| found.value.policy))
    }

    async fn start(&self, ctx: &Ctx) -> Result<(), AwsError> {
        let used = self.blobs_in_use(ctx).await?;
        let blobs = self.blobs.clone();
        let swept = tokio::task::spawn_blocking(move || blobs.sweep(|blob| used.contains(blob)))
            .await
            .map_err(|error| AwsError::fault("InternalError", error.to_string(), 500))?
            .map_err(|error| AwsError::fault("InternalError", error.to_string(), 500))?;
        if swept > 0 {
            tracing::info!(swept, "removed object contents that a crash had left behind");
        }
        Ok(())
    }
}
