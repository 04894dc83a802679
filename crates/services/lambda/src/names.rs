//! Function names as callers give them: a name, a partial ARN, an ARN, each with or without a qualifier.

use crate::error::Error;
use crate::records::{FUNCTION, Function};
use service::{Ctx, Found};

/// What was named, with what was left out filled in from the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) name: &'a str,
    pub(crate) qualifier: Option<&'a str>,
}

impl Named<'_> {
    /// The ARN, with the qualifier that was given.
    pub(crate) fn arn(&self) -> String {
        let Self { region, account, name, .. } = self;
        let qualifier = self.qualifier.map(|given| format!(":{given}")).unwrap_or_default();
        format!("arn:aws:lambda:{region}:{account}:function:{name}{qualifier}")
    }
}

/// Takes a name apart.
// AWS: FunctionName: `name`, `account:function:name`, the ARN; its pattern also lets the region and `function:` be left out.
pub(crate) fn parse<'a>(ctx: &'a Ctx, given: &'a str) -> Named<'a> {
    let mut parts: Vec<&str> =
        given.strip_prefix("arn:aws:lambda:").unwrap_or(given).split(':').collect();
    let mut take =
        |fits: fn(&str) -> bool| (parts.len() > 1 && fits(parts[0])).then(|| parts.remove(0));
    let region = take(is_region).unwrap_or(&ctx.region);
    let account = take(is_account).unwrap_or_else(|| ctx.account());
    take(|part| part == "function");
    let name = parts[0];
    let qualifier = (parts.len() > 1).then(|| &given[given.len() - rest_length(&parts)..]);
    Named { region, account, name, qualifier }
}

/// How long everything after the first part is.
fn rest_length(parts: &[&str]) -> usize {
    parts.iter().skip(1).map(|part| part.len() + 1).sum::<usize>() - 1
}

fn is_region(part: &str) -> bool {
    part.split('-').count() >= 3 && part.ends_with(|last: char| last.is_ascii_digit())
}

fn is_account(part: &str) -> bool {
    part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// The function that was named. Functions of other regions and accounts are not there, nor are versions.
pub(crate) async fn find(ctx: &Ctx, given: &str) -> Result<Found<Function>, Error> {
    let named = parse(ctx, given);
    let is_here = named.region == ctx.region && named.account == ctx.account();
    if is_here && named.qualifier.is_none_or(|qualifier| qualifier == "$LATEST") {
        let key = format!("{}/{}", named.region, named.name);
        let found = ctx.records::<Function>(FUNCTION).get(&key).await?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(Error::NoFunction(named.arn()))
}
