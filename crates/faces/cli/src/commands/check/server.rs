//! What a server runs: its state machines, rules, roles and policies, for the rules to look at.

use crate::report::Failure;
use client::Client;
use serde_json::{Map, Value, json};
use wire::Model;

/// How many pages of one list are read.
const MAX_PAGES: usize = 1000;

/// Asks the server for everything that is looked at.
pub(super) async fn describe(client: &Client) -> Result<Value, Failure> {
    Ok(json!({
        "stateMachines": machines(client).await?,
        "rules": rules(client).await?,
        "roles": roles(client).await?,
        "policies": policies(client).await?,
    }))
}

/// The items of a list, all pages. `tokens` are the member of the answer and that of the next request.
async fn list(
    client: &Client,
    model: &Model,
    operation: &str,
    input: Value,
    items: &str,
    tokens: (&str, &str),
) -> Result<Vec<Value>, Failure> {
    let mut all = Vec::new();
    let mut input = input;
    for _ in 0..MAX_PAGES {
        let mut answer = client.call(model, operation, input.clone()).await?;
        if let Value::Array(page) = answer[items].take() {
            all.extend(page);
        }
        match answer[tokens.0].as_str() {
            Some(token) if !token.is_empty() => input[tokens.1] = Value::from(token),
            _ => break,
        }
    }
    Ok(all)
}

async fn machines(client: &Client) -> Result<Vec<Value>, Failure> {
    let model = states::model();
    let mut all = Vec::new();
    for machine in list(
        client,
        model,
        "ListStateMachines",
        json!({}),
        "stateMachines",
        ("nextToken", "nextToken"),
    )
    .await?
    {
        let arn = json!({"stateMachineArn": machine["stateMachineArn"]});
        let described = client.call(model, "DescribeStateMachine", arn).await?;
        all.push(json!({
            "name": described["name"], "arn": described["stateMachineArn"], "type": described["type"],
            "definition": described["definition"], "roleArn": described["roleArn"],
        }));
    }
    Ok(all)
}

async fn rules(client: &Client) -> Result<Vec<Value>, Failure> {
    let model = events::model();
    let tokens = ("NextToken", "NextToken");
    let mut all = Vec::new();
    for rule in list(client, model, "ListRules", json!({}), "Rules", tokens).await? {
        let of_rule = json!({"Rule": rule["Name"]});
        let targets = list(client, model, "ListTargetsByRule", of_rule, "Targets", tokens).await?;
        let mut described = Map::new();
        for (from, to) in [
            ("Name", "name"),
            ("Arn", "arn"),
            ("State", "state"),
            ("ScheduleExpression", "scheduleExpression"),
        ] {
            if let Some(value) = rule.get(from) {
                described.insert(to.to_owned(), value.clone());
            }
        }
        described.insert("targets".to_owned(), Value::Array(targets));
        all.push(Value::Object(described));
    }
    Ok(all)
}

async fn roles(client: &Client) -> Result<Vec<Value>, Failure> {
    let model = iam::model();
    let tokens = ("Marker", "Marker");
    let mut all = Vec::new();
    for role in list(client, model, "ListRoles", json!({}), "Roles", tokens).await? {
        let of_role = json!({"RoleName": role["RoleName"]});
        let mut inline = Vec::new();
        for name in
            list(client, model, "ListRolePolicies", of_role.clone(), "PolicyNames", tokens).await?
        {
            let input = json!({"RoleName": role["RoleName"], "PolicyName": name});
            let policy = client.call(model, "GetRolePolicy", input).await?;
            inline.push(json!({"name": name, "document": text(&policy["PolicyDocument"])}));
        }
        let attached =
            list(client, model, "ListAttachedRolePolicies", of_role, "AttachedPolicies", tokens)
                .await?;
        let attached: Vec<&Value> = attached.iter().map(|policy| &policy["PolicyArn"]).collect();
        all.push(json!({
            "name": role["RoleName"], "arn": role["Arn"], "inline": inline, "attached": attached,
            "assumeRolePolicy": text(&role["AssumeRolePolicyDocument"]),
        }));
    }
    Ok(all)
}

async fn policies(client: &Client) -> Result<Vec<Value>, Failure> {
    let model = iam::model();
    let mut all = Vec::new();
    for policy in list(
        client,
        model,
        "ListPolicies",
        json!({"Scope": "Local"}),
        "Policies",
        ("Marker", "Marker"),
    )
    .await?
    {
        let input = json!({"PolicyArn": policy["Arn"], "VersionId": policy["DefaultVersionId"]});
        let version = client.call(model, "GetPolicyVersion", input).await?;
        all.push(json!({
            "name": policy["PolicyName"], "arn": policy["Arn"], "policy": text(&version["PolicyVersion"]["Document"]),
        }));
    }
    Ok(all)
}

/// A policy document: IAM answers with it percent-encoded. It is laid out in lines, to be shown.
fn text(document: &Value) -> String {
    let encoded = document.as_str().unwrap_or_default().as_bytes();
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut at = 0;
    while at < encoded.len() {
        let hex = |offset: usize| {
            encoded.get(at + offset).and_then(|digit| char::from(*digit).to_digit(16))
        };
        if let (b'%', Some(high), Some(low)) = (encoded[at], hex(1), hex(2)) {
            bytes.push((high * 16 + low) as u8);
            at += 3;
        } else {
            bytes.push(encoded[at]);
            at += 1;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => format!("{value:#}"),
        Err(_) => text,
    }
}
