//! Map runs: the children of a distributed Map, from its items to its results.
//!
//! A run reads items, makes inputs of children out of them, and admits children in batches. A child that ends in its
//! first turn never lives: what is left of it is an entry of a page, and a page of many is one record. Every other child
//! is an execution like any other. A batch is one commit with the run's progress, so after a crash a child has been
//! admitted with everything that followed from it, or it has not.
//!
//! A child's name says which run it belongs to and its number there, so neither needs an index.
//!
//! **Invariant:** a run's progress is written by its own loop alone; whoever wants to change it asks the loop.

mod admit;
mod child;
mod finish;
mod names;
mod queries;
mod read;
mod record;
mod redrive;
mod run;

pub use queries::{ChildPage, MapRunChange, MapRunView};
pub use record::{Tallies, Tally};

pub(super) use names::{child_of, is_child};
pub(super) use record::{BY_RUN, CHILDREN, PLAN, PROGRESS, child_key, put_runs};
pub(super) use run::Runs;
