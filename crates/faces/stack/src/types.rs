//! The resource types, as data: `types/*.json` holds one table entry a type, this file reads them.
//!
//! An entry says which properties the type has, how its name and id are made, which AWS calls create, read, update and delete
//! it, and which answers mean "not there" or "try again". The forms of an entry are documented at the structs below.

mod property;
#[cfg(test)]
mod tests;

pub(crate) use property::{Property, Shape};

use crate::nearest::nearest;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// One type.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ResourceType {
    /// `aws:sfn/stateMachine:StateMachine`
    #[serde(skip)]
    pub(crate) token: String,
    /// Everything is as for another type, but for `aliases`.
    like: Option<String>,
    /// The service its calls go to.
    pub(crate) service: String,
    /// It belongs to no region.
    pub(crate) global: bool,
    /// How nested properties become members of the API: `upper` (the default) or `lower` first letter.
    nested: String,
    /// Template of its id.
    pub(crate) id: String,
    pub(crate) auto_name: Option<AutoName>,
    pub(crate) properties: IndexMap<String, Property>,
    /// Templates of outputs that follow from the inputs; what an answer gives wins over them.
    pub(crate) outputs: IndexMap<String, String>,
    /// Values that follow from a property, for templates.
    pub(crate) derive: IndexMap<String, Derived>,
    /// Properties that the API has as text attributes, and their names there.
    pub(crate) attributes: IndexMap<String, String>,
    /// Types of the same resource in older programs.
    pub(crate) aliases: Vec<String>,
    /// At least one of each list must be given.
    pub(crate) one_of: Vec<Vec<String>>,
    /// At most one of each list may be given.
    pub(crate) conflicts: Vec<Vec<String>>,
    /// Names of further checks, see `provider::check::rules`.
    pub(crate) checks: Vec<String>,
    pub(crate) create: Vec<Call>,
    pub(crate) read: Option<Read>,
    pub(crate) update: Vec<Call>,
    /// An update is the same calls as a create.
    pub(crate) update_is_create: bool,
    pub(crate) delete: Vec<Call>,
    /// A read to repeat after the delete until it finds nothing.
    pub(crate) wait_until_gone: Option<Look>,
    /// A property that, when true, keeps the resource on AWS when it leaves the stack.
    pub(crate) keep: Option<String>,
    /// A replacement deletes first.
    pub(crate) delete_before_replace: bool,
    /// Template: steps with the same value run one after the other.
    pub(crate) serial: Option<String>,
    /// Errors that mean it is not there: `Code` or `Code~part of the message`.
    pub(crate) gone: Vec<String>,
    /// Errors that pass on AWS, where a new role or policy takes its time to be seen everywhere.
    pub(crate) retry: Vec<String>,
    /// Errors that pass everywhere.
    pub(crate) retry_always: Vec<String>,
}

/// How the name is made when the program gives none: `NAME-7hex`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AutoName {
    /// The property that gets the name.
    pub(crate) property: String,
    /// The property that replaces `NAME-`; `namePrefix` unless given.
    pub(crate) prefix: Option<String>,
    /// The longest name AWS takes.
    pub(crate) max: usize,
    /// Only lower-case letters.
    pub(crate) lower_case: bool,
    /// The resource's name as it is, without random letters.
    pub(crate) exact: bool,
    /// What the name ends in when the property `suffix_if` is true.
    pub(crate) suffix: Option<String>,
    pub(crate) suffix_if: Option<String>,
}

/// A value that follows from a property.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Derived {
    /// The property.
    pub(crate) of: String,
    /// Text of the property to template.
    pub(crate) cases: IndexMap<String, String>,
    /// Template for every other text.
    pub(crate) otherwise: String,
}

/// One call, or several of the same operation, and when it is made.
///
/// Input templates: `$name` is a property, `$a.b` a nested one, `$a|b` the first that is there, `$a:FORM` a property in another
/// form, `$@attributes` the text attributes; `{name}` inside a text puts a text in. Members without a value are left out.
/// `{"$each": LIST, "item": TEMPLATE}` makes a list of a list (`$item.name`), an object with `"$if": NAME` is there only when
/// the name stands for something, one with `"$empty": true` even when nothing is in it. In an update `$old.name` is what a
/// property was.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Call {
    /// The operation.
    #[serde(rename = "call")]
    pub(crate) operation: String,
    /// Instead of a call: a function of `provider::hooks`.
    pub(crate) hook: Option<String>,
    pub(crate) input: Json,
    /// Outputs and where the answer has them: `Role.Arn`, with a form: `CreateDate:time`.
    pub(crate) outputs: IndexMap<String, String>,
    /// In an update: only when one of these changed.
    pub(crate) when: Vec<String>,
    /// Only when this is there.
    pub(crate) present: Option<String>,
    /// Only when this is not there.
    pub(crate) absent: Option<String>,
    /// Only when this is true.
    #[serde(rename = "true")]
    pub(crate) is_true: Option<String>,
    /// Only when this is so.
    pub(crate) equals: Option<Equals>,
    /// Only when this is not so.
    pub(crate) unless: Option<Equals>,
    /// Once for each item of a list (`$item`); in an update for each new or changed one.
    pub(crate) each: Option<String>,
    /// In an update: once for each item that is gone.
    pub(crate) each_removed: Option<String>,
    /// In an update: once for each changed attribute (`$attribute`, `$value`).
    pub(crate) each_attribute: bool,
    /// Once for each item that another call lists.
    pub(crate) list: Option<List>,
    /// Errors that are none.
    pub(crate) ignore: Vec<String>,
    /// How an answer tells of failures.
    pub(crate) fail: Option<Fail>,
    /// The same, for an answer that fails when it has a certain member.
    pub(crate) fail_if: Option<FailIf>,
    /// A read to repeat until it is settled.
    pub(crate) wait: Option<Wait>,
}

/// A condition on a property's text.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Equals {
    pub(crate) property: String,
    pub(crate) value: String,
}

/// A call that lists items, page by page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct List {
    pub(crate) call: String,
    pub(crate) input: Json,
    /// Where the answer has the items.
    pub(crate) items: String,
    /// Where the answer has the next page's token.
    pub(crate) next: String,
    /// The input member that takes it.
    pub(crate) token: String,
    /// Leave out the first so many (lists come newest first).
    pub(crate) skip_newest: usize,
    /// Leave out items for which this is true.
    pub(crate) skip_true: Option<String>,
}

/// Failures inside a successful answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fail {
    pub(crate) count: String,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// A successful answer that fails when a member is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailIf {
    pub(crate) present: String,
    pub(crate) message: String,
}

/// A read to repeat while what it shows is unsettled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wait {
    pub(crate) call: String,
    pub(crate) input: Json,
    pub(crate) path: String,
    #[serde(rename = "while")]
    pub(crate) unsettled: Vec<String>,
    pub(crate) failed: Vec<String>,
    pub(crate) reason: String,
}

/// A read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {
    pub(crate) call: String,
    pub(crate) input: Json,
}

/// How the resource is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Read {
    pub(crate) call: String,
    pub(crate) input: Json,
    pub(crate) outputs: IndexMap<String, String>,
    /// It is one of a list.
    pub(crate) find: Option<Find>,
    /// How an id tells the properties that the read needs; the name alone unless given.
    pub(crate) import: Option<String>,
    /// Read once more after it was created: the answer to the create does not tell all.
    pub(crate) after_create: bool,
    /// Where the answer has the text attributes.
    pub(crate) attributes: Option<String>,
    /// Calls for what the first does not tell. They are made for a refresh and an import.
    pub(crate) more: Vec<Further>,
}

/// A further call of a read. `$answer` is what the first one answered, or the item of it that was found.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Further {
    pub(crate) call: String,
    pub(crate) input: Json,
    /// As of a `Call`; `settings.level` is a place in an object.
    pub(crate) outputs: IndexMap<String, String>,
    /// Only when this is there.
    pub(crate) present: Option<String>,
    /// Errors that mean that AWS has nothing for any of the outputs.
    pub(crate) unset: Vec<String>,
    /// Once for each item that another call lists (`$item`): the outputs are lists of what each call tells.
    pub(crate) list: Option<List>,
}

/// The item of a list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Find {
    /// Where the list is; `PATH:json` reads a JSON text first.
    #[serde(rename = "in")]
    pub(crate) list: String,
    pub(crate) key: String,
    /// Template.
    pub(crate) is: String,
    pub(crate) next: String,
    pub(crate) token: String,
}

impl ResourceType {
    /// The type as a program writes it: `aws:sfn:StateMachine`.
    pub(crate) fn short(&self) -> String {
        short(&self.token)
    }

    /// Whether nested members start with a capital letter.
    pub(crate) fn has_upper_members(&self) -> bool {
        self.nested != "lower"
    }

    /// A property a program may set: known, and not only an output.
    pub(crate) fn input(&self, name: &str) -> Option<&Property> {
        self.properties.get(name).filter(|property| !property.computed)
    }

    /// Whether it has tags.
    pub(crate) fn has_tags(&self) -> bool {
        self.properties.contains_key("tags")
    }

    /// The calls that update it.
    pub(crate) fn update_calls(&self) -> &[Call] {
        if self.update_is_create { &self.create } else { &self.update }
    }
}

/// `aws:sfn/stateMachine:StateMachine` to `aws:sfn:StateMachine`.
pub(crate) fn short(token: &str) -> String {
    let parts: Vec<&str> = token.split(':').collect();
    match parts.as_slice() {
        [package, module, name] => {
            let module = module.split('/').next().unwrap_or_default();
            format!("{package}:{module}:{name}")
        }
        _ => token.to_owned(),
    }
}

/// `aws:sfn:StateMachine` to `aws:sfn/stateMachine:StateMachine`; full tokens stay.
pub(crate) fn canonical(token: &str) -> String {
    let parts: Vec<&str> = token.split(':').collect();
    match parts.as_slice() {
        [package, module, name] if *package != "pulumi" && !module.contains('/') => {
            let mut letters = name.chars();
            let first = letters.next().map(|c| c.to_ascii_lowercase());
            let lower: String = first.into_iter().chain(letters).collect();
            format!("{package}:{module}/{lower}:{name}")
        }
        [package, name] => canonical(&format!("{package}:index:{name}")),
        _ => token.to_owned(),
    }
}

/// Data sources: types that are only read. Their inputs are the arguments.
static SOURCES: LazyLock<HashMap<String, Arc<ResourceType>>> = LazyLock::new(|| {
    let entries: IndexMap<String, ResourceType> =
        serde_json::from_str(include_str!("types/sources.json"))
            .expect("the table of this crate can be read");
    let complete = |(token, mut entry): (String, ResourceType)| {
        entry.token.clone_from(&token);
        if !entry.global {
            entry.properties.insert("region".to_owned(), Property::default());
        }
        (token, Arc::new(entry))
    };
    entries.into_iter().map(complete).collect()
});

/// The data source of a token, short or full.
pub(crate) fn source(token: &str) -> Option<Arc<ResourceType>> {
    SOURCES.get(&canonical(token)).cloned()
}

/// All data sources that are tables, by token.
pub(crate) fn sources() -> Vec<Arc<ResourceType>> {
    let mut types: Vec<_> = SOURCES.values().cloned().collect();
    types.sort_by(|a, b| a.token.cmp(&b.token));
    types
}

static TABLES: &[&str] = &[
    include_str!("types/iam.json"),
    include_str!("types/sfn.json"),
    include_str!("types/cloudwatch.json"),
    include_str!("types/monitoring.json"),
    include_str!("types/ecr.json"),
    include_str!("types/scheduler.json"),
    include_str!("types/lambda.json"),
    include_str!("types/s3.json"),
    include_str!("types/sns.json"),
    include_str!("types/sqs.json"),
    include_str!("types/sagemaker.json"),
];

static TYPES: LazyLock<HashMap<String, Arc<ResourceType>>> = LazyLock::new(|| {
    let entries: Vec<(String, ResourceType)> = TABLES
        .iter()
        .flat_map(|text| {
            serde_json::from_str::<IndexMap<String, ResourceType>>(text)
                .expect("the tables of this crate can be read")
        })
        .collect();
    let complete = |token: &str, entry: &ResourceType| {
        let like =
            entry.like.as_ref().and_then(|like| entries.iter().find(|(name, _)| name == like));
        let mut complete = like.map_or_else(|| entry.clone(), |(_, like)| like.clone());
        token.clone_into(&mut complete.token);
        complete.aliases.clone_from(&entry.aliases);
        if !complete.global {
            let region = Property { replaces: true, ..Property::default() };
            complete.properties.insert("region".to_owned(), region);
        }
        if complete.has_tags() {
            let tags_all = Property { computed: true, shape: Shape::Map, ..Property::default() };
            complete.properties.insert("tagsAll".to_owned(), tags_all);
        }
        Arc::new(complete)
    };
    entries.iter().map(|(token, entry)| (token.clone(), complete(token, entry))).collect()
});

/// The type of a token, short or full.
pub(crate) fn find(token: &str) -> Option<Arc<ResourceType>> {
    TYPES.get(&canonical(token)).cloned()
}

/// All types, by token.
pub(crate) fn all() -> Vec<Arc<ResourceType>> {
    let mut types: Vec<_> = TYPES.values().cloned().collect();
    types.sort_by(|a, b| a.token.cmp(&b.token));
    types
}

/// What to say about a type that is not there: the nearest name, or what there is in its module.
pub(crate) fn hint(token: &str) -> String {
    let names: Vec<String> = all().iter().map(|kind| kind.short()).collect();
    let asked = short(&canonical(token));
    let (module, name) = asked.rsplit_once(':').unwrap_or(("", &asked));
    let in_module = |other: &&String| other.rsplit_once(':').is_some_and(|(of, _)| of == module);
    let last = |other: &'_ String| other.rsplit(':').next().unwrap_or_default().to_owned();
    let near = |candidates: Vec<&String>| {
        let found = nearest(
            name,
            candidates.iter().map(|other| other.rsplit(':').next().unwrap_or_default()),
        )?;
        candidates.into_iter().find(|other| last(other) == found).cloned()
    };
    let siblings: Vec<&String> = names.iter().filter(in_module).collect();
    if let Some(found) = near(siblings.clone()).or_else(|| near(names.iter().collect())) {
        return format!("did you mean `{found}`?");
    }
    if siblings.is_empty() {
        return format!("refit deploys types of {}", modules(&names).join(", "));
    }
    let list: Vec<&str> = siblings.into_iter().map(String::as_str).collect();
    format!("refit deploys {}", list.join(", "))
}

/// The modules that names are of: `aws:s3` of `aws:s3:Bucket`.
pub(crate) fn modules(names: &[String]) -> Vec<&str> {
    let mut modules: Vec<&str> =
        names.iter().filter_map(|name| Some(name.rsplit_once(':')?.0)).collect();
    modules.sort_unstable();
    modules.dedup();
    modules
}
