//! Components: what a project file has below `components`, and what local packages of YAML have, used as types of resources.
//! Each is a program of its own, run once for every resource of its type, with the resource's properties as its configuration.
//!
//! As Pulumi's own YAML does it (pulumi.com/docs/iac/languages-sdks/yaml/yaml-component-reference): what is in a component is named
//! after the resource (`trainer-role`), has the resource as its parent, and is known by its plain name as well.

use super::document::{self, Document};
use super::expression::Reader;
use super::{YamlProject, analysis};
use crate::diagnostic::Diagnostic;
use crate::graph;
use crate::nearest::did_you_mean;
use crate::source::{Source, Span};
use crate::types::canonical;
use crate::value::Value;
use crate::yaml::{self, Entry, Kind, Node};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many resources a program may come to once its components are counted as often as they are used.
const MOST_RESOURCES: usize = 20_000;
/// The manifests of a package's folder.
const MANIFESTS: [&str; 2] = ["PulumiPlugin.yaml", "Pulumi.yaml"];

/// All components that a project may use, by the full token of their type.
pub(super) type Components = HashMap<String, Arc<YamlProject>>;

/// What one sees of a component from outside.
#[derive(Debug, Default)]
pub(super) struct Signature {
    /// Its inputs, and whether they must be given.
    inputs: Vec<(String, bool)>,
    outputs: Vec<String>,
}

/// Signatures by the full token of the type.
pub(super) type Signatures = HashMap<String, Signature>;

impl Signature {
    fn of(document: &Document) -> Self {
        let input = |item: &document::ConfigItem| {
            let is_needed = item.default.is_none() && item.value.is_none();
            (item.name.clone(), is_needed)
        };
        Self {
            inputs: document.config.iter().map(input).collect(),
            outputs: document.outputs.iter().map(|item| item.name.clone()).collect(),
        }
    }

    /// What is wrong with a use of it: names that it does not have, and names that it needs.
    pub(super) fn check(
        &self,
        short: &str,
        item: &document::ResourceItem,
    ) -> Vec<(String, Option<String>, Span)> {
        let mut wrong = Vec::new();
        let names = || self.inputs.iter().map(|(name, _)| name.as_str());
        for (name, value) in &item.properties {
            if names().any(|known| known == name) {
                continue;
            }
            let list = || format!("it has {}", names().collect::<Vec<_>>().join(", "));
            let hint = did_you_mean(name, names()).or_else(|| (!self.inputs.is_empty()).then(list));
            wrong.push((format!("the component {short} has no input `{name}`"), hint, value.span));
        }
        for (name, is_needed) in &self.inputs {
            if *is_needed && !item.properties.iter().any(|(given, _)| given == name) {
                let message = format!("the component {short} needs the input `{name}`");
                wrong.push((message, None, item.key_span));
            }
        }
        if item.get.is_some() || item.options.import.is_some() {
            let message = format!("{short} is a component: it cannot be imported or only read");
            wrong.push((message, None, item.key_span));
        }
        wrong
    }

    /// What is wrong with a reference to a property of it.
    pub(super) fn output(&self, short: &str, name: &str) -> Option<(String, String)> {
        if name == "urn" || self.outputs.iter().any(|known| known == name) {
            return None;
        }
        let names = || self.outputs.iter().map(String::as_str).chain(["urn"]);
        let hint = did_you_mean(name, names());
        let hint =
            hint.unwrap_or_else(|| format!("it has {}", names().collect::<Vec<_>>().join(", ")));
        Some((format!("the component {short} has no output `{name}`"), hint))
    }
}

/// A component that was read.
#[derive(Debug)]
struct Template {
    token: String,
    source: Arc<Source>,
    /// Its folder, as seen from the project's.
    folder: PathBuf,
    document: Document,
    /// Where its name stands, in the project's file.
    span: Span,
}

/// The components of a project and of its packages, before it is known what the names in them mean.
#[derive(Debug, Default)]
pub(super) struct Library {
    templates: Vec<Template>,
}

impl Library {
    /// Reads the components of a file and of the packages it names.
    pub(super) fn read(
        source: &Arc<Source>,
        root: &Node,
        project: &str,
        faults: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut library = Self::default();
        library.components(source, root, project, project, Path::new(""), faults);
        for entry in root.get("packages").map(|node| node.entries()).unwrap_or_default() {
            library.package(source, entry, project, faults);
        }
        library
    }

    fn components(
        &mut self,
        source: &Arc<Source>,
        root: &Node,
        package: &str,
        project: &str,
        folder: &Path,
        faults: &mut Vec<Diagnostic>,
    ) {
        for entry in root.get("components").map(|node| node.entries()).unwrap_or_default() {
            let mut reader = Reader { source, faults: Vec::new() };
            let document = reader.component(project, entry);
            faults.append(&mut reader.faults);
            self.templates.push(Template {
                token: canonical(&format!("{package}:{}", entry.key)),
                source: source.clone(),
                folder: folder.to_owned(),
                document,
                span: entry.key_span,
            });
        }
    }

    /// A package in a folder of this machine.
    fn package(
        &mut self,
        source: &Source,
        entry: &Entry,
        project: &str,
        faults: &mut Vec<Diagnostic>,
    ) {
        // The types of AWS are there without a package.
        if entry.key == "aws" {
            return;
        }
        let mut fault = |message: String, hint: &str| {
            let place = Some(source.place(entry.key_span));
            faults.push(Diagnostic::error(message).at(place).hint(hint));
        };
        let folder = entry.value.as_str().or_else(|| entry.value.get("source")?.as_str());
        let base = source.path().parent().unwrap_or(Path::new("")).to_owned();
        let is_local = |folder: &&str| folder.starts_with(['.', '/']) || base.join(folder).is_dir();
        let Some(folder) = folder.filter(is_local) else {
            let message = format!("refit does not fetch the package `{}`", entry.key);
            return fault(message, "a package is a folder beside the project, such as ./lib");
        };
        let manifests = MANIFESTS.map(|name| base.join(folder).join(name));
        let Some(path) = manifests.into_iter().find(|path| path.is_file()) else {
            let message = format!("{folder} has no {}", MANIFESTS[0]);
            return fault(message, "it says `runtime: yaml`, and has `components`");
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => return fault(format!("cannot read {}: {error}", path.display()), ""),
        };
        let inner = Arc::new(Source::new(path, &text));
        let root = match yaml::parse(&inner, &text) {
            Ok(root) => root,
            Err(wrong) => return faults.extend(wrong),
        };
        let runtime = root.get("runtime");
        let runtime = runtime.and_then(|node| node.as_str().or_else(|| node.get("name")?.as_str()));
        if runtime != Some("yaml") {
            let message = format!("{folder} is no package of `runtime: yaml`");
            return fault(message, "refit runs no packages of other languages");
        }
        let first = self.templates.len();
        self.components(&inner, &root, &entry.key, project, Path::new(folder), faults);
        // In the package itself its components go by its own name.
        let own = root.get("name").and_then(|node| node.as_str()).unwrap_or(&entry.key).to_owned();
        let renamed = |token: &mut String| {
            if let Some(rest) = token.strip_prefix(&format!("{own}:")) {
                *token = format!("{}:{rest}", entry.key);
            }
        };
        for template in self.templates.iter_mut().skip(first) {
            for resource in &mut template.document.resources {
                renamed(&mut resource.token);
            }
        }
    }

    /// What one sees of them.
    pub(super) fn signatures(&self) -> Signatures {
        let one = |template: &Template| (template.token.clone(), Signature::of(&template.document));
        self.templates.iter().map(one).collect()
    }

    /// Finds out what the names in them mean. None when one contains itself, or they come to too many resources.
    pub(super) fn analyse(
        self,
        source: &Source,
        program: &Document,
        signatures: &Signatures,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<Components> {
        let index = |token: &str| self.templates.iter().position(|one| one.token == token);
        let uses = |document: &Document| -> Vec<usize> {
            document.resources.iter().filter_map(|resource| index(&resource.token)).collect()
        };
        let below: Vec<Vec<usize>> = self.templates.iter().map(|one| uses(&one.document)).collect();
        if let Some(cycle) = graph::cycle(&below) {
            let mut names: Vec<&str> =
                cycle.iter().map(|one| self.templates[*one].document.title.as_str()).collect();
            names.extend(names.first().copied());
            let first = &self.templates[cycle[0]];
            let place = Some(first.source.place(first.span));
            let message = format!("a component contains itself: {}", names.join(" -> "));
            faults.push(Diagnostic::error(message).at(place));
            return None;
        }
        let all = count(&self.templates, &below, program, &uses(program));
        if all > MOST_RESOURCES {
            let message =
                format!("with its components this is more than {MOST_RESOURCES} resources");
            faults.push(Diagnostic::error(message).at(Some(source.place(Span::START))));
            return None;
        }
        let mut components = Components::new();
        for Template { token, source, folder, document, .. } in self.templates {
            let analysis = analysis::analyse(&source, &document, signatures, faults)?;
            let project = YamlProject::new(source, document, analysis, folder);
            components.insert(token, Arc::new(project));
        }
        Some(components)
    }
}

/// How many resources a program comes to. There are no cycles.
fn count(
    templates: &[Template],
    below: &[Vec<usize>],
    program: &Document,
    of_program: &[usize],
) -> usize {
    let mut counts: Vec<Option<usize>> = vec![None; templates.len()];
    let sum = |own: usize, uses: &[usize], counts: &[Option<usize>]| {
        uses.iter().try_fold(own, |sum, one| Some(sum.saturating_add(counts[*one]?)))
    };
    for _ in 0..templates.len() {
        for one in 0..templates.len() {
            if counts[one].is_none() {
                let own = templates[one].document.resources.len() + 1;
                counts[one] = sum(own, &below[one], &counts);
            }
        }
    }
    sum(program.resources.len(), of_program, &counts).unwrap_or(usize::MAX)
}

impl Reader<'_> {
    /// A component: like a project, with `inputs` for `config`.
    fn component(&mut self, project: &str, entry: &Entry) -> Document {
        const KEYS: [&str; 5] = ["inputs", "variables", "resources", "outputs", "description"];
        let node = &entry.value;
        if !matches!(node.kind, Kind::Mapping(_) | Kind::Null) {
            let message = format!("a component is a mapping, not {}", node.describe());
            self.fault(message, entry.key_span);
        }
        for part in node.entries().iter().filter(|part| !KEYS.contains(&part.key.as_str())) {
            let hint = did_you_mean(&part.key, KEYS)
                .unwrap_or_else(|| format!("it has {}", KEYS.join(", ")));
            self.fault(format!("a component has no `{}`", part.key), part.key_span).hint =
                Some(hint);
        }
        self.body(project, &entry.key, node, "inputs")
    }
}

/// What a component's input is: as given, or by default; of the declared type.
///
/// # Errors
/// When what is given is of another type.
pub(super) fn input(item: &document::ConfigItem, given: Option<Value>) -> Result<Value, String> {
    use super::settings::{plain, typed};
    let own = item.value.as_ref().or(item.default.as_ref());
    let by_default = || {
        let vault = crate::state::Vault::new(None, None);
        own.map_or(Value::Null, |node| plain(node, &vault).unwrap_or(Value::Null))
    };
    let value = match given {
        Some(Value::Null) | None => by_default(),
        Some(value) => value,
    };
    let value = typed(item, value, "the input")?;
    Ok(if item.is_secret { Value::secret(value) } else { value })
}
