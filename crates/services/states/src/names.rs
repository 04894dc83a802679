//! What names of state machines, executions and activities may hold.

use crate::error::Error;

/// Characters that no name may have, besides control characters and white space.
// AWS: API reference of CreateStateMachine: name.
const FORBIDDEN: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";

/// Refuses names that AWS refuses. The length is a matter of the model.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    let is_forbidden = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '\u{fffe}' | '\u{ffff}' | '\u{10ffff}')
            || FORBIDDEN.contains(character)
    };
    if name.is_empty() || name.chars().any(is_forbidden) {
        return Err(Error::InvalidName(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn names() {
        for good in ["retrain", "re-train_1.2", "trän", "a=b@c!+'()"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "a\tb", "a/b", "a:b", "a*", "a\u{7f}", "a\u{10ffff}", "[x]"] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
