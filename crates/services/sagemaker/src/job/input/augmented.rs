//! Augmented manifests: a JSON object per line, whose attributes are data or name objects.
// AWS: augmented-manifest; API_S3DataSource, AttributeNames.

use crate::Sagemaker;
use crate::job::Failure;
use crate::job::input::{Mode, Source, bring, file_of, inside};
use runner::{JobFolder, Pipe, PipePart};
use serde_json::Value;
use service::Principal;
use std::fs;
use std::path::{Path, PathBuf};

/// The pipe of an augmented manifest: of each line the attributes in the order asked for. What `…-ref` attributes name
/// is given as it is, other values as JSON. `pieces` is which of how many parts of the lines the host gets.
pub(crate) async fn pipe(
    service: &Sagemaker,
    principal: &Principal,
    source: &Source<'_>,
    pieces: (usize, usize),
    folder: &JobFolder,
) -> Result<Pipe, Failure> {
    let client =
        |why: String| Failure::client(format!("the augmented manifest {} {why}", source.uri));
    if source.attributes.is_empty() {
        return Err(client("needs AttributeNames".to_owned()));
    }
    let file = file_of(service, principal, source.uri).await?;
    let text = tokio::fs::read_to_string(file).await.map_err(|error| client(error.to_string()))?;
    let below = Path::new("pipes").join(inside(source.name)?);
    let place = folder.path().join(&below);
    fs::create_dir_all(&place).map_err(Failure::internal)?;
    let (mut parts, mut values) = (Vec::new(), Vec::new());
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines.skip(pieces.0).step_by(pieces.1.max(1)) {
        let line: Value = serde_json::from_str(line)
            .map_err(|error| client(format!("is not JSON in line {}: {error}", number + 1)))?;
        for attribute in &source.attributes {
            let value = line
                .get(attribute)
                .ok_or_else(|| client(format!("has no {attribute} in line {}", number + 1)))?;
            match value.as_str().filter(|_| attribute.ends_with("-ref")) {
                Some(uri) => {
                    let file = below.join(format!("{number}-{}", parts.len()));
                    bring(service, principal, uri, &folder.path().join(&file), Mode::Pipe).await?;
                    parts.push(PipePart { file, offset: 0, length: None, gzip: false });
                }
                None => parts.push(value_part(value, &below, &mut values)),
            }
        }
    }
    fs::write(place.join("values"), values).map_err(Failure::internal)?;
    // Shuffled are lines, not attributes: with several attributes a line stays together only in order.
    let shuffle_seed = source.seed.filter(|_| source.attributes.len() == 1);
    Ok(Pipe { channel: source.name.to_owned(), parts, record_io: source.record_io, shuffle_seed })
}

/// A value's part of the file that holds them all.
fn value_part(value: &Value, below: &Path, values: &mut Vec<u8>) -> PipePart {
    let offset = values.len() as u64;
    values.extend_from_slice(value.to_string().as_bytes());
    let length = Some(values.len() as u64 - offset);
    let file: PathBuf = below.join("values");
    PipePart { file, offset, length, gzip: false }
}
