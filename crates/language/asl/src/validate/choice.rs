//! Choice states and their rules.

use super::machine::Scope;
use super::node::Node;
use super::{Checker, Fault, code, is_timestamp};
use crate::intrinsic::Intrinsic;
use crate::json::Kind;
use crate::path::Path;
use crate::program::{
    ChoiceState, Comparison, Condition, Operand, Operator, Order, QueryLanguage, Rule, TypeTest,
};

/// How deep `And`, `Or` and `Not` may nest; well below what the walk and the stack can take.
const MAX_NESTING: usize = 40;

/// Fields of a rule that are no comparison.
const PLAIN: [&str; 5] = ["Next", "Comment", "Assign", "Variable", "Output"];

impl Checker<'_> {
    pub(super) fn choice(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Option<ChoiceState> {
        self.required(node, &["Choices"]);
        let default = match self.string(node, "Default") {
            None => None,
            Some(name) => {
                let target = self.target(&node.get("Default")?, name, scope);
                scope.edges.extend(target.map(|target| (scope.state, target)));
                target
            }
        };
        let field = node.get("Choices")?;
        let Some(items) = field.items() else {
            self.schema(&field, "Expected value of type Array");
            return None;
        };
        if items.is_empty() {
            // UNVERIFIED: AWS's words.
            self.schema(&field, "There must be at least one choice");
        }
        let mut rules = Vec::with_capacity(items.len());
        for item in &items {
            rules.extend(self.rule(item, language, scope));
        }
        (rules.len() == items.len()).then_some(ChoiceState { rules, default })
    }

    fn rule(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Option<Rule> {
        if node.object().is_none() {
            self.schema(node, "Expected value of type Object");
            return None;
        }
        self.required(node, &["Next"]);
        let next = match self.string(node, "Next") {
            None => None,
            Some(name) => self.target(&node.get("Next")?, name, scope),
        };
        scope.edges.extend(next.map(|next| (scope.state, next)));
        let assign = self.assign(node, language);
        let (condition, output) = match language {
            QueryLanguage::JsonPath => (self.condition(node, 0), None),
            QueryLanguage::Jsonata => {
                self.only(node, &["Condition", "Next", "Assign", "Output", "Comment"]);
                self.required(node, &["Condition"]);
                (self.jsonata_condition(node), self.template(node, "Output", language))
            }
        };
        Some(Rule { condition: condition?, next: next?, assign, output })
    }

    fn jsonata_condition(&mut self, node: &Node<'_>) -> Option<Condition> {
        let field = node.get("Condition")?;
        match &field.value.kind {
            Kind::Bool(constant) => Some(Condition::Constant(*constant)),
            _ if Self::is_expression(&field) => self.expression(&field).map(Condition::Expression),
            _ => {
                // UNVERIFIED: AWS's words.
                self.schema(&field, "Expected value of type Boolean or a JSONata expression");
                None
            }
        }
    }

    fn condition(&mut self, node: &Node<'_>, depth: usize) -> Option<Condition> {
        let Some(fields) = node.object() else {
            self.schema(node, "Expected value of type Object");
            return None;
        };
        if depth > MAX_NESTING {
            self.schema(node, "Choice rules are nested too deeply");
            return None;
        }
        if depth > 0 {
            for field in fields.iter().filter(|field| ["Next", "Assign"].contains(&&*field.key)) {
                self.not_supported(node, &field.key, field.key_span, []);
            }
        }
        let asked: Vec<&str> = fields
            .iter()
            .map(|field| field.key.as_str())
            .filter(|key| !PLAIN.contains(key))
            .collect();
        let [key] = asked[..] else {
            // UNVERIFIED: AWS's words.
            let message = if asked.is_empty() {
                "A choice rule needs one comparison".to_owned()
            } else {
                format!("Only one of these fields is allowed: [{}]", asked.join(", "))
            };
            self.schema(node, message);
            return None;
        };
        match key {
            "And" | "Or" => self.conditions(node, key, depth),
            "Not" => {
                let inner = self.condition(&node.get("Not")?, depth + 1)?;
                Some(Condition::Not(Box::new(inner)))
            }
            _ => self.comparison(node, key),
        }
    }

    fn conditions(&mut self, node: &Node<'_>, key: &str, depth: usize) -> Option<Condition> {
        self.no_variable(node, key);
        let field = node.get(key)?;
        let Some(items) = field.items().filter(|items| !items.is_empty()) else {
            // UNVERIFIED: AWS's words.
            self.schema(&field, "Expected a non-empty Array");
            return None;
        };
        let mut inner = Vec::with_capacity(items.len());
        for item in &items {
            inner.extend(self.condition(item, depth + 1));
        }
        if inner.len() < items.len() {
            return None;
        }
        Some(if key == "And" { Condition::And(inner) } else { Condition::Or(inner) })
    }

    fn no_variable(&mut self, node: &Node<'_>, key: &str) {
        if let Some(field) = node.value.field("Variable") {
            let fault = Fault::new(
                code::SCHEMA,
                format!("Only one of these fields is allowed: [Variable, {key}]"),
            );
            self.report(fault.at(&node.at), field.key_span);
        }
    }

    fn comparison(&mut self, node: &Node<'_>, key: &str) -> Option<Condition> {
        let field = node.get(key)?;
        let Some(shape) = shape(key) else {
            let span = node.value.field(key).map_or(node.value.span, |found| found.key_span);
            self.not_supported(node, key, span, every_operator());
            return None;
        };
        self.required(node, &["Variable"]);
        let variable = self.variable(&node.get("Variable")?)?;
        let operator = self.operator(&field, shape)?;
        Some(Condition::Test(Comparison { variable, operator }))
    }

    fn variable(&mut self, node: &Node<'_>) -> Option<Path> {
        if node.text().is_some_and(Intrinsic::is_intrinsic) {
            // AWS: a variable is a path; a computed value must be put into one first.
            self.schema(node, "Value is not a valid JSONPath");
            return None;
        }
        self.path(node)
    }

    fn operator(&mut self, field: &Node<'_>, shape: Shape) -> Option<Operator> {
        Some(match shape {
            Shape::Matches => Operator::Matches(self.literal_text(field)?),
            Shape::Is(test) => Operator::Is(test, self.literal_bool(field)?),
            Shape::Compare(family, order, true) => {
                let path = self.variable(field)?;
                match family {
                    Family::String => Operator::String(order, Operand::Path(path)),
                    Family::Numeric => Operator::Numeric(order, Operand::Path(path)),
                    Family::Boolean => Operator::Boolean(Operand::Path(path)),
                    Family::Timestamp => Operator::Timestamp(order, Operand::Path(path)),
                }
            }
            Shape::Compare(family, order, false) => match family {
                Family::String => {
                    Operator::String(order, Operand::Literal(self.literal_text(field)?))
                }
                Family::Numeric => {
                    let Kind::Number(number) = &field.value.kind else {
                        self.schema(field, "Expected value of type Number");
                        return None;
                    };
                    Operator::Numeric(order, Operand::Literal(number.as_f64()?))
                }
                Family::Boolean => Operator::Boolean(Operand::Literal(self.literal_bool(field)?)),
                Family::Timestamp => {
                    let text = self.literal_text(field)?;
                    if !is_timestamp(&text) {
                        // UNVERIFIED: AWS's words.
                        self.schema(field, "String does not match RFC3339 timestamp");
                    }
                    Operator::Timestamp(order, Operand::Literal(text))
                }
            },
        })
    }

    fn literal_text(&mut self, field: &Node<'_>) -> Option<String> {
        if field.text().is_none() {
            self.schema(field, "Expected value of type String");
        }
        field.text().map(str::to_owned)
    }

    fn literal_bool(&mut self, field: &Node<'_>) -> Option<bool> {
        if let Kind::Bool(flag) = field.value.kind {
            return Some(flag);
        }
        self.schema(field, "Expected value of type Boolean");
        None
    }
}

/// What the name of an operator says.
#[derive(Clone, Copy)]
enum Shape {
    Compare(Family, Order, bool),
    Matches,
    Is(TypeTest),
}

#[derive(Clone, Copy)]
enum Family {
    String,
    Numeric,
    Boolean,
    Timestamp,
}

const FAMILIES: [(&str, Family); 4] = [
    ("String", Family::String),
    ("Numeric", Family::Numeric),
    ("Boolean", Family::Boolean),
    ("Timestamp", Family::Timestamp),
];

const ORDERS: [(&str, Order); 5] = [
    ("Equals", Order::Equals),
    ("LessThan", Order::LessThan),
    ("GreaterThan", Order::GreaterThan),
    ("LessThanEquals", Order::LessThanEquals),
    ("GreaterThanEquals", Order::GreaterThanEquals),
];

const TESTS: [(&str, TypeTest); 6] = [
    ("IsNull", TypeTest::Null),
    ("IsPresent", TypeTest::Present),
    ("IsNumeric", TypeTest::Numeric),
    ("IsString", TypeTest::String),
    ("IsBoolean", TypeTest::Boolean),
    ("IsTimestamp", TypeTest::Timestamp),
];

fn shape(key: &str) -> Option<Shape> {
    if key == "StringMatches" {
        return Some(Shape::Matches);
    }
    if let Some((_, test)) = TESTS.iter().find(|(name, _)| *name == key) {
        return Some(Shape::Is(*test));
    }
    let (plain, by_path) = key.strip_suffix("Path").map_or((key, false), |plain| (plain, true));
    let (family, order) = FAMILIES.iter().find_map(|(name, family)| {
        let rest = plain.strip_prefix(name)?;
        let (_, order) = ORDERS.iter().find(|(word, _)| *word == rest)?;
        Some((*family, *order))
    })?;
    let ordered = !matches!(family, Family::Boolean) || order == Order::Equals;
    ordered.then_some(Shape::Compare(family, order, by_path))
}

/// Names to suggest for a misspelt operator.
fn every_operator() -> Vec<&'static str> {
    let mut names = vec!["And", "Or", "Not", "StringMatches", "BooleanEquals"];
    names.extend(TESTS.iter().map(|(name, _)| *name));
    names.extend([
        "StringEquals",
        "StringLessThan",
        "StringGreaterThan",
        "StringLessThanEquals",
        "StringGreaterThanEquals",
        "NumericEquals",
        "NumericLessThan",
        "NumericGreaterThan",
        "NumericLessThanEquals",
        "NumericGreaterThanEquals",
        "TimestampEquals",
        "TimestampLessThan",
        "TimestampGreaterThan",
        "TimestampLessThanEquals",
        "TimestampGreaterThanEquals",
    ]);
    names
}
