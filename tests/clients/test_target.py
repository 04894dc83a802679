"""`--target URL`: the same project on an independent implementation of AWS's APIs (moto's server), with AWS's own ways to credentials."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from support.abroad import ACCOUNT, KEYS, REGION, Proxy, client, left, moto
from support.pulumi import Program, counts, share_environments
from support.server import Server, binary, environment

PROJECT = """
name: abroad
runtime: yaml
config:
  aws:region: eu-west-1
  words: {type: string, default: hello}
resources:
  bucket:
    type: aws:s3:Bucket
    properties: {forceDestroy: true, tags: {team: ml}}
  object:
    type: aws:s3:BucketObjectv2
    properties: {bucket: "${bucket.id}", key: a/b.txt, content: "${words}"}
  topic:
    type: aws:sns:Topic
  queue:
    type: aws:sqs:Queue
    properties: {visibilityTimeoutSeconds: 45}
  group:
    type: aws:cloudwatch:LogGroup
    properties: {retentionInDays: 14}
  role:
    type: aws:iam:Role
    properties:
      assumeRolePolicy:
        fn::toJSON:
          Version: "2012-10-17"
          Statement: [{Effect: Allow, Action: "sts:AssumeRole", Principal: {Service: [states.amazonaws.com, events.amazonaws.com]}}]
  policy:
    type: aws:iam:RolePolicy
    properties:
      role: ${role.id}
      policy:
        fn::toJSON:
          Version: "2012-10-17"
          Statement: [{Effect: Allow, Action: "sns:Publish", Resource: "${topic.arn}"}]
  machine:
    type: aws:sfn:StateMachine
    properties:
      roleArn: ${role.arn}
      definition: '{"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": "${words}", "End": true}}}'
  rule:
    type: aws:cloudwatch:EventRule
    properties: {scheduleExpression: rate(1 day)}
  target:
    type: aws:cloudwatch:EventTarget
    properties: {rule: "${rule.name}", arn: "${machine.arn}", roleArn: "${role.arn}"}
outputs:
  bucket: ${bucket.id}
  machine: ${machine.arn}
"""


@pytest.fixture(scope="module")
def abroad(tmp_path_factory):
    """moto's server."""
    with moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def proxy(abroad):
    """What stands between refit and the server there."""
    one = Proxy(abroad)
    yield one
    one.close()


@pytest.fixture
def project(tmp_path):
    """A project, a data directory, and a way to run refit on them."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(PROJECT)
    server = Server(tmp_path / "home")
    server.home.mkdir()

    def refit(*arguments, **variables):
        command = [binary(), "--data", server.data, *arguments]
        env = environment(server.home) | {"AWS_EC2_METADATA_DISABLED": "true"} | variables
        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)

    return SimpleNamespace(folder=folder, home=server.home, refit=refit)


def changes(done):
    """The summary of a run."""
    assert done.returncode == 0, done.stderr
    return {word: count for word, count in json.loads(done.stdout.splitlines()[-1])["changes"].items() if count}


def test_up_again_changed_and_down(abroad, project):
    there = ["--json", str(project.folder), "--target", abroad]
    assert changes(project.refit("preview", *there, **KEYS)) == {"create": 10}
    assert not any(left(abroad).values())
    assert changes(project.refit("up", *there, **KEYS)) == {"create": 10}
    assert {name: len(found) for name, found in left(abroad).items()} == dict.fromkeys(left(abroad), 1)
    [machine] = left(abroad)["machines"]
    definition = client(abroad, "stepfunctions").describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"]
    assert json.loads(definition)["States"]["Say"]["Result"] == "hello"
    assert changes(project.refit("preview", *there, **KEYS)) == {"same": 10}
    assert changes(project.refit("up", *there, **KEYS)) == {"same": 10}
    # What is read there is what was deployed; what somebody else changes is seen and taken back.
    assert changes(project.refit("refresh", *there, **KEYS)) == {"same": 10}
    [queue] = left(abroad)["queues"]
    client(abroad, "sqs").set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "7"})
    [bucket] = left(abroad)["buckets"]
    client(abroad, "s3").put_bucket_tagging(Bucket=bucket["Name"], Tagging={"TagSet": [{"Key": "team", "Value": "theirs"}]})
    assert changes(project.refit("refresh", *there, **KEYS)) == {"same": 8, "update": 2}
    assert changes(project.refit("up", *there, **KEYS)) == {"same": 8, "update": 2}
    assert client(abroad, "s3").get_bucket_tagging(Bucket=bucket["Name"])["TagSet"] == [{"Key": "team", "Value": "ml"}]
    assert changes(project.refit("refresh", *there, **KEYS)) == {"same": 10}
    assert changes(project.refit("up", *there, "--config", "words=bye", **KEYS)) == {"same": 8, "update": 2}
    # Here nothing was deployed: each place has stacks of its own.
    assert "has not been deployed" in project.refit("output", "-C", str(project.folder)).stderr
    done = project.refit("output", "machine", "-C", str(project.folder), "--target", abroad)
    assert done.stdout.strip() == machine["stateMachineArn"], done
    assert changes(project.refit("down", *there, **KEYS)) == {"delete": 10}
    assert not any(left(abroad).values())


def test_ways_to_credentials(abroad, project):
    (project.home / ".aws").mkdir()
    printed = json.dumps({"Version": 1, "AccessKeyId": "AKIATOOL", "SecretAccessKey": "s"})
    (project.home / "keys.json").write_text(printed)
    (project.home / ".aws/config").write_text(
        f"[profile tool]\ncredential_process = cat {project.home / 'keys.json'}\n"
        "[profile deploy]\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = tool\n"
        "[profile other]\nrole_arn = arn:aws:iam::210987654321:role/deploy\nsource_profile = tool\n"
        "[profile sso]\nsso_start_url = https://example.com\n"
    )
    there = [str(project.folder), "--target", abroad]
    cases = [
        ([], {}, "there are no AWS credentials"),
        (["--profile", "nobody"], {}, "there is no profile nobody"),
        (["--profile", "sso"], {}, "aws sso login"),
        (["--profile", "tool"], {}, None),
        ([], {"AWS_PROFILE": "deploy"}, None),
        (["--assume-role", "arn:aws:iam::123456789012:role/x"], KEYS, None),
    ]
    for arguments, variables, refused in cases:
        done = project.refit("preview", *there, *arguments, **variables)
        if refused:
            assert done.returncode == 1 and refused in done.stderr, (arguments, done)
        else:
            assert done.returncode == 0 and "10 to create" in done.stdout, (arguments, done)
            assert "account 123456789012, eu-west-1" in done.stdout
    assert project.refit("up", *there, "--profile", "tool").returncode == 0
    done = project.refit("up", *there, "--profile", "other")
    assert done.returncode == 1 and "was deployed to account 123456789012" in done.stderr, done
    assert project.refit("down", *there, "--profile", "tool").returncode == 0


def test_places_that_are_none(project):
    cases = [
        (["--target", "moon"], "is no place to deploy to"),
        (["--target", "aws", "--target", "here"], "second place"),
        (["--profile", "x"], "--target aws"),
        (["--target", "http://127.0.0.1:1"], "cannot reach http://127.0.0.1:1"),
    ]
    for arguments, expected in cases:
        done = project.refit("preview", str(project.folder), *arguments, **KEYS)
        assert done.returncode == 1 and expected in done.stderr, (arguments, done)


REFUSES = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message></Error>
<RequestId>r</RequestId></ErrorResponse>"""


def test_keys_that_are_wrong_there(project):
    class Refuses(BaseHTTPRequestHandler):
        def do_POST(self):  # noqa: N802
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(403)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(REFUSES)))
            self.end_headers()
            self.wfile.write(REFUSES.encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refuses) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        done = project.refit("up", str(project.folder), "--target", address, **KEYS)
        server.shutdown()
    assert done.returncode == 1, done
    assert "The security token included in the request is invalid. (InvalidClientTokenId)" in done.stderr
    assert "the keys must be valid where you deploy to" in done.stderr
    assert "AKIA" not in done.stderr and "testing" not in done.stderr


def test_the_calls_that_would_be_made(abroad, project):
    there = [str(project.folder), "--target", abroad]
    done = project.refit("up", "--dry-run", *there, **KEYS)
    assert done.returncode == 0 and not any(left(abroad).values()), done
    assert "s3:CreateBucket " in done.stdout and "10 to create" in done.stdout
    done = project.refit("preview", "--calls", "--json", *there, **KEYS)
    calls = json.loads(done.stdout.splitlines()[-1])["calls"]
    assert {"CreateBucket", "CreateRole", "CreateStateMachine", "PutRule", "PutTargets"} <= {call["operation"] for call in calls}
    assert all(call["region"] == REGION and call["urn"].startswith("urn:pulumi:") for call in calls)
    order = [call["name"] for call in calls]
    assert order.index("role") < order.index("machine") < order.index("target")
    assert changes(project.refit("up", "--json", *there, **KEYS)) == {"create": 10}
    done = project.refit("down", "--dry-run", *there, **KEYS)
    assert done.returncode == 0 and "10 to delete" in done.stdout and "s3:DeleteBucket " in done.stdout, done
    assert changes(project.refit("down", "--json", *there, **KEYS)) == {"delete": 10}


def test_a_program_in_python(abroad, tmp_path):
    server = Server(tmp_path / "home")
    share_environments(server)
    (tmp_path / "program").mkdir()
    program = Program(server, tmp_path / "program", "abroad-python")
    program.source("""
        role = aws.iam.Role("role", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}]}))
        machine = aws.sfn.StateMachine("machine", role_arn=role.arn, definition=json.dumps(
            {"StartAt": "Say", "States": {"Say": {"Type": "Pass", "End": True}}}))
        pulumi.export("machine", machine.arn)
    """)
    there = {"AWS_REGION": REGION, **KEYS}
    assert counts(program.ok("up", "--target", abroad, **there)) == {"created": 2}
    assert len(left(abroad)["machines"]) == 1
    assert counts(program.ok("up", "--target", abroad, **there)) == {"unchanged": 2}
    assert counts(program.ok("down", "--target", abroad, **there)) == {"deleted": 2}
    assert not any(left(abroad).values())


# ---- AWS on a bad day


def deployed_and_gone(abroad, proxy, project):
    """Deploys through the proxy, looks that everything is there once, and takes it away."""
    there = ["--json", str(project.folder), "--target", proxy.url]
    assert changes(project.refit("up", *there, **KEYS)) == {"create": 10}
    assert {name: len(found) for name, found in left(abroad).items()} == dict.fromkeys(left(abroad), 1)
    assert changes(project.refit("up", *there, **KEYS)) == {"same": 10}
    assert changes(project.refit("down", *there, **KEYS)) == {"delete": 10}
    assert not any(left(abroad).values())


# Which operation, how often, and what it answers instead.
BAD_DAYS = {
    "everything is throttled": [("*", 2, "ThrottlingException", "Rate exceeded")],
    "one thing is throttled for longer than clients wait": [("CreateTopic", 8, "Throttling", "Rate exceeded")],
    "the server fails": [("*", 1, "InternalFailure", "An internal error occurred", 500)],
    "the role has not spread": [
        ("CreateStateMachine", 3, "AccessDeniedException",
            "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role."),
        ("PutTargets", 2, "ValidationException", "Provided role 'arn:aws:iam::123456789012:role/x' cannot be assumed by principal 'events.amazonaws.com'."),
    ],
    "the rule still has its targets": [("DeleteRule", 2, "ValidationException", "Rule can't be deleted since it has targets.")],
}


@pytest.mark.parametrize("case", BAD_DAYS)
def test_bad_days(abroad, proxy, project, case):
    for rule in BAD_DAYS[case]:
        proxy.refuse(*rule)
    deployed_and_gone(abroad, proxy, project)
    assert any(not any(rule["left"].values()) for rule in proxy.rules), "the fault never came"


def test_connections_that_break(abroad, proxy, project):
    for operation in ("CreateTopic", "CreateRole", "PutRule", "CreateLogGroup"):
        proxy.drop(operation, 1)
    deployed_and_gone(abroad, proxy, project)


def test_what_is_denied_for_good_is_said_at_once(abroad, proxy, project):
    why = "User: arn:aws:iam::123456789012:user/me is not authorized to perform: states:CreateStateMachine"
    proxy.refuse("CreateStateMachine", 1, "AccessDeniedException", why)
    there = [str(project.folder), "--target", proxy.url]
    done = project.refit("up", *there, **KEYS)
    assert done.returncode == 1 and why in done.stderr, done
    assert "the calls are made as arn:aws:" in done.stderr and "Pulumi.yaml" in done.stderr
    assert proxy.calls.count("CreateStateMachine") == 1
    assert changes(project.refit("up", "--json", *there, **KEYS)) == {"create": 2, "same": 8}
    assert changes(project.refit("down", "--json", *there, **KEYS)) == {"delete": 10}
    assert not any(left(abroad).values())


# ---- Somebody else


OTHER = "222222222222"
DEPLOY = f"arn:aws:iam::{OTHER}:role/deploy"
ELSEWHERE = """
name: elsewhere
runtime: yaml
resources:
  other:
    type: pulumi:providers:aws
    properties:
      region: eu-west-1
      SETTINGS
  here:
    type: aws:sns:Topic
  there:
    type: aws:sns:Topic
    options: { provider: "${other}" }
  group:
    type: aws:cloudwatch:LogGroup
    properties: { retentionInDays: 3 }
    options: { provider: "${other}" }
outputs: { here: "${here.arn}", there: "${there.arn}" }
"""


@pytest.mark.parametrize("settings", [
    f"assumeRoles: [{{ roleArn: {DEPLOY}, sessionName: nightly, externalId: x, duration: 1h }}]",
    f"assumeRole: {{ roleArn: {DEPLOY} }}",
    f"assumeRoles: [{{ roleArn: 'arn:aws:iam::{ACCOUNT}:role/first' }}, {{ roleArn: {DEPLOY} }}]\n      allowedAccountIds: ['{OTHER}']",
], ids=["roles", "role", "one after the other"])
def test_providers_of_other_accounts(abroad, project, settings):
    (project.folder / "Pulumi.yaml").write_text(ELSEWHERE.replace("SETTINGS", settings))
    there = [str(project.folder), "--target", abroad]
    env = KEYS | {"AWS_REGION": REGION}
    assert "3 to create" in project.refit("preview", *there, **env).stdout
    done = project.refit("up", "--json", *there, **env)
    assert changes(done) == {"create": 3}
    outputs = json.loads(done.stdout.splitlines()[-1])["outputs"]
    assert [outputs[name].split(":")[4] for name in ("here", "there")] == [ACCOUNT, OTHER]
    assert [one["TopicArn"] for one in left(abroad, DEPLOY)["topics"]] == [outputs["there"]]
    assert [one["TopicArn"] for one in left(abroad)["topics"]] == [outputs["here"]]
    assert len(left(abroad, DEPLOY)["groups"]) == 1 and not left(abroad)["groups"]
    assert changes(project.refit("up", "--json", "--refresh", *there, **env)) == {"same": 3}
    # Without the program's provider the state still knows whose they are.
    assert changes(project.refit("down", "--json", *there, **env)) == {"delete": 3}
    assert not any(left(abroad, DEPLOY).values()) and not any(left(abroad).values())


REFUSED = [
    (f"assumeRoles: [{{ roleArn: {DEPLOY}, policy: '{{}}' }}]", "refit does not support `policy` of `assumeRoles`"),
    ("assumeRoles: [{ sessionName: x }]", "`assumeRoles` has no `roleArn`"),
    (f"assumeRoles: [{{ roleArn: {DEPLOY}, duration: ever }}]", "the `duration` `ever` is none"),
    (f"assumeRole: {{ roleArn: {DEPLOY} }}\n      forbiddenAccountIds: ['{OTHER}']", f"account {OTHER}'s, which `forbiddenAccountIds` has"),
    ("profile: nobody", "there is no profile nobody"),
]


@pytest.mark.parametrize("settings, words", REFUSED)
def test_providers_that_cannot_be_used(abroad, project, settings, words):
    (project.folder / "Pulumi.yaml").write_text(ELSEWHERE.replace("SETTINGS", settings))
    done = project.refit("up", str(project.folder), "--target", abroad, **KEYS, AWS_REGION=REGION)
    assert done.returncode == 1 and words in done.stderr, done
    assert "provider `other` cannot be used" in done.stderr and "Pulumi.yaml:" in done.stderr
    assert not any(left(abroad).values())


def test_a_role_that_may_not_be_assumed(abroad, proxy, project):
    why = f"User: arn:aws:iam::{ACCOUNT}:user/me is not authorized to perform: sts:AssumeRole on resource: {DEPLOY}"
    proxy.refuse("AssumeRole", 9, "AccessDenied", why, 403)
    (project.folder / "Pulumi.yaml").write_text(ELSEWHERE.replace("SETTINGS", f"assumeRoles: [{{ roleArn: {DEPLOY} }}]"))
    done = project.refit("up", str(project.folder), "--target", proxy.url, **KEYS, AWS_REGION=REGION)
    assert done.returncode == 1 and f"AssumeRole of {DEPLOY}" in done.stderr and why in done.stderr, done
    assert not any(left(abroad).values())


def test_the_configuration_says_who_calls(abroad, project):
    (project.home / ".aws").mkdir()
    (project.home / ".aws/credentials").write_text("[nightly]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    stack = project.folder / "Pulumi.dev.yaml"
    there = [str(project.folder), "--target", abroad]
    cases = [
        ("  aws:profile: nightly\n", f"account {ACCOUNT}, eu-west-1"),
        (f"  aws:profile: nightly\n  aws:assumeRoles: [{{ roleArn: {DEPLOY} }}]\n", f"account {OTHER}, eu-west-1"),
        (f"  aws:profile: nightly\n  aws:allowedAccountIds: ['{OTHER}']\n", None),
    ]
    for text, shown in cases:
        stack.write_text(f"config:\n  aws:region: eu-west-1\n{text}")
        done = project.refit("preview", *there)
        if shown:
            assert done.returncode == 0 and shown in done.stdout, (text, done)
        else:
            assert done.returncode == 1 and f"account {ACCOUNT}'s, and `allowedAccountIds` has {OTHER}" in done.stderr, done
