//! Why a text is not a policy.

/// Why a policy document was refused.
///
/// AWS refuses all of them as `MalformedPolicyDocument`; [`Error::aws_message`] has its words, the
/// text of the error itself says more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON at all.
    #[error("the policy is not JSON at line {line}, column {column}")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// JSON, but not of the form of a policy.
    #[error("{place}: {reason}")]
    Syntax {
        /// Which element of the policy, for instance `Statement[0].Effect`.
        place: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A condition operator that IAM does not know.
    #[error("{place}: there is no condition operator {operator:?}")]
    Operator {
        /// Which element of the policy.
        place: String,
        /// The operator as written.
        operator: String,
    },
}

impl Error {
    /// The message of AWS's `MalformedPolicyDocument`.
    // AWS: recorded answers of CreatePolicy and UpdateAssumeRolePolicy.
    pub fn aws_message(&self) -> &'static str {
        match self {
            Self::Json { .. } => "This policy contains invalid Json",
            Self::Syntax { .. } | Self::Operator { .. } => "Syntax errors in policy.",
        }
    }
}
