//! Places between the events of a stream, and the tokens that name them.

use crate::error::Error;

/// The latest time that keys and tokens can hold, in Unix milliseconds: some 30,000 years.
pub(crate) const LATEST_MS: i64 = 999_999_999_999_999;

/// The place of an event in its stream, or the gap right before it. Ordered as events are read: by time, then as they
/// arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) ms: i64,
    pub(crate) chunk: u64,
    pub(crate) index: u32,
}

impl Position {
    /// The gap before all events at `ms`.
    pub(crate) fn before(ms: i64) -> Self {
        Self { ms: ms.clamp(0, LATEST_MS), chunk: 0, index: 0 }
    }

    /// The gap right after the event at this place.
    pub(crate) fn after(self) -> Self {
        Self { index: self.index.saturating_add(1), ..self }
    }

    /// Fifteen, twelve and ten digits.
    pub(crate) fn digits(self) -> String {
        format!("{:015}{:012}{:010}", self.ms, self.chunk, self.index)
    }

    /// Reads [`Position::digits`].
    pub(crate) fn read(digits: &str) -> Option<Self> {
        let is_sound = digits.len() == 37 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_sound {
            return None;
        }
        let (ms, rest) = digits.split_at_checked(15)?;
        let (chunk, index) = rest.split_at_checked(12)?;
        Some(Self { ms: ms.parse().ok()?, chunk: chunk.parse().ok()?, index: index.parse().ok()? })
    }
}

/// Where `GetLogEvents` goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// With the events after the gap.
    Forward(Position),
    /// With the events before the gap.
    Backward(Position),
}

impl Token {
    /// Reads a token of a page.
    pub(crate) fn read(text: &str) -> Result<Self, Error> {
        let digits = text.get(2..).and_then(|rest| rest.strip_suffix("/s"));
        let position = digits.and_then(Position::read).ok_or(Error::Token)?;
        match text.get(..2) {
            Some("f/") => Ok(Self::Forward(position)),
            Some("b/") => Ok(Self::Backward(position)),
            _ => Err(Error::Token),
        }
    }

    /// The token's text.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Forward(position) => format!("f/{}/s", position.digits()),
            Self::Backward(position) => format!("b/{}/s", position.digits()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let position = Position { ms: LATEST_MS, chunk: 7, index: u32::MAX };
        for token in [Token::Forward(position), Token::Backward(Position::before(0))] {
            assert_eq!(Token::read(&token.text()).unwrap(), token);
        }
        let digits = position.digits();
        let hostile = ["", "f", "f/", "f//s", "é/", "f/12/s", "x/1"].map(str::to_owned);
        let more = [
            format!("f/{digits}"),
            format!("c/{digits}/s"),
            format!("f/{digits}1/s"),
            format!("f/-{}/s", &digits[1..]),
            format!("f/{}99/s", &digits[2..].replace('4', "9")),
        ];
        for text in hostile.iter().chain(&more) {
            assert!(Token::read(text).is_err(), "{text}");
        }
    }
}
