//! One statement of a policy.

use serde_json::{Map, Value};

use crate::condition::Condition;
use crate::glob::{self, Unit};
use crate::principal::{Closeness, PrincipalElement};
use crate::template::Template;
use crate::{Context, Error, Principal};

/// What a statement does if it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Allows, unless another denies.
    Allow,
    /// Denies.
    Deny,
}

/// An element that may be turned round by `Not`.
#[derive(Debug, Clone, PartialEq)]
struct Either<T> {
    is_not: bool,
    values: T,
}

/// A parsed statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    sid: Option<String>,
    effect: Effect,
    /// In lower case, since actions are compared without regard to case.
    actions: Either<Vec<Vec<Unit>>>,
    resources: Option<Either<Vec<Template>>>,
    principals: Option<Either<PrincipalElement>>,
    conditions: Vec<Condition>,
}

impl Statement {
    /// Its `Sid`, if it has one.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// What it does if it applies.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Whether the action is one of its actions.
    pub fn is_about_action(&self, action: &str) -> bool {
        self.is_about_lowercase_action(&action.to_lowercase())
    }

    /// The same of an action in lower case.
    pub(crate) fn is_about_lowercase_action(&self, action: &str) -> bool {
        let is_in = self.actions.values.iter().any(|pattern| glob::matches(pattern, action));
        is_in != self.actions.is_not
    }

    /// Whether it looks at condition keys.
    pub(super) fn reads_context(&self) -> bool {
        let resources = self.resources.iter().flat_map(|resources| &resources.values);
        !self.conditions.is_empty() || resources.into_iter().any(Template::has_variables)
    }

    /// Whether the resource is one of its resources. Without the element that is for policies of
    /// resources to decide, which are about their own.
    pub(crate) fn is_about_resource(
        &self,
        resource: &str,
        context: &Context,
        without_element: bool,
    ) -> bool {
        let Some(resources) = &self.resources else { return without_element };
        let patterns: Vec<_> =
            resources.values.iter().map(|template| template.pattern(context)).collect();
        // A statement that leaves out something unknown is about nothing.
        if resources.is_not && patterns.iter().any(Option::is_none) {
            return false;
        }
        let is_in = patterns.iter().flatten().any(|pattern| glob::matches_arn(pattern, resource));
        is_in != resources.is_not
    }

    /// How closely the statement names the principal, if it does.
    // UNVERIFIED: NotPrincipal leaves out whom it names by account, too. AWS wants the account and
    // the user or role to be named, and denies who is named by one of them only.
    pub(crate) fn names(&self, principal: &Principal) -> Option<Closeness> {
        let principals = self.principals.as_ref()?;
        let named = principals.values.names(principal);
        match principals.is_not {
            false => named,
            true if named.is_none() => Some(Closeness::Itself),
            true => None,
        }
    }

    pub(crate) fn conditions_hold(&self, context: &Context) -> bool {
        self.conditions.iter().all(|condition| condition.holds(context))
    }

    pub(super) fn from_value(
        value: &Value,
        place: &str,
        has_variables: bool,
    ) -> Result<Self, Error> {
        let reader = Reader { place, has_variables };
        let Value::Object(fields) = value else {
            return Err(reader.syntax("", "is not an object"));
        };
        for element in fields.keys() {
            let known = [
                "Sid",
                "Effect",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Principal",
                "NotPrincipal",
                "Condition",
            ];
            if !known.contains(&element.as_str()) {
                return Err(reader.syntax(element, "is not an element of a statement"));
            }
        }
        let sid = match fields.get("Sid") {
            None => None,
            Some(Value::String(sid)) => Some(sid.clone()).filter(|sid| !sid.is_empty()),
            Some(_) => return Err(reader.syntax("Sid", "is not a string")),
        };
        let effect = match fields.get("Effect").map(Value::as_str) {
            Some(Some("Allow")) => Effect::Allow,
            Some(Some("Deny")) => Effect::Deny,
            Some(_) => return Err(reader.syntax("Effect", "is not Allow or Deny")),
            None => return Err(reader.syntax("Effect", "is missing")),
        };
        let actions = reader.either(fields, "Action", "NotAction", Reader::actions)?;
        let actions = actions.ok_or_else(|| reader.syntax("Action", "is missing"))?;
        Ok(Self {
            sid,
            effect,
            actions,
            resources: reader.either(fields, "Resource", "NotResource", Reader::templates)?,
            principals: reader.either(fields, "Principal", "NotPrincipal", Reader::principals)?,
            conditions: reader.conditions(fields.get("Condition"))?,
        })
    }
}

/// Reads the elements of a statement and knows where it stands.
struct Reader<'a> {
    place: &'a str,
    has_variables: bool,
}

impl Reader<'_> {
    fn at(&self, element: &str) -> String {
        if element.is_empty() { self.place.to_owned() } else { format!("{}.{element}", self.place) }
    }

    fn syntax(&self, element: &str, reason: &'static str) -> Error {
        Error::Syntax { place: self.at(element), reason }
    }

    fn either<T>(
        &self,
        fields: &Map<String, Value>,
        element: &str,
        opposite: &str,
        read: impl Fn(&Self, &str, &Value) -> Result<T, Error>,
    ) -> Result<Option<Either<T>>, Error> {
        match (fields.get(element), fields.get(opposite)) {
            (Some(_), Some(_)) => Err(self.syntax(opposite, "stands beside its opposite")),
            (Some(value), None) => {
                Ok(Some(Either { is_not: false, values: read(self, element, value)? }))
            }
            (None, Some(value)) => {
                Ok(Some(Either { is_not: true, values: read(self, opposite, value)? }))
            }
            (None, None) => Ok(None),
        }
    }

    fn texts<'v>(&self, element: &str, value: &'v Value) -> Result<Vec<&'v str>, Error> {
        let not_text = || self.syntax(element, "is not a string or an array of strings");
        match value {
            Value::String(text) => Ok(vec![text]),
            Value::Array(list) => {
                list.iter().map(|text| text.as_str().ok_or_else(not_text)).collect()
            }
            _ => Err(not_text()),
        }
    }

    fn actions(&self, element: &str, value: &Value) -> Result<Vec<Vec<Unit>>, Error> {
        let texts = self.texts(element, value)?;
        let nothing = Context::new();
        Ok(texts
            .into_iter()
            .filter_map(|text| Template::parse(&text.to_lowercase(), false).pattern(&nothing))
            .collect())
    }

    fn templates(&self, element: &str, value: &Value) -> Result<Vec<Template>, Error> {
        let texts = self.texts(element, value)?;
        Ok(texts.into_iter().map(|text| Template::parse(text, self.has_variables)).collect())
    }

    fn principals(&self, element: &str, value: &Value) -> Result<PrincipalElement, Error> {
        match value {
            Value::String(text) if text == "*" => Ok(PrincipalElement::Everybody),
            Value::Object(kinds) => {
                let mut names = Vec::new();
                for (kind, value) in kinds {
                    if !["AWS", "Service", "Federated", "CanonicalUser"].contains(&kind.as_str()) {
                        return Err(self.syntax(element, "has a kind of principal that is unknown"));
                    }
                    let texts = self.texts(element, value)?;
                    names.extend(texts.into_iter().map(|name| (kind.clone(), name.to_owned())));
                }
                Ok(PrincipalElement::Names(names))
            }
            _ => Err(self.syntax(element, "is not * or an object")),
        }
    }

    fn conditions(&self, value: Option<&Value>) -> Result<Vec<Condition>, Error> {
        let operators = match value {
            None => return Ok(Vec::new()),
            Some(Value::Object(operators)) => operators,
            Some(_) => return Err(self.syntax("Condition", "is not an object")),
        };
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let element = format!("Condition.{operator}");
            let Value::Object(keys) = keys else {
                return Err(self.syntax(&element, "is not an object"));
            };
            for (key, values) in keys {
                let element = format!("{element}.{key}");
                let values = self.condition_values(&element, values)?;
                conditions.push(
                    Condition::parse(operator, key, &values, self.has_variables).ok_or_else(
                        || Error::Operator {
                            place: self.at("Condition"),
                            operator: operator.clone(),
                        },
                    )?,
                );
            }
        }
        Ok(conditions)
    }

    /// Numbers and booleans stand for their texts.
    fn condition_values(&self, element: &str, value: &Value) -> Result<Vec<String>, Error> {
        let text = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
            _ => Err(self.syntax(element, "is not a value or an array of values")),
        };
        match value {
            Value::Array(list) => list.iter().map(text).collect(),
            other => Ok(vec![text(other)?]),
        }
    }
}
