//! `InputPath`: which part of an event a target gets.

use std::borrow::Cow;

use serde_json::Value;

use crate::Error;

/// A path into an event: `$`, `$.detail.name`, `$.resources[0]`, `$.detail.items[*].id`.
// AWS: eb-transform-target-input: dot notation, dashes, underscores, slashes, array indices, wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputPath {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    /// Negative indices count from the end.
    Index(i64),
    Every,
}

impl InputPath {
    /// Reads a path.
    ///
    /// # Errors
    /// [`Error::Path`] if the path is not of the forms EventBridge documents; it knows no filters,
    /// slices, unions or recursive descent.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let steps = steps(text).ok_or_else(|| Error::Path { path: text.to_owned() })?;
        Ok(Self { steps })
    }

    /// The part of the event, or `None` if there is none. A path with a wildcard selects the array
    /// of all its hits, which may be empty.
    // UNVERIFIED: the array for wildcards; it is what the JSONPath library AWS uses elsewhere does.
    pub fn select<'a>(&self, event: &'a Value) -> Option<Cow<'a, Value>> {
        let mut hits = vec![event];
        let mut is_array = false;
        for step in &self.steps {
            is_array |= *step == Step::Every;
            hits = hits.into_iter().flat_map(|node| children(node, step)).collect();
        }
        if is_array {
            return Some(Cow::Owned(Value::Array(hits.into_iter().cloned().collect())));
        }
        hits.first().map(|hit| Cow::Borrowed(*hit))
    }
}

impl std::str::FromStr for InputPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

fn children<'a>(node: &'a Value, step: &Step) -> Vec<&'a Value> {
    match (step, node) {
        (Step::Key(key), Value::Object(fields)) => fields.get(key).into_iter().collect(),
        (Step::Index(index), Value::Array(elements)) => {
            let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
            let index = if *index < 0 { index.checked_add(length) } else { Some(*index) };
            let index = index.and_then(|index| usize::try_from(index).ok());
            index.and_then(|index| elements.get(index)).into_iter().collect()
        }
        (Step::Every, Value::Array(elements)) => elements.iter().collect(),
        (Step::Every, Value::Object(fields)) => fields.values().collect(),
        _ => Vec::new(),
    }
}

fn steps(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('.') {
            Some(after) => key_step(after)?,
            None => bracket_step(rest.strip_prefix('[')?)?,
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

fn key_step(text: &str) -> Option<(Step, &str)> {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() || name.contains(['(', ')', '?', '@', '\'', '"', ',', ']']) {
        return None;
    }
    let step = if name == "*" { Step::Every } else { Step::Key(name.to_owned()) };
    Some((step, rest))
}

fn bracket_step(text: &str) -> Option<(Step, &str)> {
    for quote in ['\'', '"'] {
        if let Some(quoted) = text.strip_prefix(quote) {
            let (name, rest) = quoted.split_once(quote)?;
            return Some((Step::Key(name.to_owned()), rest.strip_prefix(']')?));
        }
    }
    let (inner, rest) = text.split_once(']')?;
    let step = if inner == "*" { Step::Every } else { Step::Index(inner.parse().ok()?) };
    Some((step, rest))
}
