//! Payload templates: JSON with holes, compiled once.
//!
//! - [`PayloadTemplate`] (JSONPath: `Parameters`, `ResultSelector`, `ItemSelector`, `Assign`): a key ending in `.$` holds a path or an
//!   intrinsic; the key loses its suffix in the result.
//! - [`JsonataTemplate`] (JSONata: `Arguments`, `Output`, `Assign`, `Items` ...): any string `{% ... %}` is an expression.

mod jsonata;
mod payload;
#[cfg(test)]
mod tests;

pub use jsonata::JsonataTemplate;
pub use payload::PayloadTemplate;

/// Something wrong inside a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at {pointer:?}")]
pub struct TemplateError {
    /// JSON pointer of the offending value inside the template (`""` is the whole).
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// Which rule.
    pub fault: Fault,
}

/// The kind of fault in a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A `.$` key whose value is not a string.
    NotAString,
    /// A `.$` value that is neither a path nor an intrinsic.
    NotAPath,
    /// An intrinsic that does not parse.
    Intrinsic,
    /// A JSONata expression that does not parse.
    Jsonata,
    /// Nested too deep.
    TooDeep,
}

/// How deep a template may nest; JSON read from text is shallower.
const MAX_DEPTH: usize = 256;
