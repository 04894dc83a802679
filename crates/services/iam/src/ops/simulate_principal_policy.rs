//! `SimulatePrincipalPolicy`: what a user, group or role may do.

use crate::Iam;
use crate::error::Error;
use crate::records::name_in;
use crate::simulate::{Results, Simulation, Subject};
use service::{Arn, Ctx, Reply};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    policy_source_arn: String,
    #[serde(flatten)]
    simulation: Simulation,
}

pub(crate) async fn run(iam: &Iam, _: &Ctx, input: Input) -> Result<Reply<Results>, Error> {
    let invalid = || Error::InvalidInput(format!("Invalid ARN: {}", input.policy_source_arn));
    let arn = Arn::parse(&input.policy_source_arn).map_err(|_| invalid())?;
    let (kind, _) = arn.resource.split_once('/').ok_or_else(invalid)?;
    let name = name_in(&input.policy_source_arn);
    let grants = match kind {
        "user" => iam.user_grants(name).await?,
        "group" => iam.group_grants(name).await?,
        "role" => iam.role_grants(name).await?,
        _ => return Err(invalid()),
    };
    let Some(grants) = grants.filter(|grants| grants.arn == input.policy_source_arn) else {
        return Err(Error::NoSuchEntity(format!("The {kind} with name {name} cannot be found.")));
    };
    let subject = Subject { arn: Some(grants.arn), says: grants.says };
    Ok(Reply::new(input.simulation.run(iam, subject)?))
}
