//! `--fix`: edits that change nothing but what is wrong, in files that are not programs.

use crate::error::Error;
use crate::finding::{Edit, Finding};
use crate::source::{FileId, Sources};
use std::path::PathBuf;

/// A file that was corrected.
#[derive(Debug)]
pub struct Fixed {
    /// The file.
    pub path: PathBuf,
    /// How many findings.
    pub findings: usize,
}

/// Corrects definitions and programs in YAML and JSON. Of edits that overlap the first is made; another check finds the rest.
///
/// # Errors
/// A file that cannot be written.
pub fn fix(sources: &Sources, findings: &[Finding]) -> Result<Vec<Fixed>, Error> {
    let mut files: Vec<FileId> = findings.iter().map(|finding| finding.span.file).collect();
    files.sort_unstable();
    files.dedup();
    let mut fixed = Vec::new();
    for id in files {
        let file = sources.file(id);
        let is_data = file.path.extension().is_some_and(|extension| {
            ["yaml", "yml", "json", "asl"].iter().any(|known| extension == *known)
        });
        let of_file: Vec<&Finding> = findings
            .iter()
            .filter(|finding| {
                finding.allowed.is_none()
                    && !finding.edits.is_empty()
                    && finding.edits.iter().all(|edit| edit.span.file == id)
            })
            .collect();
        if !is_data || of_file.is_empty() {
            continue;
        }
        let (text, count) = apply(&file.text, &of_file);
        std::fs::write(&file.path, text)
            .map_err(|source| Error::Write { path: file.path.clone(), source })?;
        fixed.push(Fixed { path: file.path.clone(), findings: count });
    }
    Ok(fixed)
}

/// The corrected text, and how many findings it corrects.
pub(crate) fn apply(text: &str, findings: &[&Finding]) -> (String, usize) {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for finding in findings {
        let overlaps = |edit: &Edit| {
            taken.iter().any(|other| {
                let is_same = other.span == edit.span;
                is_same || (other.span.start < edit.span.end && edit.span.start < other.span.end)
            })
        };
        if finding.edits.iter().any(overlaps) {
            continue;
        }
        taken.extend(&finding.edits);
        count += 1;
    }
    taken.sort_by_key(|edit| edit.span.start);
    let mut corrected = String::with_capacity(text.len());
    let mut at = 0;
    for edit in taken {
        let Some(between) = text.get(at..edit.span.start) else { continue };
        corrected.push_str(between);
        corrected.push_str(&edit.text);
        at = edit.span.end;
    }
    corrected.push_str(text.get(at..).unwrap_or_default());
    (corrected, count)
}
