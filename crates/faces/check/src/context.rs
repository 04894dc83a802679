//! What rules look at: a program with what follows from it.

use crate::machine::{Machine, State, Task};
use crate::model::{Language, Program, Resource, SCOPE, snake};
use crate::node::Node;
use crate::roles::Role;
use crate::source::Sources;

/// A rule of EventBridge that starts a state machine by the clock.
pub(crate) struct Schedule<'a> {
    /// The rule.
    pub(crate) rule: &'a Resource,
    /// When.
    pub(crate) expression: &'a Node,
    /// The machines it starts.
    pub(crate) machines: Vec<String>,
    /// A schedule of EventBridge Scheduler, not a rule.
    pub(crate) is_scheduler: bool,
}

/// A program with what follows from it.
pub(crate) struct Context<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) program: &'a Program,
    pub(crate) machines: Vec<Machine>,
    pub(crate) roles: Vec<Role>,
    pub(crate) schedules: Vec<Schedule<'a>>,
    /// Unix milliseconds.
    pub(crate) now_ms: i64,
}

impl<'a> Context<'a> {
    pub(crate) fn new(sources: &'a Sources, program: &'a Program, now_ms: i64) -> Self {
        Self {
            sources,
            program,
            machines: Machine::all(program),
            roles: Role::all(program),
            schedules: schedules(program),
            now_ms,
        }
    }

    /// Every task of every machine.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (&Machine, &State, &Task)> {
        self.machines
            .iter()
            .flat_map(|machine| machine.tasks().map(move |(state, task)| (machine, state, task)))
    }

    /// The role a value names, if the program declares it.
    pub(crate) fn role(&self, node: Option<&Node>) -> Option<&Role> {
        let resource = self.program.referred(node?)?;
        self.roles.iter().find(|role| role.key == resource.key)
    }

    /// The role a machine runs with.
    pub(crate) fn machine_role(&self, machine: &Machine) -> Option<&Role> {
        self.role(machine.resource(self.program)?.get("roleArn"))
    }

    /// The schedule that starts a machine.
    pub(crate) fn schedule(&self, machine: &Machine) -> Option<&Schedule<'a>> {
        let key = machine.key.as_deref()?;
        self.schedules.iter().find(|schedule| schedule.machines.iter().any(|own| own == key))
    }

    /// How a property is written in the program's language.
    pub(crate) fn property(&self, name: &str) -> String {
        match self.program.language {
            Language::Python => snake(name),
            _ => name.to_owned(),
        }
    }

    /// An attribute of a resource as the program's language has it.
    pub(crate) fn reference(&self, resource: &str, attribute: &str) -> String {
        // Where it would be written the component that it is in is understood.
        let resource = resource.rsplit(SCOPE).next().unwrap_or_default();
        match self.program.language {
            Language::Yaml => format!("${{{resource}.{attribute}}}"),
            Language::Python => format!("{resource}.{}", snake(attribute)),
            _ => format!("{resource}.{attribute}"),
        }
    }

    /// The same as a value in JSON, or in what is turned into JSON.
    pub(crate) fn value(&self, resource: &str, attribute: &str) -> String {
        let reference = self.reference(resource, attribute);
        if self.program.language == Language::Yaml { format!("\"{reference}\"") } else { reference }
    }

    /// A property with its value as the program's language has it.
    pub(crate) fn assignment(&self, property: &str, value: &str) -> String {
        match self.program.language {
            Language::Python => format!("{}={value},", snake(property)),
            Language::TypeScript => format!("{property}: {value},"),
            _ => format!("{property}: {value}"),
        }
    }
}

fn schedules(program: &Program) -> Vec<Schedule<'_>> {
    program
        .of("aws:cloudwatch:EventRule")
        .filter_map(|rule| {
            let expression = rule.get("scheduleExpression")?;
            let machines = program
                .of("aws:cloudwatch:EventTarget")
                .filter(|target| {
                    let named = target.get("rule");
                    named.and_then(Node::attribute).is_some_and(|(key, _)| key == rule.key)
                        || named
                            .and_then(Node::as_str)
                            .is_some_and(|name| name == rule.physical_name())
                })
                .filter_map(|target| program.referred(target.get("arn")?))
                .filter(|resource| resource.is("aws:sfn:StateMachine"))
                .map(|resource| resource.key.clone())
                .collect();
            Some(Schedule { rule, expression, machines, is_scheduler: false })
        })
        .chain(program.of("aws:scheduler:Schedule").filter_map(|rule| {
            let arn = rule.properties.at(&["target", "arn"]);
            let machine = arn.and_then(|arn| program.referred(arn));
            let machines = machine
                .filter(|resource| resource.is("aws:sfn:StateMachine"))
                .map(|resource| resource.key.clone());
            Some(Schedule {
                rule,
                expression: rule.get("scheduleExpression")?,
                machines: machines.into_iter().collect(),
                is_scheduler: true,
            })
        }))
        .collect()
}

impl Schedule<'_> {
    /// Reads an expression as its service does: EventBridge Scheduler knows `at()` as well.
    pub(crate) fn parse(&self, text: &str) -> Result<calendar::Expression, calendar::Error> {
        if self.is_scheduler {
            calendar::Expression::parse(text)
        } else {
            calendar::Expression::parse_rule(text)
        }
    }

    /// The next instants, in Unix milliseconds.
    pub(crate) fn next(&self, now_ms: i64, count: usize) -> Vec<i64> {
        let Some(expression) = self.expression.as_str().and_then(|text| self.parse(text).ok())
        else {
            return Vec::new();
        };
        let zone = self.rule.get("scheduleExpressionTimezone").and_then(Node::as_str);
        let zone = zone.and_then(|name| calendar::time_zone(name).ok());
        let zone = zone.unwrap_or(calendar::TimeZone::UTC);
        let mut instants = Vec::new();
        let mut at = now_ms;
        for _ in 0..count {
            let Some(next) = expression.next_after(at, now_ms, &zone) else {
                break;
            };
            instants.push(next);
            at = next;
        }
        instants
    }

    /// When it fires the second time, for people.
    pub(crate) fn second(&self, now_ms: i64) -> Option<String> {
        let at = *self.next(now_ms, 2).get(1)?;
        let text = asl::timestamp::format_milliseconds(at);
        Some(format!("{} {} UTC", text.get(..10)?, text.get(11..16)?))
    }
}
