//! What can be wrong with patterns, paths and templates.

/// Why a pattern, path or template was refused, or could not be applied to an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The event pattern is not valid; AWS's code is `InvalidEventPatternException` and the text of
    /// this error is AWS's, with the place in the pattern where AWS gives one.
    #[error("Event pattern is not valid. Reason: {reason}")]
    Pattern {
        /// What is wrong, and where.
        reason: String,
    },
    /// A path of an input is not one of those EventBridge knows.
    #[error("{path:?} is not a path of dot notation, array indices and wildcards")]
    Path {
        /// The path as written.
        path: String,
    },
    /// More than 100 variables.
    #[error("an input paths map has at most 100 entries")]
    TooManyPaths,
    /// A variable has a name that is AWS's own.
    #[error("the variable {name:?} begins with AWS. and is reserved")]
    ReservedVariable {
        /// The variable.
        name: String,
    },
    /// The template is empty or longer than 8192 characters.
    #[error("an input template has 1 to 8192 characters")]
    TemplateLength,
    /// The template names a variable that is not in the paths map. AWS's text for it is
    /// "InputTemplate for target ID contains invalid placeholder NAME.".
    #[error("the input template contains the invalid placeholder {name:?}")]
    Placeholder {
        /// The variable.
        name: String,
    },
    /// The template is meant to be JSON and would not be whatever the event.
    #[error("the input template is not JSON at its placeholders' sides")]
    TemplateJson,
    /// With the values of this event the template is not JSON, so that AWS would not deliver it.
    #[error("the transformed event is not JSON")]
    ResultJson,
}
