//! Whether an event has what a pattern asks for.
//!
//! The conditions of a rule that reach into one array of objects must hold for one and the same
//! element. The event is walked as a tree: below each array the conditions are tried element by
//! element, so the work is bounded by the size of the event times the conditions, and not by the
//! combinations of elements.

use serde_json::Value;

use crate::Error;
use crate::compile::{Rule, compile};
use crate::matcher::Matcher;

/// A compiled event pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    rules: Vec<Rule>,
}

impl Pattern {
    /// Reads an event pattern.
    ///
    /// # Errors
    /// [`Error::Pattern`] with AWS's text of an `InvalidEventPatternException`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self { rules: compile(text)? })
    }

    /// Whether the event matches. An event that is not an object matches nothing.
    pub fn matches(&self, event: &Value) -> bool {
        event.is_object() && self.rules.iter().any(|rule| rule_matches(rule, event))
    }
}

impl std::str::FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// A condition on its way down: what is left of its path, and whether a key with a dot in it gives
/// it more than one way down. `rest` is `None` at the end of the path.
#[derive(Clone, Copy)]
struct Condition<'a> {
    number: usize,
    rest: Option<&'a str>,
    matchers: &'a [Matcher],
    is_shared: bool,
}

/// Which of the shared conditions a part of the event satisfies, ascending.
type Satisfied = Vec<usize>;

/// How many incomparable choices are kept. Only events whose keys contain dots make any, and only
/// where such a key rivals a nested object of the same path.
const MAX_CHOICES: usize = 64;

fn rule_matches(rule: &Rule, event: &Value) -> bool {
    let conditions: Vec<Condition> = rule
        .iter()
        .enumerate()
        .filter(|(_, (path, matchers))| {
            // `exists: false` is about the whole event: no element of any array has the path.
            let may_be_absent = matchers.contains(&Matcher::Exists(false));
            !may_be_absent || has_value(event, Some(path))
        })
        .map(|(number, (path, matchers))| Condition {
            number,
            rest: Some(path),
            matchers,
            is_shared: false,
        })
        .collect();
    conditions.is_empty() || !choices(event, &conditions).is_empty()
}

/// The keys at which a path can go on: `a.b.c` at `a`, `a.b` and `a.b.c`.
fn steps(path: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    path.match_indices('.')
        .map(|(at, _)| (&path[..at], Some(&path[at + 1..])))
        .chain(std::iter::once((path, None)))
}

/// Whether there is any value at the path that is not an object or an empty array.
fn has_value(node: &Value, rest: Option<&str>) -> bool {
    match (node, rest) {
        (Value::Array(elements), _) => elements.iter().any(|element| has_value(element, rest)),
        (Value::Object(fields), Some(path)) => steps(path)
            .any(|(key, rest)| fields.get(key).is_some_and(|value| has_value(value, rest))),
        (Value::Object(_), None) => false,
        (_, rest) => rest.is_none(),
    }
}

/// The ways in which a node satisfies all conditions that only it can satisfy, each as the shared
/// ones it satisfies besides. None at all if it does not.
fn choices(node: &Value, conditions: &[Condition]) -> Vec<Satisfied> {
    match node {
        Value::Array(elements) => {
            let all = elements.iter().flat_map(|element| choices(element, conditions));
            let has_shared = conditions.iter().any(|condition| condition.is_shared);
            let limit = if has_shared { MAX_CHOICES * 4 } else { 1 };
            // Where all are shared, this array may as well satisfy nothing.
            let nothing = conditions.iter().all(|condition| condition.is_shared);
            let nothing = nothing.then(Satisfied::new);
            largest(all.take(limit).chain(nothing).collect())
        }
        Value::Object(fields) => object_choices(fields, conditions),
        scalar => {
            let mut satisfied = Vec::new();
            for condition in conditions {
                let holds = condition.rest.is_none()
                    && condition.matchers.iter().any(|matcher| matcher.matches(scalar));
                match (holds, condition.is_shared) {
                    (true, true) => satisfied.push(condition.number),
                    (false, false) => return Vec::new(),
                    _ => {}
                }
            }
            vec![satisfied]
        }
    }
}

fn object_choices(
    fields: &serde_json::Map<String, Value>,
    conditions: &[Condition],
) -> Vec<Satisfied> {
    let mut by_key: Vec<(&str, Vec<Condition>)> = Vec::new();
    let mut split_here = Vec::new();
    for condition in conditions {
        let ways: Vec<(&str, Option<&str>)> = condition
            .rest
            .into_iter()
            .flat_map(steps)
            .filter(|(key, _)| fields.contains_key(*key))
            .collect();
        if ways.is_empty() && !condition.is_shared {
            return Vec::new();
        }
        if ways.len() > 1 && !condition.is_shared {
            split_here.push(condition.number);
        }
        let is_shared = condition.is_shared || ways.len() > 1;
        for (key, rest) in ways {
            let below = Condition { rest, is_shared, ..*condition };
            match by_key.iter_mut().find(|(known, _)| *known == key) {
                Some((_, group)) => group.push(below),
                None => by_key.push((key, vec![below])),
            }
        }
    }
    let mut all = vec![Satisfied::new()];
    for (key, group) in by_key {
        let Some(value) = fields.get(key) else { continue };
        let below = choices(value, &group);
        all = largest(
            all.iter().flat_map(|one| below.iter().map(|other| union(one, other))).collect(),
        );
        if all.is_empty() {
            return all;
        }
    }
    // Below this object nobody else can satisfy what was split here.
    all.retain(|satisfied| split_here.iter().all(|number| satisfied.contains(number)));
    for satisfied in &mut all {
        satisfied.retain(|number| !split_here.contains(number));
    }
    largest(all)
}

fn union(one: &Satisfied, other: &Satisfied) -> Satisfied {
    let mut both: Satisfied = one.iter().chain(other).copied().collect();
    both.sort_unstable();
    both.dedup();
    both
}

/// Drops every choice that another one contains.
fn largest(mut choices: Vec<Satisfied>) -> Vec<Satisfied> {
    if choices.len() < 2 {
        return choices;
    }
    choices.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    choices.dedup();
    let mut kept: Vec<Satisfied> = Vec::new();
    for choice in choices {
        let is_contained =
            |known: &Satisfied| choice.iter().all(|number| known.binary_search(number).is_ok());
        if kept.len() < MAX_CHOICES && !kept.iter().any(is_contained) {
            kept.push(choice);
        }
    }
    kept
}
