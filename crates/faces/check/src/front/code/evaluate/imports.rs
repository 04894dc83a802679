//! Imports: modules of packages are paths of names; the program's own files are read, and their names known.

use super::super::ast::{Dialect, Expr, Form, Function, Statement};
use super::super::parser;
use super::names::{collect, collect_in_passing};
use super::{Machine, Value};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Files longer than this are not read.
const MAX_BYTES: u64 = 1 << 20;
/// How many files of its own a program may have.
const MAX_FILES: usize = 200;
/// How deep files may import each other.
const MAX_DEPTH: usize = 12;

/// The names of a file of the program.
pub(super) type Names = Rc<HashMap<String, Value>>;

/// A file of the program that was read.
pub(super) struct Module {
    /// Its names; none while it is being read.
    names: Option<Names>,
    /// Kept, so that functions stay where they are.
    statements: Rc<Vec<Statement>>,
}

impl Machine<'_> {
    /// Imports of a module: the name, or the module itself.
    pub(super) fn import(&mut self, module: &str, name: Option<&str>, alias: &str) {
        if self.import_local(module, name, alias) {
            return;
        }
        let mut path: Vec<String> = module
            .trim_start_matches("@pulumi/")
            .split(['.', '/'])
            .map(|part| if part == "pulumi_aws" { "aws".to_owned() } else { part.to_owned() })
            .collect();
        path.extend(name.map(str::to_owned));
        // Of several modules whose names are all taken, those of AWS's matter.
        let is_aws = |path: &[String]| path.first().is_some_and(|root| root == "aws");
        if alias == "*"
            && !is_aws(&path)
            && matches!(self.lookup(alias), Some(Value::Path(before)) if is_aws(&before))
        {
            return;
        }
        self.define(alias, Value::Path(path));
    }

    /// The same of a file of the program; false when there is none.
    fn import_local(&mut self, module: &str, name: Option<&str>, alias: &str) -> bool {
        let Some(place) = self.place_of(module) else { return false };
        let whole = self.existing(&place).and_then(|file| self.module(&file));
        let inner = |machine: &mut Self, name: &str| {
            let file = machine.existing(&place.join(name))?;
            machine.module(&file).map(Value::Module)
        };
        match (whole, name) {
            (Some(names), None) => self.define(alias, Value::Module(names)),
            (Some(names), Some("*")) => {
                for (name, value) in names.iter().filter(|(name, _)| !name.starts_with('_')) {
                    self.define(name, value.clone());
                }
            }
            (Some(names), Some(name)) => {
                let found = names.get(name).cloned().or_else(|| inner(self, name));
                match found {
                    Some(found) => self.define(alias, found),
                    None => return false,
                }
            }
            (None, Some(name)) => match inner(self, name) {
                Some(found) => self.define(alias, found),
                None => return false,
            },
            (None, None) => return false,
        }
        true
    }

    /// Where a module would be, without its ending; none outside of the program's directory.
    fn place_of(&self, module: &str) -> Option<PathBuf> {
        let relative = match self.dialect {
            Dialect::Python => {
                let dots = module.bytes().take_while(|byte| *byte == b'.').count();
                let mut base = if dots == 0 { PathBuf::new() } else { self.folder.clone() };
                for _ in 1..dots {
                    if !base.pop() {
                        return None;
                    }
                }
                base.extend(module[dots..].split('.').filter(|part| !part.is_empty()));
                base
            }
            Dialect::TypeScript => {
                if !module.starts_with("./") && !module.starts_with("../") {
                    return None;
                }
                let mut base = self.folder.clone();
                for part in Path::new(module).components() {
                    match part {
                        Component::CurDir => {}
                        Component::ParentDir if base.pop() => {}
                        Component::Normal(name) => base.push(name),
                        _ => return None,
                    }
                }
                base
            }
        };
        relative.components().all(|part| matches!(part, Component::Normal(_))).then_some(relative)
    }

    /// The file of a module, below the program's directory.
    fn existing(&self, place: &Path) -> Option<PathBuf> {
        let endings: &[&str] = match self.dialect {
            Dialect::Python => &[".py", "/__init__.py"],
            Dialect::TypeScript => &["", ".ts", ".js", "/index.ts", "/index.js"],
        };
        let place = place.to_str()?.trim_end_matches('/');
        let place = match self.dialect {
            // What is written as compiled stands there as it is written.
            Dialect::TypeScript => place.strip_suffix(".js").unwrap_or(place),
            Dialect::Python => place,
        };
        let is_file = |name: &String| {
            let details = std::fs::metadata(self.program.directory.join(name));
            details.is_ok_and(|details| details.is_file() && details.len() <= MAX_BYTES)
        };
        endings.iter().map(|ending| format!("{place}{ending}")).find(is_file).map(PathBuf::from)
    }

    /// The names of a file: it is run once, when it is imported first.
    fn module(&mut self, file: &Path) -> Option<Names> {
        if let Some(known) = self.modules.get(file) {
            return known.names.clone();
        }
        if self.modules.len() >= MAX_FILES || self.depth >= MAX_DEPTH {
            return None;
        }
        let path = self.program.directory.join(file);
        let text = std::fs::read_to_string(&path).ok()?;
        let id = self.sources.add(&path, &text);
        let (statements, faults) = parser::parse(&text, id, self.dialect);
        self.program.faults.extend(faults);
        let statements = Rc::new(statements);
        collect(&statements, &mut self.known);
        if self.dialect == Dialect::Python {
            collect_in_passing(&text, &mut self.known);
        }
        let module = Module { names: None, statements: statements.clone() };
        self.modules.insert(file.to_owned(), module);
        let folder = file.parent().map(Path::to_owned).unwrap_or_default();
        let scopes = std::mem::replace(&mut self.scopes, vec![HashMap::new()]);
        let folder = std::mem::replace(&mut self.folder, folder);
        self.depth += 1;
        self.statements(&statements);
        self.depth -= 1;
        self.folder = folder;
        let own = std::mem::replace(&mut self.scopes, scopes);
        let names: Names = Rc::new(own.into_iter().next().unwrap_or_default());
        functions(&statements, &mut |function| {
            self.homes.insert(Rc::as_ptr(function), names.clone());
        });
        if let Some(module) = self.modules.get_mut(file) {
            module.names = Some(names.clone());
        }
        Some(names)
    }

    /// Functions of imported files that nobody called.
    pub(super) fn uncalled_elsewhere(&mut self) {
        let mut files: Vec<PathBuf> = self.modules.keys().cloned().collect();
        files.sort();
        self.depth = 1;
        for file in files {
            let Some(module) = self.modules.get(&file) else { continue };
            let statements = module.statements.clone();
            self.uncalled(&statements);
        }
    }
}

/// Every function in statements.
fn functions(statements: &[Statement], found: &mut dyn FnMut(&Rc<Function>)) {
    for statement in statements {
        match statement {
            Statement::Define(_, function) => {
                found(function);
                functions(&function.body, found);
            }
            Statement::Block(body) => functions(body, found),
            Statement::Assign(_, value)
            | Statement::Expression(value)
            | Statement::Return(value) => {
                functions_of(value, found);
            }
            Statement::Import(..) | Statement::Export(_) => {}
        }
    }
}

fn functions_of(value: &Expr, found: &mut dyn FnMut(&Rc<Function>)) {
    match &value.form {
        Form::Function(function) => {
            found(function);
            functions(&function.body, found);
        }
        Form::Call(callee, arguments) => {
            functions_of(callee, found);
            for argument in arguments {
                functions_of(&argument.value, found);
            }
        }
        Form::Attribute(inner, _) => functions_of(inner, found),
        Form::List(items) => items.iter().for_each(|item| functions_of(item, found)),
        Form::Map(entries) => entries.iter().for_each(|(_, value)| functions_of(value, found)),
        _ => {}
    }
}
