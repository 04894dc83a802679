//! Rules of Choice states.

use super::{Assign, StateIndex, Template};
use crate::jsonata::Expression;
use crate::path::Path;

/// One entry of `Choices`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// When it applies.
    pub condition: Condition,
    /// Where it leads.
    pub next: StateIndex,
    /// Variables to assign when it applies.
    pub assign: Option<Assign>,
    /// JSONata: the output when it applies.
    pub output: Option<Template>,
}

/// When a rule applies.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All of them.
    And(Vec<Condition>),
    /// Any of them.
    Or(Vec<Condition>),
    /// Not this one.
    Not(Box<Condition>),
    /// A comparison or test of a variable.
    Test(Comparison),
    /// JSONata `Condition`.
    Expression(Expression),
    /// JSONata `Condition` written as `true` or `false`.
    Constant(bool),
}

/// `Variable` and what is asked of it.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// `Variable`.
    pub variable: Path,
    /// What is asked.
    pub operator: Operator,
}

/// What a comparison compares with: as written, or out of the input (the `…Path` forms).
#[derive(Clone, Debug)]
pub enum Operand<T> {
    /// As written.
    Literal(T),
    /// A path.
    Path(Path),
}

/// The order a comparison asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `…Equals`
    Equals,
    /// `…LessThan`
    LessThan,
    /// `…GreaterThan`
    GreaterThan,
    /// `…LessThanEquals`
    LessThanEquals,
    /// `…GreaterThanEquals`
    GreaterThanEquals,
}

/// What the `Is…` operators ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeTest {
    /// `IsNull`
    Null,
    /// `IsPresent`
    Present,
    /// `IsNumeric`
    Numeric,
    /// `IsString`
    String,
    /// `IsBoolean`
    Boolean,
    /// `IsTimestamp`
    Timestamp,
}

/// What is asked of a variable.
#[derive(Clone, Debug)]
pub enum Operator {
    /// `String…`
    String(Order, Operand<String>),
    /// `StringMatches`: `*` stands for any text, `\` takes its meaning away.
    Matches(String),
    /// `Numeric…`
    Numeric(Order, Operand<f64>),
    /// `BooleanEquals`
    Boolean(Operand<bool>),
    /// `Timestamp…`
    Timestamp(Order, Operand<String>),
    /// `Is…`, and the answer wanted.
    Is(TypeTest, bool),
}
