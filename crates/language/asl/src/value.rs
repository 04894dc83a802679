//! JSON values as the States Language sees them: the scope an expression reads, equality, sizes, texts.

mod chance;
mod compare;
mod scope;
mod text;

pub(crate) use chance::JavaRandom;
pub use chance::{SplitMix, uuid_v4};
pub use compare::{equal, number_is_integer};
pub use scope::{NoVariables, Random, Scope, Variables};
pub use text::{java_text, json_size_bytes, json_text, type_name};
