//! What is wrong with a file.

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It does not end as Parquet files do.
    #[error("it is no Parquet file")]
    NoParquet,
    /// It uses something that is not read here.
    #[error("it has {0}, which is not read here")]
    Unsupported(String),
    /// Its parts do not fit together.
    #[error("it is broken: {0}")]
    Broken(&'static str),
    /// It is larger than what is read here.
    #[error("it is too large: {0}")]
    TooLarge(&'static str),
}
