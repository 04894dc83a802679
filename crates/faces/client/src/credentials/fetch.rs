//! Fetches credentials on the way that was chosen.

use super::profile::{Plan, Role};
use super::{CredentialsError, Surroundings, Temporary};
use crate::endpoint::Endpoints;
use crate::transport::Transport;
use serde_json::{Value, json};
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::Duration;
use wire::sigv4::Credentials;
use wire::{HttpRequestParts, HttpResponseParts, Model};

/// How long a metadata service, which is near, may take.
const NEAR_TIMEOUT: Duration = Duration::from_secs(2);
/// How long STS or a credential process may take.
const FAR_TIMEOUT: Duration = Duration::from_secs(30);

/// How often STS is asked while it has too much to do.
const ATTEMPTS: u32 = 5;

static STS: LazyLock<Model> = LazyLock::new(|| {
    Model::parse(include_str!("../sts.json")).expect("the model in the repository can be read")
});

/// Where roles are assumed, and what else fetching needs.
#[derive(Clone)]
pub(super) struct Sts {
    pub(super) endpoints: Endpoints,
    pub(super) region: String,
    pub(super) transport: Transport,
    pub(super) surroundings: Surroundings,
}

type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Temporary, CredentialsError>> + Send + 'a>>;

/// Goes the way.
pub(super) fn fetch<'a>(plan: &'a Plan, sts: &'a Sts) -> Fetching<'a> {
    Box::pin(async move {
        match plan {
            Plan::Keys(credentials) => {
                Ok(Temporary { credentials: credentials.clone(), ends_ms: None })
            }
            Plan::Role(role) => {
                let source = fetch(&role.source, sts).await?;
                sts.assume_role(role, &source.credentials).await
            }
            Plan::WebIdentity { role_arn, session_name, token_file } => {
                sts.web_identity(role_arn, session_name, token_file).await
            }
            Plan::Process(command) => process(command).await,
            Plan::Container => sts.container().await,
            Plan::Instance => sts.instance().await,
            Plan::Other(source) => {
                Ok(Temporary { credentials: source.get().await?, ends_ms: None })
            }
        }
    })
}

fn source(from: &str, why: impl ToString) -> CredentialsError {
    CredentialsError::Source { from: from.to_owned(), why: why.to_string() }
}

impl Sts {
    async fn assume_role(
        &self,
        role: &Role,
        credentials: &Credentials,
    ) -> Result<Temporary, CredentialsError> {
        let mut input = json!({ "RoleArn": role.role_arn, "RoleSessionName": role.session_name });
        if let Some(external_id) = &role.external_id {
            input["ExternalId"] = json!(external_id);
        }
        if let Some(seconds) = role.duration_seconds {
            input["DurationSeconds"] = json!(seconds);
        }
        self.call("AssumeRole", &input, Some(credentials), &role.role_arn).await
    }

    async fn web_identity(
        &self,
        role_arn: &str,
        session_name: &str,
        token_file: &Path,
    ) -> Result<Temporary, CredentialsError> {
        let token = std::fs::read_to_string(token_file)
            .map_err(|error| source(&token_file.display().to_string(), error))?;
        let input = json!({
            "RoleArn": role_arn, "RoleSessionName": session_name, "WebIdentityToken": token.trim(),
        });
        self.call("AssumeRoleWithWebIdentity", &input, None, role_arn).await
    }

    /// Calls STS, signed where there are credentials to sign with.
    async fn call(
        &self,
        operation: &str,
        input: &Value,
        credentials: Option<&Credentials>,
        role_arn: &str,
    ) -> Result<Temporary, CredentialsError> {
        let from = format!("{operation} of {role_arn}");
        let failed = |error: wire::Error| source(&from, error);
        let operation_model = STS.operation(operation).expect("the model has both operations");
        let request = wire::encode_request(&STS, operation_model, input).map_err(failed)?;
        let address = self.endpoints.address(&STS, &self.region);
        let mut delay = Duration::from_millis(200);
        let mut attempt = 1;
        let answer = loop {
            let mut parts = request.clone();
            parts.path.insert_str(0, &address.base_path);
            parts.headers.set("Host", address.host.as_str());
            if let Some(credentials) = credentials {
                wire::sigv4::sign(&mut parts, credentials, &address.region, "sts", crate::now_ms())
                    .map_err(failed)?;
            }
            let answer = self.exchange(&from, &address.root, parts, FAR_TIMEOUT).await?;
            if (200..300).contains(&answer.status) {
                break answer;
            }
            let error = wire::decode_error(&STS, &answer);
            if attempt == ATTEMPTS || !crate::is_transient(&error) {
                return Err(source(&from, format!("{} ({})", error.message, error.code)));
            }
            attempt += 1;
            tokio::time::sleep(delay).await;
            delay *= 2;
        };
        let answer = wire::decode_response(&STS, operation_model, &answer).map_err(failed)?;
        let found = answer.get("Credentials").unwrap_or(&Value::Null);
        let names = ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"];
        temporary(&from, found, names)
    }

    async fn container(&self) -> Result<Temporary, CredentialsError> {
        let from = "the container's host";
        let variable = |name| self.surroundings.variable(name);
        let relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        let (root, path) = if let Some(path) = relative {
            ("http://169.254.170.2".to_owned(), path.to_owned())
        } else {
            let uri = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").unwrap_or_default();
            may_be_asked(uri).map_err(|why| source(from, why))?;
            let begin = uri.find("://").map_or(0, |at| at + 3);
            let end = uri[begin..].find('/').map_or(uri.len(), |at| begin + at);
            (uri[..end].to_owned(), uri[end..].to_owned())
        };
        let token = match variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(file) => {
                let read = std::fs::read_to_string(file).map_err(|error| source(file, error))?;
                Some(read.trim().to_owned())
            }
            None => variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(str::to_owned),
        };
        let header = token.map(|token| ("Authorization", token));
        let body = self.text(from, "GET", &root, &path, header).await?;
        printed(from, &body)
    }

    async fn instance(&self) -> Result<Temporary, CredentialsError> {
        let endpoint = self.surroundings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        let root = endpoint.unwrap_or("http://169.254.169.254").trim_end_matches('/').to_owned();
        let from = "the instance's metadata service";
        let wish = ("X-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned());
        // Nobody there to ask is what a machine outside AWS looks like, and so an empty chain.
        let token = self
            .text(from, "PUT", &root, "/latest/api/token", Some(wish))
            .await
            .map_err(|_| CredentialsError::None)?;
        let list = "/latest/meta-data/iam/security-credentials/";
        let header = || Some(("X-aws-ec2-metadata-token", token.clone()));
        let roles = self.text(from, "GET", &root, list, header()).await?;
        let role = roles.lines().next().unwrap_or_default();
        let body = self.text(from, "GET", &root, &format!("{list}{role}"), header()).await?;
        printed(from, &body)
    }

    /// The body of a page of a service nearby.
    async fn text(
        &self,
        from: &str,
        method: &str,
        root: &str,
        path: &str,
        header: Option<(&str, String)>,
    ) -> Result<String, CredentialsError> {
        let mut parts = HttpRequestParts {
            method: method.to_owned(),
            path: path.to_owned(),
            ..HttpRequestParts::default()
        };
        if let Some((name, value)) = header {
            parts.headers.set(name, value.as_str());
        }
        let answer = self.exchange(from, root, parts, NEAR_TIMEOUT).await?;
        if answer.status != 200 {
            return Err(source(from, format!("it answered {}", answer.status)));
        }
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    async fn exchange(
        &self,
        from: &str,
        root: &str,
        parts: HttpRequestParts,
        timeout: Duration,
    ) -> Result<HttpResponseParts, CredentialsError> {
        let exchange = self.transport.send(root, parts);
        match tokio::time::timeout(timeout, exchange).await {
            Ok(answer) => answer.map_err(|error| source(from, chain_text(error.as_ref()))),
            Err(_) => Err(source(from, format!("no answer within {} seconds", timeout.as_secs()))),
        }
    }
}

/// An error with its causes, in one line.
fn chain_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Whether credentials may be asked for in clear at an address: only over TLS, on this machine, or at the container host's own.
// AWS: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
fn may_be_asked(uri: &str) -> Result<(), String> {
    if uri.starts_with("https://") {
        return Ok(());
    }
    let authority = uri.strip_prefix("http://").and_then(|rest| rest.split('/').next());
    let host = authority.map(|authority| match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    });
    let is_near = host.is_some_and(|host| {
        let near = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];
        let address = host.parse::<std::net::IpAddr>();
        near.contains(&host) || address.is_ok_and(|a| a.is_loopback()) || host == "localhost"
    });
    if is_near { Ok(()) } else { Err(format!("{uri} is neither https nor on this machine")) }
}

/// What a `credential_process` prints.
async fn process(command: &str) -> Result<Temporary, CredentialsError> {
    let from = "credential_process";
    let mut child = tokio::process::Command::new("/bin/sh");
    child.args(["-c", command]).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(FAR_TIMEOUT, child.output())
        .await
        .map_err(|_| source(from, format!("no answer within {} seconds", FAR_TIMEOUT.as_secs())))?
        .map_err(|error| source(from, error))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(source(from, format!("{}: {}", output.status, said.trim())));
    }
    printed(from, &String::from_utf8_lossy(&output.stdout))
}

/// Credentials as processes, containers and instances give them.
fn printed(from: &str, text: &str) -> Result<Temporary, CredentialsError> {
    let found: Value =
        serde_json::from_str(text).map_err(|_| source(from, "what it gave is not JSON"))?;
    let token = if found.get("SessionToken").is_some() { "SessionToken" } else { "Token" };
    temporary(from, &found, ["AccessKeyId", "SecretAccessKey", token, "Expiration"])
}

fn temporary(from: &str, found: &Value, names: [&str; 4]) -> Result<Temporary, CredentialsError> {
    let text = |name: &str| found.get(name).and_then(Value::as_str).map(str::to_owned);
    let [id, secret, token, ends] = names;
    let (Some(access_key_id), Some(secret_access_key)) = (text(id), text(secret)) else {
        return Err(source(from, format!("{id} and {secret} are not there")));
    };
    let ends_ms = match found.get(ends) {
        Some(Value::Number(seconds)) => seconds.as_f64().map(|seconds| (seconds * 1000.0) as i64),
        Some(Value::String(text)) => {
            text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
        }
        _ => None,
    };
    let session_token = text(token).filter(|token| !token.is_empty());
    Ok(Temporary {
        credentials: Credentials { access_key_id, secret_access_key, session_token },
        ends_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::{may_be_asked, printed};

    #[test]
    fn where_credentials_may_be_asked_for() {
        let cases = [
            ("https://anywhere/x", true),
            ("http://127.0.0.1:80/x", true),
            ("http://localhost/x", true),
            ("http://[::1]:9/x", true),
            ("http://169.254.170.23/v1", true),
            ("http://10.0.0.1/x", false),
            ("http://localhost.evil.com/x", false),
            ("ftp://127.0.0.1/", false),
            ("", false),
        ];
        for (uri, expected) in cases {
            assert_eq!(may_be_asked(uri).is_ok(), expected, "{uri}");
        }
    }

    #[test]
    fn what_processes_and_hosts_print() {
        let cases = [
            (r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"S"}"#, Some((None, None))),
            (
                r#"{"AccessKeyId":"A","SecretAccessKey":"S","Token":"T","Expiration":"1970-01-01T00:00:01Z"}"#,
                Some((Some("T"), Some(1000))),
            ),
            (
                r#"{"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T","Expiration":2}"#,
                Some((Some("T"), Some(2000))),
            ),
            (r#"{"AccessKeyId":"A"}"#, None),
            ("<html>", None),
        ];
        for (text, expected) in cases {
            let found = printed("x", text).ok();
            let found = found.as_ref().map(|t| (t.credentials.session_token.as_deref(), t.ends_ms));
            assert_eq!(found, expected, "{text}");
        }
    }
}
