//! The `Condition` element: one operator, one key, its values.

mod compare;

use crate::Context;
use crate::template::Template;
use compare::Comparison;

/// One key under one operator. All conditions of a statement have to hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    test: Test,
    set: Option<Set>,
    if_exists: bool,
    /// In lower case.
    key: String,
    values: Vec<Template>,
}

/// `ForAllValues:` and `ForAnyValue:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    /// Whether the key is absent.
    Null,
    /// Whether values compare so, or with `is_not`, whether none does.
    Compare { comparison: Comparison, is_not: bool },
}

impl Condition {
    /// `None` if there is no such operator.
    // AWS: reference_policies_elements_condition_operators.
    pub(crate) fn parse(
        operator: &str,
        key: &str,
        values: &[String],
        has_variables: bool,
    ) -> Option<Self> {
        let (set, rest) = if let Some(rest) = operator.strip_prefix("ForAllValues:") {
            (Some(Set::All), rest)
        } else if let Some(rest) = operator.strip_prefix("ForAnyValue:") {
            (Some(Set::Any), rest)
        } else {
            (None, operator)
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let test = if name == "Null" {
            if if_exists || set.is_some() {
                return None;
            }
            Test::Null
        } else {
            let (comparison, is_not) = Comparison::find(name)?;
            Test::Compare { comparison, is_not }
        };
        let has_variables = has_variables
            && matches!(test, Test::Compare { comparison, .. } if comparison.is_text());
        let values = values.iter().map(|text| Template::parse(text, has_variables)).collect();
        Some(Self { test, set, if_exists, key: key.to_lowercase(), values })
    }

    pub(crate) fn holds(&self, context: &Context) -> bool {
        let found = context.get(&self.key);
        let (comparison, is_not) = match self.test {
            Test::Null => return self.null_holds(found, context),
            Test::Compare { comparison, is_not } => (comparison, is_not),
        };
        // AWS: a variable that cannot be resolved makes the statement invalid, so that a value that
        // is unknown is neither equal nor different.
        let is_unknown = is_not && self.values.iter().any(|value| value.text(context).is_none());
        let fits = |found: &String| {
            let is_in = self.values.iter().any(|value| comparison.holds(value, found, context));
            is_in != is_not && !is_unknown
        };
        match (found, self.set) {
            (Some(values), Some(Set::All)) => values.iter().all(fits),
            (Some(values), Some(Set::Any)) => values.iter().any(fits),
            // UNVERIFIED: a key of several values without a set operator: one has to fit, or with
            // a negated operator all of them.
            (Some(values), None) if !values.is_empty() => {
                if is_not {
                    values.iter().all(fits)
                } else {
                    values.iter().any(fits)
                }
            }
            // AWS: a key that is absent fits ForAllValues, what is IfExists, and what is negated.
            (None, Some(Set::All)) => true,
            (None, Some(Set::Any)) => self.if_exists,
            (_, None) => self.if_exists || is_not,
        }
    }

    fn null_holds(&self, found: Option<&[String]>, context: &Context) -> bool {
        let is_absent = found.is_none_or(<[String]>::is_empty);
        let wanted = if is_absent { "true" } else { "false" };
        self.values
            .iter()
            .any(|value| value.text(context).is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
    }
}
