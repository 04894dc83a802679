//! What is stored of an endpoint.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Record kind of [`Endpoint`]; the key is `region/name`.
pub(crate) const ENDPOINT: &str = "sagemaker/endpoint";

/// An endpoint's status.
// AWS: API_DescribeEndpoint, EndpointStatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EndpointStatus {
    Creating,
    Updating,
    RollingBack,
    InService,
    Deleting,
    Failed,
}

impl EndpointStatus {
    /// AWS's word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::RollingBack => "RollingBack",
            Self::InService => "InService",
            Self::Deleting => "Deleting",
            Self::Failed => "Failed",
        }
    }
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) arn: String,
    pub(crate) status: EndpointStatus,
    pub(crate) failure_reason: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) modified_ms: i64,
    /// What answers requests.
    pub(crate) live: Option<Fleet>,
    /// What is being prepared to take over.
    pub(crate) next: Option<Fleet>,
    /// What has been replaced: it answers what it was asked, then it ends.
    pub(crate) retired: Vec<Member>,
    /// `DeploymentConfig` of the last update.
    pub(crate) deployment: Option<Value>,
}

/// The processes of one endpoint configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fleet {
    /// The configuration's name.
    pub(crate) config: String,
    /// The configuration as it was.
    pub(crate) request: Map<String, Value>,
    pub(crate) variants: Vec<Variant>,
    /// When its preparation began.
    pub(crate) since_ms: i64,
}

/// A production variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) weight: f64,
    /// The model's containers, in order.
    pub(crate) containers: Vec<Value>,
    /// The model's role.
    pub(crate) role: String,
    pub(crate) members: Vec<Member>,
}

/// One instance of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    /// As AWS's instance ids look.
    pub(crate) id: String,
    /// One process for each container.
    pub(crate) processes: Vec<Process>,
}

/// One serving process. A process that ends is replaced by another with another id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    /// Its id with the runner.
    pub(crate) run_id: String,
    pub(crate) port: u16,
}

impl Fleet {
    /// All its members.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.variants.iter().flat_map(|variant| &variant.members)
    }
}

impl Endpoint {
    /// The variant and the member of that id, in what answers or is being prepared.
    pub(crate) fn member(&self, id: &str) -> Option<(&Variant, &Member)> {
        let fleets = self.next.iter().chain(&self.live);
        fleets.flat_map(|fleet| &fleet.variants).find_map(|variant| {
            let member = variant.members.iter().find(|member| member.id == id)?;
            Some((variant, member))
        })
    }

    /// Replaces the processes of a member, wherever it stands.
    pub(crate) fn replace(&mut self, id: &str, processes: &[Process]) {
        let fleets = self.next.iter_mut().chain(&mut self.live);
        for member in fleets.flat_map(|fleet| &mut fleet.variants).flat_map(|v| &mut v.members) {
            if member.id == id {
                member.processes = processes.to_vec();
            }
        }
    }

    /// Retires the members of `fleet` that do not go on in what is left.
    pub(crate) fn retire(&mut self, fleet: Fleet) {
        for member in fleet.variants.into_iter().flat_map(|variant| variant.members) {
            if self.member(&member.id).is_none() {
                self.retired.push(member);
            }
        }
    }

    /// What is prepared takes over.
    pub(crate) fn swap(&mut self, now_ms: i64) {
        let Some(next) = self.next.take() else { return };
        let old = self.live.replace(next);
        if let Some(old) = old {
            self.retire(old);
        }
        self.status = EndpointStatus::InService;
        self.failure_reason = None;
        self.modified_ms = now_ms;
    }

    /// What is prepared will not do: what was there goes on, if anything was.
    // AWS: deployment-guardrails: an update that fails is rolled back.
    pub(crate) fn give_up(&mut self, reason: &str, now_ms: i64) {
        if let Some(next) = self.next.take() {
            self.retire(next);
        }
        self.status = match self.live {
            Some(_) => EndpointStatus::InService,
            None => EndpointStatus::Failed,
        };
        // AWS: FailureReason has at most 1024 characters.
        self.failure_reason = Some(reason.chars().take(1024).collect());
        self.modified_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, EndpointStatus, Fleet, Member, Variant};
    use serde_json::Map;

    fn fleet(config: &str, members: &[&str]) -> Fleet {
        let members =
            members.iter().map(|id| Member { id: (*id).to_owned(), processes: Vec::new() });
        Fleet {
            config: config.to_owned(),
            request: Map::new(),
            variants: vec![Variant {
                name: "all".to_owned(),
                weight: 1.0,
                containers: Vec::new(),
                role: String::new(),
                members: members.collect(),
            }],
            since_ms: 0,
        }
    }

    fn endpoint() -> Endpoint {
        Endpoint {
            name: "e".to_owned(),
            region: "r".to_owned(),
            arn: "a".to_owned(),
            status: EndpointStatus::Creating,
            failure_reason: None,
            created_ms: 0,
            modified_ms: 0,
            live: None,
            next: Some(fleet("one", &["1", "2"])),
            retired: Vec::new(),
            deployment: None,
        }
    }

    fn retired(endpoint: &Endpoint) -> Vec<&str> {
        endpoint.retired.iter().map(|member| member.id.as_str()).collect()
    }

    #[test]
    fn an_update_retires_what_it_replaces() {
        let mut endpoint = endpoint();
        endpoint.swap(1);
        assert_eq!((endpoint.status, retired(&endpoint).len()), (EndpointStatus::InService, 0));
        endpoint.next = Some(fleet("two", &["2", "3"]));
        endpoint.swap(2);
        assert_eq!(retired(&endpoint), ["1"]);
    }

    #[test]
    fn what_fails_is_given_up() {
        let mut failed = endpoint();
        failed.give_up("no ping", 1);
        assert_eq!((failed.status, retired(&failed)), (EndpointStatus::Failed, vec!["1", "2"]));
        let mut rolled_back = endpoint();
        rolled_back.swap(1);
        rolled_back.next = Some(fleet("two", &["2", "3"]));
        rolled_back.give_up("no ping", 2);
        assert_eq!(retired(&rolled_back), ["3"]);
        assert_eq!(rolled_back.status, EndpointStatus::InService);
        assert_eq!(rolled_back.failure_reason.as_deref(), Some("no ping"));
    }
}
