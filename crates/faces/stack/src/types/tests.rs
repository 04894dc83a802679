//! The tables are sound: every call, member and property they name exists.

use super::{Call, Property, ResourceType, Shape, all, canonical, find, hint, short, sources};
use crate::models::model;
use indexmap::IndexMap;
use serde_json::Value as Json;
use wire::{Kind, Model};

#[test]
fn tokens_have_a_short_and_a_full_form() {
    let cases = [
        ("aws:sfn:StateMachine", "aws:sfn/stateMachine:StateMachine"),
        ("aws:s3:BucketObjectv2", "aws:s3/bucketObjectv2:BucketObjectv2"),
        ("aws:s3/bucket:Bucket", "aws:s3/bucket:Bucket"),
        ("aws:getRegion", "aws:index/getRegion:getRegion"),
        ("nonsense", "nonsense"),
    ];
    for (token, full) in cases {
        assert_eq!(canonical(token), full);
    }
    assert_eq!(short("aws:sfn/stateMachine:StateMachine"), "aws:sfn:StateMachine");
    assert!(find("aws:iam:Role").is_some());
    assert_eq!(hint("aws:sfn:StateMashine"), "did you mean `aws:sfn:StateMachine`?");
    assert!(hint("aws:lambda:Layer").starts_with("refit deploys aws:lambda:Function"));
}

#[test]
fn every_call_and_member_exists() {
    for kind in all() {
        let model =
            model(&kind.service).unwrap_or_else(|| panic!("{}: {}", kind.token, kind.service));
        for call in kind.create.iter().chain(&kind.update).chain(&kind.delete) {
            if call.hook.is_none() {
                check_input(&kind, model, &call.operation, &call.input);
            }
            check_properties(&kind, call);
            if let Some(list) = &call.list {
                check_input(&kind, model, &list.call, &list.input);
            }
            if let Some(wait) = &call.wait {
                check_input(&kind, model, &wait.call, &wait.input);
            }
        }
        let read = kind.read.as_ref().unwrap_or_else(|| panic!("{} has no read", kind.token));
        check_input(&kind, model, &read.call, &read.input);
        for further in &read.more {
            check_input(&kind, model, &further.call, &further.input);
            if let Some(list) = &further.list {
                check_input(&kind, model, &list.call, &list.input);
            }
        }
        let further = read.more.iter().flat_map(|further| further.outputs.keys());
        let told = read.outputs.keys().chain(kind.outputs.keys()).chain(kind.attributes.keys());
        for output in told.chain(further) {
            assert!(has_property(&kind.properties, output), "{}: {output}", kind.token);
        }
        if !kind.update_is_create {
            for (name, property) in &kind.properties {
                check_is_updatable(&kind, name, property);
            }
        }
    }
}

/// Whether there is such a property, or such a place in one.
fn has_property(properties: &IndexMap<String, Property>, name: &str) -> bool {
    let (name, rest) = name.split_once('.').map_or((name, None), |(name, rest)| (name, Some(rest)));
    let fields = |property: &Property| match &property.shape {
        Shape::Object(fields) => Some(fields.clone()),
        Shape::List(of) | Shape::Set(of) => match &of.shape {
            Shape::Object(fields) => Some(fields.clone()),
            _ => None,
        },
        _ => None,
    };
    properties.get(name).is_some_and(|property| {
        rest.is_none_or(|rest| fields(property).is_some_and(|fields| has_property(&fields, rest)))
    })
}

fn check_input(kind: &ResourceType, model: &Model, operation: &str, input: &Json) {
    let operation = model
        .operation(operation)
        .unwrap_or_else(|| panic!("{}: no operation {operation}", kind.token));
    let Some(shape) = &operation.input else { return };
    check_member(kind, model, shape.shape, input);
}

fn check_member(kind: &ResourceType, model: &Model, shape: wire::ShapeId, template: &Json) {
    match (&model.shape(shape).kind, template) {
        (Kind::List(member), Json::Object(fields)) if fields.contains_key("$each") => {
            check_member(kind, model, member.shape, &fields["item"]);
        }
        (Kind::Structure(structure), Json::Object(fields)) => {
            for (name, value) in fields.iter().filter(|(name, _)| !name.starts_with('$')) {
                let member = structure
                    .member(name)
                    .unwrap_or_else(|| panic!("{}: no member {name}", kind.token));
                check_member(kind, model, member.shape, value);
            }
        }
        (Kind::List(member), Json::Array(items)) => {
            for item in items {
                check_member(kind, model, member.shape, item);
            }
        }
        (_, Json::String(text)) => {
            let Some(reference) = text.strip_prefix('$') else { return };
            let names = reference.split(':').next().unwrap_or_default();
            for name in names.split('|').filter(|name| !name.starts_with('@')) {
                let root = name.split('.').next().unwrap_or_default();
                let special = [
                    "id",
                    "answer",
                    "item",
                    "old",
                    "inputHash",
                    "attribute",
                    "value",
                    "changed_tags",
                    "removed_tags",
                    "body",
                    "guessedContentType",
                ];
                assert!(
                    special.contains(&root)
                        || kind.properties.contains_key(root)
                        || kind.derive.contains_key(root),
                    "{}: no property {name}",
                    kind.token
                );
                if let Some(property) = kind.properties.get(name) {
                    check_nested(kind, model, shape, property);
                }
            }
        }
        _ => {}
    }
}

/// What is below a property has members of the names that it is sent under.
fn check_nested(kind: &ResourceType, model: &Model, shape: wire::ShapeId, property: &Property) {
    match (&model.shape(shape).kind, &property.shape) {
        (Kind::Structure(structure), Shape::Object(fields)) => {
            for (name, field) in fields.iter().filter(|(_, field)| !field.computed) {
                if field.shape == Shape::Unsupported {
                    continue;
                }
                let member = field.member(name, kind.has_upper_members());
                let member = structure
                    .member(&member)
                    .unwrap_or_else(|| panic!("{}: no member {member} for {name}", kind.token));
                check_nested(kind, model, member.shape, field);
            }
        }
        (Kind::List(member), Shape::List(of) | Shape::Set(of)) => {
            check_nested(kind, model, member.shape, of);
        }
        _ => {}
    }
}

#[test]
fn every_data_source_can_ask() {
    for source in sources() {
        let model = model(&source.service).unwrap_or_else(|| panic!("{}", source.token));
        let read = source.read.as_ref().unwrap_or_else(|| panic!("{} has no read", source.token));
        check_input(&source, model, &read.call, &read.input);
        for output in read.outputs.keys().chain(source.outputs.keys()) {
            assert!(source.properties.contains_key(output), "{}: {output}", source.token);
        }
    }
}

fn check_properties(kind: &ResourceType, call: &Call) {
    let named = call.when.iter().chain(&call.present).chain(&call.absent).chain(&call.is_true);
    for name in named.chain(&call.each).chain(&call.each_removed).chain(call.outputs.keys()) {
        let root = name.split('.').next().unwrap_or_default();
        assert!(
            matches!(root, "changed_tags" | "removed_tags" | "old")
                || kind.properties.contains_key(root),
            "{}: no property {name}",
            kind.token
        );
    }
}

/// Every input that can change in place is in some update call.
fn check_is_updatable(kind: &ResourceType, name: &str, property: &Property) {
    let settled = property.computed || property.replaces || property.fixed || property.local;
    if settled || property.shape == Shape::Unsupported || kind.attributes.contains_key(name) {
        return;
    }
    let is_named = kind.update.iter().any(|call| {
        call.when.iter().any(|when| when == name)
            || call.each.as_deref() == Some(name)
            || (name == "tags" && call.present.as_deref() == Some("changed_tags"))
    });
    assert!(is_named, "{}: nothing updates {name}", kind.token);
}

/// `docs/reference/pulumi.md` has this table; `UPDATE=1 cargo test -p stack reference` writes it again.
fn table() -> String {
    use std::fmt::Write as _;
    let list = |names: Vec<&str>| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let mut text = "| type | replaced by a change of | kept when left out | set once: a change is refused | refused |\n| --- | --- | --- | --- | --- |\n".to_owned();
    for kind in all() {
        let those = |is: fn(&Property) -> bool| {
            let found =
                kind.properties.iter().filter(|(name, property)| *name != "region" && is(property));
            list(found.map(|(name, _)| name.as_str()).collect())
        };
        let replaces = those(|property| property.replaces);
        let kept = those(|property| property.sticky);
        let fixed = those(|property| property.fixed);
        let refused = those(|property| property.shape == Shape::Unsupported);
        let _ = writeln!(text, "| {} | {replaces} | {kept} | {fixed} | {refused} |", kind.short());
    }
    let _ = write!(
        text,
        "\nEvery type but those of `aws:iam` is replaced by a change of `region`, too.\n\n## Data sources\n\n"
    );
    let names = crate::provider::invoke::names();
    let _ = writeln!(text, "{}", list(names.iter().map(String::as_str).collect()));
    text
}

#[test]
fn the_reference_is_up_to_date() {
    const START: &str = "<!-- types: UPDATE=1 cargo test -p stack reference -->\n";
    const END: &str = "<!-- end -->";
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/pulumi.md");
    let written = std::fs::read_to_string(&file).unwrap();
    let (head, rest) = written.split_once(START).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let wanted = format!("{head}{START}\n{}\n{END}{tail}", table());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &wanted).unwrap();
        return;
    }
    assert!(written == wanted, "UPDATE=1 cargo test -p stack reference writes it again");
}
