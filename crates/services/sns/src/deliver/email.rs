//! E-mail: handed to the sendmail program that the server was told of; otherwise the log says what was not sent.

use super::{Delivery, envelope};
use service::AwsError;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// How long the program may take.
const LONGEST: Duration = Duration::from_mins(1);

/// Sends the message, when there is a program to send it with.
pub(super) async fn send(sendmail: Option<&Path>, delivery: &Delivery) -> Result<(), AwsError> {
    let to = &delivery.subscription.endpoint;
    let Some(program) = sendmail else {
        tracing::warn!(
            to,
            subject = delivery.message.subject,
            "an e-mail is not sent: REFIT_SENDMAIL names no program"
        );
        return Ok(());
    };
    let failed = |why: String| AwsError::fault("EmailFailed", why, 502);
    let mut child = Command::new(program)
        .args(["-t", "-i"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(format!("{}: {error}", program.display())))?;
    if let Some(mut input) = child.stdin.take() {
        let text = letter(delivery);
        let written = timeout(LONGEST, input.write_all(text.as_bytes())).await;
        let written = written.map_err(|_| failed("it does not read".to_owned()))?;
        written.map_err(|error| failed(error.to_string()))?;
    }
    let status = timeout(LONGEST, child.wait()).await;
    let status = status.map_err(|_| failed("it does not end".to_owned()))?;
    let status = status.map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(format!("{}: {status}", program.display()))) }
}

/// The letter as sendmail reads it. Header values are one line each, whatever was published.
fn letter(delivery: &Delivery) -> String {
    let line = |text: &str| text.replace(['\r', '\n'], " ");
    let subject = delivery.message.subject.as_deref().unwrap_or("AWS Notification Message");
    let body = if delivery.subscription.protocol == "email-json" {
        envelope::notification(delivery).to_string()
    } else {
        delivery.text().to_owned()
    };
    format!(
        "To: {}\nSubject: {}\nContent-Type: text/plain; charset=utf-8\n\n{body}\n",
        line(&delivery.subscription.endpoint),
        line(subject)
    )
}
