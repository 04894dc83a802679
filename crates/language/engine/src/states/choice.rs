//! Choice: goes where the first rule that applies leads.

use asl::program::{
    ChoiceState, Comparison, Condition, Flow, Operand, Operator, Order, QueryLanguage, Rule,
    TypeTest,
};
use asl::states_error::StatesError;
use asl::timestamp::Timestamp;
use serde_json::Value;

use crate::here::{Extra, Here, Run, Step};

pub(super) fn begin(here: &mut Here<'_, '_>, choice: &ChoiceState) -> Run<Step> {
    let input = here.input()?;
    here.note_input(&input);
    for (index, rule) in choice.rules.iter().enumerate() {
        if applies(here, &rule.condition, input.value(), index)? {
            return follow(here, rule, index, &input);
        }
    }
    let Some(default) = choice.default else {
        // AWS: measured by an independent emulator: it is no States.NoChoiceMatched.
        let cause = "Failed to transition out of the state. The state does not point to a next \
                     state.";
        return Err(here.runtime(cause.into()));
    };
    let (output, assigned) = match here.state.language {
        QueryLanguage::Jsonata => here.jsonata_output(Extra::default(), input)?,
        QueryLanguage::JsonPath => {
            let assign = here.state.assign.as_ref();
            let assigned = here.assign(assign, "Assign", input.value(), Extra::default())?;
            (here.output(input)?, assigned)
        }
    };
    here.exit(output, assigned, Flow::Next(default))
}

fn follow(here: &mut Here<'_, '_>, rule: &Rule, index: usize, input: &crate::Data) -> Run<Step> {
    let none = Extra::default();
    // AWS: fields of a rule are named with the rule's index (measured by an independent emulator).
    let field = format!("Choices[{index}]/Assign");
    let assigned = here.assign(rule.assign.as_ref(), &field, input.value(), none)?;
    let output = match &rule.output {
        Some(output) => {
            let field = format!("Choices[{index}]/Output");
            let output = here.fill(output, &field, input.value(), none)?;
            here.payload(output)?
        }
        None => here.output(input.clone())?,
    };
    here.exit(output, assigned, Flow::Next(rule.next))
}

fn applies(
    here: &mut Here<'_, '_>,
    condition: &Condition,
    input: &Value,
    index: usize,
) -> Run<bool> {
    // The nesting is bounded where the rules are read.
    Ok(match condition {
        Condition::And(inner) => {
            for condition in inner {
                if !applies(here, condition, input, index)? {
                    return Ok(false);
                }
            }
            true
        }
        Condition::Or(inner) => {
            for condition in inner {
                if applies(here, condition, input, index)? {
                    return Ok(true);
                }
            }
            false
        }
        Condition::Not(inner) => !applies(here, inner, input, index)?,
        Condition::Test(comparison) => test(here, comparison, input)?,
        Condition::Constant(constant) => *constant,
        Condition::Expression(expression) => {
            let field = format!("Choices[{index}]/Condition");
            let value = here.evaluate(expression, &field, input, Extra::default())?;
            match value {
                Value::Bool(flag) => flag,
                other => return Err(here.unexpected_type(expression, &field, "boolean", &other)),
            }
        }
    })
}

fn test(here: &Here<'_, '_>, comparison: &Comparison, input: &Value) -> Run<bool> {
    let scope = here.scope(input);
    let found = comparison.variable.eval(&scope).ok();
    if let Operator::Is(test, wanted) = &comparison.operator {
        return match found {
            None if *test == TypeTest::Present => Ok(!wanted),
            // AWS: choice state page: other tests of a missing variable are an error.
            None => Err(missing(here, &comparison.variable)),
            Some(value) => Ok(is(*test, &value) == *wanted),
        };
    }
    let Some(value) = found else { return Err(missing(here, &comparison.variable)) };
    match &comparison.operator {
        Operator::Matches(pattern) => {
            Ok(value.as_str().is_some_and(|text| matches_pattern(text, pattern)))
        }
        Operator::String(order, operand) => {
            let other =
                operand_of(here, operand, input, |value| value.as_str().map(str::to_owned))?;
            Ok(ordered(*order, value.as_str(), other.as_deref(), |a, b| {
                // AWS compares as Java does, by UTF-16 units.
                Some(a.encode_utf16().cmp(b.encode_utf16()))
            }))
        }
        Operator::Numeric(order, operand) => {
            let other = operand_of(here, operand, input, Value::as_f64)?;
            Ok(ordered(*order, value.as_f64(), other, |a, b| a.partial_cmp(&b)))
        }
        Operator::Boolean(operand) => {
            let other = operand_of(here, operand, input, Value::as_bool)?;
            Ok(value.as_bool().is_some() && value.as_bool() == other)
        }
        Operator::Timestamp(order, operand) => {
            let other =
                operand_of(here, operand, input, |value| value.as_str().map(str::to_owned))?;
            let instant = |text: &str| Timestamp::parse(text);
            let left = value.as_str().and_then(instant);
            let right = other.as_deref().and_then(instant);
            Ok(ordered(*order, left, right, |a, b| a.partial_cmp(&b)))
        }
        Operator::Is(..) => Ok(false),
    }
}

fn missing(here: &Here<'_, '_>, path: &asl::path::Path) -> crate::fault::Stop {
    // AWS: as users quote it, through 2026.
    let cause = format!(
        "Invalid path '{}': The choice state's condition path references an invalid value.",
        path.text()
    );
    here.fault(StatesError::runtime(cause), "Choices")
}

fn operand_of<T: Clone>(
    here: &Here<'_, '_>,
    operand: &Operand<T>,
    input: &Value,
    of: impl Fn(&Value) -> Option<T>,
) -> Run<Option<T>> {
    match operand {
        Operand::Literal(value) => Ok(Some(value.clone())),
        Operand::Path(path) => path
            .resolve("Choices", &here.scope(input))
            .map(|value| of(&value))
            // UNVERIFIED: that the other side of a comparison is told the same way.
            .map_err(|_| missing(here, path)),
    }
}

/// Values of other types than the operator's do not match.
fn ordered<T>(
    order: Order,
    left: Option<T>,
    right: Option<T>,
    compare: impl Fn(T, T) -> Option<std::cmp::Ordering>,
) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return false };
    let Some(found) = compare(left, right) else { return false };
    match order {
        Order::Equals => found.is_eq(),
        Order::LessThan => found.is_lt(),
        Order::GreaterThan => found.is_gt(),
        Order::LessThanEquals => found.is_le(),
        Order::GreaterThanEquals => found.is_ge(),
    }
}

fn is(test: TypeTest, value: &Value) -> bool {
    match test {
        TypeTest::Null => value.is_null(),
        TypeTest::Present => true,
        TypeTest::Numeric => value.is_number(),
        TypeTest::String => value.is_string(),
        TypeTest::Boolean => value.is_boolean(),
        TypeTest::Timestamp => value.as_str().and_then(Timestamp::parse).is_some(),
    }
}

/// `*` stands for any text, also none; a backslash takes the meaning of `*` and `\` away.
fn matches_pattern(text: &str, pattern: &str) -> bool {
    enum Part {
        Any,
        Is(char),
    }
    let mut parts = Vec::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        parts.push(match letter {
            '*' => Part::Any,
            '\\' => Part::Is(letters.next().unwrap_or('\\')),
            plain => Part::Is(plain),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // Only the last star needs to be tried again: an earlier one could not match more.
    let (mut at, mut part) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match parts.get(part) {
            Some(Part::Any) => {
                retry = Some((at, part));
                part += 1;
                continue;
            }
            Some(Part::Is(letter)) if *letter == text[at] => {
                at += 1;
                part += 1;
                continue;
            }
            _ => {}
        }
        let Some((from, star)) = retry else { return false };
        retry = Some((from + 1, star));
        at = from + 1;
        part = star + 1;
    }
    parts[part..].iter().all(|part| matches!(part, Part::Any))
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn patterns() {
        let cases = [
            ("log-2.txt", "log-*.txt", true),
            ("", "*", true),
            ("", "", true),
            ("a", "", false),
            ("a*c", r"a\*c", true),
            ("abc", r"a\*c", false),
            (r"a\c", r"a\\c", true),
            ("aXbXc", "*X*c", true),
            ("aaab", "*ab", true),
            ("aab", "a*ab*b", false),
            ("ü", "*", true),
        ];
        for (text, pattern, expected) in cases {
            assert_eq!(matches_pattern(text, pattern), expected, "{text} {pattern}");
        }
    }
}
