"""IAM and STS: who may do what, and what they are told when they may not."""

import json

import pytest

from support.machines import ended, machine, started, succeeded
from support.names import name_in, unique
from support.refusals import refused
from support.roles import document, role, trust, user
from support.training import LOGS, bucket, request, table, trained

ACCOUNT = "000000000000"


@pytest.fixture
def iam(client):
    return client("iam")


def test_a_user_may_what_its_policy_says(server):
    name, session = user(server, ("states:ListStateMachines", "*"))
    states = server.client_of(session, "stepfunctions")
    states.list_state_machines()
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    with refused("AccessDeniedException",
                 f"User: {arn} is not authorized to perform: states:ListActivities on resource: ",
                 "because no identity-based policy allows the states:ListActivities action"):
        states.list_activities()
    assert server.client_of(session, "sts").get_caller_identity()["Arn"] == arn


# Service, code, call: what a user without any permission is told.
REFUSALS = [
    ("stepfunctions", "AccessDeniedException", lambda client: client.list_state_machines()),
    ("sagemaker", "AccessDeniedException", lambda client: client.list_training_jobs()),
    ("events", "AccessDeniedException", lambda client: client.list_rules()),
    ("lambda", "AccessDeniedException", lambda client: client.list_functions()),
    ("logs", "AccessDeniedException", lambda client: client.create_log_group(logGroupName="x")),
    ("iam", "AccessDenied", lambda client: client.list_users()),
    ("s3", "AccessDenied", lambda client: client.list_buckets()),
    ("sns", "AuthorizationError", lambda client: client.list_topics()),
    ("sqs", "AccessDenied", lambda client: client.list_queues()),
]


@pytest.mark.parametrize("service, code, call", REFUSALS, ids=[one[0] for one in REFUSALS])
def test_without_permissions_nothing_is_allowed(server, service, code, call):
    _, session = user(server)
    with refused(code, "is not authorized to perform"):
        call(server.client_of(session, service))


def test_a_deny_wins(server):
    name = bucket(server)
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{name}/kept/*"}
    _, session = user(server, ("s3:*", "*"), deny)
    s3 = server.client_of(session, "s3")
    s3.put_object(Bucket=name, Key="free/a", Body=b"")
    with refused("AccessDenied", "with an explicit deny in an identity-based policy"):
        s3.put_object(Bucket=name, Key="kept/a", Body=b"")


def test_policies_can_be_attached_changed_and_taken_away(server, iam):
    name, session = user(server)
    states = server.client_of(session, "stepfunctions")
    policy = iam.create_policy(PolicyName=unique("policy"), PolicyDocument=document(("states:ListActivities", "*")))["Policy"]["Arn"]
    with refused("AccessDeniedException"):
        states.list_activities()
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    states.list_activities()
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=document(("states:ListStateMachines", "*")), SetAsDefault=True)
    with refused("AccessDeniedException"):
        states.list_activities()
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=policy)
    iam.detach_user_policy(UserName=name, PolicyArn=policy)


def test_a_deleted_key_ends_at_once(server, iam):
    name, session = user(server, ("states:*", "*"))
    states = server.client_of(session, "stepfunctions")
    states.list_state_machines()
    iam.delete_access_key(UserName=name, AccessKeyId=session.get_credentials().access_key)
    with refused("UnrecognizedClientException"):
        states.list_state_machines()


def test_a_role_is_taken_by_whom_it_trusts(server, iam):
    name, session = user(server, ("sts:AssumeRole", "*"))
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    wanted = unique("role")
    iam.create_role(RoleName=wanted, AssumeRolePolicyDocument=document(statement))
    iam.put_role_policy(RoleName=wanted, PolicyName="own", PolicyDocument=document(("states:List*", "*")))
    taken = server.client_of(session, "sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{wanted}", RoleSessionName="session", DurationSeconds=900)
    key = taken["Credentials"]
    temporary = server.session(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    me = server.client_of(temporary, "sts").get_caller_identity()["Arn"]
    assert me == taken["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{wanted}/session"
    states = server.client_of(temporary, "stepfunctions")
    states.list_state_machines()
    with refused("AccessDeniedException", f"User: {me} is not authorized to perform: states:CreateActivity"):
        states.create_activity(name="x")
    without_token = server.session(key["AccessKeyId"], key["SecretAccessKey"])
    with refused("UnrecognizedClientException"):
        server.client_of(without_token, "stepfunctions").list_state_machines()
    _, stranger = user(server, ("sts:AssumeRole", "*"))
    with refused("AccessDenied", "sts:AssumeRole"):
        server.client_of(stranger, "sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{wanted}", RoleSessionName="stranger")


def test_an_execution_may_what_its_role_may(server):
    name = bucket(server)
    put = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject", "End": True,
           "Parameters": {"Bucket": name, "Key.$": "$.key", "Body": "x"}}
    arn = machine(server, {"Put": put}, ("s3:PutObject", f"arn:aws:s3:::{name}/runs/*"))
    succeeded(server, started(server, arn, {"key": "runs/a"}))
    described = ended(server, started(server, arn, {"key": "days/a"}))
    assert described["status"] == "FAILED"
    assert described["error"] == "S3.S3Exception"
    for word in ("is not authorized to perform: s3:PutObject", f"arn:aws:s3:::{name}/days/a", "assumed-role/states-role-", "Status Code: 403"):
        assert word in described["cause"], described["cause"]


def test_an_execution_may_not_lend_any_role(server):
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/a.csv", Body=table(20))
    wanted = request(server, name)
    train = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createTrainingJob", "Parameters": wanted, "End": True}
    arn = machine(server, {"Train": train}, (["sagemaker:CreateTrainingJob", "sagemaker:AddTags"], "*"))
    described = ended(server, started(server, arn))
    assert described["status"] == "FAILED"
    assert "is not authorized to perform: iam:PassRole" in described["cause"] and wanted["RoleArn"] in described["cause"]


def test_a_job_may_what_its_role_may(server):
    name = bucket(server)
    server.client("s3").put_object(Bucket=name, Key="train/a.csv", Body=table(50))
    arn = f"arn:aws:s3:::{name}"
    reader = role(server, "sagemaker", ("s3:GetObject", f"{arn}/*"), ("s3:ListBucket", arn), (LOGS, "*"))
    described = trained(server, request(server, name, RoleArn=reader))
    assert described["TrainingJobStatus"] == "Failed"
    for word in ("s3:PutObject", "is not authorized", name_in(reader)):
        assert word in described["FailureReason"], described["FailureReason"]


def test_services_take_only_roles_that_trust_them(server, client):
    wrong = role(server, "lambda")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    with refused("AccessDeniedException", "states.amazonaws.com"):
        client("stepfunctions").create_state_machine(name=unique("m"), definition=definition, roleArn=wrong)


def test_passing_a_role_needs_permission(server):
    arn = role(server, "states")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    name, session = user(server, ("states:*", "*"))
    with refused("AccessDeniedException", f"user/{name} is not authorized to perform: iam:PassRole on resource: {arn}"):
        server.client_of(session, "stepfunctions").create_state_machine(name=unique("m"), definition=definition, roleArn=arn)
    lend = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": arn,
            "Condition": {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}}
    _, session = user(server, ("states:*", "*"), lend)
    server.client_of(session, "stepfunctions").create_state_machine(name=unique("m"), definition=definition, roleArn=arn)


def test_a_role_s_life(iam):
    name = unique("role")
    made = iam.create_role(RoleName=name, Path="/jobs/", AssumeRolePolicyDocument=trust("sagemaker"), Tags=[{"Key": "a", "Value": "b"}])["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/jobs/{name}" and made["RoleId"].startswith("AROA")
    assert made["AssumeRolePolicyDocument"] == json.loads(trust("sagemaker"))
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(("s3:*", "*")))
    assert iam.get_role_policy(RoleName=name, PolicyName="own")["PolicyDocument"] == json.loads(document(("s3:*", "*")))
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "a", "Value": "b"}]
    for undo in (
        lambda: iam.delete_role_policy(RoleName=name, PolicyName="own"),
        lambda: iam.detach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"),
    ):
        with refused("DeleteConflict"):
            iam.delete_role(RoleName=name)
        undo()
    iam.delete_role(RoleName=name)
    with refused("NoSuchEntity", name):
        iam.get_role(RoleName=name)


@pytest.mark.parametrize("text", ["{", "{}", '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}'])
def test_malformed_policies_are_refused(iam, text):
    with refused("MalformedPolicyDocument"):
        iam.create_policy(PolicyName=unique("policy"), PolicyDocument=text)


def test_permissions_can_be_tried(server, iam):
    name, _ = user(server, ("s3:GetObject", "arn:aws:s3:::b/*"))
    found = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{name}", ActionNames=["s3:GetObject", "s3:PutObject"], ResourceArns=["arn:aws:s3:::b/k"])
    assert [one["EvalDecision"] for one in found["EvaluationResults"]] == ["allowed", "implicitDeny"]
