//! AWS's shared files: which profile gives credentials, and how.
// AWS: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html and standardized-credentials.html

use super::{CredentialSource, CredentialsError, Surroundings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use wire::sigv4::Credentials;

/// How credentials are come by.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Plan {
    /// Keys that are written down.
    Keys(Credentials),
    /// A role, assumed with other credentials.
    Role(Role),
    /// A role, assumed with a token from a file.
    WebIdentity { role_arn: String, session_name: String, token_file: PathBuf },
    /// What a command prints.
    Process(String),
    /// What the container's host gives.
    Container,
    /// What the instance's metadata service gives.
    Instance,
    /// Whatever another source has at the time.
    Other(CredentialSource),
}

/// A role and with what it is assumed.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the names that AWS's files have")]
pub(super) struct Role {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) external_id: Option<String>,
    pub(super) duration_seconds: Option<u32>,
    pub(super) source: Box<Plan>,
}

type Settings = BTreeMap<String, String>;

/// The profiles of both shared files; the credentials file wins.
struct Files {
    profiles: BTreeMap<String, Settings>,
    names: String,
}

/// The way to credentials, as AWS's tools choose it.
pub(super) fn plan(
    surroundings: &Surroundings,
    explicit: Option<&str>,
) -> Result<Plan, CredentialsError> {
    if explicit.is_none()
        && let Some(plan) = from_environment(surroundings)
    {
        return Ok(plan);
    }
    let files = read(surroundings);
    let named = explicit.or_else(|| surroundings.variable("AWS_PROFILE"));
    if let Some(profile) = named {
        return of_profile(surroundings, &files, profile, &mut BTreeSet::new());
    }
    if files.profiles.get("default").is_some_and(gives_credentials) {
        return of_profile(surroundings, &files, "default", &mut BTreeSet::new());
    }
    if surroundings.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some()
        || surroundings.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some()
    {
        return Ok(Plan::Container);
    }
    let is_disabled = surroundings
        .variable("AWS_EC2_METADATA_DISABLED")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_disabled { Err(CredentialsError::None) } else { Ok(Plan::Instance) }
}

/// The region of a profile.
pub(super) fn region(surroundings: &Surroundings, explicit: Option<&str>) -> Option<String> {
    let profile = explicit.or_else(|| surroundings.variable("AWS_PROFILE")).unwrap_or("default");
    read(surroundings).profiles.get(profile)?.get("region").cloned()
}

fn from_environment(surroundings: &Surroundings) -> Option<Plan> {
    let variable = |name| surroundings.variable(name).map(str::to_owned);
    if let (Some(access_key_id), Some(secret_access_key)) =
        (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
    {
        let session_token = variable("AWS_SESSION_TOKEN");
        return Some(Plan::Keys(Credentials { access_key_id, secret_access_key, session_token }));
    }
    Some(Plan::WebIdentity {
        role_arn: variable("AWS_ROLE_ARN")?,
        session_name: variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| "refit".to_owned()),
        token_file: variable("AWS_WEB_IDENTITY_TOKEN_FILE")?.into(),
    })
}

fn gives_credentials(settings: &Settings) -> bool {
    let settings_that_do =
        ["aws_access_key_id", "role_arn", "credential_process", "sso_session", "sso_start_url"];
    settings_that_do.iter().any(|name| settings.contains_key(*name))
}

fn of_profile(
    surroundings: &Surroundings,
    files: &Files,
    profile: &str,
    seen: &mut BTreeSet<String>,
) -> Result<Plan, CredentialsError> {
    let Some(settings) = files.profiles.get(profile) else {
        let (profile, files) = (profile.to_owned(), files.names.clone());
        return Err(CredentialsError::NoProfile { profile, files });
    };
    let refuse = |why: &str| {
        Err(CredentialsError::Profile { profile: profile.to_owned(), why: why.to_owned() })
    };
    let is_first_visit = seen.insert(profile.to_owned());
    // A profile may name itself as its source: then its own keys assume the role.
    if let Some(role_arn) = settings.get("role_arn").filter(|_| is_first_visit) {
        return role(surroundings, files, profile, settings, role_arn, seen);
    }
    if let (Some(id), Some(secret)) =
        (settings.get("aws_access_key_id"), settings.get("aws_secret_access_key"))
    {
        return Ok(Plan::Keys(Credentials {
            access_key_id: id.clone(),
            secret_access_key: secret.clone(),
            session_token: settings.get("aws_session_token").cloned(),
        }));
    }
    if !is_first_visit {
        return refuse("its source_profile leads back to itself");
    }
    if let Some(command) = settings.get("credential_process") {
        return Ok(Plan::Process(command.clone()));
    }
    if settings.contains_key("sso_session") || settings.contains_key("sso_start_url") {
        return refuse("it signs in through IAM Identity Center, which refit does not do itself");
    }
    refuse("it has neither keys nor role_arn nor credential_process")
}

fn role(
    surroundings: &Surroundings,
    files: &Files,
    profile: &str,
    settings: &Settings,
    role_arn: &str,
    seen: &mut BTreeSet<String>,
) -> Result<Plan, CredentialsError> {
    let refuse = |why: String| Err(CredentialsError::Profile { profile: profile.to_owned(), why });
    if settings.contains_key("mfa_serial") {
        return refuse(
            "its role wants a code from a device (mfa_serial), which refit does not ask for"
                .to_owned(),
        );
    }
    let session_name =
        settings.get("role_session_name").cloned().unwrap_or_else(|| "refit".to_owned());
    if let Some(token_file) = settings.get("web_identity_token_file") {
        return Ok(Plan::WebIdentity {
            role_arn: role_arn.to_owned(),
            session_name,
            token_file: token_file.into(),
        });
    }
    let source = match (settings.get("source_profile"), settings.get("credential_source")) {
        (Some(source), None) => of_profile(surroundings, files, source, seen)?,
        (None, Some(source)) => match source.as_str() {
            "Ec2InstanceMetadata" => Plan::Instance,
            "EcsContainer" => Plan::Container,
            "Environment" => match from_environment(surroundings) {
                Some(plan) => plan,
                None => {
                    return refuse(
                        "credential_source is Environment, and the environment has no keys"
                            .to_owned(),
                    );
                }
            },
            other => {
                return refuse(format!(
                    "credential_source {other} is not one of Environment, EcsContainer, Ec2InstanceMetadata"
                ));
            }
        },
        _ => {
            return refuse(
                "a profile with role_arn needs source_profile or credential_source, and not both"
                    .to_owned(),
            );
        }
    };
    Ok(Plan::Role(Role {
        role_arn: role_arn.to_owned(),
        session_name,
        external_id: settings.get("external_id").cloned(),
        duration_seconds: settings.get("duration_seconds").and_then(|text| text.parse().ok()),
        source: Box::new(source),
    }))
}

fn read(surroundings: &Surroundings) -> Files {
    let path = |variable: &str, name: &str| {
        let given = surroundings.variable(variable).map(PathBuf::from);
        given.or_else(|| Some(surroundings.home.as_ref()?.join(".aws").join(name)))
    };
    let config = path("AWS_CONFIG_FILE", "config");
    let credentials = path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let mut profiles: BTreeMap<String, Settings> = BTreeMap::new();
    for (file, is_config) in [(&config, true), (&credentials, false)] {
        let text = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        for (section, settings) in sections(&text.unwrap_or_default()) {
            let name = match section.strip_prefix("profile ") {
                Some(name) if is_config => name.trim(),
                _ if is_config && section != "default" => continue,
                _ => section.as_str(),
            };
            profiles.entry(name.to_owned()).or_default().extend(settings);
        }
    }
    let names: Vec<String> = [config, credentials]
        .into_iter()
        .flatten()
        .map(|file| file.display().to_string())
        .collect();
    Files { profiles, names: names.join(" or ") }
}

/// The sections of a file: names and their settings. Nested settings (indented lines) are other tools' business.
fn sections(text: &str) -> Vec<(String, Settings)> {
    let mut sections: Vec<(String, Settings)> = Vec::new();
    for line in text.lines() {
        let is_nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) || is_nested {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            sections.push((name.trim().to_owned(), Settings::new()));
            continue;
        }
        if let (Some((name, value)), Some((_, settings))) =
            (line.split_once('='), sections.last_mut())
        {
            let value = value.split(" #").next().unwrap_or_default().trim();
            settings.insert(name.trim().to_lowercase(), value.to_owned());
        }
    }
    sections
}

#[cfg(test)]
mod tests;
