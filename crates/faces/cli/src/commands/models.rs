//! `refit models`: the model registry as champion and challengers. The champion of a group is its approved version with
//! the highest number.

mod endpoint;

use crate::background::connect;
use crate::grammar::{Global, Models, ModelsAction, Promotion};
use crate::home::Home;
use crate::report::{Done, Failure};
use client::Client;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Does what is asked.
pub(crate) async fn run(global: &Global, arguments: &Models) -> Done {
    let home = Home::locate(global.data.as_deref())?;
    let client = connect(&home).await?;
    match &arguments.action {
        ModelsAction::Ls { group: None } => groups(&client, global.json).await,
        ModelsAction::Ls { group: Some(group) } => versions_of(&client, group, global.json).await,
        ModelsAction::Show { group, version } => show(&client, group, *version).await,
        ModelsAction::Promote { group, version, promotion } => {
            promote(&client, group, *version, promotion, global.json).await
        }
        ModelsAction::Rollback { group, promotion } => {
            rollback(&client, group, promotion, global.json).await
        }
    }
}

async fn call(client: &Client, operation: &str, input: Value) -> Result<Value, Failure> {
    Ok(client.call(sagemaker::model(), operation, input).await?)
}

/// Every page of a list.
async fn all(
    client: &Client,
    operation: &str,
    mut input: Value,
    member: &str,
) -> Result<Vec<Value>, Failure> {
    let mut found = Vec::new();
    loop {
        let mut page = call(client, operation, input.clone()).await?;
        if let Some(Value::Array(items)) = page.get_mut(member).map(Value::take) {
            found.extend(items);
        }
        match page.get("NextToken").filter(|token| !token.is_null()) {
            Some(token) => input["NextToken"] = token.clone(),
            None => return Ok(found),
        }
    }
}

/// A group's versions, newest first.
async fn versions(client: &Client, group: &str) -> Result<Vec<Value>, Failure> {
    let input = json!({"ModelPackageGroupName": group, "MaxResults": 100});
    let list = "ModelPackageSummaryList";
    let mut found = all(client, "ListModelPackages", input, list).await?;
    found.sort_by_key(|one| std::cmp::Reverse(one["ModelPackageVersion"].as_i64()));
    Ok(found)
}

fn version(package: &Value) -> i64 {
    package["ModelPackageVersion"].as_i64().unwrap_or_default()
}

/// The champion, of versions that are newest first.
fn champion(versions: &[Value]) -> Option<&Value> {
    versions.iter().find(|one| one["ModelApprovalStatus"] == "Approved")
}

async fn groups(client: &Client, is_json: bool) -> Done {
    let list = "ModelPackageGroupSummaryList";
    let found = all(client, "ListModelPackageGroups", json!({"MaxResults": 100}), list).await?;
    let mut rows = Vec::new();
    for group in &found {
        let name = group["ModelPackageGroupName"].as_str().unwrap_or_default();
        let versions = versions(client, name).await?;
        rows.push(json!({
            "group": name, "versions": versions.len(), "champion": champion(&versions).map(version),
        }));
    }
    if is_json {
        anstream::println!("{}", Value::from(rows));
        return Ok(ExitCode::SUCCESS);
    }
    for row in &rows {
        let champion = row["champion"].as_i64();
        let champion = champion.map_or("no champion".to_owned(), |it| format!("champion v{it}"));
        let name = row["group"].as_str().unwrap_or_default();
        anstream::println!("{name}  {} versions, {champion}", row["versions"]);
    }
    if rows.is_empty() {
        anstream::println!("no model package groups");
    }
    Ok(ExitCode::SUCCESS)
}

async fn versions_of(client: &Client, group: &str, is_json: bool) -> Done {
    let found = versions(client, group).await?;
    let best = champion(&found).map(version);
    if is_json {
        anstream::println!("{}", json!({"group": group, "champion": best, "versions": found}));
        return Ok(ExitCode::SUCCESS);
    }
    for one in &found {
        let arn = one["ModelPackageArn"].as_str().unwrap_or_default();
        let whole = call(client, "DescribeModelPackage", json!({"ModelPackageName": arn})).await?;
        let mark = if Some(version(one)) == best { "*" } else { " " };
        let text = |member: &str| whole[member].as_str().unwrap_or_default().to_owned();
        anstream::println!(
            "{mark} v{:<4} {:<22} {}  {}",
            version(one),
            text("ModelApprovalStatus"),
            metadata(&whole),
            text("ApprovalDescription")
        );
    }
    if found.is_empty() {
        anstream::println!("{group} has no versions");
    }
    Ok(ExitCode::SUCCESS)
}

/// `rmse=0.5 rows=100`.
fn metadata(package: &Value) -> String {
    let given = package["CustomerMetadataProperties"].as_object().into_iter().flatten();
    let pairs = given.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(" ")
}

async fn show(client: &Client, group: &str, wanted: Option<i64>) -> Done {
    let found = versions(client, group).await?;
    let package = match wanted {
        Some(wanted) => find(&found, group, wanted)?,
        None => champion(&found).ok_or_else(|| {
            Failure::new(format!("{group} has no approved version"))
                .hint(format!("refit models ls {group}"))
        })?,
    };
    let arn = package["ModelPackageArn"].as_str().unwrap_or_default();
    let whole = call(client, "DescribeModelPackage", json!({"ModelPackageName": arn})).await?;
    anstream::println!("{}", serde_json::to_string_pretty(&whole)?);
    Ok(ExitCode::SUCCESS)
}

fn find<'a>(versions: &'a [Value], group: &str, wanted: i64) -> Result<&'a Value, Failure> {
    versions.iter().find(|one| version(one) == wanted).ok_or_else(|| {
        Failure::new(format!("{group} has no version {wanted}"))
            .hint(format!("refit models ls {group}"))
    })
}

async fn approve(
    client: &Client,
    package: &Value,
    status: &str,
    note: &str,
) -> Result<(), Failure> {
    let input = json!({
        "ModelPackageArn": package["ModelPackageArn"],
        "ModelApprovalStatus": status,
        "ApprovalDescription": note,
    });
    call(client, "UpdateModelPackage", input).await.map(drop)
}

async fn promote(
    client: &Client,
    group: &str,
    wanted: i64,
    promotion: &Promotion,
    is_json: bool,
) -> Done {
    let found = versions(client, group).await?;
    let package = find(&found, group, wanted)?;
    if let Some(newer) = champion(&found).filter(|champion| version(champion) > wanted) {
        let text = format!("version {} is approved and newer than {wanted}", version(newer));
        return Err(Failure::new(text).hint(format!("refit models rollback {group}")));
    }
    let note = promotion.note.as_deref().unwrap_or("promoted with refit models promote");
    approve(client, package, "Approved", note).await?;
    tell(client, group, Some(package), promotion, is_json).await
}

async fn rollback(client: &Client, group: &str, promotion: &Promotion, is_json: bool) -> Done {
    let found = versions(client, group).await?;
    let Some(current) = champion(&found) else {
        return Err(Failure::new(format!("{group} has no approved version to roll back")));
    };
    let former = found.iter().filter(|one| version(one) < version(current));
    let former = former.cloned().collect::<Vec<_>>();
    let former = champion(&former);
    if former.is_none() && promotion.endpoint.is_some() {
        let text = format!("{group} has no approved version before {}", version(current));
        return Err(Failure::new(text).hint("approve another one first: refit models promote"));
    }
    let note = promotion.note.as_deref().unwrap_or("rolled back with refit models rollback");
    approve(client, current, "Rejected", note).await?;
    tell(client, group, former, promotion, is_json).await
}

/// Says who is champion now, and has it served when that is asked for.
async fn tell(
    client: &Client,
    group: &str,
    champion: Option<&Value>,
    promotion: &Promotion,
    is_json: bool,
) -> Done {
    if let (Some(champion), Some(endpoint)) = (champion, &promotion.endpoint) {
        endpoint::serve(client, group, champion, endpoint).await?;
    }
    let number = champion.map(version);
    if is_json {
        let document = json!({"group": group, "champion": number, "endpoint": promotion.endpoint});
        anstream::println!("{document}");
        return Ok(ExitCode::SUCCESS);
    }
    match number {
        Some(number) => anstream::println!("{group}: champion is v{number}"),
        None => anstream::println!("{group}: no champion"),
    }
    if let Some(endpoint) = &promotion.endpoint {
        anstream::println!("endpoint {endpoint} is being updated; it answers meanwhile");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::{champion, version};
    use serde_json::json;

    #[test]
    fn the_champion_is_the_newest_approved_version() {
        let of = |statuses: &[&str]| {
            let versions: Vec<_> = statuses
                .iter()
                .enumerate()
                .map(|(number, status)| {
                    let newest = statuses.len() - number;
                    json!({"ModelPackageVersion": newest, "ModelApprovalStatus": status})
                })
                .collect();
            champion(&versions).map(version)
        };
        assert_eq!(of(&["PendingManualApproval", "Approved", "Approved"]), Some(2));
        assert_eq!(of(&["Rejected", "Rejected"]), None);
        assert_eq!(of(&[]), None);
    }
}
