//! Why nothing could be checked.

use std::path::PathBuf;

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There is nothing to check.
    #[error("{} holds no Pulumi.yaml and no state machine definition", path.display())]
    Nothing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A program is in a language that is not read.
    #[error("{}: programs of the runtime {runtime} are not read", path.display())]
    Runtime {
        /// The project file.
        path: PathBuf,
        /// What it says.
        runtime: String,
    },
    /// The program of a project is not there.
    #[error("{} has no program: {} is not there", project.display(), program.display())]
    NoProgram {
        /// The project file.
        project: PathBuf,
        /// The file that was expected.
        program: PathBuf,
    },
    /// A file is too large to be a program or a definition.
    #[error("{} is larger than 8 MiB", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// A program cannot be converted as it is.
    #[error("{} of the program cannot be read off its text", count(places.len()))]
    Unconverted {
        /// What, and where.
        places: Vec<String>,
    },
}

fn count(n: usize) -> String {
    if n == 1 { "one value".to_owned() } else { format!("{n} values") }
}
