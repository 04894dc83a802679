//! Map states.

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
        let mode = self.mode(node, &field, language);
        // What the states inside may be depends on the type of the children's executions.
        let own = self.options;
        if let Some(MapMode::Distributed(distributed)) = &mode {
            self.options.express = distributed.express;
        }
        let processor = self.machine(&field, Some((scope.machine, scope.state)));
        self.options = own;
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

    fn mode(
        &mut self,
        node: &Node<'_>,
        processor: &Node<'_>,
        language: QueryLanguage,
    ) -> Option<MapMode> {
        let Some(config) = processor.get("ProcessorConfig") else {
            self.tolerated_inline(node, language);
            return Some(MapMode::Inline);
        };
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
            "INLINE" => {
                self.tolerated_inline(node, language);
                Some(MapMode::Inline)
            }
            "DISTRIBUTED" => {
                self.required(&config, &["ExecutionType"]);
                let express = execution_type == Some("EXPRESS");
                self.distributed(node, processor, language, express)
                    .map(|distributed| MapMode::Distributed(Box::new(distributed)))
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
