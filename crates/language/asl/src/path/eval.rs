//! Steps applied to a value.

use super::Path;
use super::filter;
use super::parse::Step;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Nodes one evaluation may visit; `$..*..*` over a payload grows without bound otherwise.
const MAX_VISITS: usize = 1_000_000;
/// How deep `..` follows a value; values read from JSON text are far shallower.
const MAX_SCAN_DEPTH: usize = 512;

/// Why a path found nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// A definite path names no node.
    NotFound,
    /// A definite path goes past the end of an array.
    PastEnd,
    /// A definite path indexes something that is not an array: the index and the value as JSON.
    NotAnArray {
        /// The index asked for.
        index: i64,
        /// The value it was asked of.
        value: String,
    },
    /// The path's variable is not assigned.
    NoVariable,
    /// A function of the path does not apply to what it was given.
    Function(String),
    /// The path selects more nodes than one evaluation may visit.
    TooMuch,
}

/// Evaluates a path on its root.
pub(super) fn path<'v>(path: &Path, root: &'v Value) -> Result<Cow<'v, Value>, Miss> {
    if let Some(function) = &path.function {
        let argument =
            if path.steps.iter().all(|step| matches!(step, Step::Name(_) | Step::Index(_))) {
                definite(&path.steps, root)?
            } else {
                Cow::Owned(Value::Array(
                    select(&path.steps, root, root)?.into_iter().cloned().collect(),
                ))
            };
        return function.apply(&argument, root).map(Cow::Owned);
    }
    if path.definite {
        return definite(&path.steps, root);
    }
    let found = select(&path.steps, root, root)?;
    Ok(Cow::Owned(Value::Array(found.into_iter().cloned().collect())))
}

/// Follows steps that name one node at most.
fn definite<'v>(steps: &[Step], root: &'v Value) -> Result<Cow<'v, Value>, Miss> {
    let mut at = root;
    for step in steps {
        at = match step {
            Step::Name(name) => {
                at.as_object().and_then(|fields| fields.get(&**name)).ok_or(Miss::NotFound)?
            }
            Step::Index(index) => item(at, *index)?,
            Step::Names(names) => return union_object(at, names).map(Cow::Owned),
            _ => return Err(Miss::NotFound),
        };
    }
    Ok(Cow::Borrowed(at))
}

fn item(value: &Value, index: i64) -> Result<&Value, Miss> {
    let Value::Array(items) = value else {
        return Err(Miss::NotAnArray { index, value: value.to_string() });
    };
    position(index, items.len()).and_then(|position| items.get(position)).ok_or(Miss::PastEnd)
}

/// The place an index names in an array of `length`, negative ones counting from the end.
fn position(index: i64, length: usize) -> Option<usize> {
    let position = if index < 0 { index.checked_add(i64::try_from(length).ok()?)? } else { index };
    usize::try_from(position).ok().filter(|position| *position < length)
}

/// A union of names at the end of a path yields one object of the fields that exist.
fn union_object(value: &Value, names: &[Box<str>]) -> Result<Value, Miss> {
    let Value::Object(fields) = value else {
        return Err(Miss::NotFound);
    };
    let picked: Map<String, Value> = names
        .iter()
        .filter_map(|name| fields.get(&**name).map(|value| (name.to_string(), value.clone())))
        .collect();
    Ok(Value::Object(picked))
}

/// The nodes an indefinite path selects, in document order per step.
pub(super) fn select<'v>(
    steps: &[Step],
    from: &'v Value,
    root: &'v Value,
) -> Result<Vec<&'v Value>, Miss> {
    let mut walk = Walk { root, visits: 0 };
    let mut nodes = vec![from];
    let mut index = 0;
    while index < steps.len() {
        let mut next = Vec::new();
        if matches!(steps[index], Step::Scan) {
            index += 1;
            let Some(step) = steps.get(index) else { break };
            for node in nodes {
                walk.scan(node, step, 0, &mut next)?;
            }
        } else {
            for node in nodes {
                walk.apply(node, &steps[index], &mut next)?;
            }
        }
        nodes = next;
        index += 1;
    }
    Ok(nodes)
}

struct Walk<'v> {
    root: &'v Value,
    visits: usize,
}

impl<'v> Walk<'v> {
    fn visit(&mut self, count: usize) -> Result<(), Miss> {
        self.visits = self.visits.saturating_add(count);
        if self.visits > MAX_VISITS { Err(Miss::TooMuch) } else { Ok(()) }
    }

    fn apply(
        &mut self,
        node: &'v Value,
        step: &Step,
        out: &mut Vec<&'v Value>,
    ) -> Result<(), Miss> {
        self.visit(1)?;
        match (step, node) {
            (Step::Name(name), Value::Object(fields)) => out.extend(fields.get(&**name)),
            (Step::Names(names), Value::Object(fields)) => {
                out.extend(names.iter().filter_map(|name| fields.get(&**name)));
            }
            (Step::Index(index), Value::Array(items)) => {
                out.extend(position(*index, items.len()).map(|position| &items[position]));
            }
            (Step::Indices(indices), Value::Array(items)) => {
                self.visit(indices.len())?;
                let positions = indices.iter().filter_map(|index| position(*index, items.len()));
                out.extend(positions.map(|position| &items[position]));
            }
            (Step::Slice(from, to), Value::Array(items)) => {
                let (from, to) = slice_bounds(*from, *to, items.len());
                self.visit(to.saturating_sub(from))?;
                out.extend(items.get(from..to).unwrap_or_default());
            }
            (Step::Wildcard, Value::Array(items)) => {
                self.visit(items.len())?;
                out.extend(items);
            }
            (Step::Wildcard, Value::Object(fields)) => {
                self.visit(fields.len())?;
                out.extend(fields.values());
            }
            (Step::Filter(filter), Value::Array(items)) => {
                for item in items {
                    self.filter(filter, item, out)?;
                }
            }
            (Step::Filter(filter), Value::Object(_)) => self.filter(filter, node, out)?,
            _ => {}
        }
        Ok(())
    }

    fn filter(
        &mut self,
        filter: &filter::Filter,
        node: &'v Value,
        out: &mut Vec<&'v Value>,
    ) -> Result<(), Miss> {
        self.visit(filter.cost())?;
        if filter.accepts(node, self.root)? {
            out.push(node);
        }
        Ok(())
    }

    /// Applies `step` to the node, then to its descendants, parents first.
    fn scan(
        &mut self,
        node: &'v Value,
        step: &Step,
        depth: usize,
        out: &mut Vec<&'v Value>,
    ) -> Result<(), Miss> {
        if depth > MAX_SCAN_DEPTH {
            return Err(Miss::TooMuch);
        }
        // A filter under `..` looks at the items of arrays; an object is met as an item or a field's value.
        if !matches!((step, node), (Step::Filter(_), Value::Object(_))) {
            self.apply(node, step, out)?;
        }
        match node {
            Value::Array(items) => {
                items.iter().try_for_each(|item| self.scan(item, step, depth + 1, out))
            }
            Value::Object(fields) => fields.values().try_for_each(|value| {
                // Jayway tries the filter on every object it meets below the start.
                if let (Step::Filter(filter), Value::Object(_)) = (step, value) {
                    self.filter(filter, value, out)?;
                }
                self.scan(value, step, depth + 1, out)
            }),
            _ => Ok(()),
        }
    }
}

fn slice_bounds(from: Option<i64>, to: Option<i64>, length: usize) -> (usize, usize) {
    let signed_length = i64::try_from(length).unwrap_or(i64::MAX);
    let clamp = |bound: i64| {
        let bound = if bound < 0 {
            bound.saturating_add(signed_length).max(0)
        } else {
            bound.min(signed_length)
        };
        usize::try_from(bound).unwrap_or(0)
    };
    (from.map_or(0, clamp), to.map_or(length, clamp))
}
