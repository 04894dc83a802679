//! Create, read, update and delete by the calls of a type's table.

use super::call::{Pause, StepError};
use super::{Provider, Scope};
use crate::provider::document::same;
use crate::types::{Call, Property, ResourceType, Shape};
use crate::value::{Object, Value, mark_secrets};
use std::time::Duration;

/// How long a delete may take when the program does not say.
const DELETE_TIMEOUT: Duration = Duration::from_mins(5);

/// A resource that was made or changed.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) outputs: Object,
    /// Why it is not complete, if it is not.
    pub(crate) incomplete: Option<String>,
}

/// A resource as it is, and as it should be.
pub(crate) struct Request<'a> {
    pub(crate) kind: &'a ResourceType,
    pub(crate) inputs: &'a Object,
    /// Inputs and outputs before an update; none for a create.
    pub(crate) old: Option<(&'a Object, &'a Object, &'a str)>,
    /// Top-level names of what changed.
    pub(crate) changed: Vec<String>,
    /// Everything is to be sent, changed or not.
    pub(crate) everything: bool,
}

impl<'a> Request<'a> {
    /// A request for a resource that is new.
    pub(crate) fn new(kind: &'a ResourceType, inputs: &'a Object) -> Self {
        Self { kind, inputs, old: None, changed: Vec::new(), everything: false }
    }

    fn is_changed(&self, name: &str) -> bool {
        self.everything || self.is_different(name)
    }

    /// Whether it differs, not only is to be sent again.
    fn is_different(&self, name: &str) -> bool {
        let is_it = |changed: &String| changed == name || (name == "tags" && changed == "tagsAll");
        self.changed.iter().any(is_it)
    }
}

/// What calls are made for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Create,
    Update,
    Delete,
}

impl Provider {
    /// Makes a resource. When a later call of several fails, the resource is there but incomplete.
    pub(crate) async fn create(&self, request: &Request<'_>) -> Result<Made, StepError> {
        self.make(request, Phase::Create, &request.kind.create).await
    }

    /// Changes a resource.
    pub(crate) async fn update(&self, request: &Request<'_>) -> Result<Made, StepError> {
        self.make(request, Phase::Update, request.kind.update_calls()).await
    }

    async fn make(
        &self,
        request: &Request<'_>,
        phase: Phase,
        calls: &[Call],
    ) -> Result<Made, StepError> {
        let kind = request.kind;
        let mut outputs = match request.old {
            Some((_, old, _)) => self.predict(kind, request.inputs, Some(old)).0,
            None => self.outputs(kind, request.inputs),
        };
        let is_dry = self.dry.is_some();
        outputs.retain(|name, value| {
            !matches!(value, Value::Unknown) || is_dry && request.inputs.contains_key(name)
        });
        outputs.shift_remove("id");
        let _guard = match &kind.serial {
            Some(template) => {
                let key =
                    Scope::new(self, kind, &outputs).interpolate(template).unwrap_or_default();
                Some(self.serial_lock(format!("{} {key}", kind.token)).lock_owned().await)
            }
            None => None,
        };
        let mut incomplete = None;
        for (index, call) in calls.iter().enumerate() {
            let before = outputs.clone();
            let old_id = request.old.map(|(_, _, id)| id);
            let scope = Scope::new(self, kind, &before).id(old_id);
            let scope = if phase == Phase::Update { with_tags(scope, request) } else { scope };
            let result = self.step(request, phase, call, scope, &mut outputs).await;
            match result {
                Ok(()) => {}
                Err(error) if phase == Phase::Create && (index > 0 || error.is_made) => {
                    incomplete = Some(error.to_string());
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let id = Scope::new(self, kind, &outputs).interpolate(&kind.id).unwrap_or_default();
        outputs.insert("id".to_owned(), Value::String(id.clone()));
        let reads =
            phase == Phase::Create && kind.read.as_ref().is_some_and(|read| read.after_create);
        if incomplete.is_none() && reads {
            match self.read(kind, &id, &outputs).await {
                Ok(Some(read)) => outputs.extend(read),
                Ok(None) => {}
                Err(error) => incomplete = Some(error.to_string()),
            }
        }
        mark_secrets(&mut outputs, request.inputs);
        Ok(Made { id, outputs, incomplete })
    }

    /// One entry of a table: nothing, one call, or several.
    async fn step(
        &self,
        request: &Request<'_>,
        phase: Phase,
        call: &Call,
        scope: Scope<'_>,
        outputs: &mut Object,
    ) -> Result<(), StepError> {
        let kind = request.kind;
        if !applies(request, phase, call, &scope) {
            return Ok(());
        }
        if let Some(hook) = &call.hook {
            return self.hook(hook, kind, &scope).await;
        }
        if call.each_attribute {
            return self.attributes(request, call, scope, outputs).await;
        }
        let listed = call.each.as_ref().or(call.each_removed.as_ref());
        if let Some(name) = listed {
            let shape = match kind.properties.get(name).map(|property| &property.shape) {
                Some(Shape::List(of) | Shape::Set(of)) => Some(&**of),
                _ => None,
            };
            let mut scope = scope;
            for item in items(request, phase, name, call.each_removed.is_some(), shape) {
                scope = scope.item(item, shape);
                self.perform(kind, call, &scope, outputs).await?;
            }
            return Ok(());
        }
        if let Some(list) = &call.list {
            let mut scope = scope;
            for item in self.list(kind, list, &scope).await? {
                scope = scope.item(Value::from_json(item), None);
                self.perform(kind, call, &scope, outputs).await?;
            }
            if let Some(recorder) = &self.dry {
                let first = recorder.count();
                scope = scope.item(Value::Unknown, None);
                self.perform(kind, call, &scope, outputs).await?;
                recorder.remark(first, "for each that is listed");
            }
            return Ok(());
        }
        self.perform(kind, call, &scope, outputs).await
    }

    /// Sets every attribute that changed.
    async fn attributes(
        &self,
        request: &Request<'_>,
        call: &Call,
        mut scope: Scope<'_>,
        outputs: &mut Object,
    ) -> Result<(), StepError> {
        for (property, attribute) in &request.kind.attributes {
            let is_changed = request.is_changed(property);
            let value = request.inputs.get(property).cloned().unwrap_or(Value::Null);
            let was_there = request.old.is_some_and(|(old, _, _)| old.contains_key(property));
            let known = request.kind.properties.get(property);
            let replaces = known.is_some_and(|known| known.replaces);
            // What AWS filled in stays when the program leaves it out.
            let was_given = was_there && !known.is_some_and(|known| known.sticky);
            if replaces || !is_changed || (value.is_empty() && !was_given) {
                continue;
            }
            scope =
                scope.local("attribute", Value::string(attribute.as_str())).local("value", value);
            self.perform(request.kind, call, &scope, outputs).await?;
        }
        Ok(())
    }

    /// Deletes a resource. One that is not there is as good as deleted.
    pub(crate) async fn delete(
        &self,
        kind: &ResourceType,
        id: &str,
        [inputs, outputs]: [&Object; 2],
    ) -> Result<(), StepError> {
        let mut values = outputs.clone();
        for (name, input) in inputs {
            values.entry(name.clone()).or_insert_with(|| input.clone());
        }
        if kind.keep.as_ref().is_some_and(|keep| inputs.get(keep).is_some_and(Value::is_true)) {
            return Ok(());
        }
        let serial = kind.serial.as_ref();
        let key = serial.and_then(|template| Scope::new(self, kind, &values).interpolate(template));
        let _guard = match key {
            Some(key) => Some(self.serial_lock(format!("{} {key}", kind.token)).lock_owned().await),
            None => None,
        };
        let request = Request::new(kind, &values);
        for call in &kind.delete {
            let scope = Scope::new(self, kind, &values).id(Some(id));
            match self.step(&request, Phase::Delete, call, scope, &mut Object::new()).await {
                Err(error) if error.is_gone(kind) => return Ok(()),
                result => result?,
            }
        }
        self.wait_until_gone(kind, id, &values, self.patience.unwrap_or(DELETE_TIMEOUT)).await
    }

    async fn wait_until_gone(
        &self,
        kind: &ResourceType,
        id: &str,
        values: &Object,
        timeout: Duration,
    ) -> Result<(), StepError> {
        let Some(look) = &kind.wait_until_gone else { return Ok(()) };
        let mut pause = Pause::new(timeout);
        if let Some(recorder) = &self.dry {
            let scope = Scope::new(self, kind, values).id(Some(id));
            let input = scope.render(&look.input)?.unwrap_or_default();
            recorder.record(&kind.service, &look.call, input, Some("until it is gone"));
            return Ok(());
        }
        loop {
            let scope = Scope::new(self, kind, values).id(Some(id));
            match self.send(kind, &look.call, scope.render(&look.input)?).await {
                Err(error) if error.is_gone(kind) => return Ok(()),
                result => result?,
            };
            if !pause.rest(self).await {
                return Err(StepError::new(format!(
                    "it is still there {} seconds after its deletion",
                    timeout.as_secs()
                )));
            }
        }
    }
}

/// Whether the conditions of a call hold.
fn applies(request: &Request<'_>, phase: Phase, call: &Call, scope: &Scope<'_>) -> bool {
    let has = |name: &String| scope.lookup(name).is_some_and(|(value, _)| !value.is_empty());
    let when = phase != Phase::Update
        || request.kind.update_is_create
        || call.when.is_empty()
        || call.when.iter().any(|name| request.is_changed(name));
    // Something is taken away only because it was there: never just to be sure.
    let absent = call.absent.as_ref().is_none_or(|name| !has(name) && request.is_different(name));
    let is_true = |name: &String| scope.lookup(name).is_some_and(|(value, _)| value.is_true());
    let equals = call.equals.as_ref().is_none_or(|equals| {
        let value = scope.lookup(&equals.property).and_then(|(value, _)| value.to_text());
        value.as_deref() == Some(equals.value.as_str())
    });
    let unless = call.unless.as_ref().is_none_or(|unless| {
        let value = scope.lookup(&unless.property).and_then(|(value, _)| value.to_text());
        value.as_deref() != Some(unless.value.as_str())
    });
    when && equals
        && unless
        && call.present.as_ref().is_none_or(has)
        && absent
        && call.is_true.as_ref().is_none_or(is_true)
}

/// The items a call is made for: all in a create and a delete; in an update those that are new, or those that are gone.
fn items(
    request: &Request<'_>,
    phase: Phase,
    name: &str,
    removed: bool,
    shape: Option<&Property>,
) -> Vec<Value> {
    let list = |object: &Object| match object.get(name).map(Value::open) {
        Some(Value::Array(items)) => items.clone(),
        // Only a dry run has such: some items, nobody knows how many.
        Some(Value::Unknown) => vec![Value::Unknown],
        _ => Vec::new(),
    };
    let new = list(request.inputs);
    let Some((old, _, _)) = request.old.filter(|_| phase == Phase::Update) else {
        return if removed { Vec::new() } else { new };
    };
    let old = list(old);
    let shape = shape.map(|property| &property.shape);
    // Items with names are the same item as long as they have the same name.
    let is_same_item = |a: &Value, b: &Value| match (a.as_object(), b.as_object()) {
        (Some(a), Some(b)) => a.get("name") == b.get("name"),
        _ => same(shape, a, b),
    };
    if removed {
        old.into_iter().filter(|old| !new.iter().any(|new| is_same_item(old, new))).collect()
    } else if request.everything {
        new
    } else {
        new.into_iter().filter(|new| !old.iter().any(|old| same(shape, old, new))).collect()
    }
}

/// Tags to set and tags to take away, by comparing old and new.
fn with_tags<'a>(scope: Scope<'a>, request: &Request<'_>) -> Scope<'a> {
    let tags = |object: Option<&Object>| {
        object
            .and_then(|object| object.get("tagsAll").or_else(|| object.get("tags")))
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let (old, new) = (tags(request.old.map(|(old, _, _)| old)), tags(Some(request.inputs)));
    let removed =
        old.keys().filter(|name| !new.contains_key(*name)).map(|name| Value::string(name.as_str()));
    let removed = Value::Array(removed.collect());
    let everything = request.everything;
    let changed: Object = new
        .into_iter()
        .filter(|(name, value)| everything || old.get(name) != Some(value))
        .collect();
    let before = request.old.map(|(old, _, _)| old.clone()).unwrap_or_default();
    let scope = scope.local("old", Value::Object(before));
    scope.local("changed_tags", Value::Object(changed)).local("removed_tags", removed)
}
