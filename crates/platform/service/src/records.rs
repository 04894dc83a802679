//! Typed access to records.

use crate::AwsError;
use crate::dispatcher::storage_error;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use store::{Expect, Scan, Store};

/// A record as found: the value and the version to expect when it is written again.
#[derive(Debug, Clone)]
pub struct Found<T> {
    /// The record's key.
    pub key: String,
    /// What was stored.
    pub value: T,
    /// Pass it to [`store::Batch::put`] so that a change in between is noticed.
    pub expect: Expect,
}

/// Records of one kind, read as `T`.
pub struct Records<'a, T> {
    store: &'a dyn Store,
    kind: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<'a, T: DeserializeOwned> Records<'a, T> {
    pub(crate) fn new(store: &'a dyn Store, kind: &'static str) -> Self {
        Self { store, kind, value: PhantomData }
    }

    /// The record of `key`.
    ///
    /// # Errors
    /// `InternalFailure` when storage fails or the record cannot be read.
    pub async fn get(&self, key: &str) -> Result<Option<Found<T>>, AwsError> {
        let found = self.store.get(self.kind, key).await.map_err(|e| storage_error(&e))?;
        found.map(|record| self.read(record)).transpose()
    }

    /// The record of `key` as it is stored, for those who keep what they have read of it by its version.
    ///
    /// # Errors
    /// `InternalFailure` when storage fails.
    pub async fn stored(&self, key: &str) -> Result<Option<store::Record>, AwsError> {
        self.store.get(self.kind, key).await.map_err(|e| storage_error(&e))
    }

    /// A page of records, and the cursor of the next page.
    ///
    /// # Errors
    /// `InternalFailure` when storage fails or a record cannot be read.
    pub async fn scan(&self, scan: Scan<'_>) -> Result<(Vec<Found<T>>, Option<String>), AwsError> {
        let page = self.store.scan(scan).await.map_err(|e| storage_error(&e))?;
        let found = page.records.into_iter().map(|r| self.read(r)).collect::<Result<_, _>>()?;
        Ok((found, page.next))
    }

    /// Every record whose key starts with `prefix`. For kinds that stay small.
    ///
    /// # Errors
    /// `InternalFailure` when storage fails or a record cannot be read.
    pub async fn all(&self, prefix: &str) -> Result<Vec<Found<T>>, AwsError> {
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut scan = Scan::of(self.kind, prefix, 500);
            scan.after = after.as_deref();
            let (page, next) = self.scan(scan).await?;
            all.extend(page);
            match next {
                Some(cursor) => after = Some(cursor),
                None => return Ok(all),
            }
        }
    }

    /// Reads a record of this kind.
    ///
    /// # Errors
    /// `InternalFailure` when it cannot be read.
    pub fn read(&self, record: store::Record) -> Result<Found<T>, AwsError> {
        match serde_json::from_slice(&record.body) {
            Ok(value) => {
                Ok(Found { key: record.key, value, expect: Expect::Version(record.version) })
            }
            Err(error) => {
                tracing::error!(kind = self.kind, key = record.key, %error, "a stored record cannot be read");
                Err(AwsError::fault(
                    "InternalFailure",
                    format!("the stored {} {} cannot be read: {error}", self.kind, record.key),
                    500,
                ))
            }
        }
    }
}
