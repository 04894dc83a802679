//! How the operators of conditions compare a value of the policy with one of the request.

use std::cmp::Ordering;
use std::net::IpAddr;

use crate::Context;
use crate::glob;
use crate::template::Template;

/// One comparison; the negated operators are the same turned round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Text,
    TextIgnoringCase,
    TextLike,
    Arn,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Address,
}

/// How the request's value has to lie to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Same,
    Less,
    LessOrSame,
    Greater,
    GreaterOrSame,
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Same => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrSame => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrSame => ordering.is_ge(),
        }
    }
}

impl Comparison {
    /// The comparison of an operator by its name, and whether it is negated.
    pub(super) fn find(name: &str) -> Option<(Self, bool)> {
        let ordered = |rest: &str| {
            Some(match rest {
                "Equals" => (Order::Same, false),
                "NotEquals" => (Order::Same, true),
                "LessThan" => (Order::Less, false),
                "LessThanEquals" => (Order::LessOrSame, false),
                "GreaterThan" => (Order::Greater, false),
                "GreaterThanEquals" => (Order::GreaterOrSame, false),
                _ => return None,
            })
        };
        if let Some(rest) = name.strip_prefix("Numeric") {
            return ordered(rest).map(|(order, is_not)| (Self::Number(order), is_not));
        }
        if let Some(rest) = name.strip_prefix("Date") {
            return ordered(rest).map(|(order, is_not)| (Self::Date(order), is_not));
        }
        Some(match name {
            "StringEquals" => (Self::Text, false),
            "StringNotEquals" => (Self::Text, true),
            "StringEqualsIgnoreCase" => (Self::TextIgnoringCase, false),
            "StringNotEqualsIgnoreCase" => (Self::TextIgnoringCase, true),
            "StringLike" => (Self::TextLike, false),
            "StringNotLike" => (Self::TextLike, true),
            // AWS: ArnEquals and ArnLike behave identically.
            "ArnEquals" | "ArnLike" => (Self::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Self::Arn, true),
            "Bool" => (Self::Bool, false),
            "BinaryEquals" => (Self::Binary, false),
            "IpAddress" => (Self::Address, false),
            "NotIpAddress" => (Self::Address, true),
            _ => return None,
        })
    }

    /// Whether values may have variables.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::TextIgnoringCase | Self::TextLike | Self::Arn)
    }

    /// Values that cannot be read as what the operator compares compare as nothing.
    pub(super) fn holds(self, value: &Template, found: &str, context: &Context) -> bool {
        match self {
            Self::TextLike => {
                value.pattern(context).is_some_and(|pattern| glob::matches(&pattern, found))
            }
            Self::Arn => {
                value.pattern(context).is_some_and(|pattern| glob::matches_arn(&pattern, found))
            }
            _ => value.text(context).is_some_and(|wanted| self.texts_hold(&wanted, found)),
        }
    }

    fn texts_hold(self, wanted: &str, found: &str) -> bool {
        match self {
            Self::Text | Self::Binary => wanted == found,
            Self::TextIgnoringCase => wanted.to_lowercase() == found.to_lowercase(),
            Self::Bool => wanted.eq_ignore_ascii_case(found),
            Self::Number(order) => {
                let (Some(wanted), Some(found)) = (number(wanted), number(found)) else {
                    return false;
                };
                found.partial_cmp(&wanted).is_some_and(|ordering| order.holds(ordering))
            }
            Self::Date(order) => {
                let (Some(wanted), Some(found)) = (date(wanted), date(found)) else {
                    return false;
                };
                order.holds(found.cmp(&wanted))
            }
            Self::Address => is_in_block(wanted, found),
            Self::TextLike | Self::Arn => false,
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// Seconds since the epoch as a number, or ISO 8601 with the parts that are there.
fn date(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>()
        && !(text.len() == 4 && seconds > 0)
    {
        return jiff::Timestamp::from_second(seconds).ok();
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant);
    }
    let civil = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let civil: jiff::civil::DateTime = civil.parse().ok()?;
    jiff::tz::Offset::UTC.to_timestamp(civil).ok()
}

/// An address without a length of its own is a block of one.
fn is_in_block(block: &str, address: &str) -> bool {
    let (base, length) = match block.split_once('/') {
        Some((base, length)) => (base, Some(length)),
        None => (block, None),
    };
    let (Ok(base), Ok(address)) = (base.trim().parse(), address.trim().parse()) else {
        return false;
    };
    let (base, address, width) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            (u128::from(u32::from(base)), u128::from(u32::from(address)), 32)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => (u128::from(base), u128::from(address), 128),
        _ => return false,
    };
    let length = match length.map(str::parse::<u32>) {
        None => width,
        Some(Ok(length)) if length <= width => length,
        Some(_) => return false,
    };
    let differs = base ^ address;
    differs.checked_shr(width - length).unwrap_or(0) == 0
}
