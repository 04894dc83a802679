//! Components: each use of one is looked at with what it is given, as if its resources stood in the program.

use super::{Meaning, Reader, tree};
use crate::model::SCOPE;
use crate::node::{Kind, Node};
use std::collections::HashMap;
use std::path::{Component, Path};
use std::sync::Arc;

/// How deep components may be in components.
const MAX_DEPTH: usize = 16;
/// How many uses of components are looked at: each may hold many others.
const MAX_USES: usize = 2_000;
/// Packages are looked at up to this size.
const MAX_BYTES: u64 = 4 << 20;

/// Components by package and name.
pub(super) type Components = HashMap<(String, String), Arc<Node>>;

/// The package and the name of a type: of `lib:index:Box` and `lib:Box` the same.
fn named(token: &str) -> (String, String) {
    let package = token.split(':').next().unwrap_or_default();
    (package.to_owned(), token.rsplit(':').next().unwrap_or_default().to_owned())
}

impl Reader<'_> {
    /// Finds the components of the file and of the folders that it has as packages.
    pub(super) fn find_components(&mut self, root: &Node, directory: &Path) {
        let package = root.get("name").and_then(Node::as_str).unwrap_or_default().to_owned();
        let mut components = Components::new();
        keep(&mut components, &[&package], root);
        for entry in root.get("packages").map(Node::entries).unwrap_or_default() {
            let folder = entry.value.as_str().or_else(|| entry.value.get("source")?.as_str());
            let Some(inner) = folder.and_then(|folder| self.package(directory, folder)) else {
                continue;
            };
            let own = inner.get("name").and_then(Node::as_str).unwrap_or(&entry.key).to_owned();
            keep(&mut components, &[&entry.key, &own], &inner);
        }
        self.components = Arc::new(components);
    }

    fn package(&mut self, directory: &Path, folder: &str) -> Option<Node> {
        let is_plain = |part: Component<'_>| !matches!(part, Component::Prefix(_));
        let folder =
            Path::new(folder).components().all(is_plain).then(|| directory.join(folder))?;
        let names = ["PulumiPlugin.yaml", "Pulumi.yaml"].map(|name| folder.join(name));
        let path = names.into_iter().find(|path| path.is_file())?;
        let is_small = std::fs::metadata(&path).is_ok_and(|details| details.len() <= MAX_BYTES);
        let text = std::fs::read_to_string(&path).ok().filter(|_| is_small)?;
        let file = self.sources.add(&path, &text);
        tree::parse(&text, file).0
    }

    /// The component that a type is.
    pub(super) fn component(&self, token: &str) -> Option<Arc<Node>> {
        self.components.get(&named(token)).cloned()
    }

    /// Looks at one use of a component: `key` is what it is called, `node` what it is given.
    pub(super) fn expand(&mut self, key: &str, node: &Node, component: &Node) {
        // While it is looked at nobody may ask for it: it would contain itself.
        self.names.insert(key.to_owned(), Meaning::Unknown);
        self.uses += 1;
        if self.depth >= MAX_DEPTH || self.uses > MAX_USES {
            return;
        }
        let given = node.get("properties").map(|properties| self.evaluate(properties));
        let mut inputs = HashMap::new();
        for input in component.get("inputs").map(Node::entries).unwrap_or_default() {
            let default = match &input.value.kind {
                Kind::Map(_) => input.value.get("default"),
                Kind::Null => None,
                _ => Some(&input.value),
            };
            let value = given.as_ref().and_then(|given| given.get(&input.key)).or(default);
            let meaning = value.map_or(Meaning::Unknown, |value| Meaning::Value(value.clone()));
            inputs.insert(input.key.clone(), meaning);
        }
        let name = node.get("name").and_then(Node::as_str).unwrap_or(key);
        let (scope, prefix) = (self.scoped(key), format!("{}{name}-", self.prefix));
        let outer = std::mem::replace(&mut self.names, inputs);
        let outer_scope = std::mem::replace(&mut self.scope, format!("{scope}{SCOPE}"));
        let outer_prefix = std::mem::replace(&mut self.prefix, prefix);
        self.depth += 1;
        self.names(component);
        self.resources(component);
        let outputs = component.get("outputs").map(Node::entries).unwrap_or_default();
        let outputs: HashMap<String, Node> =
            outputs.iter().map(|entry| (entry.key.clone(), self.evaluate(&entry.value))).collect();
        self.depth -= 1;
        self.names = outer;
        self.scope = outer_scope;
        self.prefix = outer_prefix;
        self.names.insert(key.to_owned(), Meaning::Component(Arc::new(outputs)));
    }
}

fn keep(components: &mut Components, packages: &[&str], root: &Node) {
    for entry in root.get("components").map(Node::entries).unwrap_or_default() {
        let component = Arc::new(entry.value.clone());
        for package in packages {
            components.insert(((*package).to_owned(), entry.key.clone()), component.clone());
        }
    }
}
