//! States language: text to validated program with diagnostics; data flow of one state.

pub mod diagnostic;
pub mod intrinsic;
pub mod json;
pub mod jsonata;
pub mod path;
pub mod program;
pub mod references;
pub mod states_error;
pub mod template;
pub mod timestamp;
mod validate;
pub mod value;

pub use diagnostic::{Diagnostic, Severity};
pub use program::Program;
pub use validate::{Checked, Options, check};
