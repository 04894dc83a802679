//! Function names as callers give them: a name, a partial ARN, an ARN, each with or without a qualifier.

use crate::error::Error;
use crate::records::{FUNCTION, Function};
use service::{Ctx, Found};

/// Region (when the ARN names one) and name of what was given. Only the qualifier `$LATEST` exists.
pub(crate) fn parse<'a>(ctx: &'a Ctx, given: &'a str) -> Result<(&'a str, &'a str), Error> {
    let (region, rest) = match given.split_once(":function:") {
        Some((prefix, rest)) => (prefix.split(':').nth(3).unwrap_or(&ctx.region), rest),
        None => (ctx.region.as_str(), given),
    };
    let (name, qualifier) = rest.split_once(':').unwrap_or((rest, "$LATEST"));
    if qualifier != "$LATEST" {
        let arn = ctx.arn("lambda", &format!("function:{rest}"));
        return Err(Error::NoFunction(arn));
    }
    Ok((region, name))
}

/// The function that was named.
pub(crate) async fn find(ctx: &Ctx, given: &str) -> Result<Found<Function>, Error> {
    let (region, name) = parse(ctx, given)?;
    let found = ctx.records::<Function>(FUNCTION).get(&format!("{region}/{name}")).await?;
    found.ok_or_else(|| Error::NoFunction(ctx.arn("lambda", &format!("function:{name}"))))
}
