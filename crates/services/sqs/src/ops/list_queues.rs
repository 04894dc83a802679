//! `ListQueues`: URLs of the region's queues, by name.

use crate::Sqs;
use crate::error::Error;
use crate::records::{QUEUE, Queue};
use serde::{Deserialize, Serialize};
use service::{Ctx, PageToken, Reply, page_size};
use store::Scan;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Input {
    queue_name_prefix: Option<String>,
    next_token: Option<String>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Output {
    queue_urls: Option<Vec<String>>,
    next_token: Option<String>,
}

pub(crate) async fn run(sqs: &Sqs, ctx: &Ctx, input: Input) -> Result<Reply<Output>, Error> {
    let prefix = format!("{}/{}", ctx.region, input.queue_name_prefix.unwrap_or_default());
    let token = PageToken { question: &format!("sqs/queues/{prefix}") };
    let page = Page::read(&token, input.next_token.as_deref(), input.max_results)?;
    let scan = Scan { after: page.after.as_deref(), ..Scan::of(QUEUE, &prefix, page.size) };
    let (found, next) = ctx.records::<Queue>(QUEUE).scan(scan).await?;
    let urls: Vec<String> = found.iter().map(|found| sqs.url(ctx, &found.value.name)).collect();
    // AWS: without MaxResults there is no token, even when there are more than a page holds.
    let next = next.filter(|_| page.is_paged);
    Ok(Reply::new(Output {
        queue_urls: (!urls.is_empty()).then_some(urls),
        next_token: next.map(|cursor| token.make(&cursor)),
    }))
}

/// Which page of a listing is asked for.
pub(crate) struct Page {
    pub(crate) after: Option<String>,
    pub(crate) size: usize,
    /// Whether the listing goes on after the page.
    pub(crate) is_paged: bool,
}

impl Page {
    /// Reads token and size.
    ///
    /// # Errors
    /// `InvalidParameterValue`.
    pub(crate) fn read(
        token: &PageToken<'_>,
        given: Option<&str>,
        size: Option<i64>,
    ) -> Result<Self, Error> {
        if size.is_some_and(|size| !(0..=1000).contains(&size)) {
            return Err(Error::InvalidParameter(
                "Value for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.".to_owned(),
            ));
        }
        let after = token
            .read(given, "InvalidParameterValue")
            .map_err(|_| Error::InvalidParameter("Invalid or expired next token.".to_owned()))?;
        Ok(Self { after, size: page_size(size, 1000, 1000), is_paged: size.is_some() })
    }
}
