//! The space that is searched: ranges of hyperparameters, each mapped to the numbers from 0 to 1. Pure.

use serde_json::{Map, Value};

/// One hyperparameter that is tuned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) range: Range,
}

/// What values it may have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Range {
    Continuous { min: f64, max: f64, scale: Scale },
    Integer { min: i64, max: i64, scale: Scale },
    Categorical(Vec<String>),
}

/// How numbers are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Logarithmic,
    ReverseLogarithmic,
}

/// `Auto` is logarithmic when the greatest value is so many times the smallest.
// AWS: automatic-model-tuning-define-ranges says only that a scale is chosen.
const WIDE: f64 = 1000.0;

/// Reads `ParameterRanges`. The error is for the user.
pub(crate) fn parse(ranges: &Value) -> Result<Vec<Parameter>, String> {
    if ranges
        .get("AutoParameters")
        .is_some_and(|auto| auto.as_array().is_some_and(|a| !a.is_empty()))
    {
        return Err("refit does not have Autotune: give every parameter its range.".to_owned());
    }
    let list = |member: &str| ranges.get(member).and_then(Value::as_array).into_iter().flatten();
    let mut all = Vec::new();
    for range in list("ContinuousParameterRanges") {
        let (name, min, max) = bounds::<f64>(range)?;
        let scale = scale(range, &name, min, max)?;
        all.push(Parameter { name, range: Range::Continuous { min, max, scale } });
    }
    for range in list("IntegerParameterRanges") {
        let (name, min, max) = bounds::<i64>(range)?;
        let scale = scale(range, &name, min as f64, max as f64)?;
        if scale == Scale::ReverseLogarithmic {
            return Err(format!("ReverseLogarithmic scaling needs a continuous range: {name}."));
        }
        all.push(Parameter { name, range: Range::Integer { min, max, scale } });
    }
    for range in list("CategoricalParameterRanges") {
        let values = range.get("Values").and_then(Value::as_array).into_iter().flatten();
        let values = values.filter_map(Value::as_str).map(str::to_owned).collect();
        all.push(Parameter { name: name_of(range), range: Range::Categorical(values) });
    }
    if all.is_empty() {
        return Err("There must be at least one hyperparameter range to tune.".to_owned());
    }
    let mut names: Vec<&str> = all.iter().map(|parameter| parameter.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() < all.len() {
        return Err("A hyperparameter has more than one range.".to_owned());
    }
    Ok(all)
}

fn name_of(range: &Value) -> String {
    range.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn bounds<T: std::str::FromStr + PartialOrd + Copy + Into<Bound>>(
    range: &Value,
) -> Result<(String, T, T), String> {
    let name = name_of(range);
    let read = |member: &str| {
        let text = range.get(member).and_then(Value::as_str).unwrap_or_default();
        let value = text.trim().parse::<T>().ok().filter(|value| (*value).into().is_usable());
        value.ok_or_else(|| {
            format!("{member} {text:?} of the hyperparameter {name} is no such number.")
        })
    };
    let (min, max) = (read("MinValue")?, read("MaxValue")?);
    if min > max {
        return Err(format!("MinValue of the hyperparameter {name} is greater than its MaxValue."));
    }
    Ok((name, min, max))
}

/// A bound that can be calculated with.
struct Bound(f64);

impl Bound {
    fn is_usable(&self) -> bool {
        self.0.is_finite() && self.0.abs() < 1e300
    }
}

impl From<f64> for Bound {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

impl From<i64> for Bound {
    fn from(value: i64) -> Self {
        Self(value as f64)
    }
}

fn scale(range: &Value, name: &str, min: f64, max: f64) -> Result<Scale, String> {
    match range.get("ScalingType").and_then(Value::as_str) {
        Some("Linear") => Ok(Scale::Linear),
        // AWS: logarithmic scaling works only for ranges of values greater than 0.
        Some("Logarithmic") if min > 0.0 => Ok(Scale::Logarithmic),
        Some("Logarithmic") => {
            Err(format!("Logarithmic scaling needs values greater than 0: {name}."))
        }
        // AWS: reverse logarithmic scaling works only for ranges within 0 <= x < 1.0.
        Some("ReverseLogarithmic") if min >= 0.0 && max < 1.0 => Ok(Scale::ReverseLogarithmic),
        Some("ReverseLogarithmic") => {
            Err(format!("ReverseLogarithmic scaling needs values from 0 to below 1: {name}."))
        }
        _ if min > 0.0 && max / min >= WIDE => Ok(Scale::Logarithmic),
        _ => Ok(Scale::Linear),
    }
}

impl Scale {
    fn spread(self, unit: f64, min: f64, max: f64) -> f64 {
        match self {
            Self::Linear => min + unit * (max - min),
            Self::Logarithmic => (min.ln() + unit * (max.ln() - min.ln())).exp(),
            Self::ReverseLogarithmic => {
                let (from, to) = ((1.0 - min).ln(), (1.0 - max).ln());
                1.0 - (from + unit * (to - from)).exp()
            }
        }
    }

    fn unit(self, value: f64, min: f64, max: f64) -> f64 {
        let part = match self {
            Self::Linear => (value - min) / (max - min),
            Self::Logarithmic => (value.ln() - min.ln()) / (max.ln() - min.ln()),
            Self::ReverseLogarithmic => {
                let (from, to) = ((1.0 - min).ln(), (1.0 - max).ln());
                ((1.0 - value).ln() - from) / (to - from)
            }
        };
        if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.5 }
    }
}

impl Parameter {
    /// How many values there are, when that is known to be few.
    pub(crate) fn choices(&self) -> Option<usize> {
        match &self.range {
            Range::Categorical(values) => Some(values.len()),
            _ => None,
        }
    }

    /// The value at a place from 0 to 1, as hyperparameters are written.
    pub(crate) fn value(&self, unit: f64) -> String {
        let unit = unit.clamp(0.0, 1.0);
        match &self.range {
            Range::Continuous { min, max, scale } => {
                scale.spread(unit, *min, *max).clamp(*min, *max).to_string()
            }
            Range::Integer { min, max, scale } => {
                // Each number has an equal part of the way, on a linear scale.
                let (low, high) = match scale {
                    Scale::Linear => (*min as f64 - 0.5, *max as f64 + 0.5),
                    _ => (*min as f64, *max as f64),
                };
                let value = scale.spread(unit, low, high).round() as i64;
                value.clamp(*min, *max).to_string()
            }
            Range::Categorical(values) => {
                let at = (unit * values.len() as f64) as usize;
                values.get(at.min(values.len().saturating_sub(1))).cloned().unwrap_or_default()
            }
        }
    }

    /// The place of a value; none when it is not in the range.
    pub(crate) fn unit(&self, value: &str) -> Option<f64> {
        match &self.range {
            Range::Continuous { min, max, scale } => {
                let value: f64 = value.parse().ok()?;
                (*min <= value && value <= *max).then(|| scale.unit(value, *min, *max))
            }
            Range::Integer { min, max, scale } => {
                let value: f64 = value.parse().ok()?;
                let inside = *min as f64 <= value && value <= *max as f64;
                inside.then(|| scale.unit(value, *min as f64, *max as f64))
            }
            Range::Categorical(values) => {
                let at = values.iter().position(|own| own == value)?;
                Some((at as f64 + 0.5) / values.len() as f64)
            }
        }
    }
}

/// The values at a point, by name.
pub(crate) fn values(space: &[Parameter], point: &[f64]) -> Map<String, Value> {
    let pairs = space.iter().zip(point);
    pairs.map(|(it, unit)| (it.name.clone(), Value::from(it.value(*unit)))).collect()
}

#[cfg(test)]
mod tests {
    use super::{Parameter, Range, Scale, parse};
    use serde_json::json;

    fn ranges() -> serde_json::Value {
        json!({
            "ContinuousParameterRanges": [
                {"Name": "eta", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"},
                {"Name": "subsample", "MinValue": "0.5", "MaxValue": "1"},
                {"Name": "momentum", "MinValue": "0", "MaxValue": "0.999", "ScalingType": "ReverseLogarithmic"},
            ],
            "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "4", "ScalingType": "Auto"}],
            "CategoricalParameterRanges": [{"Name": "booster", "Values": ["a", "b", "c"]}],
        })
    }

    #[test]
    fn points_become_values_and_back() {
        let space = parse(&ranges()).unwrap();
        let shown = |unit: f64| space.iter().map(|p| p.value(unit)).collect::<Vec<_>>().join(" ");
        assert!(shown(0.0).ends_with("0.5 0 1 a"), "{}", shown(0.0));
        assert!(shown(1.0).ends_with("4 c"), "{}", shown(1.0));
        let depths: Vec<String> =
            [0.1, 0.3, 0.6, 0.9].iter().map(|unit| space[3].value(*unit)).collect();
        assert_eq!(depths, ["1", "2", "3", "4"]);
        for parameter in &space {
            for unit in [0.0, 0.2, 0.5, 0.77, 1.0] {
                let value = parameter.value(unit);
                let again = parameter.value(parameter.unit(&value).unwrap());
                let same = value == again
                    || (value.parse::<f64>().unwrap() - again.parse::<f64>().unwrap()).abs() < 1e-9;
                assert!(same, "{} {unit}: {value} {again}", parameter.name);
            }
        }
        assert_eq!(space[4].unit("d"), None);
        assert_eq!(space[1].unit("2"), None);
    }

    #[test]
    fn wide_ranges_are_logarithmic_by_themselves() {
        let wide = json!({"ContinuousParameterRanges": [{"Name": "x", "MinValue": "1e-6", "MaxValue": "1"}]});
        let [Parameter { range: Range::Continuous { scale, .. }, .. }] = &parse(&wide).unwrap()[..]
        else {
            panic!("one range")
        };
        assert_eq!(*scale, Scale::Logarithmic);
    }

    #[test]
    fn ranges_that_cannot_be() {
        let one = |min: &str, max: &str, scale: &str| json!({"ContinuousParameterRanges": [{"Name": "x", "MinValue": min, "MaxValue": max, "ScalingType": scale}]});
        let cases = [
            (one("2", "1", "Linear"), "greater than its MaxValue"),
            (one("a", "1", "Linear"), "no such number"),
            (one("nan", "1", "Linear"), "no such number"),
            (one("0", "inf", "Linear"), "no such number"),
            (one("0", "1", "Logarithmic"), "greater than 0"),
            (one("0", "1", "ReverseLogarithmic"), "below 1"),
            (json!({}), "at least one"),
            (json!({"AutoParameters": [{"Name": "x", "ValueHint": "1"}]}), "Autotune"),
        ];
        for (ranges, expected) in cases {
            let error = parse(&ranges).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let same = json!({"IntegerParameterRanges": [{"Name": "x", "MinValue": "3", "MaxValue": "3", "ScalingType": "Logarithmic"}]});
        assert_eq!(parse(&same).unwrap()[0].value(0.5), "3");
    }
}
