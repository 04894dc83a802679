//! A program in Python or TypeScript as Pulumi YAML, out of its plan: it is run as for a preview, and gets a mark for every
//! output. Where a mark comes back, in an input or inside a text, the YAML has a reference.

mod write;

use super::definitions::Nowhere;
use super::session::hosted_setting;
use super::{Language, Options, Project};
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::engine::urn;
use crate::error::Error;
use crate::hosts::HostProgram;
use crate::program::yaml::settings;
use crate::program::{Alias, Monitor, Program, Registered, Registration, Status};
use crate::provider::invoke::{self, InvokeError};
use crate::types::{self, Property, Shape, canonical, short};
use crate::value::{Object, Value};
use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A mark is this, five digits, and `-`.
const MARK: &str = "refit-output-";
const DIGITS: usize = 5;

/// A program as YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// The `Pulumi.yaml`.
    pub yaml: String,
    /// What is worth knowing about it.
    pub notes: Vec<String>,
}

/// How a conversion runs the program.
pub struct Conversion<'a> {
    /// The stack whose configuration the program gets.
    pub stack: String,
    /// More configuration: key and value.
    pub config: Vec<(String, String)>,
    /// Opens the configuration's secrets.
    pub passphrase: Option<String>,
    /// Where stacks are kept, and environments of programs.
    pub state_root: PathBuf,
    /// Told what the program prints, and what is installed for it.
    pub say: &'a (dyn Fn(&str) + Send + Sync),
}

/// What a mark stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// A property of the resource with this URN.
    Resource(String, String),
    /// A property of what this variable holds.
    Variable(String, String),
}

/// A resource as it was registered.
struct Noted {
    urn: String,
    /// `URN::ID` as a provider.
    reference: String,
    key: String,
    registration: Registration,
}

/// A data source as it was called.
struct Asked {
    variable: String,
    token: String,
    arguments: Object,
}

/// What a program did.
#[derive(Default)]
struct Story {
    resources: Vec<Noted>,
    asked: Vec<Asked>,
    outputs: Object,
    marks: Vec<Origin>,
    /// Errors that the program told of.
    errors: Vec<Diagnostic>,
    /// Values that cannot be written, and where.
    places: Vec<Diagnostic>,
    has_components: bool,
}

struct Plan<'a> {
    project: &'a str,
    stack: &'a str,
    region: String,
    say: &'a (dyn Fn(&str) + Send + Sync),
    story: Mutex<Story>,
}

/// One resource as it stands below `resources`. Its parent and its import are told elsewhere.
pub(super) fn resource_as_yaml(mut registration: Registration) -> Result<String, Error> {
    registration.options.import = None;
    registration.options.parent = None;
    let key = registration.name.clone();
    let (urn, reference) = (String::new(), String::new());
    write::resource(&Noted { urn, reference, key, registration })
}

impl Project {
    /// The program as YAML: the same resources with the same names, so that a stack that was deployed by the one goes on with
    /// the other. AWS is not asked.
    ///
    /// # Errors
    /// [`Error::Invalid`] with everything that is wrong with the program, or that has no form in YAML.
    pub async fn convert(&self, how: &Conversion<'_>) -> Result<Converted, Error> {
        let hosted = match &self.program {
            Ok(Language::Hosted(hosted)) => hosted.clone(),
            Ok(Language::Yaml(_)) => {
                let message = "the program is in YAML already";
                return Err(Error::Invalid { diagnostics: vec![Diagnostic::error(message)] });
            }
            Err(faults) => return Err(Error::invalid(faults.clone())),
        };
        let passphrase = how.passphrase.as_ref();
        let settings =
            settings::read(&self.directory, &self.name, &how.stack, &how.config, passphrase)?;
        let region = settings.region().unwrap_or("us-east-1").to_owned();
        let config =
            hosted.config(&settings).map_err(|diagnostics| Error::Invalid { diagnostics })?;
        let nowhere = Arc::new(Nowhere { region: region.clone() });
        let mut options = Options::new(&how.stack, how.state_root.clone(), nowhere);
        options.environments = Some(how.state_root.join("environments"));
        options.passphrase.clone_from(&how.passphrase);
        let program = HostProgram::new(hosted, config, hosted_setting(&self.name, &options));
        let plan = Plan {
            project: &self.name,
            stack: &how.stack,
            region,
            say: how.say,
            story: Mutex::default(),
        };
        program.run(&plan).await;
        let story = plan.story.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !story.errors.is_empty() {
            return Err(Error::invalid(story.errors));
        }
        let is_set = settings.values().any(|(key, _)| key.starts_with(&format!("{}:", self.name)));
        write::write(&self.name, story, is_set)
    }
}

impl Plan<'_> {
    fn story(&self) -> MutexGuard<'_, Story> {
        self.story.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Story {
    /// A text that stands for an output.
    fn mark(&mut self, origin: Origin) -> Value {
        let index = self.marks.iter().position(|known| *known == origin).unwrap_or_else(|| {
            self.marks.push(origin);
            self.marks.len() - 1
        });
        if index >= 10_usize.pow(DIGITS as u32) {
            Value::Unknown
        } else {
            Value::String(format!("{MARK}{index:0DIGITS$}-"))
        }
    }

    /// A name in the YAML for a resource or a variable.
    fn key(&self, name: &str, kind: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let mut key: String = name.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
        if !key.starts_with(|c: char| c.is_ascii_alphabetic()) {
            key.insert(0, 'r');
        }
        let is_taken = |key: &str| {
            self.resources.iter().any(|noted| noted.key == key)
                || self.asked.iter().any(|asked| asked.variable == key)
        };
        if is_taken(&key) {
            key = format!("{key}_{kind}");
        }
        let base = key.clone();
        let mut count = 2;
        while is_taken(&key) {
            key = format!("{base}{count}");
            count += 1;
        }
        key
    }

    /// The outputs of a resource: what went in, and a mark for everything else that is a text.
    fn outputs_of(&mut self, urn: &str, registration: &Registration) -> Object {
        let mut outputs = registration.inputs.clone();
        let mark = |story: &mut Self, name: &str| {
            story.mark(Origin::Resource(urn.to_owned(), name.to_owned()))
        };
        for (name, property) in properties(&registration.token) {
            let is_given = outputs.get(&name).is_some_and(|given| !matches!(given, Value::Null));
            if !is_given {
                let value = default_of(&property).unwrap_or_else(|| {
                    if is_text(&property.shape) { mark(self, &name) } else { Value::Unknown }
                });
                outputs.insert(name, value);
            }
        }
        let id = mark(self, "id");
        outputs.insert("id".to_owned(), id);
        outputs
    }
}

/// The properties of a resource type; none of a type that refit does not deploy.
fn properties(token: &str) -> Vec<(String, Property)> {
    let kind = types::find(&canonical(token));
    let own = kind.iter().flat_map(|kind| kind.properties.iter());
    own.map(|(name, property)| (name.clone(), property.clone())).collect()
}

fn default_of(property: &Property) -> Option<Value> {
    property.default.clone().map(Value::from_json)
}

fn is_text(shape: &Shape) -> bool {
    matches!(
        shape,
        Shape::String
            | Shape::Policy
            | Shape::Json
            | Shape::TextJson
            | Shape::StateMachine
            | Shape::Schedule
            | Shape::Time
            | Shape::Role
    )
}

/// What data sources give that need no AWS, as texts.
const TOLD: &[(&str, &[&str])] = &[
    ("aws:getCallerIdentity", &["accountId", "arn", "id", "userId"]),
    ("aws:getPartition", &["dnsSuffix", "id", "partition", "reverseDnsPrefix"]),
    ("aws:getArn", &["account", "arn", "id", "partition", "region", "resource", "service"]),
    ("aws:iam:getPolicyDocument", &["id", "json", "minifiedJson"]),
];

#[async_trait]
impl Monitor for Plan<'_> {
    fn is_preview(&self) -> bool {
        true
    }

    async fn register(&self, registration: Registration) -> Registered {
        let token = if registration.is_component {
            registration.token.clone()
        } else {
            canonical(&registration.token)
        };
        let parent = registration.options.parent.as_deref();
        let urn = urn::of(self.stack, self.project, parent, &token, &registration.name);
        let mut story = self.story();
        if registration.is_component {
            story.has_components = true;
            return Registered { urn, outputs: Object::new(), status: Status::Done };
        }
        let outputs = story.outputs_of(&urn, &registration);
        let id = outputs.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = token.rsplit(':').next().unwrap_or_default();
        let key = story.key(&registration.name, kind);
        let reference = format!("{urn}::{id}");
        story.resources.push(Noted { urn: urn.clone(), reference, key, registration });
        Registered { urn, outputs, status: Status::Done }
    }

    async fn invoke(
        &self,
        token: &str,
        arguments: &Object,
        _provider: Option<&str>,
    ) -> Result<Value, InvokeError> {
        invoke::find(token)?;
        let name = short(&canonical(token)).replace("aws:index:", "aws:");
        if name == "aws:getRegion" {
            // Programs ask for it to write names and addresses: those are this region's.
            let region = [("id", &self.region), ("name", &self.region), ("region", &self.region)];
            let region = region.map(|(name, text)| (name.to_owned(), Value::string(text.as_str())));
            return Ok(Value::Object(region.into_iter().collect()));
        }
        let told = TOLD.iter().find(|(known, _)| *known == name).map(|(_, names)| names.to_vec());
        let of_table = types::source(token);
        let of_table = of_table.iter().flat_map(|source| source.properties.iter());
        let of_table: Vec<(String, bool)> = of_table
            .map(|(name, property)| (name.clone(), is_text(&property.shape)))
            .chain([("id".to_owned(), true)])
            .collect();
        let names: Vec<(String, bool)> = match (told, name.as_str()) {
            (Some(told), _) => told.into_iter().map(|name| (name.to_owned(), true)).collect(),
            (None, "aws:sagemaker:getPrebuiltEcrImage") => {
                ["id", "registryId", "registryPath"].map(|name| (name.to_owned(), true)).into()
            }
            (None, _) => of_table,
        };
        let mut story = self.story();
        let function = name.rsplit(':').next().unwrap_or_default();
        let function = function.strip_prefix("get").unwrap_or(function);
        let same = |asked: &&Asked| asked.token == name && asked.arguments == *arguments;
        let known = story.asked.iter().find(same).map(|asked| asked.variable.clone());
        let variable = known.unwrap_or_else(|| {
            let mut letters = function.chars();
            let first = letters.next().map(|c| c.to_ascii_lowercase());
            let function: String = first.into_iter().chain(letters).collect();
            let variable = story.key(&function, "variable");
            let (token, arguments) = (name.clone(), arguments.clone());
            story.asked.push(Asked { variable: variable.clone(), token, arguments });
            variable
        });
        let mut answer = arguments.clone();
        for (name, is_text) in names {
            if !answer.contains_key(&name) {
                let origin = Origin::Variable(variable.clone(), name.clone());
                let value = if is_text { story.mark(origin) } else { Value::Unknown };
                answer.insert(name, value);
            }
        }
        Ok(Value::Object(answer))
    }

    fn outputs(&self, outputs: Object) {
        self.story().outputs = outputs;
    }

    fn component_outputs(&self, _urn: &str, _outputs: Object) {}

    fn say(&self, line: &str) {
        (self.say)(line);
    }

    fn remark(&self, diagnostic: Diagnostic) {
        (self.say)(&diagnostic.to_string());
    }

    fn report(&self, diagnostic: Diagnostic) {
        if diagnostic.severity == Severity::Error {
            self.story().errors.push(diagnostic);
        } else {
            (self.say)(&diagnostic.to_string());
        }
    }
}

/// Something that has no form in YAML.
fn refusal(place: Option<Place>, message: String) -> Diagnostic {
    Diagnostic::error(message).at(place)
}

/// An alias as the YAML has it; none of one that has no form there.
fn alias_text(alias: &Alias) -> Option<String> {
    match alias {
        Alias::Urn(urn) => Some(urn.clone()),
        Alias::Spec(_) => None,
    }
}
