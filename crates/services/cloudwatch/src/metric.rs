//! Which metric: namespace, name and dimensions.

use crate::error::Error;
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Record kind of [`Metric`]; the key is [`Metric::key`].
pub(crate) const METRIC: &str = "cloudwatch/metric";

/// Stands between the parts of keys. Names that hold it are refused.
pub(crate) const SEPARATOR: char = '\u{1f}';
// AWS: MetricDatum: up to 30 dimensions.
const MOST_DIMENSIONS: usize = 30;

/// One dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Dimension {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// A metric. Each set of dimensions is one of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Metric {
    pub(crate) namespace: String,
    #[serde(rename = "MetricName")]
    pub(crate) name: String,
    /// In the order of their names.
    #[serde(default)]
    pub(crate) dimensions: Vec<Dimension>,
}

impl Metric {
    /// The metric that a request names.
    pub(crate) fn new(
        namespace: String,
        metric_name: String,
        mut dimensions: Vec<Dimension>,
    ) -> Result<Self, Error> {
        dimensions.sort();
        let texts = dimensions.iter().flat_map(|own| [&own.name, &own.value]);
        if [&namespace, &metric_name].into_iter().chain(texts).any(|text| text.contains(is_control))
        {
            return Err(Error::InvalidValue(
                "Names, namespaces and dimensions must not contain control characters.".to_owned(),
            ));
        }
        if dimensions.len() > MOST_DIMENSIONS {
            return Err(Error::InvalidValue(
                "The collection Dimensions must not have a size greater than 30.".to_owned(),
            ));
        }
        if dimensions.windows(2).any(|pair| pair[0].name == pair[1].name) {
            return Err(Error::InvalidValue(
                "No two dimensions may have the same name.".to_owned(),
            ));
        }
        Ok(Self { namespace, name: metric_name, dimensions })
    }

    /// The metric's record key in `region`.
    pub(crate) fn key(&self, region: &str) -> String {
        let mut key = format!("{}{}{SEPARATOR}", prefix(region, &self.namespace), self.name);
        for Dimension { name, value } in &self.dimensions {
            // A separator after each, so that no other metric's key begins with this one's.
            let _infallible = write!(key, "{name}{SEPARATOR}{value}{SEPARATOR}");
        }
        key.push(SEPARATOR);
        key
    }
}

/// What the keys of a namespace's metrics begin with.
pub(crate) fn prefix(region: &str, namespace: &str) -> String {
    format!("{region}{SEPARATOR}{namespace}{SEPARATOR}")
}

fn is_control(character: char) -> bool {
    character.is_control()
}
