//! Map states.

use super::fields::MAX_SECONDS;
use super::machine::Scope;
use super::node::Node;
use super::{Checker, tables};
use crate::json::Kind;
use crate::program::{Map, MapItems, MapMode, NumberField, QueryLanguage, Template};

impl Checker<'_> {
    pub(super) fn map(
        &mut self,
        node: &Node<'_>,
        language: QueryLanguage,
        scope: &mut Scope<'_>,
    ) -> Option<Map> {
        let work = self.work(node, language, scope, false);
        let items = self.map_items(node, language);
        let item_selector = self.item_selector(node, language);
        let max_concurrency = self.max_concurrency(node, language);
        self.tolerated(node, language);
        let Some(key) = self.one_of(node, &["ItemProcessor", "Iterator"]) else {
            self.required(node, &["ItemProcessor"]);
            return None;
        };
        let field = node.get(key)?;
        if field.object().is_none() {
            self.schema(&field, "Expected value of type Object");
            return None;
        }
        self.only(&field, tables::PROCESSOR);
        let mode = self.mode(node, &field);
        let processor = self.machine(&field, Some((scope.machine, scope.state)));
        let work = work?;
        Some(Map { processor, mode: mode?, items: items?, item_selector, max_concurrency, work })
    }

    fn map_items(&mut self, node: &Node<'_>, language: QueryLanguage) -> Option<MapItems> {
        if language == QueryLanguage::JsonPath {
            return match node.get("ItemsPath") {
                None => Some(MapItems::Input),
                Some(field) => self.reference_path(&field).map(MapItems::Path),
            };
        }
        let Some(field) = node.get("Items") else { return Some(MapItems::Input) };
        if Self::is_expression(&field) {
            return self.expression(&field).map(MapItems::Expression);
        }
        if !matches!(field.value.kind, Kind::Array(_) | Kind::Object(_)) {
            self.schema(&field, "Expected value of type Array or a JSONata expression");
            return None;
        }
        self.template(node, "Items", language).map(MapItems::Template)
    }

    fn item_selector(&mut self, node: &Node<'_>, language: QueryLanguage) -> Option<Template> {
        let rivals: &[&str] = match language {
            QueryLanguage::JsonPath => &["ItemSelector", "Parameters"],
            QueryLanguage::Jsonata => &["ItemSelector"],
        };
        let key = self.one_of(node, rivals)?;
        self.template(node, key, language)
    }

    fn max_concurrency(&mut self, node: &Node<'_>, language: QueryLanguage) -> Option<NumberField> {
        self.number(node, "MaxConcurrency", language, 0)
    }

    /// Tolerated failures of distributed Maps: kept as written, but within bounds.
    fn tolerated(&mut self, node: &Node<'_>, language: QueryLanguage) {
        self.one_of(node, &["ToleratedFailureCount", "ToleratedFailureCountPath"]);
        self.one_of(node, &["ToleratedFailurePercentage", "ToleratedFailurePercentagePath"]);
        for key in ["ToleratedFailureCountPath", "ToleratedFailurePercentagePath"] {
            if let Some(field) = node.get(key) {
                self.path(&field);
            }
        }
        if let Some(field) = node.get("ToleratedFailureCount")
            && !(language == QueryLanguage::Jsonata && Self::is_expression(&field))
        {
            self.integer(&field, 0, MAX_SECONDS);
        }
        if let Some(field) = node.get("ToleratedFailurePercentage")
            && !(language == QueryLanguage::Jsonata && Self::is_expression(&field))
        {
            let number = match &field.value.kind {
                Kind::Number(number) => number.as_f64(),
                _ => None,
            };
            if !number.is_some_and(|number| (0.0..=100.0).contains(&number)) {
                // UNVERIFIED: AWS's words.
                self.schema(&field, "Expected a number between 0 and 100");
            }
        }
    }

    fn mode(&mut self, node: &Node<'_>, processor: &Node<'_>) -> Option<MapMode> {
        let Some(config) = processor.get("ProcessorConfig") else { return Some(MapMode::Inline) };
        if config.object().is_none() {
            self.schema(&config, "Expected value of type Object");
            return None;
        }
        self.only(&config, &["Mode", "ExecutionType"]);
        let mode = self.string(&config, "Mode").unwrap_or("INLINE");
        let execution_type = self.string(&config, "ExecutionType");
        if !matches!(execution_type, None | Some("STANDARD" | "EXPRESS")) {
            let message =
                "The field 'ExecutionType' should have one of these values: [STANDARD, EXPRESS]";
            self.schema(&config, message);
        }
        match mode {
            "INLINE" => Some(MapMode::Inline),
            "DISTRIBUTED" => {
                self.required(&config, &["ExecutionType"]);
                Some(MapMode::Distributed {
                    express: execution_type == Some("EXPRESS"),
                    label: self.string(node, "Label").map(str::to_owned),
                    fields: node
                        .object()
                        .unwrap_or_default()
                        .iter()
                        .filter(|field| tables::DISTRIBUTED.contains(&field.key.as_str()))
                        .map(|field| (field.key.clone(), field.value.to_value()))
                        .collect(),
                })
            }
            _ => {
                let message =
                    "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]";
                self.schema(&config, message);
                None
            }
        }
    }
}
