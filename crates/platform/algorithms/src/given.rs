//! Hyperparameters as they are given: text under names, checked one by one.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::{Error, Result};

/// Names that AWS's own algorithms share: where they are trained and how their data is read. They change nothing here.
pub(crate) const OF_THE_TOOLKIT: &[&str] = &[
    "mini_batch_size",
    "_tuning_objective_metric",
    "_kvstore",
    "_log_level",
    "_num_gpus",
    "_num_kv_servers",
];

/// The given values, taken out one by one so that what is left is unknown.
pub(crate) struct Given(BTreeMap<String, String>);

impl Given {
    /// Values under their own names or an alias.
    pub(crate) fn new(given: &BTreeMap<String, String>, aliases: &[(&str, &str)]) -> Result<Self> {
        let mut values = BTreeMap::new();
        for (name, value) in given {
            // The platform's own; they are for script mode.
            if name.starts_with("sagemaker_") {
                continue;
            }
            let alias = aliases.iter().find(|(alias, _)| alias == name);
            let name = alias.map_or(name.as_str(), |(_, name)| *name).to_owned();
            // SDKs that encode values as JSON put text in quotes.
            let text = value.trim();
            let text = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(text);
            if values.insert(name.clone(), text.to_owned()).is_some() {
                return Err(Error::client(format!("Hyperparameter {name}: given twice")));
            }
        }
        Ok(Self(values))
    }

    /// A value as it is written.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Refuses a job that lacks a value.
    pub(crate) fn require(&self, name: &str) -> Result<()> {
        if self.0.contains_key(name) {
            return Ok(());
        }
        // AWS: the text of the algorithm toolkit.
        Err(Error::client(format!("Missing hyperparameter: {name}")))
    }

    /// A number; nothing when it is left out or `auto`.
    pub(crate) fn automatic<T: FromStr + PartialOrd + Copy + Default>(
        &mut self,
        name: &str,
        range: &str,
        is_in_range: impl Fn(T) -> bool,
    ) -> Result<Option<T>> {
        if self.0.get(name).is_none_or(|text| text == "auto") {
            self.0.remove(name);
            return Ok(None);
        }
        self.number(name, T::default(), range, is_in_range).map(Some)
    }

    /// A number, or the default.
    pub(crate) fn number<T: FromStr + PartialOrd + Copy>(
        &mut self,
        name: &str,
        default: T,
        range: &str,
        is_in_range: impl Fn(T) -> bool,
    ) -> Result<T> {
        let Some(text) = self.0.remove(name) else { return Ok(default) };
        let value = text.parse().map_err(|_| bad(name, &text, "is not a number"));
        match value {
            Ok(value) if is_in_range(value) => Ok(value),
            Ok(_) => Err(bad(name, &text, &format!("is not in range {range}"))),
            Err(error) => match text.parse::<f64>() {
                Ok(_) => Err(bad(name, &text, &format!("is not an integer in range {range}"))),
                Err(_) => Err(error),
            },
        }
    }

    /// 0 or 1, true or false; false by default.
    pub(crate) fn flag(&mut self, name: &str) -> Result<bool> {
        self.flag_or(name, false)
    }

    /// The same with another default.
    pub(crate) fn flag_or(&mut self, name: &str, default: bool) -> Result<bool> {
        match self.0.remove(name).as_deref() {
            None => Ok(default),
            Some("0" | "false" | "False") => Ok(false),
            Some("1" | "true" | "True") => Ok(true),
            Some(text) => Err(bad(name, text, "is neither 0 nor 1")),
        }
    }

    /// Refuses names whose values are none of those allowed.
    pub(crate) fn check_fixed(&mut self, fixed: &[(&str, &[&str])]) -> Result<()> {
        for (name, allowed) in fixed {
            if let Some(text) = self.0.remove(*name)
                && !allowed.contains(&text.to_lowercase().as_str())
            {
                let known = allowed.iter().find(|value| !value.is_empty());
                let known = known.map_or("leave it out".to_owned(), |it| format!("use {it}"));
                let why = format!("is not supported by the built-in algorithm: {known}");
                return Err(bad(name, &text, &why));
            }
        }
        Ok(())
    }

    /// Refuses what is left, but for names that change nothing.
    pub(crate) fn check_empty(mut self, ignored: &[&[&str]]) -> Result<()> {
        self.0.retain(|name, _| !ignored.iter().any(|names| names.contains(&name.as_str())));
        match self.0.keys().next() {
            // AWS: the text of the algorithm toolkit.
            Some(name) => Err(Error::client(format!("Extraneous hyperparameter found: {name}"))),
            None => Ok(()),
        }
    }
}

/// A value that cannot be used.
pub(crate) fn bad(name: &str, value: &str, why: &str) -> Error {
    let value: String = value.chars().take(100).collect();
    Error::client(format!("Hyperparameter {name}: value {value:?} {why}"))
}
