//! Why a job failed, and whose fault it is.

use service::AwsError;

/// Why a job failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The words of its FailureReason.
    pub(super) reason: String,
    /// The server's trouble and not the job's: the handler runs again later.
    pub(super) is_passing: bool,
}

impl Failure {
    /// Why.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether it is to be tried again.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_passing
    }

    /// In exactly these words.
    pub(crate) fn plain(reason: String) -> Self {
        Self { reason, is_passing: false }
    }

    /// The user's fault.
    pub(crate) fn client(text: impl std::fmt::Display) -> Self {
        Self::plain(format!("ClientError: {text}"))
    }

    /// refit's or the machine's fault.
    pub(crate) fn internal(text: impl std::fmt::Display) -> Self {
        Self::plain(format!("InternalServerError: {text}"))
    }

    /// Whether it is refit's or the machine's fault.
    pub(crate) fn is_the_machines(&self) -> bool {
        self.is_passing || self.reason.starts_with("InternalServerError")
    }

    /// The machine's fault, which passes: tried again.
    pub(crate) fn passing(text: impl std::fmt::Display) -> Self {
        Self { is_passing: true, ..Self::internal(text) }
    }

    /// What a service answered: its fault is tried again, its refusal is the user's fault.
    pub(crate) fn refused(what: &str, error: &AwsError) -> Self {
        let text = format!("{what}: {} ({})", error.message, error.code);
        let is_passing = error.status >= 500;
        Self { is_passing, ..Self::client(text) }
    }
}
