//! `SimulateCustomPolicy`: what given policies would allow.

use crate::Iam;
use crate::error::Error;
use crate::simulate::{Results, Simulation, Subject};
use service::{Ctx, Reply};

pub(crate) async fn run(iam: &Iam, _: &Ctx, input: Simulation) -> Result<Reply<Results>, Error> {
    let subject = Subject { arn: None, says: Vec::new() };
    Ok(Reply::new(input.run(iam, subject)?))
}
