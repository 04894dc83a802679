//! JSON values as the States Language sees them: the scope an expression reads, equality, sizes, texts.

mod compare;
mod scope;
mod text;

pub use compare::{equal, number_is_integer};
pub use scope::{NoVariables, Random, Scope, SplitMix, Variables};
pub use text::{java_text, json_size_bytes, json_text, type_name};
