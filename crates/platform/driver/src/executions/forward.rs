//! Data that an earlier version wrote, brought to the form that this one looks for.
//!
//! Records of executions are read in every form there was; what has to change is how they are found. A record says how
//! far that has come, so a crash in between only means that it is done again.

use serde::{Deserialize, Serialize};
use store::{Batch, Expect, Put, Scan};

use super::{Inner, record};
use crate::Error;

/// The record kind of what is said about the form of other records.
const KIND: &str = "states/form";
/// The key of what is said about executions.
const EXECUTIONS: &str = "executions";
/// Executions are found by a mark of their machine; in form 1 it was its ARN.
const BY_MARK: u32 = 2;
/// Records changed at a time.
const PAGE: usize = 500;

#[derive(Serialize, Deserialize)]
struct Form {
    v: u32,
}

impl Inner {
    /// Brings the records of executions forward, if an earlier version wrote them.
    pub(super) async fn bring_forward(&self) -> Result<(), Error> {
        let unreadable = |detail: String| Error::Unreadable { key: KIND.to_owned(), detail };
        if let Some(form) = self.store.get(KIND, EXECUTIONS).await? {
            let form: Form = serde_json::from_slice(&form.body)
                .map_err(|error| unreadable(error.to_string()))?;
            return if form.v <= BY_MARK {
                Ok(())
            } else {
                Err(unreadable(format!("executions have form {}, a later refit's", form.v)))
            };
        }
        self.index_commons().await?;
        let mut after: Option<String> = None;
        loop {
            let scan = Scan { after: after.as_deref(), ..Scan::of(record::KIND, "", PAGE) };
            let page = self.store.scan(scan).await?;
            let mut batch = Batch::new();
            for found in &page.records {
                match self.read_execution(found).await {
                    Ok(execution) => batch.puts.push(Put {
                        kind: record::KIND.to_owned(),
                        key: found.key.clone(),
                        body: found.body.to_vec(),
                        index: execution.index(),
                        expect: Expect::Version(found.version),
                    }),
                    Err(error @ Error::Store(_)) => return Err(error),
                    // It stays as it is, for whoever looks into it.
                    Err(error) => {
                        tracing::error!(execution = found.key, %error, "an execution's record cannot be read");
                    }
                }
            }
            after = page.next;
            if after.is_none() {
                batch.put(KIND, EXECUTIONS, &Form { v: BY_MARK }, Expect::Absent);
            }
            self.store.commit(batch).await?;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}
