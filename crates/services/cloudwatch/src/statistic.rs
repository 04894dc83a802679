//! Statistics over summaries of measurements.

use service::Summary;

/// What is computed of the measurements of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Statistic {
    SampleCount,
    Sum,
    Average,
    Minimum,
    Maximum,
    /// `p95`: the value that so many percent do not exceed.
    Percentile(f64),
}

impl Statistic {
    /// Reads `Sum`, `p99.9`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SampleCount" => Self::SampleCount,
            "Sum" => Self::Sum,
            "Average" => Self::Average,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => {
                let digits = text.strip_prefix('p').filter(|digits| {
                    digits.chars().all(|c| c.is_ascii_digit() || c == '.') && digits.len() <= 12
                })?;
                let percent: f64 = digits.parse().ok()?;
                return (0.0..=100.0).contains(&percent).then_some(Self::Percentile(percent));
            }
        })
    }

    /// The statistic of what was measured; `None` where there is none.
    pub(crate) fn of(self, summary: &Summary) -> Option<f64> {
        if summary.count <= 0.0 {
            return None;
        }
        match self {
            Self::SampleCount => Some(summary.count),
            Self::Sum => Some(summary.sum),
            Self::Average => Some(summary.sum / summary.count),
            Self::Minimum => Some(summary.minimum),
            Self::Maximum => Some(summary.maximum),
            Self::Percentile(_) if summary.coarse => None,
            Self::Percentile(percent) => percentile(summary, percent),
        }
    }
}

/// The nearest rank.
// UNVERIFIED: AWS estimates percentiles of many values; of few ones it is near to this.
fn percentile(summary: &Summary, percent: f64) -> Option<f64> {
    let whole: f64 = summary.values.iter().map(|(_, count)| count).sum();
    let rank = whole * percent / 100.0;
    let mut before = 0.0;
    for (value, count) in &summary.values {
        before += count;
        if before >= rank {
            return Some(*value);
        }
    }
    summary.values.last().map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::Statistic;
    use service::Summary;

    #[test]
    fn computes() {
        let mut summary = Summary::of(4.0, 2.0);
        summary.add(1.0, 1.0);
        summary.add(10.0, 1.0);
        let cases: &[(&str, Option<f64>)] = &[
            ("SampleCount", Some(4.0)),
            ("Sum", Some(19.0)),
            ("Average", Some(4.75)),
            ("Minimum", Some(1.0)),
            ("Maximum", Some(10.0)),
            ("p0", Some(1.0)),
            ("p50", Some(4.0)),
            ("p75", Some(4.0)),
            ("p90.5", Some(10.0)),
            ("p100", Some(10.0)),
        ];
        for (text, expected) in cases {
            assert_eq!(Statistic::parse(text).unwrap().of(&summary), *expected, "{text}");
        }
        summary.coarse = true;
        assert_eq!(Statistic::Percentile(50.0).of(&summary), None);
        assert_eq!(Statistic::Sum.of(&Summary::default()), None);
        for text in ["", "p", "p101", "p-1", "pNaN", "p1e1", "sum", "TM(10:90)", "p1.2.3"] {
            assert_eq!(Statistic::parse(text), None, "{text}");
        }
    }
}
