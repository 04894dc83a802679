//! Pulumi projects: evaluate, plan, apply, state.
//!
//! A *program* (`Pulumi.yaml` with `runtime: yaml`, or a program in Python or TypeScript that its own SDK runs) registers
//! resources with the engine; the engine compares them with the checkpoint of the stack, and makes the difference true with AWS
//! API calls. A preview runs the same program against the same
//! engine without the calls: names, ARNs and ids are predicted, so that most mistakes show before anything is changed.
//!
//! Decisions that differ from, or go beyond, Pulumi's own engine with its AWS provider:
//!
//! - Outputs that follow from inputs, account and region (ARNs, ids) are known in a preview; state machine definitions, schedule
//!   expressions and role ARNs are checked there, and roles that nobody makes are looked up.
//! - After a failure, resources that do not depend on it are still made; nothing is deleted.
//! - A killed run leaves the steps that were under way in the state. The next run looks for what was being created, takes it
//!   over and completes it. A resource with a name of the program's own that somebody else made in the same moment would be
//!   taken over too.
//! - AWS refuses to delete a model package group that holds packages, and so does an update. Deleting a whole stack deletes the
//!   packages of its groups, unless a group is tagged `refit:force-destroy` = `false`; with `true` an update does so as well.
//! - Explicit providers choose a region, tags and who calls; on refit's own server, where there is one account, the last means nothing.
//! - Secrets are sealed with a passphrase, or refused; there is no other way.
//!
//! ```no_run
//! # async fn example(aws: std::sync::Arc<dyn stack::Aws>, mut progress: Quiet) -> Result<(), stack::Error> {
//! # use std::path::{Path, PathBuf};
//! let project = stack::Project::load(Path::new("examples/weather"))?;
//! let options = stack::Options::new("dev", PathBuf::from("/var/lib/refit/stacks"), aws);
//! let summary = project.up(&options, &mut progress).await?;
//! println!("{} resources, {:?}", summary.resources, summary.outputs);
//! # Ok(()) }
//! # #[derive(Default)] struct Quiet;
//! # impl stack::Progress for Quiet {}
//! ```

mod aws;
mod cancel;
mod diagnostic;
mod engine;
mod error;
mod graph;
mod hosts;
mod identity;
mod models;
mod nearest;
mod program;
mod progress;
mod project;
mod provider;
mod selection;
mod source;
mod state;
mod types;
mod value;
mod yaml;

pub use aws::Aws;
pub use cancel::Cancel;
pub use diagnostic::{Diagnostic, Place, Severity};
pub use error::Error;
pub use identity::Caller;
pub use progress::{Change, Operation, Progress, Step};
pub use project::{
    Conversion, Converted, Definition, Deployed, Import, Imported, Options, Project, Setting,
    Stack, Summary, find_definitions, list_stacks,
};
pub use provider::PlannedCall;
pub use selection::Selection;
