//! `refit env`: the line that points AWS SDKs and the AWS CLI at the server.

use crate::grammar::Global;
use crate::home::Home;
use crate::report::{Done, Failure};
use serde_json::{Map, Value};
use std::process::ExitCode;

/// Prints it. No secret is in it: the key stays in a file that only its owner can read.
pub(crate) fn run(global: &Global) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    let announcement = home.announcement().ok_or_else(|| {
        Failure::new(format!("no server runs on {}", home.path().display()))
            .hint("start it: refit serve")
    })?;
    home.read_credentials()?;
    let credentials = home.credentials().display().to_string();
    let variables = [
        ("AWS_ENDPOINT_URL", announcement.url.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_PROFILE", "default"),
        ("AWS_REGION", announcement.region.as_str()),
        ("AWS_DEFAULT_REGION", announcement.region.as_str()),
    ];
    if global.json {
        let object: Map<String, Value> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
            .collect();
        anstream::println!("{}", Value::Object(object));
    } else {
        let pairs: Vec<String> =
            variables.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
        anstream::println!("export {}", pairs.join(" "));
    }
    Ok(ExitCode::SUCCESS)
}

/// The value as a shell reads it back.
fn quoted(value: &str) -> String {
    let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "/._:-".contains(c));
    if is_plain { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}
