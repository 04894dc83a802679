//! What the fields of a state can see besides their input: the context object and the variables.

use std::sync::Arc;

use asl::program::{ContextUse, State, StateKind};
use asl::timestamp::format_milliseconds;
use serde_json::{Map, Value, json};

use crate::frame::{Frame, Phase, Variables};
use crate::stage::Stage;

/// The context object and the variables of one state.
pub(crate) struct Sight {
    pub(crate) context: Value,
    pub(crate) variables: Chain,
}

/// Variables of a frame and of the frames around it, inner ones first.
#[derive(Default)]
pub(crate) struct Chain(Vec<Arc<Variables>>);

impl Chain {
    /// The scopes, inner ones first.
    pub(crate) fn scopes(&self) -> &[Arc<Variables>] {
        &self.0
    }
}

impl asl::value::Variables for Chain {
    fn variable(&self, name: &str) -> Option<&Value> {
        self.0.iter().find_map(|scope| scope.get(name)).map(crate::Data::value)
    }
}

/// The item a Map iteration works on.
pub(crate) struct Item {
    pub(crate) index: u32,
    pub(crate) value: Value,
}

/// What the state of `frame` sees. `token` and `item` are those of the state itself, if it has any.
pub(crate) fn sight(
    stage: &Stage<'_>,
    frame: &Frame,
    state: &State,
    token: Option<&str>,
    item: Option<Item>,
) -> Sight {
    let mut chain = Vec::new();
    let mut around = Some(frame);
    while let Some(scope) = around {
        if !scope.variables.is_empty() {
            chain.push(Arc::clone(&scope.variables));
        }
        around = scope.parent.and_then(|parent| stage.peek(parent.frame));
    }
    let context = if state.context_use == ContextUse::None {
        Value::Null
    } else {
        let item = item.or_else(|| item_of(stage, frame));
        context(stage, frame, state, token, item)
    };
    Sight { context, variables: Chain(chain) }
}

/// The item of the innermost Map iteration around a frame.
fn item_of(stage: &Stage<'_>, frame: &Frame) -> Option<Item> {
    let mut link = frame.parent;
    while let Some(parent) = link {
        let around = stage.peek(parent.frame)?;
        if let Phase::WaitingChildren(fan_out) = &around.phase
            && let Some(items) = &fan_out.items
        {
            let value = items.value().get(parent.index as usize)?.clone();
            return Some(Item { index: parent.index, value });
        }
        link = around.parent;
    }
    None
}

// AWS: context object page; the order of the fields is the recorded one.
fn context(
    stage: &Stage<'_>,
    frame: &Frame,
    state: &State,
    token: Option<&str>,
    item: Option<Item>,
) -> Value {
    let identity = &stage.base.identity;
    if let Some(given) = stage.notes.as_ref().and_then(|notes| notes.context.as_ref()) {
        return given.value().clone();
    }
    let mut own = Map::new();
    // AWS: recorded: a state on trial has this name, also when it is one of a definition.
    let name = if stage.notes.is_some() { crate::trial::STATE_NAME } else { &*frame.state };
    own.insert("Name".into(), name.into());
    own.insert("EnteredTime".into(), format_milliseconds(frame.entered_ms).into());
    // AWS: recorded: a Pass state has no RetryCount.
    if matches!(state.kind, StateKind::Task(_) | StateKind::Parallel(_) | StateKind::Map(_)) {
        own.insert("RetryCount".into(), frame.attempt().into());
    }
    let mut context = Map::new();
    let mut execution = json!({
        "Id": &*identity.execution_arn,
        "Input": if state.context_use == ContextUse::All {
            identity.input.value().clone()
        } else {
            Value::Null
        },
        "StartTime": format_milliseconds(identity.start_ms),
        "Name": &*identity.name,
        "RoleArn": &*identity.role_arn,
    });
    if stage.notes.is_none() {
        execution["RedriveCount"] = stage.progress.redrive_count.into();
    } else if identity.role_arn.is_empty() {
        // AWS: recorded: a state is tried without a role, and its context has no redrives.
        execution["RoleArn"] = Value::Null;
    }
    context.insert("Execution".into(), execution);
    context.insert(
        "StateMachine".into(),
        json!({ "Id": &*identity.state_machine_arn, "Name": &*identity.state_machine_name }),
    );
    context.insert("State".into(), Value::Object(own));
    if let Some(item) = item {
        let item = json!({ "Index": item.index, "Value": item.value });
        context.insert("Map".into(), json!({ "Item": item }));
    }
    if let Some(token) = token {
        context.insert("Task".into(), json!({ "Token": token }));
    }
    Value::Object(context)
}
