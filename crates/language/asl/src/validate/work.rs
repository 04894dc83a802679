//! Task and Parallel states, and what they share with Map: `Retry`, `Catch`, the way of results.

use super::fields::MAX_SECONDS;
use super::machine::Scope;
use super::node::Node;
use super::{Checker, Fault, code, tables};
use crate::diagnostic::Severity;
use crate::json::Kind;
use crate::program::{
    Catcher, ParallelState, QueryLanguage, Resource, ResourceKind, ResultPath, Retrier, TaskState,
    Work,
};
use crate::program::{Integration, MachineId};

/// AWS: `MaxAttempts` is at most 99999999, `MaxDelaySeconds` less than 31622400.
const MAX_ATTEMPTS: u64 = 99_999_999;
const MAX_DELAY_SECONDS: u64 = 31_622_400;

/// Matches every error.
const ALL: &str = "States.ALL";

impl Checker<'_> {
    pub(super) fn task(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Option<TaskState> {
        self.required(node, &["Resource"]);
        let resource = self.resource(node);
        let work = self.work(node, language, scope, true);
        let timeout = self.number(node, "TimeoutSeconds", language, 1);
        let heartbeat = self.number(node, "HeartbeatSeconds", language, 1);
        let credentials = self.template(node, "Credentials", language);
        Some(TaskState { resource: resource?, work: work?, timeout, heartbeat, credentials })
    }

    fn resource(&mut self, node: &Node<'_>) -> Option<Resource> {
        let text = self.string(node, "Resource")?;
        let field = node.get("Resource")?;
        let Some(resource) = Resource::parse(text) else {
            // AWS: as reported by users.
            let message = "Value is not a valid resource ARN";
            match later(text).filter(|_| self.options.file) {
                Some(hint) => {
                    let mut fault = Fault::new(code::SCHEMA, message).at(&field.at);
                    fault.severity = Severity::Warning;
                    self.report(fault.hint(Some(hint.to_owned())), field.value.span);
                }
                None => self.schema(&field, message),
            }
            return None;
        };
        if self.options.express {
            // AWS: recorded; the second text really has two spaces.
            let refused = match &resource.kind {
                ResourceKind::Activity => Some("Activity ARN"),
                ResourceKind::Integration { pattern: Integration::Sync, .. } => {
                    Some("'.sync' service integration")
                }
                ResourceKind::Integration { pattern: Integration::WaitForTaskToken, .. } => {
                    Some("'.waitForTaskToken' service integration ")
                }
                _ => None,
            };
            if let Some(what) = refused {
                self.schema(&field, format!("Express state machine does not support {what}"));
            }
        }
        Some(resource)
    }

    pub(super) fn parallel(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Option<ParallelState> {
        self.required(node, &["Branches"]);
        let work = self.work(node, language, scope, true);
        let branches = self.branches(node, scope)?;
        Some(ParallelState { branches, work: work? })
    }

    fn branches(&mut self, node: &Node<'_>, scope: &Scope<'_>) -> Option<Vec<MachineId>> {
        let field = node.get("Branches")?;
        let Some(items) = field.items() else {
            self.schema(&field, "Expected value of type Array");
            return None;
        };
        if items.is_empty() {
            // UNVERIFIED: AWS's words.
            self.schema(&field, "There must be at least one branch");
            return None;
        }
        let mut branches = Vec::with_capacity(items.len());
        for item in &items {
            if item.object().is_none() {
                self.schema(item, "Expected value of type Object");
                continue;
            }
            self.only(item, tables::BRANCH);
            branches.push(self.machine(item, Some((scope.machine, scope.state))));
        }
        Some(branches)
    }

    /// The fields Task, Parallel and Map share. A Map has its own use for `Parameters`.
    pub(super) fn work(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
        with_arguments: bool,
    ) -> Option<Work> {
        let flow = self.flow(node, scope);
        let (key, by_path) = match language {
            QueryLanguage::JsonPath => ("Parameters", true),
            QueryLanguage::Jsonata => ("Arguments", false),
        };
        let arguments = if with_arguments { self.template(node, key, language) } else { None };
        let (result_selector, result_path) = if by_path {
            (self.payload(node, "ResultSelector"), self.result_path(node))
        } else {
            (None, ResultPath::Replace)
        };
        let retry = self.retry(node);
        let catch = self.catch(node, language, scope);
        Some(Work { arguments, result_selector, result_path, retry, catch, flow: flow? })
    }

    fn retry(&mut self, node: &Node<'_>) -> Vec<Retrier> {
        let Some(items) = self.list(node, "Retry") else { return Vec::new() };
        let last = items.len().saturating_sub(1);
        let known = [
            "ErrorEquals",
            "IntervalSeconds",
            "MaxAttempts",
            "BackoffRate",
            "MaxDelaySeconds",
            "JitterStrategy",
            "Comment",
        ];
        let mut retriers = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.only(item, &known);
            let error_equals = self.error_equals(item, index == last);
            let mut number = |key: &str, least: u64, most: u64| {
                item.get(key).and_then(|field| self.integer(&field, least, most))
            };
            // AWS: defaults of the States Language.
            let interval_seconds = number("IntervalSeconds", 1, MAX_SECONDS).unwrap_or(1);
            let max_attempts = number("MaxAttempts", 0, MAX_ATTEMPTS).unwrap_or(3);
            let max_delay_seconds = number("MaxDelaySeconds", 1, MAX_DELAY_SECONDS);
            retriers.push(Retrier {
                error_equals,
                interval_seconds,
                max_attempts: u32::try_from(max_attempts).unwrap_or(u32::MAX),
                backoff_rate: self.backoff_rate(item),
                max_delay_seconds,
                full_jitter: self.jitter(item),
            });
        }
        retriers
    }

    fn backoff_rate(&mut self, item: &Node<'_>) -> f64 {
        let Some(field) = item.get("BackoffRate") else { return 2.0 };
        let rate = match &field.value.kind {
            Kind::Number(number) => number.as_f64(),
            _ => None,
        };
        match rate {
            Some(rate) if rate >= 1.0 => rate,
            _ => {
                // UNVERIFIED: AWS's words.
                self.schema(&field, "Expected a number of at least 1.0");
                2.0
            }
        }
    }

    fn jitter(&mut self, item: &Node<'_>) -> bool {
        let Some(field) = item.get("JitterStrategy") else { return false };
        match field.text() {
            Some("FULL") => true,
            Some("NONE") => false,
            _ => {
                let message =
                    "The field 'JitterStrategy' should have one of these values: [FULL, NONE]";
                self.schema(&field, message);
                false
            }
        }
    }

    fn catch(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Vec<Catcher> {
        let Some(items) = self.list(node, "Catch") else { return Vec::new() };
        let last = items.len().saturating_sub(1);
        let known: &[&str] = match language {
            QueryLanguage::JsonPath => &["ErrorEquals", "Next", "ResultPath", "Assign", "Comment"],
            QueryLanguage::Jsonata => &["ErrorEquals", "Next", "Output", "Assign", "Comment"],
        };
        let mut catchers = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            self.only(item, known);
            self.required(item, &["Next"]);
            let error_equals = self.error_equals(item, index == last);
            let result_path = self.result_path(item);
            let assign = self.assign(item, language);
            let output = match language {
                QueryLanguage::Jsonata => self.template(item, "Output", language),
                QueryLanguage::JsonPath => None,
            };
            let Some(name) = self.string(item, "Next") else { continue };
            let target = item.get("Next").and_then(|field| self.target(&field, name, scope));
            if let Some(next) = target {
                scope.edges.push((scope.state, next));
                catchers.push(Catcher { error_equals, next, result_path, assign, output });
            }
        }
        catchers
    }

    /// The objects of an array field.
    fn list<'a>(&mut self, node: &Node<'a>, key: &str) -> Option<Vec<Node<'a>>> {
        let field = node.get(key)?;
        let Some(items) = field.items() else {
            self.schema(&field, "Expected value of type Array");
            return None;
        };
        let mut objects = Vec::with_capacity(items.len());
        for item in items {
            if item.object().is_some() {
                objects.push(item);
            } else {
                self.schema(&item, "Expected value of type Object");
            }
        }
        Some(objects)
    }

    fn error_equals(&mut self, item: &Node<'_>, last: bool) -> Vec<String> {
        self.required(item, &["ErrorEquals"]);
        let Some(field) = item.get("ErrorEquals") else { return Vec::new() };
        let Some(items) = field.items() else {
            self.schema(&field, "Expected value of type Array");
            return Vec::new();
        };
        if items.is_empty() {
            // UNVERIFIED: AWS's words.
            self.schema(&field, "There must be at least one error name");
        }
        let mut names = Vec::with_capacity(items.len());
        for name in &items {
            match name.text() {
                Some(text) => names.push(text.to_owned()),
                None => self.schema(name, "Expected value of type String"),
            }
        }
        if names.iter().any(|name| name == ALL) {
            if names.len() > 1 {
                // UNVERIFIED: AWS's words for this and the next.
                self.schema(&field, format!("'{ALL}' must appear alone"));
            } else if !last {
                self.schema(&field, format!("'{ALL}' must appear in the last entry"));
            }
        }
        names
    }
}

/// What to do about a resource that may be right where it is: a placeholder, or something that only the language knows.
fn later(resource: &str) -> Option<&'static str> {
    // Terraform, SAM and CDK write `${…}`, the Serverless Framework `#{…}`, Jinja and Helm `{{…}}`. Numbers, objects and
    // lists cannot be filled into a text, so placeholders for those are faults.
    if ["${", "#{", "{{"].iter().any(|opening| resource.contains(opening)) {
        return Some("AWS refuses the placeholder: whatever deploys this file has to fill it in");
    }
    is_foreign(resource).then_some("the language has any resource, AWS runs no tasks of this one")
}

/// Whether a text is an ARN of a service that is neither Step Functions nor Lambda.
fn is_foreign(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [scheme, partition, service, _, account, rest] = parts[..] else { return false };
    scheme == "arn"
        && partition.starts_with("aws")
        && !["", "states", "lambda"].contains(&service)
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && !rest.is_empty()
}
