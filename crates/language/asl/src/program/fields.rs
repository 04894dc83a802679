//! Fields that several types of states share.

use std::sync::Arc;

use super::StateIndex;
use crate::intrinsic::Intrinsic;
use crate::jsonata::Expression;
use crate::path::{Path, RefPath};
use crate::template::{JsonataTemplate, PayloadTemplate};

/// Where a state goes when it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// `Next`.
    Next(StateIndex),
    /// `End`.
    End,
}

/// `InputPath`, `OutputPath`.
#[derive(Clone, Debug)]
pub enum PathField {
    /// `$`, or not given.
    Whole,
    /// `null`: an empty object.
    Nothing,
    /// A path.
    Path(Path),
}

/// `ResultPath`.
#[derive(Clone, Debug)]
pub enum ResultPath {
    /// `$`, or not given: the result replaces the input.
    Replace,
    /// `null`: the input stays.
    Discard,
    /// The result goes into the input.
    At(RefPath),
}

/// A payload template, in the state's language.
#[derive(Clone, Debug)]
pub enum Template {
    /// JSONPath: keys that end in `.$`.
    Payload(PayloadTemplate),
    /// JSONata: strings `{% … %}`.
    Jsonata(JsonataTemplate),
}

/// `Assign`: one template per variable, so that each can be named in errors.
pub type Assign = Template;

/// A number that may be computed.
#[derive(Clone, Debug)]
pub enum NumberField {
    /// As written.
    Literal(u64),
    /// The `…Path` form.
    Path(Path),
    /// `{% … %}`.
    Expression(Expression),
}

/// A text that may be computed.
#[derive(Clone, Debug)]
pub enum TextField {
    /// As written.
    Literal(Arc<str>),
    /// The `…Path` form with a path.
    Path(Path),
    /// The `…Path` form with an intrinsic function.
    Intrinsic(Intrinsic),
    /// `{% … %}`.
    Expression(Expression),
}

/// One entry of `Retry`.
#[derive(Clone, Debug)]
pub struct Retrier {
    /// Error names it is for.
    pub error_equals: Vec<String>,
    /// Seconds before the first retry.
    pub interval_seconds: u64,
    /// Most retries; 0 is never.
    pub max_attempts: u32,
    /// What each wait is multiplied by for the next.
    pub backoff_rate: f64,
    /// Longest wait.
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy` `FULL`: wait a random part of the time.
    pub full_jitter: bool,
}

/// One entry of `Catch`.
#[derive(Clone, Debug)]
pub struct Catcher {
    /// Error names it is for.
    pub error_equals: Vec<String>,
    /// Where to go on.
    pub next: StateIndex,
    /// JSONPath: where the error output goes.
    pub result_path: ResultPath,
    /// Variables to assign.
    pub assign: Option<Assign>,
    /// JSONata: the input of the next state.
    pub output: Option<Template>,
}
