//! What the names of a project mean: every reference finds something, nothing depends on itself, every type exists. All that is
//! wrong is found in one go, before anything runs.

use super::component::Signatures;
use super::document::{Document, ResourceItem};
use super::expression::Expression;
use super::interpolation::{Access, Step};
use super::options;
use crate::diagnostic::Diagnostic;
use crate::engine::urn;
use crate::graph;
use crate::nearest::did_you_mean;
use crate::source::{Source, Span};
use crate::types;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Properties of `pulumi`.
pub(super) const PULUMI: &[&str] = &["cwd", "organization", "project", "rootDirectory", "stack"];

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Config(usize),
    Variable(usize),
    Resource(usize),
    Pulumi,
}

/// What the analysis found out.
#[derive(Debug)]
pub(super) struct Analysis {
    pub(super) names: HashMap<String, Meaning>,
    /// For each resource, by property, the resources it refers to, directly or through variables.
    pub(super) property_resources: Vec<BTreeMap<String, BTreeSet<usize>>>,
    /// For each resource, those its options name.
    pub(super) option_resources: Vec<BTreeSet<usize>>,
    /// For each resource, then each variable: what must be done before.
    pub(super) order: Vec<Vec<usize>>,
}

/// Looks through a document. There is no analysis when something depends on itself: then nothing can be evaluated.
pub(super) fn analyse(
    source: &Source,
    document: &Document,
    components: &Signatures,
    faults: &mut Vec<Diagnostic>,
) -> Option<Analysis> {
    let names = names(source, document, faults);
    let checker = Checker { source, document, components, names: &names };
    for resource in &document.resources {
        checker.resource(resource, faults);
    }
    for value in document.variables.iter().chain(&document.outputs) {
        checker.expression(&value.value, faults);
    }
    let graph = Graph::new(document, &names);
    if let Some(cycle) = graph::cycle(&graph.order) {
        faults.push(graph.describe(source, document, &cycle));
        return None;
    }
    Some(graph.finish(names))
}

/// The name table.
fn names(
    source: &Source,
    document: &Document,
    faults: &mut Vec<Diagnostic>,
) -> HashMap<String, Meaning> {
    let mut names: HashMap<String, (Meaning, Span)> = HashMap::new();
    let config = document.config.iter().enumerate().flat_map(|(index, item)| {
        // `project:name` is `name` too.
        let own = item.name.strip_prefix(&format!("{}:", document.name)).unwrap_or(&item.name);
        [(own.to_owned(), Meaning::Config(index), item.span)]
    });
    let variables = document.variables.iter().enumerate();
    let variables =
        variables.map(|(index, item)| (item.name.clone(), Meaning::Variable(index), item.span));
    let resources = document.resources.iter().enumerate();
    let resources =
        resources.map(|(index, item)| (item.key.clone(), Meaning::Resource(index), item.key_span));
    for (name, meaning, span) in config.chain(variables).chain(resources) {
        let taken = names.get(&name).map(|(_, first)| {
            format!("`{name}` is already the name of something in line {}", first.start.line)
        });
        let taken =
            taken.or_else(|| (name == "pulumi").then(|| "the name `pulumi` is taken".to_owned()));
        match taken {
            Some(message) => faults.push(Diagnostic::error(message).at(Some(source.place(span)))),
            None => drop(names.insert(name, (meaning, span))),
        }
    }
    let mut names: HashMap<String, Meaning> =
        names.into_iter().map(|(name, (meaning, _))| (name, meaning)).collect();
    names.insert("pulumi".to_owned(), Meaning::Pulumi);
    names
}

struct Checker<'a> {
    source: &'a Source,
    document: &'a Document,
    components: &'a Signatures,
    names: &'a HashMap<String, Meaning>,
}

impl Checker<'_> {
    fn resource(&self, resource: &ResourceItem, faults: &mut Vec<Diagnostic>) {
        let has_type = !resource.token.is_empty() && !urn::is_builtin(&resource.token);
        let component = self.components.get(&resource.token);
        if let Some(component) = component {
            for (message, hint, span) in component.check(&types::short(&resource.token), resource) {
                let place = Some(self.source.place(span));
                faults.push(Diagnostic::error(message).at(place).maybe_hint(hint));
            }
        }
        if has_type && component.is_none() && types::find(&resource.token).is_none() {
            let message = format!(
                "refit cannot deploy resources of type `{}`",
                types::short(&resource.token)
            );
            faults.push(
                Diagnostic::error(message)
                    .at(Some(self.source.place(resource.type_span)))
                    .hint(self.type_hint(&resource.token)),
            );
        }
        for (_, value) in &resource.properties {
            self.expression(value, faults);
        }
        let mut found = Vec::new();
        options::references(&resource.options, &mut found);
        if let Some(get) = &resource.get {
            get.references(&mut found);
        }
        for (access, span) in found {
            self.access(access, span, faults);
        }
        let options = &resource.options;
        let single = options.parent.iter().chain(&options.provider);
        for expression in options.depends_on.iter().chain(single) {
            let Some(root) = expression.whole_resource() else { continue };
            if self.names.get(root).is_some_and(|meaning| !matches!(meaning, Meaning::Resource(_)))
            {
                let message = format!("`{root}` is no resource");
                faults
                    .push(Diagnostic::error(message).at(Some(self.source.place(expression.span))));
            }
        }
    }

    fn expression(&self, expression: &Expression, faults: &mut Vec<Diagnostic>) {
        let mut found = Vec::new();
        expression.references(&mut found);
        for (access, span) in found {
            self.access(access, span, faults);
            self.whole_component(access, span, faults);
        }
    }

    /// A component as a value: it has no id that could stand for it.
    fn whole_component(&self, access: &Access, span: Span, faults: &mut Vec<Diagnostic>) {
        let Some(Meaning::Resource(index)) = self.names.get(&access.root) else { return };
        let token = &self.document.resources[*index].token;
        if access.steps.is_empty() && self.components.contains_key(token) {
            let place = self.source.place(self.source.find(span, &access.text));
            let message = format!("`{}` is a component and no value", access.text);
            let hint = format!("name one of its outputs: ${{{}.OUTPUT}}", access.root);
            faults.push(Diagnostic::error(message).at(Some(place)).hint(hint));
        }
    }

    /// What to say about a type that is not there.
    fn type_hint(&self, token: &str) -> String {
        let asked = types::short(token);
        let names: Vec<String> = self.components.keys().map(|token| types::short(token)).collect();
        did_you_mean(&asked, names.iter().map(String::as_str)).unwrap_or_else(|| types::hint(token))
    }

    fn access(&self, access: &Access, span: Span, faults: &mut Vec<Diagnostic>) {
        let fault = |message: String, hint: Option<String>| {
            let place = self.source.place(self.source.find(span, &access.text));
            Diagnostic::error(message).at(Some(place)).maybe_hint(hint)
        };
        let own =
            access.root.strip_prefix(&format!("{}:", self.document.name)).unwrap_or(&access.root);
        let Some(meaning) = self.names.get(own) else {
            let hint = did_you_mean(&access.root, self.names.keys().map(String::as_str));
            faults.push(fault(format!("`{}` refers to nothing", access.text), hint));
            return;
        };
        match (meaning, access.steps.first()) {
            (Meaning::Pulumi, Some(Step::Property(name))) if PULUMI.contains(&name.as_str()) => {}
            (Meaning::Pulumi, step) => {
                let name = match step {
                    Some(Step::Property(name)) => name.as_str(),
                    _ => "",
                };
                let hint = did_you_mean(name, PULUMI.iter().copied());
                let hint = hint.unwrap_or_else(|| format!("it has {}", PULUMI.join(", ")));
                faults.push(fault(format!("`pulumi` has no property `{name}`"), Some(hint)));
            }
            (Meaning::Resource(index), Some(Step::Property(name))) => {
                let token = &self.document.resources[*index].token;
                if let Some(component) = self.components.get(token) {
                    let wrong = component.output(&types::short(token), name);
                    faults.extend(wrong.map(|(message, hint)| fault(message, Some(hint))));
                    return;
                }
                let Some(kind) = types::find(token) else { return };
                if kind.properties.contains_key(name) || matches!(name.as_str(), "id" | "urn") {
                    return;
                }
                let names = kind.properties.keys().map(String::as_str).chain(["id", "urn"]);
                let hint = did_you_mean(name, names.clone())
                    .unwrap_or_else(|| format!("it has {}", names.collect::<Vec<_>>().join(", ")));
                faults.push(fault(format!("{} has no output `{name}`", kind.short()), Some(hint)));
            }
            (Meaning::Resource(_), Some(Step::Index(_))) => {
                faults.push(fault(format!("`{}` is a resource, not a list", access.root), None));
            }
            _ => {}
        }
    }
}

/// What refers to what.
struct Graph {
    order: Vec<Vec<usize>>,
    resources: usize,
    properties: Vec<BTreeMap<String, BTreeSet<usize>>>,
    options: Vec<BTreeSet<usize>>,
    variables: Vec<BTreeSet<usize>>,
}

impl Graph {
    fn new(document: &Document, names: &HashMap<String, Meaning>) -> Self {
        let resources = document.resources.len();
        let node = |access: &Access| {
            let own =
                access.root.strip_prefix(&format!("{}:", document.name)).unwrap_or(&access.root);
            match names.get(own)? {
                Meaning::Resource(index) => Some(*index),
                Meaning::Variable(index) => Some(resources + index),
                _ => None,
            }
        };
        let below = |expression: &Expression| {
            let mut found = Vec::new();
            expression.references(&mut found);
            found.into_iter().filter_map(|(access, _)| node(access)).collect::<BTreeSet<usize>>()
        };
        let mut graph = Self {
            order: Vec::new(),
            resources,
            properties: Vec::new(),
            options: Vec::new(),
            variables: Vec::new(),
        };
        for resource in &document.resources {
            let properties: BTreeMap<_, _> = resource
                .properties
                .iter()
                .map(|(name, value)| (name.clone(), below(value)))
                .collect();
            let mut found = Vec::new();
            options::references(&resource.options, &mut found);
            if let Some(get) = &resource.get {
                get.references(&mut found);
            }
            let options: BTreeSet<usize> =
                found.into_iter().filter_map(|(access, _)| node(access)).collect();
            let all: BTreeSet<usize> =
                properties.values().flatten().chain(&options).copied().collect();
            graph.order.push(all.into_iter().collect());
            graph.properties.push(properties);
            graph.options.push(options);
        }
        for variable in &document.variables {
            let below = below(&variable.value);
            graph.order.push(below.iter().copied().collect());
            graph.variables.push(below);
        }
        graph
    }

    fn describe(&self, source: &Source, document: &Document, cycle: &[usize]) -> Diagnostic {
        let name = |node: &usize| match node.checked_sub(self.resources) {
            None => (document.resources[*node].key.as_str(), document.resources[*node].key_span),
            Some(index) => {
                (document.variables[index].name.as_str(), document.variables[index].span)
            }
        };
        let mut names: Vec<&str> = cycle.iter().map(|node| name(node).0).collect();
        names.extend(names.first().copied());
        let place = cycle.first().map(|node| source.place(name(node).1));
        Diagnostic::error(format!("circular dependency: {}", names.join(" -> ")))
            .at(place)
            .hint("one of them must not refer to the next")
    }

    /// Follows variables to the resources behind them.
    fn finish(self, names: HashMap<String, Meaning>) -> Analysis {
        let mut behind: Vec<Option<BTreeSet<usize>>> = vec![None; self.variables.len()];
        // No cycles: as many rounds as there are variables settle everything; one round for each level is the usual case.
        for _ in 0..self.variables.len() {
            for index in 0..self.variables.len() {
                if behind[index].is_none() {
                    behind[index] = self.resolve(&self.variables[index], &behind);
                }
            }
        }
        let settled = |nodes: &BTreeSet<usize>| self.resolve(nodes, &behind).unwrap_or_default();
        Analysis {
            names,
            property_resources: self
                .properties
                .iter()
                .map(|properties| {
                    properties.iter().map(|(name, nodes)| (name.clone(), settled(nodes))).collect()
                })
                .collect(),
            option_resources: self.options.iter().map(settled).collect(),
            order: self.order,
        }
    }

    fn resolve(
        &self,
        nodes: &BTreeSet<usize>,
        behind: &[Option<BTreeSet<usize>>],
    ) -> Option<BTreeSet<usize>> {
        let mut found = BTreeSet::new();
        for node in nodes {
            match node.checked_sub(self.resources) {
                None => drop(found.insert(*node)),
                Some(variable) => found.extend(behind.get(variable)?.as_ref()?.iter().copied()),
            }
        }
        Some(found)
    }
}
