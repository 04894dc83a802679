//! States and their types.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Assign, Catcher, Distributed, Flow, MachineId, NumberField, PathField, QueryLanguage, Resource,
    ResultPath, Retrier, Rule, StateIndex, Template, TextField,
};
use crate::jsonata::Expression;
use crate::path::RefPath;
use crate::template::PayloadTemplate;

/// One state.
#[derive(Clone, Debug)]
pub struct State {
    /// Its name.
    pub name: Arc<str>,
    /// The language of its fields.
    pub language: QueryLanguage,
    /// `Comment`.
    pub comment: Option<String>,
    /// JSONPath: `InputPath`.
    pub input_path: PathField,
    /// JSONPath: `OutputPath`.
    pub output_path: PathField,
    /// `Assign`.
    pub assign: Option<Assign>,
    /// JSONata: `Output`.
    pub output: Option<Template>,
    /// Which parts of the context object its fields may read; the others need not be made.
    pub context_use: ContextUse,
    /// What its type adds.
    pub kind: StateKind,
}

/// How much of the context object a state's fields may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContextUse {
    /// Nothing.
    None,
    /// Anything but the input of the execution, which may be large.
    WithoutInput,
    /// Anything.
    All,
}

/// What each type of state adds.
#[derive(Clone, Debug)]
pub enum StateKind {
    /// `Pass`
    Pass(PassState),
    /// `Task`
    Task(Box<TaskState>),
    /// `Choice`
    Choice(ChoiceState),
    /// `Wait`
    Wait(WaitState),
    /// `Parallel`
    Parallel(ParallelState),
    /// `Map`
    Map(Box<Map>),
    /// `Succeed`
    Succeed,
    /// `Fail`
    Fail(FailState),
}

impl StateKind {
    /// The value of `Type`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pass(_) => "Pass",
            Self::Task(_) => "Task",
            Self::Choice(_) => "Choice",
            Self::Wait(_) => "Wait",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
            Self::Succeed => "Succeed",
            Self::Fail(_) => "Fail",
        }
    }
}

/// What Task, Parallel and Map states have in common.
#[derive(Clone, Debug)]
pub struct Work {
    /// `Parameters` or `Arguments`.
    pub arguments: Option<Template>,
    /// JSONPath: `ResultSelector`.
    pub result_selector: Option<PayloadTemplate>,
    /// JSONPath: `ResultPath`.
    pub result_path: ResultPath,
    /// `Retry`.
    pub retry: Vec<Retrier>,
    /// `Catch`.
    pub catch: Vec<Catcher>,
    /// `Next` or `End`.
    pub flow: Flow,
}

/// A Pass state.
#[derive(Clone, Debug)]
pub struct PassState {
    /// JSONPath: `Result`.
    pub result: Option<Value>,
    /// JSONPath: `Parameters`.
    pub parameters: Option<Template>,
    /// JSONPath: `ResultPath`.
    pub result_path: ResultPath,
    /// `Next` or `End`.
    pub flow: Flow,
}

/// A Task state.
#[derive(Clone, Debug)]
pub struct TaskState {
    /// `Resource`.
    pub resource: Resource,
    /// What it shares with Parallel and Map.
    pub work: Work,
    /// `TimeoutSeconds`, `TimeoutSecondsPath`.
    pub timeout: Option<NumberField>,
    /// `HeartbeatSeconds`, `HeartbeatSecondsPath`.
    pub heartbeat: Option<NumberField>,
    /// `Credentials`, whose `RoleArn` is the role to use.
    pub credentials: Option<Template>,
}

/// A Choice state.
#[derive(Clone, Debug)]
pub struct ChoiceState {
    /// `Choices`.
    pub rules: Vec<Rule>,
    /// `Default`.
    pub default: Option<StateIndex>,
}

/// A Wait state.
#[derive(Clone, Debug)]
pub struct WaitState {
    /// How long.
    pub wait: Wait,
    /// `Next` or `End`.
    pub flow: Flow,
}

/// How long a Wait state waits.
#[derive(Clone, Debug)]
pub enum Wait {
    /// `Seconds`, `SecondsPath`.
    Seconds(NumberField),
    /// `Timestamp`, `TimestampPath`.
    Timestamp(TextField),
}

/// A Parallel state.
#[derive(Clone, Debug)]
pub struct ParallelState {
    /// `Branches`.
    pub branches: Vec<MachineId>,
    /// What it shares with Task and Map.
    pub work: Work,
}

/// A Map state.
#[derive(Clone, Debug)]
pub struct Map {
    /// `ItemProcessor` (or `Iterator`).
    pub processor: MachineId,
    /// How its items run.
    pub mode: MapMode,
    /// Where the items come from.
    pub items: MapItems,
    /// `ItemSelector` (or `Parameters`).
    pub item_selector: Option<Template>,
    /// `MaxConcurrency`, `MaxConcurrencyPath`; none or 0 is the service's own limit.
    pub max_concurrency: Option<NumberField>,
    /// What it shares with Task and Parallel; `arguments` is unused.
    pub work: Work,
}

/// Where a Map's items come from.
#[derive(Clone, Debug)]
pub enum MapItems {
    /// The input itself.
    Input,
    /// JSONPath: `ItemsPath`.
    Path(RefPath),
    /// JSONata: `Items` as one expression.
    Expression(Expression),
    /// JSONata: `Items` as an array that may hold expressions.
    Template(Template),
}

/// How a Map's items run.
#[derive(Clone, Debug)]
pub enum MapMode {
    /// Within the execution.
    Inline,
    /// As executions of their own.
    Distributed(Box<Distributed>),
}

/// A Fail state.
#[derive(Clone, Debug)]
pub struct FailState {
    /// `Error`, `ErrorPath`.
    pub error: Option<TextField>,
    /// `Cause`, `CausePath`.
    pub cause: Option<TextField>,
}
