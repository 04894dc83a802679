//! Where a project is deployed: this machine's refit, AWS, or any endpoint that speaks AWS's APIs.

use crate::background::connect_or_start;
use crate::home::Home;
use crate::report::Failure;
use client::{Chain, Client, CredentialsError, Identity, Surroundings};
use stack::{Caller, Project};
use std::path::PathBuf;

/// Where to, as `--target` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The refit server of this data directory, started when none runs.
    Here,
    /// AWS itself.
    Aws,
    /// An endpoint's address.
    Endpoint(String),
}

/// What was said about the place and whose calls are made there.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// Deploy to `aws`, to the URL of anything that speaks AWS's APIs, or `here` (the refit server, the default);
    /// a resource's URN limits the command to that resource (repeatable)
    #[arg(
        long = "target",
        short = 't',
        value_name = "aws|URL|URN",
        env = "REFIT_TARGET",
        hide_env_values = true
    )]
    pub(crate) to: Vec<String>,
    /// The profile of AWS's shared files to sign with (not `here`)
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// A role to assume first (not `here`)
    #[arg(long, value_name = "ARN")]
    pub(crate) assume_role: Option<String>,
}

/// A place that can be called.
pub(crate) struct Reached {
    /// A client of the project's region there.
    pub(crate) client: Client,
    /// Where the stacks of this place are kept.
    pub(crate) state_root: PathBuf,
    /// What the screen says of it: `http://127.0.0.1:4566 (started)`, `AWS account 123456789012, eu-west-1`.
    pub(crate) title: String,
    /// The account that calls are made in; not asked for here, where there is one.
    pub(crate) account: String,
    /// Whether it is this machine's own server.
    pub(crate) is_here: bool,
}

impl Target {
    /// The place among what was given.
    pub(crate) fn place(&self) -> Result<Place, Failure> {
        let mut places = self.to.iter().filter(|given| !is_urn(given));
        let place = match places.next().map(String::as_str) {
            None | Some("here") => Place::Here,
            Some("aws") => Place::Aws,
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
                Place::Endpoint(url.trim_end_matches('/').to_owned())
            }
            Some(other) => {
                return Err(Failure::new(format!("--target {other} is no place to deploy to"))
                    .hint(
                        "write `aws`, `here`, the URL of an endpoint, or the URN of a resource",
                    ));
            }
        };
        if let Some(second) = places.next() {
            return Err(Failure::new(format!("--target {second} is a second place to deploy to"))
                .hint("deploy to one place at a time"));
        }
        if place == Place::Here && (self.profile.is_some() || self.assume_role.is_some()) {
            return Err(Failure::new(
                "--profile and --assume-role are for other places than this machine's refit",
            )
            .hint("say which: --target aws"));
        }
        Ok(place)
    }

    /// Where the stacks of the place are kept.
    pub(crate) fn state_root(&self, home: &Home) -> Result<PathBuf, Failure> {
        Ok(match self.place()? {
            Place::Here => home.stacks(),
            Place::Aws => home.stacks_of("aws"),
            Place::Endpoint(url) => home.stacks_of(&url),
        })
    }

    /// The URNs among what was given.
    pub(crate) fn urns(&self) -> Vec<String> {
        self.to.iter().filter(|given| is_urn(given)).cloned().collect()
    }

    /// Reaches the place for a project's stack.
    pub(crate) async fn reach(
        &self,
        home: &Home,
        project: &Project,
        region: Option<String>,
        caller: &Caller,
    ) -> Result<Reached, Failure> {
        let endpoint = match self.place()? {
            Place::Here => return here(home, region).await,
            Place::Aws => None,
            Place::Endpoint(url) => Some(url),
        };
        let surroundings = Surroundings::of_this_process();
        // The command line wins over the stack's configuration.
        let profile = self.profile.as_ref().or(caller.identity.profile.as_ref());
        let region = region.or_else(|| surroundings.region(profile.map(String::as_str)));
        let region = region.ok_or_else(|| {
            Failure::new(format!("no region is set for {}", project.name()))
                .hint("refit config set aws:region eu-west-1, or AWS_REGION=eu-west-1")
        })?;
        let chain = Chain {
            surroundings,
            profile: profile.cloned(),
            assume_role_arn: self.assume_role.clone(),
        };
        let mut client =
            Client::with_chain(endpoint.as_deref(), &region, &chain).map_err(no_keys)?;
        let of_command_line = self.profile.is_some() || self.assume_role.is_some();
        let identity = Identity { profile: None, ..caller.identity.clone() };
        if !of_command_line && !identity.is_empty() {
            client = client.as_identity(&identity).map_err(no_keys)?.unwrap_or(client);
        }
        let account = account(&client).await?;
        caller.check_account(&account).map_err(|why| {
            Failure::new(format!("nothing is deployed: {why}"))
                .hint("use another profile, or change the stack's configuration")
        })?;
        let state_root = self.state_root(home)?;
        let title = format!("{} account {account}, {region}", client.endpoint());
        Ok(Reached { client, state_root, title, account, is_here: false })
    }
}

fn is_urn(given: &str) -> bool {
    given.starts_with("urn:") || given.contains("::") || given.contains('*')
}

async fn here(home: &Home, region: Option<String>) -> Result<Reached, Failure> {
    let (client, is_new) = connect_or_start(home).await?;
    let client = region.map_or_else(|| client.clone(), |region| client.in_region(&region));
    let started = if is_new { " (started)" } else { "" };
    let title = format!("{}{started}", client.endpoint());
    let account = String::new();
    Ok(Reached { client, state_root: home.stacks(), title, account, is_here: true })
}

/// The account that calls are made in; the first call shows whether the keys are any good.
async fn account(client: &Client) -> Result<String, Failure> {
    let asked = stack::Aws::call(client, "sts", "GetCallerIdentity", serde_json::json!({})).await;
    match asked {
        Ok(answer) => Ok(answer["Account"].as_str().unwrap_or_default().to_owned()),
        Err(client::Error::Credentials { source, .. }) => Err(no_keys(source)),
        Err(error) => {
            let is_refused = error.code().is_some();
            let failure = Failure::from(error);
            if !is_refused {
                return Err(
                    failure.hint("is this machine on the network, and the region's name right?")
                );
            }
            if std::env::var_os("AWS_ENDPOINT_URL").is_some() {
                return Err(failure.hint(
                    "AWS_ENDPOINT_URL is set, so the keys in the environment may be a refit server's: unset them, or use --profile",
                ));
            }
            Err(failure.hint(
                "the keys must be valid where you deploy to: see `aws sts get-caller-identity`",
            ))
        }
    }
}

fn no_keys(error: CredentialsError) -> Failure {
    let hint = error.hint();
    Failure::from(error).hint(hint)
}
