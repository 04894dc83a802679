//! Which way to credentials is taken, as cases.

use super::{Plan, plan, region};
use crate::credentials::Surroundings;

const CONFIG: &str = "
[default]
region = eu-west-1
output = json
[profile ops]   ; who runs things
region=us-west-2
s3 =
    max_concurrent_requests = 3
role_arn = arn:aws:iam::123456789012:role/ops
source_profile = base
external_id = xyz # the partner's
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = base-secret
[profile self]
role_arn = arn:aws:iam::123456789012:role/self
source_profile = self
aws_access_key_id = AKIASELF
aws_secret_access_key = self-secret
[profile round]
role_arn = arn:aws:iam::123456789012:role/round
source_profile = about
[profile about]
role_arn = arn:aws:iam::123456789012:role/about
source_profile = round
[profile sso]
sso_session = corp
[sso-session corp]
sso_start_url = https://corp
[profile mfa]
role_arn = arn:aws:iam::123456789012:role/mfa
source_profile = base
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile tool]
credential_process = /opt/tool --json
[profile metal]
role_arn = arn:aws:iam::123456789012:role/metal
credential_source = Ec2InstanceMetadata
[profile odd]
role_arn = arn:aws:iam::123456789012:role/odd
credential_source = Moon
[profile bare]
region = us-east-1
";
const CREDENTIALS: &str = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = default=secret\n\
    [base]\naws_access_key_id = AKIANEWER\naws_secret_access_key = newer\n";

/// Whether there are files, the environment, the profile that is named, what is found.
type Case<'a> = (bool, &'a [(&'a str, &'a str)], Option<&'a str>, &'a str);

/// What the chain finds, in a line.
fn shown(plan: &Plan) -> String {
    match plan {
        Plan::Keys(keys) => format!("keys {} {}", keys.access_key_id, keys.secret_access_key),
        Plan::Role(role) => format!(
            "role {} ({}) by {}",
            role.role_arn.rsplit('/').next().unwrap(),
            role.external_id.as_deref().unwrap_or("-"),
            shown(&role.source)
        ),
        Plan::WebIdentity { role_arn, token_file, .. } => {
            format!("web {role_arn} {}", token_file.display())
        }
        Plan::Process(command) => format!("process {command}"),
        Plan::Container => "container".to_owned(),
        Plan::Instance => "instance".to_owned(),
        Plan::Other(_) => "other".to_owned(),
    }
}

#[test]
fn the_chain() {
    let folder = std::env::temp_dir().join(format!("refit-profiles-{}", std::process::id()));
    std::fs::create_dir_all(folder.join(".aws")).unwrap();
    std::fs::write(folder.join(".aws/config"), CONFIG).unwrap();
    std::fs::write(folder.join(".aws/credentials"), CREDENTIALS).unwrap();
    let empty = folder.join("nobody");
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "env")];
    let web = [("AWS_ROLE_ARN", "arn:r"), ("AWS_WEB_IDENTITY_TOKEN_FILE", "/t")];
    let cases: &[Case] = &[
        (true, &[], None, "keys AKIADEFAULT default=secret"),
        (true, &keys, None, "keys AKIAENV env"),
        (true, &web, None, "web arn:r /t"),
        (true, &keys, Some("base"), "keys AKIANEWER newer"),
        (true, &[("AWS_PROFILE", "ops")], None, "role ops (xyz) by keys AKIANEWER newer"),
        (true, &[("AWS_PROFILE", "self")], None, "role self (-) by keys AKIASELF self-secret"),
        (true, &[], Some("tool"), "process /opt/tool --json"),
        (true, &[], Some("metal"), "role metal (-) by instance"),
        (true, &[], Some("round"), "profile round: its source_profile leads back to itself"),
        (
            true,
            &[],
            Some("sso"),
            "profile sso: it signs in through IAM Identity Center, which refit does not do itself",
        ),
        (
            true,
            &[],
            Some("mfa"),
            "profile mfa: its role wants a code from a device (mfa_serial), which refit does not ask for",
        ),
        (
            true,
            &[],
            Some("odd"),
            "profile odd: credential_source Moon is not one of Environment, EcsContainer, Ec2InstanceMetadata",
        ),
        (
            true,
            &[],
            Some("bare"),
            "profile bare: it has neither keys nor role_arn nor credential_process",
        ),
        (true, &[], Some("corp"), "there is no profile corp in"),
        (false, &[], None, "instance"),
        (false, &[("AWS_EC2_METADATA_DISABLED", "TRUE")], None, "there are no AWS credentials"),
        (false, &[("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x")], None, "container"),
    ];
    for (has_files, variables, explicit, expected) in cases {
        let surroundings = Surroundings {
            variables: variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            home: Some(if *has_files { folder.clone() } else { empty.clone() }),
        };
        let found = match plan(&surroundings, *explicit) {
            Ok(plan) => shown(&plan),
            Err(error) => error.to_string(),
        };
        assert!(found.starts_with(expected), "{variables:?} {explicit:?}: {found}");
    }
    let surroundings = Surroundings { home: Some(folder.clone()), ..Surroundings::default() };
    assert_eq!(region(&surroundings, None).as_deref(), Some("eu-west-1"));
    assert_eq!(region(&surroundings, Some("ops")).as_deref(), Some("us-west-2"));
    std::fs::remove_dir_all(folder).unwrap();
}
