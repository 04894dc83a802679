//! `forward.json` of the data directory: which services' calls go on to AWS, and with whose credentials.

use crate::report::Failure;
use forward::{Entry, Forwarded};
use service::Service;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wire::sigv4::Credentials;

/// The services that are named there; none without the file.
pub(crate) fn services(home: &Path) -> Result<Vec<Arc<dyn Service>>, Failure> {
    let file = home.join("forward.json");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(&file).because(error)),
    };
    let mut services: Vec<Arc<dyn Service>> = Vec::new();
    for (name, entry) in forward::read(&text)? {
        let path = home.join(&entry.model);
        let model = std::fs::read_to_string(&path).map_err(|error| {
            unreadable(&path).because(error).hint(format!(
                "it is botocore's description of {name}: botocore/data/{name}/*/service-2.json"
            ))
        })?;
        let credentials = credentials(&entry)?;
        tracing::info!(service = name, endpoint = entry.endpoint, "calls of state machines go on");
        services.push(Arc::new(Forwarded::new(&name, &entry, &model, credentials)?));
    }
    Ok(services)
}

fn unreadable(file: &Path) -> Failure {
    Failure::new(format!("cannot read {}", file.display()))
}

/// The profile's credentials, or the environment's.
fn credentials(entry: &Entry) -> Result<Credentials, Failure> {
    let Some(profile) = &entry.profile else {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| {
                Failure::new(format!("{name} is not set, and forward.json names no profile"))
            })
        };
        return Ok(Credentials {
            access_key_id: variable("AWS_ACCESS_KEY_ID")?,
            secret_access_key: variable("AWS_SECRET_ACCESS_KEY")?,
            session_token: std::env::var("AWS_SESSION_TOKEN")
                .ok()
                .filter(|token| !token.is_empty()),
        });
    };
    let file = match std::env::var_os("AWS_SHARED_CREDENTIALS_FILE") {
        Some(file) => PathBuf::from(file),
        None => std::env::home_dir().unwrap_or_default().join(".aws/credentials"),
    };
    let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file).because(error))?;
    of_profile(&text, profile).ok_or_else(|| {
        Failure::new(format!("{} has no keys of the profile {profile}", file.display()))
    })
}

/// The keys of a profile in AWS's credentials file.
fn of_profile(text: &str, profile: &str) -> Option<Credentials> {
    let mut is_inside = false;
    let (mut id, mut secret, mut token) = (None, None, None);
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            is_inside = name.trim() == profile;
            continue;
        }
        let Some((name, value)) = line.split_once('=').filter(|_| is_inside) else { continue };
        let value = Some(value.trim().to_owned());
        match name.trim() {
            "aws_access_key_id" => id = value,
            "aws_secret_access_key" => secret = value,
            "aws_session_token" => token = value,
            _ => {}
        }
    }
    Some(Credentials { access_key_id: id?, secret_access_key: secret?, session_token: token })
}

#[cfg(test)]
mod tests {
    use super::of_profile;

    #[test]
    fn profiles() {
        let text = "[a]\naws_access_key_id=1\n\n[ b ]\n# aws_access_key_id = 0\naws_access_key_id = 2\naws_secret_access_key = s=\n";
        let found = of_profile(text, "b").unwrap();
        assert_eq!((found.access_key_id.as_str(), found.secret_access_key.as_str()), ("2", "s="));
        assert!(of_profile(text, "a").is_none() && of_profile(text, "c").is_none());
    }
}
