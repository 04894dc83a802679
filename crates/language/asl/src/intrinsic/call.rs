//! A call and how it is carried out.

use super::format::Template;
use super::{arrays, encode, math};
use crate::path::{Miss, Path, Root};
use crate::value::{Random, Scope, json_text};
use serde_json::Value;
use std::borrow::Cow;

/// A function and its arguments.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) function: Function,
    pub(super) arguments: Box<[Argument]>,
}

/// An argument, ready to be evaluated.
#[derive(Clone, Debug)]
pub(super) enum Argument {
    Literal(Value),
    /// The first argument of `States.Format`, when it is written out.
    Template(Result<Template, String>),
    Path(Path),
    Call(Box<Call>),
}

/// The functions there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Array,
    ArrayContains,
    ArrayGetItem,
    ArrayLength,
    ArrayPartition,
    ArrayRange,
    ArrayUnique,
    Base64Decode,
    Base64Encode,
    Format,
    Hash,
    JsonMerge,
    JsonToString,
    MathAdd,
    MathRandom,
    StringSplit,
    StringToJson,
    Uuid,
}

/// Name, least and most arguments. AWS: the developer guide's page on intrinsic functions.
const FUNCTIONS: [(Function, &str, usize, usize); 18] = [
    (Function::Array, "States.Array", 0, usize::MAX),
    (Function::ArrayContains, "States.ArrayContains", 2, 2),
    (Function::ArrayGetItem, "States.ArrayGetItem", 2, 2),
    (Function::ArrayLength, "States.ArrayLength", 1, 1),
    (Function::ArrayPartition, "States.ArrayPartition", 2, 2),
    (Function::ArrayRange, "States.ArrayRange", 3, 3),
    (Function::ArrayUnique, "States.ArrayUnique", 1, 1),
    (Function::Base64Decode, "States.Base64Decode", 1, 1),
    (Function::Base64Encode, "States.Base64Encode", 1, 1),
    (Function::Format, "States.Format", 1, usize::MAX),
    (Function::Hash, "States.Hash", 2, 2),
    (Function::JsonMerge, "States.JsonMerge", 3, 3),
    (Function::JsonToString, "States.JsonToString", 1, 1),
    (Function::MathAdd, "States.MathAdd", 2, 2),
    (Function::MathRandom, "States.MathRandom", 2, 3),
    (Function::StringSplit, "States.StringSplit", 2, 2),
    (Function::StringToJson, "States.StringToJson", 1, 1),
    (Function::Uuid, "States.UUID", 0, 0),
];

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(_, known, ..)| *known == name).map(|(function, ..)| *function)
    }

    pub(super) fn name(self) -> &'static str {
        FUNCTIONS.iter().find(|(function, ..)| *function == self).map_or("", |(_, name, ..)| name)
    }

    pub(super) fn arity(self) -> (usize, usize) {
        FUNCTIONS
            .iter()
            .find(|(function, ..)| *function == self)
            .map_or((0, 0), |(_, _, least, most)| (*least, *most))
    }

    /// AWS: the text of every refused argument.
    pub(super) fn invalid(self) -> String {
        format!("Invalid arguments in {}", self.name())
    }
}

impl Call {
    pub(super) fn collect<'c>(
        &'c self,
        functions: &mut Vec<&'static str>,
        paths: &mut Vec<&'c Path>,
    ) {
        functions.push(self.function.name());
        for argument in &self.arguments {
            match argument {
                Argument::Path(path) => paths.push(path),
                Argument::Call(call) => call.collect(functions, paths),
                Argument::Literal(_) | Argument::Template(_) => {}
            }
        }
    }
}

/// One evaluation of an expression.
pub(super) struct Evaluation<'v, 'r> {
    pub(super) scope: Scope<'v>,
    pub(super) random: &'r mut dyn Random,
}

/// A value, or what went wrong in AWS's words.
pub(super) type Outcome<'v> = Result<Cow<'v, Value>, String>;

impl<'v> Evaluation<'v, '_> {
    pub(super) fn call(&mut self, call: &'v Call) -> Outcome<'v> {
        let owned = match call.function {
            Function::ArrayGetItem => return arrays::get_item(self, call),
            Function::Array => arrays::array(self, call),
            Function::ArrayContains => arrays::contains(self, call),
            Function::ArrayLength => arrays::length(self, call),
            Function::ArrayPartition => arrays::partition(self, call),
            Function::ArrayRange => arrays::range(self, call),
            Function::ArrayUnique => arrays::unique(self, call),
            Function::Base64Decode => encode::base64_decode(self, call),
            Function::Base64Encode => encode::base64_encode(self, call),
            Function::Format => self.format(call),
            Function::Hash => encode::hash(self, call),
            Function::JsonMerge => encode::json_merge(self, call),
            Function::JsonToString => {
                self.argument(call, 0).map(|value| Value::String(json_text(&value)))
            }
            Function::MathAdd => math::add(self, call),
            Function::MathRandom => math::random(self, call),
            Function::StringSplit => encode::string_split(self, call),
            Function::StringToJson => encode::string_to_json(self, call),
            Function::Uuid => Ok(Value::String(math::uuid(self.random))),
        };
        owned.map(Cow::Owned)
    }

    /// The value of an argument; the parser made sure that it is there.
    pub(super) fn argument(&mut self, call: &'v Call, index: usize) -> Outcome<'v> {
        match call.arguments.get(index) {
            Some(Argument::Literal(value)) => Ok(Cow::Borrowed(value)),
            Some(Argument::Path(path)) => {
                path.eval(&self.scope).map_err(|miss| self.missing(path, &miss))
            }
            Some(Argument::Call(inner)) => self.call(inner),
            Some(Argument::Template(_)) | None => Err(call.function.invalid()),
        }
    }

    /// The string an argument must be.
    pub(super) fn string(&mut self, call: &'v Call, index: usize) -> Result<Cow<'v, str>, String> {
        match self.argument(call, index)? {
            Cow::Borrowed(Value::String(text)) => Ok(Cow::Borrowed(text)),
            Cow::Owned(Value::String(text)) => Ok(Cow::Owned(text)),
            _ => Err(call.function.invalid()),
        }
    }

    fn missing(&self, path: &Path, miss: &Miss) -> String {
        match miss {
            // AWS: the message of its JSONPath library shows through here.
            Miss::NotAnArray { index, value } => {
                format!(
                    "Filter: [{index}] can only be applied to arrays. Current context is: {value}"
                )
            }
            Miss::Function(message) => message.clone(),
            _ => {
                let searched = match path.root() {
                    Root::Variable(name) => {
                        self.scope.variables.variable(name).unwrap_or(&Value::Null)
                    }
                    // AWS: the state's input is quoted even when the Context Object was searched.
                    Root::Input | Root::Context => self.scope.input,
                };
                format!(
                    "The JsonPath argument for the field '{}' could not be found in the input '{}'",
                    path.text_from_root(),
                    json_text(searched)
                )
            }
        }
    }

    fn format(&mut self, call: &'v Call) -> Result<Value, String> {
        let read;
        let template = if let Some(Argument::Template(template)) = call.arguments.first() {
            template.as_ref().map_err(Clone::clone)?
        } else {
            read = Template::parse(&self.string(call, 0)?)?;
            &read
        };
        let given = call.arguments.len() - 1;
        if template.holes() != given {
            return Err(format!(
                "{}: number of arguments do not match the occurrences of {{}}.",
                call.function.invalid()
            ));
        }
        let mut text = template.start();
        for index in 0..given {
            let value = self.argument(call, index + 1)?;
            template.fill(index, &value, &mut text);
        }
        Ok(Value::String(text))
    }
}
