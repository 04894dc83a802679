"""`refit convert`: a program in Python or TypeScript as YAML is the same program: it goes on with the same stack, and makes the same."""

import json
import shutil

import pytest

from support.pulumi import NEW, Program, counts, has, share_environments
from support.server import REPOSITORY, Server

NEEDS_NODE = pytest.mark.skipif(
    not (has("node") and has("npm")), reason="NOT TESTED: there is no Node.js with npm on the PATH"
)
TRUST = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose environments are kept between runs."""
    server = Server(tmp_path_factory.mktemp("convert"))
    try:
        share_environments(server)
        yield server.start()
    finally:
        server.close()


def good(ran):
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def example(language, tmp_path):
    """The example in a language, with its packages."""
    source = REPOSITORY / f"examples/{language}"
    if language == "python":
        return shutil.copytree(source, tmp_path / "program")
    # Its packages are installed once, below target/.
    folder = REPOSITORY / "target/pulumi-nodejs"
    return shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules"), dirs_exist_ok=True)


@pytest.mark.parametrize("language", ["python", pytest.param("typescript", marks=NEEDS_NODE)])
def test_an_example_goes_on_in_yaml(server, tmp_path, language):
    program, yaml = example(language, tmp_path), tmp_path / "yaml"
    good(server.refit("convert", program, "--out", yaml, timeout=600))
    shutil.copytree(program / "data", yaml / "data")
    assert counts(good(server.refit("up", program, "--yes", timeout=600))) == {"created": 13}
    # The same stack, the same resources: nothing is left to do.
    text = good(server.refit("up", yaml, "--yes", "--no-check", "--diff"))
    assert counts(text) == {"unchanged": 13}, text
    assert "decision         kept" in good(server.refit("up", yaml, "--yes", "--run", timeout=300))
    assert counts(good(server.refit("down", yaml))) == {"deleted": 13}
    # From nothing, too.
    assert counts(good(server.refit("up", yaml, "--yes", "--no-check"))) == {"created": 13}
    text = good(server.refit("preview", program, timeout=300))
    assert "13 unchanged" in text, text
    assert counts(good(server.refit("down", yaml))) == {"deleted": 13}


PROGRAM = f"""
class Trainer(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__('my:own:Trainer', name, {{}}, opts)
        self.role = aws.iam.Role(f'{{name}}-role', assume_role_policy='{TRUST}', opts=pulumi.ResourceOptions(parent=self))

config = pulumi.Config()
caller = aws.get_caller_identity()
trainer = Trainer('trainer')
same = aws.Provider('same', region='us-east-1')
queues = {{name: aws.sqs.Queue(name, visibility_timeout_seconds=config.get_int('seconds') or 30, opts=pulumi.ResourceOptions(depends_on=[trainer.role], protect=False)) for name in ('one', 'two')}}
topic = aws.sns.Topic('topic', display_name='costs ${{5}} and more', tags={{'on': 'yes', 'a.b': caller.account_id}}, opts=pulumi.ResourceOptions(provider=same, ignore_changes=['displayName']))
document = aws.iam.get_policy_document_output(statements=[{{'actions': ['sqs:SendMessage'], 'resources': [queues['one'].arn]}}])
aws.iam.RolePolicy('policy', role=trainer.role.id, policy=document.json)
bucket = aws.s3.Bucket('files', force_destroy=True)
aws.s3.BucketObjectv2('text', bucket=bucket.id, key='a', source=pulumi.StringAsset('x'))
machine = aws.sfn.StateMachine('machine', role_arn=trainer.role.arn, definition=pulumi.Output.all(queues['one'].url, topic.arn).apply(
    lambda given: json.dumps({{'StartAt': 'A', 'States': {{'A': {{'Type': 'Pass', 'Result': given, 'End': True}}}}}})))
pulumi.export('queues', {{name: queue.url for name, queue in queues.items()}})
pulumi.export('text', pulumi.Output.concat('from ', caller.account_id, ' ', topic.name.apply(lambda name: name.upper() if False else name)))
"""


def test_what_a_program_can_say(server, tmp_path):
    program = Program(server, tmp_path / "program", "converted", NEW)
    program.source(PROGRAM)
    yaml = tmp_path / "yaml"
    text = good(server.refit("convert", program.folder, "--out", yaml, "--config", "seconds=45", timeout=300))
    assert "components are not in it" in text and "configuration values" in text
    written = (yaml / "Pulumi.yaml").read_text()
    assert "visibilityTimeoutSeconds: 45" in written and "${same}" in written and "fn::invoke" in written
    assert counts(program.ok("up", "--config", "seconds=45")) == {"created": 8}
    text = good(server.refit("up", yaml, "--yes", "--diff"))
    assert counts(text) == {"unchanged": 8}, text
    outputs = json.loads(good(server.refit("output", "-C", yaml, "--json")))
    assert set(outputs["queues"]) == {"one", "two"} and outputs["text"].startswith("from 000000000000 topic-")
    assert counts(good(server.refit("down", yaml))) == {"deleted": 8}


REFUSED = {
    "a secret": ("aws.sns.Topic('t', display_name=pulumi.Output.secret('hush'))\n", "`displayName` is a secret"),
    "an exception": ("raise ValueError('this is wrong')\n", "ValueError: this is wrong"),
    "another package": ("import no_such_package\n", "No module named 'no_such_package'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_form_is_refused(server, tmp_path, case):
    source, words = REFUSED[case]
    program = Program(server, tmp_path / "program", "refused", NEW)
    program.source(source)
    ran = server.refit("convert", program.folder, "--out", tmp_path / "yaml", timeout=300)
    assert ran.returncode == 1 and words in ran.stderr and "hush" not in ran.stderr.replace("'hush'", ""), ran
    assert not (tmp_path / "yaml").exists()


def test_without_running(server, tmp_path):
    program = Program(server, tmp_path / "program", "read", NEW)
    program.source("aws.sns.Topic('t', display_name='x')\n")
    text = good(server.refit("convert", program.folder, "--without-running", PATH="/nowhere"))
    assert "displayName: x" in text
    (tmp_path / "program/Pulumi.yaml").write_text("name: x\nruntime: yaml\n")
    ran = server.refit("convert", program.folder)
    assert ran.returncode == 1 and "in YAML already" in ran.stderr
