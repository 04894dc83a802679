//! Tokens of `OAUTH_CLIENT_CREDENTIALS`: asked for, kept with the secrets, renewed before they run out.

use super::parameters::{basic_authorization, object, pairs, text};
use super::{AUTHORIZED, AUTHORIZING, CONNECTION, Connection, DEAUTHORIZED, SECRET, Secret};
use crate::error::Error;
use outbound::{Request, percent_encode, with_query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::{AwsError, Ctx, Found, WorkItem, WorkOutcome, laid_over};
use std::time::Duration;
use store::Batch;

/// How long the authorisation server may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const LARGEST_BYTES: usize = 1024 * 1024;
/// A token that runs out within this time is renewed first.
const MARGIN_MS: i64 = 60_000;
/// How often a server that cannot be reached is tried again.
const ATTEMPTS: u32 = 3;
const AGAIN_MS: i64 = 5_000;

/// A token. Has no `Debug`, so that no log shows it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Token {
    value: String,
    /// Unix milliseconds; none when the server says nothing about it.
    expires_ms: Option<i64>,
}

/// Why there is no token.
enum Refused {
    /// Another try may help.
    Later(String),
    /// It will not.
    Final(String),
}

/// The token to use now, a new one if it has run out or `renew` asks for it.
pub(super) async fn current(
    ctx: &Ctx,
    connection: &Connection,
    secret: &Found<Secret>,
    renew: bool,
) -> Result<String, Error> {
    let fits = |token: &&Token| {
        !renew && token.expires_ms.is_none_or(|at| at.saturating_sub(MARGIN_MS) > ctx.now_ms)
    };
    if let Some(token) = secret.value.token.as_ref().filter(fits) {
        return Ok(token.value.clone());
    }
    let token = match fetch(ctx, &secret.value.parameters).await {
        Ok(token) => token,
        Err(Refused::Later(why) | Refused::Final(why)) => {
            let state = connection.state.clone();
            return Err(Error::NotAuthorized { state, reason: Some(why) });
        }
    };
    let value = token.value.clone();
    let kept = Secret { token: Some(token), ..secret.value.clone() };
    let mut batch = Batch::new();
    batch.put(SECRET, &secret.key, &kept, secret.expect);
    // Whoever renews it at the same time keeps another one that is as good.
    let _kept_by_another = ctx.kit.store.commit(batch).await;
    Ok(value)
}

/// Fetches a new connection's first token; its state says what came of it.
pub(crate) async fn authorise(ctx: &Ctx, item: &WorkItem) -> Result<WorkOutcome, AwsError> {
    let connections = ctx.records::<Connection>(CONNECTION);
    let Some(mut found) = connections.get(&item.key).await? else { return Ok(WorkOutcome::done()) };
    if found.value.state != AUTHORIZING {
        return Ok(WorkOutcome::done());
    }
    let Some(secret) = ctx.records::<Secret>(SECRET).get(&item.key).await? else {
        return Ok(WorkOutcome::done());
    };
    let mut outcome = WorkOutcome::done();
    match fetch(ctx, &secret.value.parameters).await {
        Ok(token) => {
            AUTHORIZED.clone_into(&mut found.value.state);
            found.value.authorized_ms = Some(ctx.now_ms);
            let kept = Secret { token: Some(token), ..secret.value };
            outcome.batch.put(SECRET, &secret.key, &kept, secret.expect);
        }
        Err(Refused::Later(_)) if item.attempts < ATTEMPTS => {
            return Ok(WorkOutcome::again(item, ctx.now_ms.saturating_add(AGAIN_MS)));
        }
        Err(Refused::Later(why) | Refused::Final(why)) => {
            tracing::warn!(connection = found.value.arn, why, "a connection was not authorised");
            DEAUTHORIZED.clone_into(&mut found.value.state);
            found.value.state_reason = Some(why);
        }
    }
    outcome.batch.put(CONNECTION, &found.key, &found.value, found.expect);
    Ok(outcome)
}

/// Asks for a token.
// AWS: eb-target-connection: the client credentials grant. UNVERIFIED: that client and secret go as Basic authorisation.
async fn fetch(ctx: &Ctx, parameters: &Value) -> Result<Token, Refused> {
    let answer = match outbound::send(request(&parameters["OAuthParameters"])).await {
        Ok(answer) => answer,
        Err(error @ (outbound::Error::Unreachable { .. } | outbound::Error::TimedOut(_))) => {
            return Err(Refused::Later(error.to_string()));
        }
        Err(error) => return Err(Refused::Final(error.to_string())),
    };
    if answer.status >= 500 || answer.status == 429 {
        return Err(Refused::Later(format!(
            "the authorization endpoint answers {}",
            answer.status
        )));
    }
    if !(200..300).contains(&answer.status) {
        return Err(Refused::Final(format!(
            "the authorization endpoint answers {}",
            answer.status
        )));
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(value) = text(&body, "access_token").filter(|token| !token.is_empty()) else {
        return Err(Refused::Final(
            "the authorization endpoint answers no access_token".to_owned(),
        ));
    };
    let seconds = match &body["expires_in"] {
        Value::Number(seconds) => seconds.as_f64(),
        Value::String(seconds) => seconds.parse().ok(),
        _ => None,
    };
    let expires_ms = seconds.map(|seconds| ctx.now_ms.saturating_add((seconds * 1000.0) as i64));
    Ok(Token { value: value.to_owned(), expires_ms })
}

fn request(oauth: &Value) -> Request {
    let own = pairs(&oauth["OAuthHttpParameters"]);
    let client = &oauth["ClientParameters"];
    let member = |name| text(client, name).unwrap_or_default();
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let headers = vec![
        pair("Authorization", basic_authorization(member("ClientID"), member("ClientSecret"))),
        pair("Content-Type", "application/x-www-form-urlencoded".to_owned()),
        pair("Accept", "application/json".to_owned()),
    ];
    let headers = laid_over(headers, &own.headers, true);
    let body = vec![pair("grant_type", "client_credentials".to_owned())];
    let body = laid_over(body, &own.body, false);
    let is_json = headers
        .iter()
        .any(|(name, value)| name.eq_ignore_ascii_case("content-type") && value.contains("json"));
    let method = text(oauth, "HttpMethod").unwrap_or("POST").to_owned();
    let mut query = own.query;
    let body = if method == "GET" {
        query = laid_over(body, &query, false);
        String::new()
    } else if is_json {
        Value::Object(object(&body)).to_string()
    } else {
        form(&body)
    };
    let endpoint = text(oauth, "AuthorizationEndpoint").unwrap_or_default();
    Request {
        method,
        url: with_query(endpoint, &query),
        headers,
        body: body.into_bytes(),
        timeout: TIMEOUT,
        largest_answer_bytes: LARGEST_BYTES,
    }
}

fn form(pairs: &[(String, String)]) -> String {
    let encoded: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect();
    encoded.join("&")
}
