//! The JSONPath subset that selects columns of CSV records.
// AWS: batch-transform-data-processing: for CSV: $, $[i], $[i,j], $[a:b], negative indices from the end.

use crate::{Error, Result};

/// Which columns of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// All of them.
    All,
    /// Those at these positions, in this order.
    At(Vec<i64>),
    /// Those from the first (inclusive) to the second (exclusive).
    Range(Option<i64>, Option<i64>),
}

impl Filter {
    /// Reads a filter.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let refuse = || {
            Error::client(format!(
                "the filter {text} cannot be used on CSV; use $, $[1:], $[0,-1] or the like"
            ))
        };
        let trimmed = text.trim();
        if trimmed == "$" {
            return Ok(Self::All);
        }
        let inner = trimmed
            .strip_prefix("$[")
            .and_then(|rest| rest.strip_suffix(']'))
            .ok_or_else(refuse)?;
        if let Some((from, to)) = inner.split_once(':') {
            let bound = |text: &str| match text.trim() {
                "" => Ok(None),
                number => number.parse().map(Some).map_err(|_| refuse()),
            };
            return Ok(Self::Range(bound(from)?, bound(to)?));
        }
        let positions = inner.split(',').map(|text| text.trim().parse().map_err(|_| refuse()));
        Ok(Self::At(positions.collect::<Result<_>>()?))
    }

    /// The selected columns; positions that are not there select nothing.
    pub(crate) fn select<'a>(&self, columns: &[&'a str]) -> Vec<&'a str> {
        let length = columns.len() as i64;
        let absolute = |position: i64| if position < 0 { position + length } else { position };
        match self {
            Self::All => columns.to_vec(),
            Self::At(positions) => positions
                .iter()
                .filter_map(|position| usize::try_from(absolute(*position)).ok())
                .filter_map(|position| columns.get(position).copied())
                .collect(),
            Self::Range(from, to) => {
                let clamp = |bound: i64| absolute(bound).clamp(0, length) as usize;
                let (from, to) = (from.map_or(0, clamp), to.map_or(columns.len(), clamp));
                columns.get(from..to.max(from)).unwrap_or_default().to_vec()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn selects_columns() {
        let columns = ["a", "b", "c", "d"];
        let cases = [
            ("$", "abcd"),
            ("$[1:]", "bcd"),
            ("$[:-1]", "abc"),
            ("$[1:3]", "bc"),
            ("$[3:1]", ""),
            ("$[0,-1]", "ad"),
            ("$[2]", "c"),
            ("$[9]", ""),
            ("$[-9:99]", "abcd"),
        ];
        for (text, expected) in cases {
            assert_eq!(Filter::parse(text).unwrap().select(&columns).concat(), expected, "{text}");
        }
        for bad in ["", "$.a", "$[a]", "$[1", "$[1:2:3]", "$[]"] {
            assert!(Filter::parse(bad).is_err(), "{bad}");
        }
    }
}
