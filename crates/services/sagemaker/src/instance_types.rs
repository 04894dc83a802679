//! What instance types have: the table of the `runner` crate, and before it a file of the user's own.
//!
//! ```json
//! {"ml.m5.large": {"vcpus": 1, "memory_gib": 2}, "ml.g5.xlarge": {"vcpus": 8, "memory_gib": 30, "gpus": 1}}
//! ```

use runner::resources::{Resources, instance_type};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The table.
pub(crate) struct InstanceTypes {
    file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    vcpus: u32,
    memory_gib: f64,
    #[serde(default)]
    gpus: u32,
}

impl InstanceTypes {
    /// The table with the rows of a file, which is read when it is needed and need not be there.
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    /// What a type has; none for a name that nobody knows.
    pub(crate) fn find(&self, name: &str) -> Option<Resources> {
        self.own(name).or_else(|| instance_type(name))
    }

    fn own(&self, name: &str) -> Option<Resources> {
        let text = std::fs::read(&self.file).ok()?;
        let rows: BTreeMap<String, Row> = match serde_json::from_slice(&text) {
            Ok(rows) => rows,
            Err(error) => {
                tracing::error!(file = %self.file.display(), %error, "the table of instance types cannot be read");
                return None;
            }
        };
        let row = rows.get(name)?;
        let memory_mib = (row.memory_gib * 1024.0).clamp(1.0, 1e12) as u64;
        Some(Resources { vcpus: row.vcpus.max(1), memory_mib, gpus: row.gpus })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_rows_come_first() {
        let file = std::env::temp_dir().join(format!("refit-types-{}.json", std::process::id()));
        let types = InstanceTypes::new(file.clone());
        assert_eq!(types.find("ml.m5.large").unwrap().vcpus, 2);
        std::fs::write(&file, r#"{"ml.m5.large": {"vcpus": 1, "memory_gib": 0.5}}"#).unwrap();
        let own = Resources { vcpus: 1, memory_mib: 512, gpus: 0 };
        assert_eq!(types.find("ml.m5.large"), Some(own));
        assert_eq!(types.find("ml.m5.xlarge").unwrap().vcpus, 4);
        std::fs::write(&file, "nonsense").unwrap();
        assert_eq!(types.find("ml.m5.large").unwrap().vcpus, 2);
        std::fs::remove_file(&file).unwrap();
    }
}
