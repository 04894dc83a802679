//! Reading a resource: one call for what it is, and further ones for what that does not tell, as its type's table has them.

use super::call::{StepError, extract, take_outputs};
use super::{Provider, Scope};
use crate::types::{Find, Further, Property, ResourceType, Shape};
use crate::value::{Object, Value};
use serde_json::Value as Json;

/// All of a resource that can be read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// Outputs and inputs. An input that is null is one that AWS has nothing for.
    pub(crate) values: Object,
    /// What could not be read, and why.
    pub(crate) unread: Vec<String>,
}

impl Provider {
    /// Reads a resource's outputs, as far as one call tells them; none when it is not there.
    pub(crate) async fn read(
        &self,
        kind: &ResourceType,
        id: &str,
        values: &Object,
    ) -> Result<Option<Object>, StepError> {
        let Some(read) = &kind.read else { return Ok(Some(Object::new())) };
        let scope = Scope::new(self, kind, values).id(Some(id));
        let Some(answer) = self.look(kind, &scope).await? else { return Ok(None) };
        let mut outputs = Object::new();
        take_outputs(kind, &read.outputs, &answer, &mut outputs);
        Ok(Some(outputs))
    }

    /// Reads everything of a resource that AWS tells: settings and tags too.
    pub(crate) async fn read_all(
        &self,
        kind: &ResourceType,
        id: &str,
        values: &Object,
    ) -> Result<Option<Reading>, StepError> {
        let Some(read) = &kind.read else { return Ok(Some(Reading::default())) };
        let scope = Scope::new(self, kind, values).id(Some(id));
        let Some(answer) = self.look(kind, &scope).await? else { return Ok(None) };
        let mut reading = Reading::default();
        take_outputs(kind, &read.outputs, &answer, &mut reading.values);
        expect(kind, read.outputs.keys(), &mut reading.values);
        if let Some(path) = &read.attributes {
            let attributes = extract(&answer, path).unwrap_or_default();
            let paths =
                kind.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.clone()));
            take_outputs(kind, &paths.collect(), &attributes, &mut reading.values);
            expect(kind, kind.attributes.keys(), &mut reading.values);
        }
        let known: Object = values.iter().chain(&reading.values).map(owned).collect();
        let known = self.outputs(kind, &known);
        let scope = scope.with(&known).local("answer", Value::from_json(answer));
        for further in &read.more {
            if let Err(error) = self.read_more(kind, further, &scope, &mut reading.values).await {
                let names = roots(further.outputs.keys()).collect::<Vec<_>>().join(", ");
                reading.unread.push(format!("{names}: {error}"));
            }
        }
        Ok(Some(reading))
    }

    /// The answer of the first call, or the item of it that is the resource.
    async fn look(
        &self,
        kind: &ResourceType,
        scope: &Scope<'_>,
    ) -> Result<Option<Json>, StepError> {
        let Some(read) = &kind.read else { return Ok(None) };
        let mut input = scope.render(&read.input)?.unwrap_or_default();
        loop {
            let answer = match self.send(kind, &read.call, Some(input.clone())).await {
                Err(error) if error.is_gone(kind) => return Ok(None),
                answer => answer?,
            };
            let Some(find) = &read.find else { return Ok(Some(answer)) };
            if let Some(item) = found(find, &answer, scope) {
                return Ok(Some(item));
            }
            match extract(&answer, &find.next) {
                Some(Json::String(token)) if !token.is_empty() && !find.token.is_empty() => {
                    input[find.token.as_str()] = Json::String(token);
                }
                _ => return Ok(None),
            }
        }
    }

    /// One further call, or one for each item of a list.
    async fn read_more(
        &self,
        kind: &ResourceType,
        further: &Further,
        scope: &Scope<'_>,
        values: &mut Object,
    ) -> Result<(), StepError> {
        let has = |name: &String| scope.lookup(name).is_some_and(|(value, _)| !value.is_empty());
        if !further.present.as_ref().is_none_or(has) {
            return Ok(());
        }
        if let Some(list) = &further.list {
            let mut items: Vec<Object> = Vec::new();
            for item in self.list(kind, list, scope).await? {
                let scope = scope.with_local("item", Value::from_json(item));
                let input = scope.render(&further.input)?;
                let answer = self.send(kind, &further.call, input).await?;
                let mut one = Object::new();
                take_outputs(kind, &further.outputs, &answer, &mut one);
                items.push(one);
            }
            for name in roots(further.outputs.keys()) {
                let of = items.iter().filter_map(|item| item.get(name).cloned());
                values.insert(name.to_owned(), Value::Array(of.collect()));
            }
            return Ok(());
        }
        match self.send(kind, &further.call, scope.render(&further.input)?).await {
            Err(error) if error.is_one_of(&further.unset) => {}
            answer => take_outputs(kind, &further.outputs, &answer?, values),
        }
        expect(kind, further.outputs.keys(), values);
        Ok(())
    }
}

fn found(find: &Find, answer: &Json, scope: &Scope<'_>) -> Option<Json> {
    let wanted = scope.interpolate(&find.is)?;
    let list = extract(answer, &find.list)?;
    let is_it = |item: &&Json| item.get(&find.key).and_then(Json::as_str) == Some(wanted.as_str());
    list.as_array()?.iter().find(is_it).cloned()
}

/// The properties that dotted names are in, each once.
fn roots<'a>(names: impl Iterator<Item = &'a String>) -> impl Iterator<Item = &'a str> {
    let mut last = "";
    names.map(|name| name.split('.').next().unwrap_or_default()).filter(move |root| {
        let is_new = *root != last;
        last = root;
        is_new
    })
}

/// What an answer should have had and has not: AWS has nothing for it, or what everything has.
fn expect<'a>(kind: &ResourceType, names: impl Iterator<Item = &'a String>, values: &mut Object) {
    for name in roots(names) {
        let Some(property) = kind.input(name) else { continue };
        // What makes it what it is cannot have been taken away.
        if property.required || property.replaces || kind.outputs.contains_key(name) {
            continue;
        }
        let usual = || property.default.clone().map_or(Value::Null, Value::from_json);
        values.entry(name.to_owned()).or_insert_with(usual);
    }
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// What an answer has for a property, as programs write it: members become nested names, texts what the shape takes.
pub(super) fn told(property: Option<&Property>, json: Json, upper: bool) -> Value {
    match (property.map(|property| &property.shape), json) {
        (Some(Shape::Object(fields)), Json::Object(mut members)) => {
            let known = fields.iter().filter(|(_, field)| field.shape != Shape::Unsupported);
            let object = known.filter_map(|(name, field)| {
                let member = members.remove(&field.member(name, upper))?;
                let is_told = !field.computed && !member.is_null();
                is_told.then(|| (name.clone(), told(Some(field), member, upper)))
            });
            Value::Object(object.collect())
        }
        (Some(Shape::List(of) | Shape::Set(of)), Json::Array(items)) => {
            Value::Array(items.into_iter().map(|item| told(Some(of), item, upper)).collect())
        }
        (Some(Shape::Boolean), Json::String(text)) if text == "true" => Value::Bool(true),
        (Some(Shape::Boolean), Json::String(text)) if text == "false" => Value::Bool(false),
        (Some(Shape::Integer), Json::String(text)) => {
            text.parse::<i64>().map_or(Value::String(text), |number| Value::Number(number.into()))
        }
        (_, json) => Value::from_json(json),
    }
}
