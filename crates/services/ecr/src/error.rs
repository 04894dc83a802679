//! What ECR answers when it refuses.

use service::AwsError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The repository is not there.
    #[error("The repository with name '{0}' does not exist in the registry with id '{1}'")]
    NoRepository(String, String),
    /// A repository of that name is there already.
    #[error("The repository with name '{0}' already exists in the registry with id '{1}'")]
    Exists(String, String),
    /// The repository has no policy.
    #[error(
        "Repository policy does not exist for the repository with name '{0}' in the registry with id '{1}'"
    )]
    NoPolicy(String, String),
    /// The repository has no lifecycle policy.
    #[error(
        "Lifecycle policy does not exist for the repository with name '{0}' in the registry with id '{1}'"
    )]
    NoLifecyclePolicy(String, String),
    /// Images that are not there.
    #[error(
        "The image with imageId {0} does not exist within the repository with name '{1}' in the registry with id '{2}'"
    )]
    NoImage(String, String, String),
    /// A value that the model allows and the operation does not.
    #[error("Invalid parameter at '{0}' failed to satisfy constraint: '{1}'")]
    Invalid(&'static str, String),
    /// There is nothing to log in to.
    #[error(
        "refit has no image registry: repositories are kept, images are not. Jobs run their code as processes, so nothing has to be pushed"
    )]
    NoRegistry,
    /// Storage failed.
    #[error("{}", .0.message)]
    Other(AwsError),
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Other(error)
    }
}

impl From<Error> for AwsError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let code = match error {
            Error::NoRepository(..) => "RepositoryNotFoundException",
            Error::Exists(..) => "RepositoryAlreadyExistsException",
            Error::NoPolicy(..) => "RepositoryPolicyNotFoundException",
            Error::NoLifecyclePolicy(..) => "LifecyclePolicyNotFoundException",
            Error::NoImage(..) => "ImageNotFoundException",
            Error::Invalid(..) | Error::NoRegistry => "InvalidParameterException",
            Error::Other(error) => return error,
        };
        Self::new(code, message)
    }
}
