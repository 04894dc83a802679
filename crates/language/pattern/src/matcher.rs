//! One condition on one value of an event.

use serde_json::{Number, Value};

use crate::address::{Address, Block};
use crate::wildcard::Wildcard;

/// The range numbers are compared in; beyond it AWS compares the text.
// AWS: eb-create-pattern-operators, numeric matching.
pub(crate) const LARGEST_NUMBER: f64 = 5e9;

/// A condition. Where several stand in a list, one has to hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Matcher {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(String),
    Address(Address),
    Prefix(String),
    Suffix(String),
    /// These three hold lower case.
    IgnoreCase(String),
    PrefixIgnoreCase(String),
    SuffixIgnoreCase(String),
    Wildcard(Wildcard),
    Range(Range),
    Block(Block),
    /// `exists`: whether there is a value, whatever it is.
    Exists(bool),
    /// A value for which none of these holds.
    AnythingBut(Vec<Matcher>),
}

impl Matcher {
    /// Whether the condition holds for a value that is not an object or array.
    pub(crate) fn matches(&self, value: &Value) -> bool {
        match self {
            Self::Null => value.is_null(),
            Self::Bool(wanted) => value.as_bool() == Some(*wanted),
            Self::Number(wanted) => matches!(value, Value::Number(number) if wanted.is(number)),
            Self::Range(range) => matches!(value, Value::Number(number) if range.holds(number)),
            Self::Exists(wanted) => *wanted,
            Self::AnythingBut(excluded) => !excluded.iter().any(|matcher| matcher.matches(value)),
            _ => value.as_str().is_some_and(|text| self.matches_text(text)),
        }
    }

    fn matches_text(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => text == wanted,
            Self::Address(wanted) => Address::parse(text) == Some(*wanted),
            Self::Prefix(wanted) => text.starts_with(wanted.as_str()),
            Self::Suffix(wanted) => text.ends_with(wanted.as_str()),
            Self::IgnoreCase(wanted) => text.to_lowercase() == *wanted,
            Self::PrefixIgnoreCase(wanted) => text.to_lowercase().starts_with(wanted.as_str()),
            Self::SuffixIgnoreCase(wanted) => text.to_lowercase().ends_with(wanted.as_str()),
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Block(block) => Address::parse(text).is_some_and(|it| block.contains(it)),
            _ => false,
        }
    }
}

/// A number of a pattern: `300` and `300.0` are the same, whole numbers of any size are exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Decimal {
    whole: Option<i128>,
    value: f64,
}

impl Decimal {
    /// Takes the text of a JSON number.
    pub(crate) fn parse(text: &str) -> Self {
        Self { whole: text.parse().ok(), value: text.parse().unwrap_or(f64::NAN) }
    }

    /// The value, if it is in the range in which numbers are compared.
    pub(crate) fn comparable(self) -> Option<f64> {
        (-LARGEST_NUMBER..=LARGEST_NUMBER).contains(&self.value).then_some(self.value)
    }

    #[expect(clippy::float_cmp, reason = "equal numbers are equal however they are written")]
    fn is(self, number: &Number) -> bool {
        match (self.whole, number.as_i128()) {
            (Some(wanted), Some(found)) => wanted == found,
            _ => number.as_f64().is_some_and(|found| found == self.value),
        }
    }
}

/// The numbers between two ends, of which each may belong to them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) bottom: f64,
    pub(crate) includes_bottom: bool,
    pub(crate) top: f64,
    pub(crate) includes_top: bool,
}

impl Range {
    fn holds(&self, number: &Number) -> bool {
        let Some(value) = number.as_f64() else { return false };
        let above = value > self.bottom || (self.includes_bottom && value >= self.bottom);
        let below = value < self.top || (self.includes_top && value <= self.top);
        above && below
    }
}
