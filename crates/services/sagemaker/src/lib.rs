//! Amazon SageMaker jobs and model registry.
