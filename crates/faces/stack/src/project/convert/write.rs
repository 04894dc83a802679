//! The YAML of a program that was run.

use super::super::config::written;
use super::{Converted, DIGITS, MARK, Noted, Origin, Story, alias_text, properties, refusal};
use crate::diagnostic::Diagnostic;
use crate::engine::urn;
use crate::error::Error;
use crate::program::Registration;
use crate::types::{Shape, canonical, short};
use crate::value::{Archive, ArchiveSource, Asset, AssetSource, Member, Object, Value};
use std::collections::HashMap;
use std::fmt::Write as _;

/// A value as it is written: YAML's own, with functions as mappings of one key.
enum Form {
    /// One line: a scalar, `[]`, `{}`.
    Line(String),
    Mapping(Vec<(String, Form)>),
    List(Vec<Form>),
}

struct Writer {
    /// Names in the YAML by URN.
    keys: HashMap<String, String>,
    marks: Vec<Origin>,
    places: Vec<Diagnostic>,
    notes: Vec<String>,
}

/// Writes it, or says what cannot be written.
pub(super) fn write(project: &str, story: Story, has_settings: bool) -> Result<Converted, Error> {
    let keys = story.resources.iter().map(|noted| (noted.urn.clone(), noted.key.clone()));
    let mut writer = Writer {
        keys: keys.collect(),
        marks: story.marks,
        places: story.places,
        notes: Vec::new(),
    };
    let providers: HashMap<String, String> =
        story.resources.iter().map(|noted| (noted.reference.clone(), noted.key.clone())).collect();
    let mut out = format!("name: {}\nruntime: yaml\n", written(project));
    if !story.asked.is_empty() {
        out.push_str("\nvariables:\n");
    }
    for asked in &story.asked {
        let arguments = writer.fields(&asked.arguments, None);
        let call = Form::Mapping(vec![
            ("function".to_owned(), Form::Line(written(&asked.token))),
            ("arguments".to_owned(), Form::Mapping(arguments)),
        ]);
        let call = Form::Mapping(vec![("fn::invoke".to_owned(), call)]);
        put(&mut out, 2, &asked.variable, &call);
    }
    if !story.resources.is_empty() {
        out.push_str("\nresources:\n");
    }
    for noted in &story.resources {
        writer.resource(noted, &providers, &mut out);
    }
    if !story.outputs.is_empty() {
        out.push_str("\noutputs:\n");
    }
    for (name, form) in writer.fields(&story.outputs, None) {
        put(&mut out, 2, &name, &form);
    }
    if has_settings {
        writer.notes.push("configuration values stand in it as the stack has them now".to_owned());
    }
    if story.has_components {
        let note = "components are not in it; their resources are, and know by an alias what they were called in this stack";
        writer.notes.push(note.to_owned());
    }
    if writer.places.is_empty() {
        Ok(Converted { yaml: out, notes: writer.notes })
    } else {
        Err(Error::Invalid { diagnostics: writer.places })
    }
}

/// Writes one resource, that refers to nothing.
pub(super) fn resource(noted: &Noted) -> Result<String, Error> {
    let mut writer =
        Writer { keys: HashMap::new(), marks: Vec::new(), places: Vec::new(), notes: Vec::new() };
    let mut out = String::new();
    writer.resource(noted, &HashMap::new(), &mut out);
    if writer.places.is_empty() {
        Ok(out)
    } else {
        Err(Error::Invalid { diagnostics: writer.places })
    }
}

impl Writer {
    fn resource(&mut self, noted: &Noted, providers: &HashMap<String, String>, out: &mut String) {
        let Noted { key, registration, .. } = noted;
        let token = canonical(&registration.token);
        let token = if urn::is_provider(&token) { token } else { short(&token) };
        let _ = writeln!(out, "  {}:\n    type: {}", written(key), written(&token));
        if *key != registration.name {
            let _ = writeln!(out, "    name: {}", written(&registration.name));
        }
        if let Some(id) = &registration.options.read {
            let id = self.text(id);
            let _ = writeln!(out, "    get:\n      id: {id}");
            return;
        }
        let shapes: HashMap<String, Shape> = properties(&registration.token)
            .into_iter()
            .map(|(name, property)| (name, property.shape))
            .collect();
        let before = self.places.len();
        let given: Object = registration
            .inputs
            .iter()
            .filter(|(_, value)| !matches!(value, Value::Null))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let fields = self.fields(&given, Some(&shapes));
        for place in &mut self.places[before..] {
            let of = place.message.split('`').nth(1).unwrap_or_default().to_owned();
            place.place = registration.places.place(&of, false);
        }
        if !fields.is_empty() {
            put(out, 4, "properties", &Form::Mapping(fields));
        }
        let options = self.options(noted, providers);
        if !options.is_empty() {
            put(out, 4, "options", &Form::Mapping(options));
        }
    }

    fn options(
        &mut self,
        noted: &Noted,
        providers: &HashMap<String, String>,
    ) -> Vec<(String, Form)> {
        let registration = &noted.registration;
        let given = &registration.options;
        let reference = |key: &String| Form::Line(written(&format!("${{{key}}}")));
        let texts = |texts: &[String]| {
            Form::List(texts.iter().map(|text| Form::Line(written(text))).collect())
        };
        let mut options: Vec<(String, Form)> = Vec::new();
        let mut add = |name: &str, form: Form| options.push((name.to_owned(), form));
        // What properties refer to is depended on anyway.
        let implied: Vec<&String> = registration.property_dependencies.values().flatten().collect();
        let after: Vec<Form> = registration
            .dependencies
            .iter()
            .filter(|urn| !implied.contains(urn))
            .filter_map(|urn| self.keys.get(urn))
            .map(reference)
            .collect();
        if !after.is_empty() {
            add("dependsOn", Form::List(after));
        }
        let mut aliases: Vec<String> = given.aliases.iter().filter_map(alias_text).collect();
        let is_aliased = aliases.len() == given.aliases.len();
        if let Some(parent) = &given.parent {
            match self.keys.get(parent) {
                Some(key) => add("parent", reference(key)),
                None if parent.contains("::pulumi:pulumi:Stack::") => {}
                None => aliases.push(noted.urn.clone()),
            }
        }
        aliases.dedup();
        if !aliases.is_empty() {
            add("aliases", texts(&aliases));
        }
        if let Some(key) = given.provider.as_ref().and_then(|provider| providers.get(provider)) {
            add("provider", reference(key));
        }
        let flags = [
            ("protect", given.protect == Some(true)),
            ("deleteBeforeReplace", given.delete_before_replace == Some(true)),
            ("retainOnDelete", given.retain_on_delete),
        ];
        for (name, _) in flags.iter().filter(|(_, is_on)| *is_on) {
            add(name, Form::Line("true".to_owned()));
        }
        let lists = [
            ("ignoreChanges", &given.ignore_changes),
            ("replaceOnChanges", &given.replace_on_changes),
            ("additionalSecretOutputs", &given.additional_secret_outputs),
        ];
        for (name, list) in lists.iter().filter(|(_, list)| !list.is_empty()) {
            add(name, texts(list));
        }
        if let Some(id) = &given.import {
            add("import", Form::Line(written(id)));
        }
        if let Some(key) = given.deleted_with.as_ref().and_then(|urn| self.keys.get(urn)) {
            add("deletedWith", reference(key));
        }
        let times = timeouts(registration);
        if !times.is_empty() {
            add("customTimeouts", Form::Mapping(times));
        }
        if !is_aliased {
            let note = format!("aliases of `{}` that are no URNs are left out", registration.name);
            self.notes.push(note);
        }
        options
    }

    fn fields(
        &mut self,
        given: &Object,
        shapes: Option<&HashMap<String, Shape>>,
    ) -> Vec<(String, Form)> {
        given
            .iter()
            .map(|(name, value)| {
                let shape = shapes.and_then(|shapes| shapes.get(name));
                (name.clone(), self.value(name, value, shape))
            })
            .collect()
    }

    /// A value of a top-level property or output.
    fn value(&mut self, of: &str, value: &Value, shape: Option<&Shape>) -> Form {
        match value {
            Value::Null => Form::Line("null".to_owned()),
            Value::Bool(flag) => Form::Line(flag.to_string()),
            Value::Number(number) => Form::Line(number.to_string()),
            Value::String(text) => match document(text, shape) {
                Some(tree) => {
                    let tree = self.value(of, &tree, None);
                    Form::Mapping(vec![("fn::toJSON".to_owned(), tree)])
                }
                None => Form::Line(self.text(text)),
            },
            Value::Array(items) => {
                let inner = match shape {
                    Some(Shape::List(item) | Shape::Set(item)) => Some(&item.shape),
                    _ => None,
                };
                Form::List(items.iter().map(|item| self.value(of, item, inner)).collect())
            }
            Value::Object(fields) => {
                let inner = |name: &String| match shape {
                    Some(Shape::Object(known)) => known.get(name).map(|property| &property.shape),
                    _ => None,
                };
                let known = fields.iter().filter(|(_, value)| !matches!(value, Value::Null));
                let fields = known
                    .map(|(name, value)| (self.key_text(name), self.value(of, value, inner(name))));
                Form::Mapping(fields.collect())
            }
            Value::Asset(asset) => asset_form(asset),
            Value::Archive(archive) => archive_form(archive),
            Value::Secret(_) => {
                let message = format!("`{of}` is a secret: it would stand in the file in clear");
                self.places.push(refusal(None, message));
                Form::Line("null".to_owned())
            }
            Value::Unknown => {
                let message = format!("`{of}` is only known after an update");
                self.places.push(refusal(None, message));
                Form::Line("null".to_owned())
            }
        }
    }

    fn key_text(&self, name: &str) -> String {
        self.with_references(name)
    }

    fn text(&self, text: &str) -> String {
        written(&self.with_references(text))
    }

    /// The text with references where marks are; what looks like one in the text itself stays text.
    fn with_references(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(MARK) {
            let after = &rest[at + MARK.len()..];
            let number = after.get(..DIGITS).filter(|_| after[DIGITS..].starts_with('-'));
            let origin = number.and_then(|digits| self.marks.get(digits.parse::<usize>().ok()?));
            out.push_str(&rest[..at].replace("${", "$${"));
            let Some(origin) = origin else {
                out.push_str(MARK);
                rest = after;
                continue;
            };
            let (owner, property) = match origin {
                Origin::Resource(urn, property) => (self.keys.get(urn).cloned(), property),
                Origin::Variable(name, property) => (Some(name.clone()), property),
            };
            let _ = write!(out, "${{{}.{property}}}", owner.unwrap_or_default());
            rest = &after[DIGITS + 1..];
        }
        out.push_str(&rest.replace("${", "$${"));
        out
    }
}

/// The document in a text that holds one.
fn document(text: &str, shape: Option<&Shape>) -> Option<Value> {
    let holds_one =
        matches!(shape, Some(Shape::Policy | Shape::Json | Shape::TextJson | Shape::StateMachine));
    let tree = serde_json::from_str::<serde_json::Value>(text).ok().filter(|_| holds_one)?;
    tree.is_object().then(|| Value::from_json(tree))
}

fn asset_form(asset: &Asset) -> Form {
    let (function, text) = match &asset.source {
        AssetSource::Path(path) => ("fn::fileAsset", path),
        AssetSource::Text(text) => ("fn::stringAsset", text),
    };
    let text = Form::Line(written(&text.replace("${", "$${")));
    Form::Mapping(vec![(function.to_owned(), text)])
}

fn archive_form(archive: &Archive) -> Form {
    let (function, form) = match &archive.source {
        ArchiveSource::Path(path) => ("fn::fileArchive", Form::Line(written(path))),
        ArchiveSource::Members(members) => {
            let form = |member: &Member| match member {
                Member::Asset(asset) => asset_form(asset),
                Member::Archive(archive) => archive_form(archive),
            };
            let members = members.iter().map(|(name, member)| (name.clone(), form(member)));
            ("fn::assetArchive", Form::Mapping(members.collect()))
        }
    };
    Form::Mapping(vec![(function.to_owned(), form)])
}

/// A key with its value, in block style.
fn put(out: &mut String, indent: usize, key: &str, form: &Form) {
    let key = if key.starts_with("fn::") { key.to_owned() } else { written(key) };
    let _ = write!(out, "{}{key}:", " ".repeat(indent));
    below(out, indent, form);
}

/// What stands after a key or a dash.
fn below(out: &mut String, indent: usize, form: &Form) {
    match form {
        Form::Line(text) => {
            let _ = writeln!(out, " {text}");
        }
        Form::Mapping(fields) if fields.is_empty() => out.push_str(" {}\n"),
        Form::List(items) if items.is_empty() => out.push_str(" []\n"),
        Form::Mapping(fields) => {
            out.push('\n');
            for (key, form) in fields {
                put(out, indent + 2, key, form);
            }
        }
        Form::List(items) => {
            out.push('\n');
            for item in items {
                let _ = write!(out, "{}-", " ".repeat(indent + 2));
                match item {
                    // A mapping begins on the line of its dash.
                    Form::Mapping(fields) if !fields.is_empty() => {
                        for (index, (key, form)) in fields.iter().enumerate() {
                            if index == 0 {
                                put(out, 1, key, &Form::Line(String::new()));
                                let end = out.trim_end().len();
                                out.truncate(end);
                                below(out, indent + 4, form);
                            } else {
                                put(out, indent + 4, key, form);
                            }
                        }
                    }
                    other => below(out, indent + 2, other),
                }
            }
        }
    }
}

fn timeouts(registration: &Registration) -> Vec<(String, Form)> {
    let times = &registration.options.timeouts;
    let times = [("create", times.create), ("update", times.update), ("delete", times.delete)];
    let line = |seconds| Form::Line(format!("{seconds}s"));
    times
        .into_iter()
        .filter_map(|(name, seconds)| Some((name.to_owned(), line(seconds?))))
        .collect()
}
