//! The tree of a program, as far as it is understood.

use crate::source::Span;
use std::rc::Rc;

/// Which language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Python,
    TypeScript,
}

/// A part of a string.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Text, and where its parts stand (offset in the text, offset in the file).
    Text(String, Vec<(usize, usize)>),
    /// An expression inside, and the place with its braces.
    Code(Box<Expr>, Span),
}

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) span: Span,
    pub(super) form: Form,
}

/// A keyword or positional argument.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) name: Option<(String, Span)>,
    pub(super) value: Expr,
    /// `**values` or `...values`.
    pub(super) is_spread: bool,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub(super) enum Form {
    Name(String),
    Attribute(Box<Expr>, String),
    Call(Box<Expr>, Vec<Argument>),
    /// A string, perhaps with expressions inside (f-string, template).
    Text(Vec<Piece>),
    /// A template literal with a function before it, which takes care of outputs.
    Tagged(Vec<Piece>),
    Number(serde_json::Number),
    Bool(bool),
    Null,
    List(Vec<Expr>),
    /// Keys, values; a spread has no key.
    Map(Vec<(Option<Expr>, Expr)>),
    Index(Box<Expr>, Box<Expr>),
    Function(Rc<Function>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// Condition, then, otherwise.
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    Unknown,
}

/// A function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) parameters: Vec<String>,
    pub(super) body: Vec<Statement>,
}

/// A statement.
#[derive(Debug, Clone)]
pub(super) enum Statement {
    /// Targets, value.
    Assign(Vec<Expr>, Expr),
    Expression(Expr),
    Return(Expr),
    /// Path of a module (`pulumi_aws.sfn`), what is imported out of it (none: itself), the name it gets.
    Import(String, Option<String>, String),
    Define(String, Rc<Function>),
    /// A variable is told as an output.
    Export(String),
    /// A block whose statements are run one way or the other.
    Block(Vec<Statement>),
}
